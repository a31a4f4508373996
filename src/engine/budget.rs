//! What a campaign may spend, and what it has spent.
//!
//! Every click with a cost counts, with and without a budget, so that a budget set at noon knows
//! what the morning cost. Spending is counted in the currency of the campaign's cost; a click
//! stated in another one is converted by the rate of its day, and counts as 0 while there is none.
//! What was counted before that currency was changed, or a rate was entered, keeps its number.
//!
//! A spent budget is a state of the moment: it stands in no document, and ends with the day.

use chrono_tz::Tz;

use super::counters::Counts;
use super::visit::{Counted, Counter, Counters, Visit};
use crate::domain::campaign::{Budget, Campaign, Limit, WhenSpent};
use crate::domain::click::ClickCost;
use crate::domain::money::{Currency, Micros};
use crate::domain::period;
use crate::domain::rates::Rates;

/// Whether visitors go past a campaign because its budget is spent. To be asked on the click path:
/// a campaign that diverts nobody asks nothing.
pub(super) fn diverts(campaign: &Campaign, zone: Tz, visit: &Visit<'_>) -> bool {
    let budget = &campaign.budget;
    budget.when_spent == WhenSpent::Divert
        && is_spent(budget, campaign.id, zone, visit.at, &|counter| {
            visit.count(counter)
        })
}

fn is_spent(
    budget: &Budget,
    campaign_id: u64,
    zone: Tz,
    at: i64,
    count: &dyn Fn(Counter) -> u64,
) -> bool {
    let reaches = |limit: Option<Micros>, what| {
        limit.is_some_and(|limit| {
            count(Counter::at(what, campaign_id, at, zone)) >= limit.0.unsigned_abs()
        })
    };
    reaches(budget.daily, Counted::CampaignCostPerDay)
        || reaches(budget.total, Counted::CampaignCost)
}

/// Adds what a click cost to what its campaign has spent. `false` where there is no rate for the
/// click's currency, so that nothing was added.
pub fn spend(
    counts: &Counts,
    rates: &Rates,
    campaign: &Campaign,
    zone: Tz,
    cost: ClickCost,
    at: i64,
) -> bool {
    if cost.amount == Micros::ZERO {
        return true;
    }
    let Some(amount) = in_currency(rates, cost, campaign.cost.currency, at) else {
        return false;
    };
    for what in [Counted::CampaignCostPerDay, Counted::CampaignCost] {
        counts.add(Counter::at(what, campaign.id, at, zone), amount.0);
    }
    true
}

/// The cost in another currency, by the rate of the click's day in UTC.
fn in_currency(rates: &Rates, cost: ClickCost, wanted: Currency, at: i64) -> Option<Micros> {
    if cost.currency == wanted {
        return Some(cost.amount);
    }
    rates.convert(cost.amount, cost.currency, wanted, period::day(at, Tz::UTC))
}

/// How far a campaign's budget is, at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spending {
    /// Number of the day in the campaign's zone.
    pub day: i64,
    pub today: Micros,
    pub ever: Micros,
    /// What may still be spent now; `None` without a budget.
    pub left: Option<Micros>,
    pub is_spent: bool,
    /// When the spent budget is open again, in UTC milliseconds; `None` if it is not spent, or
    /// spent for good.
    pub resets_at: Option<i64>,
}

/// What a campaign has spent and may still spend.
pub fn spending(campaign: &Campaign, counters: &dyn Counters, at: i64) -> Spending {
    let zone = period::zone(&campaign.timezone);
    let spent = |what| {
        let count = counters.count(Counter::at(what, campaign.id, at, zone));
        Micros(i64::try_from(count).unwrap_or(i64::MAX))
    };
    let (today, ever) = (
        spent(Counted::CampaignCostPerDay),
        spent(Counted::CampaignCost),
    );
    let left = |limit: Option<Micros>, spent: Micros| limit.map(|limit| limit.0 - spent.0);
    let (daily, total) = (
        left(campaign.budget.daily, today),
        left(campaign.budget.total, ever),
    );
    let least = [daily, total].into_iter().flatten().min();
    let is_spent = least.is_some_and(|left| left <= 0);
    let opens_again = is_spent && total.is_none_or(|left| left > 0);
    let day = period::day(at, zone);
    Spending {
        day,
        today,
        ever,
        left: least.map(|left| Micros(left.max(0))),
        is_spent,
        resets_at: opens_again.then(|| period::day_start(day + 1, zone)),
    }
}

/// A limit that a campaign has reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    pub limit: Limit,
    pub amount: Micros,
    pub spent: Micros,
    /// Number of the day in the campaign's zone; 0 for the total.
    pub period: i64,
}

