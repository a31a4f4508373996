//! What conversions add up to.
//!
//! | | counts in | its amount is |
//! |---|---|---|
//! | a conversion | leads, sales, rejected or trash | revenue on hold, confirmed, or rejected |
//! | a further one of its click, event `rebill` | rebills, while a lead or sale | the same |
//! | an own event | its own count, while a lead or sale; conversions where set so | the same, where set so |
//! | a correction | nothing | the same |
//!
//! Numbers that networks send along are summed over leads and sales of every kind, as far as they are
//! asked for; a correction adds to their sum and is not counted.

use std::sync::Arc;

use crate::domain::conversion::{CONVERSION, REBILL, Status};
use crate::domain::event::Event;
use crate::domain::money::Micros;

/// What a conversion's event is, and what follows from that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happened {
    Conversion,
    Rebill,
    /// An event of the operator's own, by its key.
    Own {
        key: Arc<str>,
        counts_as_conversion: bool,
        counts_in_revenue: bool,
    },
}

impl Happened {
    /// From the word that a conversion is stored with, and the event of that key. Without one
    /// nobody has said that it counts in anything but itself.
    pub fn of(word: &str, event: Option<&Event>) -> Self {
        match word {
            CONVERSION => Happened::Conversion,
            REBILL => Happened::Rebill,
            key => Happened::Own {
                key: key.into(),
                counts_as_conversion: event.is_some_and(|event| event.counts_as_conversion),
                counts_in_revenue: event.is_some_and(|event| event.counts_in_revenue),
            },
        }
    }
}

/// One conversion, as far as it is counted.
#[derive(Debug, Clone, Copy)]
pub struct Earned<'a> {
    pub happened: &'a Happened,
    /// `None` counts nowhere.
    pub status: Option<Status>,
    /// A further one of its click.
    pub is_repeat: bool,
    pub is_correction: bool,
    /// Counts nowhere.
    pub is_test: bool,
    /// The first sale of its click.
    pub makes_customer: bool,
    /// In the reporting currency.
    pub revenue: Micros,
    /// From the click to its first postback, in milliseconds. What came before its click took no time.
    pub delay_ms: i64,
    /// The kept numbers that are asked for, by their names.
    pub kept: &'a [(Arc<str>, Micros)],
}

impl Earned<'_> {
    /// Whether it can add anything, money it cost included.
    pub fn counts(&self) -> bool {
        self.status.is_some() && !self.is_test
    }
}

/// Sums over conversions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::report) struct EarnedSums {
    pub(in crate::report) leads: u32,
    pub(in crate::report) sales: u32,
    pub(in crate::report) rejected: u32,
    pub(in crate::report) trash: u32,
    pub(in crate::report) rebills: u32,
    pub(in crate::report) customers: u32,
    pub(in crate::report) event_conversions: u32,
    pub(in crate::report) revenue_hold: Micros,
    pub(in crate::report) revenue_confirmed: Micros,
    pub(in crate::report) revenue_rejected: Micros,
    /// Of leads and sales together.
    pub(in crate::report) delay_ms: i64,
    /// Of own events that there are, by key.
    events: Vec<EventSums>,
    /// Of kept numbers that there are, by name.
    kept: Vec<KeptSums>,
}

/// Sums over the conversions of one own event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::report) struct EventSums {
    key: Arc<str>,
    pub(in crate::report) count: u32,
    /// Its amounts, whether or not they count in the revenue of all.
    pub(in crate::report) hold: Micros,
    pub(in crate::report) confirmed: Micros,
}

/// Sums over one kept number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::report) struct KeptSums {
    name: Arc<str>,
    /// Conversions that have it.
    pub(in crate::report) count: u32,
    pub(in crate::report) sum: Micros,
}

/// Of clicks that earned nothing.
pub(super) static NOTHING: EarnedSums = EarnedSums {
    leads: 0,
    sales: 0,
    rejected: 0,
    trash: 0,
    rebills: 0,
    customers: 0,
    event_conversions: 0,
    revenue_hold: Micros::ZERO,
    revenue_confirmed: Micros::ZERO,
    revenue_rejected: Micros::ZERO,
    delay_ms: 0,
    events: Vec::new(),
    kept: Vec::new(),
};

impl EarnedSums {
    pub(in crate::report) fn event(&self, key: &str) -> Option<&EventSums> {
        let place = self.events.binary_search_by(|one| (*one.key).cmp(key));
        place.ok().map(|place| &self.events[place])
    }

