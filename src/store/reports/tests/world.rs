//! A file with rows of the dice: every kind of click, step and conversion that there can be, and what
//! becomes of them.

use std::path::PathBuf;
use std::sync::Arc;

use fastrand::Rng;
use rusqlite::{Connection, params};
use serde_json::json;

use crate::domain::campaign::Campaign;
use crate::domain::documents::Documents;
use crate::domain::entity::Entity;
use crate::domain::event::Event;
use crate::domain::id::Id;
use crate::domain::money::Currency;
use crate::domain::offer::Offer;
use crate::domain::rates::Rates;
use crate::store::clicks::packed::{Packed, pack_ip, pack_sub_ids};
use crate::store::columns::{Cursor, Kind, loose, rebuild};
use crate::store::connection::{Durability, open_writer};
use crate::store::migrations::migrate;
use crate::store::readers::Readers;
use crate::store::writer::Writer;

pub(super) const HOUR: i64 = 3_600_000;
pub(super) const DAY: i64 = 24 * HOUR;

/// Two days before clocks change: in Europe in autumn and in spring, on Lord Howe in autumn.
const BEGINNINGS: [i64; 3] = [1_792_713_600_000, 1_774_569_600_000, 1_775_174_400_000];

/// (address, the /24 or /48 around it, the /16 or /32)
pub(super) const ADDRESSES: [(&str, &str, &str); 6] = [
    ("10.0.0.1", "10.0.0.0/24", "10.0.0.0/16"),
    ("10.0.0.200", "10.0.0.0/24", "10.0.0.0/16"),
    ("10.0.7.1", "10.0.7.0/24", "10.0.0.0/16"),
    ("2001:db8:1:2::3", "2001:db8:1::/48", "2001:db8::/32"),
    ("2001:db8:1:9::4", "2001:db8:1::/48", "2001:db8::/32"),
    ("2001:db8:2::1", "2001:db8:2::/48", "2001:db8::/32"),
];

/// (referrer, its host)
pub(super) const REFERRERS: [(&str, Option<&str>); 5] = [
    ("https://news.example/today?page=2", Some("news.example")),
    ("http://reader@news.example:8080/", Some("news.example")),
    (
        "android-app://com.example.Reader/",
        Some("com.example.Reader"),
    ),
    ("about:blank", None),
    ("7", None),
];

pub(super) struct World {
    _directory: tempfile::TempDir,
    path: PathBuf,
    pub(super) connection: Connection,
    pub(super) documents: Documents,
    pub(super) rates: Rates,
    /// When most of it happens.
    pub(super) now: i64,
    /// Ids and times of the clicks that there were.
    clicks: Vec<(i64, i64)>,
    /// How many rows were made: no id is given out twice.
    made: i64,
}

const DICTIONARIES: &str = "
    insert into agents (id, fingerprint, user_agent, device_type, brand, model, os, os_version,
        browser, browser_version, in_app)
    values
        (1, x'01', 'Mozilla/5.0 (a)', 'mobile', 'Samsung', 'S9', 'Android', '14', 'Chrome', '126.0', null),
        (2, x'02', 'Mozilla/5.0 (b)', 'desktop', null, null, 'Linux', null, 'Firefox', '126.0', null),
        (4, x'04', 'Mozilla/5.0 (c)', 'mobile', 'Apple', 'iPhone', 'iOS', '14', null, null, 'facebook'),
        (5, x'05', '', '', null, null, null, null, null, null, null);
    insert into places (id, fingerprint, country, region, city, isp, asn, connection_type) values
        (1, x'01', 'DE', 'Bavaria', 'Munich', 'Telekom', 3320, 'broadband'),
        (2, x'02', 'US', null, '3320', 'Verizon', null, 'cellular'),
        (3, x'03', 'DE', 'Hesse', null, 'Telekom', 3320, null),
        (6, x'06', null, null, null, null, 1, null);
    insert into routes values (1, 1, 10, null, 7, 1, null), (2, 1, 11, 20, null, 1, 5),
        (3, 2, 12, 21, 8, 2, 5), (4, 2, 12, null, null, null, null),
        (5, 3, null, null, 9, 2, 6), (7, 3, 13, 20, 7, null, 6);
    insert into currencies (id, code) values (2, 'EUR'), (3, 'UAH');";

