//! The same answers, worked out row by row from what plain SQL says.

use std::collections::{BTreeMap, HashMap};

use chrono_tz::Tz;
use rusqlite::types::Value;

use super::super::{Group, Question, Span};
use super::world::World;
use crate::domain::basis::Basis;
use crate::domain::money::{Currency, Micros};
use crate::domain::period;

/// Values of metrics by their key, with and without bots.
pub(super) type Counted = BTreeMap<String, [i64; 2]>;

/// Dimensions that SQL names by their key, and those that the program works out.
pub(super) const TRIED: [&str; 21] = [
    "campaign_id",
    "campaign_group_id",
    "flow_id",
    "landing_id",
    "offer_id",
    "network_id",
    "traffic_source_id",
    "domain_id",
    "country",
    "city",
    "asn",
    "device_type",
    "os",
    "language",
    "source",
    "creative_id",
    "sub_id_1",
    "sub_id_3",
    "is_bot",
    "bot_reason",
    "ip",
];

const CLICKS: &str = "
    select readable.*, clicks.id as click_id, clicks.at as at,
        json_extract(readable.sub_ids, '$[0]') as sub_id_1,
        json_extract(readable.sub_ids, '$[2]') as sub_id_3,
        (select count(*) from offer_clicks as step
            where step.click_id = clicks.id and step.flags & 1 = 0) as steps,
        (select offer_id from offer_clicks as step
            where step.click_id = clicks.id and step.flags & 1 = 0 and offer_id is not null
            order by id desc limit 1) as clicked,
        clicks.cost as micros
    from clicks_readable as readable join clicks using (id)";
const CONVERSIONS: &str = "
    select *, status = 2 and event = 'conversion' and flags & 7 = 0 and id = (
        select min(id) from conversions as other where other.click_id = conversions.click_id
            and status = 2 and event = 'conversion' and flags & 7 = 0) as makes_customer
    from conversions";

type Record = HashMap<String, Value>;

fn records(world: &World, sql: &str) -> Vec<Record> {
    let mut statement = world.connection.prepare(sql).unwrap();
    let names: Vec<String> = statement
        .column_names()
        .iter()
        .map(|name| (*name).to_owned())
        .collect();
    let rows = statement.query_map([], |row| {
        let values = names.iter().enumerate();
        values
            .map(|(index, name)| Ok((name.clone(), row.get(index)?)))
            .collect()
    });
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

fn number(record: &Record, name: &str) -> Option<i64> {
    match record[name] {
        Value::Integer(number) => Some(number),
        _ => None,
    }
}

fn is(record: &Record, name: &str) -> bool {
    number(record, name) == Some(1)
}

fn text(record: &Record, name: &str) -> Option<String> {
    match &record[name] {
        Value::Integer(0) if name.starts_with("sub_id") => None,
        Value::Integer(number) => Some(number.to_string()),
        Value::Text(text) if !text.is_empty() => Some(text.clone()),
        _ => None,
    }
}

/// All rows of a world, to answer from.
pub(super) struct Naive<'w> {
    world: &'w World,
    clicks: Vec<Record>,
    conversions: Vec<Record>,
}

impl<'w> Naive<'w> {
    pub(super) fn of(world: &'w World) -> Self {
        Self {
            world,
            clicks: records(world, CLICKS),
            conversions: records(world, CONVERSIONS),
        }
    }

    pub(super) fn answer(&self, question: &Question) -> BTreeMap<Group, Counted> {
        let mut groups = BTreeMap::new();
        let add = |groups: &mut BTreeMap<Group, Counted>, group: &Group, key: &str, value, bot| {
            let counted: &mut Counted = groups.entry(group.clone()).or_default();
            let [with, without] = counted.entry(key.to_owned()).or_default();
            *with += value;
            *without += if bot { 0 } else { value };
        };
        for click in self.clicks.iter().filter(|click| !is(click, "is_test")) {
            let campaign = number(click, "campaign_id").unwrap() as u64;
            let span = question.spans.of(campaign);
            let inside = |span: Span, at: i64| span.from <= at && at < span.to;
            let (at, bot) = (number(click, "at").unwrap(), is(click, "is_bot"));
            let offer = number(click, "clicked").or(number(click, "offer_id"));
            if let Some(group) = self.group(question, click, offer)
                && inside(span, at)
            {
                let steps = number(click, "steps").unwrap();
                let yes = |name| i64::from(is(click, name));
                let landing = i64::from(number(click, "landing_id").is_some());
                for (key, count) in [
                    ("clicks", 1),
                    ("unique_clicks", yes("is_unique_campaign")),
                    ("unique_flow_clicks", yes("is_unique_flow")),
                    ("unique_global_clicks", yes("is_unique_global")),
                    ("landing_views", landing),
                    ("offer_clicks", steps.min(1)),
                    ("offer_click_repeats", (steps - 1).max(0)),
                ] {
                    add(&mut groups, &group, key, count * Micros::UNIT, bot);
                }
                add(
                    &mut groups,
                    &group,
                    "bots",
                    i64::from(bot) * Micros::UNIT,
                    false,
                );
                add(&mut groups, &group, "cost", self.cost(click, at), false);
            }
            let own = |row: &&Record| number(row, "click_id") == number(click, "click_id");
            for row in self.conversions.iter().filter(own) {
                let (flags, status) = (number(row, "flags").unwrap(), number(row, "status"));
                let (Some(status), true) = (status, flags & 4 == 0) else {
                    continue;
                };
                let offer = number(row, "offer_id").or(offer);
                let Some(group) = self.group(question, click, offer) else {
                    continue;
                };
                let cost = number(row, "cost").unwrap_or(0);
                if inside(span, at) && cost != 0 {
                    add(&mut groups, &group, "cost", cost, false);
                }
                let time = match question.basis {
                    Basis::Click => at,
                    Basis::Conversion => number(row, "at").unwrap(),
                    Basis::Status => number(row, "status_at").unwrap(),
                };
                if inside(span, time) {
                    groups.entry(group.clone()).or_default();
                    for (key, value) in self.earned(row, at, status, flags) {
                        add(&mut groups, &group, &key, value, false);
                    }
                }
            }
        }
        let is_asked = |group: &Group| {
            question
                .only
                .as_ref()
                .is_none_or(|only| only.contains(group))
        };
        if question.dimensions.is_empty() && is_asked(&Vec::new()) {
            groups.entry(Vec::new()).or_default();
        }
        groups.retain(|group, _| is_asked(group));
        for counted in groups.values_mut() {
            let whole = |key: &str| counted.get(key).map_or(0, |[with, _]| *with);
            let delay = Micros(whole("seconds to conversion"));
            let average = delay.scaled(Micros::UNIT, whole("leads") + whole("sales"));
            let average = average.map_or(0, |average| average.0);
            counted.insert("time_to_conversion".to_owned(), [average; 2]);
        }
        groups
    }

