//! The pass over clicks.

use super::ReportError;
use super::counts::{Click, Visit};
use super::derived::number;
use super::hand::Hand;
use super::opened::Opened;
use super::rows::Rows;
use super::tables::NOTHING;
use crate::domain::basis::Basis;
use crate::report::columns::Value;
use crate::store::clicks::flags::Flags;
use crate::store::columns::Column;

impl Hand<'_> {
    /// Counts the clicks of a chunk that the report is about, and what they cost.
    pub(super) fn clicks(&mut self, opened: &Opened<'_>) -> Result<(), ReportError> {
        let chunk = opened.chunk;
        let mut rows = Rows::of(chunk.rows, chunk.masked.as_deref());
        let flags = opened.block(Column::Flags)?;
        let kinds: Vec<Flags> = flags.entries.iter().map(flags_of).collect();
        if kinds.iter().any(|kind| kind.is_test()) {
            let counts = kinds.iter().map(|kind| !kind.is_test());
            rows.retain_codes(&flags.codes, &counts.collect::<Vec<_>>());
        }
        self.select(opened, &mut rows, Basis::Click)?;
        if rows.is_empty() {
            return Ok(());
        }
        let groups = self.group(opened, &rows, Basis::Click)?;
        let codes = rows.map_codes(&flags.codes, |code| code as u32);
        let clicks = kinds.iter().map(|kind| Click {
            is_bot: kind.is_bot(),
            is_unique: [
                kind.is_unique_campaign(),
                kind.is_unique_flow(),
                kind.is_unique_global(),
            ],
        });
        let clicks: Vec<Click> = clicks.collect();
        self.counts.click(&groups, &codes, &clicks);
        let needs = &self.plan.ask.needs;
        if needs.landings || needs.steps {
            self.visits(opened, &rows, &groups, &kinds)?;
        }
        if needs.cost
            && let Some(costs) = self.costs.of_rows(opened, &rows)?
        {
            self.counts.charge(&groups, &costs);
        }
        Ok(())
    }

    fn visits(
        &mut self,
        opened: &Opened<'_>,
        rows: &Rows,
        groups: &[u32],
        kinds: &[Flags],
    ) -> Result<(), ReportError> {
        let (flags, routes) = (opened.block(Column::Flags)?, opened.block(Column::Route)?);
        let steps = opened.block(Column::Steps)?;
        let bots: Vec<u32> = kinds.iter().map(|kind| kind.is_bot().into()).collect();
        let landings = routes.entries.iter().map(|route| {
            let table = self.landings.as_ref();
            let code = table.zip(number(*route)).map(|(table, id)| table.code(id));
            u32::from(code.is_some_and(|code| code != NOTHING)) << 1
        });
        let landings: Vec<u32> = landings.collect();
        let mut codes = rows.map_codes(&flags.codes, |code| bots[code]);
        let more = rows.map_codes(&routes.codes, |code| landings[code]);
        join(&mut codes, &more);
        join(
            &mut codes,
            &rows.map_codes(&steps.codes, |code| (code as u32) << 2),
        );
        let visits = (0..steps.entries.len() * 4).map(|code| {
            let steps = number(steps.entries[code >> 2]).unwrap_or(0);
            Visit {
                is_bot: code & 1 > 0,
                has_landing: code & 2 > 0,
                steps: u32::try_from(steps).unwrap_or(0),
            }
        });
        self.counts
            .visit(groups, &codes, &visits.collect::<Vec<_>>());
        Ok(())
    }
}

fn flags_of(entry: &Value<'_>) -> Flags {
    Flags(number(*entry).unwrap_or_default())
}

fn join(codes: &mut [u32], more: &[u32]) {
    for (code, more) in codes.iter_mut().zip(more) {
        *code |= more;
    }
}
