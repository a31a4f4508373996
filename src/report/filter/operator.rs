//! The operators, one row each.

use serde::Serialize;

/// How values are tested.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = FilterOperator)]
pub struct Operator {
    pub key: &'static str,
    pub label: &'static str,
    pub help: &'static str,
    /// What its field `value` holds.
    pub takes: Takes,
    /// Whether metrics can be tested with it; dimensions always can.
    pub for_metrics: bool,
    #[serde(skip)]
    #[schema(ignore)]
    pub(super) how: How,
    /// Whether it holds where `how` does not.
    #[serde(skip)]
    #[schema(ignore)]
    pub(super) is_negated: bool,
}

/// What is to be sent as `value`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Takes {
    Nothing,
    One,
    /// A list.
    Many,
    /// A list of two: the least and the largest that fit.
    Two,
}

/// What is tested, before it is negated.
#[derive(Debug, Clone, Copy)]
pub(super) enum How {
    /// One of the values.
    Among,
    /// Matches the regexp that is made of the value.
    Like(fn(&str) -> String),
    Less,
    AtMost,
    Greater,
    AtLeast,
    Between,
    Set,
}

/// All of them, in the order in which pickers show them.
pub fn all() -> &'static [Operator] {
    TABLE
}

/// The operator of this key.
pub fn find(key: &str) -> Option<&'static Operator> {
    TABLE.iter().find(|operator| operator.key == key)
}

static TABLE: &[Operator] = &[
    Operator {
        key: "equals",
        label: "is",
        help: "Exactly this value. null or \"\" stands for what is empty.",
        takes: Takes::One,
        for_metrics: true,
        how: How::Among,
        is_negated: false,
    },
    Operator {
        key: "not_equals",
        label: "is not",
        help: "Any other value; of dimensions what is empty, too.",
        takes: Takes::One,
        for_metrics: true,
        how: How::Among,
        is_negated: true,
    },
    Operator {
        key: "in",
        label: "is one of",
        help: "Exactly one of these values.",
        takes: Takes::Many,
        for_metrics: false,
        how: How::Among,
        is_negated: false,
    },
    Operator {
        key: "not_in",
        label: "is none of",
        help: "None of these values; what is empty too.",
        takes: Takes::Many,
        for_metrics: false,
        how: How::Among,
        is_negated: true,
    },
    Operator {
        key: "contains",
        label: "contains",
        help: "Has this text in it, in whatever case.",
        takes: Takes::One,
        for_metrics: false,
        how: How::Like(containing),
        is_negated: false,
    },
    Operator {
        key: "not_contains",
        label: "does not contain",
        help: "Does not have this text in it; what is empty has none.",
        takes: Takes::One,
        for_metrics: false,
        how: How::Like(containing),
        is_negated: true,
    },
    Operator {
        key: "begins_with",
        label: "begins with",
        help: "Begins with this text, in whatever case.",
        takes: Takes::One,
        for_metrics: false,
        how: How::Like(beginning),
        is_negated: false,
    },
    Operator {
        key: "ends_with",
        label: "ends with",
        help: "Ends with this text, in whatever case.",
        takes: Takes::One,
        for_metrics: false,
        how: How::Like(ending),
        is_negated: false,
    },
    Operator {
        key: "mask",
        label: "is like",
        help: "The whole value, in whatever case: * stands for any characters, ? for one.",
        takes: Takes::One,
        for_metrics: false,
        how: How::Like(masked),
        is_negated: false,
    },
    Operator {
        key: "regexp",
        label: "matches the regexp",
        help: "A part of the value matches. Letter case counts unless it begins with (?i).",
        takes: Takes::One,
        for_metrics: false,
        how: How::Like(str::to_owned),
        is_negated: false,
    },
    Operator {
        key: "not_regexp",
        label: "does not match the regexp",
        help: "No part of the value matches.",
        takes: Takes::One,
        for_metrics: false,
        how: How::Like(str::to_owned),
        is_negated: true,
    },
    Operator {
        key: "greater",
        label: ">",
        help: "Larger than this number, or behind this text in the alphabet.",
        takes: Takes::One,
        for_metrics: true,
        how: How::Greater,
        is_negated: false,
    },
    Operator {
        key: "greater_or_equal",
        label: "≥",
        help: "At least this.",
        takes: Takes::One,
        for_metrics: true,
        how: How::AtLeast,
        is_negated: false,
    },
    Operator {
        key: "less",
        label: "<",
        help: "Smaller than this number, or before this text in the alphabet.",
        takes: Takes::One,
        for_metrics: true,
        how: How::Less,
        is_negated: false,
    },
    Operator {
        key: "less_or_equal",
        label: "≤",
        help: "At most this.",
        takes: Takes::One,
        for_metrics: true,
        how: How::AtMost,
        is_negated: false,
    },
    Operator {
        key: "between",
        label: "is between",
        help: "From the first to the second of two, both included.",
        takes: Takes::Two,
        for_metrics: true,
        how: How::Between,
        is_negated: false,
    },
    Operator {
        key: "is_set",
        label: "is there",
        help: "There is a value.",
        takes: Takes::Nothing,
        for_metrics: true,
        how: How::Set,
        is_negated: false,
    },
    Operator {
        key: "is_not_set",
        label: "is empty",
        help: "There is no value.",
        takes: Takes::Nothing,
        for_metrics: true,
        how: How::Set,
        is_negated: true,
    },
];

fn containing(text: &str) -> String {
    format!("(?i){}", regex::escape(text))
}

fn beginning(text: &str) -> String {
    format!("(?i)^{}", regex::escape(text))
}

fn ending(text: &str) -> String {
    format!("(?i){}$", regex::escape(text))
}

fn masked(mask: &str) -> String {
    let inside = regex::escape(mask).replace(r"\*", ".*").replace(r"\?", ".");
    format!("(?is)^{inside}$")
}
