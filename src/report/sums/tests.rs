//! What counts as what.

use proptest::prelude::*;

use super::*;
use crate::domain::conversion::Status;
use crate::domain::event::Event;
use crate::report::{MetricRef, View};

fn sale(happened: &Happened) -> Earned<'_> {
    Earned {
        happened,
        status: Some(Status::Sale),
        is_repeat: false,
        is_correction: false,
        is_test: false,
        makes_customer: false,
        revenue: Micros(5_000_000),
        delay_ms: 0,
        kept: &[],
    }
}

const SHOWN: [&str; 8] = [
    "conversions",
    "leads",
    "sales",
    "rejected",
    "trash",
    "rebills",
    "revenue",
    "revenue_rejected",
];

fn shown(conversion: &Earned<'_>) -> [String; 8] {
    let mut sums = Sums::default();
    sums.earn(conversion);
    SHOWN.map(|key| {
        let metric = MetricRef::parse(key).expect(key);
        let value = metric.value(&sums, View::default());
        value.expect("a sum").to_string()
    })
}

#[test]
fn a_conversion_counts_by_its_event_and_status() {
    let own = |counts_as_conversion, counts_in_revenue| Event {
        key: "deposit".to_owned(),
        counts_as_conversion,
        counts_in_revenue,
        ..Event::default()
    };
    let happened = |word, event: Option<&Event>| Happened::of(word, event);
    let (plain, rebill) = (happened("conversion", None), happened("rebill", None));
    let whole = happened("deposit", Some(&own(true, true)));
    let count_only = happened("deposit", Some(&own(true, false)));
    let money_only = happened("deposit", Some(&own(false, true)));
    let unknown = happened("deposit", None);
    let with = |happened, status| Earned {
        status,
        ..sale(happened)
    };
    let repeat = Earned {
        is_repeat: true,
        ..sale(&plain)
    };
    let correction = Earned {
        is_correction: true,
        revenue: Micros(-2_000_000),
        ..sale(&plain)
    };
    let test = Earned {
        is_test: true,
        ..sale(&plain)
    };
    let rejected_repeat = Earned {
        status: Some(Status::Rejected),
        ..repeat
    };
    let (lead, rejected, trash) = (Status::Lead, Status::Rejected, Status::Trash);
    let cases = [
        (
            "sale",
            sale(&plain),
            ["1", "0", "1", "0", "0", "0", "5", "0"],
        ),
        (
            "lead",
            with(&plain, Some(lead)),
            ["1", "1", "0", "0", "0", "0", "5", "0"],
        ),
        (
            "rejected",
            with(&plain, Some(rejected)),
            ["0", "0", "0", "1", "0", "0", "0", "5"],
        ),
        (
            "trash",
            with(&plain, Some(trash)),
            ["0", "0", "0", "0", "1", "0", "0", "5"],
        ),
        ("unmapped", with(&plain, None), ["0"; 8]),
        ("test", test, ["0"; 8]),
        ("repeat", repeat, ["0", "0", "0", "0", "0", "1", "5", "0"]),
        (
            "rejected repeat",
            rejected_repeat,
            ["0", "0", "0", "0", "0", "0", "0", "5"],
        ),
        (
            "correction",
            correction,
            ["0", "0", "0", "0", "0", "0", "-2", "0"],
        ),
        (
            "rebill",
            sale(&rebill),
            ["0", "0", "0", "0", "0", "1", "5", "0"],
        ),
        (
            "own",
            sale(&whole),
            ["1", "0", "0", "0", "0", "0", "5", "0"],
        ),
        (
            "own, rejected",
            with(&whole, Some(rejected)),
            ["0", "0", "0", "0", "0", "0", "0", "5"],
        ),
        (
            "own, no money",
            sale(&count_only),
            ["1", "0", "0", "0", "0", "0", "0", "0"],
        ),
        (
            "own, no count",
            sale(&money_only),
            ["0", "0", "0", "0", "0", "0", "5", "0"],
        ),
        ("own, unknown", sale(&unknown), ["0"; 8]),
    ];
    for (name, conversion, expected) in cases {
        assert_eq!(shown(&conversion), expected, "{name}");
    }
}

/// A click or a conversion of the dice.
fn add(sums: &mut Sums, seed: u64, happened: &[Happened]) {
    let mut dice = fastrand::Rng::with_seed(seed);
    if dice.bool() {
        sums.click(&Clicked {
            is_bot: dice.bool(),
            is_unique_campaign: dice.bool(),
            is_unique_flow: dice.bool(),
            is_unique_global: dice.bool(),
            has_landing: dice.bool(),
            steps: dice.u32(..4),
            cost: Micros(dice.i64(0..1_000)),
        });
    } else {
        let statuses = [1, 2, 3, 4, 0].map(Status::from_code);
        let mut kept = Vec::new();
        for name in ["weight", "age", "height"] {
            if dice.bool() {
                kept.push((name.into(), Micros(dice.i64(-9..9))));
            }
        }
        sums.earn(&Earned {
            status: statuses[dice.usize(..5)],
            is_repeat: dice.bool(),
            is_correction: dice.bool(),
            makes_customer: dice.bool(),
            revenue: Micros(dice.i64(-1_000..1_000)),
            delay_ms: dice.i64(-9..9_000),
            kept: &kept,
            ..sale(&happened[dice.usize(..happened.len())])
        });
    }
}

#[test]
fn kept_numbers_and_delays_are_summed_over_leads_and_sales() {
    let plain = Happened::of("conversion", None);
    let own = Happened::of("deposit", None);
    let kept = [("weight".into(), Micros(2_000_000))];
    let first = Earned {
        delay_ms: 1_500,
        kept: &kept,
        ..sale(&plain)
    };
    let cases = [
        ("sale", first, ["2", "2", "1.5"]),
        (
            "before its click",
            Earned {
                delay_ms: -1,
                ..first
            },
            ["2", "2", "0"],
        ),
        (
            "own",
            Earned {
                happened: &own,
                ..first
            },
            ["2", "2", ""],
        ),
        (
            "repeat",
            Earned {
                is_repeat: true,
                ..first
            },
            ["2", "2", ""],
        ),
        (
            "correction",
            Earned {
                is_correction: true,
                ..first
            },
            ["2", "", ""],
        ),
        (
            "rejected",
            Earned {
                status: Some(Status::Rejected),
                ..first
            },
            ["0", "", ""],
        ),
    ];
    for (name, conversion, expected) in cases {
        let mut sums = Sums::default();
        sums.earn(&conversion);
        let values = [
            "kept_sum:weight",
            "kept_average:weight",
            "time_to_conversion",
        ]
        .map(|key| {
            let metric = MetricRef::parse(key).expect(key);
            let value = metric.value(&sums, View::default());
            value.map_or(String::new(), |value| value.to_string())
        });
        assert_eq!(values, expected, "{name}");
    }
}

proptest! {
    #[test]
    fn sums_of_parts_merge_into_the_sums_of_the_whole(
        rows in proptest::collection::vec((any::<u64>(), 0usize..3), 0..60),
    ) {
        let happened = ["conversion", "rebill", "zebra", "call", "deposit"];
        let happened = happened.map(|word| Happened::of(word, None));
        let mut whole = Sums::default();
        let mut parts = [Sums::default(), Sums::default(), Sums::default()];
        for (seed, part) in rows {
            add(&mut whole, seed, &happened);
            add(&mut parts[part], seed, &happened);
        }

        let mut merged = Sums::default();
        for part in parts.iter().rev() {
            merged.merge(part);
        }

        prop_assert_eq!(merged, whole);
    }
}
