//! The amounts of a postback, and their currency.

use super::amount::{self, Amount};
use super::currency;
use super::parameters::{Parameters, Sent};
use super::said::Payout;
use crate::detect::text::cut;
use crate::domain::form::quoted;
use crate::domain::money::{Currency, Micros};
use crate::domain::network::PostbackParameter;

/// Bytes kept of an amount that is none.
const MAX_UNREADABLE: usize = 200;

/// Everything that a postback says about money.
pub(super) struct Amounts {
    pub(super) payout: Payout,
    pub(super) currency: Option<Currency>,
    pub(super) sale_amount: Option<Micros>,
    pub(super) cost: Option<Micros>,
}

pub(super) fn read(parameters: &mut Parameters<'_>, remarks: &mut Vec<String>) -> Amounts {
    let payout = parameters.take(PostbackParameter::Payout);
    let stated = payout.and_then(|sent| read_amount(sent, remarks));
    let sale = take_amount(parameters, PostbackParameter::SaleAmount, remarks);
    let cost = take_amount(parameters, PostbackParameter::Cost, remarks);
    let beside = [stated, sale]
        .into_iter()
        .flatten()
        .find_map(|amount| amount.currency);
    Amounts {
        payout: match (payout, stated) {
            (None, _) => Payout::Missing,
            (Some(_), Some(amount)) => Payout::Stated(amount.micros),
            (Some(sent), None) => Payout::Unreadable(cut(sent.value, MAX_UNREADABLE).to_owned()),
        },
        currency: read_currency(parameters, beside, remarks),
        sale_amount: sale.map(|amount| amount.micros),
        cost: cost.map(|amount| amount.micros),
    }
}

/// Reads an amount, and remarks how it was read or that it was not.
pub(super) fn read_amount(sent: Sent<'_>, remarks: &mut Vec<String>) -> Option<Amount> {
    let Sent { name, value } = sent;
    let amount = amount::read(value);
    match amount {
        Some(amount) if amount.is_guess => {
            let code = amount
                .currency
                .map(|currency| format!(" {}", currency.as_str()));
            remarks.push(format!(
                "{name} is {} and was read as {}{}.",
                quoted(value),
                amount.micros,
                code.unwrap_or_default()
            ));
        }
        Some(_) => {}
        None if sent.is_macro() => remarks.push(format!(
            "{name} is the macro {}, which the network did not fill in.",
            quoted(value)
        )),
        None if amount::may_be_thousands(value) => remarks.push(format!(
            "{name} is {}, which may be {} or {}: the postback has to write it without the comma.",
            quoted(value),
            value.replace(',', "."),
            value.replace(',', "")
        )),
        None => remarks.push(format!(
            "{name} is {}, which is no amount such as 7.50.",
            quoted(value)
        )),
    }
    amount
}

fn take_amount(
    parameters: &mut Parameters<'_>,
    parameter: PostbackParameter,
    remarks: &mut Vec<String>,
) -> Option<Amount> {
    read_amount(parameters.take(parameter)?, remarks)
}

/// The currency that is named counts, else the one `beside` the amount.
fn read_currency(
    parameters: &mut Parameters<'_>,
    beside: Option<Currency>,
    remarks: &mut Vec<String>,
) -> Option<Currency> {
    let Some(sent) = parameters.take(PostbackParameter::Currency) else {
        return beside;
    };
    let named = currency::read(sent.value);
    match (named, beside) {
        (None, _) => remarks.push(format!(
            "{} is {}, which is no currency code such as USD.",
            sent.name,
            quoted(sent.value)
        )),
        (Some(named), Some(beside)) if named != beside => remarks.push(format!(
            "The amount is written in {}, but {} says {}, and that counts.",
            beside.as_str(),
            sent.name,
            named.as_str()
        )),
        _ => {}
    }
    named.or(beside)
}

#[cfg(test)]
mod tests {
    use super::super::said::Said;
    use super::super::testing::{click, network, said, said_to};
    use super::*;

    fn stated(text: &str) -> Payout {
        Payout::Stated(text.parse().expect("an amount"))
    }

    fn currency(said: &Said) -> Option<&str> {
        said.currency.as_ref().map(Currency::as_str)
    }

