//! Edits against a real database, with a catalogue that only refuses one filter.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use super::*;
use crate::domain::campaign::Campaign;
use crate::domain::offer::Offer;
use crate::domain::tracking_domain::TrackingDomain;
use crate::store::entities::tests::database;

/// An editor over an empty database, and how often it has published.
fn editor() -> (Editor, Arc<AtomicUsize>) {
    editor_over(Writer::over(database()))
}

fn editor_over(writer: Writer) -> (Editor, Arc<AtomicUsize>) {
    let published = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&published);
    let compile = |documents: &Documents, _| {
        let filters = documents.campaigns.values().flat_map(|one| {
            let flows = one.flows.iter().enumerate();
            flows.flat_map(|(index, flow)| flow.filters.iter().map(move |filter| (index, filter)))
        });
        let refused: Vec<Problem> = filters
            .filter(|(_, filter)| filter.key == "moon")
            .map(|(index, _)| {
                let field = format!("flows[{index}].filters[0].key");
                Problem::new(field, "unknown_filter", "no moon")
            })
            .collect();
        if refused.is_empty() {
            Ok(())
        } else {
            Err(refused)
        }
    };
    let publish = move |()| {
        count.fetch_add(1, Ordering::SeqCst);
    };
    let editor = Editor::open(writer, Documents::default(), 0, compile, publish);
    (editor, published)
}

fn redirect() -> Value {
    json!({ "target": { "kind": "redirect", "url": "https://example.com/" } })
}

fn codes(error: EditError) -> Vec<(String, &'static str)> {
    match error {
        EditError::Invalid(problems) => problems
            .into_iter()
            .map(|one| (one.field, one.code))
            .collect(),
        other => panic!("{other:?}"),
    }
}

