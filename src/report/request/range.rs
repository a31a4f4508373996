//! Which time a report is about, and the time before it.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime};
use chrono_tz::Tz;
use serde_json::Value;

use super::preset::{self, Preset, Step};
use crate::domain::form::{Form, quoted};
use crate::domain::nearest::nearest;
use crate::domain::period;
use crate::domain::wall_clock::{self, Pick};

/// The years that can be asked for.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=2099;

/// UTC milliseconds, `from` included, `to` not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    pub from: i64,
    pub to: i64,
}

/// A time as it was asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Range {
    Preset(&'static Preset),
    Between { from: Moment, to: Moment },
}

/// Where a range begins or ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    Day(NaiveDate),
    /// What the clocks of the zone show.
    Local(NaiveDateTime),
    Instant(i64),
    /// The end of the current day.
    Today,
}

/// What a report is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Compare {
    /// The time of the same length before.
    Previous,
    With(Range),
}

impl Range {
    /// Reads `{"preset"}` or `{"from", "to"}`. `zone` is used to see whether it ends before it begins.
    pub(super) fn read(form: &mut Form<'_>, zone: Tz) -> Range {
        let word = form.text("preset");
        let (from, to) = (read_moment(form, "from"), read_moment(form, "to"));
        if !word.is_empty() {
            if form.has("from") || form.has("to") {
                let message = "A preset has its own from and to; send one or the other.";
                form.problem("preset", "invalid", message);
            }
            let found = preset::find(word);
            if found.is_none() {
                form.problem("preset", "invalid", unknown_preset(word));
            }
            return found.map_or_else(Range::default, Range::Preset);
        }
        let Some(from) = from else {
            if !form.has("from") {
                form.missing(
                    "from",
                    "Which time? Send a preset, such as \"last_7_days\", or from and to.",
                );
            }
            return Range::default();
        };
        let to = to.unwrap_or(Moment::Today);
        let (begins, ends) = (from.begins(0, zone), to.ends(0, zone));
        if to != Moment::Today && begins >= ends {
            let message = "The time ends before it begins; swap from and to.";
            form.problem("to", "out_of_range", message);
        }
        Range::Between { from, to }
    }

    /// From and to on the clocks of the zone, in UTC milliseconds.
    pub fn interval(&self, now: i64, zone: Tz) -> Interval {
        match self {
            Range::Preset(preset) => {
                let today = period::date(period::day(now, zone));
                let (from, to) = (preset.dates)(today);
                Interval {
                    from: Moment::Day(from).begins(now, zone),
                    to: Moment::Day(to).begins(now, zone),
                }
            }
            Range::Between { from, to } => {
                let from = from.begins(now, zone);
                let to = to.ends(now, zone);
                Interval {
                    from,
                    to: to.max(from),
                }
            }
        }
    }

    /// The time before, as long as what has passed of this one: of today at 14:00 it is yesterday
    /// until 14:00. By the calendar where the range is one of whole days, months or years; `None`
    /// where nothing is before.
    pub fn previous(&self, now: i64, zone: Tz) -> Option<Interval> {
        let whole = self.interval(now, zone);
        let step = self.step(whole, zone)?;
        let to = match whole.from < now {
            true => whole.to.min(now),
            false => whole.to,
        };
        let from = step_back(whole.from, step, zone);
        let to = step_back(to, step, zone);
        Some(Interval {
            from,
            to: to.max(from),
        })
    }

    /// How far back the time before lies.
    fn step(&self, whole: Interval, zone: Tz) -> Option<Back> {
        if let Range::Preset(preset) = self {
            return match preset.step {
                Step::Days(days) => Some(Back::Days(days)),
                Step::Months(months) => Some(Back::Months(months)),
                Step::Never => None,
            };
        }
        let (first, last) = (period::day(whole.from, zone), period::day(whole.to, zone));
        let is_midnight = |at, day| period::day_start(day, zone) == at;
        let days = u64::try_from(last - first).unwrap_or(0);
        match is_midnight(whole.from, first) && is_midnight(whole.to, last) && days > 0 {
            true => Some(Back::Days(days)),
            false => Some(Back::Time(whole.to - whole.from)),
        }
    }