    pub(in crate::report) fn kept(&self, name: &str) -> Option<&KeptSums> {
        let place = self.kept.binary_search_by(|one| (*one.name).cmp(name));
        place.ok().map(|place| &self.kept[place])
    }

    pub(super) fn add(&mut self, conversion: &Earned<'_>) {
        let Some(status) = conversion.status else {
            return;
        };
        let (revenue, once) = (conversion.revenue, u32::from(!conversion.is_correction));
        for (name, number) in conversion.kept.iter().filter(|_| status.earns()) {
            let kept = self.kept_mut(name);
            count(&mut kept.count, once);
            pay(&mut kept.sum, *number);
        }
        match conversion.happened {
            Happened::Conversion if !conversion.is_repeat => {
                count(
                    match status {
                        Status::Lead => &mut self.leads,
                        Status::Sale => &mut self.sales,
                        Status::Rejected => &mut self.rejected,
                        Status::Trash => &mut self.trash,
                    },
                    once,
                );
                count(&mut self.customers, conversion.makes_customer.into());
                if once > 0 && status.earns() {
                    let delay_ms = conversion.delay_ms.max(0);
                    self.delay_ms = self.delay_ms.saturating_add(delay_ms);
                }
            }
            Happened::Conversion | Happened::Rebill => {
                count(&mut self.rebills, once * u32::from(status.earns()));
            }
            Happened::Own {
                key,
                counts_as_conversion,
                counts_in_revenue,
            } => {
                if status.earns() {
                    let event = self.event_mut(key);
                    count(&mut event.count, once);
                    match status {
                        Status::Lead => pay(&mut event.hold, revenue),
                        _ => pay(&mut event.confirmed, revenue),
                    }
                    let counts = once * u32::from(*counts_as_conversion);
                    count(&mut self.event_conversions, counts);
                }
                if !counts_in_revenue {
                    return;
                }
            }
        }
        match status {
            Status::Lead => pay(&mut self.revenue_hold, revenue),
            Status::Sale => pay(&mut self.revenue_confirmed, revenue),
            Status::Rejected | Status::Trash => pay(&mut self.revenue_rejected, revenue),
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (to, more) in [
            (&mut self.leads, other.leads),
            (&mut self.sales, other.sales),
            (&mut self.rejected, other.rejected),
            (&mut self.trash, other.trash),
            (&mut self.rebills, other.rebills),
            (&mut self.customers, other.customers),
            (&mut self.event_conversions, other.event_conversions),
        ] {
            count(to, more);
        }
        pay(&mut self.revenue_hold, other.revenue_hold);
        pay(&mut self.revenue_confirmed, other.revenue_confirmed);
        pay(&mut self.revenue_rejected, other.revenue_rejected);
        self.delay_ms = self.delay_ms.saturating_add(other.delay_ms);
        for more in &other.events {
            let event = self.event_mut(&more.key);
            count(&mut event.count, more.count);
            pay(&mut event.hold, more.hold);
            pay(&mut event.confirmed, more.confirmed);
        }
        for more in &other.kept {
            let kept = self.kept_mut(&more.name);
            count(&mut kept.count, more.count);
            pay(&mut kept.sum, more.sum);
        }
    }

    fn event_mut(&mut self, key: &Arc<str>) -> &mut EventSums {
        let place = self.events.binary_search_by(|one| one.key.cmp(key));
        let place = place.unwrap_or_else(|place| {
            let none = EventSums {
                key: Arc::clone(key),
                count: 0,
                hold: Micros::ZERO,
                confirmed: Micros::ZERO,
            };
            self.events.insert(place, none);
            place
        });
        &mut self.events[place]
    }

    fn kept_mut(&mut self, name: &Arc<str>) -> &mut KeptSums {
        let place = self.kept.binary_search_by(|one| one.name.cmp(name));
        let place = place.unwrap_or_else(|place| {
            let none = KeptSums {
                name: Arc::clone(name),
                count: 0,
                sum: Micros::ZERO,
            };
            self.kept.insert(place, none);
            place
        });
        &mut self.kept[place]
    }
}

fn count(to: &mut u32, more: u32) {
    *to = to.saturating_add(more);
}

fn pay(to: &mut Micros, more: Micros) {
    *to = Micros(to.0.saturating_add(more.0));
}
