//! Times that are asked for by name, one row each. Weeks begin on Monday.

use chrono::{Datelike, Days, Months, NaiveDate};
use serde::Serialize;

/// A time by its name.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = RangePreset)]
pub struct Preset {
    pub key: &'static str,
    pub label: &'static str,
    /// What Keitaro calls it, which is understood as well.
    pub keitaro: Option<&'static str>,
    /// From the current day of the zone: the first day, and the day behind the last.
    #[serde(skip)]
    #[schema(ignore)]
    pub(super) dates: Dates,
    #[serde(skip)]
    #[schema(ignore)]
    pub(super) step: Step,
}

type Dates = fn(NaiveDate) -> (NaiveDate, NaiveDate);

impl std::fmt::Debug for Preset {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.key)
    }
}

impl PartialEq for Preset {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

/// How far back the time before it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Days(u64),
    Months(u32),
    /// There is none.
    Never,
}

/// All of them, in the order in which pickers show them.
pub(super) fn all() -> &'static [Preset] {
    TABLE
}

/// By its key or Keitaro's.
pub(super) fn find(word: &str) -> Option<&'static Preset> {
    let mut all = TABLE.iter();
    all.find(|preset| preset.key == word || preset.keitaro == Some(word))
}

pub(super) fn today() -> &'static Preset {
    &TABLE[0]
}

static TABLE: &[Preset] = &[
    Preset {
        key: "today",
        label: "Today",
        keitaro: None,
        dates: |today| (today, after(today)),
        step: Step::Days(1),
    },
    Preset {
        key: "yesterday",
        label: "Yesterday",
        keitaro: None,
        dates: |today| (back(today, 1), today),
        step: Step::Days(1),
    },
    Preset {
        key: "last_7_days",
        label: "Last 7 days, with today",
        keitaro: Some("7_days_ago"),
        dates: |today| (back(today, 6), after(today)),
        step: Step::Days(7),
    },
    Preset {
        key: "last_14_days",
        label: "Last 14 days, with today",
        keitaro: None,
        dates: |today| (back(today, 13), after(today)),
        step: Step::Days(14),
    },
    Preset {
        key: "last_30_days",
        label: "Last 30 days, with today",
        keitaro: Some("1_month_ago"),
        dates: |today| (back(today, 29), after(today)),
        step: Step::Days(30),
    },
    Preset {
        key: "last_90_days",
        label: "Last 90 days, with today",
        keitaro: None,
        dates: |today| (back(today, 89), after(today)),
        step: Step::Days(90),
    },
    Preset {
        key: "last_365_days",
        label: "Last 365 days, with today",
        keitaro: Some("1_year_ago"),
        dates: |today| (back(today, 364), after(today)),
        step: Step::Days(365),
    },
    Preset {
        key: "this_week",
        label: "This week",
        keitaro: Some("first_day_of_this_week"),
        dates: |today| (monday(today), ahead(monday(today), 7)),
        step: Step::Days(7),
    },
    Preset {
        key: "last_week",
        label: "Last week",
        keitaro: None,
        dates: |today| (back(monday(today), 7), monday(today)),
        step: Step::Days(7),
    },
    Preset {
        key: "this_month",
        label: "This month",
        keitaro: Some("first_day_of_this_month"),
        dates: |today| (first(today), months_ahead(first(today), 1)),
        step: Step::Months(1),
    },
    Preset {
        key: "last_month",
        label: "Last month",
        keitaro: None,
        dates: |today| (months_back(first(today), 1), first(today)),
        step: Step::Months(1),
    },
    Preset {
        key: "this_quarter",
        label: "This quarter",
        keitaro: None,
        dates: |today| (quarter(today), months_ahead(quarter(today), 3)),
        step: Step::Months(3),
    },
    Preset {
        key: "last_quarter",
        label: "Last quarter",
        keitaro: None,
        dates: |today| (months_back(quarter(today), 3), quarter(today)),
        step: Step::Months(3),
    },
    Preset {
        key: "this_year",
        label: "This year",
        keitaro: Some("first_day_of_this_year"),
        dates: |today| (new_year(today), months_ahead(new_year(today), 12)),
        step: Step::Months(12),
    },
    Preset {
        key: "last_year",
        label: "Last year",
        keitaro: None,
        dates: |today| (months_back(new_year(today), 12), new_year(today)),
        step: Step::Months(12),
    },
    Preset {
        key: "all_time",
        label: "All time",
        keitaro: None,
        dates: |today| (NaiveDate::default(), after(today)),
        step: Step::Never,
    },
];

// No calendar that a clock shows ends within these steps; if one did, the day itself would stay.

fn ahead(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_add_days(Days::new(days)).unwrap_or(day)
}

fn after(day: NaiveDate) -> NaiveDate {
    ahead(day, 1)
}

fn back(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_sub_days(Days::new(days)).unwrap_or(day)
}

fn months_ahead(day: NaiveDate, months: u32) -> NaiveDate {
    day.checked_add_months(Months::new(months)).unwrap_or(day)
}

fn months_back(day: NaiveDate, months: u32) -> NaiveDate {
    day.checked_sub_months(Months::new(months)).unwrap_or(day)
}

fn monday(day: NaiveDate) -> NaiveDate {
    back(day, day.weekday().num_days_from_monday().into())
}

fn first(day: NaiveDate) -> NaiveDate {
    back(day, day.day0().into())
}

fn quarter(day: NaiveDate) -> NaiveDate {
    months_back(first(day), day.month0() % 3)
}

fn new_year(day: NaiveDate) -> NaiveDate {
    back(day, day.ordinal0().into())
}
