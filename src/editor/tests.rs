//! Edits against a real database and the real engine.

use serde_json::json;

use super::*;
use crate::domain::campaign::Campaign;
use crate::domain::offer::Offer;
use crate::domain::tracking_domain::TrackingDomain;
use crate::engine::Catalog;
use crate::store::entities::{self, tests::database};

/// An editor with the catalogue that clicks would see.
struct Fixture {
    editor: Editor,
    catalog: Arc<ArcSwap<Catalog>>,
    writer: Writer,
}

impl std::ops::Deref for Fixture {
    type Target = Editor;
    fn deref(&self) -> &Editor {
        &self.editor
    }
}

/// An editor over an empty database.
fn editor() -> Fixture {
    started(Writer::over(database()))
}

/// An editor as it is after a start.
fn started(writer: Writer) -> Fixture {
    let loaded = writer.edit_blocking(|connection| {
        let documents = entities::load(connection)?;
        Ok((documents, entities::highest_flow_id(connection)?))
    });
    let (documents, highest_flow_id) = loaded.unwrap();
    let catalog = Arc::new(ArcSwap::from_pointee(
        Catalog::compile_lenient(&documents).0,
    ));
    let published = Arc::clone(&catalog);
    let compile = |documents: &Documents| Catalog::compile_lenient(documents);
    let publish = move |compiled| published.store(Arc::new(compiled));
    Fixture {
        editor: Editor::open(writer.clone(), documents, highest_flow_id, compile, publish),
        catalog,
        writer,
    }
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
    let editor = editor();

    let campaign = editor
        .create::<Campaign>(&json!({ "name": "A", "flows": [redirect(), redirect()] }))
        .unwrap();

    assert_eq!((campaign.id, campaign.version), (1, 1));
    assert_eq!(campaign.alias.len(), 8);
    assert_eq!([campaign.flows[0].id, campaign.flows[1].id], [1, 2]);
    assert!(campaign.created_at > 0);
    assert_eq!(editor.find::<Campaign>(1).unwrap(), campaign);
    assert!(editor.catalog.load().campaign_by_id(1).is_some());
}

#[test]
fn ids_of_flows_are_kept_when_sent_back_and_never_used_twice() {
    let editor = editor();
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
    let editor = editor();
    editor
        .create::<Campaign>(&json!({ "name": "A", "flows": [redirect(), redirect()] }))
        .unwrap();
    editor
        .replace::<Campaign>(1, &json!({ "name": "A", "version": 1 }))
        .unwrap();

    let restarted = started(editor.writer.clone());
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
    let editor = editor();
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
    let editor = editor();
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
            ("flows[0].filters[0].key", "unknown"),
        ],
    );
    assert!(editor.catalog.load().campaign_by_id(1).is_none());
    assert!(editor.documents().campaigns.is_empty());
}

#[test]
fn an_alias_is_taken_once_for_each_domain() {
    let editor = editor();
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
    let editor = editor();
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
    let editor = editor();
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
    let editor = editor();
    editor
        .create::<Offer>(&json!({ "name": "A", "url": "https://a.example/" }))
        .unwrap();

    let error = editor.replace::<Offer>(1, &json!({ "name": "A", "url": "https://a.example/" }));

    expect(codes(error.unwrap_err()), &[("version", "required")]);
}

#[test]
fn fallbacks_do_not_go_round_in_a_circle() {
    let editor = editor();
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
    let editor = editor();
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
    assert!(
        warnings
            .iter()
            .any(|one| one.field == field && one.code == "archived_reference"),
        "{warnings:?}"
    );
}

#[test]
fn what_is_not_stored_is_not_published() {
    let editor = editor();
    editor.writer.stop();

    let error = editor
        .create::<Campaign>(&json!({ "name": "A" }))
        .unwrap_err();

    assert!(matches!(error, EditError::Store(_)));
    assert!(editor.documents().campaigns.is_empty());
    assert!(editor.catalog.load().campaign_by_id(1).is_none());
}

#[test]
fn a_source_that_never_was_is_kept_where_it_stood_and_refused_where_it_is_new() {
    let editor = editor();
    editor.create::<Campaign>(&json!({ "name": "A" })).unwrap();
    let older = "update campaigns set document = json_set(document, '$.traffic_source_id', 7)";
    let written = editor.writer.edit_blocking(move |connection| {
        connection.execute(older, [])?;
        Ok(())
    });
    written.unwrap();
    let restarted = started(editor.writer.clone());

    let saved = restarted.patch::<Campaign>(1, &json!({ "name": "B" }));
    let other = restarted.patch::<Campaign>(1, &json!({ "traffic_source_id": 8 }));

    let warnings = saved.unwrap().warnings(&restarted.documents());
    let field = "traffic_source_id";
    let is_told = |one: &Problem| one.field == field && one.code == "unknown_reference";
    assert!(warnings.iter().any(is_told), "{warnings:?}");
    expect(codes(other.unwrap_err()), &[(field, "unknown_reference")]);
}

#[test]
fn what_takes_long_to_compile_holds_no_other_edit_up() {
    use std::sync::mpsc;
    use std::time::Duration;

    let (begun, wait_for_begin) = mpsc::channel();
    let (go_on, wait_to_go_on) = mpsc::channel::<()>();
    let wait_to_go_on = Mutex::new(wait_to_go_on);
    let compile = move |documents: &Documents| {
        // The first time that somebody compiles the list.
        if !documents.lists.is_empty() && begun.send(()).is_ok() {
            let waiting = wait_to_go_on.lock().unwrap();
            let _ = waiting.recv_timeout(Duration::from_secs(20));
        }
        Catalog::compile_lenient(documents)
    };
    let writer = Writer::over(database());
    let editor = Editor::open(writer, Documents::default(), 0, compile, drop);

    let list = json!({ "name": "L", "values": ["/a+/", "/b+/"] });

    std::thread::scope(|scope| {
        let slow = scope.spawn(|| editor.create::<crate::domain::list::List>(&list));
        wait_for_begin.recv().unwrap();

        let offer = json!({ "name": "O", "url": "https://example.com/" });
        let quick = editor.create::<Offer>(&offer).map(|offer| offer.id);

        assert!(matches!(quick, Ok(1)), "{quick:?}");
        assert!(!slow.is_finished());
        drop(wait_for_begin);
        drop(go_on);
        assert!(slow.join().unwrap().is_ok());
    });
}
