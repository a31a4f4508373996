//! Macros of time and of chance.

use chrono::{DateTime, Datelike};

use super::{Macro, Origin::Tracker};
use crate::macros::argument::{Kind, Ready, Takes, choice, date};

pub(super) static TABLE: &[Macro] = &[
    Macro {
        name: "timestamp",
        aliases: &[],
        help: "Time of the click, seconds since 1970 UTC",
        example: "1767323045",
        origin: Tracker,
        argument: Some(Takes {
            kind: Kind::TimeUnit,
            required: false,
            help: "ms for milliseconds, s for seconds",
            example: "ms",
            gives: "1767323045678",
            read: |entry, text, _| match text.trim() {
                "ms" => Ok(Ready::new(Tracker, |c, out| out.print(c.at))),
                "s" => Ok(Ready::new(Tracker, entry.value)),
                _ => Err(format!(
                    "\"{text}\" is no unit of time; write {{timestamp:ms}} or {{timestamp}}."
                )),
            },
        }),
        value: |c, out| out.print(c.at.div_euclid(1000)),
    },
    Macro {
        name: "date",
        aliases: &[],
        help: "Day of the click in UTC",
        example: "2026-01-02",
        origin: Tracker,
        argument: Some(Takes {
            kind: Kind::DateFormat,
            required: false,
            help: "Letters as in PHP's date(), then perhaps a comma and a time zone; UTC without one",
            example: "Y-m-d H:i:s,Europe/Kyiv",
            gives: "2026-01-02%2005%3A04%3A05",
            read: date::read,
        }),
        value: |c, out| {
            if let Some(at) = DateTime::from_timestamp_millis(c.at) {
                out.print(format_args!(
                    "{:04}-{:02}-{:02}",
                    at.year(),
                    at.month(),
                    at.day()
                ));
            }
        },
    },
    Macro {
        name: "random",
        aliases: &[],
        help: "Eight random digits, the same wherever they stand in one link",
        example: "00004711",
        origin: Tracker,
        argument: Some(Takes {
            kind: Kind::Range,
            required: false,
            help: "The lowest and the highest number, both included",
            example: "1,100",
            gives: "42",
            read: choice::range,
        }),
        value: |c, out| out.print(format_args!("{:08}", c.random % 100_000_000)),
    },
    Macro {
        name: "sample",
        aliases: &[],
        help: "One of the given words by chance, the same wherever they stand in one link",
        example: "c",
        origin: Tracker,
        argument: Some(Takes {
            kind: Kind::Choices,
            required: true,
            help: "The words, parted by commas",
            example: "a,b,c",
            gives: "c",
            read: choice::sample,
        }),
        value: |_, _| {},
    },
];
