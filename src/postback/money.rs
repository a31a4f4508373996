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
