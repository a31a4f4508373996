//! Tables: the same columns in every row, which a header or the request names.

use csv::{ByteRecord, ReaderBuilder};

use super::columns::{self, Column};
use super::delimiter::Delimiter;
use super::{Batch, Content, Format, Line, MAX_ROWS, NoBatch, Reading, shown, time, too_long};
use crate::postback::amount;
use crate::postback::click;

/// Lines of a row whose cells hold line breaks; beyond it a quote was left open.
const MAX_SPAN: usize = 50;
/// Lines that are looked at to find the delimiter.
const SNIFFED: usize = 50;

/// How a table is to be read.
pub(super) struct Shape {
    format: Format,
    delimiter: Delimiter,
    columns: Vec<Column>,
    has_header: bool,
}

/// A row, its cells still text.
struct Record<'t> {
    number: u64,
    raw: &'t str,
    cells: Vec<String>,
}

/// The shape of a table, unless the text is none.
pub(super) fn shape(
    text: &str,
    delimiter: Option<Delimiter>,
    names: Option<&[String]>,
    reading: &Reading<'_>,
) -> Option<Shape> {
    let network = reading.words.network;
    let first = text.lines().find(|line| !line.trim().is_empty())?;
    let header = header(first, delimiter, reading);
    if let Some(names) = names {
        let columns = columns::of_names(names, network);
        let found = header.as_ref().map(|(delimiter, _)| *delimiter);
        return Some(Shape {
            format: Format::Columns,
            delimiter: delimiter
                .or(found)
                .unwrap_or_else(|| fitting(text, columns.len())),
            columns,
            has_header: header.is_some(),
        });
    }
    let (delimiter, names) = header?;
    Some(Shape {
        format: Format::Header,
        delimiter,
        columns: columns::of_names(&names, network),
        has_header: true,
    })
}

/// The names in a first line, and the delimiter by which most of them are known.
fn header(
    line: &str,
    delimiter: Option<Delimiter>,
    reading: &Reading<'_>,
) -> Option<(Delimiter, Vec<String>)> {
    let candidates = Delimiter::each().filter(|one| delimiter.is_none_or(|given| given == *one));
    let known = |names: &[String]| {
        let network = reading.words.network;
        let known = names.iter().map(|name| columns::named(name, network));
        known.filter(|name| name.is_known).count()
    };
    candidates
        .map(|delimiter| (delimiter, cells(line, delimiter, true)))
        .filter(|(_, names)| known(names) > 0 && !names.iter().any(|cell| is_value(cell, reading)))
        .min_by_key(|(_, names)| std::cmp::Reverse(known(names)))
}

/// What stands in rows and not in headers.
pub(super) fn is_value(cell: &str, reading: &Reading<'_>) -> bool {
    amount::read(cell).is_some()
        || click::read(cell, reading.codec).is_some()
        || columns::pair(cell, true, reading.words.network).is_some()
}

/// The delimiter by which most lines have as many cells as there are columns.
fn fitting(text: &str, width: usize) -> Delimiter {
    let lines = || {
        text.lines()
            .filter(|line| !line.trim().is_empty())
            .take(SNIFFED)
    };
    let fits = |delimiter: Delimiter| {
        let counts = lines().map(|line| cells(line, delimiter, true).len());
        let distances = counts.map(|count| count.abs_diff(width));
        (distances.sum::<usize>(), delimiter == Delimiter::Colon)
    };
    Delimiter::each()
        .min_by_key(|delimiter| fits(*delimiter))
        .unwrap_or(Delimiter::Comma)
}

pub(super) fn read(text: &str, shape: &Shape, reading: &Reading<'_>) -> Result<Batch, NoBatch> {
    let mut lines = Vec::new();
    let mut is_header = shape.has_header;
    for_each_record(text, shape, |record| {
        if std::mem::take(&mut is_header) {
            return Ok(());
        }
        if lines.len() == MAX_ROWS {
            return Err(NoBatch::TooManyRows);
        }
        let content = match too_long(record.raw) {
            Some(reason) => Err(reason),
            None => content(&record.cells, shape, reading),
        };
        lines.push(Line {
            number: record.number,
            raw: shown(record.raw),
            content,
        });
        Ok(())
    })?;
    let mut remarks = Vec::new();
    if shape.format == Format::Columns && shape.has_header {
        remarks.push("The first line names columns; the names of the request count.".to_owned());
    }
    Ok(Batch {
        format: shape.format,
        delimiter: Some(shape.delimiter).filter(|_| shape.columns.len() > 1),
        columns: shape.columns.iter().map(Column::name).collect(),
        lines,
        remarks,
    })
}

