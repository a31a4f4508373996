//! Macros of a conversion: only outgoing postbacks have them.

use super::{Macro, Origin::Tracker, Origin::Visitor};
use crate::domain::conversion::CONVERSION;
use crate::domain::money::{Currency, Micros};
use crate::macros::argument::{Kind, Ready, Takes, date, money, parse_words};
use crate::macros::context::{MacroContext, Told};
use crate::macros::encode::Encoder;
use crate::macros::value::Reader;

pub(super) static TABLE: &[Macro] = &[
    Macro {
        name: "status",
        aliases: &["conversion_status"],
        help: "How far the conversion is: lead, sale, rejected, trash",
        example: "sale",
        origin: Tracker,
        argument: Some(Takes {
            kind: Kind::Words,
            required: false,
            help: "Their words for ours; a rebill or an event of your own is found by its key first; * for all others",
            example: "lead=1,sale=2,rebill=3",
            gives: "2",
            read: status_words,
        }),
        value: |c, out| out.push_some(told(c).map(|told| told.status)),
    },
    Macro {
        name: "previous_status",
        aliases: &[],
        help: "What its status was before",
        example: "lead",
        origin: Tracker,
        argument: None,
        value: |c, out| out.push_some(told(c).and_then(|told| told.previous_status)),
    },
    Macro {
        name: "original_status",
        aliases: &[],
        help: "The network's word for its status",
        example: "approved",
        origin: Visitor,
        argument: None,
        value: |c, out| out.push_some(told(c).and_then(|told| told.original_status)),
    },
    Macro {
        name: "event",
        aliases: &["goal"],
        help: "What happened: conversion, rebill, or the key of an event of your own",
        example: "conversion",
        origin: Tracker,
        argument: None,
        value: |c, out| out.push_some(told(c).map(|told| told.event)),
    },
    Macro {
        name: "revenue",
        aliases: &["conversion_revenue"],
        help: "What the conversion pays, as {payout}",
        example: "5",
        origin: Tracker,
        argument: Some(Takes {
            kind: Kind::Currency,
            required: false,
            help: "Currency of the amount; nothing is written without a rate for it",
            example: "EUR",
            gives: "4.5",
            read: |_, text, _| money::read(text, revenue),
        }),
        value: |c, out| amount(out, revenue(c)),
    },
    Macro {
        name: "profit",
        aliases: &["conversion_profit"],
        help: "What it pays less what it cost, in the currency of {payout}",
        example: "4.985",
        origin: Tracker,
        argument: Some(Takes {
            kind: Kind::Currency,
            required: false,
            help: "Currency of the amount; nothing is written without a rate for it",
            example: "EUR",
            gives: "4.4865",
            read: |_, text, _| money::read(text, profit),
        }),
        value: |c, out| amount(out, profit(c)),
    },
    Macro {
        name: "sale_amount",
        aliases: &[],
        help: "What the customer paid, in the currency that the network stated",
        example: "49.9",
        origin: Tracker,
        argument: Some(Takes {
            kind: Kind::Currency,
            required: false,
            help: "Currency of the amount; nothing is written without a rate for it",
            example: "EUR",
            gives: "44.91",
            read: |_, text, _| money::read(text, sale_amount),
        }),
        value: |c, out| amount(out, sale_amount(c)),
    },
    Macro {
        name: "currency",
        aliases: &[],
        help: "Currency of {payout}",
        example: "USD",
        origin: Tracker,
        argument: None,
        value: |c, out| {
            if let Some((_, currency)) = revenue(c) {
                out.push(currency.as_str());
            }
        },
    },
    Macro {
        name: "tid",
        aliases: &["transaction_id"],
        help: "Transaction id of the network",
        example: "tx-1",
        origin: Visitor,
        argument: None,
        value: |c, out| out.push_some(told(c).and_then(|told| told.tid)),
    },
    Macro {
        name: "conversion_id",
        aliases: &[],
        help: "Our id of the conversion",
        example: "1234567890123456789",
        origin: Tracker,
        argument: None,
        value: |c, out| out.push_some(told(c).map(|told| told.id)),
    },
    Macro {
        name: "conversion_time",
        aliases: &["conversion_timestamp"],
        help: "When the conversion came, seconds since 1970 UTC",
        example: "1767409445",
        origin: Tracker,
        argument: Some(Takes {
            kind: Kind::DateFormat,
            required: false,
            help: "Letters as in PHP's date(), then perhaps a comma and a time zone; UTC without one",
            example: "Y-m-d H:i:s",
            gives: "2026-01-03%2003%3A04%3A05",
            read: |_, text, _| date::read_of(text, at),
        }),
        value: |c, out| {
            if let Some(at) = at(c) {
                out.print(at.div_euclid(1000));
            }
        },
    },
    Macro {
        name: "status_time",
        aliases: &[],
        help: "When it became what it is, seconds since 1970 UTC",
        example: "1767495845",
        origin: Tracker,
        argument: Some(Takes {
            kind: Kind::DateFormat,
            required: false,
            help: "Letters as in PHP's date(), then perhaps a comma and a time zone; UTC without one",
            example: "Y-m-d H:i:s",
            gives: "2026-01-04%2003%3A04%3A05",
            read: |_, text, _| date::read_of(text, status_at),
        }),
        value: |c, out| {
            if let Some(at) = status_at(c) {
                out.print(at.div_euclid(1000));
            }
        },
    },
];

fn told<'a>(c: &MacroContext<'a>) -> Option<&'a Told<'a>> {
    c.facts.conversion()
}

fn revenue(c: &MacroContext<'_>) -> Option<(Micros, Currency)> {
    told(c)?.revenue
}

fn profit(c: &MacroContext<'_>) -> Option<(Micros, Currency)> {
    told(c)?.profit
}

fn sale_amount(c: &MacroContext<'_>) -> Option<(Micros, Currency)> {
    told(c)?.sale_amount
}

fn at(c: &MacroContext<'_>) -> Option<i64> {
    told(c).map(|told| told.at)
}

fn status_at(c: &MacroContext<'_>) -> Option<i64> {
    told(c).map(|told| told.status_at)
}

fn amount(out: &mut Encoder<'_>, amount: Option<(Micros, Currency)>) {
    if let Some((amount, _)) = amount {
        out.print(amount);
    }
}

/// Traffic sources have one list of goals, in which events stand beside statuses.
fn status_words(entry: &'static Macro, text: &str, _: &mut Reader<'_>) -> Result<Ready, String> {
    let words = parse_words(entry, text)?;
    Ok(Ready::new(Tracker, move |c, out| {
        let Some(told) = told(c) else { return };
        let event = Some(told.event).filter(|event| *event != CONVERSION);
        let word = event
            .and_then(|event| words.find(event))
            .or_else(|| words.find(told.status))
            .or(words.others.as_deref());
        out.push(word.unwrap_or(told.status));
    }))
}
