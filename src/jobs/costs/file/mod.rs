//! A file of costs, one statement a row: Binom's, or any table whose first line names its columns as
//! Keitaro's `update_costs` and this tracker's own fields are named.

mod cells;
mod columns;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::order::{check, currency_of};
use crate::domain::check::read_timezone;
use crate::domain::cost_update::{CostLine, Which};
use crate::domain::documents::Documents;
use crate::domain::form::{Form, quoted};
use crate::domain::money::Currency;
use crate::domain::period;
use crate::domain::problem::Problem;
use crate::domain::state::State;
use crate::jobs::period::moment;

use cells::{Cells, filters, price, uniques, zone};
use columns::Column;

/// Rows of one file.
const ROWS: usize = 20_000;
/// Rows told of a preview.
const TOLD: usize = 200;
/// Characters told of a row.
const RAW: usize = 300;

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RowVerdict {
    /// It charges clicks.
    Ok,
    /// There are no clicks for it; its money stays with the campaign and the day.
    NoClicks,
    /// It cannot be understood.
    Unusable,
}

/// A row of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CostRow {
    /// Of the file, from 1.
    pub line: u64,
    /// As it stands there, shortened.
    pub raw: String,
    pub verdict: RowVerdict,
    /// Why it cannot be used.
    pub reason: Option<String>,
    /// How many clicks it would charge.
    pub clicks: u64,
}

/// What would become of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FilePreview {
    pub preview: bool,
    pub rows: u64,
    /// Rows that cannot be used.
    pub unusable: u64,
    /// Clicks that would be charged.
    pub clicks: u64,
    /// The first 200 rows.
    pub items: Vec<CostRow>,
}

/// A file, understood.
#[derive(Debug)]
pub(super) struct CostFile {
    rows: Vec<Row>,
    pub(super) is_preview: bool,
    skips_unusable: bool,
}

#[derive(Debug)]
struct Row {
    line: u64,
    raw: String,
    said: Result<CostLine, String>,
}

impl CostFile {
    /// The statements of the rows that can be used.
    pub(super) fn lines(&self) -> Vec<CostLine> {
        let said = self.rows.iter().filter_map(|row| row.said.as_ref().ok());
        said.cloned().collect()
    }

    /// The same, unless there are others and nobody said that these may stay out.
    pub(super) fn usable(&self) -> Result<Vec<CostLine>, Vec<Problem>> {
        let refused = self.rows.iter().filter_map(|row| {
            let reason = row.said.as_ref().err()?;
            let message = format!("Line {}: {reason}", row.line);
            Some(Problem::new("text", "unusable_row", message))
        });
        let refused: Vec<Problem> = refused.collect();
        let lines = self.lines();
        match refused.is_empty() || (self.skips_unusable && !lines.is_empty()) {
            true => Ok(lines),
            false => Err(Problem::listed(refused)),
        }
    }

    /// `counted` are the clicks of each of the lines.
    pub(super) fn preview(&self, counted: &[u64]) -> FilePreview {
        let mut counts = counted.iter().copied();
        let told = self.rows.iter().map(|row| {
            let clicks = row.said.as_ref().ok().and_then(|_| counts.next());
            CostRow {
                line: row.line,
                raw: row.raw.clone(),
                verdict: match clicks {
                    None => RowVerdict::Unusable,
                    Some(0) => RowVerdict::NoClicks,
                    Some(_) => RowVerdict::Ok,
                },
                reason: row.said.as_ref().err().cloned(),
                clicks: clicks.unwrap_or(0),
            }
        });
        FilePreview {
            preview: true,
            rows: self.rows.len() as u64,
            unusable: (self.rows.len() - counted.len()) as u64,
            clicks: counted.iter().sum(),
            items: told.take(TOLD).collect(),
        }
    }
}

/// What counts for rows that do not say it themselves.
struct Reading<'a> {
    documents: &'a Documents,
    timezone: String,
    currency: Option<Currency>,
    which: Which,
}

/// Reads a document with the file in `text`.
pub(super) fn read(document: &Value, documents: &Documents) -> Result<CostFile, Vec<Problem>> {
    Form::read(document, |form| {
        let reading = Reading {
            documents,
            timezone: read_timezone(form),
            currency: form.optional_currency("currency"),
            which: form.choice("which", Which::ALL, Which::All),
        };
        let is_preview = form.boolean("preview", false);
        let skips_unusable = form.boolean("skip_unusable", false);
        let text = form.exact_text("text");
        let rows = reading.rows(text.trim_start_matches('\u{feff}'));
        CostFile {
            rows: form.checked("text", rows, Vec::new),
            is_preview,
            skips_unusable,
        }
    })
}

