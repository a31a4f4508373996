//! The queries of currency rates: `?currency=&from=&to=&limit=&cursor=`.

use actix_web::web;

use crate::domain::form::quoted;
use crate::domain::money::Currency;
use crate::domain::nearest::nearest;
use crate::domain::period;
use crate::domain::problem::Problem;
use crate::web::error::ApiError;

/// Which rates.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct RateQuery {
    currency: Option<Currency>,
    /// Days, both included.
    from: Option<i64>,
    to: Option<i64>,
    pub(super) limit: usize,
    /// The last one of the page before.
    after: Option<(i64, Currency)>,
}

const NAMES: [&str; 5] = ["currency", "from", "to", "limit", "cursor"];

impl RateQuery {
    /// Reads a query string; all its problems at once.
    pub(super) fn parse(query: &str) -> Result<Self, ApiError> {
        Self::parse_names(query, &NAMES)
    }

    fn parse_names(query: &str, names: &[&'static str]) -> Result<Self, ApiError> {
        let pairs = web::Query::<Vec<(String, String)>>::from_query(query).map_err(|error| {
            ApiError::invalid(
                "",
                "invalid",
                format!("The query is not readable: {error}."),
            )
        })?;
        let mut read = RateQuery {
            limit: 100,
            ..RateQuery::default()
        };
        let mut problems = Vec::new();
        for (name, value) in pairs.into_inner() {
            let Some(known) = names.iter().find(|known| **known == name) else {
                problems.push(unknown(&name, names));
                continue;
            };
            if let Err(message) = read.set(known, value.trim()) {
                problems.push(Problem::new(name, "invalid", message));
            }
        }
        if let (Some(from), Some(to)) = (read.from, read.to)
            && from > to
        {
            let message = "The last day is before the first one; exchange them.";
            problems.push(Problem::new("to", "invalid", message));
        }
        match problems.is_empty() {
            true => Ok(read),
            false => Err(ApiError::Invalid(problems)),
        }
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        match (name, value) {
            (_, "") => {}
            ("currency", _) => self.currency = Some(currency(value)?),
            ("from", _) => self.from = Some(day(value)?),
            ("to", _) => self.to = Some(day(value)?),
            ("limit", _) => {
                let limit = value.parse().ok().filter(|limit| (1..=500).contains(limit));
                self.limit = limit
                    .ok_or_else(|| format!("{} is not a number from 1 to 500.", quoted(value)))?;
            }
            _ => {
                let parts = value.split_once('.');
                let read = parts
                    .and_then(|(day, code)| period::parse_date(day).zip(Currency::parse(code)));
                let not_one = || {
                    format!(
                        "{} is not a cursor; send \"next\" of the page before.",
                        quoted(value)
                    )
                };
                self.after = Some(read.ok_or_else(not_one)?);
            }
        }
        Ok(())
    }

    pub(super) fn wants(&self, day: i64, currency: Currency) -> bool {
        self.currency.is_none_or(|wanted| wanted == currency)
            && self.from.is_none_or(|from| day >= from)
            && self.to.is_none_or(|to| day <= to)
            && self.after.is_none_or(|(last, code)| {
                day < last || (day == last && currency.as_str() > code.as_str())
            })
    }
}

/// What is to be deleted: a currency, and the days if not all. Without a currency nothing is.
pub(super) fn parse_deletion(
    query: &str,
) -> Result<(Currency, Option<i64>, Option<i64>), ApiError> {
    let read = RateQuery::parse_names(query, &NAMES[..3])?;
    match read.currency {
        Some(currency) => Ok((currency, read.from, read.to)),
        None => Err(ApiError::invalid(
            "currency",
            "required",
            "The currency whose rates are to be deleted is missing: ?currency=EUR.".to_owned(),
        )),
    }
}

/// Where a page ends.
pub(super) fn cursor(day: i64, currency: Currency) -> String {
    format!("{}.{}", period::date(day), currency.as_str())
}

/// A day as it is written: `2026-01-31`.
pub(super) fn day(text: &str) -> Result<i64, String> {
    let read = period::parse_date(text);
    read.ok_or_else(|| format!("{} is not a day such as 2026-01-31.", quoted(text)))
}

fn currency(text: &str) -> Result<Currency, String> {
    let read = Currency::parse(text);
    read.ok_or_else(|| format!("{} is not a currency code such as EUR.", quoted(text)))
}

fn unknown(name: &str, names: &[&'static str]) -> Problem {
    let mut message = format!("There is no query parameter {} here.", quoted(name));
    if let Some(near) = nearest(name, names.iter().copied()) {
        message.push_str(&format!(" Did you mean \"{near}\"?"));
    }
    let name: String = name.chars().take(100).collect();
    Problem::new(name, "unknown_parameter", message)
}
