//! Rules and what they look at, for tests.

use std::sync::Arc;

use serde_json::{Value, json};

use super::compiled::{Compiled, Verdict, compile};
use super::effect::Effect;
use super::subject::{Happened, Subject};
use crate::domain::campaign::Campaign;
use crate::domain::documents::Documents;
use crate::domain::entity::Entity;
use crate::domain::id::Id;
use crate::domain::landing::Landing;
use crate::domain::money::Micros;
use crate::domain::offer::Offer;
use crate::domain::rule::Rule;
use crate::domain::traffic_source::TrafficSource;

/// A document with a name and a note to write, unless it says otherwise.
pub(crate) fn rule(document: Value) -> Rule {
    let mut whole = json!({ "id": 3, "name": "R", "actions": [{ "key": "note" }] });
    for (key, value) in document.as_object().unwrap() {
        whole[key] = value.clone();
    }
    Rule::read(&whole).unwrap()
}

/// The fields and codes of what keeps a rule from being saved.
pub(crate) fn problems(document: Value) -> Vec<String> {
    let problems = compile(&rule(document)).err().unwrap_or_default();
    let told = problems.into_iter();
    told.map(|one| format!("{}: {}", one.field, one.code))
        .collect()
}

pub(crate) fn message(document: Value) -> String {
    let problems = compile(&rule(document)).err().unwrap_or_default();
    problems
        .first()
        .map(|one| one.message.clone())
        .unwrap_or_default()
}

/// Campaign 5 with flow 7, landing 8 and offer 9; campaign 6 is archived.
pub(crate) fn documents() -> Documents {
    let mut documents = Documents::default();
    let target = json!({ "kind": "split", "landings": [{ "landing_id": 8, "weight": 50 }],
        "offers": [{ "offer_id": 9, "weight": 100 }] });
    let campaign = json!({ "id": 5, "name": "US push", "traffic_source_id": 4,
        "timezone": "Europe/Kyiv", "budget": { "daily": "50" },
        "flows": [{ "id": 7, "name": "phones", "target": target }] });
    let mut archived = campaign.clone();
    archived["id"] = json!(6);
    archived["state"] = json!("archived");
    archived["flows"] = json!([]);
    for document in [campaign, archived] {
        let campaign = Campaign::read(&document).unwrap();
        documents.campaigns.insert(campaign.id, Arc::new(campaign));
    }
    let landing = json!({ "id": 8, "name": "Quiz", "url": "https://l.example/" });
    let landing = Landing::read(&landing).unwrap();
    documents.landings.insert(8, Arc::new(landing));
    let offer = json!({ "id": 9, "name": "Sweepstakes", "url": "https://o.example/" });
    documents
        .offers
        .insert(9, Arc::new(Offer::read(&offer).unwrap()));
    let source = json!({ "id": 4, "name": "Pushes" });
    let source = TrafficSource::read(&source).unwrap();
    documents.traffic_sources.insert(4, Arc::new(source));
    documents
}

/// What is asked of a rule.
#[derive(Clone, Default)]
pub(crate) struct Asked {
    pub(crate) group: Vec<Option<String>>,
    /// `None`: nobody has looked; in it, keys that are not there have no value.
    pub(crate) numbers: Option<Vec<(String, i64)>>,
    /// Facts of a conversion.
    pub(crate) facts: Option<Vec<(&'static str, &'static str)>>,
    pub(crate) payout: Option<Micros>,
}

impl Asked {
    pub(crate) fn group(values: &[&str]) -> Self {
        let value = |value: &&str| (!value.is_empty()).then(|| (*value).to_owned());
        Asked {
            group: values.iter().map(value).collect(),
            ..Asked::default()
        }
    }

    /// With numbers in whole units.
    pub(crate) fn with(mut self, numbers: &[(&str, i64)]) -> Self {
        let whole = |(key, value): &(&str, i64)| ((*key).to_owned(), value * Micros::UNIT);
        self.numbers = Some(numbers.iter().map(whole).collect());
        self
    }

    pub(crate) fn at(mut self, facts: &[(&'static str, &'static str)]) -> Self {
        self.facts = Some(facts.to_vec());
        self.payout = Some(Micros(7_500_000));
        self
    }

    fn ask<T>(&self, rule: &Rule, then: impl FnOnce(&Subject<'_>) -> T) -> T {
        let numbers = |key: &str| {
            let mut all = self.numbers.iter().flatten();
            let found = all.find(|(known, _)| known == key);
            found.map(|(_, value)| Micros(*value))
        };
        let facts = |key: &str| {
            let mut all = self.facts.iter().flatten();
            let found = all.find(|(known, _)| *known == key);
            found.map(|(_, value)| (*value).to_owned())
        };
        let macros = |source: &str| format!("<{}>\n", source.trim_matches(['{', '}']));
        then(&Subject {
            rule,
            group: &self.group,
            run_id: 70,
            at: 1_778_432_400_000,
            numbers: self.numbers.is_some().then_some(&numbers),
            conversion: self.facts.is_some().then_some(Happened {
                id: Id::first_at(1_778_432_400_000),
                click_id: None,
                payout: self.payout,
                facts: &facts,
                macros: &macros,
            }),
        })
    }

    pub(crate) fn verdict(&self, rule: &Rule) -> Verdict {
        let compiled = compiled(rule);
        self.ask(rule, |subject| compiled.verdict(subject))
    }

    pub(crate) fn plan(&self, rule: &Rule) -> Vec<Result<Effect, String>> {
        self.plan_among(rule, &documents())
    }

    pub(crate) fn plan_among(
        &self,
        rule: &Rule,
        documents: &Documents,
    ) -> Vec<Result<Effect, String>> {
        let compiled = compiled(rule);
        self.ask(rule, |subject| compiled.plan(subject, documents))
    }
}

pub(crate) fn compiled(rule: &Rule) -> Compiled {
    compile(rule).unwrap_or_else(|problems| panic!("{problems:?}"))
}
