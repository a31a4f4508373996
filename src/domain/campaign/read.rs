//! A campaign's document: how it is read, and what is right only among the others.

use std::collections::BTreeMap;

use super::*;

/// Names of ours that a traffic source's parameters can be mapped to.
pub const PARAMETERS: &[&str] = &[
    "external_id",
    "cost",
    "currency",
    "keyword",
    "source",
    "creative_id",
    "ad_group_id",
    "ad_campaign_id",
    "sub_id_1",
    "sub_id_2",
    "sub_id_3",
    "sub_id_4",
    "sub_id_5",
    "sub_id_6",
    "sub_id_7",
    "sub_id_8",
    "sub_id_9",
    "sub_id_10",
    "sub_id_11",
    "sub_id_12",
    "sub_id_13",
    "sub_id_14",
    "sub_id_15",
    "sub_id_16",
    "sub_id_17",
    "sub_id_18",
    "sub_id_19",
    "sub_id_20",
    "sub_id_21",
    "sub_id_22",
    "sub_id_23",
    "sub_id_24",
    "sub_id_25",
    "sub_id_26",
    "sub_id_27",
    "sub_id_28",
    "sub_id_29",
    "sub_id_30",
];

const FLOWS_MAX: usize = 500;
const POSTBACKS_MAX: usize = 20;
/// A year.
const HOURS_MAX: u64 = 8_760;

impl Entity for Campaign {
    const WORD: &'static str = "campaign";

    heads!(campaigns);

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
            parameters: read_parameters(form),
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
        domain.into_iter().chain(fallback).chain(flows).collect()
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
        taken
            .into_iter()
            .chain(self.fallback_loop(documents))
            .collect()
    }

    fn remarks(&self) -> Vec<Problem> {
        let mut remarks = Vec::new();
        let mut later = |is_set: bool, field: &str, what: &str| {
            if is_set {
                remarks.push(not_yet_acted_on(field, what));
            }
        };
        let model = match self.cost.model {
            CostModel::None | CostModel::Cpc | CostModel::Cpm | CostModel::Cpuc => None,
            CostModel::Cpa => Some("cpa"),
            CostModel::Revshare => Some("revshare"),
        };
        later(
            model.is_some(),
            "cost.model",
            &format!("The cost model {}", model.unwrap_or_default()),
        );
        later(self.budget.daily.is_some(), "budget.daily", "A budget");
        later(
            self.choose_offer != ChooseOffer::default(),
            "choose_offer",
            "The moment of the draw",
        );
        later(
            !self.postbacks.is_empty(),
            "postbacks",
            "An outgoing postback",
        );
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

fn read_parameters(form: &mut Form<'_>) -> BTreeMap<String, ParameterName> {
    let rows = form.table("parameters", PARAMETERS, |form| {
        let (name, source_macro) = (form.text("name"), form.text("macro"));
        let is_bad =
            |c: char| c.is_control() || c.is_whitespace() || matches!(c, '&' | '=' | '#' | '?');
        if name.is_empty() {
            form.missing(
                "name",
                "The traffic source's name of the parameter is missing, such as zone.",
            );
        } else if name.len() > 64 || name.chars().any(is_bad) {
            let message = format!(
                "{} is not a parameter name of 1 to 64 characters.",
                quoted(name)
            );
            form.problem("name", "invalid", message);
        }
        // Copied into links byte for byte, so nothing is changed here, only bounded.
        if source_macro.len() > 500 || source_macro.chars().any(char::is_control) {
            let message = format!(
                "{} is longer than 500 bytes or has control characters.",
                quoted(source_macro)
            );
            form.problem("macro", "invalid", message);
        }
        ParameterName {
            name: name.to_owned(),
            r#macro: source_macro.to_owned(),
        }
    });
    rows.into_iter().collect()
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

impl Budget {
    fn read(form: &mut Form<'_>) -> Self {
        Budget {
            daily: form.amount("daily", Micros(1)..=crate::domain::form::MOST),
        }
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

impl OutgoingPostback {
    fn read(form: &mut Form<'_>) -> Self {
        const EACH: &[Status] = &[Status::Lead, Status::Sale, Status::Rejected, Status::Trash];
        OutgoingPostback {
            url: check::read_url(form, "url"),
            method: form.choice("method", Method::ALL, Method::default()),
            statuses: form.choices("statuses", Status::ALL, EACH),
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
    fn read(form: &mut Form<'_>) -> Self {
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
