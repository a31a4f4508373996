//! A file with clicks, and who works on it.

use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;

use super::apply::{Applied, apply};
use super::{Books, Outcome};
use crate::domain::click::Click;
use crate::domain::conversion::Origin;
use crate::domain::id::{Id, IdCodec, IdGenerator};
use crate::engine::counters::Counts;
use crate::postback::read;
use crate::store::clicks::insert;
use crate::store::connection::{Durability, open_writer};
use crate::store::dictionary::Dictionary;
use crate::store::migrations;
use crate::store::rates::RateBook;
use crate::store::readers::Readers;
use crate::store::writer::Writer;

pub(super) const NOW: i64 = 1_790_000_000_000;

pub(super) struct Office {
    pub(super) writer: Writer,
    pub(super) readers: Readers,
    pub(super) rates: RateBook,
    pub(super) ids: Arc<IdGenerator>,
}

impl Office {
    /// With clicks of these ids.
    pub(super) fn open(directory: &Path, clicks: &[i64]) -> Self {
        let path = directory.join("millrace.db");
        let mut connection = open_writer(&path, Durability::Process).unwrap();
        migrations::migrate(&mut connection, &path).unwrap();
        let dictionary = &mut Dictionary::new();
        for id in clicks {
            let mut statement = insert::prepare(&connection).unwrap();
            let click = click(Id::from_row(*id).unwrap());
            insert::insert(&connection, &mut statement, dictionary, &click).unwrap();
        }
        Self {
            rates: RateBook::load(&connection).unwrap(),
            writer: Writer::over(connection),
            readers: Readers::open(&path).unwrap(),
            ids: Arc::new(IdGenerator::new(0, None)),
        }
    }

    pub(super) fn books(&self) -> Books {
        Books {
            documents: Arc::default(),
            rates: Arc::clone(&self.rates.now()),
            ids: Arc::clone(&self.ids),
            codec: IdCodec::new(&[7; 16]),
            counts: Arc::new(Counts::default()),
            rules: Arc::default(),
            bell: Arc::default(),
        }
    }

    /// A postback of 100 UAH for a click, with the books as they were when it came.
    pub(super) fn take(&self, books: Books, click: i64) -> Outcome {
        let work = move |connection: &Connection| {
            let id = books.codec.encode(Id::from_row(click).unwrap());
            let pairs = [
                ("subid", id.as_str()),
                ("payout", "100"),
                ("currency", "UAH"),
            ];
            let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
            let applied = Applied {
                said: &read(&pairs, &books.words(None), &books.codec),
                network: None,
                at: NOW,
                origin: Origin::Postback,
                postback_id: None,
                tells: true,
            };
            Ok(apply(connection, &books, &applied)?.0)
        };
        self.writer.edit_blocking(work).unwrap()
    }
}

pub(super) fn click(id: Id) -> Click {
    Click {
        parent_id: None,
        visitor: None,
        is_unique_campaign: false,
        is_unique_flow: false,
        is_unique_global: false,
        is_test: false,
        id,
        at: NOW,
        campaign_id: 1,
        flow_id: None,
        landing_id: None,
        offer_id: None,
        traffic_source_id: None,
        domain_id: None,
        ip: [1, 2, 3, 4].into(),
        agent: Arc::default(),
        place: Arc::default(),
        language: None,
        referrer: None,
        bot_reason: None,
        parameters: Default::default(),
        cost: None,
    }
}
