//! Metrics about one event of the operator's own. Its key follows a colon: `event:registration`.

use super::Better::{Down, Up};
use super::Format::{Count, Money, Percent};
use super::Formula::{Ratio, Sum};
use super::Metric;
use super::Term::Plus;
use crate::report::measure::Measure::{Clicks, Cost, EventCount, EventRevenue};

pub(super) static TABLE: &[Metric] = &[
    Metric {
        key: "event",
        label: "Event",
        help: "How often it happened. Rejected ones and corrections are left out.",
        formula: Sum(&[Plus(EventCount)]),
        format: Count,
        better: Up,
    },
    Metric {
        key: "event_revenue",
        label: "Event revenue",
        help: "What it earned, whether or not that counts in the revenue of all.",
        formula: Sum(&[Plus(EventRevenue)]),
        format: Money,
        better: Up,
    },
    Metric {
        key: "event_rate",
        label: "Event rate",
        help: "How often it happened for a hundred clicks.",
        formula: Ratio {
            over: &[Plus(EventCount)],
            under: &[Plus(Clicks)],
            times: 100,
        },
        format: Percent,
        better: Up,
    },
    Metric {
        key: "event_cost",
        label: "Cost per event",
        help: "What one of it costs.",
        formula: Ratio {
            over: &[Plus(Cost)],
            under: &[Plus(EventCount)],
            times: 1,
        },
        format: Money,
        better: Down,
    },
];
