//! Logs as files, and found by the filters of reports.

use std::io::{BufRead, BufReader, Cursor, Read};
use std::time::{Duration, Instant};

use calamine::{Data, Reader, Xlsx};
use millrace::domain::id::Id;
use serde_json::{Value, json};

use crate::counters::while_stopped;
use crate::payer::{Payer, wait_until};
use crate::tracker::Tracker;

const ROWS: usize = 200_000;
/// A debug build on a busy machine takes its time.
const PATIENCE: Duration = Duration::from_secs(580);

pub(crate) struct File {
    status: u16,
    media_type: String,
    name: String,
    body: Box<dyn Read>,
}

impl File {
    fn bytes(mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.body.read_to_end(&mut bytes).unwrap();
        bytes
    }

    /// As a spreadsheet with a comma would take it apart.
    pub(crate) fn rows(self) -> Vec<Vec<String>> {
        let bytes = self.bytes();
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(&bytes[..]);
        let rows = reader.records().map(Result::unwrap);
        rows.map(|row| row.iter().map(str::to_owned).collect())
            .collect()
    }
}

/// A file as it comes.
pub(crate) fn file(tracker: &Tracker, path: &str, body: &Value) -> File {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(PATIENCE))
        .build()
        .into();
    let answer = agent
        .post(format!("http://{}/api/v1{path}", tracker.address()))
        .header("Authorization", format!("Bearer {}", tracker.key))
        .header("Content-Type", "application/json")
        .send(body.to_string())
        .unwrap();
    let header = |name: &str| {
        let value = answer.headers().get(name);
        value.map_or(String::new(), |value| value.to_str().unwrap().to_owned())
    };
    let (media_type, disposition) = (header("content-type"), header("content-disposition"));
    let name = disposition.split('"').nth(1).unwrap_or_default().to_owned();
    File {
        status: answer.status().as_u16(),
        media_type,
        name,
        body: Box::new(answer.into_body().into_reader()),
    }
}

fn click(payer: &Payer, query: &str) -> String {
    let answer = payer.tracker.click(&format!("/push?{query}"), &[]);
    answer.click_id().expect("a click id").to_owned()
}

#[test]
fn clicks_are_a_file_with_the_columns_that_were_asked_for() {
    let payer = Payer::new();
    payer.edit(
        &format!("/campaigns/{}", payer.campaign),
        &json!({"cost": {"model": "cpc", "value": "0", "from_url": true}}),
    );
    let first = click(&payer, "source=%3D1%2B1&sub_id_2=a%2Cb&cost=0.0125");
    let second = click(&payer, "source=zone2");

    let body = json!({"columns": ["click_id", "source", "sub_id_2", "cost", "campaign_id"]});
    let plain = file(&payer.tracker, "/clicks/export", &body);

    assert_eq!(
        (plain.status, plain.media_type.as_str()),
        (200, "text/csv; charset=utf-8")
    );
    assert!(
        plain.name.starts_with("clicks-20") && plain.name.ends_with(".csv"),
        "{}",
        plain.name
    );
    let campaign = payer.campaign.to_string();
    assert_eq!(
        plain.rows(),
        [
            ["click_id", "source", "sub_id_2", "cost", "campaign_id"],
            [&second, "zone2", "", "0", &campaign],
            // The apostrophe keeps a spreadsheet from running what a visitor sent.
            [&first, "'=1+1", "a,b", "0.0125", &campaign],
        ]
    );

    let body = json!({"format": "xlsx", "columns": ["at", "source", "cost"],
        "filters": [{"dimension": "cost", "operator": "is_set"}]});
    assert_eq!(file(&payer.tracker, "/clicks/export", &body).status, 422);
    let body = json!({"format": "xlsx", "columns": ["at", "source", "cost"],
        "filters": [{"dimension": "source", "operator": "begins_with", "value": "="}]});
    let bytes = file(&payer.tracker, "/clicks/export", &body).bytes();
    let mut workbook = Xlsx::new(Cursor::new(bytes)).unwrap();
    let sheet = workbook.worksheet_range_at(0).unwrap().unwrap();
    assert_eq!(sheet.height(), 2);
    assert!(
        matches!(sheet.get((1, 0)), Some(Data::DateTime(_))),
        "{sheet:?}"
    );
    assert_eq!(sheet.get((1, 1)), Some(&Data::String("=1+1".to_owned())));
    assert_eq!(sheet.get((1, 2)), Some(&Data::Float(0.0125)));
}

