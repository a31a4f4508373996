//! What a click cost, in the reporting currency.

use std::collections::HashMap;

use ahash::RandomState;
use chrono_tz::Tz;
use rusqlite::{Connection, OptionalExtension};

use crate::domain::money::{Currency, Micros};
use crate::domain::period;
use crate::domain::rates::{Rate, Rates};

const CURRENCY: &str = "select code from currencies where id = ?1";

/// Converts each cost by the rate of its click's day in UTC.
pub(super) struct Costs<'a> {
    rates: &'a Rates,
    currencies: HashMap<i64, Option<Currency>, RandomState>,
    /// By currency and day: a pass asks for the same few again and again.
    known: HashMap<(i64, i64), Option<Rate>, RandomState>,
}

impl<'a> Costs<'a> {
    pub(super) fn new(rates: &'a Rates) -> Self {
        Self {
            rates,
            currencies: HashMap::default(),
            known: HashMap::default(),
        }
    }

    pub(super) fn rates(&self) -> &'a Rates {
        self.rates
    }

    /// 0 where there is no cost, or no rate for its currency.
    pub(super) fn worth(
        &mut self,
        connection: &Connection,
        amount: Option<i64>,
        currency_id: Option<i64>,
        at: i64,
    ) -> Result<Micros, rusqlite::Error> {
        let (Some(amount), Some(currency_id)) = (amount.filter(|cost| *cost != 0), currency_id)
        else {
            return Ok(Micros::ZERO);
        };
        let day = period::day(at, Tz::UTC);
        let rate = match self.known.get(&(currency_id, day)) {
            Some(rate) => *rate,
            None => {
                let currency = self.currency(connection, currency_id)?;
                let rate = currency.and_then(|currency| self.rates.rate(currency, day));
                self.known.insert((currency_id, day), rate);
                rate
            }
        };
        Ok(rate.map_or(Micros::ZERO, |rate| rate.worth(Micros(amount))))
    }

    fn currency(
        &mut self,
        connection: &Connection,
        id: i64,
    ) -> Result<Option<Currency>, rusqlite::Error> {
        if let Some(currency) = self.currencies.get(&id) {
            return Ok(*currency);
        }
        let mut statement = connection.prepare_cached(CURRENCY)?;
        let code: Option<String> = statement.query_row([id], |row| row.get(0)).optional()?;
        let currency = code.as_deref().and_then(Currency::parse);
        self.currencies.insert(id, currency);
        Ok(currency)
    }
}
