//! What a rule would do now, without doing it.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::numbers::Numbers;
use super::proposal::Case;
use super::round::Asked;
use super::summed::{Questions, Summed};
use crate::clock;
use crate::domain::documents::Documents;
use crate::domain::rule::{Moment, Rule};
use crate::library::Desk;
use crate::report::Sums;
use crate::rules::{Ready, Verdict};
use crate::store::error::StoreError;
use crate::store::rules::Deed;
use crate::store::rules::moment::{group_of, is_in_scope};
use crate::store::rules::occasion::{self, Occasion};
use crate::store::rules::runs::Judged;
use crate::store::sums::{Group, TooMany};

/// Groups that are listed: those that the conditions hold of first.
const LISTED: usize = 200;
/// Conversions that are looked at.
const CONVERSIONS: usize = 200;

/// What would become of a rule now.
#[derive(Debug, Serialize, ToSchema)]
pub struct Trial {
    /// How many groups there are, and of how many the conditions hold.
    pub groups: usize,
    pub holding: usize,
    /// The first 200, those that the conditions hold of before the others.
    pub items: Vec<TriedGroup>,
}

/// One group of a rule.
#[derive(Debug, Serialize, ToSchema)]
pub struct TriedGroup {
    /// By dimension.
    #[schema(value_type = Object, example = json!({ "campaign_id": "1", "source": "zone7" }))]
    pub group: Map<String, Value>,
    /// For a rule at conversions: the one that was tried, one of the latest.
    pub conversion_id: Option<String>,
    /// By metric, as decimal texts; `null` where there is nothing to divide by.
    #[schema(value_type = Object, example = json!({ "clicks": "640", "roi": "-61.5" }))]
    pub numbers: Value,
    pub holds: bool,
    /// What would be done, if the conditions hold. Cool-down and `max_per_day` are not asked.
    pub effects: Vec<Deed>,
    /// Why it would not be done, or not whole.
    pub reason: Option<String>,
}

/// Why a rule cannot be tried.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    #[error(transparent)]
    TooMany(#[from] TooMany),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Tries a rule: all its groups as they are now, or the latest conversions that are its moment.
/// Reads clicks, which may take seconds.
pub fn trial(desk: &Desk, ready: Arc<Ready>) -> Result<Trial, TrialError> {
    let documents = desk.library.documents();
    let cases = match ready.is_at_conversion() {
        true => of_conversions(desk, &documents, &ready)?,
        false => of_groups(desk, &documents, &ready)?,
    };
    let mut items = Vec::new();
    let (mut holding, mut others) = (0, Vec::new());
    let groups = cases.len();
    for one in cases {
        match one.holds {
            true => {
                holding += 1;
                if items.len() < LISTED {
                    items.push(one.tried(desk, &documents, &ready)?);
                }
            }
            false if others.len() < LISTED => others.push(one),
            false => {}
        }
    }
    let room = LISTED.saturating_sub(items.len());
    for one in others.into_iter().take(room) {
        items.push(one.tried(desk, &documents, &ready)?);
    }
    Ok(Trial {
        groups,
        holding,
        items,
    })
}

/// A group and what is known of it.
struct Tried {
    group: Group,
    numbers: Option<Numbers>,
    occasion: Option<Occasion>,
    holds: bool,
}

impl Tried {
    fn case<'a>(&'a self, ready: &'a Ready, documents: &'a Documents, now: i64) -> Case<'a> {
        Case {
            ready,
            group: &self.group,
            at: now,
            numbers: self.numbers.as_ref(),
            occasion: self.occasion.as_ref(),
            documents,
        }
    }

    fn tried(
        self,
        desk: &Desk,
        documents: &Documents,
        ready: &Ready,
    ) -> Result<TriedGroup, StoreError> {
        let would = match self.holds {
            true => {
                let now = clock::now_ms();
                let key = format!("trial:{}", ready.group_name(&self.group));
                let id = desk.library.ids.next(now);
                let case = self.case(ready, documents, now);
                let proposed = case.proposed(desk, id, key, None);
                let would = desk.library.editor.would(&desk.readers, &[proposed])?;
                would.into_iter().next()
            }
            false => None,
        };
        let (effects, reason) = match would {
            Some(Judged { deeds, reason, .. }) => (deeds, reason),
            None => (Vec::new(), None),
        };
        let names = ready.rule.group_by.iter().cloned();
        let values = self.group.into_iter();
        let values = values.map(|value| value.map_or(Value::Null, Value::String));
        Ok(TriedGroup {
            group: names.zip(values).collect(),
            conversion_id: self.occasion.map(|one| one.id().to_row().to_string()),
            numbers: self
                .numbers
                .map_or(Value::Object(Map::new()), |one| one.as_json()),
            holds: self.holds,
            effects,
            reason,
        })
    }
}