    /// Whether there can be a time before it.
    pub(super) fn has_previous(&self) -> bool {
        !matches!(self, Range::Preset(preset) if matches!(preset.step, Step::Never))
    }
}

impl Default for Range {
    fn default() -> Self {
        Range::Preset(preset::today())
    }
}

#[derive(Debug, Clone, Copy)]
enum Back {
    Days(u64),
    Months(u32),
    /// Milliseconds.
    Time(i64),
}

fn step_back(at: i64, back: Back, zone: Tz) -> i64 {
    let local = wall_clock::local(zone, at);
    let earlier = match back {
        Back::Time(length) => return at - length,
        Back::Days(days) => local.checked_sub_days(Days::new(days)),
        Back::Months(months) => local.checked_sub_months(Months::new(months)),
    };
    wall_clock::instant(zone, earlier.unwrap_or(local), Pick::First)
}

impl Moment {
    fn begins(self, now: i64, zone: Tz) -> i64 {
        self.at(now, zone, Pick::First)
    }

    /// A day ends when the next one begins.
    fn ends(self, now: i64, zone: Tz) -> i64 {
        match self {
            Moment::Day(day) => {
                let next = day.succ_opt().unwrap_or(day);
                Moment::Day(next).begins(now, zone)
            }
            other => other.at(now, zone, Pick::Last),
        }
    }

    fn at(self, now: i64, zone: Tz, pick: Pick) -> i64 {
        match self {
            Moment::Day(day) => {
                wall_clock::instant(zone, day.and_time(NaiveTime::MIN), Pick::First)
            }
            Moment::Local(local) => wall_clock::instant(zone, local, pick),
            Moment::Instant(at) => at,
            Moment::Today => period::day_start(period::day(now, zone) + 1, zone),
        }
    }

    fn year(self) -> i32 {
        match self {
            Moment::Day(day) => day.year(),
            Moment::Local(local) => local.year(),
            Moment::Instant(at) => DateTime::from_timestamp_millis(at).map_or(0, |at| at.year()),
            Moment::Today => *YEARS.start(),
        }
    }
}

/// A date, a local date and time, a time with its offset, or UTC milliseconds.
fn read_moment(form: &mut Form<'_>, key: &'static str) -> Option<Moment> {
    let value = form.value(key)?;
    let found = match value {
        Value::String(text) => parse_moment(text.trim()),
        other => other.as_i64().map(Moment::Instant),
    };
    let Some(moment) = found else {
        let shown = value.as_str().map_or_else(|| value.to_string(), quoted);
        let message = format!(
            "{shown} is no time; write 2026-11-20, 2026-11-20T14:00 on the clocks of the time zone, or \
             2026-11-20T14:00:00Z."
        );
        form.problem(key, "invalid", message);
        return None;
    };
    if !YEARS.contains(&moment.year()) {
        let message = format!(
            "The year {} is not one of {} to {}.",
            moment.year(),
            YEARS.start(),
            YEARS.end()
        );
        form.problem(key, "out_of_range", message);
        return None;
    }
    Some(moment)
}

fn parse_moment(text: &str) -> Option<Moment> {
    if let Some(day) = period::parse_date(text) {
        return Some(Moment::Day(period::date(day)));
    }
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(Moment::Instant(at.timestamp_millis()));
    }
    let formats = [
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%dT%H:%M:%S",
        "%Y-%m-%d %H:%M",
        "%Y-%m-%d %H:%M:%S",
    ];
    let mut read = formats.iter();
    read.find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .map(Moment::Local)
}

fn unknown_preset(word: &str) -> String {
    let keys = || preset::all().iter().map(|preset| preset.key);
    match nearest(word, keys()) {
        Some(near) => format!(
            "There is no preset {}. Did you mean \"{near}\"?",
            quoted(word)
        ),
        None => {
            let keys: Vec<&str> = keys().collect();
            format!(
                "There is no preset {}. There are {}.",
                quoted(word),
                keys.join(", ")
            )
        }
    }
}
