//! Compiling what has changed is the same as compiling everything.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::json;

use super::testing::{
    World, campaign, decide_about, filter, flow, german, outcome, redirect, split,
};
use super::trace::Story;
use super::*;
use crate::domain::campaign::Fallback;
use crate::domain::documents::Documents;
use crate::domain::entity::Reference;
use crate::domain::flow::{FlowKind, Mode};
use crate::domain::list::List;
use crate::domain::state::State;

/// One edit of a world: what kind, of whom, how.
type Edit = (u8, u64, u64);

/// Four campaigns that fall back on each other, over three landings and three offers.
fn world() -> World {
    let mut world = World::new().domain(1, "go.example.com", Some(1));
    for id in 1..4 {
        world = world
            .network(id, "sub1={click_id}")
            .landing(id, &format!("https://landing/{id}"))
            .offer(id, &format!("https://offer/{id}"), Some(id));
    }
    for id in 1..5 {
        let target = split(&[(id % 3 + 1, 1)], &[(1, 1), (id % 3 + 1, 2)]);
        let listed = filter("country", Mode::Reject, json!(["FR"]));
        let flows = vec![
            flow(id * 10, FlowKind::Regular, target).filtered(listed),
            flow(id * 10 + 1, FlowKind::Regular, redirect("https://rest/")),
        ];
        let mut document = campaign(id, &format!("c{id}"), flows);
        document.fallback = Fallback::Redirect {
            url: "https://fallback/".to_owned(),
        };
        world = world.campaign(document);
    }
    world
}

fn state(salt: u64) -> State {
    [State::Active, State::Paused, State::Archived][salt as usize % 3]
}

fn apply(documents: &mut Documents, (what, id, salt): Edit) {
    let id = id % 4 + 1;
    match what % 7 {
        0 => {
            let offer = documents.offers.get(&id).cloned();
            if let Some(mut offer) = offer {
                Arc::make_mut(&mut offer).state = state(salt);
                documents.offers.insert(id, offer);
            }
        }
        1 => {
            let landing = documents.landings.get(&id).cloned();
            if let Some(mut landing) = landing {
                Arc::make_mut(&mut landing).url = format!("https://landing/{salt}");
                documents.landings.insert(id, landing);
            }
        }
        2 => {
            let network = documents.networks.get(&id).cloned();
            if let Some(mut network) = network {
                Arc::make_mut(&mut network).offer_param = format!("s{salt}={{click_id}}");
                documents.networks.insert(id, network);
            }
        }
        3 => {
            let campaign = documents.campaigns.get(&id).cloned();
            if let Some(mut campaign) = campaign {
                Arc::make_mut(&mut campaign).state = state(salt);
                documents.campaigns.insert(id, campaign);
            }
        }
        4 => {
            let campaign = documents.campaigns.get(&id).cloned();
            if let Some(mut campaign) = campaign {
                let campaign_id = salt % 6;
                Arc::make_mut(&mut campaign).fallback = Fallback::Campaign { campaign_id };
                documents.campaigns.insert(id, campaign);
            }
        }
        5 => {
            documents.campaigns.remove(&id);
        }
        _ => {
            let list = List {
                id,
                values: vec![salt.to_string()],
                ..List::default()
            };
            documents.lists.insert(id, Arc::new(list));
        }
    }
}

/// What the catalog does with visitors of all campaigns.
fn behaviour(catalog: &Catalog) -> Vec<String> {
    let mut told = Vec::new();
    for id in 1..6 {
        let alias = format!("c{id}");
        let found = catalog.campaign("go.example.com", &alias);
        told.push(format!("{:?}", found.map(|one| one.document.id)));
        let Some(campaign) = catalog.campaign_by_id(id) else {
            continue;
        };
        for seed in 0..4 {
            let mut story = Story::default();
            let mut dice = Dice::seeded(seed);
            let decision = decide_about(catalog, campaign, &german(), &mut dice, &mut story);
            told.push(format!("{:?} {:?}", outcome(&decision), story.steps));
        }
    }
    told
}

proptest! {
    #[test]
    fn recompiling_after_each_edit_equals_compiling_from_nothing(
        edits in prop::collection::vec(any::<Edit>(), 1..12)
    ) {
        let mut documents = world().documents;
        let mut catalog = Catalog::compile_lenient(&documents).0;
        for edit in edits {
            apply(&mut documents, edit);
            let (fresh, expected) = Catalog::compile_lenient(&documents);
            let (next, problems) = catalog.recompile(&documents);

            prop_assert_eq!(problems, expected);
            prop_assert_eq!(behaviour(&next), behaviour(&fresh));
            catalog = next;
        }
    }
}

#[test]
fn only_what_depends_on_a_change_is_compiled_again() {
    let mut documents = world().documents;
    let before = Catalog::compile_lenient(&documents).0;
    apply(&mut documents, (2, 1, 7)); // Network 2, of offer 2.

    let after = before.recompile(&documents).0;

    for (id, campaign) in &documents.campaigns {
        let uses = documents.reached_from(Reference::Campaign(*id));
        let same = Arc::ptr_eq(
            before.campaign_by_id(*id).expect("there"),
            after.campaign_by_id(*id).expect("there"),
        );
        let is_concerned = uses.contains(&Reference::Network(2));
        assert_eq!(same, !is_concerned, "{}", campaign.name);
    }
}
