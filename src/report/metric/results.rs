//! Metrics of conversions: how many, how far they are, and how many clicks make one.

use super::Better::{Down, Neither, Up};
use super::Format::{Count, Duration, Percent, Ratio as Factor};
use super::Formula::{Ratio, Sum};
use super::Term::Plus;
use super::{Metric, Terms};
use crate::report::measure::Measure::{
    Clicks, Customers, EventConversions, Leads, Rebills, Rejected, Sales, SecondsToConversion,
    Trash,
};

pub(super) const CONVERSIONS: Terms = &[Plus(Leads), Plus(Sales), Plus(EventConversions)];
const RECEIVED: Terms = &[Plus(Leads), Plus(Sales), Plus(Rejected)];
const RECEIVED_WITH_TRASH: Terms = &[Plus(Leads), Plus(Sales), Plus(Rejected), Plus(Trash)];

pub(super) static TABLE: &[Metric] = &[
    Metric {
        key: "conversions",
        label: "Conversions",
        help: "Leads, sales, and own events that count as conversions. Rebills are not among them.",
        formula: Sum(CONVERSIONS),
        format: Count,
        better: Up,
    },
    Metric {
        key: "leads",
        label: "Leads",
        help: "Conversions that are on hold now.",
        formula: Sum(&[Plus(Leads)]),
        format: Count,
        better: Up,
    },
    Metric {
        key: "sales",
        label: "Sales",
        help: "Confirmed conversions.",
        formula: Sum(&[Plus(Sales)]),
        format: Count,
        better: Up,
    },
    Metric {
        key: "received",
        label: "Received",
        help: "Conversions that came in and are not trash.",
        formula: Sum(RECEIVED),
        format: Count,
        better: Up,
    },
    Metric {
        key: "received_with_trash",
        label: "Received with trash",
        help: "All conversions that came in.",
        formula: Sum(RECEIVED_WITH_TRASH),
        format: Count,
        better: Up,
    },
    Metric {
        key: "rejected",
        label: "Rejected",
        help: "Conversions that the network has rejected.",
        formula: Sum(&[Plus(Rejected)]),
        format: Count,
        better: Down,
    },
    Metric {
        key: "trash",
        label: "Trash",
        help: "Conversions that never were any: wrong numbers, duplicates, jokes.",
        formula: Sum(&[Plus(Trash)]),
        format: Count,
        better: Down,
    },
    Metric {
        key: "rebills",
        label: "Rebills",
        help: "Further payments for the same customer. They add to revenue and to nothing else.",
        formula: Sum(&[Plus(Rebills)]),
        format: Count,
        better: Up,
    },
    Metric {
        key: "customers",
        label: "Customers",
        help: "Clicks with at least one sale, counted with the first one.",
        formula: Sum(&[Plus(Customers)]),
        format: Count,
        better: Up,
    },
    Metric {
        key: "rebills_per_customer",
        label: "Rebills per customer",
        help: "How often a customer has paid again.",
        formula: Ratio {
            over: &[Plus(Rebills)],
            under: &[Plus(Customers)],
            times: 1,
        },
        format: Factor,
        better: Up,
    },
    Metric {
        key: "time_to_conversion",
        label: "Time to conversion",
        help: "Seconds from a click to its lead or sale, on average. Rebills and own events are left out.",
        formula: Ratio {
            over: &[Plus(SecondsToConversion)],
            under: &[Plus(Leads), Plus(Sales)],
            times: 1,
        },
        format: Duration,
        better: Neither,
    },
    Metric {
        key: "approve_rate",
        label: "Approve rate",
        help: "Received conversions of a hundred that were confirmed.",
        formula: Ratio {
            over: &[Plus(Sales)],
            under: RECEIVED,
            times: 100,
        },
        format: Percent,
        better: Up,
    },
    Metric {
        key: "approve_rate_with_trash",
        label: "Approve rate with trash",
        help: "Conversions of a hundred that were confirmed, of all that came in.",
        formula: Ratio {
            over: &[Plus(Sales)],
            under: RECEIVED_WITH_TRASH,
            times: 100,
        },
        format: Percent,
        better: Up,
    },
    Metric {
        key: "approve_rate_processed",
        label: "Approve rate of processed",
        help: "Conversions of a hundred that were confirmed, of those that the network has decided on.",
        formula: Ratio {
            over: &[Plus(Sales)],
            under: &[Plus(Sales), Plus(Rejected)],
            times: 100,
        },
        format: Percent,
        better: Up,
    },
    Metric {
        key: "cr",
        label: "CR",
        help: "Conversions of a hundred clicks.",
        formula: Ratio {
            over: CONVERSIONS,
            under: &[Plus(Clicks)],
            times: 100,
        },
        format: Percent,
        better: Up,
    },
    Metric {
        key: "crl",
        label: "CR of leads",
        help: "Leads of a hundred clicks.",
        formula: Ratio {
            over: &[Plus(Leads)],
            under: &[Plus(Clicks)],
            times: 100,
        },
        format: Percent,
        better: Up,
    },
    Metric {
        key: "crs",
        label: "CR of sales",
        help: "Sales of a hundred clicks.",
        formula: Ratio {
            over: &[Plus(Sales)],
            under: &[Plus(Clicks)],
            times: 100,
        },
        format: Percent,
        better: Up,
    },
];
