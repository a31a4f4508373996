//! What a report has to read, cut into tasks that threads take one after the other.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rusqlite::Connection;

use super::conversions;
use super::derived::Derived;
use super::tables::Tables;
use super::{Ask, ReportError};
use crate::domain::basis::Basis;
use crate::domain::documents::Documents;
use crate::domain::rates::Rates;
use crate::report::dimension::Of;
use crate::store::columns::{Column, Kind, Piece, pieces};

pub(super) struct Plan<'a> {
    pub(super) ask: &'a Ask<'a>,
    pub(super) documents: &'a Documents,
    pub(super) rates: &'a Rates,
    pub(super) tables: &'a Tables,
    pub(super) stop: &'a AtomicBool,
    pub(super) dimensions: Vec<Derived<'a>>,
    pub(super) filters: Vec<Derived<'a>>,
    pub(super) tasks: Vec<Task>,
    /// How many of them have been taken.
    taken: AtomicUsize,
}

/// Rows that are read as a whole, and what is counted of them.
pub(super) struct Task {
    pub(super) piece: Piece,
    /// Of conversions: whether they add what they cost, by the time of their click, and what they
    /// earn, by the time of the report.
    pub(super) charges: bool,
    pub(super) earns: bool,
}

impl<'a> Plan<'a> {
    pub(super) fn new(
        ask: &'a Ask<'a>,
        documents: &'a Documents,
        rates: &'a Rates,
        tables: &'a Tables,
        stop: &'a AtomicBool,
    ) -> Self {
        let derived = |dimension| Derived::of(dimension, documents);
        let filters = ask.filters.iter().map(|filter| &filter.dimension);
        Self {
            ask,
            documents,
            rates,
            tables,
            stop,
            dimensions: ask.dimensions.iter().map(derived).collect(),
            filters: filters.map(derived).collect(),
            tasks: Vec::new(),
            taken: AtomicUsize::new(0),
        }
    }

    /// Finds out what there is to read.
    pub(super) fn look(&mut self, connection: &Connection) -> Result<(), ReportError> {
        let (span, by, needs) = (self.ask.span, self.ask.basis, &self.ask.needs);
        if span.from >= span.to {
            return Ok(());
        }
        let has_clicks = self.ask.has_clicks();
        let charges = needs.cost && has_clicks;
        let earns = needs.conversions
            || needs.delays
            || needs.events
            || !needs.kept.is_empty()
            || !has_clicks;
        let mut tasks = Vec::new();
        let mut add = |kind, by, charges, earns| {
            let pieces = pieces(connection, kind, by, span)?.into_iter();
            tasks.extend(pieces.map(|piece| Task {
                piece,
                charges,
                earns,
            }));
            Ok::<_, ReportError>(())
        };
        if has_clicks {
            add(Kind::Clicks, Basis::Click, false, false)?;
        }
        if by == Basis::Click && (charges || earns) {
            add(Kind::Conversions, by, charges, earns)?;
        } else if by != Basis::Click {
            if charges {
                add(Kind::Conversions, Basis::Click, true, false)?;
            }
            if earns {
                add(Kind::Conversions, by, false, true)?;
            }
        }
        self.tasks = tasks;
        Ok(())
    }

    /// The next one that nobody has taken.
    pub(super) fn next(&self) -> Option<&Task> {
        self.tasks.get(self.taken.fetch_add(1, Ordering::Relaxed))
    }

    /// What has to be read for a task.
    pub(super) fn columns(&self, task: &Task) -> Vec<Column> {
        let (kind, needs) = (task.piece.kind, &self.ask.needs);
        let mut columns: Vec<Column> = match kind {
            Kind::Clicks => vec![Column::Flags],
            Kind::Conversions => conversions::COLUMNS.to_vec(),
        };
        let is_clicks = kind == Kind::Clicks;
        for (is_needed, more) in [
            (
                is_clicks && (needs.landings || needs.steps),
                [Column::Route, Column::Steps].as_slice(),
            ),
            (is_clicks && needs.cost, &[Column::Cost, Column::Currency]),
            (task.charges, &[Column::ConversionCost]),
            (task.earns && !needs.kept.is_empty(), &[Column::Kept]),
        ] {
            columns.extend(more.iter().filter(|_| is_needed));
        }
        let derived = self.dimensions.iter().chain(&self.filters);
        columns.extend(derived.filter_map(|derived| derived.column(kind)));
        columns.sort_unstable();
        columns.dedup();
        columns
    }
}

impl Ask<'_> {
    /// Whether clicks can be counted: in rows of a conversion's event, status, ... nothing of theirs
    /// has a place.
    pub fn has_clicks(&self) -> bool {
        let filters = self.filters.iter().map(|filter| &filter.dimension);
        let mut all = self.dimensions.iter().chain(filters);
        all.all(|dimension| dimension.of() != Of::Conversion)
    }
}
