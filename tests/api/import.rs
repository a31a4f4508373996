//! Files of conversions: what networks report in batches, days later.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use millrace::domain::id::{Id, IdCodec};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::counters::while_stopped;
use crate::load::{Load, longest_wait};
use crate::money::{click, postback};
use crate::tracker::{Tracker, spawn};

const IMPORT: &str = "/api/v1/conversions/import";
const PATIENCE: Duration = Duration::from_secs(240);
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// A tracker with the campaign `push`, whose offer pays 5 and may be bought again, and a network.
fn set_up() -> (Tracker, u64) {
    let tracker = spawn();
    let network = tracker.create("/api/v1/networks", &json!({"name": "Acme"}));
    let offer = tracker.create(
        "/api/v1/offers",
        &json!({"name": "O", "url": "http://127.0.0.1:9/?c={click_id}", "network_id": network,
            "allow_repeats": true, "payout": {"kind": "fixed", "value": "5", "currency": "USD"}}),
    );
    tracker.create(
        "/api/v1/campaigns",
        &crate::tracker::campaign("push", offer),
    );
    (tracker, network)
}

fn key_of(tracker: &Tracker, network: u64) -> String {
    let (_, network) = tracker.get(&format!("/api/v1/networks/{network}"));
    network["key"].as_str().unwrap().to_owned()
}

/// What would become of a file.
fn preview(tracker: &Tracker, text: &str, options: &Value) -> Value {
    let (status, answer) = tracker.post(IMPORT, &request(text, options, true));
    assert_eq!(status, 200, "{answer:#}");
    answer
}

fn request(text: &str, options: &Value, preview: bool) -> Value {
    let mut body = json!({"text": text, "preview": preview});
    for (name, value) in options.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    body
}

fn begin(tracker: &Tracker, text: &str, options: &Value) -> u64 {
    let (status, begun) = tracker.post(IMPORT, &request(text, options, false));
    assert_eq!(status, 202, "{begun:#}");
    assert_eq!(begun["state"], "running");
    begun["id"].as_u64().unwrap()
}

/// How far an import is.
fn progress(tracker: &Tracker, id: u64) -> Value {
    let (status, import) = tracker.get(&format!("/api/v1/conversions/imports/{id}"));
    assert_eq!(status, 200, "{import:#}");
    import
}

