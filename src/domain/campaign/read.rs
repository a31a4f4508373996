//! A campaign's document: how it is read, and what is right only among the others.

use serde_json::{Map, Value};

use super::*;
use crate::domain::flow::{Filter, Target};
use crate::domain::parameter;

const FLOWS_MAX: usize = 500;
const POSTBACKS_MAX: usize = 20;
/// A year.
const HOURS_MAX: u64 = 8_760;

impl Entity for Campaign {
    const WORD: &'static str = "campaign";

    heads!(campaigns, Campaign, name);
    ids!(group_id, domain_id, traffic_source_id);

    fn from_form(form: &mut Form<'_>) -> Self {
        let Head {
            id,
            version,
            state,
            created_at,
            updated_at,
        } = read_head(form);
        Campaign {
            id,
            version,
            name: check::read_name(form),
            alias: read_alias(form),
            state,
            group_id: form.id("group_id"),
            domain_id: form.id("domain_id"),
            traffic_source_id: form.id("traffic_source_id"),
            rotation: form.choice("rotation", Rotation::ALL, Rotation::default()),
            bind: form.choice("bind", Bind::ALL, Bind::default()),
            bind_hours: form.integer("bind_hours", 1..=HOURS_MAX, 24) as u32,
            uniqueness: form
                .object("uniqueness", Uniqueness::read)
                .unwrap_or_default(),
            cost: form.object("cost", Cost::read).unwrap_or_default(),
            timezone: check::read_timezone(form),
            budget: form.object("budget", Budget::read).unwrap_or_default(),
            choose_offer: form.choice("choose_offer", ChooseOffer::ALL, ChooseOffer::default()),
            fallback: form.object("fallback", Fallback::read).unwrap_or_default(),
            parameters: parameter::read(form),
            postbacks: form.list("postbacks", POSTBACKS_MAX, |form, _| {
                OutgoingPostback::read(form)
            }),
            flows: read_flows(form),
            notes: check::read_notes(form),
            created_at,
            updated_at,
        }
    }

    fn search_texts(&self) -> Vec<&str> {
        vec![&self.name, &self.alias]
    }

    fn references(&self) -> Vec<(String, Reference)> {
        let domain = self
            .domain_id
            .map(|id| ("domain_id".to_owned(), Reference::Domain(id)));
        let traffic_source = self
            .traffic_source_id
            .map(|id| ("traffic_source_id".to_owned(), Reference::TrafficSource(id)));
        let fallback = match self.fallback {
            Fallback::Campaign { campaign_id } => Some((
                "fallback.campaign_id".to_owned(),
                Reference::Campaign(campaign_id),
            )),
            _ => None,
        };
        let flows = self.flows.iter().enumerate().flat_map(|(index, flow)| {
            let under = move |(field, one)| (format!("flows[{index}].{field}"), one);
            flow.references().into_iter().map(under)
        });
        let own = domain.into_iter().chain(traffic_source);
        let of_budget = self.budget.references();
        own.chain(fallback).chain(flows).chain(of_budget).collect()
    }

    fn forget_identity(document: &mut Map<String, Value>) {
        document.remove("alias");
        let flows = document.get_mut("flows").and_then(Value::as_array_mut);
        for flow in flows.into_iter().flatten() {
            if let Some(flow) = flow.as_object_mut() {
                flow.remove("id");
            }
        }
    }

    fn complete(
        &mut self,
        documents: &Documents,
        stored: Option<&Self>,
        fresh: &mut Fresh,
    ) -> Vec<Problem> {
        if self.alias.is_empty() {
            self.alias = match stored {
                Some(stored) => stored.alias.clone(),
                None => fresh.alias(documents),
            };
        }
        let mut problems = Vec::new();
        let own = |id| stored.is_some_and(|old| old.flows.iter().any(|flow| flow.id == id));
        for (index, flow) in self.flows.iter_mut().enumerate() {
            if flow.id == 0 {
                flow.id = fresh.flow_id();
            } else if !own(flow.id) {
                problems.push(Problem::new(
                    format!("flows[{index}].id"),
                    "unknown_flow",
                    format!(
                        "Flow {} is not one of this campaign; leave the id out to make a new flow.",
                        flow.id
                    ),
                ));
            }
        }
        problems
    }

    fn conflicts(&self, documents: &Documents) -> Vec<Problem> {
        if self.state == State::Archived {
            return Vec::new();
        }
        let is_same = |other: &&Campaign| {
            other.id != self.id
                && other.state != State::Archived
                && other.domain_id == self.domain_id
                && other.alias == self.alias
        };
        let mut others = documents.campaigns.values().map(AsRef::as_ref);
        let taken = others.find(is_same).map(|other| {
            let message = format!(
                "The alias \"{}\" already belongs to campaign {}.",
                self.alias, other.id
            );
            Problem::new("alias", "alias_taken", message)
        });
        let mut problems: Vec<Problem> = taken.into_iter().collect();
        problems.extend(self.fallback_loop(documents));
        for problem in jumps::problems(self, documents) {
            // Fallbacks that go round by themselves are told as such.
            if problems.iter().all(|told| told.field != problem.field) {
                problems.push(problem);
            }
        }
        problems
    }

    fn doubts(&self, documents: &Documents) -> Vec<Problem> {
        let mut doubts = jumps::doubts(self, documents);
        doubts.extend(self.budget_doubts(documents));
        doubts
    }

    fn is_costly(&self) -> bool {
        let mut filters = self.flows.iter().flat_map(|flow| &flow.filters);
        filters.any(Filter::is_costly)
    }

