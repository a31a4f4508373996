//! What an action makes of the documents.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::Drafts;
use super::action::{Action, Position, Selection, Swapped};
use crate::domain::documents::Documents;
use crate::domain::entity::{Entity, Reference};
use crate::domain::problem::Problem;
use crate::domain::state::State;
use crate::editor::as_json;
use crate::editor::merge_patch::merge;

impl Action {
    /// The new documents of all entities that change by it.
    pub(super) fn apply(&self, documents: &Documents) -> Result<Drafts, Vec<Problem>> {
        let mut drafts = Drafts::new();
        match self {
            Action::Replace {
                what,
                from,
                to,
                campaigns,
            } => {
                exists(*what, "action.to", *to, documents)?;
                for_splits(campaigns, documents, &mut drafts, |split| {
                    replace(split, *what, *from, *to);
                })?;
            }
            Action::SetWeight {
                what,
                id,
                weight,
                campaigns,
            } => {
                let (list, key) = what.words();
                for_splits(campaigns, documents, &mut drafts, |split| {
                    for entry in entries(split, list) {
                        if entry[key] == json!(id) {
                            entry["weight"] = json!(weight);
                        }
                    }
                })?;
            }
            Action::FindReplace {
                find,
                replace,
                within,
            } => find_replace(find, replace, within, documents, &mut drafts),
            Action::Set { kind, ids, fields } => set(kind, ids, fields, documents, &mut drafts)?,
            Action::SetFlows { flow_ids, fields } => {
                known_flows(flow_ids, documents)?;
                for_flows(&Selection::All, documents, &mut drafts, |flow| {
                    if names(flow_ids, flow) {
                        merge(flow, &Value::Object(fields.clone()));
                    }
                })?;
            }
            Action::AddFlow {
                campaigns,
                flow,
                copy,
                position,
            } => {
                let flow = match copy {
                    Some(id) => copy_of(*id, documents)?,
                    None => without_id(flow.clone()),
                };
                for_campaigns(campaigns, documents, &mut drafts, |campaign| {
                    add_flow(campaign, flow.clone(), *position);
                })?;
            }
            Action::AddFilter {
                campaigns,
                flow_ids,
                filter,
            } => for_flows(campaigns, documents, &mut drafts, |flow| {
                let is_meant = match flow_ids {
                    Some(ids) => names(ids, flow),
                    None => flow["kind"] != "default",
                };
                let filters = flow["filters"].as_array_mut();
                if let Some(filters) = filters.filter(|_| is_meant)
                    && !filters.contains(filter)
                {
                    filters.push(filter.clone());
                }
            })?,
            Action::RemoveFilter {
                campaigns,
                flow_ids,
                key,
            } => for_flows(campaigns, documents, &mut drafts, |flow| {
                let is_meant = flow_ids.as_ref().is_none_or(|ids| names(ids, flow));
                if let Some(filters) = flow["filters"].as_array_mut().filter(|_| is_meant) {
                    filters.retain(|filter| filter["key"] != key.as_str());
                }
            })?,
        }
        Ok(drafts)
    }
}

/// Notes the new document of an entity, if `change` changes it.
fn draft<E: Entity>(drafts: &mut Drafts, entity: &E, change: impl FnOnce(&mut Value)) {
    let before = as_json(entity);
    let mut after = before.clone();
    change(&mut after);
    if after != before {
        let reference = E::reference(entity.head().id);
        drafts.insert(reference.parts(), (reference, after));
    }
}

/// The chosen ones of one kind; all means those that are not archived.
fn pick<'d, E: Entity>(
    all: &'d BTreeMap<u64, Arc<E>>,
    chosen: &Selection,
    field: &str,
) -> Result<Vec<&'d Arc<E>>, Vec<Problem>> {
    let ids = match chosen {
        Selection::All => {
            let live = |one: &&Arc<E>| one.head().state != State::Archived;
            return Ok(all.values().filter(live).collect());
        }
        Selection::Ids(ids) => ids,
    };
    let mut found = Vec::with_capacity(ids.len());
    let mut problems = Vec::new();
    for (index, id) in ids.iter().enumerate() {
        match all.get(id) {
            Some(entity) => found.push(entity),
            None => problems.push(Problem::new(
                format!("action.{field}[{index}]"),
                "unknown",
                format!("There is no {} {id}.", E::WORD),
            )),
        }
    }
    match problems.is_empty() {
        true => Ok(found),
        false => Err(problems),
    }
}

fn for_campaigns(
    chosen: &Selection,
    documents: &Documents,
    drafts: &mut Drafts,
    mut change: impl FnMut(&mut Value),
) -> Result<(), Vec<Problem>> {
    for campaign in pick(&documents.campaigns, chosen, "campaigns")? {
        draft(drafts, campaign.as_ref(), &mut change);
    }
    Ok(())
}

fn for_flows(
    chosen: &Selection,
    documents: &Documents,
    drafts: &mut Drafts,
    mut change: impl FnMut(&mut Value),
) -> Result<(), Vec<Problem>> {
    for_campaigns(chosen, documents, drafts, |campaign| {
        entries(campaign, "flows").iter_mut().for_each(&mut change);
    })
}

fn for_splits(
    chosen: &Selection,
    documents: &Documents,
    drafts: &mut Drafts,
    mut change: impl FnMut(&mut Value),
) -> Result<(), Vec<Problem>> {
    for_flows(chosen, documents, drafts, |flow| {
        if flow["target"]["kind"] == "split" {
            change(&mut flow["target"]);
        }
    })
}

/// The entries of a list; none if there is no such list.
fn entries<'v>(value: &'v mut Value, key: &str) -> &'v mut [Value] {
    match value.get_mut(key).and_then(Value::as_array_mut) {
        Some(list) => list,
        None => &mut [],
    }
}

