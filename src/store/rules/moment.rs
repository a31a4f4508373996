//! Rules whose moment is a conversion, asked in its transaction.
//!
//! Only conditions on the conversion itself are asked here. Where they hold, a run is left to be done
//! ([`runs`]); where numbers have to be looked at, the group is noted as due ([`dues`]). Whoever
//! evaluates rules is woken after the commit.

use std::cell::OnceCell;

use rusqlite::Connection;

use super::dues::{self, Due};
use super::occasion::Occasion;
use super::runs::{self, Run};
use crate::clock;
use crate::domain::conversion::{Conversion, Status};
use crate::domain::documents::Documents;
use crate::domain::rule::Rule;
use crate::rules::{Happened, Ready, Subject, Verdict};
use crate::store::clicks::read::ClickOf;
use crate::store::conversions::Books;
use crate::store::error::StoreError;

/// Asks all rules; whether any of them left something to be done.
pub(in crate::store) fn note(
    connection: &Connection,
    books: &Books,
    click: &ClickOf,
    row: &Conversion,
    status: Status,
) -> Result<bool, StoreError> {
    let mut has_left = false;
    if row.is_test {
        return Ok(false);
    }
    let occasion = OnceCell::new();
    for ready in books.rules.iter() {
        if !is_moment(&ready.rule, row, status) {
            continue;
        }
        if occasion.get().is_none() {
            let Some(click) = click.find(connection)? else {
                return Ok(has_left);
            };
            let _ = occasion.set(Occasion::new(row.clone(), click.clone()));
        }
        if let Some(occasion) = occasion.get() {
            has_left |= ask(connection, books, ready, occasion, row, status)?;
        }
    }
    Ok(has_left)
}

/// Whether a rule is asked at all about this conversion; its click is not needed to say so.
fn is_moment(rule: &Rule, row: &Conversion, status: Status) -> bool {
    let campaigns = &rule.scope.campaign_ids;
    rule.moment.is_at(status, &row.event)
        && (campaigns.is_empty() || row.campaign_id.is_some_and(|id| campaigns.contains(&id)))
}

/// Whether the scope of a rule has a conversion.
pub fn is_in_scope(rule: &Rule, occasion: &Occasion, documents: &Documents) -> bool {
    let has = |ids: &[u64], key: &str| {
        ids.is_empty()
            || occasion
                .fact(key, documents)
                .and_then(|id| id.parse().ok())
                .is_some_and(|id| ids.contains(&id))
    };
    has(&rule.scope.campaign_ids, "campaign_id")
        && has(&rule.scope.traffic_source_ids, "traffic_source_id")
        && has(&rule.scope.offer_ids, "offer_id")
}

/// The values of a rule's dimensions for a conversion.
pub fn group_of(ready: &Ready, occasion: &Occasion, documents: &Documents) -> Vec<Option<String>> {
    let dimensions = ready.compiled.dimensions().iter();
    dimensions
        .map(|dimension| occasion.fact(dimension.key, documents))
        .collect()
}

fn ask(
    connection: &Connection,
    books: &Books,
    ready: &Ready,
    occasion: &Occasion,
    row: &Conversion,
    status: Status,
) -> Result<bool, StoreError> {
    let (rule, documents) = (&ready.rule, &*books.documents);
    if !is_in_scope(rule, occasion, documents) {
        return Ok(false);
    }
    let (group, now) = (group_of(ready, occasion, documents), clock::now_ms());
    let subject = Subject {
        rule,
        group: &group,
        run_id: 0,
        at: now,
        numbers: None,
        conversion: Some(Happened {
            id: occasion.id(),
            click_id: Some(occasion.click_id()),
            payout: occasion.payout(),
            facts: &|key| occasion.fact(key, documents),
            // Conditions have no macros.
            macros: &|_| String::new(),
        }),
    };
    let verdict = ready.compiled.verdict(&subject);
    let written = ready.group_name(&group);
    let id = row.id.to_row();
    match verdict {
        Verdict::DoesNot => return Ok(false),
        Verdict::NeedsNumbers => dues::note(
            connection,
            &Due {
                rule_id: rule.id,
                group: written,
                conversion_id: row.id,
                at: now,
            },
        )?,
        Verdict::Holds => runs::leave(
            connection,
            &Run {
                id: books.ids.next(now),
                at: now,
                rule_id: rule.id,
                rule_version: rule.version,
                key: format!(
                    "conversion:{}:{id}:{}:{}",
                    rule.id,
                    row.event,
                    status.as_str()
                ),
                group: written,
                campaign_id: Some(occasion.campaign_id()),
                conversion_id: Some(row.id),
                numbers: "{}".to_owned(),
                window: None,
            },
        )?,
    }
    Ok(true)
}