/// The limits that a campaign has reached.
pub fn reached(campaign: &Campaign, counters: &dyn Counters, at: i64) -> Vec<Reached> {
    let Budget { daily, total, .. } = campaign.budget;
    if daily.is_none() && total.is_none() {
        return Vec::new();
    }
    let spending = spending(campaign, counters, at);
    let limits = [
        (Limit::Daily, daily, spending.today, spending.day),
        (Limit::Total, total, spending.ever, 0),
    ];
    let reached = limits
        .into_iter()
        .filter_map(|(limit, amount, spent, period)| {
            amount
                .filter(|amount| spent >= *amount)
                .map(|amount| Reached {
                    limit,
                    amount,
                    spent,
                    period,
                })
        });
    reached.collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{AT, campaign};
    use super::*;
    use crate::domain::rates::Rate;

    fn money(text: &str) -> Micros {
        text.parse().expect("an amount")
    }

    fn cost(amount: &str, currency: &str) -> ClickCost {
        ClickCost {
            amount: money(amount),
            currency: Currency::parse(currency).expect("a currency"),
            fell_back: false,
        }
    }

    fn with_budget(daily: Option<&str>, total: Option<&str>) -> Campaign {
        let mut document = campaign(1, "push", Vec::new());
        document.timezone = "Asia/Kolkata".to_owned();
        document.budget.daily = daily.map(money);
        document.budget.total = total.map(money);
        document
    }

    #[test]
    fn a_daily_budget_is_spent_by_the_clicks_of_the_campaigns_day_and_opens_the_next() {
        let counts = Counts::default();
        let document = with_budget(Some("1"), None);
        let zone = period::zone("Asia/Kolkata");
        let rates = Rates::default();
        let midnight = period::day_start(period::day(AT, zone) + 1, zone);

        spend(&counts, &rates, &document, zone, cost("0.75", "USD"), AT);
        let before = spending(&document, &counts, AT);
        spend(
            &counts,
            &rates,
            &document,
            zone,
            cost("0.5", "USD"),
            midnight - 1,
        );
        let after = spending(&document, &counts, midnight - 1);
        let next_day = spending(&document, &counts, midnight);

        assert_eq!((before.is_spent, before.left), (false, Some(money("0.25"))));
        assert_eq!((after.is_spent, after.left), (true, Some(Micros::ZERO)));
        assert_eq!((after.today, after.ever), (money("1.25"), money("1.25")));
        assert_eq!(after.resets_at, Some(midnight));
        assert_eq!((next_day.is_spent, next_day.today), (false, Micros::ZERO));
        assert_eq!(next_day.ever, money("1.25"));
    }

    #[test]
    fn each_limit_is_reached_by_itself() {
        let counts = Counts::default();
        let document = with_budget(Some("1"), Some("2"));
        let zone = period::zone("Asia/Kolkata");
        let click = |amount| {
            spend(
                &counts,
                &Rates::default(),
                &document,
                zone,
                cost(amount, "USD"),
                AT,
            );
            let reached = reached(&document, &counts, AT);
            let told = reached
                .into_iter()
                .map(|one| (one.limit, one.amount, one.spent, one.period));
            told.collect::<Vec<_>>()
        };

        assert_eq!(click("0.9"), []);
        let daily = (
            Limit::Daily,
            money("1"),
            money("1.5"),
            period::day(AT, zone),
        );
        assert_eq!(click("0.6"), [daily]);
        assert_eq!(click("0.5")[1], (Limit::Total, money("2"), money("2"), 0));
        assert_eq!(reached(&with_budget(None, None), &counts, AT), []);
    }

    #[test]
    fn a_total_budget_does_not_come_back() {
        let counts = Counts::default();
        let document = with_budget(Some("10"), Some("1"));
        let zone = period::zone("Asia/Kolkata");
        spend(
            &counts,
            &Rates::default(),
            &document,
            zone,
            cost("1", "USD"),
            AT,
        );

        let later = spending(&document, &counts, AT + 3 * 86_400_000);

        assert!(later.is_spent);
        assert_eq!(later.resets_at, None);
        assert_eq!(spending(&with_budget(None, None), &counts, AT).left, None);
    }

    #[test]
    fn another_currency_is_converted_and_without_a_rate_counts_nothing() {
        let counts = Counts::default();
        let document = with_budget(Some("10"), None);
        let zone = Tz::UTC;
        let euro = Currency::parse("EUR").expect("a currency");
        let rate: Rate = "1.1".parse().expect("a rate");
        let rates = Rates::new(Currency::USD, [(euro, period::day(AT, Tz::UTC), rate)]);

        assert!(spend(
            &counts,
            &rates,
            &document,
            zone,
            cost("2", "EUR"),
            AT
        ));
        assert!(!spend(
            &counts,
            &rates,
            &document,
            zone,
            cost("2", "UAH"),
            AT
        ));

        assert_eq!(spending(&document, &counts, AT).ever, money("2.2"));
    }
}