    #[test]
    fn payouts_are_stated_missing_or_unreadable() {
        for (query, payout) in [
            ("payout=7.50", stated("7.5")),
            ("PAYOUT=7.50", stated("7.5")),
            ("revenue=7", stated("7")),
            ("sum=7", stated("7")),
            ("amount=7", stated("7")),
            ("rev=7", stated("7")),
            ("payout=0", stated("0")),
            ("payout=-5", stated("-5")),
            ("payout=7,50", stated("7.5")),
            ("payout=7+000,50", stated("7000.5")),
            ("payout=$7", stated("7")),
            ("payout=5&payout=7", stated("7")),
            ("payout=7&payout=", stated("7")),
            ("payout=&sum=7", stated("7")),
            ("sum=5&payout=7", stated("7")),
            ("payout={payout}&sum=7", stated("7")),
            ("payout={payout}&payout=7&payout={payout}", stated("7")),
            ("", Payout::Missing),
            ("payout", Payout::Missing),
            ("payout=+", Payout::Missing),
            ("sale_amount=7", Payout::Missing),
        ] {
            assert_eq!(said(query).payout, payout, "{query}");
        }
        for value in [
            "{payout}", "%payout%", "[payout]", "$payout", "1e9", "NaN", "7,500", "x",
        ] {
            let said = said(&format!("payout={}", value.replace('%', "%25")));
            assert_eq!(said.payout, Payout::Unreadable(value.to_owned()));
            assert_eq!(said.remarks.len(), 1, "{value}");
        }
    }

    #[test]
    fn a_guess_is_told() {
        let said = said("payout=$7,50&cost=1.5");

        assert_eq!(
            said.remarks,
            ["payout is \"$7,50\" and was read as 7.5 USD."]
        );
    }

    #[test]
    fn an_amount_that_may_be_two_is_told_with_both() {
        assert_eq!(
            said("payout=7,500").remarks,
            [
                "payout is \"7,500\", which may be 7.500 or 7500: the postback has to write it without the comma."
            ]
        );
        assert_eq!(
            said("payout=7,5,0").remarks,
            ["payout is \"7,5,0\", which is no amount such as 7.50."]
        );
    }

    #[test]
    fn sale_amount_and_cost_are_amounts_of_their_own() {
        let ours = said("sale_amount=100&cost=1.5&payout=7");
        assert_eq!(ours.sale_amount, Some(Micros(100_000_000)));
        assert_eq!(ours.cost, Some(Micros(1_500_000)));

        let theirs = said("order_sum=100&cost={cost}");
        assert_eq!(theirs.sale_amount, Some(Micros(100_000_000)));
        assert_eq!(theirs.cost, None);
        assert!(theirs.remarks[0].contains("{cost}"));

        assert_eq!(said("sale_amount=lots").sale_amount, None);
    }

    #[test]
    fn the_currency_is_named_or_stands_beside_the_amount() {
        for (query, code, remarks) in [
            ("payout=7&currency=EUR", Some("EUR"), 0),
            ("payout=7&currency=eur", Some("EUR"), 0),
            ("payout=7&cnv_currency=EUR", Some("EUR"), 0),
            ("payout=7%C2%A4cy=EUR", Some("EUR"), 0),
            ("payout=7&amp;currency=EUR", Some("EUR"), 0),
            ("payout=7&currency=%E2%82%AC", Some("EUR"), 0),
            ("payout=7&currency=QQQ", Some("QQQ"), 0),
            ("payout=7", None, 0),
            ("payout=7&currency=", None, 0),
            ("payout=$7", Some("USD"), 1),
            ("payout=$7&currency=USD", Some("USD"), 1),
            ("payout=$7&currency=EUR", Some("EUR"), 2),
            ("payout=7&currency=euros", None, 1),
            ("payout=7&currency={currency}", None, 1),
            ("payout=€7&currency={currency}", Some("EUR"), 2),
            ("order_sum=£7", Some("GBP"), 1),
        ] {
            let said = said(query);
            assert_eq!(currency(&said), code, "{query}");
            assert_eq!(said.remarks.len(), remarks, "{query}: {:?}", said.remarks);
        }
    }

    #[test]
    fn a_network_has_names_of_its_own() {
        let cake = network(
            &[
                (PostbackParameter::Payout, "price"),
                (PostbackParameter::SaleAmount, "payout"),
                (PostbackParameter::Currency, "cur"),
            ],
            &[],
            &[],
        );
        let said = said_to(Some(&cake), &[], "price=7&payout=100&cur=EUR&currency=USD");

        assert_eq!(said.payout, stated("7"));
        assert_eq!(said.sale_amount, Some(Micros(100_000_000)));
        assert_eq!(currency(&said), Some("EUR"));
        assert_eq!(
            said_to(Some(&cake), &[], "payout=100").payout,
            Payout::Missing
        );
        assert_eq!(said_to(Some(&cake), &[], "sum=8").payout, stated("8"));
        let id = click().1;
        assert!(
            said_to(Some(&cake), &[], &format!("cid={id}"))
                .click
                .is_some()
        );
    }
}