fn content(cells: &[String], shape: &Shape, reading: &Reading<'_>) -> Result<Content, String> {
    let network = reading.words.network;
    let width = shape.columns.len();
    let mut content = Content::default();
    let (mut date, mut clock) = (None, None);
    for (at, cell) in cells.iter().enumerate() {
        let pair = columns::pair(cell, true, network);
        let (column, value) = match (&pair, shape.columns.get(at)) {
            (Some((named, value)), _) => (&named.column, *value),
            (None, Some(column)) => (column, cell.as_str()),
            (None, None) if cell.trim().is_empty() => continue,
            (None, None) => {
                return Err(format!(
                    "The row has more cells than the {width} columns. Put cells that hold the \
                     delimiter into quotes."
                ));
            }
        };
        match column {
            Column::Parameter(name) => columns::add(name, value, network, &mut content.pairs),
            Column::Skipped => {}
            _ if value.trim().is_empty() => {}
            Column::Time => content.time = Some(time::read(value, reading.timezone)?),
            Column::Date => date = Some(value.trim()),
            Column::Clock => clock = Some(value.trim()),
        }
    }
    if let Some(date) = date {
        let whole = format!("{date} {}", clock.unwrap_or_default());
        content.time = Some(time::read(&whole, reading.timezone)?);
    }
    match content.pairs.is_empty() {
        true => Err("The row is empty.".to_owned()),
        false => Ok(content),
    }
}

/// Goes through the rows. A quote that is never closed, or closed far below by the next one, is
/// a character like others: else one of them would swallow the rest of the file.
fn for_each_record<'t>(
    text: &'t str,
    shape: &Shape,
    mut take: impl FnMut(Record<'t>) -> Result<(), NoBatch>,
) -> Result<(), NoBatch> {
    let mut from = 0;
    let mut line = 1;
    while from < text.len() {
        let rest = &text[from..];
        let mut reader = builder(shape.delimiter).from_reader(rest.as_bytes());
        let mut record = ByteRecord::new();
        let mut at = 0;
        loop {
            if !reader.read_byte_record(&mut record).unwrap_or(false) {
                return Ok(());
            }
            let until = reader.position().byte() as usize;
            let piece = &rest[at..until];
            let blank = piece.len() - piece.trim_start_matches('\n').len();
            let raw = &piece[blank..];
            let number = line + blank as u64;
            if is_swallowed(raw, record.len(), shape) {
                let first = raw.lines().next().unwrap_or_default();
                take(Record {
                    number,
                    raw: first,
                    cells: cells(first, shape.delimiter, false),
                })?;
                from += at + blank + first.len();
                line = number;
                break;
            }
            if !raw.trim().is_empty() {
                take(Record {
                    number,
                    raw,
                    cells: texts(&record),
                })?;
            }
            line += piece.matches('\n').count() as u64;
            at = until;
        }
    }
    Ok(())
}

fn is_swallowed(raw: &str, cells: usize, shape: &Shape) -> bool {
    let span = raw.trim_end_matches('\n').matches('\n').count() + 1;
    let is_whole = raw.matches('"').count().is_multiple_of(2) && cells == shape.columns.len();
    span > MAX_SPAN || (span > 1 && !is_whole)
}

/// The cells of one line.
pub(super) fn cells(line: &str, delimiter: Delimiter, quoting: bool) -> Vec<String> {
    if !quoting || !line.contains('"') {
        let cells = line.split(delimiter.character());
        return cells.map(|cell| cell.trim().to_owned()).collect();
    }
    let mut record = ByteRecord::new();
    let mut reader = builder(delimiter).from_reader(line.as_bytes());
    match reader.read_byte_record(&mut record) {
        Ok(true) => texts(&record),
        _ => Vec::new(),
    }
}

fn texts(record: &ByteRecord) -> Vec<String> {
    let text = |cell| String::from_utf8_lossy(cell).trim().to_owned();
    record.iter().map(text).collect()
}

fn builder(delimiter: Delimiter) -> ReaderBuilder {
    let mut builder = ReaderBuilder::new();
    builder
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter.byte());
    builder
}
