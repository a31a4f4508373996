//! Sums over clicks and conversions, and what counts as what.
//!
//! There may be hundreds of thousands of groups, most of them with clicks alone: what is rare (bots,
//! conversions, own events) takes room only where it is. Counters stop at 4 billion.

mod earned;
#[cfg(test)]
mod tests;

use crate::domain::money::Micros;

pub use earned::{Earned, Happened};

use earned::{EarnedSums, NOTHING};

/// What is counted of each click.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counter {
    Clicks,
    Unique,
    UniqueFlow,
    UniqueGlobal,
    LandingViews,
    OfferClicks,
    OfferClickRepeats,
}

const COUNTERS: usize = 7;
type Counters = [u32; COUNTERS];

/// One click, as far as it is counted. A test is none.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clicked {
    pub is_bot: bool,
    pub is_unique_campaign: bool,
    pub is_unique_flow: bool,
    pub is_unique_global: bool,
    pub has_landing: bool,
    /// Steps to offers that were no previews.
    pub steps: u32,
    /// In the reporting currency.
    pub cost: Micros,
}

/// What was counted of some clicks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counted {
    pub clicks: u32,
    pub unique: u32,
    pub unique_flow: u32,
    pub unique_global: u32,
    pub landing_views: u32,
    pub offer_clicks: u32,
    pub offer_click_repeats: u32,
}

impl From<Counted> for Counters {
    fn from(counted: Counted) -> Self {
        [
            counted.clicks,
            counted.unique,
            counted.unique_flow,
            counted.unique_global,
            counted.landing_views,
            counted.offer_clicks,
            counted.offer_click_repeats,
        ]
    }
}

/// Everything that was counted of some clicks and conversions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sums {
    /// Of all clicks, and of those by bots among them.
    all: Counters,
    bots: Option<Box<Counters>>,
    cost: Micros,
    earned: Option<Box<EarnedSums>>,
}

impl Sums {
    /// Of clicks that were counted already, those of bots among them, and what they cost.
    pub fn of_clicks(all: Counted, bots: Counted, cost: Micros) -> Self {
        Self {
            all: all.into(),
            bots: (bots != Counted::default()).then(|| Box::new(bots.into())),
            cost,
            earned: None,
        }
    }

    /// Counts a click and what it cost.
    pub fn click(&mut self, click: &Clicked) {
        let counters = [
            1,
            u32::from(click.is_unique_campaign),
            u32::from(click.is_unique_flow),
            u32::from(click.is_unique_global),
            u32::from(click.has_landing),
            u32::from(click.steps > 0),
            click.steps.saturating_sub(1),
        ];
        add(&mut self.all, &counters);
        if click.is_bot {
            add(self.bots.get_or_insert_default(), &counters);
        }
        self.charge(click.cost);
    }

    /// Adds what a conversion cost, where the traffic is paid by results.
    pub fn charge(&mut self, cost: Micros) {
        self.cost = Micros(self.cost.0.saturating_add(cost.0));
    }

    /// Counts a conversion, if it counts at all.
    pub fn earn(&mut self, conversion: &Earned<'_>) {
        if conversion.counts() {
            self.earned.get_or_insert_default().add(conversion);
        }
    }

    /// Adds all that was counted elsewhere.
    pub fn merge(&mut self, other: &Sums) {
        add(&mut self.all, &other.all);
        if let Some(bots) = &other.bots {
            add(self.bots.get_or_insert_default(), bots);
        }
        self.charge(other.cost);
        if let Some(earned) = &other.earned {
            self.earned.get_or_insert_default().merge(earned);
        }
    }

    pub fn cost(&self) -> Micros {
        self.cost
    }

    pub(super) fn clicks(&self, counter: Counter, without_bots: bool) -> u32 {
        let all = self.all[counter as usize];
        match without_bots {
            true => all.saturating_sub(self.bots(counter)),
            false => all,
        }
    }

    pub(super) fn bots(&self, counter: Counter) -> u32 {
        self.bots.as_ref().map_or(0, |bots| bots[counter as usize])
    }

    pub(super) fn earned(&self) -> &EarnedSums {
        self.earned.as_deref().unwrap_or(&NOTHING)
    }
}

fn add(to: &mut Counters, more: &Counters) {
    for (to, more) in to.iter_mut().zip(more) {
        *to = to.saturating_add(*more);
    }
}
