//! The world as documents: what an operator would have saved.
//!
//! They are read by the readers of the API, so the demo's campaigns are as checked as anybody's.
//! Nobody is called: the postbacks of the presets are left out, because the conversions are made up.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::world::{Campaign as Plan, World, id_of};
use crate::domain::campaign::Campaign;
use crate::domain::documents::Documents;
use crate::domain::entity::Entity;
use crate::domain::event::Event;
use crate::domain::group::Group;
use crate::domain::landing::Landing;
use crate::domain::network::Network;
use crate::domain::offer::Offer;
use crate::domain::traffic_source::TrafficSource;
use crate::presets;

/// Everything that an operator edits. `at`: when it was made, in UTC milliseconds.
pub(super) fn documents(world: &World, at: i64) -> Documents {
    Documents {
        groups: all::<Group>(at, groups(world)),
        traffic_sources: all::<TrafficSource>(at, sources(world)),
        networks: all::<Network>(at, networks(world)),
        events: all::<Event>(at, events()),
        offers: all::<Offer>(at, offers(world)),
        landings: all::<Landing>(at, landings(world)),
        campaigns: all::<Campaign>(at, campaigns(world)),
        ..Documents::default()
    }
}

/// Numbered from 1.
fn all<E: Entity>(at: i64, documents: impl Iterator<Item = Value>) -> BTreeMap<u64, Arc<E>> {
    let numbered = (1..).zip(documents).map(|(id, mut document)| {
        document["id"] = json!(id);
        document["version"] = json!(1);
        document["created_at"] = json!(at);
        document["updated_at"] = json!(at);
        let entity = E::read(&document).expect("the tests read every document");
        (id, Arc::new(entity))
    });
    numbered.collect()
}

/// What has groups; each kind has its own of every name.
const GROUPED: [&str; 3] = ["campaigns", "offers", "landings"];

fn groups(world: &World) -> impl Iterator<Item = Value> {
    let of = |kind| {
        let named = world.groups.iter();
        named.map(move |name| json!({ "name": name, "kind": kind }))
    };
    GROUPED.into_iter().flat_map(of)
}

fn group_id(world: &World, kind: &str, name: &str) -> u64 {
    let kinds = GROUPED.iter().take_while(|one| **one != kind).count();
    kinds as u64 * world.groups.len() as u64 + id_of(world.groups.iter(), name)
}

fn sources(world: &World) -> impl Iterator<Item = Value> {
    world.sources.iter().map(|source| {
        let preset = presets::find_source(&source.preset).expect("a preset");
        let answer = preset
            .expand(&BTreeMap::new())
            .expect("nothing was filled in");
        let mut document = answer.document;
        document["postback"] = Value::Null;
        document
    })
}

fn networks(world: &World) -> impl Iterator<Item = Value> {
    world.networks.iter().map(|network| {
        let preset = presets::find_network(&network.preset).expect("a preset");
        let mut document = preset.expand().document;
        document["name"] = json!(network.name);
        document["key"] = json!(network.key);
        document["keep"] = json!([
            { "name": "order_total", "kind": "number" },
            { "name": "deposit_amount", "kind": "number" },
            { "name": "tariff", "kind": "text" },
        ]);
        document
    })
}

fn events() -> impl Iterator<Item = Value> {
    let registration = json!({ "name": "Registration", "key": "registration", "words": ["reg"],
        "counts_in_revenue": false });
    let deposit = json!({ "name": "Deposit", "key": "deposit", "words": ["dep"],
        "counts_in_revenue": false, "duplicates": "new" });
    [registration, deposit].into_iter()
}

fn offers(world: &World) -> impl Iterator<Item = Value> {
    (1..).zip(&world.offers).map(|(number, offer)| {
        json!({
            "name": offer.name,
            "group_id": group_id(world, "offers", &offer.group),
            "url": format!("https://offers.example/o/{number}"),
            "network_id": world.network_id(offer),
            "payout": { "kind": "postback", "value": offer.payout, "currency": offer.currency },
        })
    })
}

fn landings(world: &World) -> impl Iterator<Item = Value> {
    (1..).zip(&world.landings).map(|(number, landing)| {
        json!({
            "name": landing.name,
            "group_id": group_id(world, "landings", &landing.group),
            "url": format!("https://pages.example/l/{number}/"),
        })
    })
}

fn campaigns(world: &World) -> impl Iterator<Item = Value> {
    (1..).zip(&world.campaigns).map(|(id, plan)| {
        let sources = world.sources.iter().map(|source| &source.preset);
        json!({
            "name": plan.name,
            "alias": plan.alias,
            "group_id": group_id(world, "campaigns", &plan.group),
            "traffic_source_id": id_of(sources, &plan.source),
            "timezone": plan.timezone,
            "cost": plan.cost,
            "choose_offer": plan.choose_offer.as_deref().unwrap_or("at_landing"),
            "fallback": { "kind": "redirect", "url": "https://pages.example/elsewhere" },
            "flows": flows(world, plan, id),
        })
    })
}

/// Phones have a flow of their own, with the best landing; everybody else gets all of them.
fn flows(world: &World, plan: &Plan, campaign_id: u64) -> Value {
    let landings = plan.landings.iter().enumerate().map(|(place, name)| {
        let names = world.landings.iter().map(|landing| &landing.name);
        json!({ "landing_id": id_of(names, name), "weight": 60 - 20 * place.min(2) })
    });
    let offers = plan.offers.iter().enumerate().map(|(place, name)| {
        let names = world.offers.iter().map(|offer| &offer.name);
        json!({ "offer_id": id_of(names, name), "weight": 70 - 30 * place.min(2) })
    });
    let (landings, offers): (Vec<Value>, Vec<Value>) = (landings.collect(), offers.collect());
    let best: Vec<&Value> = landings.iter().take(2).collect();
    json!([
        { "id": campaign_id * 2 - 1, "name": "Phones", "kind": "regular",
          "filters": [{ "key": "device_type", "mode": "accept", "value": ["mobile"] }],
          "target": { "kind": "split", "landings": best, "offers": offers } },
        { "id": campaign_id * 2, "name": "Everybody else", "kind": "default",
          "target": { "kind": "split", "landings": landings, "offers": offers } },
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Catalog;

    #[test]
    fn every_document_could_have_been_saved_by_an_operator() {
        let documents = documents(&World::read(), 1_790_000_000_000);

        let compiled = Catalog::compile(&documents);
        let problems = documents.campaigns.values().flat_map(|campaign| {
            let mut found = campaign.problems(&documents, None);
            found.extend(campaign.warnings(&documents));
            found
        });

        assert!(compiled.is_ok(), "{:?}", compiled.err());
        assert_eq!(problems.collect::<Vec<_>>(), []);
        assert_eq!(documents.campaigns.len(), 20);
        let nobody = documents.traffic_sources.values();
        assert!(nobody.into_iter().all(|source| source.postback.is_none()));
    }
}
