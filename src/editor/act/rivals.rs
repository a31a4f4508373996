//! Rules that would turn each other's work back, again and again: the later one gives way for a while.

use std::collections::HashMap;

use super::spot::Spot;
use crate::domain::documents::Documents;
use crate::domain::form::quoted;
use crate::store::error::StoreError;
use crate::store::readers::Readers;
use crate::store::rules::moves::{self, Direction, FieldOf, Made, Move};
use crate::store::rules::runs::Run;

const MINUTE_MS: i64 = 60_000;
/// What another rule did is left alone as long as the shorter cool-down of the two, within these
/// bounds: what stops a loss must not wait for a day.
const LEAST_MS: i64 = 10 * MINUTE_MS;
const MOST_MS: i64 = 60 * MINUTE_MS;

/// What has moved fields lately: as stored, and by runs that are not stored yet.
pub(super) struct Rivals<'r> {
    readers: &'r Readers,
    documents: &'r Documents,
    here: HashMap<FieldOf, Vec<(Direction, Made)>>,
}

impl<'r> Rivals<'r> {
    pub(super) fn of(readers: &'r Readers, documents: &'r Documents) -> Self {
        Self {
            readers,
            documents,
            here: HashMap::new(),
        }
    }

    /// Notes what a run moves, for those after it.
    pub(super) fn note(&mut self, run: &Run, moves: &[Move]) {
        for one in moves {
            let made = Made {
                run_id: run.id,
                rule_id: run.rule_id,
                at: run.at,
                is_undone: false,
            };
            let known = self.here.entry(one.field.clone()).or_default();
            known.push((one.direction, made));
        }
    }

    /// Why a run may not move a field this way now.
    pub(super) fn objection(
        &self,
        spot: &Spot,
        direction: Direction,
        run: &Run,
    ) -> Result<Option<String>, StoreError> {
        let (field, opposite) = (spot.field(), direction.opposite());
        let rule_id = run.rule_id;
        let here = self.here.get(&field).into_iter().flatten().rev();
        let here = here.filter(|(way, made)| *way == opposite && made.rule_id != rule_id);
        let stored = moves::lately(self.readers, &field, opposite, rule_id, run.at, MOST_MS)?;
        let mut made = here.map(|(_, made)| made).chain(&stored);
        let rival = made.find(|made| {
            let patience = self.cooldown(rule_id).min(self.cooldown(made.rule_id));
            run.at.abs_diff(made.at) < patience.clamp(LEAST_MS, MOST_MS).unsigned_abs()
        });
        Ok(rival.map(|made| self.told(spot, opposite, made, run.at)))
    }

    fn cooldown(&self, rule_id: u64) -> i64 {
        let rule = self.documents.rules.get(&rule_id);
        rule.map_or(0, |rule| rule.cooldown_ms())
    }

    fn told(&self, spot: &Spot, direction: Direction, made: &Made, now: i64) -> String {
        let Made {
            run_id, rule_id, ..
        } = made;
        let rule = self.documents.rules.get(rule_id);
        let name = rule.map_or(String::new(), |rule| format!(" {}", quoted(&rule.name)));
        let (ago, run) = (ago(now.abs_diff(made.at)), run_id.to_row());
        match made.is_undone {
            false => {
                let deed = spot.deed(direction);
                format!("Rule {rule_id}{name} {deed} {ago} (run {run}).")
            }
            true => {
                let deed = spot.deed(direction.opposite());
                format!("Rule {rule_id}{name} {deed}, which was undone {ago} (run {run}).")
            }
        }
    }
}

fn ago(ms: u64) -> String {
    let minutes = ms / MINUTE_MS.unsigned_abs();
    match minutes {
        0 => "less than a minute ago".to_owned(),
        1 => "1 minute ago".to_owned(),
        2..120 => format!("{minutes} minutes ago"),
        _ => format!("{} hours ago", minutes / 60),
    }
}
