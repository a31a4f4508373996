//! Macros of amounts. An amount names its currency in a macro of its own, or is asked for in one.

use super::{Macro, Origin::Tracker};
use crate::domain::money::{Currency, Micros};
use crate::domain::offer::PayoutKind;
use crate::macros::argument::{Kind, Takes, money};
use crate::macros::context::MacroContext;

pub(super) static TABLE: &[Macro] = &[
    Macro {
        name: "cost",
        aliases: &[],
        help: "What the click cost, as recorded, in the currency of {currency}",
        example: "0.015",
        origin: Tracker,
        argument: Some(Takes {
            kind: Kind::Currency,
            required: false,
            help: "Currency of the amount; nothing is written without a rate for it",
            example: "EUR",
            gives: "0.0135",
            read: |_, text, _| money::read(text, cost),
        }),
        value: |c, out| {
            if let Some((amount, _)) = cost(c) {
                out.print(amount);
            }
        },
    },
    Macro {
        name: "currency",
        aliases: &[],
        help: "Currency of the cost",
        example: "USD",
        origin: Tracker,
        argument: None,
        value: |c, out| {
            if let Some((_, currency)) = cost(c) {
                out.push(currency.as_str());
            }
        },
    },
    Macro {
        name: "payout",
        aliases: &[],
        help: "What the offer pays for a conversion, in the currency of {payout_currency}; nothing before it is known",
        example: "5",
        origin: Tracker,
        argument: Some(Takes {
            kind: Kind::Currency,
            required: false,
            help: "Currency of the amount; nothing is written without a rate for it",
            example: "EUR",
            gives: "4.5",
            read: |_, text, _| money::read(text, payout),
        }),
        value: |c, out| {
            if let Some((amount, _)) = payout(c) {
                out.print(amount);
            }
        },
    },
    Macro {
        name: "payout_currency",
        aliases: &[],
        help: "Currency of the payout of the offer",
        example: "USD",
        origin: Tracker,
        argument: None,
        value: |c, out| {
            if let Some((_, currency)) = payout(c) {
                out.push(currency.as_str());
            }
        },
    },
];

fn cost(c: &MacroContext<'_>) -> Option<(Micros, Currency)> {
    c.cost.map(|cost| (cost.amount, cost.currency))
}

/// A percentage is no amount before there is a sale, and neither is what only the postback tells.
fn payout(c: &MacroContext<'_>) -> Option<(Micros, Currency)> {
    let payout = c.facts.payout()?;
    let is_known = match payout.kind {
        PayoutKind::Fixed => true,
        PayoutKind::Postback => payout.value != Micros::ZERO,
        PayoutKind::Percent => false,
    };
    is_known.then_some((payout.value, payout.currency))
}
