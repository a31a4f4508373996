//! Which hour or day of the time before belongs to one of this time: the one at the same place.

use std::collections::HashMap;

use chrono_tz::Tz;

use super::Interval;
use crate::report::calendar::{Calendar, Unit};
use crate::report::dimension::{DimensionRef, Fact};

/// For each dimension, what its values are called in the time before, where they are called otherwise.
pub struct Positions {
    by_dimension: Vec<Option<HashMap<String, String>>>,
}

impl Positions {
    pub fn new(dimensions: &[DimensionRef], now: Interval, before: Interval, zone: Tz) -> Self {
        let names = |dimension: &DimensionRef| match dimension.dimension().fact {
            Fact::Time(unit) => names(unit, now, before, zone),
            _ => None,
        };
        Self {
            by_dimension: dimensions.iter().map(names).collect(),
        }
    }

    /// What belongs to a value; `None` where nothing does.
    pub fn before<'a>(
        &'a self,
        dimension: usize,
        value: Option<&'a str>,
    ) -> Option<Option<&'a str>> {
        match (self.by_dimension.get(dimension), value) {
            (Some(Some(names)), Some(value)) => names.get(value).map(|name| Some(name.as_str())),
            _ => Some(value),
        }
    }
}

fn names(unit: Unit, now: Interval, before: Interval, zone: Tz) -> Option<HashMap<String, String>> {
    let step = match unit {
        Unit::Hour | Unit::Day | Unit::Month | Unit::Year => 1,
        Unit::Week => 7,
        // These come again.
        Unit::Weekday | Unit::HourOfDay => return None,
    };
    let mut calendar = Calendar::new(unit, zone);
    let mut number = |at| calendar.stretch(at).value;
    let (first, last) = (number(now.from), number(now.to - 1));
    let back = first - number(before.from);
    let names = (first..=last).step_by(step);
    Some(
        names
            .map(|value| (unit.text(value), unit.text(value - back)))
            .collect(),
    )
}
