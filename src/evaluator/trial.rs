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
use crate::library::Desk;
use crate::rules::{Ready, Verdict};
use crate::store::error::StoreError;
use crate::store::rules::Deed;
use crate::store::rules::moment::{group_of, is_in_scope};
use crate::store::rules::occasion::{self, Occasion};
use crate::store::rules::runs::Judged;
use crate::store::sums::{Group, Unanswered};

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
    Unanswered(#[from] Unanswered),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Tries a rule: all its groups as they are now, or the latest conversions that are its moment.
/// Reads clicks, which may take seconds.
pub fn trial(desk: &Desk, ready: Arc<Ready>) -> Result<Trial, TrialError> {
    let documents = desk.library.documents();
    let trying = Trying {
        desk,
        documents: &documents,
        ready: &ready,
        now: clock::now_ms(),
    };
    let cases = match ready.is_at_conversion() {
        true => trying.conversions()?,
        false => trying.groups()?,
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

/// What groups are judged by.
struct Trying<'a> {
    desk: &'a Desk,
    documents: &'a Documents,
    ready: &'a Arc<Ready>,
    now: i64,
}

impl Trying<'_> {
    fn groups(&self) -> Result<Vec<Tried>, TrialError> {
        let asked = Asked::all_of(Arc::clone(self.ready));
        let summed = self.summed(&asked)?;
        let groups = summed.groups(&asked)?.into_iter();
        Ok(groups
            .map(|(group, _)| self.judged(&summed, group, None))
            .collect())
    }

    fn conversions(&self) -> Result<Vec<Tried>, TrialError> {
        let latest = occasion::latest(&self.desk.readers, CONVERSIONS)?;
        let rule = &self.ready.rule;
        let is_meant =
            |one: &Occasion| one.is_moment_of(rule) && is_in_scope(rule, one, self.documents);
        let latest = latest.into_iter().filter(is_meant);
        let latest = latest.map(|one| (group_of(self.ready, &one, self.documents), one));
        if !self.ready.compiled.needs_numbers() {
            let tried = latest.map(|(group, occasion)| self.tried(group, None, Some(occasion)));
            return Ok(tried.collect());
        }
        let asked = Asked::all_of(Arc::clone(self.ready));
        let summed = self.summed(&asked)?;
        summed.groups(&asked)?;
        let tried = latest.map(|(group, occasion)| self.judged(&summed, group, Some(occasion)));
        Ok(tried.collect())
    }

    fn summed(&self, asked: &Asked) -> Result<Summed, StoreError> {
        let goes_on = AtomicBool::new(false);
        let questions = Questions::of(std::slice::from_ref(asked), self.documents, self.now);
        let answered = questions.answered(self.desk, self.documents, &goes_on, &|| {})?;
        let summed = answered.map(|answered| answered.of(0, asked, self.documents));
        summed.ok_or(StoreError::Unavailable)
    }

    fn judged(&self, summed: &Summed, group: Group, occasion: Option<Occasion>) -> Tried {
        let sums = summed.sums(&group);
        let numbers = summed.numbers(
            self.desk,
            self.documents,
            self.ready,
            &group,
            sums,
            self.now,
        );
        self.tried(group, Some(numbers), occasion)
    }

    fn tried(&self, group: Group, numbers: Option<Numbers>, occasion: Option<Occasion>) -> Tried {
        let mut one = Tried {
            group,
            numbers,
            occasion,
            holds: false,
        };
        let case = one.case(self.ready, self.documents, self.now);
        one.holds = case.verdict(self.desk) == Verdict::Holds;
        one
    }
}
