//! The base sums that metrics are made of.

use super::needs::Needs;
use super::sums::{Counter, Sums};
use super::view::View;
use crate::domain::money::Micros;

/// A sum over clicks or conversions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// With or without bots, as the view says.
    Clicks,
    UniqueClicks,
    UniqueFlowClicks,
    UniqueGlobalClicks,
    LandingViews,
    OfferClicks,
    OfferClickRepeats,
    /// With bots in every view.
    AllClicks,
    Bots,
    Leads,
    Sales,
    Rejected,
    Trash,
    Rebills,
    Customers,
    /// Own events that count as conversions.
    EventConversions,
    /// As the view says.
    Revenue,
    RevenueHold,
    RevenueConfirmed,
    RevenueRejected,
    Cost,
    /// From clicks to their leads and sales.
    SecondsToConversion,
    /// Of the one event that a metric is asked for.
    EventCount,
    EventRevenue,
    /// Conversions that have the one kept number that a metric is asked for.
    KeptCount,
    KeptSum,
}

impl Measure {
    pub const ALL: &'static [(&'static str, Measure)] = &[
        ("clicks", Measure::Clicks),
        ("unique clicks", Measure::UniqueClicks),
        ("flow-unique clicks", Measure::UniqueFlowClicks),
        ("global-unique clicks", Measure::UniqueGlobalClicks),
        ("landing views", Measure::LandingViews),
        ("offer clicks", Measure::OfferClicks),
        ("offer click repeats", Measure::OfferClickRepeats),
        ("all clicks", Measure::AllClicks),
        ("bots", Measure::Bots),
        ("leads", Measure::Leads),
        ("sales", Measure::Sales),
        ("rejected", Measure::Rejected),
        ("trash", Measure::Trash),
        ("rebills", Measure::Rebills),
        ("customers", Measure::Customers),
        ("own events counted", Measure::EventConversions),
        ("revenue", Measure::Revenue),
        ("revenue on hold", Measure::RevenueHold),
        ("revenue confirmed", Measure::RevenueConfirmed),
        ("revenue rejected", Measure::RevenueRejected),
        ("cost", Measure::Cost),
        ("seconds to conversion", Measure::SecondsToConversion),
        ("event", Measure::EventCount),
        ("event revenue", Measure::EventRevenue),
        ("conversions with the number", Measure::KeptCount),
        ("sum of the number", Measure::KeptSum),
    ];

    /// What formulas call it.
    pub fn words(self) -> &'static str {
        let mut all = Self::ALL.iter();
        all.find(|(_, measure)| *measure == self)
            .map_or("", |(words, _)| words)
    }

    /// In micro-units. `about` names the event or kept number that is asked for, if one is.
    pub(super) fn of(self, sums: &Sums, view: View, about: Option<&str>) -> i128 {
        let clicks = |counter| whole(sums.clicks(counter, view.without_bots));
        let earned = sums.earned();
        let of_event = || about.and_then(|key| earned.event(key));
        let of_kept = || about.and_then(|name| earned.kept(name));
        match self {
            Measure::Clicks => clicks(Counter::Clicks),
            Measure::UniqueClicks => clicks(Counter::Unique),
            Measure::UniqueFlowClicks => clicks(Counter::UniqueFlow),
            Measure::UniqueGlobalClicks => clicks(Counter::UniqueGlobal),
            Measure::LandingViews => clicks(Counter::LandingViews),
            Measure::OfferClicks => clicks(Counter::OfferClicks),
            Measure::OfferClickRepeats => clicks(Counter::OfferClickRepeats),
            Measure::AllClicks => whole(sums.clicks(Counter::Clicks, false)),
            Measure::Bots => whole(sums.bots(Counter::Clicks)),
            Measure::Leads => whole(earned.leads),
            Measure::Sales => whole(earned.sales),
            Measure::Rejected => whole(earned.rejected),
            Measure::Trash => whole(earned.trash),
            Measure::Rebills => whole(earned.rebills),
            Measure::Customers => whole(earned.customers),
            Measure::EventConversions => whole(earned.event_conversions),
            Measure::Revenue => view
                .revenue
                .of(earned.revenue_hold.0, earned.revenue_confirmed.0),
            Measure::RevenueHold => earned.revenue_hold.0.into(),
            Measure::RevenueConfirmed => earned.revenue_confirmed.0.into(),
            Measure::RevenueRejected => earned.revenue_rejected.0.into(),
            Measure::Cost => sums.cost().0.into(),
            Measure::SecondsToConversion => {
                i128::from(earned.delay_ms) * i128::from(Micros::UNIT / 1_000)
            }
            Measure::EventCount => of_event().map_or(0, |event| whole(event.count)),
            Measure::EventRevenue => {
                of_event().map_or(0, |event| view.revenue.of(event.hold.0, event.confirmed.0))
            }
            Measure::KeptCount => of_kept().map_or(0, |kept| whole(kept.count)),
            Measure::KeptSum => of_kept().map_or(0, |kept| kept.sum.0.into()),
        }
    }
}

impl Measure {
    /// What it follows from. `about` is as in [`Self::of`].
    pub(super) fn needs(self, view: View, about: Option<&str>) -> Needs {
        let mut needs = Needs::default();
        match self {
            Measure::Clicks | Measure::AllClicks => needs.clicks = true,
            Measure::UniqueClicks | Measure::UniqueFlowClicks | Measure::UniqueGlobalClicks => {
                needs.uniques = true;
            }
            Measure::LandingViews => needs.landings = true,
            Measure::OfferClicks | Measure::OfferClickRepeats => needs.steps = true,
            Measure::Bots => needs.bots = true,
            Measure::Cost => needs.cost = true,
            Measure::SecondsToConversion => needs.delays = true,
            Measure::EventCount => needs.events = true,
            Measure::EventRevenue => (needs.events, needs.revenue) = (true, true),
            Measure::KeptCount | Measure::KeptSum => needs.kept.extend(about.map(str::to_owned)),
            Measure::Leads
            | Measure::Sales
            | Measure::Rejected
            | Measure::Trash
            | Measure::Rebills
            | Measure::Customers
            | Measure::EventConversions => {}
            Measure::Revenue
            | Measure::RevenueHold
            | Measure::RevenueConfirmed
            | Measure::RevenueRejected => needs.revenue = true,
        }
        needs.conversions = !needs.are_of_clicks();
        // The cost of bots stays in every view.
        needs.bots |= view.without_bots && needs.are_of_clicks() && !needs.cost;
        needs
    }
}

fn whole(count: u32) -> i128 {
    i128::from(count) * i128::from(Micros::UNIT)
}