impl Reading<'_> {
    fn rows(&self, text: &str) -> Result<Vec<Row>, String> {
        let first = text.lines().find(|line| !line.trim().is_empty());
        let first = first.ok_or("The file is empty: send at least one row.")?;
        let shape = columns::shape(first)?;
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(shape.delimiter)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let mut rows = Vec::new();
        let mut seen = HashMap::new();
        for (index, record) in reader.records().enumerate() {
            if index == 0 && shape.has_header {
                continue;
            }
            let record = record.map_err(|error| format!("The file cannot be read: {error}."))?;
            if rows.len() == ROWS {
                return Err(format!(
                    "The file has more than {ROWS} rows; send it in several."
                ));
            }
            let line = record.position().map_or(0, csv::Position::line);
            let cells: Vec<&str> = record.iter().collect();
            let mut said = self.row(Cells {
                columns: &shape.columns,
                cells: &cells,
            });
            if let Ok(found) = &said {
                let selection = (
                    found.campaign_ids.clone(),
                    (found.from, found.to),
                    found.filters.clone(),
                );
                let before = *seen.entry(selection).or_insert(line);
                if before != line {
                    said = Err(format!(
                        "Line {before} is about the same clicks; put the sum of both into one row."
                    ));
                }
            }
            let raw = cells.join(&char::from(shape.delimiter).to_string());
            rows.push(Row {
                line,
                raw: raw.chars().take(RAW).collect(),
                said,
            });
        }
        match rows.is_empty() {
            true => Err("The file has a header and no rows.".to_owned()),
            false => Ok(rows),
        }
    }

    fn row(&self, cells: Cells<'_>) -> Result<CostLine, String> {
        if let Some(extra) = cells.extra() {
            return Err(format!(
                "{} stands in a column that has no name.",
                quoted(extra)
            ));
        }
        let campaign = cells.of(Column::Campaign).ok_or("It names no campaign.")?;
        let campaign_ids = vec![self.campaign(campaign)?];
        let timezone = match cells.of(Column::Zone) {
            Some(text) => zone(text)?,
            None => self.timezone.clone(),
        };
        let tz = period::zone(&timezone);
        let (from, to) = match (
            cells.of(Column::Date),
            cells.of(Column::From),
            cells.of(Column::To),
        ) {
            (Some(day), None, None) => (day, day),
            (None, Some(from), Some(to)) => (from, to),
            (None, Some(day), None) => (day, day),
            _ => return Err("It needs a date, or a date from and a date to.".to_owned()),
        };
        let (from, to) = (moment(from, tz, false)?, moment(to, tz, true)?);
        if from >= to {
            return Err("Its time ends before it begins.".to_owned());
        }
        let (price, sign) = price(cells)?;
        let currency =
            match cells.of(Column::Currency) {
                Some(text) => Some(Currency::parse(text).ok_or_else(|| {
                    format!("{} is not a currency code such as USD.", quoted(text))
                })?),
                None => sign.or(self.currency),
            };
        let common = || currency_of(&campaign_ids, self.documents);
        let line = CostLine {
            currency: currency.or_else(common).unwrap_or(Currency::USD),
            price,
            which: match cells.of(Column::Uniques) {
                None => self.which,
                Some(text) => uniques(text)?,
            },
            filters: filters(cells)?,
            campaign_ids,
            from,
            to,
            timezone,
        };
        check(&line).map(|()| line)
    }

    /// By its id, its alias, or its name.
    fn campaign(&self, text: &str) -> Result<u64, String> {
        let id = text.parse::<u64>().ok();
        if let Some(id) = id.filter(|id| self.documents.campaigns.contains_key(id)) {
            return Ok(id);
        }
        let campaigns = self.documents.campaigns.values();
        let live = campaigns.filter(|campaign| campaign.state != State::Archived);
        let named: Vec<u64> = live
            .filter(|campaign| campaign.alias == text || campaign.name == text)
            .map(|campaign| campaign.id)
            .collect();
        match named.as_slice() {
            [id] => Ok(*id),
            [] => Err(format!(
                "There is no campaign {}; write its id or its alias.",
                quoted(text)
            )),
            _ => Err(format!(
                "There are several campaigns {}; write the id.",
                quoted(text)
            )),
        }
    }
}
