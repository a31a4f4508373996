//! What holds for every traffic source.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::files::SourceFiles;
use super::super::*;
use super::names;
use crate::detect::params::unexpanded::unexpanded;
use crate::detect::params::{ParameterMap, Query};
use crate::domain::campaign::{Campaign, PARAMETERS, ParameterName};
use crate::domain::entity::Entity;
use crate::domain::outgoing::{OutgoingCall, OutgoingPostback};
use crate::macros::{Outgoing, table};

fn source(slug: &str) -> &'static SourcePreset {
    find_source(slug).unwrap_or_else(|| panic!("no source {slug}"))
}

/// What the operator copies out of the account, all alike.
fn answers(preset: &SourcePreset) -> BTreeMap<String, String> {
    let answer = |ask: &source::Ask| (ask.key.clone(), "my-9".to_owned());
    preset.asks.iter().map(answer).collect()
}

#[test]
fn every_source_expands_to_a_document_that_is_accepted() {
    for preset in sources() {
        let answer = preset.expand(&answers(preset)).unwrap();

        let document = &answer.document;
        let fields: Vec<_> = document.as_object().unwrap().keys().collect();
        assert_eq!(fields, ["name", "parameters", "postback", "notes"]);
        // A campaign has the same names, parameters and postbacks as a traffic source.
        let postbacks: Vec<&Value> = document["postback"]
            .as_object()
            .map_or_else(Vec::new, |_| vec![&document["postback"]]);
        let campaign = json!({
            "name": document["name"], "notes": document["notes"],
            "parameters": document["parameters"], "postbacks": postbacks, "flows": [],
        });
        let read = Campaign::read(&campaign).unwrap_or_else(|p| panic!("{}: {p:?}", preset.slug));
        let compiled = ParameterMap::compile(&read.parameters);
        assert!(compiled.is_ok(), "{}: {compiled:?}", preset.slug);
        for one in &preset.parameters {
            assert_eq!(read.parameters[&one.parameter].r#macro, one.r#macro);
            assert_eq!(read.parameters[&one.parameter].name, one.name);
        }
    }
}

#[test]
fn parameters_are_ours_in_our_order_and_one_name_fills_one() {
    for preset in sources() {
        let places: Vec<_> = preset
            .parameters
            .iter()
            .map(|one| PARAMETERS.iter().position(|ours| *ours == one.parameter))
            .collect();
        assert!(places.iter().all(Option::is_some), "{}", preset.slug);
        assert!(places.is_sorted(), "{}", preset.slug);
        for one in &preset.parameters {
            // A macro that would end its parameter could not come back whole.
            assert!(!one.r#macro.contains(['&', ' ', '+', '"']), "{one:?}");
        }
    }
}

#[test]
fn outgoing_postbacks_name_only_our_macros_and_values_that_are_asked_for() {
    for preset in sources() {
        let Some(url) = &preset.postback else {
            assert_eq!(preset.asks, [], "{}", preset.slug);
            continue;
        };
        let call = OutgoingCall {
            url: url.clone(),
            ..OutgoingCall::default()
        };
        let document = OutgoingPostback {
            call,
            ..OutgoingPostback::default()
        };
        let (outgoing, warnings) = Outgoing::parse(&document);
        assert!(outgoing.draws_on("external_id"), "{}", preset.slug);
        assert_eq!(warnings, [], "{}", preset.slug);
        for name in names(url) {
            assert!(
                table::find_outgoing(name).is_some(),
                "{}: {name}",
                preset.slug
            );
        }

        let answer = preset.expand(&answers(preset)).unwrap();

        let filled = answer.document["postback"]["url"].as_str().unwrap();
        assert_eq!(
            filled.matches("my-9").count(),
            preset.asks.len(),
            "{filled}"
        );
        // What is left in capitals is the name of a parameter.
        let mut pieces = fill::cut(filled).peekable();
        while let Some((piece, is_word)) = pieces.next() {
            let is_capital = |byte: u8| byte.is_ascii_uppercase() || byte == b'_';
            if is_word && piece.len() > 2 && piece.bytes().all(is_capital) {
                let next = pieces.peek().map(|(next, _)| *next);
                assert_eq!(next, Some("="), "{}: {piece} is not asked for", preset.slug);
            }
        }
    }
}

#[test]
fn an_outgoing_postback_tells_rejections_only_with_their_status() {
    for preset in sources() {
        let answer = preset.expand(&BTreeMap::new()).unwrap();
        let postback = &answer.document["postback"];
        let tells_rejections = postback["statuses"]
            .as_array()
            .is_some_and(|statuses| statuses.contains(&json!("rejected")));
        let has_status = postback["url"]
            .as_str()
            .is_some_and(|url| url.contains("{status}"));
        assert_eq!(tells_rejections, has_status, "{}", preset.slug);
    }
}

#[test]
fn every_macro_of_a_file_stands_in_the_campaign_link_byte_for_byte() {
    for preset in sources() {
        let file = SourceFiles::get(&format!("{}.toml", preset.slug)).unwrap();
        let text = String::from_utf8(file.data.into()).unwrap();
        let mut written: Vec<&str> = text
            .split("macro = \"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap_or_default())
            .collect();
        written.sort_unstable();

        let query = preset.expand(&BTreeMap::new()).unwrap().link_query;

        let pairs: Vec<_> = query.split('&').filter(|pair| !pair.is_empty()).collect();
        let values = pairs.iter().map(|pair| pair.split_once('=').unwrap().1);
        let mut values: Vec<_> = values.collect();
        values.sort_unstable();
        assert_eq!(values, written, "{}", preset.slug);
    }
}

#[test]
fn a_click_with_literal_macros_is_recognised_whatever_encoded_them() {
    for preset in sources() {
        let names: BTreeMap<_, _> = preset
            .parameters
            .iter()
            .map(|one| {
                let name = ParameterName {
                    name: one.name.clone(),
                    r#macro: one.r#macro.clone(),
                };
                (one.parameter.clone(), name)
            })
            .collect();
        let map = ParameterMap::compile(&names).unwrap();
        let expected: Vec<&str> = preset
            .parameters
            .iter()
            .filter(|one| !one.r#macro.is_empty())
            .map(|one| one.parameter.as_str())
            .collect();
        let everything = percent_encoding::NON_ALPHANUMERIC;
        let encoded = preset
            .parameters
            .iter()
            .filter(|one| !one.r#macro.is_empty())
            .map(|one| {
                let value = percent_encoding::utf8_percent_encode(&one.r#macro, everything);
                format!("{}={value}", one.name)
            })
            .collect::<Vec<_>>()
            .join("&");
        let plain = preset.link_query();

        for raw in [&encoded, &plain] {
            let claimed = map.claim(&Query::parse(raw));

            let found: Vec<_> = unexpanded(&claimed)
                .map(|tally| tally.rsplit(':').next().unwrap_or_default())
                .collect();
            assert_eq!(found, expected, "{}: {raw}", preset.slug);
        }
    }
}

#[test]
fn macros_that_others_mangle_survive() {
    let cases = [
        ("propellerads", "external_id", "${SUBID}"),
        ("mediago", "sub_id_1", "${ASSET_ID}"),
        ("adsterra", "external_id", "##SUB_ID_SHORT(action)##"),
        ("advertizer", "external_id", "[[subid]]"),
        ("contimo", "source", "[[site.id]]"),
        ("airpush", "external_id", "%guid%"),
        ("passendo", "external_id", "@trackingid@"),
        ("adzora", "external_id", "$!{tid}"),
        ("epom-dsp", "external_id", "$!{tid}"),
        ("hilltopads", "external_id", "{{ctoken}}"),
        ("meta-ads", "creative_id", "{{ad.id}}"),
        ("decisive", "external_id", "{{{bidhash}}}"),
        ("moartraffic", "external_id", "<TRACKER>"),
        ("solads", "external_id", "$$trackingid$$"),
        ("tiktok-ads", "external_id", "__CLICKID__"),
        ("traffic-factory", "cost", "{target.bid}"),
        ("kadam", "cost", "[CLC]"),
        ("start-io", "external_id", "startapp_click_id_placeholder"),
        ("ironsource", "source", "{ApplicationId}"),
    ];
    for (slug, parameter, literal) in cases {
        let answer = source(slug).expand(&BTreeMap::new()).unwrap();
        let stored = &answer.document["parameters"][parameter];
        assert_eq!(stored["macro"], literal, "{slug}");
        let name = stored["name"].as_str().unwrap();
        let pair = format!("{name}={literal}");
        assert!(
            answer.link_query.split('&').any(|one| one == pair),
            "{slug}"
        );
    }
}

#[test]
fn a_click_id_that_comes_by_itself_is_claimed_by_its_own_name() {
    for (slug, raw) in [
        ("meta-ads", "fbclid=IwAR1"),
        ("google-ads", "gclid={gclid}&gclid=IwAR1"),
        ("tiktok-ads", "ttclid=IwAR1"),
        ("snapchat-ads", "ScCid=IwAR1"),
        ("yandex-direct", "yclid=IwAR1"),
        ("popunder-store", "clickid=IwAR1"),
    ] {
        let answer = source(slug).expand(&BTreeMap::new()).unwrap();
        let document = json!({ "name": "x", "parameters": answer.document["parameters"] });
        let campaign = Campaign::read(&document).unwrap();
        let map = ParameterMap::compile(&campaign.parameters).unwrap();

        let claimed = map.claim(&Query::parse(raw));

        assert_eq!(claimed.external_id.as_deref(), Some("IwAR1"), "{slug}");
    }
}

#[test]
fn wrong_values_are_refused_all_at_once() {
    let values = [("ADVERTISER_ID", "1 2"), ("TIDD", "3")];
    let values = values.map(|(key, value)| (key.to_owned(), value.to_owned()));

    let problems = source("propellerads").expand(&values.into()).unwrap_err();

    let seen: Vec<_> = problems
        .iter()
        .map(|p| (p.field.as_str(), p.code))
        .collect();
    assert_eq!(
        seen,
        [("ADVERTISER_ID", "invalid"), ("TIDD", "unknown_parameter")]
    );
}
