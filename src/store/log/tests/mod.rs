//! A database file with clicks, conversions and postbacks in it, and their logs.

mod conditions;
mod conversions;
mod postbacks;

use std::net::IpAddr;

use rusqlite::{Connection, named_params};
use serde_json::json;
use tempfile::TempDir;

use super::{Page, Query};
use crate::domain::click::Click;
use crate::domain::id::{Id, IdCodec, IdGenerator};
use crate::macros::testing::Sample;
use crate::store::clicks::insert;
use crate::store::clicks::packed::pack_ip;
use crate::store::connection::{Durability, open_writer};
use crate::store::dictionary::Dictionary;
use crate::store::error::StoreError;
use crate::store::log::fields::Fields;
use crate::store::migrations::migrate;
use crate::store::readers::Readers;

const NOW: i64 = 1_790_000_000_000;

struct Rows {
    _directory: TempDir,
    connection: Connection,
    readers: Readers,
    codec: IdCodec,
    ids: IdGenerator,
    dictionary: Dictionary,
}

/// A conversion to insert; the rest has fixed values.
#[derive(Clone)]
struct Conversion {
    id: Id,
    at: i64,
    status_at: i64,
    click_id: Option<Id>,
    tid: Option<&'static str>,
    status: Option<i64>,
    original_status: Option<&'static str>,
    flags: i64,
}

/// A postback to insert.
#[derive(Clone)]
struct Postback {
    id: Id,
    at: i64,
    ip: IpAddr,
    network_id: Option<u64>,
    parameters: Vec<(&'static str, &'static str)>,
    click_id: Option<Id>,
    verdict: &'static str,
    conversion_id: Option<Id>,
    unmapped: Option<&'static str>,
    flags: i64,
}

impl Rows {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("millrace.db");
        let mut connection = open_writer(&path, Durability::Process).unwrap();
        migrate(&mut connection, &path).unwrap();
        Self {
            _directory: directory,
            connection,
            readers: Readers::open(&path).unwrap(),
            codec: IdCodec::new(&[7; 16]),
            ids: IdGenerator::new(0, None),
            dictionary: Dictionary::new(),
        }
    }

    fn public(&self, id: Id) -> String {
        self.codec.encode(id).to_string()
    }

    /// A click of campaign 1, flow 2, landing 3, offer 4 and source 5, with what a sample visitor
    /// brings.
    fn click(&mut self, at: i64) -> Id {
        let visitor = Sample::new().visitor;
        let click = Click {
            id: self.ids.next(at),
            at,
            parent_id: None,
            visitor: None,
            is_unique_campaign: true,
            is_unique_flow: true,
            is_unique_global: true,
            is_test: false,
            campaign_id: 1,
            flow_id: Some(2),
            landing_id: Some(3),
            offer_id: Some(4),
            traffic_source_id: Some(5),
            domain_id: None,
            ip: visitor.ip,
            agent: visitor.agent,
            place: visitor.place,
            language: visitor.language,
            referrer: visitor.referrer,
            bot_reason: None,
            parameters: visitor.parameters,
            cost: None,
        };
        let mut statement = insert::prepare(&self.connection).unwrap();
        let dictionary = &mut self.dictionary;
        insert::insert(&self.connection, &mut statement, dictionary, &click).unwrap();
        click.id
    }

    /// A sale without a click, made at that time.
    fn some_conversion(&self, at: i64) -> Conversion {
        Conversion {
            id: self.ids.next(at),
            at,
            status_at: at,
            click_id: None,
            tid: None,
            status: Some(2),
            original_status: None,
            flags: 0,
        }
    }

    fn conversion(&self, row: &Conversion) {
        let sql = "
            insert into conversions (id, at, status_at, click_id, campaign_id, offer_id,
                network_id, event, tid, status, previous_status, original_status, amount,
                currency, rate, revenue, sale_amount, cost_amount, cost_currency, cost_rate, cost,
                flags, cap_day, kept, others)
            values (:id, :at, :status_at, :click_id, 1, 40, 6, 'conversion', :tid, :status, 1,
                :original_status, 12500000, 'EUR', 1100000000, 13750000, null, 2000000, 'USD',
                1000000000, 2000000, :flags, null, '{\"level\":\"gold\"}', '{\"x\":\"1\"}')";
        let values = named_params! {
            ":id": row.id.to_row(), ":at": row.at, ":status_at": row.status_at,
            ":click_id": row.click_id.map(Id::to_row), ":tid": row.tid, ":status": row.status,
            ":original_status": row.original_status, ":flags": row.flags,
        };
        self.connection.execute(sql, values).unwrap();
    }

    /// A change of a conversion into this status.
    fn change(&self, conversion_id: Id, postback_id: Option<Id>, at: i64, status: i64) {
        let sql = "
            insert into conversion_changes (id, conversion_id, at, origin, postback_id, status,
                original_status, amount, currency, revenue, tid, offer_id, cap_change, cap_day,
                spent)
            values (:id, :conversion_id, :at, 'postback', :postback_id, :status, 'ok', 12500000,
                'EUR', 13750000, 't1', 40, 0, null, 0)";
        let values = named_params! {
            ":id": self.ids.next(at).to_row(), ":conversion_id": conversion_id.to_row(), ":at": at,
            ":postback_id": postback_id.map(Id::to_row), ":status": status,
        };
        self.connection.execute(sql, values).unwrap();
    }

    /// A postback of nobody that was stored at that time.
    fn some_postback(&self, at: i64) -> Postback {
        Postback {
            id: self.ids.next(at),
            at,
            ip: [203, 0, 113, 9].into(),
            network_id: None,
            parameters: vec![("status", "sale")],
            click_id: None,
            verdict: "stored",
            conversion_id: None,
            unmapped: None,
            flags: 0,
        }
    }

    fn postback(&self, row: &Postback) {
        let sql = "
            insert into postbacks (id, at, ip, method, network_key, network_id, parameters,
                click_id, found_in, verdict, reason, conversion_id, unmapped, fingerprint, flags)
            values (:id, :at, :ip, 'GET', null, :network_id, :parameters, :click_id, 'subid',
                :verdict, 'because', :conversion_id, :unmapped, 0, :flags)";
        let parameters = json!(row.parameters).to_string();
        let values = named_params! {
            ":id": row.id.to_row(), ":at": row.at, ":ip": pack_ip(&row.ip),
            ":network_id": row.network_id, ":parameters": parameters,
            ":click_id": row.click_id.map(Id::to_row), ":verdict": row.verdict,
            ":conversion_id": row.conversion_id.map(Id::to_row), ":unmapped": row.unmapped,
            ":flags": row.flags,
        };
        self.connection.execute(sql, values).unwrap();
    }

    fn query(&self, fields: &Fields, filters: &[(&str, &str)]) -> Query {
        let mut query = Query {
            limit: 100,
            ..Query::default()
        };
        for (name, value) in filters {
            let filter = fields.filter(name, value, &self.codec);
            query.add(filter.unwrap_or_else(|problem| panic!("{name}={value}: {problem:?}")));
        }
        query
    }
}

/// Filters, and what they find.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a Vec<Id>);

/// All pages in a row.
fn walk<T>(mut query: Query, list: impl Fn(&Query) -> Result<Page<T>, StoreError>) -> Vec<T> {
    let mut items = Vec::new();
    loop {
        let page = list(&query).unwrap();
        assert!(page.items.len() <= query.limit);
        items.extend(page.items);
        match page.next {
            Some(next) => query.before = Some(next),
            None => return items,
        }
    }
}
