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
pub(super) enum Task {
    Clicks(Piece),
    Conversions(Piece, Results),
    /// What was spent on campaigns and belongs to no click.
    Unassigned,
}

/// What is counted of conversions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Results {
    /// What they cost, by the time of their click.
    pub(super) cost: bool,
    /// What they earn, by the time of the report.
    pub(super) earnings: bool,
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
        if has_clicks {
            let clicks = pieces(connection, Kind::Clicks, Basis::Click, span)?;
            self.tasks.extend(clicks.into_iter().map(Task::Clicks));
        }
        let cost = needs.cost && has_clicks;
        if cost {
            self.tasks.push(Task::Unassigned);
        }
        let all = Results {
            cost,
            earnings: needs.conversions
                || needs.delays
                || needs.events
                || !needs.kept.is_empty()
                || !has_clicks,
        };
        let by_click = Results {
            earnings: all.earnings && by == Basis::Click,
            ..all
        };
        let by_own = Results {
            cost: false,
            earnings: all.earnings && by != Basis::Click,
        };
        for (by, results) in [(Basis::Click, by_click), (by, by_own)] {
            if results.cost || results.earnings {
                let found = pieces(connection, Kind::Conversions, by, span)?.into_iter();
                let tasks = found.map(|piece| Task::Conversions(piece, results));
                self.tasks.extend(tasks);
            }
        }
        Ok(())
    }

    /// The next one that nobody has taken.
    pub(super) fn next(&self) -> Option<&Task> {
        self.tasks.get(self.taken.fetch_add(1, Ordering::Relaxed))
    }

    /// What has to be read of clicks.
    pub(super) fn of_clicks(&self) -> Vec<Column> {
        let needs = &self.ask.needs;
        let mut columns = vec![Column::Flags];
        if needs.landings || needs.steps {
            columns.extend([Column::Route, Column::Steps]);
        }
        if needs.cost {
            columns.extend([Column::Cost, Column::Currency]);
        }
        self.with_dimensions(columns, Kind::Clicks)
    }

    /// What has to be read of conversions.
    pub(super) fn of_conversions(&self, results: Results) -> Vec<Column> {
        let mut columns = conversions::COLUMNS.to_vec();
        if results.cost {
            columns.push(Column::ConversionCost);
        }
        if results.earnings && !self.ask.needs.kept.is_empty() {
            columns.push(Column::Kept);
        }
        self.with_dimensions(columns, Kind::Conversions)
    }

    fn with_dimensions(&self, mut columns: Vec<Column>, kind: Kind) -> Vec<Column> {
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