fn of_groups(
    desk: &Desk,
    documents: &Documents,
    ready: &Arc<Ready>,
) -> Result<Vec<Tried>, TrialError> {
    let now = clock::now_ms();
    let asked = Asked::all_of(Arc::clone(ready));
    let summed = summed(desk, documents, &asked, now)?;
    let mut tried = Vec::new();
    for (group, _) in summed.groups(&asked)? {
        let sums = summed.sums(&group);
        tried.push(judged(
            desk, documents, ready, &summed, group, sums, None, now,
        ));
    }
    Ok(tried)
}

fn of_conversions(
    desk: &Desk,
    documents: &Documents,
    ready: &Arc<Ready>,
) -> Result<Vec<Tried>, TrialError> {
    let now = clock::now_ms();
    let latest = occasion::latest(&desk.readers, CONVERSIONS)?;
    let is_meant = |one: &Occasion| is_moment(&ready.rule, one, documents);
    let latest: Vec<Occasion> = latest.into_iter().filter(is_meant).collect();
    if !ready.compiled.needs_numbers() {
        let tried = latest.into_iter().map(|occasion| {
            let mut one = Tried {
                group: group_of(ready, &occasion, documents),
                numbers: None,
                occasion: Some(occasion),
                holds: false,
            };
            one.holds = one.case(ready, documents, now).verdict(desk) == Verdict::Holds;
            one
        });
        return Ok(tried.collect());
    }
    let asked = Asked::all_of(Arc::clone(ready));
    let summed = summed(desk, documents, &asked, now)?;
    summed.groups(&asked)?;
    let mut tried = Vec::new();
    for occasion in latest {
        let group = group_of(ready, &occasion, documents);
        let sums = summed.sums(&group);
        let occasion = Some(occasion);
        tried.push(judged(
            desk, documents, ready, &summed, group, sums, occasion, now,
        ));
    }
    Ok(tried)
}

/// Whether a conversion, as it is now, is the moment of a rule.
fn is_moment(rule: &Rule, occasion: &Occasion, documents: &Documents) -> bool {
    let Moment::Conversion { statuses, events } = &rule.moment else {
        return false;
    };
    let fact = |key: &str| occasion.fact(key, documents).unwrap_or_default();
    let status = fact("status");
    !occasion.is_test()
        && statuses.iter().any(|one| one.as_str() == status)
        && (events.is_empty() || events.contains(&fact("event")))
        && is_in_scope(rule, occasion, documents)
}

fn summed(
    desk: &Desk,
    documents: &Documents,
    asked: &Asked,
    now: i64,
) -> Result<Summed, StoreError> {
    let goes_on = AtomicBool::new(false);
    let questions = Questions::of(std::slice::from_ref(asked), documents, now);
    let answered = questions.answered(desk, documents, &goes_on, &|| {})?;
    let summed = answered.map(|answered| answered.of(0, asked, documents));
    summed.ok_or(StoreError::Unavailable)
}

#[expect(
    clippy::too_many_arguments,
    reason = "each is another fact of one group"
)]
fn judged(
    desk: &Desk,
    documents: &Documents,
    ready: &Ready,
    summed: &Summed,
    group: Group,
    sums: &Sums,
    occasion: Option<Occasion>,
    now: i64,
) -> Tried {
    let numbers = summed.numbers(desk, documents, ready, &group, sums, now);
    let mut one = Tried {
        group,
        numbers: Some(numbers),
        occasion,
        holds: false,
    };
    one.holds = one.case(ready, documents, now).verdict(desk) == Verdict::Holds;
    one
}
