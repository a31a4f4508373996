//! The columns of each log as a file, in the order in which they come unless others are asked for.

use super::{Column, Holds::Money, Holds::Plain, Holds::Time, Table};

const fn plain(key: &'static str) -> Column {
    Column { key, holds: Plain }
}

const fn time(key: &'static str) -> Column {
    Column { key, holds: Time }
}

const fn money(key: &'static str) -> Column {
    Column { key, holds: Money }
}

pub(in crate::web::api) static CLICKS: Table = Table {
    path: "clicks",
    columns: &[CLICK, OF_CLICK, SUB_IDS, LAST_OF_CLICK],
};

const CLICK: &[Column] = &[
    plain("click_id"),
    time("at"),
    plain("campaign_id"),
    plain("flow_id"),
    plain("landing_id"),
    plain("offer_id"),
    plain("traffic_source_id"),
];

/// Facts of a click that its conversions tell too.
const OF_CLICK: &[Column] = &[
    plain("domain_id"),
    plain("ip"),
    plain("country"),
    plain("region"),
    plain("city"),
    plain("isp"),
    plain("asn"),
    plain("connection_type"),
    plain("proxy"),
    plain("device_type"),
    plain("brand"),
    plain("model"),
    plain("os"),
    plain("os_version"),
    plain("browser"),
    plain("browser_version"),
    plain("in_app"),
    plain("x_requested_with"),
    plain("user_agent"),
    plain("language"),
    plain("referrer"),
    plain("referrer_host"),
    plain("source"),
    plain("keyword"),
    plain("creative_id"),
    plain("ad_group_id"),
    plain("ad_campaign_id"),
    plain("external_id"),
    plain("is_unique_campaign"),
    plain("is_unique_flow"),
    plain("is_unique_global"),
    plain("is_bot"),
    plain("bot_reason"),
    plain("bot_detail"),
];

macro_rules! sub_ids {
    ($($number:literal)*) => {
        &[$(plain(concat!("sub_id_", $number))),*]
    };
}

const SUB_IDS: &[Column] =
    sub_ids!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30);

const LAST_OF_CLICK: &[Column] = &[
    plain("other_parameters"),
    money("cost"),
    plain("cost_currency"),
    plain("cost_fell_back"),
    plain("is_test"),
    plain("parent_click_id"),
];

pub(in crate::web::api) static CONVERSIONS: Table = Table {
    path: "conversions",
    columns: &[CONVERSION, OF_CLICK, SUB_IDS],
};

const CONVERSION: &[Column] = &[
    plain("id"),
    plain("click_id"),
    time("at"),
    time("status_at"),
    time("click_at"),
    plain("campaign_id"),
    plain("flow_id"),
    plain("landing_id"),
    plain("offer_id"),
    plain("network_id"),
    plain("traffic_source_id"),
    plain("event"),
    plain("tid"),
    plain("status"),
    plain("previous_status"),
    plain("original_status"),
    money("payout"),
    plain("currency"),
    money("rate"),
    money("revenue"),
    money("sale_amount"),
    money("cost"),
    plain("cost_currency"),
    plain("is_repeat"),
    plain("is_correction"),
    plain("is_test"),
    plain("is_payout_unread"),
    plain("kept"),
    plain("other_parameters"),
];

pub(in crate::web::api) static OFFER_CLICKS: Table = Table {
    path: "offer-clicks",
    columns: &[&[
        plain("id"),
        time("at"),
        plain("click_id"),
        plain("campaign_id"),
        plain("flow_id"),
        plain("landing_id"),
        plain("offer_id"),
        plain("n"),
        plain("is_preview"),
        plain("is_no_entry"),
    ]],
};

pub(in crate::web::api) static POSTBACKS: Table = Table {
    path: "postbacks",
    columns: &[&[
        plain("id"),
        time("at"),
        plain("ip"),
        plain("method"),
        plain("network_key"),
        plain("network_id"),
        plain("parameters"),
        plain("click_id"),
        plain("found_in"),
        plain("verdict"),
        plain("reason"),
        plain("conversion_id"),
        plain("unmapped"),
        plain("is_replayed"),
        plain("is_parked"),
    ]],
};

pub(in crate::web::api) static OUTBOX: Table = Table {
    path: "outbox",
    columns: &[&[
        plain("id"),
        time("at"),
        plain("kind"),
        plain("key"),
        plain("channel_id"),
        plain("rule_id"),
        plain("run_id"),
        plain("state"),
        plain("reason"),
        plain("conversion_id"),
        plain("click_id"),
        plain("campaign_id"),
        plain("traffic_source_id"),
        plain("event"),
        plain("status"),
        plain("target"),
        plain("method"),
        plain("url"),
        plain("host"),
        plain("headers"),
        plain("body"),
        plain("attempts"),
        time("next_at"),
        time("finished_at"),
        plain("possibly_repeated"),
    ]],
};

pub(in crate::web::api) static RULE_RUNS: Table = Table {
    path: "rule-runs",
    columns: &[&[
        plain("id"),
        time("at"),
        plain("rule_id"),
        plain("rule_name"),
        plain("rule_version"),
        plain("key"),
        plain("group"),
        plain("campaign_id"),
        plain("conversion_id"),
        plain("numbers"),
        plain("window"),
        plain("verdict"),
        plain("reason"),
        plain("effects"),
        time("undone_at"),
    ]],
};
