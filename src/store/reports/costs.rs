//! What clicks cost, in the reporting currency, by the rate of each click's day in UTC.

use std::sync::Arc;

use chrono_tz::Tz;
use rusqlite::Connection;

use super::ReportError;
use super::derived::number;
use super::opened::Opened;
use super::rows::Rows;
use super::tables::{Named, Table, Tables};
use crate::domain::basis::Basis;
use crate::domain::money::{Currency, Micros};
use crate::domain::rates::{Rate, Rates};
use crate::report::calendar::{Calendar, Unit};
use crate::report::columns::Value;
use crate::store::columns::Column;

const CODES: Named = Named {
    table: "currencies",
    column: "code",
};

/// Amounts whose worth is remembered within a chunk.
const MOST_KNOWN: usize = 1 << 20;
/// Not worked out yet; no cost is that low.
const UNSET: i64 = i64::MIN;

pub(super) struct Costs<'a> {
    rates: &'a Rates,
    currencies: Option<Arc<Table>>,
    days: Calendar,
}

/// What clicks of one currency and day were paid with.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Priced {
    currency: usize,
    day: i64,
}

impl<'a> Costs<'a> {
    pub(super) fn new(rates: &'a Rates) -> Self {
        Self {
            rates,
            currencies: None,
            days: Calendar::new(Unit::Day, Tz::UTC),
        }
    }

    pub(super) fn refresh(
        &mut self,
        connection: &Connection,
        tables: &Tables,
    ) -> Result<(), ReportError> {
        self.currencies = Some(tables.of(connection, CODES)?);
        Ok(())
    }

    /// The cost of each row; `None` if all of them were free.
    pub(super) fn of_rows(
        &mut self,
        opened: &Opened<'_>,
        rows: &Rows,
    ) -> Result<Option<Vec<i64>>, ReportError> {
        let costs = opened.block(Column::Cost)?;
        let currencies = opened.block(Column::Currency)?;
        let amounts = costs.entries.iter().map(|cost| number(*cost).unwrap_or(0));
        let amounts: Vec<i64> = amounts.collect();
        if rows.is_empty() || amounts.iter().all(|amount| *amount == 0) {
            return Ok(None);
        }
        let currency = |entry: &Value<'_>| self.currency(*entry);
        let stated: Vec<Option<Currency>> = currencies.entries.iter().map(currency).collect();
        let (priced, kinds) = self.priced(opened, rows, &stated)?;
        let rates = kinds.iter().map(|kind| {
            let currency = stated[kind.currency]?;
            self.rates.rate(currency, kind.day)
        });
        let rates: Vec<Option<Rate>> = rates.collect();
        let codes = rows.map_codes(&costs.codes, |code| code as u32);
        let worths = match (priced.is_empty(), amounts.len() * rates.len() <= MOST_KNOWN) {
            (true, _) => {
                let worths = amounts.iter().map(|amount| worth(*amount, rates[0]));
                let worths: Vec<i64> = worths.collect();
                codes.iter().map(|code| worths[*code as usize]).collect()
            }
            (false, true) => {
                let mut known = vec![UNSET; amounts.len() * rates.len()];
                let rows = codes.iter().zip(&priced);
                let worths = rows.map(|(code, kind)| {
                    let (code, kind) = (*code as usize, *kind as usize);
                    let known = &mut known[kind * amounts.len() + code];
                    if *known == UNSET {
                        *known = worth(amounts[code], rates[kind]);
                    }
                    *known
                });
                worths.collect()
            }
            (false, false) => {
                let rows = codes.iter().zip(&priced);
                let worths =
                    rows.map(|(code, kind)| worth(amounts[*code as usize], rates[*kind as usize]));
                worths.collect()
            }
        };
        Ok(Some(worths))
    }

    fn currency(&self, entry: Value<'_>) -> Option<Currency> {
        let table = self.currencies.as_ref()?;
        Currency::parse(table.text(table.code(number(entry)?)))
    }

    /// Which currencies and days there are, and for each row which of them it is of; for no row if
    /// there is but one.
    fn priced(
        &mut self,
        opened: &Opened<'_>,
        rows: &Rows,
        stated: &[Option<Currency>],
    ) -> Result<(Vec<u32>, Vec<Priced>), ReportError> {
        let currencies = opened.block(Column::Currency)?;
        let extent = opened.extent(Basis::Click);
        let mut stretch = self.days.stretch(*extent.start());
        let reporting = self.rates.reporting();
        let is_steady = |one: &Option<Currency>| one.is_none_or(|one| one == reporting);
        let is_one_day = stretch.holds(*extent.end()) || stated.iter().all(is_steady);
        if is_one_day {
            let kinds = (0..stated.len()).map(|currency| Priced {
                currency,
                day: stretch.value,
            });
            let kinds: Vec<Priced> = kinds.collect();
            let priced = match kinds.len() {
                1 => Vec::new(),
                _ => rows.map_codes(&currencies.codes, |code| code as u32),
            };
            return Ok((priced, kinds));
        }
        let times = opened.times(Basis::Click)?;
        let (mut kinds, mut latest) = (Vec::<Priced>::new(), 0);
        let priced = rows.map(|row| {
            let at = times[row];
            if !stretch.holds(at) {
                stretch = self.days.stretch(at);
            }
            let kind = Priced {
                currency: currencies.codes.of(row),
                day: stretch.value,
            };
            if kinds.get(latest) != Some(&kind) {
                let known = kinds.iter().position(|known| *known == kind);
                latest = known.unwrap_or(kinds.len());
                if latest == kinds.len() {
                    kinds.push(kind);
                }
            }
            latest as u32
        });
        Ok((priced, kinds))
    }
}

fn worth(amount: i64, rate: Option<Rate>) -> i64 {
    rate.map_or(0, |rate| rate.worth(Micros(amount)).0)
}
