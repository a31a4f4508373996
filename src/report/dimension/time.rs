//! The rows of time, in the zone of the report: of clicks their time, of conversions the one by which
//! they count.

use super::{Dimension, Fact, Input};
use crate::report::calendar::Unit;

pub(super) static TABLE: &[Dimension] = &[
    Dimension {
        key: "hour",
        label: "Hour",
        help: "The hour that clocks show; the one that they show twice in autumn is one row.",
        example: "2026-11-20 14:00",
        input: Input::Text,
        fact: Fact::Time(Unit::Hour),
    },
    Dimension {
        key: "day",
        label: "Day",
        help: "The day of the calendar.",
        example: "2026-11-20",
        input: Input::Text,
        fact: Fact::Time(Unit::Day),
    },
    Dimension {
        key: "week",
        label: "Week",
        help: "The week, named by its Monday.",
        example: "2026-11-16",
        input: Input::Text,
        fact: Fact::Time(Unit::Week),
    },
    Dimension {
        key: "month",
        label: "Month",
        help: "The month of the calendar.",
        example: "2026-11",
        input: Input::Text,
        fact: Fact::Time(Unit::Month),
    },
    Dimension {
        key: "year",
        label: "Year",
        help: "The year of the calendar.",
        example: "2026",
        input: Input::Number,
        fact: Fact::Time(Unit::Year),
    },
    Dimension {
        key: "weekday",
        label: "Day of the week",
        help: "From 1, Monday, to 7, Sunday.",
        example: "5",
        input: Input::Number,
        fact: Fact::Time(Unit::Weekday),
    },
    Dimension {
        key: "hour_of_day",
        label: "Hour of the day",
        help: "From 00 to 23, as clocks show it.",
        example: "14",
        input: Input::Number,
        fact: Fact::Time(Unit::HourOfDay),
    },
];
