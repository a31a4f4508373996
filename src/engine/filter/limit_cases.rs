//! What limits take, and what they leave alone.

use std::cell::RefCell;
use std::collections::HashMap;

use serde_json::json;

use super::Filters;
use super::tests::compile;
use crate::domain::flow::{Match, Mode};
use crate::domain::visitor::DeviceType;
use crate::engine::Dice;
use crate::engine::testing::{AT, campaign, filter, visitor};
use crate::engine::trace::Silent;
use crate::engine::visit::{Asked, Counted, Counter, Counters, Forgetful, Seen, Visit};

/// Counts, and shows what it counted.
#[derive(Default)]
struct Counting(RefCell<HashMap<Counter, u64>>);

impl Counters for Counting {
    fn take(&self, counter: Counter, most: u64) -> bool {
        let mut counts = self.0.borrow_mut();
        let count = counts.entry(counter).or_default();
        let is_open = *count < most;
        *count += u64::from(is_open);
        is_open
    }

    fn give_back(&self, counter: Counter) {
        *self.0.borrow_mut().entry(counter).or_default() -= 1;
    }

    fn count(&self, counter: Counter) -> u64 {
        self.0.borrow().get(&counter).copied().unwrap_or(0)
    }
}

/// Whether the filters take a German phone.
fn limited(filters: &Filters, counting: &Counting, at: i64) -> bool {
    let german = visitor("DE", DeviceType::Mobile);
    let mut dice = Dice::seeded(1);
    let visit = Visit::new(&german, at, &|_| None, &Forgetful, counting, &mut dice);
    let campaign = campaign(1, "push", Vec::new());
    let asked = Asked {
        visit: &visit,
        campaign: &campaign,
        flow_id: 9,
        seen: Seen::default(),
    };
    filters.accept(&asked, &mut Silent)
}

fn counts(counting: &Counting) -> Vec<(Counted, u64)> {
    let counts = counting.0.borrow();
    let mut counts: Vec<_> = counts
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(counter, count)| (counter.what, *count))
        .collect();
    counts.sort_by_key(|(what, count)| (format!("{what:?}"), *count));
    counts
}

#[test]
fn a_limit_takes_so_many_clicks_in_each_period_of_its_zone() {
    const HOUR: i64 = 3_600_000;
    let value = json!({"per_hour": 2, "per_day": 3, "total": 4, "timezone": "Asia/Kolkata"});
    let filters = compile(Match::All, &[filter("limit", Mode::Accept, value)]);
    let counting = Counting::default();
    // 18:30 UTC is midnight in Kolkata.
    let midnight = AT - AT.rem_euclid(24 * HOUR) + 18 * HOUR + HOUR / 2;

    let taken: Vec<_> = [-HOUR - 1, -HOUR - 1, -HOUR - 1, -1, -1, 0, 0, HOUR]
        .into_iter()
        .map(|after| limited(&filters, &counting, midnight + after))
        .collect();

    // Two in the hour that begins at 22:00; the third of the day after 23:00; the last at midnight.
    assert_eq!(taken, [true, true, false, true, false, true, false, false]);
    assert_eq!(
        counts(&counting),
        [
            (Counted::FlowClicks, 4),
            (Counted::FlowClicksPerDay, 1),
            (Counted::FlowClicksPerDay, 3),
            (Counted::FlowClicksPerHour, 1),
            (Counted::FlowClicksPerHour, 1),
            (Counted::FlowClicksPerHour, 2),
        ]
    );
}

#[test]
fn an_hour_that_clocks_show_twice_is_two_hours() {
    const HOUR: i64 = 3_600_000;
    let value = json!({"per_hour": 1, "timezone": "Europe/Kyiv"});
    let filters = compile(Match::All, &[filter("limit", Mode::Accept, value)]);
    let counting = Counting::default();
    // 2026-10-25 at 00:30 UTC clocks in Kyiv show 03:30 for the first time.
    let first = 1_792_888_200_000;

    let taken = [0, HOUR, HOUR, 2 * HOUR].map(|after| limited(&filters, &counting, first + after));

    assert_eq!(taken, [true, true, false, true]);
}

#[test]
fn limits_are_asked_last_and_use_nothing_up_where_they_do_not_count() {
    let limit = |value| filter("limit", Mode::Accept, value);
    let country = |code: &str| filter("country", Mode::Accept, json!([code]));
    let total = || limit(json!({"total": 5}));
    let closed = || limit(json!({"total": 5, "per_hour": 1}));
    let cases = [
        (
            "another rejects",
            Match::All,
            vec![total(), country("FR")],
            false,
            vec![],
        ),
        (
            "another accepts",
            Match::Any,
            vec![total(), country("DE")],
            true,
            vec![],
        ),
        (
            "it is the last hope",
            Match::Any,
            vec![total(), country("FR")],
            true,
            vec![(Counted::FlowClicks, 1)],
        ),
        (
            "all accept",
            Match::All,
            vec![total(), country("DE")],
            true,
            vec![(Counted::FlowClicks, 1)],
        ),
    ];
    for (name, join, filters, expected, counted) in cases {
        let counting = Counting::default();
        assert_eq!(
            limited(&compile(join, &filters), &counting, AT),
            expected,
            "{name}"
        );
        assert_eq!(counts(&counting), counted, "{name}");
    }

    // Two limits of one measure are one count, under the lower of them.
    for (first, second) in [(2, 5), (5, 2)] {
        let filters = compile(
            Match::All,
            &[
                limit(json!({"total": first})),
                limit(json!({"total": second, "per_hour": 9})),
            ],
        );
        let counting = Counting::default();
        let taken = [(); 3].map(|()| limited(&filters, &counting, AT));
        assert_eq!(taken, [true, true, false]);
        let mut counted = counts(&counting);
        counted.retain(|(what, _)| *what == Counted::FlowClicks);
        assert!(counted.iter().all(|(_, count)| *count <= 2), "{counted:?}");
    }

    // One whose hour is over takes nothing of its total; the other limit of the flow counts alone.
    let filters = compile(
        Match::Any,
        &[closed(), limit(json!({"per_day": 9, "timezone": "UTC"}))],
    );
    let counting = Counting::default();
    assert!(limited(&filters, &counting, AT));
    assert!(limited(&filters, &counting, AT));
    assert_eq!(
        counts(&counting),
        [
            (Counted::FlowClicks, 1),
            (Counted::FlowClicksPerDay, 1),
            (Counted::FlowClicksPerHour, 1)
        ]
    );
}
