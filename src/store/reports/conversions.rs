//! The pass over conversions: what they cost by the time of their click, what they earn by the time
//! that the report goes by. About one click in a hundred has one, so row by row is fast enough.

use std::rc::Rc;
use std::sync::Arc;

use super::ReportError;
use super::derived::{kept_of, number};
use super::hand::Hand;
use super::opened::Opened;
use super::plan::Results;
use super::rows::Rows;
use crate::domain::basis::Basis;
use crate::domain::conversion::{Kept, Status};
use crate::domain::documents::Documents;
use crate::domain::event::Event;
use crate::domain::money::Micros;
use crate::report::columns::{Block, Unreadable, Value};
use crate::report::{Earned, Happened, Needs};
use crate::store::columns::Column;
use crate::store::conversions::rows::{CORRECTION, REPEAT, TEST};

/// What is read of every conversion.
pub(super) const COLUMNS: [Column; 5] = [
    Column::Event,
    Column::Status,
    Column::ConversionFlags,
    Column::Revenue,
    Column::MakesCustomer,
];

impl Hand<'_> {
    /// Counts the conversions of a chunk that the report is about.
    pub(super) fn conversions(
        &mut self,
        opened: &Opened<'_>,
        results: Results,
    ) -> Result<(), ReportError> {
        let chunk = opened.chunk;
        let mut rows = Rows::of(chunk.rows, chunk.masked.as_deref());
        let status = opened.block(Column::Status)?;
        let is_mapped = status
            .entries
            .iter()
            .map(|entry| status_of(*entry).is_some());
        rows.retain_codes(&status.codes, &is_mapped.collect::<Vec<_>>());
        let flags = opened.block(Column::ConversionFlags)?;
        rows.retain(|row| number(flags.value(row)).unwrap_or(0) & TEST == 0);
        if results.cost {
            self.charge(opened, rows.clone())?;
        }
        if results.earnings {
            self.earn(opened, rows)?;
        }
        Ok(())
    }

    fn charge(&mut self, opened: &Opened<'_>, mut rows: Rows) -> Result<(), ReportError> {
        let costs = opened.block(Column::ConversionCost)?;
        let is_paid = costs
            .entries
            .iter()
            .map(|cost| number(*cost).unwrap_or(0) != 0);
        rows.retain_codes(&costs.codes, &is_paid.collect::<Vec<_>>());
        self.select(opened, &mut rows, Basis::Click)?;
        if rows.is_empty() {
            return Ok(());
        }
        let groups = self.group(opened, &rows, Basis::Click)?;
        let costs = rows.map(|row| number(costs.value(row)).unwrap_or(0));
        self.counts.charge(&groups, &costs);
        Ok(())
    }

    fn earn(&mut self, opened: &Opened<'_>, mut rows: Rows) -> Result<(), ReportError> {
        let by = self.plan.ask.basis;
        self.select(opened, &mut rows, by)?;
        if rows.is_empty() {
            return Ok(());
        }
        let groups = self.group(opened, &rows, by)?;
        let earnings = Earnings::read(opened, self.plan.documents, &self.plan.ask.needs)?;
        for (row, group) in rows.iter().zip(groups) {
            let sums = self.counts.earned.entry(group).or_default();
            sums.earn(&earnings.of(row));
        }
        Ok(())
    }
}

fn status_of(entry: Value<'_>) -> Option<Status> {
    number(entry).and_then(Status::from_code)
}

/// The conversions of a chunk, as they are counted.
struct Earnings<'c> {
    events: Rc<Block<'c>>,
    /// By the codes of their events.
    happened: Vec<Happened>,
    status: Rc<Block<'c>>,
    flags: Rc<Block<'c>>,
    revenue: Rc<Block<'c>>,
    makes_customer: Rc<Block<'c>>,
    /// When the click and the conversion came, where that is asked for.
    times: Option<[Rc<Vec<i64>>; 2]>,
    kept: Option<(Rc<Block<'c>>, KeptNumbers)>,
}

/// By the codes of what is kept.
type KeptNumbers = Vec<Vec<(Arc<str>, Micros)>>;

impl<'c> Earnings<'c> {
    fn read(
        opened: &Opened<'c>,
        documents: &Documents,
        needs: &Needs,
    ) -> Result<Self, ReportError> {
        let events = opened.block(Column::Event)?;
        let happened = events.entries.iter().map(|event| match event {
            Value::Text(word) => Happened::of(word, Event::of_key(documents, word)),
            Value::Number(number) => Happened::of(&number.to_string(), None),
            Value::Empty | Value::Bytes(_) => Happened::of("", None),
        });
        Ok(Self {
            happened: happened.collect(),
            events,
            status: opened.block(Column::Status)?,
            flags: opened.block(Column::ConversionFlags)?,
            revenue: opened.block(Column::Revenue)?,
            makes_customer: opened.block(Column::MakesCustomer)?,
            times: match needs.delays {
                true => Some([
                    opened.times(Basis::Click)?,
                    opened.times(Basis::Conversion)?,
                ]),
                false => None,
            },
            kept: match needs.kept.is_empty() {
                true => None,
                false => Some(kept(opened, needs)?),
            },
        })
    }

    fn of(&self, row: usize) -> Earned<'_> {
        let whole = |block: &Block<'_>| number(block.value(row)).unwrap_or(0);
        let flags = whole(&self.flags);
        Earned {
            happened: &self.happened[self.events.codes.of(row)],
            status: status_of(self.status.value(row)),
            is_repeat: flags & REPEAT != 0,
            is_correction: flags & CORRECTION != 0,
            is_test: flags & TEST != 0,
            makes_customer: whole(&self.makes_customer) != 0,
            revenue: Micros(whole(&self.revenue)),
            delay_ms: self
                .times
                .as_ref()
                .map_or(0, |[clicked, came]| came[row] - clicked[row]),
            kept: match &self.kept {
                Some((block, kept)) => &kept[block.codes.of(row)],
                None => &[],
            },
        }
    }
}

fn kept<'c>(
    opened: &Opened<'c>,
    needs: &Needs,
) -> Result<(Rc<Block<'c>>, KeptNumbers), Unreadable> {
    let names: Vec<Arc<str>> = needs.kept.iter().map(|name| name.as_str().into()).collect();
    let block = opened.block(Column::Kept)?;
    let kept = block.entries.iter().map(|entry| {
        let all = kept_of(*entry);
        let numbers = names.iter().filter_map(|name| match all.get(&**name) {
            Some(Kept::Number(number)) => Some((Arc::clone(name), *number)),
            Some(Kept::Text(_)) | None => None,
        });
        numbers.collect()
    });
    let kept = kept.collect();
    Ok((block, kept))
}
