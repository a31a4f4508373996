//! Metrics of money: what was earned, what was spent, and what one of each is worth.

use super::Better::{Down, Up};
use super::Format::{Money, Percent, Ratio as Factor};
use super::Formula::{Ratio, Sum};
use super::Term::{Minus, Plus};
use super::results::CONVERSIONS;
use super::{Metric, Terms};
use crate::report::measure::Measure::{
    Clicks, Cost, Customers, Leads, OfferClicks, Revenue, RevenueConfirmed, RevenueHold,
    RevenueRejected, Sales, UniqueClicks,
};

const PROFIT: Terms = &[Plus(Revenue), Minus(Cost)];
const PROFIT_CONFIRMED: Terms = &[Plus(RevenueConfirmed), Minus(Cost)];

pub(super) static TABLE: &[Metric] = &[
    Metric {
        key: "revenue",
        label: "Revenue",
        help: "What conversions have earned: on hold and confirmed, or the part that is chosen.",
        formula: Sum(&[Plus(Revenue)]),
        format: Money,
        better: Up,
    },
    Metric {
        key: "revenue_hold",
        label: "Revenue on hold",
        help: "What conversions on hold would earn.",
        formula: Sum(&[Plus(RevenueHold)]),
        format: Money,
        better: Up,
    },
    Metric {
        key: "revenue_confirmed",
        label: "Revenue confirmed",
        help: "What confirmed conversions have earned.",
        formula: Sum(&[Plus(RevenueConfirmed)]),
        format: Money,
        better: Up,
    },
    Metric {
        key: "revenue_rejected",
        label: "Revenue rejected",
        help: "What rejected conversions and trash would have earned.",
        formula: Sum(&[Plus(RevenueRejected)]),
        format: Money,
        better: Down,
    },
    Metric {
        key: "cost",
        label: "Cost",
        help: "What the clicks cost, and the conversions where the traffic is paid by results.",
        formula: Sum(&[Plus(Cost)]),
        format: Money,
        better: Down,
    },
    Metric {
        key: "profit",
        label: "Profit",
        help: "What is left of the revenue.",
        formula: Sum(PROFIT),
        format: Money,
        better: Up,
    },
    Metric {
        key: "profit_confirmed",
        label: "Profit confirmed",
        help: "What is left of the confirmed revenue.",
        formula: Sum(PROFIT_CONFIRMED),
        format: Money,
        better: Up,
    },
    Metric {
        key: "roi",
        label: "ROI",
        help: "Profit for a hundred spent.",
        formula: Ratio {
            over: PROFIT,
            under: &[Plus(Cost)],
            times: 100,
        },
        format: Percent,
        better: Up,
    },
    Metric {
        key: "roi_confirmed",
        label: "ROI confirmed",
        help: "Confirmed profit for a hundred spent.",
        formula: Ratio {
            over: PROFIT_CONFIRMED,
            under: &[Plus(Cost)],
            times: 100,
        },
        format: Percent,
        better: Up,
    },
    Metric {
        key: "roas",
        label: "ROAS",
        help: "Revenue for one spent.",
        formula: Ratio {
            over: &[Plus(Revenue)],
            under: &[Plus(Cost)],
            times: 1,
        },
        format: Factor,
        better: Up,
    },
    Metric {
        key: "epc",
        label: "EPC",
        help: "What a click earns.",
        formula: Ratio {
            over: &[Plus(Revenue)],
            under: &[Plus(Clicks)],
            times: 1,
        },
        format: Money,
        better: Up,
    },
    Metric {
        key: "uepc",
        label: "Unique EPC",
        help: "What a click that is unique for the campaign earns.",
        formula: Ratio {
            over: &[Plus(Revenue)],
            under: &[Plus(UniqueClicks)],
            times: 1,
        },
        format: Money,
        better: Up,
    },
    Metric {
        key: "ecpm",
        label: "eCPM",
        help: "What a thousand clicks earn.",
        formula: Ratio {
            over: &[Plus(Revenue)],
            under: &[Plus(Clicks)],
            times: 1000,
        },
        format: Money,
        better: Up,
    },
    Metric {
        key: "average_payout",
        label: "Average payout",
        help: "What a conversion earns.",
        formula: Ratio {
            over: &[Plus(Revenue)],
            under: CONVERSIONS,
            times: 1,
        },
        format: Money,
        better: Up,
    },
    Metric {
        key: "cpc",
        label: "CPC",
        help: "What a click costs.",
        formula: Ratio {
            over: &[Plus(Cost)],
            under: &[Plus(Clicks)],
            times: 1,
        },
        format: Money,
        better: Down,
    },
    Metric {
        key: "ucpc",
        label: "Unique CPC",
        help: "What a click that is unique for the campaign costs.",
        formula: Ratio {
            over: &[Plus(Cost)],
            under: &[Plus(UniqueClicks)],
            times: 1,
        },
        format: Money,
        better: Down,
    },
    Metric {
        key: "ecpc",
        label: "eCPC",
        help: "What a click that went on to an offer costs.",
        formula: Ratio {
            over: &[Plus(Cost)],
            under: &[Plus(OfferClicks)],
            times: 1,
        },
        format: Money,
        better: Down,
    },
    Metric {
        key: "cpm",
        label: "CPM",
        help: "What a thousand clicks cost.",
        formula: Ratio {
            over: &[Plus(Cost)],
            under: &[Plus(Clicks)],
            times: 1000,
        },
        format: Money,
        better: Down,
    },
    Metric {
        key: "cpa",
        label: "CPA",
        help: "What a conversion costs.",
        formula: Ratio {
            over: &[Plus(Cost)],
            under: CONVERSIONS,
            times: 1,
        },
        format: Money,
        better: Down,
    },
    Metric {
        key: "cpl",
        label: "CPL",
        help: "What a lead costs.",
        formula: Ratio {
            over: &[Plus(Cost)],
            under: &[Plus(Leads)],
            times: 1,
        },
        format: Money,
        better: Down,
    },
    Metric {
        key: "cps",
        label: "CPS",
        help: "What a sale costs.",
        formula: Ratio {
            over: &[Plus(Cost)],
            under: &[Plus(Sales)],
            times: 1,
        },
        format: Money,
        better: Down,
    },
    Metric {
        key: "cac",
        label: "CAC",
        help: "What a customer costs.",
        formula: Ratio {
            over: &[Plus(Cost)],
            under: &[Plus(Customers)],
            times: 1,
        },
        format: Money,
        better: Down,
    },
    Metric {
        key: "ltv",
        label: "LTV to date",
        help: "What a customer has earned so far, rebills and own events that count included.",
        formula: Ratio {
            over: &[Plus(Revenue)],
            under: &[Plus(Customers)],
            times: 1,
        },
        format: Money,
        better: Up,
    },
];
