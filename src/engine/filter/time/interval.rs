//! From one date to another.

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime};
use serde_json::{Value, json};

use super::super::zone;
use super::super::{Condition, FilterKind, Input, Lists, condition};
use crate::domain::form::{Form, quoted};
use crate::domain::problem::Problem;
use crate::domain::wall_clock::{self, Pick};

/// Visitors within a time.
pub(super) struct IntervalFilter;

impl FilterKind for IntervalFilter {
    fn key(&self) -> &'static str {
        "interval"
    }

    fn label(&self) -> &'static str {
        "Date and time"
    }

    fn help(&self) -> &'static str {
        "From one time up to another, by the clocks of the time zone; either may be left out. A date without a time takes in the whole day"
    }

    fn example(&self) -> Value {
        json!({"from": "2026-03-01 09:00", "to": "2026-03-31", "timezone": "Europe/Kyiv"})
    }

    fn input(&self) -> Input {
        Input::Interval
    }

    fn compile(&self, value: &Value, _: &Lists) -> Result<Box<dyn Condition>, Vec<Problem>> {
        let (zone, from, to) = Form::read(value, |form| {
            let zone = zone::read(form, true);
            let from = bound(form, "from").map(|bound| bound.start());
            let to = bound(form, "to").and_then(|bound| bound.end());
            if form.value("from").or(form.value("to")).is_none() {
                form.missing(
                    "from",
                    "Enter where the time begins or ends: from, to or both.",
                );
            }
            let from = from.map(|from| wall_clock::instant(zone, from, Pick::First));
            let to = to.map(|to| wall_clock::instant(zone, to, Pick::Last));
            if let (Some(from), Some(to)) = (from, to)
                && from >= to
            {
                let message = "The time ends before it begins; swap from and to.";
                form.problem("to", "invalid", message);
            }
            (zone, from, to)
        })?;
        Ok(condition(
            move |asked| {
                let at = asked.visit.at;
                from.is_none_or(|from| from <= at) && to.is_none_or(|to| at < to)
            },
            move |asked| {
                let local = wall_clock::local(zone, asked.visit.at);
                local.format("%Y-%m-%d %H:%M:%S").to_string()
            },
        ))
    }
}

enum Bound {
    Day(NaiveDate),
    Time(NaiveDateTime),
}

impl Bound {
    fn start(self) -> NaiveDateTime {
        match self {
            Bound::Day(day) => day.and_time(NaiveTime::MIN),
            Bound::Time(time) => time,
        }
    }

    /// The first moment that is outside.
    fn end(self) -> Option<NaiveDateTime> {
        match self {
            Bound::Day(day) => Some(day.checked_add_days(Days::new(1))?.and_time(NaiveTime::MIN)),
            Bound::Time(time) => Some(time),
        }
    }
}

fn bound(form: &mut Form<'_>, field: &'static str) -> Option<Bound> {
    let text = form.text(field);
    if text.is_empty() {
        return None;
    }
    let read = read(text).ok_or_else(|| {
        format!(
            "{} is no local time. Write it like 2026-03-01 or 2026-03-01 09:00.",
            quoted(text)
        )
    });
    form.checked(field, read.map(Some), || None)
}

fn read(text: &str) -> Option<Bound> {
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Some(Bound::Day(day));
    }
    let forms = [
        "%Y-%m-%d %H:%M",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%dT%H:%M:%S",
    ];
    let mut times = forms
        .iter()
        .map(|form| NaiveDateTime::parse_from_str(text, form));
    times.find_map(Result::ok).map(Bound::Time)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;
    use crate::domain::visitor::DeviceType;
    use crate::engine::testing::{asking_at, visitor};

    fn holds(value: &Value, at: &str) -> bool {
        let condition = IntervalFilter
            .compile(value, &Lists::default())
            .expect("it compiles");
        let at: DateTime<Utc> = at.parse().expect("a time");
        let german = visitor("DE", DeviceType::Mobile);
        asking_at(&german, at.timestamp_millis(), |asked| {
            condition.matches(asked)
        })
    }

    #[test]
    fn either_end_may_be_open_and_days_are_whole() {
        let kyiv =
            |from: &str, to: &str| json!({"from": from, "to": to, "timezone": "Europe/Kyiv"});
        let cases = [
            (kyiv("2026-06-01 09:00", ""), "2026-06-01T05:59:59Z", false),
            (kyiv("2026-06-01 09:00", ""), "2026-06-01T06:00:00Z", true),
            (kyiv("", "2026-06-01T09:00"), "2026-06-01T05:59:59Z", true),
            (kyiv("", "2026-06-01T09:00"), "2026-06-01T06:00:00Z", false),
            (
                kyiv("2026-06-01", "2026-06-01"),
                "2026-05-31T21:00:00Z",
                true,
            ),
            (
                kyiv("2026-06-01", "2026-06-01"),
                "2026-06-01T20:59:59Z",
                true,
            ),
            (
                kyiv("2026-06-01", "2026-06-01"),
                "2026-06-01T21:00:00Z",
                false,
            ),
            // Clocks go from 03:00 to 04:00 at 01:00 UTC, and from 04:00 to 03:00 at 01:00 UTC.
            (kyiv("2026-03-29 03:30", ""), "2026-03-29T00:59:59Z", false),
            (kyiv("2026-03-29 03:30", ""), "2026-03-29T01:00:00Z", true),
            (kyiv("2026-10-25 03:30", ""), "2026-10-25T00:30:00Z", true),
            (kyiv("", "2026-10-25 03:30"), "2026-10-25T01:29:59Z", true),
            (kyiv("", "2026-10-25 03:30"), "2026-10-25T01:30:00Z", false),
        ];
        for (value, at, expected) in cases {
            assert_eq!(holds(&value, at), expected, "{value} {at}");
        }
    }

    #[test]
    fn what_is_no_interval_is_refused() {
        for (value, field) in [
            (json!({"timezone": "UTC"}), "from"),
            (json!({"from": "2026-06-01"}), "timezone"),
            (json!({"from": "1.6.2026", "timezone": "UTC"}), "from"),
            (json!({"to": "2026-02-30", "timezone": "UTC"}), "to"),
            (
                json!({"from": "2026-06-02", "to": "2026-06-01", "timezone": "UTC"}),
                "to",
            ),
        ] {
            let problems = IntervalFilter.compile(&value, &Lists::default()).err();
            let fields: Vec<_> = problems
                .iter()
                .flatten()
                .map(|p| p.field.as_str())
                .collect();
            assert_eq!(fields, [field], "{value}");
        }
    }
}