fn exists(what: Swapped, field: &str, id: u64, documents: &Documents) -> Result<(), Vec<Problem>> {
    let reference = match what {
        Swapped::Offer => Reference::Offer(id),
        Swapped::Landing => Reference::Landing(id),
    };
    match reference.state(documents) {
        Some(_) => Ok(()),
        None => {
            let message = format!("There is no {reference}.");
            Err(vec![Problem::new(field, "unknown", message)])
        }
    }
}

/// `to` takes the place of `from`; where it is there already, both weights are added.
fn replace(split: &mut Value, what: Swapped, from: u64, to: u64) {
    let (list, key) = what.words();
    let Some(list) = split.get_mut(list).and_then(Value::as_array_mut) else {
        return;
    };
    let place = |list: &[Value], id: u64| list.iter().position(|one| one[key] == json!(id));
    let Some(old) = place(list, from).filter(|_| from != to) else {
        return;
    };
    match place(list, to) {
        None => list[old][key] = json!(to),
        Some(there) => {
            let weight = |at: usize| list[at]["weight"].as_u64().unwrap_or(0);
            list[there]["weight"] = json!(weight(there) + weight(old));
            list.remove(old);
        }
    }
}

fn find_replace(
    find: &str,
    replace: &str,
    within: &[&'static str],
    documents: &Documents,
    drafts: &mut Drafts,
) {
    let exchange = |text: &mut Value| {
        if let Some(url) = text.as_str().filter(|url| url.contains(find)) {
            *text = json!(url.replace(find, replace));
        }
    };
    let field = |value: &mut Value, key: &str| {
        if let Some(text) = value.get_mut(key) {
            exchange(text);
        }
    };
    let is_meant = |place: &str| within.contains(&place);
    for campaign in documents.campaigns.values() {
        draft(drafts, campaign.as_ref(), |campaign| {
            if is_meant("flows") {
                for flow in entries(campaign, "flows") {
                    field(&mut flow["target"], "url");
                }
            }
            if is_meant("fallbacks") {
                field(&mut campaign["fallback"], "url");
            }
        });
    }
    if is_meant("offers") {
        for offer in documents.offers.values() {
            draft(drafts, offer.as_ref(), |offer| field(offer, "url"));
        }
    }
    if is_meant("landings") {
        for landing in documents.landings.values() {
            draft(drafts, landing.as_ref(), |landing| field(landing, "url"));
        }
    }
    if is_meant("networks") {
        for network in documents.networks.values() {
            let change = |network: &mut Value| field(network, "offer_param");
            draft(drafts, network.as_ref(), change);
        }
    }
}

fn set(
    kind: &str,
    chosen: &Selection,
    fields: &Map<String, Value>,
    documents: &Documents,
    drafts: &mut Drafts,
) -> Result<(), Vec<Problem>> {
    fn all<E: Entity>(
        entities: &BTreeMap<u64, Arc<E>>,
        chosen: &Selection,
        patch: &Value,
        drafts: &mut Drafts,
    ) -> Result<(), Vec<Problem>> {
        for entity in pick(entities, chosen, "ids")? {
            draft(drafts, entity.as_ref(), |document| merge(document, patch));
        }
        Ok(())
    }
    let patch = Value::Object(fields.clone());
    match kind {
        "offer" => all(&documents.offers, chosen, &patch, drafts),
        "landing" => all(&documents.landings, chosen, &patch, drafts),
        "network" => all(&documents.networks, chosen, &patch, drafts),
        "domain" => all(&documents.domains, chosen, &patch, drafts),
        "traffic source" => all(&documents.traffic_sources, chosen, &patch, drafts),
        _ => all(&documents.campaigns, chosen, &patch, drafts),
    }
}

fn names(ids: &[u64], flow: &Value) -> bool {
    flow["id"].as_u64().is_some_and(|id| ids.contains(&id))
}

fn known_flows(ids: &[u64], documents: &Documents) -> Result<(), Vec<Problem>> {
    let flows = documents.campaigns.values().flat_map(|one| &one.flows);
    let known: std::collections::HashSet<u64> = flows.map(|flow| flow.id).collect();
    let unknown = ids.iter().enumerate().filter(|(_, id)| !known.contains(id));
    let problems: Vec<Problem> = unknown
        .map(|(index, id)| {
            let message = format!("There is no flow {id}.");
            Problem::new(format!("action.flow_ids[{index}]"), "unknown", message)
        })
        .collect();
    match problems.is_empty() {
        true => Ok(()),
        false => Err(problems),
    }
}

fn copy_of(id: u64, documents: &Documents) -> Result<Value, Vec<Problem>> {
    let mut flows = documents.campaigns.values().flat_map(|one| &one.flows);
    match flows.find(|flow| flow.id == id) {
        Some(flow) => Ok(without_id(as_json(flow))),
        None => {
            let message = format!("There is no flow {id}.");
            Err(vec![Problem::new("action.flow_id", "unknown", message)])
        }
    }
}

/// A new flow gets an id of its own.
fn without_id(mut flow: Value) -> Value {
    if let Some(fields) = flow.as_object_mut() {
        fields.remove("id");
    }
    flow
}

fn add_flow(campaign: &mut Value, flow: Value, position: Position) {
    let Some(flows) = campaign["flows"].as_array_mut() else {
        return;
    };
    let place = match position {
        Position::First => 0,
        Position::Last => flows.len(),
        Position::BeforeDefault => {
            let default = flows.iter().position(|flow| flow["kind"] == "default");
            default.unwrap_or(flows.len())
        }
    };
    flows.insert(place, flow);
}
