//! What all filters have in common, and how each decides about visitors.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use serde_json::json;

use super::lists::testing::lists;
use super::*;
use crate::domain::flow::{Filter, Match, Mode};
use crate::domain::visitor::{
    Agent, Bot, BotReason, ConnectionType, DeviceType, Language, Place, Visitor,
};
use crate::engine::Dice;
use crate::engine::testing::{AT, asking, campaign, filter, visitor};
use crate::engine::trace::{Silent, Step, Story};
use crate::engine::visit::{Counted, Counter, Counters, Forgetful, Seen, Uncounted, Visit};

#[test]
fn entries_are_complete_and_their_examples_compile() {
    let mut keys = HashSet::new();
    for kind in all() {
        let key = kind.key();
        for word in kind.aliases().iter().chain([&key]) {
            assert!(keys.insert(*word), "{word} is there twice");
            assert!(
                word.bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
            );
        }
        assert!(!kind.label().is_empty() && kind.help().len() > 20, "{key}");
        assert!(
            kind.compile(&kind.example(), &Lists::default()).is_ok(),
            "{key}"
        );
    }
    assert_eq!(options().len(), all().count());
}

#[test]
fn every_choice_that_is_offered_compiles() {
    for kind in all() {
        let (values, absent) = match kind.input() {
            Input::Choices { choices } | Input::FlagOrChoices { choices } => (
                choices
                    .into_iter()
                    .map(|choice| json!([choice.value]))
                    .collect(),
                None,
            ),
            Input::Choice { choices } => (
                choices
                    .into_iter()
                    .map(|choice| json!(choice.value))
                    .collect(),
                None,
            ),
            Input::Values { usual, absent, .. } => (
                usual.iter().map(|value| json!([value])).collect(),
                Some(absent),
            ),
            _ => (Vec::new(), None),
        };
        for value in values.into_iter().chain(absent.map(|word| json!([word]))) {
            assert!(
                kind.compile(&value, &Lists::default()).is_ok(),
                "{} {value}",
                kind.key()
            );
        }
    }
}

#[test]
fn values_of_the_wrong_shape_are_refused_by_every_filter() {
    for kind in all() {
        let wrong = [
            json!(null),
            json!(false),
            json!(-7),
            json!({}),
            json!([]),
            json!([7]),
            json!(["\0"]),
            json!([{"list_id": "x"}]),
            json!({"nonsense": 1}),
            json!(""),
        ];
        for value in wrong {
            let problems = kind
                .compile(&value, &Lists::default())
                .err()
                .unwrap_or_default();

            assert!(!problems.is_empty(), "{} takes {value}", kind.key());
        }
    }
}

#[test]
fn modes_and_joins_decide_together() {
    use Match::{All, Any};
    use Mode::{Accept, Reject};
    let cases = [
        (All, vec![], true),
        (Any, vec![], true),
        (All, vec![(Accept, true), (Accept, true)], true),
        (All, vec![(Accept, true), (Accept, false)], false),
        (All, vec![(Accept, true), (Reject, false)], true),
        (All, vec![(Reject, true)], false),
        (Any, vec![(Accept, false), (Accept, true)], true),
        (Any, vec![(Accept, false), (Reject, false)], true),
        (Any, vec![(Accept, false), (Reject, true)], false),
    ];
    let german = visitor("DE", DeviceType::Mobile);
    for (join, filters, expected) in cases {
        let documents: Vec<_> = filters
            .iter()
            .map(|(mode, matches)| {
                let country = if *matches { "DE" } else { "FR" };
                filter("country", *mode, json!([country]))
            })
            .collect();

        let compiled = compile(join, &documents);

        assert_eq!(
            asking(&german, 1, |asked| compiled.accept(asked, &mut Silent)),
            expected,
            "{join:?} {filters:?}"
        );
    }
}

