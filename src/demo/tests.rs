//! Whole demos: the same each time, consistent, and much like real traffic.

use std::sync::atomic::AtomicBool;

use rusqlite::Connection;
use rusqlite::types::Value;
use tempfile::TempDir;

use super::*;

/// 2026-11-20T18:30:00Z.
const UNTIL: i64 = 1_795_199_400_000;

struct Made {
    database: Connection,
    _directory: TempDir,
}

fn plan(clicks: u64, days: u32) -> Plan {
    Plan {
        clicks,
        seed: 1,
        days,
        until: UNTIL,
    }
}

fn made(plan: Plan) -> Made {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("millrace.db");
    make(&path, &plan, &AtomicBool::new(false), |_| {}).unwrap();
    Made {
        database: Connection::open(path).unwrap(),
        _directory: directory,
    }
}

impl Made {
    fn number(&self, sql: &str) -> f64 {
        let read = |row: &rusqlite::Row<'_>| row.get::<_, Option<f64>>(0);
        self.database
            .query_row(sql, [], read)
            .unwrap()
            .unwrap_or(0.0)
    }

    /// No row is to be found so.
    fn none(&self, sql: &str) {
        let count = self.number(&format!("select count(*) from ({sql})"));
        assert_eq!(count, 0.0, "{sql}");
    }

    fn rows(&self, table: &str) -> Vec<Vec<Value>> {
        let mut statement = self
            .database
            .prepare(&format!("select * from {table}"))
            .unwrap();
        let width = statement.column_count();
        let read = |row: &rusqlite::Row<'_>| (0..width).map(|at| row.get(at)).collect();
        statement
            .query_map([], read)
            .unwrap()
            .map(Result::unwrap)
            .collect()
    }
}

const TABLES: [&str; 16] = [
    "clicks",
    "offer_clicks",
    "conversions",
    "conversion_changes",
    "postbacks",
    "agents",
    "places",
    "routes",
    "campaigns",
    "offers",
    "landings",
    "networks",
    "traffic_sources",
    "events",
    "groups",
    "currency_rates",
];

#[test]
fn the_same_plan_gives_the_same_rows_and_another_seed_gives_others() {
    let (one, same) = (made(plan(3_000, 20)), made(plan(3_000, 20)));
    let other = made(Plan {
        seed: 2,
        ..plan(3_000, 20)
    });

    for table in TABLES {
        assert!(!one.rows(table).is_empty(), "{table}");
        assert!(one.rows(table) == same.rows(table), "{table}");
    }
    for table in ["clicks", "conversions", "postbacks"] {
        assert!(one.rows(table) != other.rows(table), "{table}");
    }
}

#[test]
fn everything_belongs_to_something_that_was_there_before() {
    let demo = made(plan(20_000, 30));

    assert_eq!(demo.number("select count(*) from clicks"), 20_000.0);
    demo.none("select 1 from clicks where at <> (id >> 22) + 1704067200000");
    demo.none(&format!(
        "select 1 from clicks where at >= {UNTIL} or at < {UNTIL} - 30 * 86400000"
    ));
    demo.none(
        "select 1 from offer_clicks as step left join clicks on clicks.id = step.click_id
        left join routes on routes.id = clicks.route_id
        where routes.landing_id is null or step.at <= clicks.at",
    );
    demo.none(
        "select 1 from conversions left join clicks on clicks.id = conversions.click_id
        where clicks.id is null or conversions.at <= clicks.at or conversions.status is null
            or conversions.rate is null or conversions.offer_id is null",
    );
    demo.none(
        "select 1 from conversions join clicks on clicks.id = conversions.click_id
        join routes on routes.id = clicks.route_id
        where routes.landing_id is not null and not exists (
            select 1 from offer_clicks as step
            where step.click_id = clicks.id and step.offer_id = conversions.offer_id
                and step.at < conversions.at)",
    );
    // The last change of each says what it is.
    demo.none(
        "select 1 from conversions where not exists (
            select 1 from conversion_changes as change
            where change.conversion_id = conversions.id and change.status = conversions.status
                and change.amount = conversions.amount and change.at = conversions.status_at)",
    );
    demo.none(
        "select 1 from postbacks left join conversions on conversions.id = postbacks.conversion_id
        where conversions.id is null or verdict not in ('stored', 'updated', 'unchanged', 'retry')",
    );
    demo.none("select id from clicks intersect select id from offer_clicks");
    demo.none("select 1 from set_aside union all select 1 from outbox");
}

#[test]
fn traffic_is_much_like_real_traffic() {
    let demo = made(plan(20_000, 30));
    let percent = |condition: &str| {
        demo.number(&format!(
            "select 100.0 * sum({condition}) / count(*) from clicks_readable as clicks"
        ))
    };

    let within = |what: &str, from: f64, to: f64, found: f64| {
        assert!((from..to).contains(&found), "{what}: {found}");
    };
    within("robots", 3.0, 6.0, percent("is_bot"));
    within("unique", 78.0, 92.0, percent("is_unique_campaign"));
    within("phones", 65.0, 90.0, percent("device_type = 'mobile'"));
    within("without cost", 0.0, 5.0, percent("cost is null"));
    within("fallen back", 0.1, 1.5, percent("cost_fell_back"));
    within("landings", 75.0, 98.0, percent("landing_id is not null"));
    let stepped = "exists (select 1 from offer_clicks where click_id = clicks.id)";
    within("went on", 25.0, 50.0, percent(stepped));
    let converted = "exists (select 1 from conversions where click_id = clicks.id
        and event = 'conversion')";
    within("converted", 0.1, 1.0, percent(converted));

    let different = |sql: &str| demo.number(&format!("select count(distinct {sql}"));
    let people = "country) from clicks_readable where not is_bot";
    assert_eq!(different(people), 60.0);
    assert_eq!(different("campaign_id) from routes"), 20.0);
    assert!(different("status) from conversions") >= 3.0);
    assert_eq!(different("currency) from conversions"), 2.0);
    assert!(different("flags >> 8 & 255) from clicks") >= 5.0);
    let events = demo.rows("(select distinct event from conversions order by 1)");
    let event = |word: &str| vec![Value::Text(word.to_owned())];
    let known = ["conversion", "deposit", "rebill", "registration"].map(event);
    assert!(
        events.iter().all(|event| known.contains(event)),
        "{events:?}"
    );
    let nights = percent("cast(strftime('%H', at_utc) as integer) in (1, 2, 3) and country = 'DE'");
    let evenings =
        percent("cast(strftime('%H', at_utc) as integer) in (18, 19, 20) and country = 'DE'");
    assert!(evenings > 2.0 * nights, "{evenings} {nights}");
}

#[test]
fn a_demo_that_is_stopped_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("millrace.db");

    let stopped = make(&path, &plan(30_000, 3), &AtomicBool::new(true), |_| {});

    assert!(matches!(stopped, Err(DemoError::Stopped)));
}
