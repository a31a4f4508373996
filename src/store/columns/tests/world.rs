//! A file in which everything happens at random, and what its raw rows say, worked out row by row.

use std::collections::BTreeMap;
use std::path::PathBuf;

use fastrand::Rng;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, params};

use super::super::*;
use crate::domain::id::Id;
use crate::report::columns::Value;
use crate::store::clicks::packed::{Packed, pack_sub_ids, unpack_sub_ids};
use crate::store::connection::{Durability, open_writer};
use crate::store::migrations::migrate;
use crate::store::readers::Readers;
use crate::store::sums::Span;

pub(super) const START: i64 = 1_790_000_000_000;
pub(super) const MINUTE: i64 = 60_000;

/// What a row has in each column, as text; `None` where it is empty.
pub(super) type Told = BTreeMap<Column, Option<String>>;

pub(super) struct World {
    _directory: tempfile::TempDir,
    path: PathBuf,
    pub(super) connection: Connection,
    pub(super) dice: Rng,
    pub(super) now: i64,
    made: i64,
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("millrace.db");
        let mut connection = open_writer(&path, Durability::Process).unwrap();
        migrate(&mut connection, &path).unwrap();
        let routes = "
            insert into routes (id, campaign_id, offer_id) values (1, 1, null), (2, 1, 7), (3, 2, 8);";
        connection.execute_batch(routes).unwrap();
        Self {
            _directory: directory,
            path,
            connection,
            dice: Rng::with_seed(seed),
            now: START,
            made: 0,
        }
    }

    pub(super) fn readers(&self) -> Readers {
        Readers::open(&self.path).unwrap()
    }

    /// An id of now; of any time after that one, if it comes late.
    fn fresh_id(&mut self, late_from: Option<i64>) -> i64 {
        self.made += 1;
        let at = match late_from {
            Some(from) => self.dice.i64(from.min(self.now)..=self.now),
            None => self.now,
        };
        Id::first_at(at).to_row() + self.made
    }

    fn maybe<T: Copy>(&mut self, values: &[T]) -> Option<T> {
        values.get(self.dice.usize(..values.len() + 1)).copied()
    }

    /// An id that some raw row of a table has.
    fn any(&mut self, table: &str) -> Option<i64> {
        let sql = format!("select id from {table} order by id");
        let mut statement = self.connection.prepare(&sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        let ids: Vec<i64> = rows.map(Result::unwrap).collect();
        drop(statement);
        self.dice.choice(ids)
    }

    /// Something happens, whatever it is.
    pub(super) fn happens(&mut self) {
        self.now += self.dice.i64(0..MINUTE);
        match self.dice.u8(..16) {
            0..=4 => self.click(false),
            5 => self.click(true),
            6 | 7 => self.step(),
            8 | 9 => self.conversion(),
            10 => self.change_click(),
            11 => self.change_conversion(),
            12..=14 => self.change_step(),
            _ => self.delete(),
        }
    }

    pub(super) fn click(&mut self, is_late: bool) {
        const SQL: &str = "
            insert into clicks (id, route_id, agent_id, place_id, ip, language, referrer, source,
                creative_id, external_id, sub_ids, cost, currency_id, flags)
            values (?, ?, 1, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let id = self.fresh_id(is_late.then_some(START));
        let texts: Vec<(u8, String)> = [1, 3, 30]
            .into_iter()
            .filter_map(|number| {
                let text = self.maybe(&["0", "17", "007", "-5", "a\"b", "x,]", "\u{e4}\\"])?;
                Some((number, text.to_owned()))
            })
            .collect();
        let flags = self.dice.i64(0..1 << 11);
        let shift = match self.dice.u8(..4) {
            0 => self.dice.i64(-30 * MINUTE..0),
            _ => 0,
        };
        let values = params![
            id,
            self.dice.i64(1..4),
            vec![10, 0, 0, self.dice.u8(..2)],
            self.maybe(&["de", "en", ""]),
            self.maybe(&["https://a.test/?b", ""]),
            Packed(self.maybe(&["7", "07", "zone", ""])),
            Packed(self.maybe(&["1", "2"])),
            Packed(Some(&format!("x{id}"))),
            pack_sub_ids(&texts),
            self.maybe(&[0, 15_000, 1_000_003]),
            self.maybe(&[1, 2]),
            flags | shift << 16,
        ];
        self.connection.execute(SQL, values).unwrap();
        // As the writer does.
        if id < loose::mark(&self.connection, Kind::Clicks).unwrap() {
            loose::note_click(&self.connection, Id::from_row(id).unwrap()).unwrap();
        }
    }

    fn step(&mut self) {
        const SQL: &str =
            "insert into offer_clicks (id, click_id, offer_id, flags) values (?, ?, ?, ?)";
        let click_id = self.any("clicks").filter(|_| self.dice.u8(..9) > 0);
        let values = params![
            self.fresh_id(None),
            click_id,
            self.maybe(&[7, 8, 9]),
            i64::from(self.dice.u8(..4) == 0)
        ];
        self.connection.execute(SQL, values).unwrap();
    }

    fn conversion(&mut self) {
        const SQL: &str = "
            insert into conversions (id, at, status_at, click_id, offer_id, event, tid, status,
                amount, currency, revenue, cost, flags, kept)
            values (?, ?, ?, ?, ?, ?, ?, ?, 0, 'USD', ?, ?, ?, ?)";
        let click_id = self.any("clicks").filter(|_| self.dice.u8(..9) > 0);
        // Late ones come from elsewhere, but after their click.
        let is_late = self.dice.u8(..5) == 0;
        let id = self.fresh_id(click_id.filter(|_| is_late).map(|id| self.clicked_at(id)));
        let made = Id::from_row(id).unwrap().unix_ms();
        let values = params![
            id,
            made - self.dice.i64(0..10 * MINUTE),
            self.now - self.dice.i64(-MINUTE..10 * MINUTE),
            click_id,
            self.maybe(&[7, 8]),
            self.dice.choice(["conversion", "conversion", "deposit"]),
            self.maybe(&["t1", "2"]),
            self.maybe(&[1, 2, 2, 3]),
            self.dice.i64(-1_000..9_000_000),
            self.maybe(&[0, 250_000]),
            self.dice.choice([0, 0, 0, 1, 2, 4, 8]),
            self.maybe(&[r#"{"a":"b"}"#]),
        ];
        self.connection.execute(SQL, values).unwrap();
    }

    fn clicked_at(&self, id: i64) -> i64 {
        let sql = "select at from clicks where id = ?1";
        self.connection
            .query_row(sql, [id], |row| row.get(0))
            .unwrap()
    }

    fn change_click(&mut self) {
        let Some(id) = self.any("clicks") else { return };
        let sql = match self.dice.u8(..4) {
            0 => "update clicks set cost = ?2 where id = ?1",
            1 => "update clicks set route_id = 1 + ?2 % 3 where id = ?1",
            2 => "update clicks set flags = flags & ~65535 | ?2 % 2048 where id = ?1",
            _ => "update clicks set source = ?2, cost = cost + 1 where id >= ?1",
        };
        let value = self.dice.i64(0..1 << 20);
        self.connection.execute(sql, [id, value]).unwrap();
    }

    fn change_conversion(&mut self) {
        let Some(id) = self.any("conversions") else {
            return;
        };
        let sql = match self.dice.u8(..3) {
            0 => "update conversions set status = 1 + ?2 % 4, status_at = ?3 where id = ?1",
            1 => "update conversions set revenue = ?2, offer_id = null where id = ?1 + ?3 * 0",
            // As it is saved: under the policy of its own for conflicts.
            _ => {
                "insert into conversions (id, at, status_at, event, amount, currency, revenue, flags)
                values (?1, ?3, ?3, '', 0, '', 0, 0)
                on conflict (id) do update set status = 2, event = 'conversion', flags = ?2 % 8"
            }
        };
        let value = self.dice.i64(0..1 << 20);
        self.connection.execute(sql, [id, value, self.now]).unwrap();
    }

    fn change_step(&mut self) {
        let (Some(id), Some(click_id)) = (self.any("offer_clicks"), self.any("clicks")) else {
            return;
        };
        let sql = match self.dice.bool() {
            true => "update offer_clicks set click_id = ?2, flags = 0 where id = ?1",
            false => "delete from offer_clicks where id = ?1 + ?2 * 0",
        };
        self.connection.execute(sql, [id, click_id]).unwrap();
    }

    fn delete(&mut self) {
        let table = self
            .dice
            .choice(["clicks", "conversions", "clicks"])
            .unwrap();
        let Some(id) = self.any(table) else { return };
        let sql = format!("delete from {table} where id = ?1");
        self.connection.execute(&sql, [id]).unwrap();
    }

    /// A span with some of what happened; now and then with all.
    pub(super) fn span(&mut self) -> Span {
        let from = self.dice.i64(START - MINUTE..self.now + MINUTE);
        match self.dice.u8(..4) {
            0 => Span {
                from: 0,
                to: i64::MAX,
            },
            _ => Span {
                from,
                to: from + self.dice.i64(0..self.now - START + 2),
            },
        }
    }

    /// All rows of a kind by their own ids, from the raw rows.
    pub(super) fn raw(&self, kind: Kind) -> BTreeMap<i64, Told> {
        let (own, from) = match kind {
            Kind::Clicks => ("null", "clicks"),
            Kind::Conversions => (
                "conversions.*",
                "conversions join clicks on clicks.id = conversions.click_id",
            ),
        };
        let sql = format!("select {own}, clicks.*, clicks.at from {from}");
        let mut statement = self.connection.prepare(&sql).unwrap();
        let names: Vec<String> = statement
            .column_names()
            .into_iter()
            .map(str::to_owned)
            .collect();
        // Of the two rows beside each other the click's comes last.
        let mut rows = statement.query([]).unwrap();
        let mut all = BTreeMap::new();
        while let Some(row) = rows.next().unwrap() {
            let at = |name: &str, is_own: bool| -> Option<String> {
                let mut places = names.iter().enumerate().filter(|(_, one)| *one == name);
                let place = match is_own {
                    true => places.next(),
                    false => places.next_back(),
                };
                let text = match row.get_ref(place.unwrap().0).unwrap() {
                    ValueRef::Null => String::new(),
                    ValueRef::Integer(number) => number.to_string(),
                    ValueRef::Text(text) => String::from_utf8(text.to_vec()).unwrap(),
                    ValueRef::Blob(bytes) => format!("{bytes:?}"),
                    ValueRef::Real(_) => panic!("no column is real"),
                };
                Some(text).filter(|text| !text.is_empty())
            };
            let click_id: i64 = at("id", false).unwrap().parse().unwrap();
            let flags: i64 = at("flags", false).unwrap().parse().unwrap();
            let (steps, last) = self.steps(click_id);
            let of_route = at("route_id", false).and_then(|id| self.offer_of_route(&id));
            let offer = last.or(of_route);
            let mut told = Told::from([
                (Column::Id, at("id", false)),
                (Column::Shift, Some((flags >> 16).to_string())),
                (Column::Flags, Some((flags & 0xffff).to_string())),
                (Column::Route, at("route_id", false)),
                (Column::Agent, at("agent_id", false)),
                (Column::Place, at("place_id", false)),
                (Column::Ip, at("ip", false)),
                (Column::Language, at("language", false)),
                (Column::Referrer, at("referrer", false)),
                (Column::Source, at("source", false)),
                (Column::Keyword, at("keyword", false)),
                (Column::CreativeId, at("creative_id", false)),
                (Column::AdGroupId, at("ad_group_id", false)),
                (Column::AdCampaignId, at("ad_campaign_id", false)),
                (Column::ExternalId, at("external_id", false)),
                (Column::Cost, at("cost", false)),
                (Column::Currency, at("currency_id", false)),
                (Column::Steps, Some(steps.to_string())),
                (Column::Offer, offer.clone()),
            ]);
            let sub_ids = unpack_sub_ids(&at("sub_ids", false).unwrap_or_default());
            for number in 1..=30 {
                let one = sub_ids.iter().find(|(one, _)| *one == number);
                told.insert(Column::SubId(number), one.map(|(_, text)| text.clone()));
            }
            let mut own_id = click_id;
            if kind == Kind::Conversions {
                own_id = at("id", true).unwrap().parse().unwrap();
                let bits: i64 = at("flags", true).unwrap().parse().unwrap();
                if bits & 4 != 0 || flags >> 5 & 1 != 0 {
                    continue;
                }
                told.extend([
                    (Column::ConversionId, at("id", true)),
                    (Column::ConversionAt, at("at", true)),
                    (Column::StatusAt, at("status_at", true)),
                    (Column::Event, at("event", true)),
                    (Column::Status, at("status", true)),
                    (Column::Tid, at("tid", true)),
                    (Column::ConversionFlags, Some(bits.to_string())),
                    (Column::ConversionOffer, at("offer_id", true).or(offer)),
                    (Column::Revenue, at("revenue", true)),
                    (Column::ConversionCost, at("cost", true)),
                    (Column::Kept, at("kept", true)),
                    (Column::Others, at("others", true).filter(|_| false)),
                    (Column::ClickAt, at("at", false)),
                    (
                        Column::MakesCustomer,
                        Some(i64::from(self.first_sale(click_id) == Some(own_id)).to_string()),
                    ),
                ]);
            }
            all.insert(own_id, told);
        }
        all
    }

    fn steps(&self, click_id: i64) -> (usize, Option<String>) {
        let sql = "select offer_id from offer_clicks
            where click_id = ?1 and flags % 2 = 0 order by id";
        let mut statement = self.connection.prepare_cached(sql).unwrap();
        let rows = statement.query_map([click_id], |row| row.get::<_, Option<i64>>(0));
        let offers: Vec<Option<i64>> = rows.unwrap().map(Result::unwrap).collect();
        let last = offers.iter().rev().flatten().next();
        (offers.len(), last.map(i64::to_string))
    }

    fn offer_of_route(&self, id: &str) -> Option<String> {
        [("2", "7"), ("3", "8")]
            .iter()
            .find(|(route, _)| *route == id)
            .map(|(_, offer)| (*offer).to_owned())
    }

    fn first_sale(&self, click_id: i64) -> Option<i64> {
        let sql = "select min(id) from conversions where click_id = ?1 and event = 'conversion'
            and status = 2 and flags in (0, 8)";
        self.connection
            .query_row(sql, [click_id], |row| row.get(0))
            .unwrap()
    }
}

/// A value of a block as text.
pub(super) fn told(value: Value<'_>) -> Option<String> {
    match value {
        Value::Empty => None,
        Value::Number(number) => Some(number.to_string()),
        Value::Text(text) => Some(text.to_owned()),
        Value::Bytes(bytes) => Some(format!("{bytes:?}")),
    }
}
