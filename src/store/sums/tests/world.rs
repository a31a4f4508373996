//! A file with rows of the dice: every kind of click, step and conversion that there can be.

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
use crate::store::clicks::packed::{Packed, pack_sub_ids};
use crate::store::connection::{Durability, open_writer};
use crate::store::migrations::migrate;
use crate::store::readers::Readers;

pub(super) const NOW: i64 = 1_790_000_000_000;
pub(super) const HOUR: i64 = 3_600_000;
pub(super) const DAY: i64 = 24 * HOUR;
const FIRST_DAY: i64 = NOW / DAY;

pub(super) struct World {
    _directory: tempfile::TempDir,
    path: PathBuf,
    pub(super) connection: Connection,
    pub(super) documents: Documents,
    pub(super) rates: Rates,
}

impl World {
    /// With entities, user agents and places, and no clicks.
    pub(super) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("millrace.db");
        let mut connection = open_writer(&path, Durability::Process).unwrap();
        migrate(&mut connection, &path).unwrap();
        let dictionaries = "
            insert into agents (id, fingerprint, user_agent, device_type, brand, os) values
                (1, x'01', 'a', 'mobile', 'Samsung', 'Android'), (2, x'02', 'b', 'desktop', null, 'Linux'),
                (3, x'03', 'c', '', null, null);
            insert into places (id, fingerprint, country, city, asn) values
                (1, x'01', 'DE', 'Munich', 3320), (2, x'02', 'US', '3320', null), (3, x'03', null, null, 1);
            insert into routes values (1, 1, 10, null, 7, 1, null), (2, 1, 11, 20, null, 1, 5),
                (3, 2, 12, 21, 8, 2, 5), (4, 2, 12, null, null, null, null),
                (5, 3, null, null, 9, 2, 6), (6, 3, 13, 20, 7, null, 6);
            insert into currencies (id, code) values (2, 'EUR'), (3, 'UAH');";
        connection.execute_batch(dictionaries).unwrap();
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
        let euro = Currency::parse("EUR").unwrap();
        let rates = [
            (euro, FIRST_DAY, "1.083333333".parse().unwrap()),
            (euro, FIRST_DAY + 2, "1.1".parse().unwrap()),
        ];
        Self {
            _directory: directory,
            path,
            connection,
            documents,
            rates: Rates::new(Currency::USD, rates),
        }
    }

    pub(super) fn readers(&self) -> Readers {
        Readers::open(&self.path).unwrap()
    }

    /// Rows of the dice.
    pub(super) fn fill(&mut self, dice: &mut Rng) {
        let transaction = self.connection.unchecked_transaction().unwrap();
        let mut clicks: Vec<(i64, i64)> = Vec::new();
        for number in 0..dice.i64(20..60) {
            let made = NOW + dice.i64(-DAY..4 * DAY);
            // Set back by up to twenty hours, which is within what is looked through.
            let shift = if dice.u8(..4) == 0 {
                dice.i64(-20 * HOUR..0)
            } else {
                0
            };
            let id = Id::first_at(made).to_row() + number;
            insert_click(&transaction, dice, id, shift);
            clicks.push((id, made + shift));
        }
        for number in 0..dice.i64(0..60) {
            let (click_id, at) = clicks[dice.usize(..clicks.len())];
            let id = Id::first_at(at + dice.i64(0..DAY)).to_row() + 1_000 + number;
            let click_id = match dice.u8(..20) {
                0 => None,
                1 => Some(5),
                _ => Some(click_id),
            };
            let offer_id = maybe(dice, &[7, 8, 9]);
            insert_step(&transaction, id, click_id, offer_id, dice.u8(..4) == 0);
        }
        for number in 0..dice.i64(0..35) {
            let (click_id, at) = clicks[dice.usize(..clicks.len())];
            let click_id = match dice.u8(..20) {
                0 => None,
                1 => Some(5),
                _ => Some(click_id),
            };
            insert_conversion(&transaction, dice, number, click_id, at);
        }
        transaction.commit().unwrap();
    }
}

fn insert_step(
    connection: &Connection,
    id: i64,
    click_id: Option<i64>,
    offer_id: Option<i64>,
    is_preview: bool,
) {
    const SQL: &str =
        "insert into offer_clicks (id, click_id, offer_id, flags) values (?, ?, ?, ?)";
    let values = params![id, click_id, offer_id, i64::from(is_preview)];
    connection.execute(SQL, values).unwrap();
}

fn maybe<T: Copy>(dice: &mut Rng, values: &[T]) -> Option<T> {
    values.get(dice.usize(..values.len() + 1)).copied()
}

fn insert_click(connection: &Connection, dice: &mut Rng, id: i64, shift: i64) {
    let bot = match dice.u8(..4) {
        0 => dice.i64(1..7) << 8,
        1 => 1 << 7,
        _ => 0,
    };
    let test = i64::from(dice.u8(..10) == 0) << 5;
    let flags = dice.i64(0..16) | dice.i64(0..2) << 4 | test | bot | shift << 16;
    let sub_ids: Vec<(u8, String)> = [1, 3]
        .into_iter()
        .filter_map(|number| Some((number, maybe(dice, &["0", "17", "a\"b", "x,]"])?.to_owned())))
        .collect();
    const SQL: &str = "
        insert into clicks (id, route_id, agent_id, place_id, ip, language, source, creative_id,
            sub_ids, cost, currency_id, flags)
        values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let values = params![
        id,
        dice.i64(1..7),
        dice.i64(1..4),
        dice.i64(1..4),
        vec![10, 0, 0, dice.u8(..3)],
        maybe(dice, &["de", "en"]),
        Packed(maybe(dice, &["7", "07", "zone", ""])),
        Packed(maybe(dice, &["1", "2", "3"])),
        pack_sub_ids(&sub_ids),
        maybe(dice, &[0, 1, 15_000, 1_000_003, 999_999]),
        maybe(dice, &[1, 2, 3]),
        flags,
    ];
    connection.execute(SQL, values).unwrap();
}

fn insert_conversion(
    connection: &Connection,
    dice: &mut Rng,
    number: i64,
    click_id: Option<i64>,
    clicked_at: i64,
) {
    let at = clicked_at + dice.i64(0..DAY);
    // An imported one is stored later than it happened.
    let id = Id::first_at(at + dice.i64(0..2) * dice.i64(0..DAY)).to_row() + 2_000 + number;
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
    const SQL: &str = "
        insert into conversions (id, at, status_at, click_id, campaign_id, offer_id, event, status,
            amount, currency, revenue, cost, flags)
        values (?, ?, ?, ?, ?, ?, ?, ?, 0, 'USD', ?, ?, ?)";
    let values = params![
        id,
        at,
        at + dice.i64(0..2) * dice.i64(0..DAY),
        click_id,
        dice.i64(1..4),
        maybe(dice, &[7, 8, 9]),
        events[dice.usize(..events.len())],
        maybe(dice, &[1, 2, 2, 2, 3, 4]),
        dice.i64(-2_000_000..9_000_000),
        maybe(dice, &[0, 250_000]),
        flags,
    ];
    connection.execute(SQL, values).unwrap();
}
