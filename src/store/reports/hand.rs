//! What one thread of a report works with, and what clicks and conversions have in common.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use rusqlite::Connection;

use super::ReportError;
use super::costs::Costs;
use super::counts::Counts;
use super::facet::Facet;
use super::groups::Groups;
use super::opened::Opened;
use super::plan::{Plan, Task};
use super::rows::Rows;
use super::tables::{Named, Table};
use crate::domain::basis::Basis;
use crate::store::columns::{Column, Kind, Piece, chunks};

const LANDINGS: Named = Named {
    table: "routes",
    column: "landing_id",
};

pub(super) struct Hand<'a> {
    pub(super) plan: &'a Plan<'a>,
    /// One for each dimension of the report, and one for each filter.
    pub(super) facets: Vec<Facet<'a>>,
    filters: Vec<Facet<'a>>,
    pub(super) groups: Groups,
    pub(super) counts: Counts,
    pub(super) costs: Costs<'a>,
    /// By route.
    pub(super) landings: Option<Arc<Table>>,
}

impl<'a> Hand<'a> {
    pub(super) fn new(plan: &'a Plan<'a>) -> Self {
        let facet = |derived| Facet::new(derived, plan.ask.zone);
        let mut hand = Self {
            plan,
            facets: plan.dimensions.iter().map(facet).collect(),
            filters: plan.filters.iter().map(facet).collect(),
            groups: Groups::new(plan.dimensions.len()),
            counts: Counts::new(&plan.ask.needs),
            costs: Costs::new(plan.rates),
            landings: None,
        };
        hand.counts.grow(hand.groups.len());
        hand
    }

    /// Counts what a task is about, as the transaction of the connection has it.
    pub(super) fn take(&mut self, connection: &Connection, task: &Task) -> Result<(), ReportError> {
        match task {
            Task::Clicks(piece) => {
                let columns = self.plan.of_clicks();
                self.read(connection, piece, &columns, Self::clicks)
            }
            Task::Conversions(piece, results) => {
                let columns = self.plan.of_conversions(*results);
                self.read(connection, piece, &columns, |hand, opened| {
                    hand.conversions(opened, *results)
                })
            }
            Task::Unassigned => self.unassigned(connection),
        }
    }

    /// Counts the chunks of a piece, one after the other.
    fn read(
        &mut self,
        connection: &Connection,
        piece: &Piece,
        columns: &[Column],
        count: impl Fn(&mut Self, &Opened<'_>) -> Result<(), ReportError>,
    ) -> Result<(), ReportError> {
        self.refresh(connection, piece.kind)?;
        let chunks = chunks(connection, piece, columns)?;
        for (place, chunk) in chunks.iter().enumerate() {
            if self.plan.stop.load(Ordering::Relaxed) {
                return Err(ReportError::Stopped);
            }
            count(self, &Opened::new(connection, piece, place, chunk))?;
        }
        Ok(())
    }

    fn refresh(&mut self, connection: &Connection, kind: Kind) -> Result<(), ReportError> {
        let tables = self.plan.tables;
        for facet in self.facets.iter_mut().chain(&mut self.filters) {
            facet.refresh(connection, tables)?;
        }
        if kind == Kind::Clicks {
            if self.plan.ask.needs.cost {
                self.costs.refresh(connection, tables)?;
            }
            self.landings = Some(tables.of(connection, LANDINGS)?);
        }
        Ok(())
    }

    /// Drops the rows that the report is not about, by that time of theirs.
    pub(super) fn select(
        &mut self,
        opened: &Opened<'_>,
        rows: &mut Rows,
        by: Basis,
    ) -> Result<(), ReportError> {
        let (span, extent) = (self.plan.ask.span, opened.extent(by));
        if *extent.start() < span.from || *extent.end() >= span.to {
            let times = opened.times(by)?;
            rows.retain(|row| span.from <= times[row] && times[row] < span.to);
        }
        for (filter, asked) in self.filters.iter_mut().zip(&self.plan.ask.filters) {
            if rows.is_empty() {
                break;
            }
            filter.retain(opened, rows, by, asked.holds)?;
        }
        Ok(())
    }

    /// The group of each row, with room for what is counted of it.
    pub(super) fn group(
        &mut self,
        opened: &Opened<'_>,
        rows: &Rows,
        by: Basis,
    ) -> Result<Vec<u32>, ReportError> {
        let mut values = Vec::with_capacity(self.facets.len());
        for facet in &mut self.facets {
            let numbers = facet.numbers(opened, rows, by)?;
            values.push((numbers, facet.values.len()));
        }
        self.enter(rows.len(), values)
    }

    /// The group of each of so many rows, of whose values there are the numbers.
    pub(super) fn enter(
        &mut self,
        rows: usize,
        values: Vec<(Vec<u32>, usize)>,
    ) -> Result<Vec<u32>, ReportError> {
        let groups = self.groups.of_rows(rows, values);
        if self.groups.len() > self.plan.ask.most_groups {
            return Err(ReportError::TooMany);
        }
        self.counts.grow(self.groups.len());
        Ok(groups)
    }
}
