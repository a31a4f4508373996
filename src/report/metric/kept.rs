//! Metrics about one number that a network sends along and is told to keep. Its name follows a colon:
//! `kept_sum:weight`.

use super::Better::Neither;
use super::Format::Ratio as Plain;
use super::Formula::{Ratio, Sum};
use super::Metric;
use super::Term::Plus;
use crate::report::measure::Measure::{KeptCount, KeptSum};

pub(super) static TABLE: &[Metric] = &[
    Metric {
        key: "kept_sum",
        label: "Sum",
        help: "A number that networks send along, summed over leads and sales, rebills and own events.",
        formula: Sum(&[Plus(KeptSum)]),
        format: Plain,
        better: Neither,
    },
    Metric {
        key: "kept_average",
        label: "Average",
        help: "The same number, on average over those that have it.",
        formula: Ratio {
            over: &[Plus(KeptSum)],
            under: &[Plus(KeptCount)],
            times: 1,
        },
        format: Plain,
        better: Neither,
    },
];
