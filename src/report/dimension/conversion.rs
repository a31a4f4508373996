//! The rows of conversions. Clicks have none of these, so in rows grouped by one of them nothing of
//! clicks is counted.

use super::{Dimension, Fact, Input};

pub(super) static TABLE: &[Dimension] = &[
    Dimension {
        key: "event",
        label: "Event",
        help: "What happened: conversion, rebill, or the key of an event of your own.",
        example: "deposit",
        input: Input::Text,
        fact: Fact::Event,
    },
    Dimension {
        key: "status",
        label: "Status",
        help: "How far the conversion is.",
        example: "sale",
        input: Input::Words {
            words: &["lead", "sale", "rejected", "trash"],
        },
        fact: Fact::Status,
    },
    Dimension {
        key: "tid",
        label: "Transaction id",
        help: "By which the network tells several conversions of one click apart.",
        example: "T-1",
        input: Input::Text,
        fact: Fact::Tid,
    },
];

/// By the name of what is kept.
pub(super) static KEPT: Dimension = Dimension {
    key: "kept",
    label: "Kept",
    help: "A text that the network of the conversion was told to keep.",
    example: "basic",
    input: Input::Text,
    fact: Fact::Kept,
};
