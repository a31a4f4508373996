//! A new file, filled in one go while nobody serves it.
//!
//! The rows are those of the writer: clicks and offer clicks by the same inserts, postbacks by the
//! same life from log entry to history. What a file that serves needs and this one does not is left
//! out: there is no journal, nobody waits for a commit, no traffic source is told. A file whose filling
//! broke off is to be thrown away.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;

use super::clicks;
use super::connection::{Durability, open_writer};
use super::conversions::{Books, Incoming, Understood, receive_untold};
use super::dictionary::Dictionary;
use super::entities::Stored;
use super::error::StoreError;
use super::record::Record;
use super::{migrations, offer_clicks, rates, settings};
use crate::domain::documents::Documents;
use crate::domain::id::{IdCodec, IdGenerator};
use crate::domain::money::Currency;
use crate::domain::rates::Rate;
use crate::postback;

/// Clicks lie far apart when their postbacks come.
const CACHE_KB: i64 = 262_144;

/// One thing to be stored, in the order of the times.
pub enum Entry {
    Record(Record),
    Postback(Postback),
}

/// What a network sends, with the key of its network.
pub struct Postback {
    /// UTC milliseconds.
    pub at: i64,
    pub ip: IpAddr,
    pub network_id: u64,
    pub pairs: Vec<(String, String)>,
}

/// What the file begins with.
pub struct Beginning {
    /// Secrets by the names of their settings, in place of random ones.
    pub secrets: Vec<(&'static str, [u8; 16])>,
    pub documents: Documents,
    /// Currency, number of the day, and what one unit was worth.
    pub rates: Vec<(Currency, i64, Rate)>,
    /// Of click ids.
    pub codec: IdCodec,
    /// Of what follows from postbacks: of another node than the records, whose ids are made by
    /// somebody else at the same time.
    pub ids: IdGenerator,
}

pub struct Filling {
    connection: Connection,
    dictionary: Dictionary,
    books: Books,
}

impl Filling {
    /// Makes the file.
    pub fn begin(path: &Path, beginning: Beginning) -> Result<Self, StoreError> {
        let mut connection = open_writer(path, Durability::Process)?;
        migrations::migrate(&mut connection, path)?;
        connection.pragma_update(None, "journal_mode", "off")?;
        connection.pragma_update(None, "synchronous", "off")?;
        connection.pragma_update(None, "cache_size", -CACHE_KB)?;
        let documents = beginning.documents;
        for (name, secret) in beginning.secrets {
            settings::set(&connection, name, &secret)?;
        }
        rates::save(&connection, &beginning.rates)?;
        save_all(&connection, documents.groups.values())?;
        save_all(&connection, documents.networks.values())?;
        save_all(&connection, documents.offers.values())?;
        save_all(&connection, documents.landings.values())?;
        save_all(&connection, documents.traffic_sources.values())?;
        save_all(&connection, documents.events.values())?;
        save_all(&connection, documents.campaigns.values())?;
        let rates = rates::RateBook::load(&connection)?;
        Ok(Self {
            books: Books {
                documents: Arc::new(documents),
                rates: Arc::clone(&rates.now()),
                ids: Arc::new(beginning.ids),
                codec: beginning.codec,
                counts: Arc::default(),
                rules: Arc::default(),
                bell: Arc::default(),
            },
            connection,
            dictionary: Dictionary::new(),
        })
    }

    /// Stores entries as one transaction.
    pub fn store(&mut self, entries: &[Entry]) -> Result<(), StoreError> {
        let transaction = self.connection.unchecked_transaction()?;
        let mut clicks = clicks::insert::prepare(&transaction)?;
        let mut steps = offer_clicks::prepare(&transaction)?;
        let dictionary = &mut self.dictionary;
        for entry in entries {
            match entry {
                Entry::Record(Record::Click(click)) => {
                    clicks::insert::insert(&transaction, &mut clicks, dictionary, click)?;
                }
                Entry::Record(Record::OfferClick(step)) => {
                    offer_clicks::insert(&transaction, &mut steps, dictionary, step)?;
                }
                Entry::Postback(postback) => take(&transaction, &self.books, postback)?,
            }
        }
        drop((clicks, steps));
        transaction.commit()?;
        self.dictionary.committed();
        Ok(())
    }
}

fn save_all<'e, E: Stored>(
    connection: &Connection,
    mut entities: impl Iterator<Item = &'e Arc<E>>,
) -> Result<(), StoreError> {
    entities.try_for_each(|entity| entity.save(connection))
}

fn take(connection: &Connection, books: &Books, sent: &Postback) -> Result<(), StoreError> {
    let network = books.documents.networks.get(&sent.network_id).cloned();
    let words = books.words(network.as_deref());
    let incoming = Incoming {
        id: books.ids.next(sent.at),
        at: sent.at,
        ip: Some(sent.ip),
        method: "GET".to_owned(),
        pairs: postback::logged(&sent.pairs, &words, &books.codec),
        fingerprint: postback::fingerprint(Some(sent.network_id), &sent.pairs),
        network_key: network.as_ref().map(|network| network.key.clone()),
    };
    let understood = Understood::Said {
        said: Box::new(postback::read(&sent.pairs, &words, &books.codec)),
        network: network.clone(),
        pairs: sent.pairs.clone(),
    };
    receive_untold(connection, books, &incoming, &understood)?;
    Ok(())
}
