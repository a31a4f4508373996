//! Currency rates: what one unit of a currency was worth in the reporting currency, by day.

mod rate;
mod restate;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::collections::HashMap;

pub use rate::{NotARate, Rate};
pub use restate::NoRate;

use super::money::{Currency, Micros};

/// All rates. One counts from its day until the next one of its currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rates {
    reporting: Currency,
    /// Grows with each change.
    version: i64,
    /// By day, which is a number of [`period::day`](super::period::day).
    by_currency: HashMap<Currency, Vec<(i64, Rate)>>,
}

impl Default for Rates {
    fn default() -> Self {
        Self::new(Currency::USD, [])
    }
}

impl Rates {
    /// Rates to the reporting currency, in any order.
    pub fn new(reporting: Currency, rows: impl IntoIterator<Item = (Currency, i64, Rate)>) -> Self {
        let mut by_currency = HashMap::<Currency, Vec<(i64, Rate)>>::new();
        for (currency, day, rate) in rows {
            by_currency.entry(currency).or_default().push((day, rate));
        }
        for rows in by_currency.values_mut() {
            rows.sort_by_key(|(day, _)| *day);
        }
        Self {
            reporting,
            version: 0,
            by_currency,
        }
    }

    /// The same ones, as those of this version.
    pub fn with_version(self, version: i64) -> Self {
        Self { version, ..self }
    }

    pub fn version(&self) -> i64 {
        self.version
    }

    pub fn reporting(&self) -> Currency {
        self.reporting
    }

    pub fn is_empty(&self) -> bool {
        self.by_currency.is_empty()
    }

    /// Every rate, newest day first, then by currency.
    pub fn rows(&self) -> Vec<(i64, Currency, Rate)> {
        let mut rows: Vec<_> = self
            .by_currency
            .iter()
            .flat_map(|(currency, rows)| rows.iter().map(|(day, rate)| (*day, *currency, *rate)))
            .collect();
        rows.sort_by(by_day_then_currency);
        rows
    }

    /// What a currency is worth on a day: by the latest rate up to then. `None` before the first.
    pub fn rate(&self, currency: Currency, day: i64) -> Option<Rate> {
        if currency == self.reporting {
            return Some(Rate::ONE);
        }
        let rows = self.by_currency.get(&currency)?;
        let after = rows.partition_point(|(from, _)| *from <= day);
        rows[..after].last().map(|(_, rate)| *rate)
    }

    /// The first day on which a currency has a rate that was entered.
    pub fn first_day(&self, currency: Currency) -> Option<i64> {
        let rows = self.by_currency.get(&currency)?;
        rows.first().map(|(day, _)| *day)
    }

    /// An amount in another currency, rounded once, half to even, at micro-units. `None` where a
    /// rate is missing, or the result is too large.
    pub fn convert(
        &self,
        amount: Micros,
        from: Currency,
        to: Currency,
        day: i64,
    ) -> Option<Micros> {
        if from == to {
            return Some(amount);
        }
        let (over, under) = self.rate(from, day)?.per(self.rate(to, day)?).fraction();
        amount.scaled(over, under)
    }
}

fn by_day_then_currency(a: &(i64, Currency, Rate), b: &(i64, Currency, Rate)) -> Ordering {
    let by_day = b.0.cmp(&a.0);
    by_day.then_with(|| a.1.as_str().cmp(b.1.as_str()))
}