#[test]
fn every_problem_of_a_list_is_reported_with_its_place() {
    let filters = [
        filter("contry", Mode::Accept, json!(["DE"])),
        filter("country", Mode::Accept, json!(["DE", "XX"])),
        filter("device_type", Mode::Accept, json!([])),
        filter("limit", Mode::Reject, json!({"total": 0})),
        filter("ip", Mode::Accept, json!(["10.0.0.1", {"list_id": 1}])),
        filter(
            "parameter",
            Mode::Accept,
            json!({"name": "a", "value": ["x", "/(/"]}),
        ),
    ];

    let lists = lists(&[(1, &["10.0.0.2", "zone 7"])]);
    let problems = Filters::compile(Match::All, &filters, &lists)
        .err()
        .unwrap_or_default();

    let fields: Vec<_> = problems.iter().map(|p| p.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "[0].key",
            "[1].value[1]",
            "[2].value",
            "[3].mode",
            "[3].value.total",
            "[4].value[1].list_id",
            "[5].value.value[1]",
        ]
    );
    assert!(problems[0].message.ends_with("Did you mean \"country\"?"));
    let of_list = "Line 2 of list 1 \"List 1\": \"zone 7\" is no address.";
    assert!(problems[5].message.starts_with(of_list), "{problems:?}");
}

#[test]
fn other_words_of_a_filter_are_understood() {
    for (alias, key) in [
        ("operator", "isp"),
        ("device_model", "model"),
        ("ipv_6", "ipv6"),
    ] {
        assert_eq!(find(alias).map(|kind| kind.key()), Some(key));
    }
}

fn compile(join: Match, filters: &[Filter]) -> Filters {
    Filters::compile(join, filters, &Lists::default()).expect("it compiles")
}

/// A visitor of whom everything is known.
fn known() -> Visitor {
    let text = |text: &str| Some(text.to_owned());
    let mut known = visitor("DE", DeviceType::Mobile);
    known.place = Place {
        region: text("Land Berlin"),
        city: text("Berlin"),
        isp: text("Deutsche Telekom AG"),
        asn: Some(3_320),
        connection_type: Some(ConnectionType::Cellular),
        proxy: text("vpn"),
        ..(*known.place).clone()
    }
    .into();
    known.agent = Agent {
        user_agent: "Mozilla/5.0 (Linux; Android 14; SM-S918B)".to_owned(),
        brand: text("Samsung"),
        model: text("SM-S918B"),
        os: text("Android"),
        os_version: text("14"),
        browser: text("Chrome"),
        browser_version: text("131.0.6778.39"),
        in_app: text("facebook"),
        x_requested_with: text("com.facebook.katana"),
        ..(*known.agent).clone()
    }
    .into();
    known.language = Language::parse("de");
    known.referrer = text("https://www.google.de/search");
    known.bot = Some(Bot {
        reason: BotReason::Tool,
        detail: String::new(),
    });
    let parameters = &mut known.parameters;
    parameters.keyword = text("red shoes");
    parameters.source = text("zone7");
    parameters.creative_id = text("1001");
    parameters.ad_group_id = text("2002");
    parameters.ad_campaign_id = text("3003");
    parameters.sub_ids = vec![(1, "a".to_owned()), (30, "z".to_owned())];
    known
}

/// Who is asked about: one of whom everything is known and who was seen before, or one of whom
/// nothing is.
struct Case {
    visitor: Visitor,
    seen: Seen,
    is_known: bool,
}

impl Case {
    /// Whether one filter accepts, and what the trace says that it saw.
    fn accepts(&self, one: Filter, counters: &dyn Counters) -> (bool, String) {
        let key = one.key.clone();
        let filters = compile(Match::All, &[one]);
        let mut dice = Dice::seeded(1);
        let parameter = |name: &str| (self.is_known && name == "test").then_some("Xyz");
        let visit = Visit::new(
            &self.visitor,
            AT,
            &parameter,
            &Forgetful,
            counters,
            &mut dice,
        );
        let campaign = campaign(1, "push", Vec::new());
        let asked = Asked {
            visit: &visit,
            campaign: &campaign,
            flow_id: 9,
            seen: self.seen,
        };
        let mut story = Story::default();
        let accepts = filters.accept(&asked, &mut story);
        match story.steps.as_slice() {
            [
                Step::Filter {
                    flow_id: 9,
                    index: 0,
                    key: told,
                    visitor,
                    accepts: same,
                    ..
                },
            ] => {
                assert_eq!((*told, *same), (key.as_str(), accepts));
                (accepts, visitor.clone())
            }
            steps => panic!("{key} told {steps:?}"),
        }
    }
}

