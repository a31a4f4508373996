//! Currency rates and the reporting currency: stored, and at hand in memory.

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::{ArcSwap, Guard};
use rusqlite::{Connection, named_params};

use super::error::StoreError;
use super::settings;
use super::writer::Writer;
use crate::domain::money::Currency;
use crate::domain::period;
use crate::domain::rates::{Rate, Rates};

const REPORTING: &str = "reporting_currency";
const LOAD: &str = "select currency, day, rate from currency_rates";
const SAVE: &str = "
    insert into currency_rates (currency, day, rate) values (:currency, :day, :rate)
    on conflict (currency, day) do update set rate = excluded.rate";
const DELETE: &str = "
    delete from currency_rates
    where currency = :currency and day >= :from and day <= :to";

/// The rates that count now. Reading waits for nobody.
pub struct RateBook {
    rates: ArcSwap<Rates>,
    /// Held by the one change that is under way, so that changes are seen in their order.
    changing: Mutex<()>,
}

/// Why the reporting currency stays.
#[derive(Debug, thiserror::Error)]
pub enum NotChanged {
    #[error("there are rates to the old one")]
    HasRates,
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
            let mut statement = connection.prepare_cached(SAVE)?;
            for (currency, day, rate) in rows {
                statement.execute(named_params! {
                    ":currency": currency.as_str(),
                    ":day": period::date(day).to_string(),
                    ":rate": rate.nanos(),
                })?;
            }
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
        let (from, to) = (day(from, ""), day(to, "9999-99-99"));
        self.change(writer, move |connection| {
            let mut statement = connection.prepare_cached(DELETE)?;
            let deleted = statement.execute(named_params! {
                ":currency": currency.as_str(), ":from": from, ":to": to,
            })?;
            Ok(deleted)
        })
    }

    /// Makes another currency the one that rates are stated in, while there are no rates. Blocks.
    pub fn set_reporting(&self, writer: &Writer, currency: Currency) -> Result<(), NotChanged> {
        // Asked in the transaction: rates may be entered at this very moment.
        let changed = self.change(writer, move |connection| {
            let rates = load(connection)?;
            if !rates.is_empty() && rates.reporting() != currency {
                return Ok(false);
            }
            settings::set(connection, REPORTING, currency.as_str().as_bytes())?;
            Ok(true)
        })?;
        match changed {
            true => Ok(()),
            false => Err(NotChanged::HasRates),
        }
    }

    fn change<T: Send + 'static>(
        &self,
        writer: &Writer,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let (done, rates) =
            writer.edit_blocking(move |connection| Ok((work(connection)?, load(connection)?)))?;
        self.rates.store(Arc::new(rates));
        Ok(done)
    }
}

fn load(connection: &Connection) -> Result<Rates, StoreError> {
    let mut statement = connection.prepare(LOAD)?;
    let rows = statement.query_map([], |row| {
        let (currency, day): (String, String) = (row.get(0)?, row.get(1)?);
        let rate = Rate::from_nanos(row.get(2)?);
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
    Ok(Rates::new(reporting, rows))
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
        let again = writer.edit_blocking(load).unwrap();
        assert_eq!(again.rows(), expected);
        writer.stop();
    }

    #[test]
    fn the_reporting_currency_changes_only_while_there_are_no_rates() {
        let connection = database();
        let book = RateBook::load(&connection).unwrap();
        let writer = Writer::over(connection);
        assert_eq!(book.now().reporting(), Currency::USD);

        book.set_reporting(&writer, currency("EUR")).unwrap();
        let rows = vec![(Currency::USD, 0, Rate::ONE)];
        book.put(&writer, rows).unwrap();

        let refused = book.set_reporting(&writer, Currency::USD);
        assert!(matches!(refused, Err(NotChanged::HasRates)));
        assert!(book.set_reporting(&writer, currency("EUR")).is_ok());
        assert_eq!(book.now().reporting(), currency("EUR"));
        writer.stop();
    }
}
