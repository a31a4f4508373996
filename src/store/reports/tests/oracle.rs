//! The same answers, by plain SQL over the raw rows.

use std::collections::BTreeMap;
use std::net::IpAddr;

use chrono::{DateTime, Datelike, TimeZone};
use chrono_tz::Tz;
use fastrand::Rng;
use rusqlite::types::Value;
use rusqlite::{Connection, params};

use super::super::Ask;
use super::facts::{CLICKS, DIMENSIONS, MONEY, RESULTS, keys, sql_of};
use super::world::{ADDRESSES, DAY, REFERRERS, World};
use crate::domain::basis::Basis;
use crate::domain::money::Micros;
use crate::store::clicks::packed::pack_ip;

/// What is compared: by the key of a metric its value with and without bots, in micro-units.
pub(super) type Numbers = BTreeMap<&'static str, [i64; 2]>;
pub(super) type Group = Vec<Option<String>>;

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
        select at from clicks union select at from conversions
        union select status_at from conversions union select at from unassigned_costs";
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
        let (clicks, unit) = (
            "(select * from counted where click_id is not null)",
            Micros::UNIT,
        );
        query.add(&mut found, clicks, "click_at", CLICKS, true, unit);
        query.add(
            &mut found,
            clicks,
            "click_at",
            &[("bots", "bot")],
            false,
            unit,
        );
    }
    if has_clicks && ask.needs.cost {
        let spent = "(select * from counted where click_id is not null or worth <> 0)";
        query.add(
            &mut found,
            spent,
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
