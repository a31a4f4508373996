//! Currency rates and the reporting currency: stored, and at hand in memory.

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::{ArcSwap, Guard};
use rusqlite::{Connection, named_params};

use super::conversions::rerate::{self, Concerned};
use super::error::StoreError;
use super::settings;
use super::writer::Writer;
use crate::domain::money::Currency;
use crate::domain::period;
use crate::domain::rates::{NoRate, Rate, Rates};

const REPORTING: &str = "reporting_currency";
const VERSION: &str = "rates_version";
const LOAD: &str = "select currency, day, rate, per from currency_rates";
const SAVE: &str = "
    insert into currency_rates (currency, day, rate, per) values (:currency, :day, :rate, :per)
    on conflict (currency, day) do update set rate = excluded.rate, per = excluded.per";
const DELETE: &str = "
    delete from currency_rates
    where currency = :currency and day >= :from and day <= :to";
const DELETE_ALL: &str = "delete from currency_rates";

/// The rates that count now. Reading waits for nobody.
pub struct RateBook {
    rates: ArcSwap<Rates>,
    /// Held by the one change that is under way, so that changes are seen in their order.
    changing: Mutex<()>,
}

/// Why the reporting currency stays.
#[derive(Debug, thiserror::Error)]
pub enum NotChanged {
    /// Amounts of this day could not be stated in the new one.
    #[error("there is no rate for {} on {day}", currency.as_str())]
    NoRate { currency: Currency, day: i64 },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl RateBook {
    pub fn load(connection: &Connection) -> Result<Self, StoreError> {
        Ok(Self {
            rates: ArcSwap::from_pointee(load(connection)?),
            changing: Mutex::default(),
        })
    }

    /// The rates of this moment, for a short look.
    pub fn now(&self) -> Guard<Arc<Rates>> {
        self.rates.load()
    }

    /// Enters rates, in place of those of the same currency and day. Blocks.
    pub fn put(&self, writer: &Writer, rows: Vec<(Currency, i64, Rate)>) -> Result<(), StoreError> {
        self.change(writer, move |connection| {
            save(connection, &rows)?;
            let currencies = rows.iter().map(|(currency, ..)| *currency);
            let first = rows.iter().map(|(_, day, _)| *day).min();
            rerate::mark(connection, Concerned::Only(currencies.collect()), first)?;
            Ok(())
        })
    }

    /// Deletes the rates of a currency from one day to another, both included; how many there
    /// were. Blocks.
    pub fn delete(
        &self,
        writer: &Writer,
        currency: Currency,
        from: Option<i64>,
        to: Option<i64>,
    ) -> Result<usize, StoreError> {
        let day = |day: Option<i64>, open: &str| {
            day.map_or(open.to_owned(), |day| period::date(day).to_string())
        };
        let (first, last) = (day(from, ""), day(to, "9999-99-99"));
        self.change(writer, move |connection| {
            let mut statement = connection.prepare_cached(DELETE)?;
            let deleted = statement.execute(named_params! {
                ":currency": currency.as_str(), ":from": first, ":to": last,
            })?;
            rerate::mark(connection, Concerned::Only(vec![currency]), from)?;
            Ok(deleted)
        })
    }

    /// Makes another currency the one that rates are stated in: they are restated, and what
    /// conversions are worth follows. Blocks.
    pub fn set_reporting(&self, writer: &Writer, currency: Currency) -> Result<(), NotChanged> {
        // Asked in the transaction: rates may be entered at this very moment.
        let changed = self.change(writer, move |connection| {
            let rates = load(connection)?;
            if rates.reporting() == currency {
                return Ok(Ok(()));
            }
            let restated = match rates.restated(currency, rerate::first_day(connection)?) {
                Ok(restated) => restated,
                Err(NoRate { day }) => return Ok(Err(NotChanged::NoRate { currency, day })),
            };
            connection.execute(DELETE_ALL, [])?;
            let rows = restated.rows().into_iter();
            let rows: Vec<_> = rows.map(|(day, one, rate)| (one, day, rate)).collect();
            save(connection, &rows)?;
            settings::set(connection, REPORTING, currency.as_str().as_bytes())?;
            rerate::mark(connection, Concerned::All, None)?;
            Ok(Ok(()))
        });
        changed?
    }

    fn change<T: Send + 'static>(
        &self,
        writer: &Writer,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let (done, rates) = writer.edit_blocking(move |connection| {
            let done = work(connection)?;
            let next = version(connection)? + 1;
            settings::set(connection, VERSION, &next.to_be_bytes())?;
            Ok((done, load(connection)?))
        })?;
        self.rates.store(Arc::new(rates));
        Ok(done)
    }
}

/// The rates as the file has them now, to be asked in a transaction: those at hand may be older,
/// where they were changed since, and newer ones may not be published yet.
pub fn current(
    connection: &Connection,
    at_hand: &Arc<Rates>,
) -> Result<Arc<Rates>, rusqlite::Error> {
    match version(connection)? == at_hand.version() {
        true => Ok(Arc::clone(at_hand)),
        false => Ok(Arc::new(load(connection)?)),
    }
}

