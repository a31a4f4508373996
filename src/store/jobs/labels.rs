//! Which clicks are held to be bots, once more.

use std::collections::HashMap;
use std::net::IpAddr;
use std::ops::ControlFlow;

use ahash::RandomState;
use rusqlite::Connection;

use super::select::{FIRST_COLUMN, Selection, scan};
use super::{PIECE, Progress};
use crate::domain::visitor::BotReason;
use crate::store::clicks::flags::Flags;
use crate::store::clicks::packed::unpack_ip;
use crate::store::error::StoreError;
use crate::store::readers::Readers;

/// A click whose label is to be another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Relabel {
    id: i64,
    before: Flags,
    after: Flags,
}

/// How many labels change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Changes {
    pub became_bots: u64,
    pub ceased_to_be: u64,
    /// Bots before and after, for another reason.
    pub other_reason: u64,
}

/// Relabels that are next, of how many clicks, and behind which id to go on.
pub struct Found {
    pub relabels: Vec<Relabel>,
    pub looked_at: u64,
    pub next: Option<i64>,
}

/// Says who is a bot.
pub struct Judge<'a> {
    /// What a user agent alone says.
    pub of_user_agent: &'a dyn Fn(&str) -> Option<BotReason>,
    /// Of its address, of what its agent says, and of its label until now.
    pub of_click: &'a dyn Fn(IpAddr, Option<BotReason>, Option<BotReason>) -> Option<BotReason>,
    /// What was said of agents, by their ids.
    pub agents: &'a mut Agents,
}

/// What is said of agents, by their ids.
pub type Agents = HashMap<i64, Option<BotReason>, RandomState>;

impl Judge<'_> {
    fn of_agent(
        &mut self,
        id: i64,
        user_agent: impl FnOnce() -> Result<Option<String>, rusqlite::Error>,
    ) -> Result<Option<BotReason>, rusqlite::Error> {
        if let Some(said) = self.agents.get(&id) {
            return Ok(*said);
        }
        let said = (self.of_user_agent)(&user_agent()?.unwrap_or_default());
        self.agents.insert(id, said);
        Ok(said)
    }
}

/// Judges the next clicks of a selection, until a piece of them is to be relabelled. Labels that were
/// cleared by a conversion stay cleared.
pub fn find(
    readers: &Readers,
    selection: &Selection,
    after: i64,
    judge: &mut Judge<'_>,
) -> Result<Found, StoreError> {
    const COLUMNS: &str = ", clicks.ip, clicks.agent_id,
        (select user_agent from agents where agents.id = clicks.agent_id),
        exists (select 1 from conversions
            where click_id = clicks.id and status = 2 and flags & 4 = 0)";
    let mut relabels = Vec::new();
    let mut looked_at = 0;
    let next = scan(readers, selection, after, COLUMNS, |seen, row| {
        looked_at += 1;
        let before = Flags(seen.flags);
        let ip: Vec<u8> = row.get(FIRST_COLUMN)?;
        // Whoever buys is no bot.
        let is_cleared = before.is_cleared() || row.get(FIRST_COLUMN + 3)?;
        let Some(ip) = unpack_ip(&ip).filter(|_| !is_cleared) else {
            return Ok(ControlFlow::Continue(()));
        };
        let said = judge.of_agent(row.get(FIRST_COLUMN + 1)?, || row.get(FIRST_COLUMN + 2))?;
        let after = before.labelled((judge.of_click)(ip, said, before.bot_reason()));
        if after != before {
            relabels.push(Relabel {
                id: seen.id,
                before,
                after,
            });
        }
        Ok(match relabels.len() < PIECE {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        })
    })?;
    Ok(Found {
        relabels,
        looked_at,
        next,
    })
}

/// Relabels clicks; those whose flags are others by now stay as they are.
pub fn relabel(connection: &Connection, relabels: &[Relabel]) -> Result<Changes, rusqlite::Error> {
    const SQL: &str = "update clicks set flags = ?3 where id = ?1 and flags = ?2";
    let mut statement = connection.prepare_cached(SQL)?;
    let mut changes = Changes::default();
    for one in relabels {
        if statement.execute((one.id, one.before.0, one.after.0))? > 0 {
            changes.count(one);
        }
    }
    Ok(changes)
}

impl Changes {
    /// One more.
    pub fn count(&mut self, one: &Relabel) {
        let number = match (one.before.is_bot(), one.after.is_bot()) {
            (false, true) => &mut self.became_bots,
            (true, false) => &mut self.ceased_to_be,
            _ => &mut self.other_reason,
        };
        *number += 1;
    }

    /// With the names under which they are told.
    pub fn named(self) -> [(&'static str, u64); 3] {
        [
            ("became_bots", self.became_bots),
            ("ceased_to_be", self.ceased_to_be),
            ("other_reason", self.other_reason),
        ]
    }
}

impl Progress {
    /// Adds changed labels to the result.
    pub fn add_changes(&mut self, changes: Changes) {
        for (name, count) in changes.named() {
            self.add(name, count);
        }
    }
}
