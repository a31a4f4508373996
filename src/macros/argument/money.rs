//! `{payout:EUR}`: an amount in the currency of whoever reads the link.

use super::Ready;
use crate::domain::money::{Currency, Micros};
use crate::macros::context::MacroContext;
use crate::macros::table::Origin;

/// Reads the currency. Without a rate for it nothing is written: no amount is better than a wrong
/// one.
pub(in crate::macros) fn read(
    text: &str,
    amount: fn(&MacroContext<'_>) -> Option<(Micros, Currency)>,
) -> Result<Ready, String> {
    let Some(wanted) = Currency::parse(text.trim()) else {
        return Err(format!(
            "\"{text}\" is not a currency; write its three letters, such as USD."
        ));
    };
    Ok(Ready::new(Origin::Tracker, move |context, out| {
        let Some((amount, currency)) = amount(context) else {
            return;
        };
        let converted = if currency == wanted {
            Some(amount)
        } else {
            context.facts.converted(amount, currency, wanted)
        };
        if let Some(amount) = converted {
            out.print(amount);
        }
    }))
}