#[test]
fn each_filter_takes_whom_it_should_and_says_what_it_saw() {
    let known = Case {
        visitor: known(),
        seen: Seen {
            in_campaign: true,
            anywhere: true,
            flows: Seen::bit(9),
            choices: None,
        },
        is_known: true,
    };
    let unknown = Case {
        visitor: visitor("", DeviceType::Other),
        seen: Seen::default(),
        is_known: false,
    };
    // Filter, value of the known one, another value, the word of the unknown one; what is told.
    let cases = [
        (
            "country",
            json!("US de"),
            json!(["US"]),
            json!(["unknown"]),
            ["DE", "unknown"],
        ),
        (
            "region",
            json!(["*berlin"]),
            json!(["Bavaria"]),
            json!(["unknown"]),
            ["Land Berlin", "unknown"],
        ),
        (
            "city",
            json!(["berlin"]),
            json!(["Ber"]),
            json!(["@empty"]),
            ["Berlin", "unknown"],
        ),
        (
            "isp",
            json!("x\n*telekom*"),
            json!(["Telekom"]),
            json!(["unknown"]),
            ["Deutsche Telekom AG", "unknown"],
        ),
        (
            "asn",
            json!(["AS3320"]),
            json!(["332"]),
            json!(["unknown"]),
            ["AS3320", "unknown"],
        ),
        (
            "connection_type",
            json!(["cellular"]),
            json!(["broadband"]),
            json!(["unknown"]),
            ["cellular", "unknown"],
        ),
        (
            "proxy",
            json!(["vpn"]),
            json!(["tor"]),
            json!(null),
            ["vpn", "none known"],
        ),
        (
            "ip",
            json!(["203.0.113.*"]),
            json!(["203.0.112.0/24"]),
            json!(null),
            ["203.0.113.9", "203.0.113.9"],
        ),
        (
            "device_type",
            json!(["mobile"]),
            json!(["desktop"]),
            json!(["other"]),
            ["mobile", "other"],
        ),
        (
            "brand",
            json!(["SAMSUNG"]),
            json!(["Apple"]),
            json!(["unknown"]),
            ["Samsung", "unknown"],
        ),
        (
            "model",
            json!(["SM-S9*"]),
            json!(["SM-S9"]),
            json!(["unknown"]),
            ["SM-S918B", "unknown"],
        ),
        (
            "os",
            json!(["android"]),
            json!(["iOS"]),
            json!(["unknown"]),
            ["Android", "unknown"],
        ),
        (
            "os_version",
            json!([">=10"]),
            json!(["9-11", "XP"]),
            json!(["unknown"]),
            ["14", "unknown"],
        ),
        (
            "browser",
            json!(["chrome"]),
            json!(["Safari"]),
            json!(["unknown"]),
            ["Chrome", "unknown"],
        ),
        (
            "browser_version",
            json!("131"),
            json!(["<131"]),
            json!(["unknown"]),
            ["131.0.6778.39", "unknown"],
        ),
        (
            "language",
            json!("en, de"),
            json!(["en"]),
            json!(["unknown"]),
            ["de", "unknown"],
        ),
        (
            "user_agent",
            json!(["/Android \\d+;/"]),
            json!(["mozilla"]),
            json!(["@empty"]),
            ["Mozilla/5.0 (Linux; Android 14; SM-S918B)", ""],
        ),
        (
            "in_app",
            json!(["facebook"]),
            json!(["webview"]),
            json!(["@empty"]),
            ["facebook", "@empty"],
        ),
        (
            "x_requested_with",
            json!(["com.facebook.*"]),
            json!(["com.facebook"]),
            json!(["@empty"]),
            ["com.facebook.katana", "@empty"],
        ),
        (
            "referrer",
            json!(["*google.*"]),
            json!(["google"]),
            json!(["@empty"]),
            ["https://www.google.de/search", "@empty"],
        ),
        (
            "keyword",
            json!(["*shoes"]),
            json!(["shoes"]),
            json!(["@empty"]),
            ["red shoes", "@empty"],
        ),
        (
            "source",
            json!(["ZONE7"]),
            json!(["unknown"]),
            json!(["@empty"]),
            ["zone7", "@empty"],
        ),
        (
            "creative_id",
            json!(["1001"]),
            json!(["100"]),
            json!(["@empty"]),
            ["1001", "@empty"],
        ),
        (
            "ad_group_id",
            json!(["2002"]),
            json!(["1001"]),
            json!(["@empty"]),
            ["2002", "@empty"],
        ),
        (
            "ad_campaign_id",
            json!(["3003"]),
            json!(["2002"]),
            json!(["@empty"]),
            ["3003", "@empty"],
        ),
        (
            "sub_id_1",
            json!(["a"]),
            json!(["z"]),
            json!(["@empty"]),
            ["a", "@empty"],
        ),
        (
            "sub_id_30",
            json!(["z"]),
            json!(["a"]),
            json!(["@empty"]),
            ["z", "@empty"],
        ),
        (
            "parameter",
            json!({"name": "test", "value": ["xyz"]}),
            json!({"name": "test", "value": "x"}),
            json!({"name": "test", "value": ["@empty"]}),
            ["test=Xyz", "test="],
        ),
        (
            "bot",
            json!(["tool"]),
            json!(["crawler"]),
            json!(null),
            ["tool", "no bot"],
        ),
    ];
    for (key, own, other, absent, seen) in cases {
        for (case, seen) in [(&known, seen[0]), (&unknown, seen[1])] {
            for (value, is_of) in [
                (&own, key == "ip" || case.is_known),
                (&other, false),
                (&absent, !case.is_known),
            ] {
                if value.is_null() {
                    continue;
                }
                for mode in [Mode::Accept, Mode::Reject] {
                    let told = case.accepts(filter(key, mode, value.clone()), &Uncounted);
                    let expected = (is_of == (mode == Mode::Accept), seen.to_owned());
                    assert_eq!(told, expected, "{key} {mode:?} {value}");
                }
            }
        }
    }

    // Flags, and what is not about texts: whether it holds for the known one and for the other.
    let hours = json!({"timezone": "Europe/Kyiv", "hours": {"fri": ["05:00-05:05"]}});
    let cases = [
        (
            "ipv6",
            json!(true),
            [false, false],
            ["203.0.113.9", "203.0.113.9"],
        ),
        ("proxy", json!(true), [true, false], ["vpn", "none known"]),
        ("bot", json!(true), [true, false], ["tool", "no bot"]),
        (
            "empty_referrer",
            json!(true),
            [false, true],
            ["https://www.google.de/search", "@empty"],
        ),
        (
            "uniqueness",
            json!(true),
            [false, true],
            ["seen in this flow", "new"],
        ),
        (
            "uniqueness",
            json!("campaign"),
            [false, true],
            ["seen in this flow", "new"],
        ),
        (
            "uniqueness",
            json!("everywhere"),
            [false, true],
            ["seen in this flow", "new"],
        ),
        ("share", json!(100), [true, true], ["drawn by chance"; 2]),
        // 2026-01-02 03:04:05 UTC.
        ("schedule", hours, [true, true], ["Fri 05:04"; 2]),
        (
            "interval",
            json!({"to": "2026-01-02 03:04:05", "timezone": "UTC"}),
            [false, false],
            ["2026-01-02 03:04:05"; 2],
        ),
        (
            "limit",
            json!({"total": 1}),
            [true, true],
            ["0 of 1 in all"; 2],
        ),
    ];
    for (key, value, holds, seen) in cases {
        for (place, case) in [&known, &unknown].into_iter().enumerate() {
            let told = case.accepts(filter(key, Mode::Accept, value.clone()), &Uncounted);
            assert_eq!(
                told,
                (holds[place], seen[place].to_owned()),
                "{key} {value}"
            );
        }
    }
    let mut sixth = unknown;
    sixth.visitor.ip = "2001:db8::1".parse().expect("an address");
    assert!(
        sixth
            .accepts(filter("ipv6", Mode::Accept, json!(true)), &Uncounted)
            .0
    );
}

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

/// Whether the filters take a German phone; its counters after that.
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

#[test]
fn a_list_of_a_hundred_thousand_lines_is_compiled_once_for_all_its_filters() {
    let lines: Vec<String> = (0..100_000_u32)
        .map(|n| std::net::Ipv4Addr::from_bits(0x0a00_0000 + n * 7).to_string())
        .collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let lists = lists(&[(1, &lines)]);
    let value = json!([{"list_id": 1}]);
    let uses: Vec<_> = (0..100)
        .map(|_| filter("ip", Mode::Reject, value.clone()))
        .collect();
    // Each would take a second or so by itself.
    for _ in 0..100 {
        Filters::compile(Match::All, &uses, &lists).expect("it compiles");
    }
    let filters = Filters::compile(Match::All, &uses, &lists).expect("it compiles");
    let mut german = visitor("DE", DeviceType::Mobile);
    let mut takes = |address: &str| {
        german.ip = address.parse().expect("an address");
        asking(&german, 1, |asked| filters.accept(asked, &mut Silent))
    };

    assert!(takes("10.0.0.1"));
    assert!(!takes("10.0.0.7"));
}
