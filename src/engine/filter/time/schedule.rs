//! Hours of the week.

use chrono::{Datelike, Timelike};
use serde_json::{Value, json};

use super::super::zone;
use super::super::{Condition, FilterKind, Input, Lists, condition};
use crate::domain::form::{Form, quoted};
use crate::domain::problem::Problem;
use crate::domain::wall_clock;

/// Visitors at certain hours of the week.
pub(super) struct ScheduleFilter;

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const DAY: usize = 24 * 60;
const WEEK: usize = 7 * DAY;
/// Most pieces of one day.
const PIECES_MAX: usize = 100;

impl FilterKind for ScheduleFilter {
    fn key(&self) -> &'static str {
        "schedule"
    }

    fn label(&self) -> &'static str {
        "Schedule"
    }

    fn help(&self) -> &'static str {
        "Hours of the week by the clocks of the time zone. Each day has its hours, such as \"09:00-18:00\"; a day left out is closed, \"22:00-06:00\" goes on into the next day"
    }

    fn example(&self) -> Value {
        json!({"timezone": "Europe/Kyiv", "hours": {
            "mon": ["09:00-18:00"], "tue": ["09:00-18:00"], "wed": ["09:00-18:00"],
            "thu": ["09:00-18:00"], "fri": ["09:00-13:00", "14:00-18:00"], "sat": ["00:00-24:00"]
        }})
    }

    fn input(&self) -> Input {
        Input::Schedule
    }

    fn compile(&self, value: &Value, _: &Lists) -> Result<Box<dyn Condition>, Vec<Problem>> {
        let (zone, week) = Form::read(value, |form| {
            let zone = zone::read(form, true);
            if form.value("hours").is_none() {
                form.missing(
                    "hours",
                    "Enter hours, such as {\"mon\": [\"09:00-18:00\"]}.",
                );
            }
            let week = form.object("hours", read_week).unwrap_or_default();
            (zone, week)
        })?;
        Ok(condition(
            move |asked| week.holds(minute_of_week(zone, asked.visit.at)),
            move |asked| {
                wall_clock::local(zone, asked.visit.at)
                    .format("%a %H:%M")
                    .to_string()
            },
        ))
    }
}

fn minute_of_week(zone: chrono_tz::Tz, at: i64) -> usize {
    let local = wall_clock::local(zone, at);
    let day = local.weekday().num_days_from_monday() as usize;
    day * DAY + (local.hour() * 60 + local.minute()) as usize
}

fn read_week(form: &mut Form<'_>) -> Week {
    let mut week = Week::default();
    let mut is_empty = true;
    for (index, day) in DAYS.into_iter().enumerate() {
        for (place, piece) in form.texts(day, PIECES_MAX).iter().enumerate() {
            is_empty = false;
            match read_piece(piece) {
                Some((from, to)) => week.open(index * DAY + from, index * DAY + to),
                None => form.problem(
                    &format!("{day}[{place}]"),
                    "invalid",
                    format!(
                        "{} is no piece of a day. Write it like 09:00-18:00; 00:00-24:00 is the whole day.",
                        quoted(piece)
                    ),
                ),
            }
        }
    }
    if is_empty {
        form.missing(
            "",
            "No day has hours, so nobody would match. Enter some or remove the filter.",
        );
    }
    week
}

/// `09:00-18:00` in minutes; the end is beyond the day where the piece goes on over midnight.
fn read_piece(text: &str) -> Option<(usize, usize)> {
    let (from, to) = text.split_once('-')?;
    let (from, to) = (read_time(from.trim())?, read_time(to.trim())?);
    match from {
        _ if from < to => Some((from, to)),
        _ if from > to && from < DAY => Some((from, to + DAY)),
        _ => None,
    }
}

/// `9`, `09:30`, `24:00` in minutes.
fn read_time(text: &str) -> Option<usize> {
    let (hours, minutes) = text.split_once(':').unwrap_or((text, "00"));
    let number = |text: &str, lengths: std::ops::RangeInclusive<usize>| {
        let is_number = lengths.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        is_number.then(|| text.parse::<usize>().ok())?
    };
    let (hours, minutes) = (number(hours, 1..=2)?, number(minutes, 2..=2)?);
    let time = hours * 60 + minutes;
    (minutes < 60 && time <= DAY).then_some(time)
}

/// A bit for each minute from Monday 00:00.
struct Week([u64; WEEK.div_ceil(64)]);

impl Default for Week {
    fn default() -> Self {
        Self([0; WEEK.div_ceil(64)])
    }
}

