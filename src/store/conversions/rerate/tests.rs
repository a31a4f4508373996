//! Rates that change while postbacks are under way.

use std::collections::BTreeMap;
use std::path::Path;

use super::*;
use crate::domain::click::Click;
use crate::domain::id::IdCodec;
use crate::domain::rates::Rate;
use crate::engine::counters::Counts;
use crate::postback::{Words, read};
use crate::store::clicks::insert;
use crate::store::connection::{Durability, open_writer};
use crate::store::conversions::apply::{Applied, apply};
use crate::store::conversions::{Books, Outcome};
use crate::store::dictionary::Dictionary;
use crate::store::migrations;
use crate::store::rates::RateBook;

const NOW: i64 = 1_790_000_000_000;

fn hryvnia() -> Currency {
    Currency::parse("UAH").unwrap()
}

fn rate(text: &str) -> Vec<(Currency, i64, Rate)> {
    vec![(hryvnia(), 0, text.parse().unwrap())]
}

struct Office {
    writer: Writer,
    readers: Readers,
    rates: RateBook,
    ids: Arc<IdGenerator>,
}

impl Office {
    /// With clicks of these ids.
    fn open(directory: &Path, clicks: &[i64]) -> Self {
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

    fn books(&self) -> Books {
        Books {
            documents: Arc::default(),
            rates: Arc::clone(&self.rates.now()),
            ids: Arc::clone(&self.ids),
            codec: IdCodec::new(&[7; 16]),
            counts: Arc::new(Counts::default()),
        }
    }

    /// A postback of 100 UAH for a click, with the books as they were when it came.
    fn take(&self, books: Books, click: i64) -> Outcome {
        let work = move |connection: &Connection| {
            let id = books.codec.encode(Id::from_row(click).unwrap());
            let pairs = [
                ("subid", id.as_str()),
                ("payout", "100"),
                ("currency", "UAH"),
            ];
            let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
            let words = Words {
                network: None,
                events: &BTreeMap::new(),
            };
            let applied = Applied {
                said: &read(&pairs, &words, &books.codec),
                network: None,
                at: NOW,
                origin: Origin::Postback,
                postback_id: None,
            };
            Ok(apply(connection, &books, &applied)?.0)
        };
        self.writer.edit_blocking(work).unwrap()
    }

    fn piece(&self) -> bool {
        let rates = Arc::clone(&self.rates.now());
        next_piece(&self.readers, &self.writer, &rates, &self.ids, NOW).unwrap()
    }

    fn worths(&self) -> Vec<i64> {
        let reader = self.readers.get().unwrap();
        let mut statement = reader
            .prepare("select revenue from conversions order by id")
            .unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }
}

fn click(id: Id) -> Click {
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

#[test]
fn a_postback_from_before_a_change_of_rates_that_is_stored_after_it_has_the_new_rate() {
    let directory = tempfile::tempdir().unwrap();
    let office = Office::open(directory.path(), &[1]);
    let books = office.books();
    office.rates.put(&office.writer, rate("0.02")).unwrap();
    while office.piece() {}
    assert!(!is_due(&office.readers).unwrap());

    let outcome = office.take(books, 1);

    assert!(outcome.changed, "{outcome:?}");
    assert_eq!(office.worths(), [2_000_000]);
    office.writer.stop();
}

#[test]
fn rates_that_change_again_are_followed_from_the_start() {
    let directory = tempfile::tempdir().unwrap();
    let clicks: Vec<i64> = (1..=600).collect();
    let office = Office::open(directory.path(), &clicks);
    for click in clicks {
        office.take(office.books(), click);
    }
    office.rates.put(&office.writer, rate("0.02")).unwrap();
    assert!(office.piece(), "100 are left");
    assert_eq!(office.worths()[498..502], [2_000_000, 2_000_000, 0, 0]);

    let euro = Currency::parse("EUR").unwrap();
    let more = vec![(euro, 0, Rate::ONE)];
    office.rates.put(&office.writer, rate("0.03")).unwrap();
    office.rates.put(&office.writer, more).unwrap();
    while office.piece() {}

    assert_eq!(office.worths(), [3_000_000; 600]);
    assert!(!is_due(&office.readers).unwrap());
    office.writer.stop();
}

#[test]
fn two_changes_concern_what_either_does() {
    let due = |codes: Option<&[&str]>, after| Due {
        currencies: codes.map(|codes| codes.iter().map(|code| (*code).to_owned()).collect()),
        after,
    };
    let both = due(Some(&["EUR"]), 9).and(due(Some(&["UAH"]), 5));
    assert_eq!(both, due(Some(&["EUR", "UAH"]), 5));
    assert!(both.concerns("UAH") && both.concerns("EUR") && !both.concerns("RUB"));
    let all = both.and(due(None, 7));
    assert_eq!(all, due(None, 5));
    assert!(all.concerns("RUB"));
}
