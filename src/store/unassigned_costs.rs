//! What was spent on campaigns on days without a matching click: see [`super::jobs::costs`].
//!
//! Reports add it to the cost of the campaign at its time, beside what clicks have cost.

use chrono_tz::Tz;
use rusqlite::{Connection, named_params};

use super::sums::Span;
use crate::domain::cost_update::Unassigned;
use crate::domain::money::{Currency, Micros};
use crate::domain::period;
use crate::domain::rates::Rates;

/// Money that belongs to a campaign and no click of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnassignedCost {
    pub row: Unassigned,
    pub currency: Currency,
}

impl UnassignedCost {
    /// In the reporting currency, by the rate of its day; 0 without one.
    pub(super) fn worth(&self, rates: &Rates) -> Micros {
        let rate = rates.rate(self.currency, period::day(self.row.at, Tz::UTC));
        rate.map_or(Micros::ZERO, |rate| rate.worth(self.row.amount))
    }
}

/// All of it within a span, of some campaigns or (empty) of all; by campaign and time.
pub fn between(
    connection: &Connection,
    span: Span,
    campaigns: &[u64],
) -> Result<Vec<UnassignedCost>, rusqlite::Error> {
    const SQL: &str = "
        select campaign_id, at, amount, currency from unassigned_costs
        where at >= :from and at < :to and replaced_by is null
        order by campaign_id, at, id";
    let mut statement = connection.prepare_cached(SQL)?;
    let mut rows = statement.query(named_params! { ":from": span.from, ":to": span.to })?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let campaign_id: u64 = row.get(0)?;
        let code: String = row.get(3)?;
        let Some(currency) = Currency::parse(&code) else {
            continue;
        };
        if campaigns.is_empty() || campaigns.contains(&campaign_id) {
            found.push(UnassignedCost {
                row: Unassigned {
                    campaign_id,
                    at: row.get(1)?,
                    amount: Micros(row.get(2)?),
                },
                currency,
            });
        }
    }
    Ok(found)
}