fn ended(tracker: &Tracker, id: u64) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let import = progress(tracker, id);
        if import["state"] != "running" {
            return import;
        }
        assert!(Instant::now() < deadline, "it does not end: {import:#}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// An import from its beginning to its end.
fn import(tracker: &Tracker, text: &str, options: &Value) -> Value {
    let import = ended(tracker, begin(tracker, text, options));
    assert_eq!(import["state"], "finished", "{import:#}");
    assert_eq!(import["done"], import["rows"]);
    import
}

/// Line, verdict and reason of each row.
fn rows(tracker: &Tracker, id: &Value, query: &str) -> Vec<(u64, String, String)> {
    let (status, page) = tracker.get(&format!("/api/v1/conversions/imports/{id}/rows{query}"));
    assert_eq!(status, 200, "{page:#}");
    told(&page)
}

fn told(page: &Value) -> Vec<(u64, String, String)> {
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let items = page["items"].as_array().unwrap().iter();
    items
        .map(|row| {
            (
                row["line"].as_u64().unwrap(),
                text(row, "verdict"),
                text(row, "reason"),
            )
        })
        .collect()
}

fn verdicts(page: &Value) -> Vec<String> {
    told(page)
        .into_iter()
        .map(|(_, verdict, _)| verdict)
        .collect()
}

/// Status, event, tid and micro-units of all conversions, in their order.
fn conversions(tracker: &Tracker) -> Vec<(Option<i64>, String, Option<String>, i64)> {
    let database = tracker.database();
    let sql = "select status, event, tid, amount from conversions order by id";
    let mut statement = database.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

fn count(tracker: &Tracker, sql: &str) -> i64 {
    tracker
        .database()
        .query_row(sql, [], |row| row.get(0))
        .unwrap()
}

/// Everything that an import could have changed.
fn state(tracker: &Tracker) -> Vec<i64> {
    [
        "conversions",
        "conversion_changes",
        "postbacks",
        "parked",
        "import_rows",
        "imports",
        "import_marks",
    ]
    .map(|table| count(tracker, &format!("select count(*) from {table}")))
    .into_iter()
    .chain([count(
        tracker,
        "select coalesce(sum(amount + 7 * coalesce(status, 0)), 0) from conversions",
    )])
    .collect()
}

const LEAD: Option<i64> = Some(1);
const SALE: Option<i64> = Some(2);
const REJECTED: Option<i64> = Some(3);

fn row(status: Option<i64>, tid: &str, whole: i64) -> (Option<i64>, String, Option<String>, i64) {
    let tid = Some(tid.to_owned()).filter(|tid| !tid.is_empty());
    (status, "conversion".to_owned(), tid, whole * 1_000_000)
}

/// Clicks that were made at this time, as the database and networks know them.
pub(crate) fn sown(tracker: &mut Tracker, at: i64, number: usize) -> Vec<String> {
    click(tracker, "push");
    let first = Id::first_at(at).to_row();
    while_stopped(tracker, |database| {
        let columns: Vec<String> = database
            .prepare("select name from pragma_table_info('clicks')")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let values: Vec<String> = columns
            .iter()
            .map(|column| match column.as_str() {
                "id" => format!("{first} + n.value"),
                "at" => at.to_string(),
                column => format!("clicks.{column}"),
            })
            .collect();
        let sql = format!(
            "with recursive n(value) as (select 0 union all select value + 1 from n where value + 1 < {number})
            insert into clicks ({}) select {} from n, (select * from clicks order by id desc limit 1) as clicks",
            columns.join(", "),
            values.join(", ")
        );
        database.execute(&sql, []).unwrap();
    });
    let secret: Vec<u8> = tracker
        .database()
        .query_row(
            "select value from settings where name = 'click_id_secret'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let codec = IdCodec::new(&secret.try_into().unwrap());
    let public = |n| codec.encode(Id::from_row(first + n).unwrap()).to_string();
    (0..number as i64).map(public).collect()
}

fn now_ms() -> i64 {
    millrace::clock::now_ms()
}

#[test]
fn leads_become_sales_days_later_by_click_id() {
    let (mut tracker, _) = set_up();
    let clicked_at = now_ms() - 9 * DAY_MS;
    let ids = sown(&mut tracker, clicked_at, 3);
    for id in &ids {
        postback(&tracker, &format!("subid={id}&status=lead"));
    }
    let approved_at = (clicked_at + 3 * DAY_MS) / 1_000;
    let file = format!(
        "click_id;payout;status;date\r\n{};7,50;approved;{approved_at}\r\n{};;cancelled;\r\n{};;hold;\r\n",
        ids[0], ids[1], ids[2]
    );

    let import = import(&tracker, &file, &json!({}));

    assert_eq!(import["totals"], json!({"updated": 2, "unchanged": 1}));
    assert_eq!(
        (&import["format"], &import["delimiter"]),
        (&json!("header"), &json!("semicolon"))
    );
    assert_eq!(
        import["columns"],
        json!(["click_id", "payout", "status", "time"])
    );
    let mut expected = [row(SALE, "", 7), row(REJECTED, "", 5), row(LEAD, "", 5)];
    expected[0].3 = 7_500_000;
    assert_eq!(conversions(&tracker), expected);
    let at = "select status_at / 1000 - at / 1000 from conversions order by id limit 1";
    assert_eq!(count(&tracker, at), 0, "a sale is not before its lead");
    assert_eq!(
        count(
            &tracker,
            "select count(*) from conversion_changes where origin = 'import'"
        ),
        2
    );
}

#[test]
fn a_time_column_dates_the_conversion_and_nonsense_is_refused() {
    let (mut tracker, _) = set_up();
    let clicked_at = now_ms() - 9 * DAY_MS;
    let ids = sown(&mut tracker, clicked_at, 6);
    let day = day_of(clicked_at + 2 * DAY_MS);
    let file = format!(
        "click_id,created_at\n{},{day} 12:00:00\n{},{}\n{},{}\n{},next week\n{},{}\n{},{}\n",
        ids[0],
        ids[1],
        clicked_at - 3 * HOUR_MS,
        ids[2],
        clicked_at - 3 * DAY_MS,
        ids[3],
        ids[4],
        now_ms() + 2 * HOUR_MS,
        ids[5],
        now_ms() + 2 * DAY_MS,
    );

    let import = import(&tracker, &file, &json!({"timezone": "Asia/Kolkata"}));

    let found = rows(&tracker, &import["id"], "");
    let words: Vec<&str> = found
        .iter()
        .map(|(_, verdict, _)| verdict.as_str())
        .collect();
    assert_eq!(
        words,
        [
            "stored",
            "stored",
            "unreadable",
            "unreadable",
            "stored",
            "unreadable"
        ],
        "{found:#?}"
    );
    assert!(found[2].2.contains("before its click"), "{}", found[2].2);
    assert!(found[3].2.contains("next week"), "{}", found[3].2);
    assert!(found[5].2.contains("not come yet"), "{}", found[5].2);
    let kolkata = midnight(&day) + 12 * HOUR_MS - 5 * HOUR_MS - HOUR_MS / 2;
    let at = |n| {
        count(
            &tracker,
            &format!("select at from conversions order by id limit 1 offset {n}"),
        )
    };
    assert_eq!((at(0), at(1)), (kolkata, clicked_at));
    assert!((now_ms() - at(2)).abs() < HOUR_MS);
}

fn day_of(at: i64) -> String {
    let day = millrace::domain::period::day(at, chrono_tz::Tz::UTC);
    millrace::domain::period::date(day).to_string()
}

fn midnight(day: &str) -> i64 {
    millrace::domain::period::parse_date(day).unwrap() * DAY_MS
}

#[test]
fn rows_without_a_click_id_name_the_network_and_its_transaction() {
    let (tracker, network) = set_up();
    let key = key_of(&tracker, network);
    let id = click(&tracker, "push");
    tracker.click(
        &format!("/postback/{key}?subid={id}&status=lead&tid=77"),
        &[],
    );
    let file = "Transaction ID,Status\n77,approved\n78,approved\n";

    let without = import(&tracker, file, &json!({}));
    let with = import(&tracker, file, &json!({"network_id": network}));

    assert_eq!(without["totals"], json!({"no_click_id": 2}));
    assert!(rows(&tracker, &without["id"], "")[0].2.contains("network"));
    assert_eq!(with["totals"], json!({"updated": 1, "no_click_id": 1}));
    assert_eq!(conversions(&tracker), [row(SALE, "77", 5)]);
}

#[test]
fn a_preview_says_what_an_import_does_and_changes_nothing() {
    let (tracker, network) = set_up();
    let ids: Vec<String> = (0..3).map(|_| click(&tracker, "push")).collect();
    postback(&tracker, &format!("subid={}&status=lead", ids[0]));
    // The same click again far below: in one file a lead, its sale, and its repetition.
    let filler: String = (0..700).map(|n| format!("nobody{n},1,,sale\n")).collect();
    let file = format!(
        "{0},7,t1,sale\n{1},6,t2,lead\n{filler}{1},6,t2,approved\n{1},6,t2,approved\n{2},,,maybe\n,,t2,rejected\n,,,\n",
        ids[0], ids[1], ids[2]
    );
    let before = state(&tracker);
    let options = json!({"network_id": network});

    let first = preview(&tracker, &file, &options);
    let (status, _) = tracker.get("/api/v1/conversions/imports/1");

    assert_eq!((state(&tracker), status), (before, 404));
    assert_eq!(first["rows"], 707);
    assert_eq!(first["format"], "keitaro");
    assert_eq!(first["items"].as_array().unwrap().len(), 200);
    assert_eq!(
        verdicts(&first)[..3],
        ["updated", "stored", "unknown_click"]
    );
    let totals = json!({"updated": 3, "stored": 1, "unknown_click": 700, "unchanged": 1,
        "unmapped_status": 1, "unreadable": 1});
    assert_eq!(first["totals"], totals);

    let import = import(&tracker, &file, &options);

    assert_eq!(import["totals"], first["totals"]);
    let (_, page) = tracker.get(&format!(
        "/api/v1/conversions/imports/{}/rows?limit=200",
        import["id"]
    ));
    assert_eq!(told(&page), told(&first));
    assert_eq!(page["next"], "200");
}

#[test]
fn every_row_has_its_verdict_and_can_be_found_by_it() {
    let (tracker, _) = set_up();
    let ids: Vec<String> = (0..2).map(|_| click(&tracker, "push")).collect();
    let file = format!(
        "click_id,payout,status\n\n{},5,sale\nnobody,5,sale\n{},5,sale,7\n,,\n{},x,sale\n",
        ids[0], ids[1], ids[1]
    );

    let import = import(&tracker, &file, &json!({}));

    let id = &import["id"];
    let found = rows(&tracker, id, "");
    let lines: Vec<(u64, &str)> = found
        .iter()
        .map(|(line, verdict, _)| (*line, verdict.as_str()))
        .collect();
    assert_eq!(
        lines,
        [
            (3, "stored"),
            (4, "unknown_click"),
            (5, "unreadable"),
            (6, "unreadable"),
            (7, "stored")
        ]
    );
    assert!(found[2].2.contains("more cells"), "{}", found[2].2);
    assert!(found[4].2.contains("payout"), "{}", found[4].2);
    assert_eq!(
        rows(&tracker, id, "?verdict=unreadable&limit=1"),
        [found[2].clone()]
    );
    assert_eq!(
        rows(&tracker, id, "?verdict=unreadable&cursor=5"),
        [found[3].clone()]
    );
    let (_, page) = tracker.get(&format!("/api/v1/conversions/imports/{id}/rows?limit=1"));
    let first = &page["items"][0];
    assert_eq!(first["raw"], format!("{},5,sale", ids[0]));
    assert_eq!(first["click_id"], ids[0]);
    let conversion = first["conversion_id"].as_str().unwrap();
    let stored = count(&tracker, "select id from conversions order by id limit 1");
    assert_eq!(conversion, stored.to_string());
    let (status, _) = tracker.get(&format!(
        "/api/v1/conversions/imports/{id}/rows?verdict=nice"
    ));
    assert_eq!(status, 422);
    let (_, list) = tracker.get("/api/v1/conversions/imports");
    assert_eq!(&list["items"][0], &import);
}

#[test]
fn the_same_file_twice_changes_nothing() {
    let (tracker, network) = set_up();
    tracker.create(
        "/api/v1/events",
        &json!({"name": "Deposit", "key": "deposit", "duplicates": "add_payout"}),
    );
    let ids: Vec<String> = (0..5).map(|_| click(&tracker, "push")).collect();
    let file = format!(
        "click_id,payout,tid,status\n{0},5,t1,sale\n{0},6,t2,sale\n{1},7,,rebill\n{1},7,,rebill\n\
         {2},-3,,sale\n{3},10,,deposit\n{3},10,,deposit\n{4},5,,maybe\n",
        ids[0], ids[1], ids[2], ids[3], ids[4]
    );
    let options = json!({"network_id": network});

    let first = import(&tracker, &file, &options);
    let after_first = state(&tracker);
    let second = import(&tracker, &file, &options);

    assert_eq!(
        first["totals"],
        json!({"stored": 6, "updated": 1, "unmapped_status": 1}),
        "{:#?}",
        rows(&tracker, &first["id"], "")
    );
    assert_eq!(
        second["totals"],
        json!({"unchanged": 2, "retry": 5, "unmapped_status": 1}),
        "{:#?}",
        rows(&tracker, &second["id"], "")
    );
    let mut expected = after_first.clone();
    expected[4] += 8; // the verdicts of the second import
    expected[5] += 1;
    assert_eq!(state(&tracker), expected);
    let amounts = conversions(&tracker)
        .into_iter()
        .map(|row| row.3 / 1_000_000);
    assert_eq!(amounts.collect::<Vec<_>>(), [5, 6, 7, 7, -3, 20, 5]);

    let longer = format!("{file}{},7,,rebill\n", ids[1]);
    let third = import(&tracker, &longer, &options);
    assert_eq!(third["totals"]["stored"], 1, "one more of them is one more");
    let reason = &rows(&tracker, &second["id"], "?verdict=retry")[0].2;
    assert!(
        reason.contains(&format!("import {}", first["id"])),
        "{reason}"
    );
}

#[test]
fn rows_wait_for_their_click_and_for_their_words_like_postbacks() {
    let (mut tracker, network) = set_up();
    let ids = sown(&mut tracker, now_ms() - 9 * DAY_MS, 2);
    assert_eq!(tracker.get("/healthz").0, 200, "it can be stopped by now");
    // The second click is not there yet: it has another id.
    let moved = |database: &Connection, by: i64| {
        let sql = "update clicks set id = id + ?1 where
            id = (select max(id) from clicks where id < (select max(id) from clicks))";
        assert_eq!(database.execute(sql, [by]).unwrap(), 1);
    };
    while_stopped(&mut tracker, |database| moved(database, 1_000));
    let day = day_of(now_ms() - 2 * DAY_MS);
    let file = format!(
        "click_id,payout,status,date\n{},5,nice,{day}\n{},6,sale,{day}\n",
        ids[0], ids[1]
    );
    let options = json!({"network_id": network});

    let first = import(&tracker, &file, &options);
    let second = import(&tracker, &file, &options);

    let waiting = json!({"unmapped_status": 1, "parked": 1});
    assert_eq!((&first["totals"], &second["totals"]), (&waiting, &waiting));
    let logged = "select count(*) from postbacks where method = 'IMPORT' and ip is null";
    assert_eq!(count(&tracker, logged), 2, "each waits once");
    while_stopped(&mut tracker, |database| moved(database, -1_000));
    let (status, answer) = tracker.patch(
        &format!("/api/v1/networks/{network}"),
        &json!({"statuses": {"nice": "sale"}}),
    );
    assert_eq!(status, 200, "{answer:#}");
    let settled = "select count(*) from conversions where status = 2";
    let deadline = Instant::now() + PATIENCE;
    while count(&tracker, settled) < 2 {
        assert!(Instant::now() < deadline, "they still wait");
        thread::sleep(Duration::from_millis(50));
    }
    let on_the_day = format!(
        "select count(*) from conversions where at = {}",
        midnight(&day)
    );
    assert_eq!(count(&tracker, &on_the_day), 2);
    assert_eq!(count(&tracker, "select count(*) from conversions"), 2);
}

#[test]
fn plain_bodies_take_their_options_from_the_query() {
    let (tracker, _) = set_up();
    let id = click(&tracker, "push");
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into();
    let send = |query: &str, content_type: &str, body: &[u8]| {
        let url = format!("http://{}{IMPORT}{query}", tracker.address());
        let request = agent
            .post(&url)
            .header("Authorization", format!("Bearer {}", tracker.key))
            .header("Content-Type", content_type);
        let mut answer = request.send(body).unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        (answer.status().as_u16(), value)
    };
    let file = format!("t1|{id}|hold\n");
    let query = "?preview=true&columns=tid,click_id,status&delimiter=pipe&default_status=lead";

    let (status, answer) = send(query, "text/csv", file.as_bytes());
    assert_eq!(status, 200, "{answer:#}");
    assert_eq!(answer["totals"], json!({"stored": 1}));
    assert_eq!(answer["columns"], json!(["tid", "click_id", "status"]));

    let mut cyrillic = format!("{id};").into_bytes();
    cyrillic.extend([0xef, 0xf0]);
    let (_, answer) = send("?preview=1", "text/plain", &cyrillic);
    assert!(
        answer["remarks"][0].as_str().unwrap().contains("UTF-8"),
        "{answer:#}"
    );

    let (status, answer) = send("?previw=true&timezone=Mars", "text/csv", b"x");
    assert_eq!(
        (status, &answer["problems"][0]["field"]),
        (422, &json!("previw"))
    );
    let wrong = "?timezone=Mars&delimiter=x&network_id=99&default_status=nice&columns=-";
    let (status, answer) = send(wrong, "text/csv", b"x");
    assert_eq!(
        (status, answer["problems"].as_array().unwrap().len()),
        (422, 4),
        "{answer:#}"
    );
    let (status, answer) = send("?network_id=99", "text/csv", b"x");
    assert_eq!(
        (status, &answer["error"]["field"]),
        (422, &json!("network_id"))
    );
    let (status, answer) = send("", "text/csv", b"\n\n");
    assert_eq!(
        (status, &answer["error"]["code"]),
        (422, &json!("required"))
    );
    let (status, _) = send("", "application/json", b"{");
    assert_eq!(status, 400);
    let too_many = "x\n".repeat(100_001);
    let (status, answer) = send("", "text/plain", too_many.as_bytes());
    assert_eq!(
        (status, &answer["error"]["code"]),
        (422, &json!("too_many"))
    );
    let (status, _) = send("", "text/plain", &vec![b'x'; 32 * 1024 * 1024 + 1]);
    assert_eq!(status, 413);
}

#[test]
fn twenty_thousand_rows_go_in_while_visitors_click_and_none_of_them_is_lost() {
    let (mut tracker, _) = set_up();
    let ids = sown(&mut tracker, now_ms() - 9 * DAY_MS, 20_000);
    let file: String = ids.iter().map(|id| format!("{id},5,,sale\n")).collect();
    let load = Load::with_pause(&tracker, "push", 3, Duration::from_millis(4));

    let began = Instant::now();
    let id = begin(&tracker, &file, &json!({}));
    let (status, busy) = tracker.post(IMPORT, &request(&file, &json!({}), false));
    let import = ended(&tracker, id);
    let took = began.elapsed();
    let promises = load.finish();

    assert_eq!(
        (status, &busy["error"]["code"]),
        (409, &json!("import_running"))
    );
    assert_eq!(import["totals"], json!({"stored": 20_000}));
    assert_eq!(
        count(&tracker, "select count(distinct click_id) from conversions"),
        20_000
    );
    tracker.assert_stored(&promises);
    let (_, health) = tracker.get("/healthz");
    println!(
        "20,000 rows took {took:?}; of {} clicks the longest waited {:?}; {health}",
        promises.len(),
        longest_wait(&promises)
    );
}

#[test]
fn a_file_cut_off_by_kill_9_is_sent_again_and_every_row_counts_once() {
    let (mut tracker, network) = set_up();
    let ids = sown(&mut tracker, now_ms() - 9 * DAY_MS, 6_000);
    let options = json!({"network_id": network});
    let file: String = ids
        .iter()
        .enumerate()
        .map(|(n, id)| match n % 3 {
            0 => format!("{id},5,,sale\n"),
            1 => format!("{id},5,t{n},sale\n"),
            _ => format!("{id},5,,rebill\n"),
        })
        .collect();
    let mut cut_off = BTreeSet::new();
    for _ in 0..2 {
        let id = begin(&tracker, &file, &options);
        let deadline = Instant::now() + PATIENCE;
        let enough = 500 * (1 + cut_off.len() as u64);
        while progress(&tracker, id)["done"].as_u64().unwrap() < enough {
            assert!(Instant::now() < deadline);
        }
        tracker.kill_9();
        tracker.start();
        let import = progress(&tracker, id);
        assert_eq!(import["state"], "interrupted", "{import:#}");
        let done = import["done"].as_u64().unwrap();
        assert!((enough..6_000).contains(&done), "{import:#}");
        assert_eq!(
            count(
                &tracker,
                &format!("select count(*) from import_rows where import_id = {id}")
            ),
            done as i64
        );
        cut_off.insert(id);
    }

    let last = import(&tracker, &file, &options);

    let total = |name: &str| last["totals"][name].as_u64().unwrap_or_default();
    assert_eq!(
        total("stored") + total("unchanged") + total("retry"),
        6_000,
        "{last:#}"
    );
    assert!(total("stored") < 6_000 && total("retry") > 0, "{last:#}");
    assert_eq!(count(&tracker, "select count(*) from conversions"), 6_000);
    assert_eq!(
        count(&tracker, "select count(distinct click_id) from conversions"),
        6_000
    );
}

#[test]
fn a_graceful_stop_ends_an_import_between_two_pieces() {
    let (mut tracker, _) = set_up();
    let ids = sown(&mut tracker, now_ms() - 9 * DAY_MS, 6_000);
    let file: String = ids.iter().map(|id| format!("{id},5,,sale\n")).collect();
    let id = begin(&tracker, &file, &json!({}));

    tracker.stop();
    tracker.start();

    let import = progress(&tracker, id);
    assert_eq!(import["state"], "interrupted", "{import:#}");
    assert!(
        import["error"].as_str().unwrap().contains("again"),
        "{import:#}"
    );
    assert_eq!(
        count(&tracker, "select count(*) from conversions"),
        import["done"].as_i64().unwrap()
    );
}

#[test]
fn old_verdicts_are_dropped_and_their_import_stays() {
    let (mut tracker, _) = set_up();
    let file = "nobody\n".repeat(1_200);
    let old = import(&tracker, &file, &json!({}));
    let young = import(&tracker, &file, &json!({}));
    while_stopped(&mut tracker, |database| {
        let sql = "update imports set at = at - 31 * 86400000 where id = ?1";
        database.execute(sql, [old["id"].as_i64()]).unwrap();
    });

    let left = "select count(*) from import_rows";
    let deadline = Instant::now() + PATIENCE;
    while count(&tracker, left) != 1_200 {
        assert!(Instant::now() < deadline, "{} rows", count(&tracker, left));
        thread::sleep(Duration::from_millis(50));
    }

    assert!(rows(&tracker, &old["id"], "").is_empty());
    assert_eq!(rows(&tracker, &young["id"], "").len(), 100);
    assert_eq!(
        progress(&tracker, old["id"].as_u64().unwrap())["totals"],
        old["totals"]
    );
}

/// `millrace import` with this on its standard input.
fn command(tracker: &Tracker, arguments: &[&str], input: &str) -> Output {
    let mut arguments = arguments.to_vec();
    arguments.insert(0, "import");
    let mut child = tracker
        .command(&arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_command_imports_beside_a_server_and_without_one() {
    let (mut tracker, _) = set_up();
    let ids: Vec<String> = (0..4).map(|_| click(&tracker, "push")).collect();
    let file = tracker.data().join("report.csv");
    std::fs::write(&file, format!("{},5,t1\n{},5,t2\n", ids[0], ids[1])).unwrap();
    let file = file.to_str().unwrap();

    let shown = command(&tracker, &[file, "--network", "acme", "--preview"], "");
    assert!(shown.status.success(), "{}", text(&shown.stderr));
    assert!(
        text(&shown.stdout).contains("1: stored:"),
        "{}",
        text(&shown.stdout)
    );
    assert!(conversions(&tracker).is_empty());

    let beside = command(&tracker, &[file, "--network", "acme"], "");
    assert!(beside.status.success(), "{}", text(&beside.stderr));
    assert!(
        text(&beside.stdout).ends_with("rows 2\nstored 2\n"),
        "{}",
        text(&beside.stdout)
    );
    assert!(
        text(&beside.stderr).contains("2 of 2 rows"),
        "{}",
        text(&beside.stderr)
    );

    // More than a line of the command socket holds, on standard input.
    let long = format!(
        "tid,click_id\nt3,{}\n{}",
        ids[2],
        "t4,nobody\n".repeat(30_000)
    );
    let piped = command(&tracker, &["-", "--network", "1"], &long);
    assert!(piped.status.success(), "{}", text(&piped.stderr));
    assert!(
        text(&piped.stdout).ends_with("rows 30001\nstored 1\nunknown_click 30000\n"),
        "{}",
        text(&piped.stdout)
    );

    tracker.stop();
    let alone = command(
        &tracker,
        &["-", "--columns", "tid,click_id"],
        &format!("t5,{}\n", ids[3]),
    );
    assert!(alone.status.success(), "{}", text(&alone.stderr));
    assert!(
        text(&alone.stdout).ends_with("rows 1\nstored 1\n"),
        "{}",
        text(&alone.stdout)
    );
    let again = command(
        &tracker,
        &["-", "--columns", "tid,click_id"],
        &format!("t5,{}\n", ids[3]),
    );
    assert!(
        text(&again.stdout).ends_with("unchanged 1\n"),
        "{}",
        text(&again.stdout)
    );
    assert_eq!(count(&tracker, "select count(*) from conversions"), 4);
    tracker.start();
    let (_, list) = tracker.get("/api/v1/conversions/imports");
    assert_eq!(list["items"].as_array().unwrap().len(), 4);
}

#[test]
fn the_command_fails_when_nothing_could_be_read() {
    let (tracker, _) = set_up();
    for (arguments, input, expected) in [
        (&["-"][..], "", "nothing"),
        (&["-"], ",,,\n,,\n", "no row could be read"),
        (&["-", "--network", "Nobody"], "x\n", "Nobody"),
        (&["-", "--network", "cm"], "x\n", "Did you mean \"Acme\"?"),
        (&["-", "--network", "Akme"], "x\n", "Did you mean \"Acme\"?"),
        (&["-", "--timezone", "Mars"], "x\n", "Mars"),
        (&["/there/is/no.csv"], "", "no.csv"),
    ] {
        let output = command(&tracker, arguments, input);
        let words = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{words}");
        assert!(words.contains(expected), "{arguments:?}: {words}");
    }
}
