//! Facts that conditions ask for: every dimension of reports, and what is known only of a
//! conversion.
//!
//! A rule of every so many minutes knows of a group no more than what it groups by.
//!
//! Adding one: a row in [`ALL`]; whoever makes a [`Happened`](super::Happened) answers for it.

use serde::Serialize;

use crate::domain::form::quoted;
use crate::domain::nearest::nearest;
use crate::report::dimension::{self, Dimension, Input};

#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
#[schema(as = RuleFact)]
pub struct Fact {
    pub key: &'static str,
    pub label: &'static str,
    pub help: &'static str,
    /// A value.
    pub example: &'static str,
    /// What its values are.
    pub input: Input,
}

const STATUSES: Input = Input::Words {
    words: &["lead", "sale", "rejected", "trash"],
};

/// What only a conversion has.
pub static ALL: &[Fact] = &[
    Fact {
        key: "event",
        label: "Event",
        help: "What happened: conversion, rebill, or the key of an event of your own.",
        example: "conversion",
        input: Input::Text,
    },
    Fact {
        key: "status",
        label: "Status",
        help: "How far the conversion is.",
        example: "sale",
        input: STATUSES,
    },
    Fact {
        key: "previous_status",
        label: "Previous status",
        help: "What its status was before; a new conversion has none.",
        example: "lead",
        input: STATUSES,
    },
    Fact {
        key: "original_status",
        label: "Original status",
        help: "The network's word for its status.",
        example: "approved",
        input: Input::Text,
    },
    Fact {
        key: "tid",
        label: "Transaction id",
        help: "By which the network tells several conversions of one click apart.",
        example: "T-1",
        input: Input::Text,
    },
    Fact {
        key: "is_repeat",
        label: "Repeat",
        help: "Whether it is a further conversion of the same click, which counts as a rebill.",
        example: "false",
        input: Input::Flag,
    },
];

impl From<&'static Dimension> for Fact {
    fn from(dimension: &'static Dimension) -> Self {
        Fact {
            key: dimension.key,
            label: dimension.label,
            help: dimension.help,
            example: dimension.example,
            input: dimension.input,
        }
    }
}

/// The fact of this key: of conversions, or a dimension.
pub(super) fn find(key: &str) -> Option<Fact> {
    let own = ALL.iter().find(|fact| fact.key == key).copied();
    own.or_else(|| dimension::find_of_click(key).map(Fact::from))
}

/// That there is no such fact, and what was probably meant.
pub(super) fn unknown(key: &str) -> String {
    let own = nearest(key, ALL.iter().map(|fact| fact.key));
    let advice = match own.or_else(|| dimension::nearest_of_click(key)) {
        Some(near) => format!("Did you mean \"{near}\"?"),
        None => "GET /api/v1/options lists them under rule_facts and dimensions.".to_owned(),
    };
    format!("There is no fact {}. {advice}", quoted(key))
}

impl Fact {
    /// Why a value can never be one of this fact.
    pub(super) fn refuses(&self, value: &str) -> Option<String> {
        let words: &[&str] = match self.input {
            Input::Words { words } => words,
            Input::Flag => &["true", "false"],
            Input::Country => {
                let is_code = value.len() == 2 && value.bytes().all(|one| one.is_ascii_uppercase());
                return (!is_code).then(|| {
                    let value = quoted(value);
                    format!("{value} is no country code of two capital letters, such as US.")
                });
            }
            Input::Id { .. } | Input::Flow | Input::Number => {
                let is_number = value.parse::<u64>().is_ok();
                return (!is_number).then(|| format!("{} is no number.", quoted(value)));
            }
            Input::Text => return None,
        };
        if words.contains(&value) {
            return None;
        }
        let mut message = format!("{} is none of {}.", quoted(value), words.join(", "));
        if let Some(near) = nearest(value, words.iter().copied()) {
            message.push_str(&format!(" Did you mean \"{near}\"?"));
        }
        Some(message)
    }
}
