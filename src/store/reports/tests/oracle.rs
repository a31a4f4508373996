//! The same answers, by plain SQL over the raw rows.

use std::collections::BTreeMap;
use std::net::IpAddr;

use chrono::{DateTime, Datelike, TimeZone};
use chrono_tz::Tz;
use fastrand::Rng;
use rusqlite::types::Value;
use rusqlite::{Connection, params};

use super::super::Ask;
use super::world::{ADDRESSES, DAY, REFERRERS, World};
use crate::domain::basis::Basis;
use crate::domain::money::Micros;
use crate::store::clicks::packed::pack_ip;

/// What is compared: by the key of a metric its value with and without bots, in micro-units.
pub(super) type Numbers = BTreeMap<&'static str, [i64; 2]>;
pub(super) type Group = Vec<Option<String>>;

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
    ("is_unique_campaign", "iif(unique_campaign, 'true', 'false')"),
    ("is_unique_flow", "iif(unique_flow, 'true', 'false')"),
    ("is_unique_global", "iif(unique_global, 'true', 'false')"),
    ("is_bot", "iif(bot, 'true', 'false')"),
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

const CLICKS: &[(&str, &str)] = &[
    ("clicks", "1"),
    ("unique_clicks", "unique_campaign"),
    ("unique_flow_clicks", "unique_flow"),
    ("unique_global_clicks", "unique_global"),
    ("landing_views", "landing_id is not null"),
    ("offer_clicks", "steps > 0"),
    ("offer_click_repeats", "max(steps - 1, 0)"),
];
const RESULTS: &[(&str, &str)] = &[
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
const MONEY: &[(&str, &str)] = &[
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

/// Views and small tables beside the raw rows.
pub(super) fn prepare(world: &World) {
    let connection = &world.connection;
    connection
        .execute_batch(include_str!("oracle.sql"))
        .unwrap();
    for (text, near, far) in ADDRESSES {
        let ip = pack_ip(&text.parse::<IpAddr>().unwrap());
        let sql = "insert into addresses values (?, ?, ?, ?)";
        connection
            .execute(sql, params![ip, text, near, far])
            .unwrap();
    }
    for row in REFERRERS {
        let sql = "insert into referrers values (?, ?)";
        connection.execute(sql, row).unwrap();
    }
    let day = world.now / DAY;
    let rates = [
        ("USD", 0, 1, 1),
        ("EUR", day, 1_083_333_333, 1_000_000_000),
        ("EUR", day + 2, 11, 10),
    ];
    for row in rates {
        let sql = "insert into rates values (?, ?, ?, ?)";
        connection.execute(sql, row).unwrap();
    }
}

/// Writes down what clocks show at each time that there is.
fn show(connection: &Connection, zone: Tz) {
    connection.execute("delete from moments", []).unwrap();
    let times = "
        select at from clicks union select at from conversions union select status_at from conversions";
    let mut statement = connection.prepare(times).unwrap();
    let times = statement.query_map([], |row| row.get::<_, i64>(0)).unwrap();
    for at in times.map(Result::unwrap) {
        let time = DateTime::from_timestamp_millis(at).unwrap();
        let local = zone.from_utc_datetime(&time.naive_utc()).naive_local();
        let monday =
            local.date() - chrono::Days::new(local.weekday().num_days_from_monday().into());
        let shown = |format: &str| local.format(format).to_string();
        let sql = "insert into moments values (?, ?, ?, ?, ?, ?, ?, ?)";
        let values = params![
            at,
            shown("%Y-%m-%d %H:00"),
            shown("%Y-%m-%d"),
            monday.to_string(),
            shown("%Y-%m"),
            shown("%Y"),
            shown("%u"),
            shown("%H"),
        ];
        connection.execute(sql, values).unwrap();
    }
}

/// What a filter of a report lets through: these values, or all others.
#[derive(Debug, Clone)]
pub(super) struct Allowed {
    pub(super) key: &'static str,
    pub(super) values: Vec<Option<String>>,
    pub(super) is_negated: bool,
}

impl Allowed {
    /// Some of the values that rows have.
    pub(super) fn of(world: &World, key: &'static str, dice: &mut Rng) -> Self {
        let sql = format!(
            "select distinct {} from results as row join moments on moments.at = row.came_at",
            text(key)
        );
        show(&world.connection, Tz::UTC);
        let mut statement = world.connection.prepare(&sql).unwrap();
        let values = statement.query_map([], |row| row.get(0)).unwrap();
        let mut values: Vec<Option<String>> = values.map(Result::unwrap).collect();
        values.retain(|_| dice.bool());
        Self {
            key,
            values,
            is_negated: dice.bool(),
        }
    }

    pub(super) fn holds(&self, value: Option<&str>) -> bool {
        let mut values = self.values.iter();
        values.any(|one| one.as_deref() == value) != self.is_negated
    }

    fn sql(&self) -> String {
        let one_of = self.values.iter().map(|value| match value {
            Some(value) => format!("{} is '{}'", text(self.key), value.replace('\'', "''")),
            None => format!("{} is null", text(self.key)),
        });
        let one_of: Vec<String> = one_of.chain(["0".to_owned()]).collect();
        let is_one_of = one_of.join(" or ");
        match self.is_negated {
            true => format!("not ({is_one_of})"),
            false => format!("({is_one_of})"),
        }
    }
}

/// A dimension as text; empty is null.
fn text(key: &str) -> String {
    format!("nullif(cast({} as text), '')", sql_of(key))
}

/// What the answer has to be.
pub(super) fn answer(
    world: &World,
    ask: &Ask<'_>,
    dimensions: &[&'static str],
    filters: &[Allowed],
) -> BTreeMap<Group, Numbers> {
    let connection = &world.connection;
    show(connection, ask.zone);
    let is_of_click = |key: &str| DIMENSIONS.iter().any(|(known, _)| *known == key);
    let filtered = filters.iter().map(|filter| filter.key);
    let has_clicks = dimensions.iter().copied().chain(filtered).all(is_of_click);
    let mut found = BTreeMap::new();
    if dimensions.is_empty() {
        found.insert(Vec::new(), Numbers::new());
    }
    let query = Query {
        connection,
        ask,
        dimensions,
        filters,
    };
    if has_clicks {
        query.add(
            &mut found,
            "counted",
            "click_at",
            CLICKS,
            true,
            Micros::UNIT,
        );
        query.add(
            &mut found,
            "counted",
            "click_at",
            &[("bots", "bot")],
            false,
            Micros::UNIT,
        );
    }
    if has_clicks && ask.needs.cost {
        query.add(
            &mut found,
            "counted",
            "click_at",
            &[("cost", "worth")],
            false,
            1,
        );
        let paid = "(select * from results where paid <> 0)";
        query.add(&mut found, paid, "click_at", &[("cost", "paid")], false, 1);
    }
    if ask.needs.conversions || !has_clicks {
        let at = match ask.basis {
            Basis::Click => "click_at",
            Basis::Conversion => "came_at",
            Basis::Status => "status_at",
        };
        query.add(&mut found, "results", at, RESULTS, false, Micros::UNIT);
        query.add(&mut found, "results", at, MONEY, false, 1);
    }
    for numbers in found.values_mut() {
        for key in keys() {
            numbers.entry(key).or_default();
        }
        let of_both = (numbers["leads"][0] + numbers["sales"][0]) / Micros::UNIT;
        for number in numbers.get_mut("time_to_conversion").unwrap() {
            *number = Micros(*number).scaled(1, of_both).unwrap_or_default().0;
        }
    }
    found
}

struct Query<'q> {
    connection: &'q Connection,
    ask: &'q Ask<'q>,
    dimensions: &'q [&'static str],
    filters: &'q [Allowed],
}

impl Query<'_> {
    /// Adds sums over the rows of a view, by that time of theirs.
    fn add(
        &self,
        found: &mut BTreeMap<Group, Numbers>,
        view: &str,
        at: &str,
        sums: &[(&'static str, &'static str)],
        is_without_bots: bool,
        unit: i64,
    ) {
        let dimensions = self.dimensions.iter().map(|key| text(key) + ", ");
        let dimensions: String = dimensions.collect();
        let numbers = sums.iter().map(|(_, sql)| {
            let without = if is_without_bots {
                format!("iif(bot, 0, {sql})")
            } else {
                (*sql).to_owned()
            };
            format!("sum({sql}), sum({without}), ")
        });
        let numbers: String = numbers.collect();
        let filters = self
            .filters
            .iter()
            .map(|filter| " and ".to_owned() + &filter.sql());
        let filters: String = filters.collect();
        let places: Vec<String> = (1..=self.dimensions.len() + 1)
            .map(|place| place.to_string())
            .collect();
        let sql = format!(
            "select 'all', {dimensions} {numbers} 0
            from {view} as row join moments on moments.at = row.{at}
            where row.{at} >= ?1 and row.{at} < ?2 {filters}
            group by {}",
            places.join(", ")
        );
        let mut statement = self.connection.prepare(&sql).unwrap();
        let mut rows = statement
            .query((self.ask.span.from, self.ask.span.to))
            .unwrap();
        while let Some(row) = rows.next().unwrap() {
            let group = (1..=self.dimensions.len()).map(|place| row.get(place).unwrap());
            let group: &mut Numbers = found.entry(group.collect()).or_default();
            for (number, (key, _)) in sums.iter().enumerate() {
                let place = 1 + self.dimensions.len() + number * 2;
                let both = [0, 1].map(|one| match row.get(place + one).unwrap() {
                    Value::Integer(sum) => sum * unit,
                    other => panic!("{key}: {other:?}"),
                });
                let to = group.entry(key).or_default();
                *to = [to[0] + both[0], to[1] + both[1]];
            }
        }
    }
}