fn expect(found: Vec<(String, &'static str)>, expected: &[(&str, &str)]) {
    let found: Vec<(&str, &str)> = found
        .iter()
        .map(|(field, code)| (field.as_str(), *code))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn a_new_campaign_gets_ids_an_alias_and_version_one() {
    let (editor, published) = editor();

    let campaign = editor
        .create::<Campaign>(&json!({ "name": "A", "flows": [redirect(), redirect()] }))
        .unwrap();

    assert_eq!((campaign.id, campaign.version), (1, 1));
    assert_eq!(campaign.alias.len(), 8);
    assert_eq!([campaign.flows[0].id, campaign.flows[1].id], [1, 2]);
    assert!(campaign.created_at > 0);
    assert_eq!(editor.find::<Campaign>(1).unwrap(), campaign);
    assert_eq!(
        published.load(Ordering::SeqCst),
        2,
        "at open and after the edit"
    );
}

#[test]
fn ids_of_flows_are_kept_when_sent_back_and_never_used_twice() {
    let (editor, _) = editor();
    editor
        .create::<Campaign>(
            &json!({ "name": "A", "alias": "a", "flows": [redirect(), redirect()] }),
        )
        .unwrap();

    let mut kept = redirect();
    kept["id"] = json!(2);
    let second = json!({ "name": "A", "version": 1, "flows": [kept] });
    let saved = editor.replace::<Campaign>(1, &second).unwrap();
    let third = json!({ "name": "A", "version": 2, "flows": [redirect(), kept] });
    let again = editor.replace::<Campaign>(1, &third).unwrap();

    assert_eq!(saved.flows[0].id, 2);
    assert_eq!(saved.alias, "a", "an alias left out stays");
    assert_eq!([again.flows[0].id, again.flows[1].id], [3, 2]);
}

#[test]
fn removed_flows_give_their_ids_to_nobody_even_after_a_restart() {
    let writer = Writer::over(database());
    let (editor, _) = editor_over(writer.clone());
    editor
        .create::<Campaign>(&json!({ "name": "A", "flows": [redirect(), redirect()] }))
        .unwrap();
    editor
        .replace::<Campaign>(1, &json!({ "name": "A", "version": 1 }))
        .unwrap();

    let (restarted, _) = editor_over(writer);
    let campaign = restarted
        .replace::<Campaign>(
            1,
            &json!({ "name": "A", "version": 2, "flows": [redirect()] }),
        )
        .unwrap();

    assert_eq!(campaign.flows[0].id, 3);
}

#[test]
fn a_flow_of_another_campaign_is_refused() {
    let (editor, _) = editor();
    editor
        .create::<Campaign>(&json!({ "name": "A", "flows": [redirect()] }))
        .unwrap();
    let mut foreign = redirect();
    foreign["id"] = json!(1);

    let error = editor.create::<Campaign>(&json!({ "name": "B", "flows": [foreign] }));

    expect(
        codes(error.unwrap_err()),
        &[("flows[0].id", "unknown_flow")],
    );
}

#[test]
fn shape_references_and_filters_are_reported_at_once() {
    let (editor, published) = editor();
    let document = json!({
        "name": "", "alias": "admin", "domain_id": 9,
        "flows": [
            { "filters": [{ "key": "moon", "value": true }], "target": { "kind": "split",
              "landings": [{ "landing_id": 5 }], "offers": [{ "offer_id": "x" }] } },
        ],
    });

    let error = editor.create::<Campaign>(&document).unwrap_err();

    expect(
        codes(error),
        &[
            ("name", "required"),
            ("alias", "invalid"),
            ("flows[0].target.offers[0].offer_id", "invalid"),
            ("domain_id", "unknown_reference"),
            (
                "flows[0].target.landings[0].landing_id",
                "unknown_reference",
            ),
            ("flows[0].filters[0].key", "unknown_filter"),
        ],
    );
    assert_eq!(published.load(Ordering::SeqCst), 1);
    assert!(editor.documents().campaigns.is_empty());
}

#[test]
fn an_alias_is_taken_once_for_each_domain() {
    let (editor, _) = editor();
    editor
        .create::<TrackingDomain>(&json!({ "host": "go.example.com" }))
        .unwrap();
    editor
        .create::<Campaign>(&json!({ "name": "A", "alias": "x" }))
        .unwrap();

    let error = editor
        .create::<Campaign>(&json!({ "name": "B", "alias": "x" }))
        .unwrap_err();
    let EditError::Invalid(problems) = error else {
        panic!("{error:?}")
    };
    let elsewhere = json!({ "name": "B", "alias": "x", "domain_id": 1 });

    assert_eq!(problems[0].code, "alias_taken");
    assert_eq!(
        problems[0].message,
        "The alias \"x\" already belongs to campaign 1."
    );
    assert!(editor.create::<Campaign>(&elsewhere).is_ok());
}

#[test]
fn an_archived_campaign_frees_its_alias_and_is_not_restored_over_another() {
    let (editor, _) = editor();
    editor
        .create::<Campaign>(&json!({ "name": "A", "alias": "x" }))
        .unwrap();
    let archived = editor.archive::<Campaign>(1).unwrap();
    assert_eq!(archived.version, 2);
    let again = editor.archive::<Campaign>(1).unwrap();
    assert_eq!(again.version, 2, "nothing changed");

    editor
        .create::<Campaign>(&json!({ "name": "B", "alias": "x" }))
        .unwrap();
    let error = editor.restore::<Campaign>(1).unwrap_err();

    expect(codes(error), &[("alias", "alias_taken")]);
}

#[test]
fn an_older_version_is_refused_with_the_differences() {
    let (editor, _) = editor();
    editor
        .create::<Campaign>(&json!({ "name": "A", "alias": "x" }))
        .unwrap();
    editor
        .replace::<Campaign>(1, &json!({ "name": "B", "alias": "x", "version": 1 }))
        .unwrap();

    let stale = json!({ "name": "C", "version": 1, "cost": { "model": "cpc" } });
    let error = editor.replace::<Campaign>(1, &stale).unwrap_err();

    let EditError::Conflict {
        current,
        differences,
        ..
    } = error
    else {
        panic!("{error:?}")
    };
    assert_eq!(current["version"], 2);
    assert_eq!(current["name"], "B");
    let fields: Vec<&str> = differences.iter().map(|one| one.field.as_str()).collect();
    assert_eq!(fields, ["name", "cost.model"]);
}

#[test]
fn a_save_without_a_version_is_refused() {
    let (editor, _) = editor();
    editor
        .create::<Offer>(&json!({ "name": "A", "url": "https://a.example/" }))
        .unwrap();

    let error = editor.replace::<Offer>(1, &json!({ "name": "A", "url": "https://a.example/" }));

    expect(codes(error.unwrap_err()), &[("version", "required")]);
}

#[test]
fn fallbacks_do_not_go_round_in_a_circle() {
    let (editor, _) = editor();
    editor.create::<Campaign>(&json!({ "name": "A" })).unwrap();
    let to = |id: u64| json!({ "kind": "campaign", "campaign_id": id });
    editor
        .create::<Campaign>(&json!({ "name": "B", "fallback": to(1) }))
        .unwrap();

    for id in [1, 2] {
        let circle = json!({ "name": "A", "version": 1, "fallback": to(id) });
        let error = editor.replace::<Campaign>(1, &circle).unwrap_err();
        expect(codes(error), &[("fallback.campaign_id", "fallback_loop")]);
    }
}

#[test]
fn an_archived_offer_is_refused_where_it_is_new_and_a_warning_where_it_was() {
    let (editor, _) = editor();
    editor
        .create::<Offer>(&json!({ "name": "O", "url": "https://o.example/" }))
        .unwrap();
    let split = json!([{ "target": { "kind": "split", "offers": [{ "offer_id": 1 }] } }]);
    editor
        .create::<Campaign>(&json!({ "name": "A", "flows": split }))
        .unwrap();
    editor.archive::<Offer>(1).unwrap();

    let error = editor
        .create::<Campaign>(&json!({ "name": "B", "flows": split }))
        .unwrap_err();
    let saved = editor
        .replace::<Campaign>(1, &json!({ "name": "A2", "version": 1, "flows": split }))
        .unwrap();

    let field = "flows[0].target.offers[0].offer_id";
    expect(codes(error), &[(field, "archived_reference")]);
    let warnings = saved.warnings(&editor.documents());
    assert_eq!(
        (warnings[0].field.as_str(), warnings[0].code),
        (field, "archived_reference")
    );
}

#[test]
fn what_is_not_stored_is_not_published() {
    let connection = database();
    connection.execute_batch("drop table flows; drop table campaigns; create view campaigns as select 1 as id, '' as document where 0; create view flows as select 1 as id where 0").unwrap();
    let (editor, published) = editor_over(Writer::over(connection));

    let error = editor
        .create::<Campaign>(&json!({ "name": "A" }))
        .unwrap_err();

    assert!(matches!(error, EditError::Store(_)));
    assert!(editor.documents().campaigns.is_empty());
    assert_eq!(published.load(Ordering::SeqCst), 1);
}
