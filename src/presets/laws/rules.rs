//! Rules.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::{find_rule, rules as presets};
use crate::domain::documents::Documents;
use crate::domain::entity::Entity;
use crate::domain::rule::Rule;
use crate::rules;

fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    pairs.iter().map(own).collect()
}

fn document(slug: &str, pairs: &[(&str, &str)]) -> Value {
    let preset = find_rule(slug).unwrap_or_else(|| panic!("no rule {slug}"));
    preset.expand(&values(pairs)).unwrap().document
}

#[test]
fn every_rule_compiles_once_its_asks_are_filled_and_leaves_no_doubt() {
    for preset in presets() {
        let ids = preset.asks.iter().map(|ask| (ask.key.as_str(), "3"));
        let answer = preset.expand(&values(&ids.collect::<Vec<_>>())).unwrap();

        let read = Rule::read(&answer.document);
        let read = read.unwrap_or_else(|problems| panic!("{}: {problems:?}", preset.slug));
        let compiled = rules::compile(&read);
        assert_eq!(compiled.err(), None, "{}", preset.slug);
        assert_eq!(
            rules::doubts(&read, &Documents::default()),
            [],
            "{}",
            preset.slug
        );
        assert!(read.references().iter().all(|(_, one)| one.parts().1 == 3));
        assert_eq!(
            read.references().len(),
            preset.asks.len(),
            "{}",
            preset.slug
        );
    }
}

#[test]
fn what_is_required_is_missed_without_it_and_the_rest_may_be_left_out() {
    for preset in presets() {
        let answer = preset.expand(&values(&[])).unwrap();

        let read = Rule::read(&answer.document).unwrap();
        let problems = rules::compile(&read).err().unwrap_or_default();
        let missed: Vec<&str> = problems
            .iter()
            .map(|one| one.field.rsplit('.').next().unwrap_or_default())
            .collect();
        let required = preset.asks.iter().filter(|ask| ask.is_required);
        let required: Vec<&str> = required.map(|ask| ask.key.as_str()).collect();
        assert_eq!(missed, required, "{}", preset.slug);
    }
}

#[test]
fn ids_stand_where_they_are_asked_for() {
    let filled = document(
        "blacklist-placements",
        &[("list_id", "7"), ("campaign_ids", "1, 2")],
    );
    assert_eq!(filled["actions"][0]["value"]["list_id"], 7);
    assert_eq!(filled["scope"]["campaign_ids"], json!([1, 2]));
    let empty = document("blacklist-placements", &[]);
    assert_eq!(empty["actions"][0]["value"]["list_id"], Value::Null);
    assert_eq!(empty["scope"]["campaign_ids"], json!([]));
}

#[test]
fn what_is_no_id_is_refused_by_its_key() {
    let preset = find_rule("blacklist-placements").unwrap();
    let cases = [
        (("list_id", "x"), "invalid"),
        (("list_id", "0"), "invalid"),
        (("list_id", ""), "required"),
        (("campaign_ids", "1,,2"), "invalid"),
        (("channel_id", "1"), "unknown_parameter"),
    ];
    for (pair, code) in cases {
        let problems = preset.expand(&values(&[pair])).unwrap_err();
        let found: Vec<_> = problems
            .iter()
            .map(|one| (one.field.as_str(), one.code))
            .collect();
        assert_eq!(found, [(pair.0, code)], "{pair:?}");
    }
}
