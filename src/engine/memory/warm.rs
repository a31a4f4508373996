//! The tables from recorded clicks, newest first: after a start without a file, or for the clicks
//! that are newer than the file.
//!
//! Clicks say whether they were unique, so the newest unique click of a visitor settles an entry.
//! Until it is found the entry's window runs, provisionally, from the oldest click found so far.
//! Visitors are served meanwhile; what they do counts, whatever older clicks say.

use std::net::IpAddr;

use ahash::{AHashMap, AHashSet};

use super::aged::Then;
use super::past::{Past, is_within};
use super::{Visitors, bind_window, entry, minute, window};
use crate::domain::campaign::Campaign;
use crate::engine::visit::Choices;

/// What a recorded click tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    pub at: i64,
    pub campaign_id: u64,
    pub flow_id: Option<u64>,
    pub landing_id: Option<u64>,
    pub offer_id: Option<u64>,
    pub ip: IpAddr,
    pub user_agent: String,
    /// The visitor's key, where it was a cookie's.
    pub visitor: Option<u64>,
    pub is_unique_campaign: bool,
    pub is_unique_global: bool,
}

/// One pass over recorded clicks.
#[derive(Debug)]
pub struct Warming<'v> {
    visitors: &'v Visitors,
    now: u32,
    /// The tables were empty, so every click is older than all that is in them.
    from_nothing: bool,
    /// Entries whose unique click is not found yet, and the minute they have until then.
    provisional: [AHashMap<u64, u32>; 2],
    /// Entries of the file whose latest choice is found.
    decided: AHashSet<u64>,
    refused: usize,
    added: usize,
}

const CAMPAIGN: usize = 0;
const EVERYWHERE: usize = 1;

impl<'v> Warming<'v> {
    /// `from_nothing`: no file was loaded.
    pub fn new(visitors: &'v Visitors, now: i64, from_nothing: bool) -> Self {
        Self {
            visitors,
            now: minute(now),
            from_nothing,
            provisional: Default::default(),
            decided: AHashSet::default(),
            refused: 0,
            added: 0,
        }
    }

    /// How many hours of clicks matter where the longest window or binding has `hours`. Twice as
    /// many: a click that is not unique has its unique one up to a window before it.
    pub fn reach_hours(hours: u32) -> u32 {
        hours.saturating_mul(2)
    }

    /// Whether there is room for older visitors.
    pub fn has_room(&self) -> bool {
        self.refused <= self.added
    }

    /// Takes one click; they must come newest first.
    pub fn add(&mut self, campaign: &Campaign, click: &Recorded) {
        let keys = &self.visitors.keys;
        let by = campaign.uniqueness.by;
        let visitor = click
            .visitor
            .or_else(|| keys.without_cookie(by, click.ip, &click.user_agent));
        let Some(visitor) = visitor else {
            return;
        };
        self.campaign(entry(visitor, campaign.id), campaign, click);
        self.everywhere(entry(visitor, 0), click);
    }

    fn campaign(&mut self, key: u64, campaign: &Campaign, click: &Recorded) {
        let at = minute(click.at);
        let chosen = click.flow_id.map(|flow_id| Choices {
            flow_id,
            landing_id: click.landing_id,
            offer_id: click.offer_id,
        });
        let waiting = self.provisional[CAMPAIGN].get(&key).copied();
        let horizon = window(campaign).max(bind_window(campaign));
        let is_late = !is_within(at, self.now, horizon);
        let is_latest = chosen.is_some() && (self.from_nothing || self.decided.insert(key));
        let found = self.visitors.campaigns.update(key, |past| {
            let Some(mut past) = past else {
                return (Then::Leave, Found::Nothing);
            };
            if waiting == Some(past.minute) {
                past.minute = past.minute.min(at);
                match chosen {
                    Some(chosen) if past.flow_id == 0 => {
                        past.bound = at;
                        past.choose(chosen);
                    }
                    Some(chosen) if chosen.flow_id == u64::from(past.flow_id) => {
                        past.bound = past.bound.min(at);
                        past.fill_offer(chosen);
                    }
                    _ => {}
                }
                past.add_flow(click.flow_id);
                return (Then::Keep(past), Found::Provisional(past.minute));
            }
            if at >= past.minute {
                past.add_flow(click.flow_id);
                if click.is_unique_campaign {
                    past.minute = at;
                }
            }
            if let Some(chosen) = chosen {
                past.fill_offer(chosen);
            }
            if let Some(chosen) = chosen
                && is_latest
                && at > past.bound
                && chosen.flow_id != u64::from(past.flow_id)
            {
                past.bound = at;
                past.choose(chosen);
            }
            (Then::Keep(past), Found::Settled)
        });
        let minute = match found {
            Found::Settled => {
                self.provisional[CAMPAIGN].remove(&key);
                return;
            }
            Found::Provisional(minute) => minute,
            Found::Nothing if is_late => return,
            Found::Nothing => {
                let mut past = Past {
                    minute: at,
                    ..Past::default()
                };
                past.add_flow(click.flow_id);
                if let Some(chosen) = chosen {
                    past.bound = at;
                    past.choose(chosen);
                }
                if !self.visitors.insert(key, past, self.from_nothing) {
                    self.refused += 1;
                    return;
                }
                self.added += 1;
                at
            }
        };
        self.wait(CAMPAIGN, key, minute, click.is_unique_campaign);
    }

    fn everywhere(&mut self, key: u64, click: &Recorded) {
        let at = minute(click.at);
        let waiting = self.provisional[EVERYWHERE].get(&key).copied();
        let found = self.visitors.everywhere.update(key, |since| match since {
            None => (Then::Leave, Found::Nothing),
            Some(since) if waiting == Some(since) => {
                let since = since.min(at);
                (Then::Keep(since), Found::Provisional(since))
            }
            Some(since) if click.is_unique_global => (Then::Keep(since.max(at)), Found::Settled),
            Some(_) => (Then::Leave, Found::Settled),
        });
        let minute = match found {
            Found::Settled => {
                self.provisional[EVERYWHERE].remove(&key);
                return;
            }
            Found::Provisional(minute) => minute,
            Found::Nothing => {
                let everywhere = &self.visitors.everywhere;
                let is_in = if self.from_nothing {
                    everywhere.insert_oldest(key, at)
                } else {
                    everywhere.update(key, |_| (Then::Renew(at), true))
                };
                if !is_in {
                    return;
                }
                at
            }
        };
        self.wait(EVERYWHERE, key, minute, click.is_unique_global);
    }

    /// Notes whether an entry still waits for its unique click.
    fn wait(&mut self, table: usize, key: u64, minute: u32, is_unique: bool) {
        if is_unique {
            self.provisional[table].remove(&key);
        } else {
            self.provisional[table].insert(key, minute);
        }
    }
}

/// What a click found in a table.
enum Found {
    Nothing,
    /// An entry that waits for its unique click, with its minute now.
    Provisional(u32),
    Settled,
}

impl Visitors {
    fn insert(&self, key: u64, past: Past, is_oldest: bool) -> bool {
        if is_oldest {
            self.campaigns.insert_oldest(key, past)
        } else {
            self.campaigns.update(key, |_| (Then::Renew(past), true))
        }
    }
}
