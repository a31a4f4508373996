//! What is remembered of visitors: who is unique, and what was chosen for whom.
//!
//! Two bounded tables in memory, shared by all threads. One has an entry for each (campaign,
//! visitor): the minute of the click that was unique, the flows seen since, and what was chosen.
//! The other has an entry for each visitor, for what is unique everywhere. When they are full the
//! oldest entries go, and are counted.
//!
//! **The window does not slide.** It runs from the click that was unique. The flows of a campaign
//! and the tables' times are kept by the minute, so a window may be up to a minute short.
//!
//! | file | what it knows |
//! |---|---|
//! | `aged/` | a bounded table that forgets the oldest first |
//! | `keys.rs` | who is the same visitor: addresses, user agents, cookies |
//! | `past.rs` | one entry: what a window and a binding mean |
//! | `file.rs` | the tables as a file, for a restart |
//! | `warm.rs` | the tables from recorded clicks, where the file does not reach |
//!
//! **Everywhere** means among campaigns that tell visitors apart in the same way, or by the cookie:
//! an address alone and an address with a user agent are different visitors.
//!
//! [`Visitors::known`] is a visit's way in. Asking changes nothing, so a simulator may ask about a
//! visitor whom it made up; only [`Known::remember`] leaves a trace.

mod aged;
mod file;
mod keys;
mod past;
mod warm;

use std::cell::Cell;
use std::net::IpAddr;

use serde::Serialize;

use self::aged::{Aged, Then};
use self::past::Past;
use super::visit::{Choices, Memory, Seen, Unique};
use crate::domain::campaign::{Bind, Campaign, UniqueBy};

pub use file::Unfit;
pub use keys::Keys;
pub use warm::{Recorded, Warming};

const MINUTE_MS: i64 = 60_000;

/// All that is remembered, of a fixed size.
#[derive(Debug)]
pub struct Visitors {
    keys: Keys,
    campaigns: Aged<Past>,
    /// The minute of the click that was unique.
    everywhere: Aged<u32>,
}

/// How full it is, for `/healthz`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Fullness {
    /// Visitors who are remembered.
    pub visitors: usize,
    /// Pairs of visitor and campaign that are remembered, and how many can be.
    pub entries: usize,
    pub capacity: usize,
    /// Entries forgotten since the start to make room.
    pub evicted: u64,
}

impl Visitors {
    /// Takes at most about `bytes`.
    pub fn new(bytes: usize, secret: &[u8; 16]) -> Self {
        let capacity = bytes / (Aged::<Past>::ENTRY + Aged::<u32>::ENTRY);
        Self {
            keys: Keys::new(secret),
            campaigns: Aged::new(capacity),
            everywhere: Aged::new(capacity),
        }
    }

    /// One visit's memory. `random` is any number: the key of who can only be known by a cookie,
    /// and has none yet.
    pub fn known<'v>(
        &'v self,
        ip: IpAddr,
        user_agent: &'v str,
        cookie: Option<u64>,
        at: i64,
        random: u64,
    ) -> Known<'v> {
        Known {
            visitors: self,
            ip,
            user_agent,
            cookie,
            minute: minute(at),
            random,
            without_cookie: [const { Cell::new(None) }; 2],
            identity: Cell::new(None),
        }
    }

    /// The value of a visitor's cookie.
    pub fn cookie(&self, visitor: u64) -> String {
        self.keys.cookie(visitor)
    }

    /// The visitor of a cookie, if it is one of ours.
    pub fn read_cookie(&self, value: &[u8]) -> Option<u64> {
        self.keys.read_cookie(value)
    }

    /// Grows with every change.
    pub fn changes(&self) -> u64 {
        self.campaigns.changes() + self.everywhere.changes()
    }

    pub fn fullness(&self) -> Fullness {
        Fullness {
            visitors: self.everywhere.len(),
            entries: self.campaigns.len(),
            capacity: self.campaigns.capacity(),
            evicted: self.campaigns.evicted() + self.everywhere.evicted(),
        }
    }
}

/// What is remembered of the visitor of one visit.
pub struct Known<'v> {
    visitors: &'v Visitors,
    ip: IpAddr,
    user_agent: &'v str,
    cookie: Option<u64>,
    minute: u32,
    random: u64,
    /// By address, and by address and user agent, once asked for.
    without_cookie: [Cell<Option<u64>>; 2],
    /// The key in all campaigns of the visit that want cookies: that of the cookie, else the one
    /// in the first of them.
    identity: Cell<Option<u64>>,
}

/// What a visitor is called in one campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Called {
    pub key: u64,
    /// The key does not follow from address and user agent.
    pub by_cookie: bool,
    /// Nothing can be known of a visitor who is told by a cookie and has none.
    is_new: bool,
}

/// What is recorded with a click of the visitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mark {
    pub unique: Unique,
    /// The visitor's key, where it does not follow from address and user agent.
    pub visitor: Option<u64>,
}

