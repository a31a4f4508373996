//! What a click costs when it arrives.
//!
//! Price per click = (URL price, else the campaign's value) / (1000 for `cpm`) / (1 - traffic
//! loss), rounded once, half to even, at micro-units. Models whose cost depends on what is not
//! known yet, or is booked with a conversion, cost nothing here.

use crate::domain::campaign::{Cost, CostModel};
use crate::domain::click::ClickCost;
use crate::domain::money::{Currency, Micros};
use crate::domain::visitor::Parameters;

/// 100 percent, as `traffic_loss` is written.
const WHOLE: i64 = 100_000_000;

/// The cost of one click, in the currency it is stated in; `None` where the model books none at
/// click time. `is_unique`: it is the visitor's first in the campaign, the only one that `cpuc`
/// charges; the others cost 0.
pub fn at_click(cost: &Cost, parameters: &Parameters, is_unique: bool) -> Option<ClickCost> {
    let clicks_per_price = match cost.model {
        CostModel::Cpc => 1,
        CostModel::Cpuc if is_unique => 1,
        CostModel::Cpuc => {
            return Some(ClickCost {
                amount: Micros::ZERO,
                currency: cost.currency,
                fell_back: false,
            });
        }
        CostModel::Cpm => 1000,
        // `none`, and every model that books its cost later or by another rule.
        _ => return None,
    };
    let charged = |price: Micros| per_click(price, clicks_per_price, cost.traffic_loss);
    if cost.from_url
        && let Some(amount) = url_price(parameters).and_then(charged)
    {
        let stated = parameters.currency.as_deref().map(str::trim);
        return Some(ClickCost {
            amount,
            currency: stated.and_then(Currency::parse).unwrap_or(cost.currency),
            fell_back: false,
        });
    }
    Some(ClickCost {
        amount: charged(cost.value)?,
        currency: cost.currency,
        fell_back: cost.from_url,
    })
}

/// The link's price, if it is a plain decimal that is not negative. `0,015` is none: whether
/// `1,500` means one and a half or fifteen hundred is not ours to guess.
fn url_price(parameters: &Parameters) -> Option<Micros> {
    let price: Micros = parameters.cost.as_deref()?.trim().parse().ok()?;
    (price >= Micros::ZERO).then_some(price)
}

fn per_click(price: Micros, clicks_per_price: i64, loss: Micros) -> Option<Micros> {
    // A loss of 100 percent or more has no meaning; saving refuses it, here it counts as none.
    let arriving = if (0..WHOLE).contains(&loss.0) {
        WHOLE - loss.0
    } else {
        WHOLE
    };
    price.scaled(WHOLE, arriving.checked_mul(clicks_per_price)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(model: CostModel, value: &str, from_url: bool, loss: &str) -> Cost {
        Cost {
            model,
            value: value.parse().expect("an amount"),
            currency: Currency::USD,
            from_url,
            traffic_loss: loss.parse().expect("an amount"),
        }
    }

    fn link(cost: Option<&str>, currency: Option<&str>) -> Parameters {
        Parameters {
            cost: cost.map(str::to_owned),
            currency: currency.map(str::to_owned),
            ..Parameters::default()
        }
    }

    #[test]
    fn the_fixed_price_counts_per_click_or_per_thousand() {
        let cases = [
            (CostModel::Cpc, "0.015", "0", Some("0.015")),
            (CostModel::Cpm, "1.5", "0", Some("0.0015")),
            (CostModel::Cpm, "0.0005", "0", Some("0")),
            (CostModel::Cpm, "0.0015", "0", Some("0.000002")),
            (CostModel::Cpc, "0.01", "20", Some("0.0125")),
            (CostModel::Cpc, "0.01", "99.99", Some("100")),
            (CostModel::Cpc, "0.01", "100", Some("0.01")),
            (CostModel::Cpc, "0.02", "30", Some("0.028571")),
            (CostModel::None, "0.01", "0", None),
        ];
        for (model, value, loss, expected) in cases {
            let found = at_click(
                &cost(model, value, false, loss),
                &link(Some("7"), Some("EUR")),
                false,
            );

            let amount = found.map(|cost| cost.amount.to_string());
            assert_eq!(amount.as_deref(), expected, "{model:?} {value} {loss}");
            assert!(found.is_none_or(|cost| cost.currency == Currency::USD && !cost.fell_back));
        }
    }

    #[test]
    fn the_price_of_the_link_wins_where_it_is_readable() {
        let cases = [
            (Some("0.02"), None, "0.02", "USD", false),
            (Some(" 0.02 "), Some("eur"), "0.02", "EUR", false),
            (Some("0.02"), Some("{currency}"), "0.02", "USD", false),
            (Some("0"), None, "0", "USD", false),
            (None, Some("EUR"), "0.5", "USD", true),
            (Some(""), None, "0.5", "USD", true),
            (Some("{cost}"), Some("EUR"), "0.5", "USD", true),
            (Some("0,02"), None, "0.5", "USD", true),
            (Some("-1"), None, "0.5", "USD", true),
            (Some("NaN"), None, "0.5", "USD", true),
            (Some("1e3"), None, "0.5", "USD", true),
            (Some("99999999999999999999"), None, "0.5", "USD", true),
        ];
        for (price, currency, amount, expected, fell_back) in cases {
            let found = at_click(
                &cost(CostModel::Cpc, "0.5", true, "0"),
                &link(price, currency),
                false,
            )
            .expect("cpc costs");

            assert_eq!(found.amount.to_string(), amount, "{price:?}");
            assert_eq!(found.currency.as_str(), expected, "{price:?}");
            assert_eq!(found.fell_back, fell_back, "{price:?}");
        }
    }

    #[test]
    fn a_link_price_per_thousand_is_divided_too() {
        let found = at_click(
            &cost(CostModel::Cpm, "9", true, "50"),
            &link(Some("3"), None),
            true,
        );

        assert_eq!(found.map(|cost| cost.amount), Some(Micros(6_000)));
    }

    #[test]
    fn only_unique_clicks_are_charged_where_uniques_are_bought() {
        let bought = cost(CostModel::Cpuc, "0.5", true, "0");
        let amount = |price, is_unique| {
            let found = at_click(&bought, &link(price, None), is_unique);
            found.map(|cost| (cost.amount.to_string(), cost.fell_back))
        };

        assert_eq!(amount(Some("0.2"), true), Some(("0.2".to_owned(), false)));
        assert_eq!(amount(None, true), Some(("0.5".to_owned(), true)));
        assert_eq!(amount(Some("0.2"), false), Some(("0".to_owned(), false)));
        assert_eq!(amount(None, false), Some(("0".to_owned(), false)));
    }

    #[test]
    fn a_link_price_too_large_for_the_loss_falls_back() {
        let cost = cost(CostModel::Cpc, "0.5", true, "99.99");

        let found = at_click(&cost, &link(Some("9000000000000"), None), true).expect("cpc costs");

        assert_eq!(found.amount, Micros(5_000_000_000));
        assert!(found.fell_back);
    }
}
