//! What metrics make of sums.

use std::collections::HashSet;

use super::*;
use crate::domain::conversion::Status;
use crate::domain::money::Micros;
use crate::report::measure::Measure;
use crate::report::{Clicked, Earned, Happened, MetricRef, Needs, RevenueKind, Sums, View};

fn money(text: &str) -> Micros {
    text.parse().expect("an amount")
}

/// 8 clicks, 3 of them bots', two of those unique; 4 landing views, 2 of them bots'; 3 offer clicks,
/// one a bot's, with 2 repeats. 2 sales, 1 lead, 1 rejected, 1 trash, 1 rebill, 2 registrations. The
/// clicks cost 4, the conversions 1. Each conversion came ten seconds after the one before it; all but
/// the first weigh 1.5, the first 3.
fn sums() -> Sums {
    let mut sums = Sums::default();
    for number in 0..8 {
        sums.click(&Clicked {
            is_bot: number < 3,
            is_unique_campaign: number % 2 == 0,
            is_unique_flow: number < 4,
            is_unique_global: number < 2,
            has_landing: number == 0 || number == 1 || number == 6 || number == 7,
            steps: match number {
                0 => 2,
                6 => 2,
                7 => 1,
                _ => 0,
            },
            cost: money("0.5"),
        });
    }
    sums.charge(money("1"));
    let own = Happened::Own {
        key: "registration".into(),
        counts_as_conversion: true,
        counts_in_revenue: false,
    };
    let weights = |weight| [("weight".into(), money(weight))];
    let (light, heavy) = (weights("1.5"), weights("3"));
    let conversions = [
        (&Happened::Conversion, Status::Sale, "5", true),
        (&Happened::Conversion, Status::Sale, "5", true),
        (&Happened::Conversion, Status::Lead, "3", false),
        (&Happened::Conversion, Status::Rejected, "2", false),
        (&Happened::Conversion, Status::Trash, "1", false),
        (&Happened::Rebill, Status::Sale, "4", false),
        (&own, Status::Sale, "7", false),
        (&own, Status::Lead, "9", false),
    ];
    for (number, (happened, status, revenue, makes_customer)) in (0_i64..).zip(conversions) {
        sums.earn(&Earned {
            happened,
            status: Some(status),
            is_repeat: false,
            is_correction: false,
            is_test: false,
            makes_customer,
            revenue: money(revenue),
            delay_ms: number * 10_000,
            kept: if number == 0 { &heavy } else { &light },
        });
    }
    sums
}

const WITHOUT_BOTS: View = View {
    revenue: RevenueKind::All,
    without_bots: true,
};

fn value(key: &str, view: View) -> Option<String> {
    let metric = MetricRef::parse(key).expect(key);
    let value = metric.value(&sums(), view)?;
    Some(value.to_string())
}

#[test]
fn every_metric_follows_from_the_sums() {
    let cases = [
        ("clicks", "8", "5"),
        ("unique_clicks", "4", "2"),
        ("unique_share", "50", "40"),
        ("unique_flow_clicks", "4", "1"),
        ("unique_flow_share", "50", "20"),
        ("unique_global_clicks", "2", "0"),
        ("unique_global_share", "25", "0"),
        ("bots", "3", "3"),
        ("bot_share", "37.5", "37.5"),
        ("landing_views", "4", "2"),
        ("offer_clicks", "3", "2"),
        ("offer_click_repeats", "2", "1"),
        ("offer_click_rate", "75", "100"),
        ("conversions", "5", "5"),
        ("leads", "1", "1"),
        ("sales", "2", "2"),
        ("received", "4", "4"),
        ("received_with_trash", "5", "5"),
        ("rejected", "1", "1"),
        ("trash", "1", "1"),
        ("rebills", "1", "1"),
        ("customers", "2", "2"),
        ("rebills_per_customer", "0.5", "0.5"),
        ("time_to_conversion", "10", "10"),
        ("approve_rate", "50", "50"),
        ("approve_rate_with_trash", "40", "40"),
        ("approve_rate_processed", "66.666667", "66.666667"),
        ("cr", "62.5", "100"),
        ("crl", "12.5", "20"),
        ("crs", "25", "40"),
        ("revenue", "17", "17"),
        ("revenue_hold", "3", "3"),
        ("revenue_confirmed", "14", "14"),
        ("revenue_rejected", "3", "3"),
        ("cost", "5", "5"),
        ("profit", "12", "12"),
        ("profit_confirmed", "9", "9"),
        ("roi", "240", "240"),
        ("roi_confirmed", "180", "180"),
        ("roas", "3.4", "3.4"),
        ("epc", "2.125", "3.4"),
        ("uepc", "4.25", "8.5"),
        ("ecpm", "2125", "3400"),
        ("average_payout", "3.4", "3.4"),
        ("cpc", "0.625", "1"),
        ("ucpc", "1.25", "2.5"),
        ("ecpc", "1.666667", "2.5"),
        ("cpm", "625", "1000"),
        ("cpa", "1", "1"),
        ("cpl", "5", "5"),
        ("cps", "2.5", "2.5"),
        ("cac", "2.5", "2.5"),
        ("ltv", "8.5", "8.5"),
        ("event:registration", "2", "2"),
        ("event_revenue:registration", "16", "16"),
        ("event_rate:registration", "25", "40"),
        ("event_cost:registration", "2.5", "2.5"),
        ("event:deposit", "0", "0"),
        ("kept_sum:weight", "10.5", "10.5"),
        ("kept_average:weight", "1.75", "1.75"),
        ("kept_sum:height", "0", "0"),
    ];
    for (key, with_bots, without_bots) in cases {
        assert_eq!(
            value(key, View::default()).as_deref(),
            Some(with_bots),
            "{key}"
        );
        assert_eq!(
            value(key, WITHOUT_BOTS).as_deref(),
            Some(without_bots),
            "{key}"
        );
    }
    let tried: HashSet<_> = cases.map(|(key, ..)| key.split(':').next()).into();
    for metric in all().chain(of_events()).chain(of_kept()) {
        assert!(
            tried.contains(&Some(metric.key)),
            "{} is not tried",
            metric.key
        );
    }
}

