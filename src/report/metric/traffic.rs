//! Metrics of clicks: how many, whose, and how far they went.

use super::Better::{Down, Neither, Up};
use super::Format::{Count, Percent};
use super::Formula::{Ratio, Sum};
use super::Metric;
use super::Term::Plus;
use crate::report::measure::Measure::{
    AllClicks, Bots, Clicks, LandingViews, OfferClickRepeats, OfferClicks, UniqueClicks,
    UniqueFlowClicks, UniqueGlobalClicks,
};

pub(super) static TABLE: &[Metric] = &[
    Metric {
        key: "clicks",
        label: "Clicks",
        help: "Recorded visits to campaign links.",
        formula: Sum(&[Plus(Clicks)]),
        format: Count,
        better: Neither,
    },
    Metric {
        key: "unique_clicks",
        label: "Unique clicks",
        help: "Clicks that were the first of their visitor on the campaign within its window.",
        formula: Sum(&[Plus(UniqueClicks)]),
        format: Count,
        better: Neither,
    },
    Metric {
        key: "unique_share",
        label: "Unique share",
        help: "Clicks of a hundred that were unique for the campaign.",
        formula: Ratio {
            over: &[Plus(UniqueClicks)],
            under: &[Plus(Clicks)],
            times: 100,
        },
        format: Percent,
        better: Up,
    },
    Metric {
        key: "unique_flow_clicks",
        label: "Flow-unique clicks",
        help: "Clicks that were the first of their visitor on the flow within the campaign's window.",
        formula: Sum(&[Plus(UniqueFlowClicks)]),
        format: Count,
        better: Neither,
    },
    Metric {
        key: "unique_flow_share",
        label: "Flow-unique share",
        help: "Clicks of a hundred that were unique for the flow.",
        formula: Ratio {
            over: &[Plus(UniqueFlowClicks)],
            under: &[Plus(Clicks)],
            times: 100,
        },
        format: Percent,
        better: Up,
    },
    Metric {
        key: "unique_global_clicks",
        label: "Global-unique clicks",
        help: "Clicks that were the first of their visitor on any campaign within the window.",
        formula: Sum(&[Plus(UniqueGlobalClicks)]),
        format: Count,
        better: Neither,
    },
    Metric {
        key: "unique_global_share",
        label: "Global-unique share",
        help: "Clicks of a hundred that were unique everywhere.",
        formula: Ratio {
            over: &[Plus(UniqueGlobalClicks)],
            under: &[Plus(Clicks)],
            times: 100,
        },
        format: Percent,
        better: Up,
    },
    Metric {
        key: "bots",
        label: "Bots",
        help: "Clicks that are held to be no people's. They are among the clicks unless these are shown without bots.",
        formula: Sum(&[Plus(Bots)]),
        format: Count,
        better: Down,
    },
    Metric {
        key: "bot_share",
        label: "Bot share",
        help: "Clicks of a hundred that are bots', of all clicks in every view.",
        formula: Ratio {
            over: &[Plus(Bots)],
            under: &[Plus(AllClicks)],
            times: 100,
        },
        format: Percent,
        better: Down,
    },
    Metric {
        key: "landing_views",
        label: "Landing views",
        help: "Clicks that were shown a landing.",
        formula: Sum(&[Plus(LandingViews)]),
        format: Count,
        better: Neither,
    },
    Metric {
        key: "offer_clicks",
        label: "Offer clicks",
        help: "Clicks with at least one step from the landing to an offer.",
        formula: Sum(&[Plus(OfferClicks)]),
        format: Count,
        better: Up,
    },
    Metric {
        key: "offer_click_repeats",
        label: "Offer click repeats",
        help: "Further steps to offers of clicks that had one already.",
        formula: Sum(&[Plus(OfferClickRepeats)]),
        format: Count,
        better: Neither,
    },
    Metric {
        key: "offer_click_rate",
        label: "Offer click rate",
        help: "Landing views of a hundred that went on to an offer. Empty without landing views.",
        formula: Ratio {
            over: &[Plus(OfferClicks)],
            under: &[Plus(LandingViews)],
            times: 100,
        },
        format: Percent,
        better: Up,
    },
];
