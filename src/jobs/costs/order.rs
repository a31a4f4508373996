//! One statement about costs, as somebody sends it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::domain::cost_update::{CostLine, Price, Which};
use crate::domain::documents::Documents;
use crate::domain::form::{Form, MOST};
use crate::domain::money::{Currency, Micros};
use crate::domain::parameter::PARAMETERS;
use crate::domain::period as days;
use crate::domain::problem::Problem;
use crate::jobs::period::Period;

/// Days times campaigns of one statement.
const PARTS: usize = 500;

/// Parameters that clicks are not asked for by: what they cost, and what is not kept in a column.
const NO_FILTERS: [&str; 5] = [
    "cost",
    "currency",
    "creative_name",
    "ad_group_name",
    "ad_campaign_name",
];

/// What clicks are asked for by; the names of their parameters.
pub(super) fn asked_by() -> impl Iterator<Item = &'static str> {
    let all = PARAMETERS.iter().copied();
    all.filter(|name| !NO_FILTERS.contains(name))
}

/// A statement.
pub(super) struct Order {
    pub(super) line: CostLine,
    pub(super) is_preview: bool,
}

/// Reads a document; all problems at once.
pub(super) fn read(document: &Value, documents: &Documents) -> Result<Order, Vec<Problem>> {
    Form::read(document, |form| {
        let period = Period::read(form, documents, true);
        let price = read_price(form);
        let currency = form.optional_currency("currency");
        let line = CostLine {
            currency: currency.unwrap_or_else(|| common_currency(form, &period, documents)),
            price,
            which: form.choice("which", Which::ALL, Which::All),
            filters: read_filters(form),
            campaign_ids: period.campaign_ids,
            from: period.from,
            to: period.to,
            timezone: period.timezone,
        };
        if let Err(message) = check(&line) {
            form.problem("to", "out_of_range", message);
        }
        Order {
            line,
            is_preview: form.boolean("preview", false),
        }
    })
}

/// What a statement has to keep to, whoever makes it.
pub(super) fn check(line: &CostLine) -> Result<(), String> {
    let zone = days::zone(&line.timezone);
    let count = days::day(line.to - 1, zone).abs_diff(days::day(line.from, zone)) + 1;
    match count * line.campaign_ids.len() as u64 <= PARTS as u64 {
        true => Ok(()),
        false => Err(format!(
            "{count} days of {} campaigns are too much for one statement: at most {PARTS} days, \
             counted for each campaign.",
            line.campaign_ids.len()
        )),
    }
}

fn read_price(form: &mut Form<'_>) -> Price {
    let stated = [
        form.amount("amount", Micros::ZERO..=MOST)
            .map(Price::Amount),
        form.amount("cpc", Micros::ZERO..=MOST).map(Price::Cpc),
        form.amount("cpm", Micros::ZERO..=MOST).map(Price::Cpm),
    ];
    let sent = ["amount", "cpc", "cpm"]
        .iter()
        .filter(|name| form.has(name));
    match sent.count() {
        0 => form.missing(
            "amount",
            "The money is missing: \"amount\" for all clicks together, \"cpc\" for each or \
             \"cpm\" for a thousand of them.",
        ),
        1 => {}
        _ => form.problem(
            "amount",
            "invalid",
            "Only one of \"amount\", \"cpc\" and \"cpm\" can count.",
        ),
    }
    let stated = stated.into_iter().flatten().next();
    stated.unwrap_or(Price::Amount(Micros::ZERO))
}

/// The currency in which all of the campaigns count their cost.
fn common_currency(form: &mut Form<'_>, period: &Period, documents: &Documents) -> Currency {
    match currency_of(&period.campaign_ids, documents) {
        Some(currency) => currency,
        None => {
            form.missing(
                "currency",
                "The campaigns count their cost in different currencies; say which one this is.",
            );
            Currency::USD
        }
    }
}

/// That of these campaigns; `None` if they differ.
pub(super) fn currency_of(campaign_ids: &[u64], documents: &Documents) -> Option<Currency> {
    let campaigns = campaign_ids
        .iter()
        .filter_map(|id| documents.campaigns.get(id));
    let mut currencies = campaigns.map(|campaign| campaign.cost.currency);
    let first = currencies.next().unwrap_or(Currency::USD);
    currencies.all(|one| one == first).then_some(first)
}

fn read_filters(form: &mut Form<'_>) -> BTreeMap<String, String> {
    let read = |form: &mut Form<'_>| {
        let mut filters = BTreeMap::new();
        for name in asked_by() {
            let value = form.exact_text(name);
            if !value.is_empty() {
                filters.insert(name.to_owned(), value.to_owned());
            }
        }
        filters
    };
    form.object("filters", read).unwrap_or_default()
}
