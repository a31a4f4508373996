//! Which time a rule looks at.

use chrono_tz::Tz;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::form::Form;
use super::super::period;

const HOUR_MS: i64 = 3_600_000;
const HOURS_MAX: u64 = 24 * 400;
const DAYS_MAX: u64 = 400;

/// A stretch of time that ends now, or at midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct Window {
    pub kind: WindowKind,
    /// How many hours or days; 0 for the other kinds.
    pub last: u64,
    /// Without the newest so many hours: clicks need time to convert.
    pub skip_hours: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WindowKind {
    /// Since midnight.
    #[default]
    Today,
    Yesterday,
    /// The last hours until now.
    Hours,
    /// The last days of the calendar, today among them.
    Days,
    /// Everything there is.
    All,
}

impl WindowKind {
    pub const ALL: &'static [(&'static str, WindowKind)] = &[
        ("today", WindowKind::Today),
        ("yesterday", WindowKind::Yesterday),
        ("hours", WindowKind::Hours),
        ("days", WindowKind::Days),
        ("all", WindowKind::All),
    ];
}

impl Window {
    pub(super) fn read(form: &mut Form<'_>) -> Self {
        let kind = form.choice("kind", WindowKind::ALL, WindowKind::default());
        let (most, left_out) = match kind {
            WindowKind::Hours => (HOURS_MAX, 24),
            WindowKind::Days => (DAYS_MAX, 7),
            WindowKind::Today | WindowKind::Yesterday | WindowKind::All => (0, 0),
        };
        let least = left_out.min(1);
        let window = Window {
            kind,
            last: form.integer("last", least..=most, left_out),
            skip_hours: form.integer("skip_hours", 0..=HOURS_MAX, 0),
        };
        let whole = match kind {
            WindowKind::Hours => window.last,
            WindowKind::Today => 24,
            WindowKind::Yesterday => 48,
            WindowKind::Days => 24 * window.last,
            WindowKind::All => u64::MAX,
        };
        if window.skip_hours >= whole {
            let message = format!(
                "Without the newest {} hours nothing is left of the window.",
                window.skip_hours
            );
            form.problem("skip_hours", "out_of_range", message);
        }
        window
    }

    /// From (inclusive) and to (exclusive), in UTC milliseconds; nothing where what is skipped is
    /// longer than the rest.
    pub fn span(self, now: i64, zone: Tz) -> (i64, i64) {
        let today = period::day(now, zone);
        let (from, to) = match self.kind {
            WindowKind::Today => (period::day_start(today, zone), now + 1),
            WindowKind::Yesterday => (
                period::day_start(today - 1, zone),
                period::day_start(today, zone),
            ),
            WindowKind::Hours => (now - self.last as i64 * HOUR_MS, now + 1),
            WindowKind::Days => (
                period::day_start(today + 1 - self.last as i64, zone),
                now + 1,
            ),
            WindowKind::All => (0, now + 1),
        };
        let to = to.min(now + 1 - self.skip_hours as i64 * HOUR_MS);
        (from, to.max(from))
    }
}
