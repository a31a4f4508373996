//! Each dimension and each sum, as SQL over the views of `oracle.sql`.

/// Every dimension, as SQL over the views.
pub(super) const DIMENSIONS: [(&str, &str); 51] = [
    ("campaign_id", "campaign_id"),
    ("campaign_group_id", "(select group_id from groups_of_campaigns as one where one.campaign_id = row.campaign_id)"),
    ("flow_id", "flow_id"),
    ("landing_id", "landing_id"),
    ("offer_id", "offer"),
    ("network_id", "(select network_id from networks_of_offers as one where one.offer_id = row.offer)"),
    ("traffic_source_id", "traffic_source_id"),
    ("domain_id", "domain_id"),
    ("country", "country"),
    ("region", "region"),
    ("city", "city"),
    ("isp", "isp"),
    ("asn", "asn"),
    ("connection_type", "connection_type"),
    ("language", "language"),
    ("device_type", "device_type"),
    ("brand", "brand"),
    ("model", "model"),
    ("os", "os"),
    ("os_version", "os_version"),
    ("browser", "browser"),
    ("browser_version", "browser_version"),
    ("in_app", "in_app"),
    ("user_agent", "user_agent"),
    ("referrer", "referrer"),
    ("referrer_host", "(select host from referrers as one where one.referrer = row.referrer)"),
    ("source", "source"),
    ("keyword", "keyword"),
    ("creative_id", "creative_id"),
    ("ad_group_id", "ad_group_id"),
    ("ad_campaign_id", "ad_campaign_id"),
    ("external_id", "external_id"),
    ("ip", "(select text from addresses as one where one.ip = row.ip)"),
    ("ip_24", "(select near from addresses as one where one.ip = row.ip)"),
    ("ip_16", "(select far from addresses as one where one.ip = row.ip)"),
    ("is_unique_campaign", "case unique_campaign when 1 then 'true' when 0 then 'false' end"),
    ("is_unique_flow", "case unique_flow when 1 then 'true' when 0 then 'false' end"),
    ("is_unique_global", "case unique_global when 1 then 'true' when 0 then 'false' end"),
    ("is_bot", "case bot when 1 then 'true' when 0 then 'false' end"),
    (
        "bot_reason",
        "case flags >> 8 & 255 when 0 then iif(flags & 128, 'converted', null) when 1 then 'crawler'
            when 2 then 'tool' when 3 then 'empty_user_agent' when 4 then 'prefetch'
            when 5 then 'ip_list' when 6 then 'user_agent_list' end",
    ),
    ("sub_id_1", "nullif(json_extract(sub_ids, '$[0]'), 0)"),
    ("sub_id_3", "nullif(json_extract(sub_ids, '$[2]'), 0)"),
    ("sub_id_30", "nullif(json_extract(sub_ids, '$[29]'), 0)"),
    ("hour", "moments.hour"),
    ("day", "moments.day"),
    ("week", "moments.week"),
    ("month", "moments.month"),
    ("year", "moments.year"),
    ("weekday", "moments.weekday"),
    ("hour_of_day", "moments.hour_of_day"),
    ("sub_id_2", "null"),
];

/// Those that only conversions have.
pub(super) const OF_CONVERSIONS: [(&str, &str); 5] = [
    ("event", "event"),
    (
        "status",
        "case status when 1 then 'lead' when 2 then 'sale' when 3 then 'rejected' when 4 then 'trash' end",
    ),
    ("tid", "tid"),
    (
        "kept:plan",
        "iif(json_type(kept, '$.plan') = 'text', kept ->> '$.plan', null)",
    ),
    (
        "kept:weight",
        "iif(json_type(kept, '$.weight') = 'text', kept ->> '$.weight', null)",
    ),
];

pub(super) const CLICKS: &[(&str, &str)] = &[
    ("clicks", "1"),
    ("unique_clicks", "unique_campaign"),
    ("unique_flow_clicks", "unique_flow"),
    ("unique_global_clicks", "unique_global"),
    ("landing_views", "landing_id is not null"),
    ("offer_clicks", "steps > 0"),
    ("offer_click_repeats", "max(steps - 1, 0)"),
];
pub(super) const RESULTS: &[(&str, &str)] = &[
    (
        "conversions",
        "once and is_good and (is_first or is_own and counts)",
    ),
    ("leads", "is_first and once and status = 1"),
    ("sales", "is_first and once and status = 2"),
    ("rejected", "is_first and once and status = 3"),
    ("trash", "is_first and once and status = 4"),
    ("rebills", "is_again and once and is_good"),
    ("customers", "is_customer is 1"),
    ("event:deposit", "event = 'deposit' and once and is_good"),
    ("event:ghost", "event = 'ghost' and once and is_good"),
];
pub(super) const MONEY: &[(&str, &str)] = &[
    ("revenue_hold", "iif(pays and status = 1, revenue, 0)"),
    ("revenue_confirmed", "iif(pays and status = 2, revenue, 0)"),
    ("revenue_rejected", "iif(pays and status > 2, revenue, 0)"),
    (
        "event_revenue:call",
        "iif(event = 'call' and is_good, revenue, 0)",
    ),
    (
        "kept_sum:weight",
        "iif(is_good and json_type(kept, '$.weight') = 'integer', kept ->> '$.weight', 0)",
    ),
    // In micro-seconds, to be divided below.
    (
        "time_to_conversion",
        "iif(is_first and once and is_good, max(came_at - click_at, 0) * 1000, 0)",
    ),
];

/// Every key that is compared.
pub(super) fn keys() -> impl Iterator<Item = &'static str> {
    let named = CLICKS.iter().chain(RESULTS).chain(MONEY);
    named.map(|(key, _)| *key).chain(["bots", "cost"])
}

pub(super) fn sql_of(key: &str) -> &'static str {
    let mut all = DIMENSIONS.iter().chain(&OF_CONVERSIONS);
    all.find(|(known, _)| *known == key).unwrap().1
}
