//! What the clocks and the calendar of a zone show: hours, days, weeks, months and years as groups.
//!
//! Rows come nearly in the order of time, and an hour or a day lasts. So the calendar is asked for
//! the [`Stretch`] around a time, within which the same is shown, and rows are compared with its
//! ends; the zone is asked once for each stretch, not once for each row.
//!
//! What is shown follows from the offset of each moment, so it is exact where clocks change: days of
//! 23 and 25 hours, zones of half an hour, changes in the middle of an hour or over midnight. An
//! hour that clocks show twice is one value of two stretches.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use chrono::Datelike;
use chrono_tz::Tz;

use crate::domain::period;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// What rows are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// `2026-11-20 14:00`
    Hour,
    /// `2026-11-20`
    Day,
    /// Its Monday: `2026-11-16`
    Week,
    /// `2026-11`
    Month,
    /// `2026`
    Year,
    /// `1`, a Monday, to `7`
    Weekday,
    /// `00` to `23`
    HourOfDay,
}

/// A time within which clocks show the same hour, or the calendar the same day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// UTC milliseconds, included.
    pub from: i64,
    /// Not included.
    pub to: i64,
    /// Stands for what is shown; [`Unit::text`] writes it out.
    pub value: i64,
}

impl Stretch {
    pub fn holds(&self, at: i64) -> bool {
        self.from <= at && at < self.to
    }
}

impl Unit {
    /// What a value of [`Stretch`] stands for.
    pub fn text(self, value: i64) -> String {
        match self {
            Unit::Hour => {
                let (day, hour) = (value.div_euclid(24), value.rem_euclid(24));
                format!("{} {hour:02}:00", period::date(day))
            }
            Unit::Day | Unit::Week => period::date(value).to_string(),
            Unit::Month => format!(
                "{:04}-{:02}",
                value.div_euclid(12),
                value.rem_euclid(12) + 1
            ),
            Unit::Year => format!("{value:04}"),
            Unit::Weekday => value.to_string(),
            Unit::HourOfDay => format!("{value:02}"),
        }
    }

    /// How long its stretches are where no clock changes.
    fn length(self) -> i64 {
        match self {
            Unit::Hour | Unit::HourOfDay => HOUR_MS,
            _ => DAY_MS,
        }
    }

    /// From the number of the hour or day since 1970, as clocks show it.
    fn value(self, number: i64) -> i64 {
        // 1970-01-01 was a Thursday.
        let weekday = |day: i64| (day + 3).rem_euclid(7);
        match self {
            Unit::Hour | Unit::Day => number,
            Unit::HourOfDay => number.rem_euclid(24),
            Unit::Week => number - weekday(number),
            Unit::Weekday => weekday(number) + 1,
            Unit::Month => {
                let date = period::date(number);
                i64::from(date.year()) * 12 + i64::from(date.month0())
            }
            Unit::Year => period::date(number).year().into(),
        }
    }
}

/// The stretches of a zone, each worked out when it is first met.
pub struct Calendar {
    unit: Unit,
    zone: Tz,
    /// By their beginnings.
    known: BTreeMap<i64, Stretch>,
}

impl Calendar {
    pub fn new(unit: Unit, zone: Tz) -> Self {
        Self {
            unit,
            zone,
            known: BTreeMap::new(),
        }
    }

    /// The stretch that a time in UTC milliseconds lies in.
    pub fn stretch(&mut self, at: i64) -> Stretch {
        let before = self.known.range(..=at).next_back();
        if let Some((_, stretch)) = before.filter(|(_, stretch)| stretch.holds(at)) {
            return *stretch;
        }
        let stretch = self.around(at);
        self.known.insert(stretch.from, stretch);
        stretch
    }

    fn around(&self, at: i64) -> Stretch {
        let (length, offset) = (self.unit.length(), self.offset(at));
        let number = at.saturating_add(offset).div_euclid(length);
        let from = number.saturating_mul(length).saturating_sub(offset);
        let to = from.saturating_add(length);
        Stretch {
            from: self.unchanged_since(from, at, offset),
            to: self.unchanged_until(at, to, offset),
            value: self.unit.value(number),
        }
    }

    /// Milliseconds by which clocks are ahead of UTC.
    fn offset(&self, at: i64) -> i64 {
        period::offset_seconds(at, self.zone) * 1_000
    }

    /// The first time, not before `from`, since which the offset has been that of `at`. Within a day
    /// no zone changes its clocks twice.
    fn unchanged_since(&self, mut from: i64, mut at: i64, offset: i64) -> i64 {
        if self.offset(from) == offset {
            return from;
        }
        while at - from > 1 {
            let middle = from + (at - from) / 2;
            match self.offset(middle) == offset {
                true => at = middle,
                false => from = middle,
            }
        }
        at
    }

    /// The first time, `to` at the latest, at which the offset is no longer that of `at`.
    fn unchanged_until(&self, mut at: i64, mut to: i64, offset: i64) -> i64 {
        if self.offset(to - 1) == offset {
            return to;
        }
        while to - at > 1 {
            let middle = at + (to - at) / 2;
            match self.offset(middle) == offset {
                true => at = middle,
                false => to = middle,
            }
        }
        to
    }
}