    fn earned(&self, row: &Record, clicked_at: i64, status: i64, flags: i64) -> Vec<(String, i64)> {
        let event = text(row, "event").unwrap();
        let (revenue, once) = (number(row, "revenue").unwrap(), flags & 2 == 0);
        let one = if once { Micros::UNIT } else { 0 };
        let money = [
            "revenue_hold",
            "revenue_confirmed",
            "revenue_rejected",
            "revenue_rejected",
        ];
        let money = (money[status as usize - 1].to_owned(), revenue);
        let is_good = status <= 2;
        let mut all = Vec::new();
        match event.as_str() {
            "conversion" if flags & 1 == 0 => {
                let word = ["leads", "sales", "rejected", "trash"][status as usize - 1];
                all.push((word.to_owned(), one));
                if is_good {
                    all.push(("conversions".to_owned(), one));
                    let delay = (number(row, "at").unwrap() - clicked_at).max(0);
                    let counted = if once { delay * 1_000 } else { 0 };
                    all.push(("seconds to conversion".to_owned(), counted));
                }
                if is(row, "makes_customer") {
                    all.push(("customers".to_owned(), Micros::UNIT));
                }
                all.push(money);
            }
            "conversion" | "rebill" => {
                all.push(("rebills".to_owned(), if is_good { one } else { 0 }));
                all.push(money);
            }
            key => {
                let mut events = self.world.documents.events.values();
                let event = events.find(|event| event.key == key);
                if is_good {
                    all.push((format!("event:{key}"), one));
                    all.push((format!("event_revenue:{key}"), revenue));
                    if event.is_some_and(|event| event.counts_as_conversion) {
                        all.push(("conversions".to_owned(), one));
                    }
                }
                if event.is_some_and(|event| event.counts_in_revenue) {
                    all.push(money);
                }
            }
        }
        all
    }

    fn cost(&self, click: &Record, at: i64) -> i64 {
        let currency = text(click, "cost_currency").and_then(|code| Currency::parse(&code));
        let (Some(amount), Some(currency)) = (number(click, "micros"), currency) else {
            return 0;
        };
        let (rates, day) = (&self.world.rates, period::day(at, Tz::UTC));
        let worth = rates.convert(Micros(amount), currency, rates.reporting(), day);
        worth.unwrap_or_default().0
    }

    /// `None` outside of the scope.
    fn group(&self, question: &Question, click: &Record, offer: Option<i64>) -> Option<Group> {
        let scope = &question.scope;
        let allows = |ids: &Vec<u64>, id: Option<i64>| {
            ids.is_empty() || id.is_some_and(|id| ids.contains(&(id as u64)))
        };
        let is_inside = allows(&scope.campaigns, number(click, "campaign_id"))
            && allows(&scope.traffic_sources, number(click, "traffic_source_id"))
            && allows(&scope.offers, offer);
        let value = |key| {
            let id = |id: Option<u64>| id.map(|id| id.to_string());
            let documents = &self.world.documents;
            match key {
                "offer_id" => id(offer.map(|offer| offer as u64)),
                "network_id" => id(documents.offers[&(offer? as u64)].network_id),
                "campaign_group_id" => {
                    let campaign = number(click, "campaign_id")? as u64;
                    id(documents.campaigns[&campaign].group_id)
                }
                "is_bot" => Some(is(click, "is_bot").to_string()),
                key => text(click, key),
            }
        };
        let group = question
            .dimensions
            .iter()
            .map(|one| value(one.key))
            .collect();
        is_inside.then_some(group)
    }
}