#[test]
fn a_file_of_clicks_has_every_fact_that_a_click_tells() {
    let payer = Payer::new();
    click(&payer, "source=zone1&sub_id_7=x");
    let (_, page) = payer.tracker.get("/api/v1/clicks");

    let rows = file(&payer.tracker, "/clicks/export", &json!({})).rows();

    let told = page["items"][0].as_object().unwrap().keys();
    let missing: Vec<_> = told.filter(|key| !rows[0].contains(key)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert_eq!(rows.len(), 2);
}

#[test]
fn rows_behind_a_number_are_found_by_the_filters_of_reports() {
    let payer = Payer::new();
    let ids: Vec<String> = (1..=5)
        .map(|number| click(&payer, &format!("source=zone{number}&keyword=Car+Loan")))
        .collect();
    payer.says(&format!("subid={}&payout=7&tid=a", ids[0]));
    payer.says(&format!("subid={}&payout=9&tid=b&status=lead", ids[3]));
    let filters = json!([
        {"dimension": "source", "operator": "not_in", "value": ["zone2", "zone3"]},
        {"dimension": "keyword", "operator": "mask", "value": "car*"}]);
    let asked = |more: Value| {
        let mut body = json!({"filters": filters, "range": {"preset": "last_7_days"}});
        for (key, value) in more.as_object().unwrap() {
            body[key] = value.clone();
        }
        body
    };
    let page = |path: &str, more: Value| {
        let (status, page) = payer.tracker.post(path, &asked(more));
        assert_eq!(status, 200, "{page:#}");
        page
    };

    let first = page("/api/v1/clicks/query", json!({"limit": 2}));
    let cursor = first["next"].clone();
    let second = page(
        "/api/v1/clicks/query",
        json!({"limit": 2, "cursor": cursor}),
    );
    let found: Vec<&str> = [&first, &second]
        .iter()
        .flat_map(|page| page["items"].as_array().unwrap())
        .map(|item| item["click_id"].as_str().unwrap())
        .collect();
    assert_eq!(found, [&ids[4], &ids[3], &ids[0]]);

    let earned = page("/api/v1/conversions/query", json!({}));
    let tids: Vec<_> = earned["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| &item["tid"])
        .collect();
    assert_eq!(tids, ["b", "a"]);
    assert_eq!(earned["reporting_currency"], "USD");

    let body = json!({"columns": ["tid", "revenue", "status"],
        "filters": [{"dimension": "status", "operator": "equals", "value": "sale"}]});
    let rows = file(&payer.tracker, "/conversions/export", &body).rows();
    assert_eq!(rows, [["tid", "revenue", "status"], ["a", "7", "sale"]]);
}

#[test]
fn every_problem_of_a_query_is_told_with_its_field() {
    let payer = Payer::new();
    let body = json!({"range": {"preset": "yesterdy"}, "limit": 0, "cursor": "x",
        "filters": [{"dimension": "contry", "operator": "equals", "value": "DE"}], "formt": "csv"});

    let (status, answer) = payer.tracker.post("/api/v1/clicks/query", &body);

    assert_eq!(status, 422);
    let problems = answer["problems"].as_array().unwrap().iter();
    let mut fields: Vec<_> = problems.map(|one| one["field"].as_str().unwrap()).collect();
    fields.sort_unstable();
    assert_eq!(
        fields,
        [
            "cursor",
            "filters[0].dimension",
            "formt",
            "limit",
            "range.preset"
        ]
    );
}

#[test]
fn other_logs_are_files_by_the_filters_of_their_lists() {
    let payer = Payer::new();
    let id = payer.click();
    payer.says(&format!("subid={id}&payout=5&status=sale"));
    payer.says("subid=00000000000000000000&payout=5");
    let header = |path: &str| {
        let rows = file(&payer.tracker, path, &json!({})).rows();
        (rows[0][..2].join(","), rows.len() - 1)
    };

    assert_eq!(header("/postbacks/export"), ("id,at".to_owned(), 2));
    assert_eq!(
        header("/postbacks/export?verdict=stored"),
        ("id,at".to_owned(), 1)
    );
    assert_eq!(header("/outbox/export"), ("id,at".to_owned(), 0));
    assert_eq!(header("/rule-runs/export"), ("id,at".to_owned(), 0));
    assert_eq!(header("/offer-clicks/export"), ("id,at".to_owned(), 0));
    for wrong in ["?limit=5", "?verdct=stored"] {
        let path = format!("/postbacks/export{wrong}");
        assert_eq!(
            file(&payer.tracker, &path, &json!({})).status,
            422,
            "{wrong}"
        );
    }
}

#[test]
fn steps_from_landings_to_offers_are_listed() {
    let payer = Payer::new();
    let tracker = &payer.tracker;
    let landing = json!({"name": "L", "url": "http://127.0.0.1:9/l?c={click_id}"});
    let landing = tracker.create("/api/v1/landings", &landing);
    let target = json!({"kind": "split", "landings": [{"landing_id": landing}],
        "offers": [{"offer_id": payer.offer}]});
    payer.edit(
        &format!("/campaigns/{}", payer.campaign),
        &json!({"flows": [{"kind": "default", "target": target}]}),
    );
    let id = payer.click();
    tracker.click(&format!("/go?click_id={id}"), &[]);

    let path = format!(
        "/api/v1/offer-clicks?click_id={id}&offer_id={}",
        payer.offer
    );
    let (status, page) = tracker.get(&path);

    assert_eq!(status, 200, "{page:#}");
    let item = &page["items"][0];
    for (field, expected) in [
        ("click_id", json!(id)),
        ("campaign_id", json!(payer.campaign)),
        ("landing_id", json!(landing)),
        ("offer_id", json!(payer.offer)),
        ("is_preview", json!(false)),
        ("is_no_entry", json!(false)),
    ] {
        assert_eq!(item[field], expected, "{field} of {page:#}");
    }
}

/// Resident memory of the tracker in KB.
fn resident(tracker: &Tracker) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", tracker.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1));
    kilobytes.unwrap().parse().unwrap()
}

/// Copies of the only click there is, some milliseconds apart.
fn multiply(tracker: &mut Tracker, rows: usize) {
    let first = Id::first_at(millrace::clock::now_ms() - 3_600_000).to_row();
    while_stopped(tracker, |database| {
        let columns: Vec<String> = database
            .prepare("select name from pragma_table_info('clicks') where name <> 'id'")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let columns = columns.join(", ");
        let sql = format!(
            "with recursive n(value) as
                (select 1 union all select value + 1 from n where value < {rows})
            insert into clicks (id, {columns})
            select {first} + n.value * 65536, {columns} from n, (select * from clicks limit 1)"
        );
        database.execute(&sql, []).unwrap();
    });
}

#[test]
fn memory_stays_flat_while_many_rows_are_sent_and_nobody_waits_for_a_client_that_left() {
    let mut payer = Payer::new();
    click(
        &payer,
        "source=zone1&sub_id_1=something-of-a-length&keyword=car+loan",
    );
    multiply(&mut payer.tracker, ROWS - 1);
    let tracker = &payer.tracker;
    let body = json!({"columns": ["click_id", "at", "source", "sub_id_1", "user_agent"]});
    // What a first reader needs is there now.
    let mut abandoned = file(tracker, "/clicks/export", &body);
    abandoned.body.read_exact(&mut [0; 100_000]).unwrap();
    let before = resident(tracker);
    drop(abandoned);

    let mut most = before;
    let mut rows = 0;
    let started = Instant::now();
    for line in BufReader::new(file(tracker, "/clicks/export", &body).body).lines() {
        line.unwrap();
        rows += 1;
        if rows % 20_000 == 0 {
            most = most.max(resident(tracker));
        }
    }

    assert_eq!(rows, ROWS + 1, "after {:?}", started.elapsed());
    let grown = most.saturating_sub(before);
    assert!(grown < 24 * 1024, "{grown} KB more than before");
    // The one that was abandoned is over: two more fit.
    wait_until("the abandoned file is given up", || {
        let two = [(); 2].map(|()| file(tracker, "/clicks/export", &body));
        two.iter().all(|one| one.status == 200)
    });
}
