//! Whom each filter takes, and what it says that it saw.

use serde_json::json;

use super::tests::compile;
use crate::domain::flow::{Filter, Match, Mode};
use crate::domain::visitor::{
    Agent, Bot, BotReason, ConnectionType, DeviceType, Language, Place, Visitor,
};
use crate::engine::Dice;
use crate::engine::testing::{AT, campaign, filter, visitor};
use crate::engine::trace::{Step, Story};
use crate::engine::visit::{Asked, Counters, Forgetful, Seen, Uncounted, Visit};

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
            ["Mozilla/5.0 (Linux; Android 14; SM-S918B)", "@empty"],
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
