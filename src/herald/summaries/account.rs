//! The numbers of a summary.

use crate::domain::basis::Basis;
use crate::domain::documents::Documents;
use crate::domain::money::{Currency, Micros};
use crate::domain::period;
use crate::domain::rates::Rates;
use crate::domain::summary::{Summary, SummaryOf};
use crate::report::metric::Format;
use crate::report::{MetricRef, Sums, View, dimension};
use crate::store::error::StoreError;
use crate::store::readers::Readers;
use crate::store::sums::{self, Question, Scope, Span, Spans, Unanswered};

/// What is told, in this order: keys of metrics.
pub(super) const TOLD: [&str; 6] = ["clicks", "cost", "revenue", "profit", "roi", "conversions"];

/// Why there are no numbers.
#[derive(Debug, thiserror::Error)]
pub enum Uncounted {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Unanswered(#[from] Unanswered),
}

/// How a day went.
pub(super) struct Account {
    /// Number of the day that is told.
    pub(super) day: i64,
    pub(super) span: Span,
    pub(super) currency: Currency,
    pub(super) total: Sums,
    /// Of the day before.
    pub(super) before: Sums,
    /// Those with anything to count, by profit, the best first.
    pub(super) campaigns: Vec<Line>,
}

pub(super) struct Line {
    pub(super) campaign_id: u64,
    pub(super) name: String,
    pub(super) sums: Sums,
}

impl Line {
    pub(super) fn profit(&self) -> Micros {
        value("profit", &self.sums).map_or(Micros::ZERO, |(profit, _)| profit)
    }
}

/// Counts what the summary of a date tells. `pace` as in [`sums::answer`].
pub(super) fn count(
    readers: &Readers,
    documents: &Documents,
    rates: &Rates,
    summary: &Summary,
    (date, now): (i64, i64),
    pace: &mut dyn FnMut() -> bool,
) -> Result<Option<Account>, Uncounted> {
    let (day, span, before) = spans(summary, date, now);
    let question = |span| Question {
        scope: Scope {
            campaigns: summary.campaign_ids.clone(),
            ..Scope::default()
        },
        dimensions: dimension::find("campaign_id").into_iter().collect(),
        spans: Spans::of_all(span),
        basis: Basis::Click,
        only: None,
    };
    let questions = [question(span), question(before)];
    let Some(answers) = sums::answer(readers, documents, rates, &questions, pace)? else {
        return Ok(None);
    };
    let (groups, groups_before) = (answers.of(0)?, answers.of(1)?);
    let mut account = Account {
        day,
        span,
        currency: rates.reporting(),
        total: merged(groups.values()),
        before: merged(groups_before.values()),
        campaigns: Vec::with_capacity(groups.len()),
    };
    for (group, sums) in groups {
        let id = group.first().and_then(Option::as_deref);
        let Some(campaign_id) = id.and_then(|id| id.parse().ok()) else {
            continue;
        };
        let campaign = documents.campaigns.get(&campaign_id);
        account.campaigns.push(Line {
            campaign_id,
            name: campaign.map_or_else(
                || format!("campaign {campaign_id}"),
                |campaign| campaign.name.clone(),
            ),
            sums,
        });
    }
    let by_profit = |line: &Line| (std::cmp::Reverse(line.profit()), line.campaign_id);
    account.campaigns.sort_by_key(by_profit);
    Ok(Some(account))
}

/// The value of a metric, and how it is written.
pub(super) fn value(key: &str, sums: &Sums) -> Option<(Micros, Format)> {
    let metric = MetricRef::parse(key).ok()?;
    let value = metric.value(sums, View::default())?;
    Some((value, metric.metric().format))
}

fn merged<'s>(parts: impl Iterator<Item = &'s Sums>) -> Sums {
    let mut whole = Sums::default();
    parts.for_each(|part| whole.merge(part));
    whole
}

/// The day that is told, its span, and the one it is compared with.
fn spans(summary: &Summary, date: i64, now: i64) -> (i64, Span, Span) {
    let start = |day| period::day_start(day, summary.zone());
    let span = |from, to| Span { from, to };
    match summary.of {
        SummaryOf::Yesterday => (
            date - 1,
            span(start(date - 1), start(date)),
            span(start(date - 2), start(date - 1)),
        ),
        SummaryOf::Today => {
            let (from, to) = (start(date), now.min(start(date + 1)));
            let from_before = start(date - 1);
            let to_before = (from_before + (to - from)).min(from);
            (date, span(from, to), span(from_before, to_before))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    #[test]
    fn a_day_is_compared_with_the_one_before() {
        let mut summary = Summary {
            timezone: "Europe/Kyiv".to_owned(),
            ..Summary::default()
        };
        // The day after the one with 25 hours.
        let date = period::parse_date("2026-10-26").expect("a day");
        let start = period::day_start(date, summary.zone());
        let now = start + 9 * HOUR;

        let (day, span, before) = spans(&summary, date, now);
        assert_eq!(day, date - 1);
        assert_eq!((span.from, span.to), (start - 25 * HOUR, start));
        assert_eq!((before.from, before.to), (start - 49 * HOUR, span.from));

        summary.of = SummaryOf::Today;
        let (day, span, before) = spans(&summary, date, now);
        assert_eq!(day, date);
        assert_eq!((span.from, span.to), (start, now));
        assert_eq!(
            (before.from, before.to),
            (start - 25 * HOUR, start - 16 * HOUR)
        );
        // Sent after midnight, late: the whole day, not more.
        let (_, late, before) = spans(&summary, date, start + 30 * HOUR);
        assert_eq!((late.from, late.to), (start, start + 24 * HOUR));
        assert_eq!(before.to, before.from + 24 * HOUR);
    }
}
