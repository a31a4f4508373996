//! `{date:Y-m-d H:i:s,Europe/Kyiv}`: the letters of PHP's `date`, which Keitaro takes
//! (<https://www.php.net/manual/en/datetime.format.php>), and an IANA zone.

use std::fmt::Write;

use chrono::{DateTime, Datelike, Offset, Timelike};
use chrono_tz::{OffsetComponents, OffsetName, Tz};

use super::Ready;
use crate::domain::nearest::nearest;
use crate::macros::context::MacroContext;
use crate::macros::table::{Macro, Origin};
use crate::macros::value::Reader;

/// All letters that mean something.
const LETTERS: &str = "dDjlNSwzWFmMntLoYyaABgGhHisuveIOPpTZcrU";

/// A format, letter by letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Letter(char),
    Literal(char),
}

/// "format" or "format,zone"; `\` before a letter makes it a plain one. Of the time of the click.
pub(in crate::macros) fn read(
    _: &'static Macro,
    text: &str,
    _: &mut Reader<'_>,
) -> Result<Ready, String> {
    read_of(text, |context| Some(context.at))
}

/// The same of another time, in UTC milliseconds.
pub(in crate::macros) fn read_of(
    text: &str,
    time: fn(&MacroContext<'_>) -> Option<i64>,
) -> Result<Ready, String> {
    let (format, zone) = match text.rsplit_once(',') {
        Some((format, zone)) if is_meant_as_zone(zone) => (format, read_zone(zone.trim())?),
        _ => (text, Tz::UTC),
    };
    let signs = read_format(format)?;
    Ok(Ready::new(Origin::Tracker, move |context, out| {
        if let Some(at) = time(context).and_then(DateTime::from_timestamp_millis) {
            let at = at.with_timezone(&zone);
            let mut text = String::with_capacity(32);
            for sign in &signs {
                match sign {
                    Sign::Letter(letter) => write_letter(*letter, &at, &mut text),
                    Sign::Literal(sign) => text.push(*sign),
                }
            }
            out.push(&text);
        }
    }))
}

/// `D, d M` has a comma of its own; a zone is one word of three letters or more.
fn is_meant_as_zone(text: &str) -> bool {
    let text = text.trim();
    text.len() >= 3 && !text.contains(char::is_whitespace) && !text.contains('\\')
}

fn read_zone(name: &str) -> Result<Tz, String> {
    name.parse().map_err(|_| {
        let known = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
        let advice = match nearest(name, known) {
            Some(near) => format!("did you mean {near}?"),
            None => "write one such as Europe/Kyiv, or leave it out for UTC.".to_owned(),
        };
        format!("\"{name}\" is not a time zone; {advice}")
    })
}

fn read_format(format: &str) -> Result<Vec<Sign>, String> {
    if format.trim().is_empty() {
        return Err("The format is empty; write one such as Y-m-d H:i:s.".to_owned());
    }
    let mut signs = Vec::with_capacity(format.len());
    let mut rest = format.chars();
    while let Some(sign) = rest.next() {
        signs.push(match sign {
            '\\' => Sign::Literal(rest.next().unwrap_or('\\')),
            _ if LETTERS.contains(sign) => Sign::Letter(sign),
            _ if sign.is_alphabetic() => {
                return Err(format!(
                    "\"{sign}\" is not a letter of dates; they are {LETTERS}, and \\{sign} is the letter itself."
                ));
            }
            _ => Sign::Literal(sign),
        });
    }
    Ok(signs)
}

fn write_letter(letter: char, at: &DateTime<Tz>, out: &mut String) {
    let offset = at.offset().fix().local_minus_utc();
    let hour12 = at.hour12().1;
    let afternoon = at.hour() >= 12;
    // Writing to a `String` cannot fail, and every format below is a valid one.
    let _ = match letter {
        'd' => write!(out, "{:02}", at.day()),
        'D' => write!(out, "{}", at.format("%a")),
        'j' => write!(out, "{}", at.day()),
        'l' => write!(out, "{}", at.format("%A")),
        'N' => write!(out, "{}", at.weekday().number_from_monday()),
        'S' => out.write_str(ordinal(at.day())),
        'w' => write!(out, "{}", at.weekday().num_days_from_sunday()),
        'z' => write!(out, "{}", at.ordinal0()),
        'W' => write!(out, "{:02}", at.iso_week().week()),
        'F' => write!(out, "{}", at.format("%B")),
        'm' => write!(out, "{:02}", at.month()),
        'M' => write!(out, "{}", at.format("%b")),
        'n' => write!(out, "{}", at.month()),
        't' => write!(out, "{}", at.num_days_in_month()),
        'L' => write!(out, "{}", u8::from(at.date_naive().leap_year())),
        'o' => write!(out, "{}", at.iso_week().year()),
        'Y' => write!(out, "{:04}", at.year()),
        'y' => write!(out, "{:02}", at.year().rem_euclid(100)),
        'a' => out.write_str(if afternoon { "pm" } else { "am" }),
        'A' => out.write_str(if afternoon { "PM" } else { "AM" }),
        // Swatch beats: thousandths of the day in Biel (UTC+1, without summer time).
        'B' => {
            let seconds = (at.timestamp() + 3600).rem_euclid(86_400);
            write!(out, "{:03}", seconds * 10 / 864)
        }
        'g' => write!(out, "{hour12}"),
        'G' => write!(out, "{}", at.hour()),
        'h' => write!(out, "{hour12:02}"),
        'H' => write!(out, "{:02}", at.hour()),
        'i' => write!(out, "{:02}", at.minute()),
        's' => write!(out, "{:02}", at.second()),
        'u' => write!(out, "{:06}", at.timestamp_subsec_micros()),
        'v' => write!(out, "{:03}", at.timestamp_subsec_millis()),
        'e' => out.write_str(at.timezone().name()),
        'I' => write!(out, "{}", u8::from(!at.offset().dst_offset().is_zero())),
        'O' => write!(out, "{}", at.format("%z")),
        'P' => write!(out, "{}", at.format("%:z")),
        'p' if offset == 0 => out.write_str("Z"),
        'p' => write!(out, "{}", at.format("%:z")),
        'T' => match at.offset().abbreviation() {
            Some(name) => out.write_str(name),
            None => write!(out, "{}", at.format("%:z")),
        },
        'Z' => write!(out, "{offset}"),
        'c' => write!(out, "{}", at.format("%Y-%m-%dT%H:%M:%S%:z")),
        'r' => write!(out, "{}", at.format("%a, %d %b %Y %H:%M:%S %z")),
        'U' => write!(out, "{}", at.timestamp()),
        _ => Ok(()),
    };
}

fn ordinal(day: u32) -> &'static str {
    match day {
        1 | 21 | 31 => "st",
        2 | 22 => "nd",
        3 | 23 => "rd",
        _ => "th",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formatted(format: &str, zone: Tz, at: &str) -> String {
        let at: DateTime<chrono::Utc> = at.parse().expect("a time");
        let at = at.with_timezone(&zone);
        let mut out = String::new();
        for letter in format.chars() {
            if LETTERS.contains(letter) {
                write_letter(letter, &at, &mut out);
            } else {
                out.push(letter);
            }
        }
        out
    }

    /// After the table of PHP's manual.
    #[test]
    fn letters_mean_what_they_mean_to_php() {
        let cases = [
            ("d D j l N S w z", "05 Sun 5 Sunday 7 th 0 185"),
            ("W F m M n t L o Y y", "27 July 07 Jul 7 31 0 2026 2026 26"),
            ("a A g G h H i s", "pm PM 3 15 03 15 04 09"),
            ("u v", "120000 120"),
            (
                "e I O P p T Z",
                "Europe/Kyiv 1 +0300 +03:00 +03:00 EEST 10800",
            ),
            ("c", "2026-07-05T15:04:09+03:00"),
            ("r", "Sun, 05 Jul 2026 15:04:09 +0300"),
            ("U B", "1783253049 544"),
        ];
        for (format, expected) in cases {
            let out = formatted(format, Tz::Europe__Kyiv, "2026-07-05T12:04:09.120Z");
            assert_eq!(out, expected, "{format}");
        }
        let utc = formatted("p P T I g a D z L t", Tz::UTC, "2024-12-31T00:00:00Z");
        assert_eq!(utc, "Z +00:00 UTC 0 12 am Tue 365 1 31");
        assert_eq!(formatted("o-W", Tz::UTC, "2027-01-01T00:00:00Z"), "2026-53");
        let days: Vec<String> = (1..=4)
            .map(|day| formatted("jS", Tz::UTC, &format!("2024-12-{day:02}T00:00:00Z")))
            .collect();
        assert_eq!(days, ["1st", "2nd", "3rd", "4th"]);
    }

    #[test]
    fn a_comma_of_the_format_is_no_zone() {
        assert!(is_meant_as_zone("Europe/Kyiv") && is_meant_as_zone(" UTC"));
        assert!(!is_meant_as_zone(" d M Y") && !is_meant_as_zone("H") && !is_meant_as_zone(""));
    }
}
