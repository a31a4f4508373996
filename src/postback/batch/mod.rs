//! A file of conversions -> the pairs that postbacks are made of, one list for each row.
//!
//! Networks that report in batches send tables, lists of lines, or what an operator copies out of
//! a page. The bytes become text (`text`), the text rows: those of a table (`table`), whose
//! columns have names (`columns`), or lines of the forms that trackers take (`lines`). A cell
//! may hold a time ([`time`]). What the rows mean is decided where postbacks are read.
//!
//! No row is left out: whatever cannot be read says why.

mod columns;
mod delimiter;
mod lines;
mod table;
#[cfg(test)]
mod tests;
mod text;
pub mod time;

use chrono_tz::Tz;
use serde::Serialize;
use utoipa::ToSchema;

use super::read::Words;
use crate::detect::text::{clean_str, cut};
use crate::domain::id::IdCodec;

pub use delimiter::Delimiter;

/// The most rows of one file.
pub const MAX_ROWS: usize = 100_000;
/// A longer row is not read.
const MAX_LINE: usize = 65_536;
/// Bytes shown of a row.
const MAX_RAW: usize = 1_000;

/// How a file is to be read where it does not say so itself.
#[derive(Debug, Clone)]
pub struct Options {
    /// Of times that name no zone.
    pub timezone: Tz,
    /// Names of the columns, instead of a header.
    pub columns: Option<Vec<String>>,
    pub delimiter: Option<Delimiter>,
}

/// What the file was taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// A table whose first line names the columns.
    Header,
    /// A table whose columns the request names.
    Columns,
    /// `subid,payout,tid,status`; Voluum's order is the same.
    Keitaro,
    /// `clickid,payout,txid,type` with an event of the operator's own for a type.
    Voluum,
    /// `click id,payout,tid,type,timestamp`
    ClickFlare,
    /// `clickid:payout[:status[:event_1=..]]`
    Binom,
    /// `clickid[:payout=..:cnv_status=..:cnv_currency=..:eventN=..]`
    BinomPairs,
    /// `HITID:TX[,payout]`
    FunnelFlux,
    /// Nothing but click ids.
    ClickIds,
    /// Lines of several forms.
    Mixed,
}

impl Format {
    pub const ALL: &'static [(&'static str, Format)] = &[
        ("header", Format::Header),
        ("columns", Format::Columns),
        ("keitaro", Format::Keitaro),
        ("voluum", Format::Voluum),
        ("click_flare", Format::ClickFlare),
        ("binom", Format::Binom),
        ("binom_pairs", Format::BinomPairs),
        ("funnel_flux", Format::FunnelFlux),
        ("click_ids", Format::ClickIds),
        ("mixed", Format::Mixed),
    ];

    pub fn as_str(self) -> &'static str {
        let mut all = Self::ALL.iter();
        all.find(|(_, format)| *format == self)
            .map_or("", |(word, _)| word)
    }
}

/// A file, taken apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    pub format: Format,
    /// `None` where the lines differ, or have one cell each.
    pub delimiter: Option<Delimiter>,
    /// What each column was taken for; empty for one that is passed over.
    pub columns: Vec<String>,
    pub lines: Vec<Line>,
    /// What was odd about the file as a whole.
    pub remarks: Vec<String>,
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Where it begins in the file, from 1.
    pub number: u64,
    /// The row as it stands there, shortened.
    pub raw: String,
    /// What it says, or why it cannot be read.
    pub content: Result<Content, String>,
}

/// What a row says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Content {
    /// As those of a postback.
    pub pairs: Vec<(String, String)>,
    /// When it happened, in UTC milliseconds.
    pub time: Option<i64>,
}

/// A file that cannot be taken apart at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoBatch {
    #[error("There is nothing in it: send at least one row.")]
    Empty,
    #[error("It has more than {MAX_ROWS} rows. Send them in several files.")]
    TooManyRows,
}

/// Takes a file apart.
pub fn read(
    bytes: &[u8],
    words: &Words<'_>,
    codec: &IdCodec,
    options: &Options,
) -> Result<Batch, NoBatch> {
    let mut remarks = Vec::new();
    let text = text::decode(bytes, &mut remarks);
    let (text, stated) = delimiter::stated(&text);
    let delimiter = options.delimiter.or(stated);
    let reading = Reading {
        words,
        codec,
        timezone: options.timezone,
    };
    let mut batch = match table::shape(text, delimiter, options.columns.as_deref(), &reading) {
        Some(shape) => table::read(text, &shape, &reading)?,
        None => lines::read(text, delimiter, &reading)?,
    };
    if batch.lines.is_empty() {
        return Err(NoBatch::Empty);
    }
    remarks.append(&mut batch.remarks);
    batch.remarks = remarks;
    Ok(batch)
}

/// What rows are read by.
#[derive(Clone, Copy)]
struct Reading<'a> {
    words: &'a Words<'a>,
    codec: &'a IdCodec,
    timezone: Tz,
}

/// A row as it is shown.
fn shown(raw: &str) -> String {
    let raw = raw.trim_matches(['\n', '\r']);
    let cleaned = clean_str(raw, MAX_RAW + 4);
    if cleaned.len() <= MAX_RAW {
        return cleaned.into_owned();
    }
    format!("{}…", cut(&cleaned, MAX_RAW))
}

fn too_long(raw: &str) -> Option<String> {
    (raw.len() > MAX_LINE).then(|| {
        format!(
            "The row has {} bytes, more than {MAX_LINE}, and was not read.",
            raw.len()
        )
    })
}
