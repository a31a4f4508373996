//! Tables as files: CSV for programs, XLSX for people. Pure: rows of cells in, bytes out.
//!
//! Both are written front to back and keep one row at a time, so that a file of any length is sent
//! while it is made. What fails halfway leaves a file that lacks its end: whoever sends it has to
//! break off too, or a part would pass for the whole.
//!
//! Adding a format: 1. a file here whose type implements [`Rows`]; 2. its word in [`Format::ALL`],
//! its media type, and its arm in [`open`].

mod cell;
mod csv;
mod shape;
mod xlsx;
mod zip;

use std::io::{self, Write};

pub use cell::Cell;
pub use shape::{Delimiter, Format, Shape};

/// Takes the rows of a table, one after the other.
pub trait Rows {
    /// One row, with as many cells as there are columns.
    fn row(&mut self, cells: &[Cell]) -> io::Result<()>;

    /// Writes what stands behind the last row. Without it the file is not whole.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// Begins a file: what is before the first row is written at once.
pub fn open<'a>(
    shape: &Shape,
    columns: &[String],
    out: impl Write + 'a,
) -> io::Result<Box<dyn Rows + 'a>> {
    Ok(match shape.format {
        Format::Csv => Box::new(csv::Csv::begin(shape, columns, out)?),
        Format::Xlsx => Box::new(xlsx::Xlsx::begin(columns, out)?),
    })
}