fn version(connection: &Connection) -> Result<i64, rusqlite::Error> {
    let stored = settings::find(connection, VERSION)?;
    let stored = stored.and_then(|bytes| bytes.try_into().ok());
    Ok(stored.map_or(0, i64::from_be_bytes))
}

pub(in crate::store) fn save(
    connection: &Connection,
    rows: &[(Currency, i64, Rate)],
) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare_cached(SAVE)?;
    for (currency, day, rate) in rows {
        let (over, under) = rate.fraction();
        statement.execute(named_params! {
            ":currency": currency.as_str(),
            ":day": period::date(*day).to_string(),
            ":rate": over,
            ":per": under,
        })?;
    }
    Ok(())
}

fn load(connection: &Connection) -> Result<Rates, rusqlite::Error> {
    let mut statement = connection.prepare_cached(LOAD)?;
    let rows = statement.query_map([], |row| {
        let (currency, day): (String, String) = (row.get(0)?, row.get(1)?);
        let rate = Rate::from_fraction(row.get(2)?, row.get(3)?);
        let currency = Currency::parse(&currency);
        Ok(currency
            .zip(period::parse_date(&day))
            .zip(rate)
            .map(|((currency, day), rate)| (currency, day, rate)))
    })?;
    let rows: Vec<_> = rows
        .filter_map(Result::transpose)
        .collect::<Result<_, _>>()?;
    let reporting = settings::find(connection, REPORTING)?
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| Currency::parse(&text))
        .unwrap_or(Currency::USD);
    Ok(Rates::new(reporting, rows).with_version(version(connection)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::entities::tests::database;

    fn currency(code: &str) -> Currency {
        Currency::parse(code).unwrap()
    }

    #[test]
    fn rates_are_seen_at_once_and_after_a_restart() {
        let connection = database();
        let book = RateBook::load(&connection).unwrap();
        let writer = Writer::over(connection);
        let rate = |text: &str| text.parse::<Rate>().unwrap();
        let day = period::parse_date("2026-01-31").unwrap();

        let rows = vec![
            (currency("EUR"), day, rate("1.1")),
            (currency("EUR"), day, rate("1.2")),
            (currency("UAH"), day, rate("0.024")),
        ];
        book.put(&writer, rows).unwrap();
        let deleted = book.delete(&writer, currency("UAH"), Some(day), None);

        let expected = vec![(day, currency("EUR"), rate("1.2"))];
        assert_eq!(deleted.unwrap(), 1);
        assert_eq!(book.now().rows(), expected);
        let again = writer.edit_blocking(reload).unwrap();
        assert_eq!(again.rows(), expected);
        writer.stop();
    }

    #[test]
    fn rates_are_restated_exactly_and_kept() {
        let connection = database();
        let book = RateBook::load(&connection).unwrap();
        let writer = Writer::over(connection);
        let rate = |text: &str| text.parse::<Rate>().unwrap();
        let euro = currency("EUR");
        let rows = vec![
            (euro, 20, rate("1.1")),
            (currency("UAH"), 20, rate("0.024")),
        ];
        book.put(&writer, rows.clone()).unwrap();
        let before = book.now().rows();

        book.set_reporting(&writer, euro).unwrap();

        let (there, stored) = (book.now().clone(), writer.edit_blocking(reload).unwrap());
        assert_eq!(*there, stored);
        assert_eq!(
            there.rate(Currency::USD, 20).unwrap().fraction(),
            (10, 11),
            "no decimal says as much"
        );
        book.set_reporting(&writer, Currency::USD).unwrap();
        assert_eq!(book.now().rows(), before);
        writer.stop();
    }

    #[test]
    fn a_currency_without_a_rate_is_refused_and_nothing_changes() {
        let connection = database();
        let book = RateBook::load(&connection).unwrap();
        let writer = Writer::over(connection);
        book.put(&writer, vec![(currency("UAH"), 20, Rate::ONE)])
            .unwrap();
        let before = book.now().rows();

        let refused = book.set_reporting(&writer, currency("EUR"));

        assert!(matches!(refused, Err(NotChanged::NoRate { day: 20, .. })));
        assert_eq!(book.now().rows(), before);
        assert_eq!(book.now().reporting(), Currency::USD);
        writer.stop();
    }

    #[test]
    fn a_transaction_sees_the_rates_of_the_file() {
        let connection = database();
        let book = RateBook::load(&connection).unwrap();
        let old = Arc::clone(&book.now());
        let writer = Writer::over(connection);
        book.put(&writer, vec![(currency("EUR"), 20, Rate::ONE)])
            .unwrap();
        let at_hand = Arc::clone(&book.now());

        let (seen, same) = writer
            .edit_blocking(move |connection| {
                let same = current(connection, &at_hand)?;
                Ok((current(connection, &old)?, Arc::ptr_eq(&same, &at_hand)))
            })
            .unwrap();

        assert_eq!(seen.rate(currency("EUR"), 20), Some(Rate::ONE));
        assert!(same, "nothing is read where nothing has changed");
        writer.stop();
    }

    fn reload(connection: &Connection) -> Result<Rates, StoreError> {
        Ok(load(connection)?)
    }
}
