//! An affiliate network at work: a campaign that sells its offer, its postbacks, and what the file
//! holds of them.

use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::load::Promise;
use crate::tracker::{Options, Tracker, campaign};
use crate::visitor::Answer;

pub(crate) const KEY: &str = "testnetworkkey01";

/// How long something that the tracker does by itself may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A tracker with the network [`KEY`], one offer of it and the campaign `push`, which sends everybody
/// to that offer.
pub(crate) struct Payer {
    pub(crate) tracker: Tracker,
    pub(crate) network: u64,
    pub(crate) offer: u64,
    pub(crate) campaign: u64,
}

/// Asks until it holds.
pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        sleep(Duration::from_millis(50));
    }
}

fn merged(mut document: Value, more: &Value) -> Value {
    for (key, value) in more.as_object().into_iter().flatten() {
        document[key] = value.clone();
    }
    document
}

impl Payer {
    pub(crate) fn new() -> Payer {
        Self::with(Options::default(), json!({}), json!({}))
    }

    /// With these fields of the network and of the offer.
    pub(crate) fn with(options: Options, network: Value, offer: Value) -> Payer {
        let tracker = options.spawn();
        let network = merged(json!({"name": "N", "key": KEY}), &network);
        let network = tracker.create("/api/v1/networks", &network);
        let first = json!({"name": "O", "url": "http://127.0.0.1:9/?c={click_id}",
            "network_id": network});
        let offer = tracker.create("/api/v1/offers", &merged(first, &offer));
        let campaign = tracker.create("/api/v1/campaigns", &campaign("push", offer));
        Payer {
            tracker,
            network,
            offer,
            campaign,
        }
    }

    pub(crate) fn of_network(network: Value) -> Payer {
        Self::with(Options::default(), network, json!({}))
    }

    pub(crate) fn of_offer(offer: Value) -> Payer {
        Self::with(Options::default(), json!({}), offer)
    }

    /// Changes fields of a document.
    pub(crate) fn edit(&self, path: &str, change: &Value) {
        let path = format!("/api/v1{path}");
        let (_, document) = self.tracker.get(&path);
        let (status, answer) = self.tracker.put(&path, &merged(document, change));
        assert_eq!(status, 200, "{path}: {answer:#}");
    }

    pub(crate) fn edit_network(&self, change: &Value) {
        self.edit(&format!("/networks/{}", self.network), change);
    }

    /// An event of the operator's own.
    pub(crate) fn event(&self, document: Value) -> u64 {
        self.tracker.create("/api/v1/events", &document)
    }

    /// The rate of a currency from long ago on.
    pub(crate) fn rate(&self, currency: &str, rate: &str) {
        let rates = json!([{"day": "2020-01-01", "currency": currency, "rate": rate}]);
        let (status, answer) = self.tracker.put("/api/v1/currency-rates", &rates);
        assert_eq!(status, 200, "{answer:#}");
    }

    /// A visit of the campaign: its click id.
    pub(crate) fn click(&self) -> String {
        let answer = self.tracker.click("/push", &[]);
        answer.click_id().expect("a click id").to_owned()
    }

    /// A postback of the network; the answer must be one that networks take for final.
    pub(crate) fn says(&self, query: &str) -> String {
        text(self.tracker.click(&format!("/postback/{KEY}?{query}"), &[]))
    }

    /// Such a postback without the key of a network, or of any other address.
    pub(crate) fn calls(&self, target: &str) -> String {
        text(self.tracker.click(target, &[]))
    }

    /// A postback in the body of a `POST`.
    pub(crate) fn posts(&self, target: &str, content_type: &str, body: &str) -> String {
        text(self.answer_to(target, content_type, body.as_bytes()))
    }

    pub(crate) fn answer_to(&self, target: &str, content_type: &str, body: &[u8]) -> Answer {
        let mut request = format!(
            "POST {target} HTTP/1.1\r\nHost: {}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n",
            self.tracker.address(),
            body.len()
        )
        .into_bytes();
        request.extend(body);
        self.tracker.visitor().raw(&request, false).unwrap()
    }

    /// The conversions of a click in the order in which they were made, each as
    /// `event status amount currency`, with what is special about it behind.
    pub(crate) fn rows(&self, click_id: &str) -> Vec<String> {
        self.rows_where("click_id = ?1", row_id(click_id))
    }

    /// All conversions.
    pub(crate) fn all_rows(&self) -> Vec<String> {
        self.rows_where("?1 = 0", 0)
    }

    fn rows_where(&self, condition: &str, value: i64) -> Vec<String> {
        let sql = format!(
            "select event, coalesce(status, 0), amount, currency, revenue, tid, flags, rate is null
            from conversions where {condition} order by id"
        );
        let database = self.tracker.database();
        let mut statement = database.prepare(&sql).unwrap();
        let rows = statement.query_map([value], |row| {
            let status = ["?", "lead", "sale", "rejected", "trash"][row.get::<_, usize>(1)?];
            let (amount, worth): (i64, i64) = (row.get(2)?, row.get(4)?);
            let flags: i64 = row.get(6)?;
            let mut told = format!(
                "{} {status} {} {}",
                row.get::<_, String>(0)?,
                decimal(amount),
                row.get::<_, String>(3)?
            );
            if worth != amount {
                told += &format!(" worth {}", decimal(worth));
            }
            if let Some(tid) = row.get::<_, Option<String>>(5)? {
                told += &format!(" #{tid}");
            }
            for (bit, word) in ["repeat", "correction", "test", "unread"]
                .iter()
                .enumerate()
            {
                if flags >> bit & 1 == 1 {
                    told += &format!(" {word}");
                }
            }
            if row.get::<_, bool>(7)? {
                told += " unrated";
            }
            Ok(told)
        });
        rows.unwrap().map(Result::unwrap).collect()
    }

    /// A column of the last postback in the log.
    pub(crate) fn last(&self, column: &str) -> String {
        let sql = format!(
            "select coalesce(cast({column} as text), '') from postbacks order by id desc limit 1"
        );
        let database = self.tracker.database();
        database.query_row(&sql, [], |row| row.get(0)).unwrap()
    }

    /// What became of all postbacks, in their order.
    pub(crate) fn verdicts(&self) -> Vec<String> {
        let database = self.tracker.database();
        let sql = "select verdict from postbacks order by id";
        let mut statement = database.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }

    pub(crate) fn count(&self, sql: &str) -> i64 {
        let database = self.tracker.database();
        database.query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

/// A postback's answer, which is text whatever it says.
pub(crate) fn text(answer: Answer) -> String {
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_plain(&answer);
    String::from_utf8(answer.body).unwrap()
}

pub(crate) fn assert_plain(answer: &Answer) {
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; charset=utf-8"),
        "{answer:?}"
    );
    assert_eq!(
        answer.header("x-content-type-options"),
        Some("nosniff"),
        "{answer:?}"
    );
}

/// The primary key of a click.
pub(crate) fn row_id(click_id: &str) -> i64 {
    let promise = Promise {
        click_id: click_id.to_owned(),
        external_id: String::new(),
        took: Duration::ZERO,
    };
    promise.row_id()
}

/// Micro-units as people write them.
fn decimal(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let (whole, rest) = (micros.abs() / 1_000_000, micros.abs() % 1_000_000);
    match rest {
        0 => format!("{sign}{whole}"),
        _ => format!(
            "{sign}{whole}.{}",
            format!("{rest:06}").trim_end_matches('0')
        ),
    }
}
