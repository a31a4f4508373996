//! What would become of a file.

use std::collections::HashMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::pace::Pace;
use super::plan::Plan;
use super::{Importer, patiently};
use crate::domain::id::Id;
use crate::postback::batch::{Delimiter, Format};
use crate::store::conversions::import::{self, PIECE, Row};
use crate::store::error::StoreError;
use crate::store::imports::{ImportRow, Judged, Totals};

/// Rows that are shown; the totals tell of all.
const SHOWN: usize = 200;

/// What would become of a file.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Preview {
    /// Nothing was changed.
    pub preview: bool,
    /// What the file was taken for.
    pub format: Format,
    pub delimiter: Option<Delimiter>,
    /// What each column was taken for; empty for one that is passed over.
    pub columns: Vec<String>,
    /// What was odd about the file as a whole.
    pub remarks: Vec<String>,
    /// How many rows the file has.
    pub rows: u64,
    /// All rows by verdict.
    pub totals: Totals,
    /// The first 200 rows.
    pub items: Vec<ImportRow>,
}

/// Each piece is undone before the next one, so rows about the same click go into one.
pub(super) fn preview(importer: &Importer, mut plan: Plan) -> Result<Preview, StoreError> {
    let books = (importer.books)();
    let rows = plan.left();
    let all = plan.next(rows, &books);
    let last_shown = all.get(SHOWN - 1).map_or(u64::MAX, |row| row.line);
    let mut pace = Pace::default();
    let mut totals = Totals::new();
    let mut shown: Vec<Judged> = Vec::new();
    let mut groups = groups(all).into_iter().peekable();
    while groups.peek().is_some() {
        let mut piece = Vec::new();
        while let Some(group) =
            groups.next_if(|group| piece.is_empty() || piece.len() + group.len() <= pace.rows())
        {
            piece.extend(group);
        }
        let piece = plan.piece(piece).into();
        let taken = patiently(|| import::preview(&importer.writer, &books, &piece, &totals))?;
        totals = taken.totals;
        let judged = taken.judged.into_iter();
        shown.extend(judged.filter(|row| row.line <= last_shown));
        pace.rest(taken.worked);
    }
    shown.sort_by_key(|row| row.line);
    let told = shown.into_iter().map(|row| row.told(&importer.codec));
    Ok(Preview {
        preview: true,
        format: plan.batch.format,
        delimiter: plan.batch.delimiter,
        columns: plan.batch.columns,
        remarks: plan.batch.remarks,
        rows: rows as u64,
        totals,
        items: told.collect(),
    })
}

/// Rows about the same click, in their order. No group is larger than a piece may be.
fn groups(rows: Vec<Row>) -> Vec<Vec<Row>> {
    let mut groups: Vec<Vec<Row>> = Vec::new();
    let mut of_click: HashMap<Id, usize> = HashMap::new();
    let mut of_tid: HashMap<String, usize> = HashMap::new();
    for row in rows {
        let said = row.news.as_ref().ok().map(|news| &news.said);
        let click = said.and_then(|said| Some(said.click.as_ref()?.id));
        let tid = said.and_then(|said| said.tid.clone());
        let of_this_click = click.and_then(|click| of_click.get(&click));
        let of_this_tid = tid.as_ref().and_then(|tid| of_tid.get(tid));
        let found = of_this_click.or(of_this_tid.filter(|_| click.is_none()));
        let at = found
            .copied()
            .filter(|at| groups[*at].len() < PIECE)
            .unwrap_or_else(|| {
                groups.push(Vec::new());
                groups.len() - 1
            });
        if let Some(click) = click {
            of_click.insert(click, at);
        }
        if let Some(tid) = tid {
            of_tid.entry(tid).or_insert(at);
        }
        groups[at].push(row);
    }
    groups
}