impl World {
    /// With entities, user agents and places, and no clicks.
    pub(super) fn new(dice: &mut Rng) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("millrace.db");
        let mut connection = open_writer(&path, Durability::Process).unwrap();
        migrate(&mut connection, &path).unwrap();
        connection.execute_batch(DICTIONARIES).unwrap();
        let now = BEGINNINGS[dice.usize(..BEGINNINGS.len())];
        let euro = Currency::parse("EUR").unwrap();
        let rates = [
            (euro, now / DAY, "1.083333333".parse().unwrap()),
            (euro, now / DAY + 2, "1.1".parse().unwrap()),
        ];
        Self {
            _directory: directory,
            path,
            connection,
            documents: documents(),
            rates: Rates::new(Currency::USD, rates),
            now,
            clicks: Vec::new(),
            made: 0,
        }
    }

    pub(super) fn readers(&self) -> Readers {
        Readers::open(&self.path).unwrap()
    }

    /// Further rows of the dice.
    pub(super) fn fill(&mut self, dice: &mut Rng) {
        for _ in 0..dice.u8(5..40) {
            self.insert_click(dice);
        }
        for _ in 0..dice.u8(..40) {
            self.insert_step(dice);
        }
        for _ in 0..dice.u8(..40) {
            self.insert_conversion(dice);
        }
        for _ in 0..dice.u8(..4) {
            self.insert_unassigned(dice);
        }
    }

    /// Changes some rows and deletes others.
    pub(super) fn change(&self, dice: &mut Rng) {
        let changes = [
            "update clicks set flags = flags & ~(255 << 8) | (1 << 7) where id = ?1",
            "update clicks set flags = flags | (5 << 8) where id = ?1",
            "update clicks set cost = 777777, currency_id = 1 where id = ?1",
            "update clicks set route_id = 3 where id = ?1",
            "delete from clicks where id = ?1",
            "delete from offer_clicks where click_id = ?1",
            "update conversions set status = 2, status_at = status_at + 86400000 where click_id = ?1",
            "update conversions set status = 4, tid = 'T-9' where click_id = ?1",
            "update conversions set revenue = revenue * 2, flags = flags | 2 where click_id = ?1",
            "update conversions set offer_id = 9, event = 'call' where click_id = ?1",
            "delete from conversions where click_id = ?1",
        ];
        for _ in 0..dice.u8(..12) {
            let (id, _) = self.clicks[dice.usize(..self.clicks.len())];
            let change = changes[dice.usize(..changes.len())];
            self.connection.execute(change, [id]).unwrap();
        }
    }

    /// Seals some of the rows, in part anew.
    pub(super) fn seal(&self, dice: &mut Rng) {
        let writer = Writer::over(Connection::open(&self.path).unwrap());
        let kind = *dice
            .choice([Kind::Clicks, Kind::Conversions].iter())
            .unwrap();
        let from = self.now + dice.i64(-2 * DAY..3 * DAY);
        let mut at = Some(Cursor {
            kind,
            from_id: dice.i64(0..2) * Id::first_at(from).to_row(),
        });
        let until = self.now + dice.i64(0..6 * DAY);
        for _ in 0..dice.u8(1..5) {
            at = at.and_then(|at| rebuild(&writer, &self.readers(), at, until).unwrap().next);
        }
        writer.stop();
    }

    /// The id of a row that is made at that time.
    fn id(&mut self, at: i64) -> i64 {
        self.made += 1;
        Id::first_at(at).to_row() + self.made
    }

    fn insert_click(&mut self, dice: &mut Rng) {
        let made = self.now + dice.i64(-DAY..4 * DAY);
        // Clocks are set back by up to twenty hours, which is within what is looked through.
        let shift = if dice.u8(..4) == 0 {
            dice.i64(-20 * HOUR..0)
        } else {
            0
        };
        let id = self.id(made);
        let bot = match dice.u8(..4) {
            0 => dice.i64(1..7) << 8,
            1 => 1 << 7,
            _ => 0,
        };
        let test = i64::from(dice.u8(..10) == 0) << 5;
        let flags = dice.i64(0..16) | dice.i64(0..2) << 4 | test | bot | shift << 16;
        let sub_ids: Vec<(u8, String)> = [1, 3, 30]
            .into_iter()
            .filter_map(|number| {
                Some((number, maybe(dice, &["0", "17", "a\"b", "x,]"])?.to_owned()))
            })
            .collect();
        let address = ADDRESSES[dice.usize(..ADDRESSES.len())].0;
        let referrers: Vec<&str> = REFERRERS.iter().map(|(referrer, _)| *referrer).collect();
        const SQL: &str = "
            insert into clicks (id, route_id, agent_id, place_id, ip, language, referrer, source,
                keyword, creative_id, ad_group_id, ad_campaign_id, external_id, sub_ids, cost,
                currency_id, flags)
            values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let values = params![
            id,
            [1, 2, 3, 4, 5, 7][dice.usize(..6)],
            [1, 2, 4, 5][dice.usize(..4)],
            [1, 2, 3, 6][dice.usize(..4)],
            pack_ip(&address.parse().unwrap()),
            maybe(dice, &["de", "en"]),
            maybe(dice, &referrers),
            Packed(maybe(dice, &["7", "07", "zone", ""])),
            Packed(maybe(dice, &["garden chairs", "7"])),
            Packed(maybe(dice, &["1", "2", "3"])),
            Packed(maybe(dice, &["g"])),
            Packed(maybe(dice, &["c1", "c2"])),
            Packed(maybe(dice, &["a81f", "12", "13"])),
            pack_sub_ids(&sub_ids),
            maybe(dice, &[0, 1, 15_000, 1_000_003, 999_999]),
            maybe(dice, &[1, 2, 3]),
            flags,
        ];
        self.connection.execute(SQL, values).unwrap();
        // As the writer does.
        if id < loose::mark(&self.connection, Kind::Clicks).unwrap() {
            loose::note_click(&self.connection, Id::from_row(id).unwrap()).unwrap();
        }
        self.clicks.push((id, made + shift));
    }

    /// Some click; now and then none, or one that is not there.
    fn some_click(&self, dice: &mut Rng) -> (Option<i64>, i64) {
        let (id, at) = self.clicks[dice.usize(..self.clicks.len())];
        match dice.u8(..20) {
            0 => (None, at),
            1 => (Some(5), at),
            _ => (Some(id), at),
        }
    }

    fn insert_step(&mut self, dice: &mut Rng) {
        let (click_id, at) = self.some_click(dice);
        let id = self.id(at + dice.i64(0..DAY));
        let is_preview = dice.u8(..4) == 0;
        const SQL: &str =
            "insert into offer_clicks (id, click_id, offer_id, flags) values (?, ?, ?, ?)";
        let values = params![id, click_id, maybe(dice, &[7, 8, 9]), i64::from(is_preview)];
        self.connection.execute(SQL, values).unwrap();
    }

    fn insert_unassigned(&self, dice: &mut Rng) {
        const SQL: &str = "
            insert into unassigned_costs (update_id, selection, campaign_id, at, amount, currency,
                replaced_by)
            values (1, x'', ?, ?, ?, ?, ?)";
        let values = params![
            dice.i64(1..4),
            self.now + dice.i64(-DAY..4 * DAY),
            dice.i64(1..9_000_000),
            ["USD", "EUR", "UAH"][dice.usize(..3)],
            (dice.u8(..4) == 0).then_some(2),
        ];
        self.connection.execute(SQL, values).unwrap();
    }

    fn insert_conversion(&mut self, dice: &mut Rng) {
        let (click_id, clicked_at) = self.some_click(dice);
        let at = clicked_at + dice.i64(0..DAY);
        // An imported one is stored later than it happened.
        let id = self.id(at + dice.i64(0..2) * dice.i64(0..DAY));
        let flags = match dice.u8(..5) {
            0 => dice.i64(0..16),
            _ => 0,
        };
        let events = [
            "conversion",
            "conversion",
            "conversion",
            "rebill",
            "deposit",
            "call",
            "ghost",
        ];
        let kept = [
            r#"{"plan":"basic"}"#,
            r#"{"weight":1500000,"plan":"pro"}"#,
            r#"{"weight":-250001,"plan":7000000}"#,
            r#"{"weight":"heavy"}"#,
        ];
        const SQL: &str = "
            insert into conversions (id, at, status_at, click_id, campaign_id, offer_id, event, tid,
                status, amount, currency, revenue, cost, flags, kept)
            values (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 'USD', ?, ?, ?, ?)";
        let values = params![
            id,
            at,
            at + dice.i64(0..2) * dice.i64(0..DAY),
            click_id,
            dice.i64(1..4),
            maybe(dice, &[7, 8, 9]),
            events[dice.usize(..events.len())],
            maybe(dice, &["T-1", "12"]),
            maybe(dice, &[1, 2, 2, 2, 3, 4]),
            dice.i64(-2_000_000..9_000_000),
            maybe(dice, &[0, 250_000]),
            flags,
            maybe(dice, &kept),
        ];
        self.connection.execute(SQL, values).unwrap();
    }
}

fn documents() -> Documents {
    let mut documents = Documents::default();
    for (id, group) in [(1, Some(4)), (2, Some(5)), (3, None)] {
        let campaign = json!({ "id": id, "name": "C", "group_id": group });
        let campaign = Campaign::read(&campaign).unwrap();
        documents.campaigns.insert(id, Arc::new(campaign));
    }
    for (id, network_id) in [(7, Some(30)), (8, Some(31)), (9, None)] {
        let offer = Offer {
            id,
            network_id,
            ..Offer::default()
        };
        documents.offers.insert(id, Arc::new(offer));
    }
    for (id, key, counts) in [(1, "deposit", true), (2, "call", false)] {
        let event = Event {
            id,
            key: key.to_owned(),
            counts_as_conversion: counts,
            counts_in_revenue: !counts,
            ..Event::default()
        };
        documents.events.insert(id, Arc::new(event));
    }
    documents
}

fn maybe<T: Copy>(dice: &mut Rng, values: &[T]) -> Option<T> {
    values.get(dice.usize(..values.len() + 1)).copied()
}