    fn outgoing(&self) -> Vec<(String, &OutgoingPostback)> {
        let postbacks = self.postbacks.iter().enumerate();
        postbacks
            .map(|(index, postback)| (format!("postbacks[{index}]"), postback))
            .collect()
    }

    fn templates(&self) -> Vec<(String, &str)> {
        let flows = self.flows.iter().enumerate();
        let mut templates: Vec<(String, &str)> = flows
            .filter_map(|(index, flow)| match &flow.target {
                Target::Redirect { url, .. } => {
                    Some((format!("flows[{index}].target.url"), url.as_str()))
                }
                _ => None,
            })
            .collect();
        if let Fallback::Redirect { url } = &self.fallback {
            templates.push(("fallback.url".to_owned(), url));
        }
        templates
    }

    fn remarks(&self) -> Vec<Problem> {
        let mut remarks = self.budget_remarks();
        for (index, flow) in self.flows.iter().enumerate() {
            let under = |remark: Problem| remark.under(&format!("flows[{index}]"));
            remarks.extend(flow.remarks().into_iter().map(under));
        }
        if self.bind == Bind::Flow && self.rotation == Rotation::Position {
            remarks.push(Problem::new(
                "bind",
                "no_effect",
                "Flows are chosen by position, so there is none to bind. Rotate by weight, or bind the landing or the offer.",
            ));
        }
        let takes_everybody =
            |flow: &Flow| flow.kind == FlowKind::Default && flow.state.is_active();
        if self.fallback == Fallback::NotFound && !self.flows.iter().any(takes_everybody) {
            remarks.push(Problem::new(
                "fallback",
                "visitors_turned_away",
                "Visitors whom no flow takes find nothing (404): add a default flow or a fallback.",
            ));
        }
        remarks
    }
}

impl Campaign {
    /// A visitor handed from fallback to fallback must arrive somewhere.
    fn fallback_loop(&self, documents: &Documents) -> Option<Problem> {
        let mut chain = vec![self.id];
        let mut fallback = &self.fallback;
        while let Fallback::Campaign { campaign_id } = fallback {
            if chain.contains(campaign_id) {
                chain.push(*campaign_id);
                let chain: Vec<String> = chain.iter().map(u64::to_string).collect();
                let message = format!(
                    "The fallbacks go round in a circle: {}.",
                    chain.join(" -> ")
                );
                return Some(Problem::new(
                    "fallback.campaign_id",
                    "fallback_loop",
                    message,
                ));
            }
            chain.push(*campaign_id);
            fallback = &documents.campaigns.get(campaign_id)?.fallback;
        }
        None
    }
}

fn read_alias(form: &mut Form<'_>) -> String {
    match form.text("alias") {
        "" => String::new(),
        text => form.checked("alias", check::alias(text), String::new),
    }
}

fn read_flows(form: &mut Form<'_>) -> Vec<Flow> {
    let flows = form.list("flows", FLOWS_MAX, Flow::read);
    let mut default = None;
    for (index, flow) in flows.iter().enumerate() {
        if flow.id != 0 && flows[..index].iter().any(|other| other.id == flow.id) {
            let message = format!(
                "Flow {} is there twice; leave the id of the copy out.",
                flow.id
            );
            form.problem(&format!("flows[{index}].id"), "duplicate", message);
        }
        if flow.kind != FlowKind::Default {
            continue;
        }
        match default {
            None => default = Some(index),
            Some(first) => form.problem(
                &format!("flows[{index}].kind"),
                "duplicate",
                format!("A campaign has one default flow, and flows[{first}] is one already."),
            ),
        }
    }
    flows
}

impl Uniqueness {
    fn read(form: &mut Form<'_>) -> Self {
        let read = Uniqueness {
            by: form.choice("by", UniqueBy::ALL, UniqueBy::default()),
            window_hours: form.integer("window_hours", 1..=HOURS_MAX, 24) as u32,
            cookies: form.boolean("cookies", true),
        };
        if read.by == UniqueBy::Cookie && !read.cookies {
            form.problem(
                "cookies",
                "contradiction",
                "Visitors are told apart by a cookie, and cookies are switched off, so all would be new. Switch them on, or choose by address.",
            );
        }
        read
    }
}

impl Cost {
    fn read(form: &mut Form<'_>) -> Self {
        Cost {
            model: form.choice("model", CostModel::ALL, CostModel::default()),
            value: form.micros("value"),
            currency: form.currency("currency"),
            from_url: form.boolean("from_url", false),
            traffic_loss: form
                .amount("traffic_loss", Micros::ZERO..=Micros(99_990_000))
                .unwrap_or(Micros::ZERO),
        }
    }
}

/// Words of [`Fallback`]'s `kind`.
#[derive(Clone, Copy, PartialEq)]
enum FallbackKind {
    NotFound,
    Redirect,
    Campaign,
}

const FALLBACK_KINDS: &[(&str, FallbackKind)] = &[
    ("not_found", FallbackKind::NotFound),
    ("redirect", FallbackKind::Redirect),
    ("campaign", FallbackKind::Campaign),
];

impl Fallback {
    pub(in crate::domain) fn read(form: &mut Form<'_>) -> Self {
        if form.value("kind").is_none() {
            form.missing(
                "kind",
                "A fallback needs a kind: not_found, redirect or campaign.",
            );
        }
        match form.choice("kind", FALLBACK_KINDS, FallbackKind::NotFound) {
            FallbackKind::NotFound => Fallback::NotFound,
            FallbackKind::Redirect => Fallback::Redirect {
                url: check::read_url(form, "url"),
            },
            FallbackKind::Campaign => Fallback::Campaign {
                campaign_id: form.required_id("campaign_id"),
            },
        }
    }
}
