//! Keys and words of events, alone and among others.

use std::sync::Arc;

use serde_json::json;

use super::*;

fn problems(document: Value) -> Vec<(String, &'static str)> {
    let problems = Event::read(&document).unwrap_err().into_iter();
    problems.map(|one| (one.field, one.code)).collect()
}

fn among(events: Vec<Event>) -> Documents {
    let events = events.into_iter().map(|one| (one.id, Arc::new(one)));
    Documents {
        events: events.collect(),
        ..Documents::default()
    }
}

fn event(id: u64, document: Value) -> Event {
    let mut event = Event::read(&document).unwrap();
    event.id = id;
    event
}

fn completed(document: Value, stored: Option<&Event>) -> (Event, Vec<Problem>) {
    let mut event = Event::read(&document).unwrap();
    let problems = event.complete(&Documents::default(), stored, &mut Fresh::after(0));
    (event, problems)
}

#[test]
fn words_are_trimmed_lower_cased_and_there_once_with_the_key_among_them() {
    let sent = json!({ "name": "R", "key": "registration",
        "words": [" Reg ", "reg", "РЕГ", "", "signup"] });

    let read = Event::read(&sent).unwrap();

    assert_eq!(read.words, ["registration", "reg", "рег", "signup"]);
    assert_eq!(
        Event::read(&serde_json::to_value(&read).unwrap()).unwrap(),
        read
    );
}

#[test]
fn every_problem_comes_at_once() {
    let sent = json!({ "name": "", "key": "Lead", "words": ["ok", "SALE", "Rebill", 5],
        "duplicates": "add", "counts": true });

    assert_eq!(
        problems(sent),
        [
            ("name".to_owned(), "required"),
            ("key".to_owned(), "invalid"),
            ("words[3]".to_owned(), "invalid"),
            ("words[1]".to_owned(), "invalid"),
            ("words[2]".to_owned(), "invalid"),
            ("duplicates".to_owned(), "invalid"),
            ("counts".to_owned(), "unknown_field"),
        ]
    );
}

#[test]
fn a_key_left_out_is_made_of_the_name_and_then_stays() {
    let (made, none) = completed(json!({ "name": "First Deposit" }), None);
    let (kept, also_none) = completed(json!({ "name": "Renamed" }), Some(&made));
    let (_, changed) = completed(json!({ "name": "Renamed", "key": "ftd" }), Some(&made));
    let (_, missing) = completed(json!({ "name": "Регистрация" }), None);
    let (_, own) = completed(json!({ "name": "Sales" }), None);

    assert_eq!((none, also_none), (vec![], vec![]));
    assert_eq!(
        (made.key.as_str(), &made.words[0]),
        ("first_deposit", &made.key)
    );
    assert_eq!(kept.key, "first_deposit");
    let codes = [&changed, &missing, &own].map(|found| (found[0].field.as_str(), found[0].code));
    assert_eq!(
        codes,
        [
            ("key", "immutable"),
            ("key", "required"),
            ("key", "invalid")
        ]
    );
}

#[test]
fn words_of_an_archived_event_are_free_and_its_key_is_not() {
    let mut old = event(
        1,
        json!({ "name": "Deposit", "key": "deposit", "words": ["dep"] }),
    );
    let fresh = event(
        2,
        json!({ "name": "D", "key": "ftd", "words": ["DEP", "deposit"] }),
    );
    let same = event(3, json!({ "name": "D", "key": "deposit" }));

    let taken = fresh.conflicts(&among(vec![old.clone()]));
    old.state = State::Archived;
    let free = fresh.conflicts(&among(vec![old.clone()]));
    let key = same.conflicts(&among(vec![old.clone()]));
    let restored = {
        let others = among(vec![fresh]);
        old.state = State::Active;
        old.conflicts(&others)
    };

    let fields: Vec<_> = taken.iter().map(|one| one.field.as_str()).collect();
    assert_eq!(fields, ["words[1]", "words[2]"]);
    assert!(
        taken[0].message.contains("event 1 \"Deposit\""),
        "{taken:?}"
    );
    assert_eq!(free, []);
    assert_eq!(key[0].code, "key_taken");
    assert!(key[0].message.contains("archive"), "{key:?}");
    assert_eq!(restored.len(), 2);
}
