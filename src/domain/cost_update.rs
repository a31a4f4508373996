//! What a traffic source says that clicks have cost, once they are there.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::money::{Currency, Micros};
use super::period;

/// What the costs of some clicks are to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CostLine {
    pub campaign_ids: Vec<u64>,
    /// UTC milliseconds, included.
    pub from: i64,
    /// Not included.
    pub to: i64,
    /// IANA zone whose days those are that money without any click belongs to.
    pub timezone: String,
    pub price: Price,
    #[schema(value_type = String, example = "USD")]
    pub currency: Currency,
    pub which: Which,
    /// Parameters of clicks and the values that they have to have.
    pub filters: BTreeMap<String, String>,
}

/// How the money is stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Price {
    /// All of them together.
    #[schema(value_type = String, example = "12.5")]
    Amount(Micros),
    /// Each.
    #[schema(value_type = String, example = "0.015")]
    Cpc(Micros),
    /// A thousand of them.
    #[schema(value_type = String, example = "1.2")]
    Cpm(Micros),
}

/// Which of the clicks pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    #[default]
    All,
    /// Those that were the first of their visitor in the campaign.
    Unique,
    WithoutBots,
}

impl Which {
    pub const ALL: &'static [(&'static str, Which)] = &[
        ("all", Which::All),
        ("unique", Which::Unique),
        ("without_bots", Which::WithoutBots),
    ];
}

impl Price {
    /// What so many clicks cost together; `None` if that is too much to be counted.
    pub fn of(self, clicks: u64) -> Option<Micros> {
        let clicks = i64::try_from(clicks).ok()?;
        match self {
            Price::Amount(amount) => Some(amount),
            Price::Cpc(price) => price.scaled(clicks, 1),
            Price::Cpm(price) => price.scaled(clicks, 1_000),
        }
    }
}

/// What one of several pays of an amount that is not negative: the same for each, to the micro-unit,
/// and the first ones pay one more until nothing is left.
pub fn share(total: Micros, parts: u64, index: u64) -> Micros {
    let parts = i64::try_from(parts).unwrap_or(i64::MAX).max(1);
    let (each, rest) = (total.0.div_euclid(parts), total.0.rem_euclid(parts));
    Micros(each + i64::from(i128::from(index) < i128::from(rest)))
}

/// Money that no click was charged with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unassigned {
    pub campaign_id: u64,
    /// When its day begins, or the period within the day; UTC milliseconds.
    pub at: i64,
    pub amount: Micros,
}

impl CostLine {
    /// The money that no click is charged with, where there is none: evenly on the campaigns and
    /// days of the line.
    pub fn unassigned(&self) -> Vec<Unassigned> {
        let Price::Amount(amount) = self.price else {
            return Vec::new();
        };
        let zone = period::zone(&self.timezone);
        let starts = day_starts(self.from, self.to, zone);
        let parts = (starts.len() * self.campaign_ids.len()) as u64;
        let campaigns = self.campaign_ids.iter();
        let places = campaigns.flat_map(|id| starts.iter().map(move |at| (*id, *at)));
        let rows = places
            .zip(0..)
            .map(|((campaign_id, at), index)| Unassigned {
                campaign_id,
                at,
                amount: share(amount, parts, index),
            });
        rows.filter(|row| row.amount != Micros::ZERO).collect()
    }
}

/// When each day of a period begins; the first one with the period.
fn day_starts(from: i64, to: i64, zone: Tz) -> Vec<i64> {
    let days = period::day(from, zone)..=period::day(to - 1, zone);
    days.map(|day| period::day_start(day, zone).max(from))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(campaign_ids: Vec<u64>, from: &str, to: &str, amount: i64) -> CostLine {
        let zone = period::zone("Europe/Kyiv");
        let start = |text| period::day_start(period::parse_date(text).expect("a date"), zone);
        CostLine {
            campaign_ids,
            from: start(from),
            to: start(to),
            timezone: "Europe/Kyiv".to_owned(),
            price: Price::Amount(Micros(amount)),
            currency: Currency::USD,
            which: Which::All,
            filters: BTreeMap::new(),
        }
    }

    proptest! {
        #[test]
        fn shares_add_up_to_the_amount_and_differ_by_one_at_most(
            total in 0i64..=9_000_000_000_000_000_000, parts in 1u64..2_000
        ) {
            let shares: Vec<i64> = (0..parts).map(|index| share(Micros(total), parts, index).0).collect();

            prop_assert_eq!(shares.iter().map(|one| i128::from(*one)).sum::<i128>(), i128::from(total));
            prop_assert!(shares.is_sorted_by(|a, b| a >= b));
            prop_assert!(shares[0] - shares[shares.len() - 1] <= 1);
        }
    }

    #[test]
    fn a_price_for_a_thousand_is_rounded_once_for_all_clicks() {
        let price = Price::Cpm(Micros(1_500));

        assert_eq!(price.of(1), Some(Micros(2)));
        assert_eq!(price.of(1_001), Some(Micros(1_502)));
        assert_eq!(Price::Cpc(Micros(i64::MAX)).of(2), None);
    }

    #[test]
    fn money_without_clicks_lies_on_the_campaigns_and_their_days_and_none_is_lost() {
        // Clocks in Kyiv go back on the 25th: that day has 25 hours.
        let rows = line(vec![7, 8], "2026-10-24", "2026-10-27", 1_000_000).unassigned();

        let amounts: Vec<i64> = rows.iter().map(|row| row.amount.0).collect();
        assert_eq!(
            amounts,
            [166_667, 166_667, 166_667, 166_667, 166_666, 166_666]
        );
        let hours: Vec<i64> = rows[..3]
            .windows(2)
            .map(|two| (two[1].at - two[0].at) / 3_600_000)
            .collect();
        assert_eq!(hours, [24, 25]);
        assert_eq!(rows[3].campaign_id, 8);
    }
}