impl Known<'_> {
    /// Remembers a click, and says what is to be recorded with it.
    pub fn mark(
        &self,
        campaign: &Campaign,
        flow_id: Option<u64>,
        choices: Option<Choices>,
    ) -> Mark {
        let called = self.called(campaign);
        Mark {
            unique: self.remember(campaign, flow_id, choices),
            visitor: called.by_cookie.then_some(called.key),
        }
    }

    /// The visitor's key with a campaign: that of the cookie, if the campaign wants cookies.
    pub fn called(&self, campaign: &Campaign) -> Called {
        let uniqueness = &campaign.uniqueness;
        let without = self.without_cookie(uniqueness.by);
        let known = self.cookie.or(self.identity.get());
        let key = match (known, without) {
            (Some(key), _) if uniqueness.cookies => key,
            (_, Some(key)) => key,
            (_, None) => self.random,
        };
        if uniqueness.cookies {
            self.identity.set(Some(key));
        }
        Called {
            key,
            by_cookie: without != Some(key),
            is_new: self.cookie.is_none() && key == self.random,
        }
    }

    /// What the visitor's cookie is to hold; `None` where no campaign of the visit wants cookies.
    pub fn identity(&self) -> Option<u64> {
        self.identity.get()
    }

    /// Remembers the offer that a step took, beside the flow that the visitor is bound to. Where he
    /// is bound to none, or to another one, nothing changes.
    pub fn take_offer(&self, campaign: &Campaign, flow_id: u64, offer_id: u64) {
        let key = entry(self.called(campaign).key, campaign.id);
        let (now, window) = (self.minute, bind_window(campaign));
        self.visitors.campaigns.update(key, |past| {
            let bound = past.and_then(|past| Some((past, past.bound(now, window)?)));
            match bound {
                Some((mut past, choices)) if choices.flow_id == flow_id => {
                    past.choose(Choices {
                        offer_id: Some(offer_id),
                        ..choices
                    });
                    (Then::Keep(past), ())
                }
                _ => (Then::Leave, ()),
            }
        });
    }

    fn without_cookie(&self, by: UniqueBy) -> Option<u64> {
        let known = match by {
            UniqueBy::Ip => &self.without_cookie[0],
            UniqueBy::IpUa => &self.without_cookie[1],
            UniqueBy::Cookie => return None,
        };
        if known.get().is_none() {
            known.set(
                self.visitors
                    .keys
                    .without_cookie(by, self.ip, self.user_agent),
            );
        }
        known.get()
    }

    /// Remembers a click: which flow took it (`None` where the fallback did), and what was chosen,
    /// unless an earlier choice is to stand. Says for what the click is the first; of two at
    /// once, one is.
    pub fn remember(
        &self,
        campaign: &Campaign,
        flow_id: Option<u64>,
        choices: Option<Choices>,
    ) -> Unique {
        let visitor = self.called(campaign).key;
        let (now, window) = (self.minute, window(campaign));
        let key = entry(visitor, campaign.id);
        let unique = self.visitors.campaigns.update(key, |past| {
            let mut next = past.unwrap_or_default();
            let changed = next.click(now, window, flow_id);
            let rebound =
                choices.is_some_and(|chosen| next.bind(now, bind_window(campaign), chosen));
            let then = if changed.in_campaign || rebound {
                Then::Renew(next)
            } else {
                Then::Keep(next)
            };
            (then, changed)
        });
        let anywhere = self
            .visitors
            .everywhere
            .update(entry(visitor, 0), |since| match since {
                Some(since) if past::is_within(since, now, window) => (Then::Leave, false),
                _ => (Then::Renew(now), true),
            });
        Unique { anywhere, ..unique }
    }
}

impl Memory for Known<'_> {
    fn seen(&self, campaign: &Campaign) -> Seen {
        let called = self.called(campaign);
        if called.is_new {
            return Seen::default();
        }
        let (now, window) = (self.minute, window(campaign));
        let past = self.visitors.campaigns.find(entry(called.key, campaign.id));
        let past = past.unwrap_or_default();
        let since = self.visitors.everywhere.find(entry(called.key, 0));
        let bound = || past.bound(now, bind_window(campaign));
        Seen {
            anywhere: since.is_some_and(|since| past::is_within(since, now, window)),
            choices: (campaign.bind != Bind::None).then(bound).flatten(),
            ..past.seen(now, window)
        }
    }
}

/// In minutes, like all times here.
fn window(campaign: &Campaign) -> u32 {
    campaign.uniqueness.window_hours.saturating_mul(60)
}

fn bind_window(campaign: &Campaign) -> u32 {
    campaign.bind_hours.saturating_mul(60)
}

fn minute(at: i64) -> u32 {
    u32::try_from(at / MINUTE_MS).unwrap_or(0)
}

/// The key of an entry: visitor and campaign mixed, 0 being "everywhere".
fn entry(visitor: u64, campaign_id: u64) -> u64 {
    // The finaliser of SplitMix64: a bijection, so visitors of one campaign never fall together.
    let mixed = visitor ^ campaign_id.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests;
