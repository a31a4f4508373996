//! XLSX: a ZIP archive of XML parts (ECMA-376). Sheets come first, and what names them last.
//!
//! Numbers are numbers, times are times; a text is a text whatever it looks like. The header stays
//! in view. Where a sheet is full the rows go on in a further one, with the header again.

mod markup;
mod parts;

use std::io::{self, Write};

use super::zip::Archive;
use super::{Cell, Rows};

/// Rows of a sheet, its header included (Excel's own limit).
const ROWS_MAX: u32 = 1_048_576;
/// Bytes of a sheet, unpacked: below what the archive can hold by more than a row.
const SHEET_BYTES_MAX: u64 = 3 << 30;

/// A workbook under way.
pub(super) struct Xlsx<W: Write> {
    archive: Archive<W>,
    columns: Vec<Cell>,
    sheets: usize,
    /// Of the sheet that is being written.
    rows: u32,
    bytes: u64,
    rows_max: u32,
    row: String,
}

impl<W: Write> Xlsx<W> {
    pub(super) fn begin(columns: &[String], out: W) -> io::Result<Self> {
        Self::with_sheets_of(ROWS_MAX, columns, out)
    }

    fn with_sheets_of(rows_max: u32, columns: &[String], out: W) -> io::Result<Self> {
        let mut workbook = Self {
            archive: Archive::new(out),
            columns: columns.iter().map(|name| Cell::text(name)).collect(),
            sheets: 0,
            rows: 0,
            bytes: 0,
            rows_max,
            row: String::new(),
        };
        workbook.begin_sheet()?;
        Ok(workbook)
    }

    fn begin_sheet(&mut self) -> io::Result<()> {
        if self.sheets > 0 {
            self.archive.write(parts::SHEET_END.as_bytes())?;
        }
        self.sheets += 1;
        (self.rows, self.bytes) = (0, 0);
        self.archive.begin(&parts::sheet_path(self.sheets))?;
        let start = parts::sheet_start(self.columns.len());
        self.archive.write(start.as_bytes())?;
        let columns = std::mem::take(&mut self.columns);
        let header = self.put(&columns, markup::HEADER);
        self.columns = columns;
        header
    }

    fn put(&mut self, cells: &[Cell], style: u8) -> io::Result<()> {
        self.rows += 1;
        self.row.clear();
        markup::row(&mut self.row, self.rows, cells, style);
        self.bytes += self.row.len() as u64;
        self.archive.write(self.row.as_bytes())
    }
}

impl<W: Write> Rows for Xlsx<W> {
    fn row(&mut self, cells: &[Cell]) -> io::Result<()> {
        if self.rows == self.rows_max || self.bytes > SHEET_BYTES_MAX {
            self.begin_sheet()?;
        }
        self.put(cells, markup::PLAIN)
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.archive.write(parts::SHEET_END.as_bytes())?;
        for (path, text) in parts::around(self.sheets) {
            self.archive.begin(path)?;
            self.archive.write(text.as_bytes())?;
        }
        self.archive.finish()
    }
}

#[cfg(test)]
mod tests;