impl Week {
    fn open(&mut self, from: usize, to: usize) {
        for minute in from..to {
            let minute = minute % WEEK;
            self.0[minute / 64] |= 1 << (minute % 64);
        }
    }

    fn holds(&self, minute: usize) -> bool {
        let word = self.0.get(minute / 64);
        word.is_some_and(|word| word & 1 << (minute % 64) != 0)
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeZone, Utc};
    use proptest::prelude::*;

    use super::*;
    use crate::domain::visitor::DeviceType;
    use crate::engine::testing::{asking_at, visitor};

    fn problems(value: Value) -> Vec<(String, &'static str)> {
        let found = ScheduleFilter.compile(&value, &Lists::default()).err();
        let problems = found.unwrap_or_default().into_iter();
        problems
            .map(|problem| (problem.field, problem.code))
            .collect()
    }

    #[test]
    fn pieces_of_a_day_are_read() {
        for (text, expected) in [
            ("09:00-18:00", Some((540, 1_080))),
            ("9-18", Some((540, 1_080))),
            ("00:00 - 24:00", Some((0, 1_440))),
            ("22:00-06:00", Some((1_320, 1_800))),
            ("22:00-00:00", Some((1_320, 1_440))),
            ("09:00", None),
            ("09:00-09:00", None),
            ("24:00-06:00", None),
            ("09:00-25:00", None),
            ("09:60-10:00", None),
            ("+9-10", None),
            ("9:5-10", None),
        ] {
            assert_eq!(read_piece(text), expected, "{text}");
        }
    }

    #[test]
    fn all_problems_of_a_timetable_are_told() {
        let wrong = json!({"timezone": "Europe/Kiew", "hours": {"mon": ["9-18", "x"], "noday": []}, "x": 1});
        assert_eq!(
            problems(wrong),
            [
                ("timezone".to_owned(), "invalid"),
                ("hours.mon[1]".to_owned(), "invalid"),
                ("hours.noday".to_owned(), "unknown_field"),
                ("x".to_owned(), "unknown_field"),
            ]
        );
        assert_eq!(
            problems(json!({"hours": {"mon": []}})),
            [
                ("timezone".to_owned(), "required"),
                ("hours".to_owned(), "required")
            ]
        );
    }

    proptest! {
        /// Each hour of the weeks in which Kyiv sets its clocks forward and back, minute by minute
        /// against the words of the timetable.
        #[test]
        fn a_timetable_holds_by_the_clock_on_the_wall(
            pieces in prop::collection::vec((0_usize..7, 0_usize..48, 0_usize..49), 1..8),
            week in prop::sample::select(vec!["2026-03-27T00:00:00Z", "2026-10-23T00:00:00Z", "2026-06-05T00:00:00Z"]),
        ) {
            let time = |half_hours: usize| format!("{:02}:{:02}", half_hours / 2, half_hours % 2 * 30);
            let pieces: Vec<_> = pieces.into_iter().filter(|(_, from, to)| from != to).collect();
            prop_assume!(!pieces.is_empty());
            let mut hours = serde_json::Map::new();
            for (day, from, to) in &pieces {
                let list = hours.entry(DAYS[*day]).or_insert(json!([]));
                let piece = format!("{}-{}", time(*from), time(*to));
                list.as_array_mut().expect("a list").push(json!(piece));
            }
            let value = json!({"timezone": "Europe/Kyiv", "hours": hours});
            let condition = ScheduleFilter.compile(&value, &Lists::default()).expect("it compiles");
            let german = visitor("DE", DeviceType::Mobile);
            let start: DateTime<Utc> = week.parse().expect("a time");
            for quarter in 0..7 * 24 * 4 {
                let at = start + chrono::Duration::minutes(quarter * 15 + 7);
                let wall = chrono_tz::Europe::Kyiv.from_utc_datetime(&at.naive_utc());
                let today = wall.weekday().num_days_from_monday() as usize;
                let minute = (wall.hour() * 60 + wall.minute()) as usize;
                let expected = pieces.iter().any(|(day, from, to)| {
                    let (from, to) = (from * 30, to * 30);
                    let is_over_midnight = from > to;
                    if is_over_midnight {
                        *day == today && minute >= from || (*day + 1) % 7 == today && minute < to
                    } else {
                        *day == today && (from..to).contains(&minute)
                    }
                });
                let matches = asking_at(&german, at.timestamp_millis(), |asked| condition.matches(asked));
                prop_assert_eq!(matches, expected, "{} {}", wall, value);
            }
        }
    }
}