#[test]
fn the_view_says_which_revenue_is_meant() {
    for (revenue, expected) in [
        (RevenueKind::All, ["17", "12", "240", "3.4", "16", "3"]),
        (RevenueKind::Confirmed, ["14", "9", "180", "2.8", "7", "3"]),
        (RevenueKind::Hold, ["3", "-2", "-40", "0.6", "9", "3"]),
    ] {
        let view = View {
            revenue,
            without_bots: false,
        };
        let keys = [
            "revenue",
            "profit",
            "roi",
            "roas",
            "event_revenue:registration",
            "revenue_hold",
        ];
        let values = keys.map(|key| value(key, view).expect(key));
        assert_eq!(values, expected, "{revenue:?}");
    }
}

#[test]
fn without_a_denominator_a_ratio_is_empty_and_a_sum_is_zero() {
    let nothing = Sums::default();
    for metric in all() {
        let found = MetricRef::parse(metric.key).expect(metric.key);
        let value = found.value(&nothing, View::default());
        let expected = match metric.formula {
            Formula::Sum(_) => Some(Micros::ZERO),
            Formula::Ratio { .. } => None,
        };
        assert_eq!(value, expected, "{}", metric.key);
    }
}

#[test]
fn formulas_are_written_as_people_read_them() {
    let cases = [
        ("clicks", "clicks"),
        ("profit", "revenue - cost"),
        ("roi", "(revenue - cost) / cost × 100"),
        ("approve_rate", "sales / (leads + sales + rejected) × 100"),
        ("epc", "revenue / clicks"),
        ("ecpm", "revenue / clicks × 1000"),
    ];
    for (key, expected) in cases {
        let metric = serde_json::to_value(find(key)).expect("it serialises");
        assert_eq!(metric["formula"], expected, "{key}");
    }
}

#[test]
fn a_number_needs_what_its_formula_names() {
    let needs = |key: &str, view| MetricRef::parse(key).expect(key).needs(view);
    let cases = [
        (
            "clicks",
            Needs {
                clicks: true,
                ..Needs::default()
            },
        ),
        (
            "offer_click_rate",
            Needs {
                landings: true,
                steps: true,
                ..Needs::default()
            },
        ),
        (
            "roi",
            Needs {
                cost: true,
                conversions: true,
                revenue: true,
                ..Needs::default()
            },
        ),
        (
            "time_to_conversion",
            Needs {
                conversions: true,
                delays: true,
                ..Needs::default()
            },
        ),
        (
            "event_rate:deposit",
            Needs {
                clicks: true,
                conversions: true,
                events: true,
                ..Needs::default()
            },
        ),
        (
            "kept_average:weight",
            Needs {
                conversions: true,
                kept: ["weight".to_owned()].into(),
                ..Needs::default()
            },
        ),
    ];
    for (key, expected) in cases {
        assert_eq!(needs(key, View::default()), expected, "{key}");
        let with_bots = Needs {
            bots: expected.clicks || expected.landings,
            ..expected
        };
        assert_eq!(needs(key, WITHOUT_BOTS), with_bots, "{key}");
    }
}

#[test]
fn every_row_is_whole_and_its_key_its_own() {
    let mut keys = HashSet::new();
    for metric in all().chain(of_events()).chain(of_kept()) {
        let key = metric.key;
        assert!(keys.insert(key), "{key} is there twice");
        let is_plain = |c: char| c.is_ascii_lowercase() || c == '_';
        assert!(key.chars().all(is_plain), "{key}");
        assert!(!metric.label.is_empty(), "{key}");
        assert!(metric.help.ends_with('.'), "{key}");
        let is_percent = matches!(metric.formula, Formula::Ratio { times: 100, .. });
        assert_eq!(metric.format == Format::Percent, is_percent, "{key}");
    }
    let words: HashSet<_> = Measure::ALL.iter().map(|(words, _)| words).collect();
    assert_eq!(words.len(), Measure::ALL.len());
}
