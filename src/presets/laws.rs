//! What holds for every preset.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::network::Meaning;
use super::*;
use crate::detect::params::unexpanded::unexpanded;
use crate::detect::params::{ParameterMap, Query, looks_like_macro};
use crate::domain::campaign::{Campaign, PARAMETERS, ParameterName};
use crate::domain::entity::Entity;
use crate::domain::network::Network;
use crate::macros::{Template, table};

/// Macros of an outgoing postback that a click has not.
const OF_A_CONVERSION: [&str; 4] = ["payout", "currency", "status", "tid"];

fn source(slug: &str) -> &'static SourcePreset {
    find_source(slug).unwrap_or_else(|| panic!("no source {slug}"))
}

fn network(slug: &str) -> &'static NetworkPreset {
    find_network(slug).unwrap_or_else(|| panic!("no network {slug}"))
}

/// What the operator copies out of the account, all alike.
fn answers(preset: &SourcePreset) -> BTreeMap<String, String> {
    let answer = |ask: &source::Ask| (ask.key.clone(), "my-9".to_owned());
    preset.asks.iter().map(answer).collect()
}

/// What stands between braces in a URL.
fn names(url: &str) -> Vec<&str> {
    let ends = url.split('{').skip(1);
    ends.map(|rest| rest.split('}').next().unwrap_or_default())
        .collect()
}

fn texts() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    let sources = sources().iter().map(|preset| {
        let mut texts = vec![preset.name.as_str(), &preset.notes];
        texts.extend(preset.parameters.iter().map(|one| one.label.as_str()));
        texts.extend(preset.asks.iter().map(|ask| ask.label.as_str()));
        (preset.slug.as_str(), texts)
    });
    let networks = networks().iter().map(|preset| {
        let texts = vec![preset.name.as_str(), &preset.platform, &preset.notes];
        (preset.slug.as_str(), texts)
    });
    sources.chain(networks)
}

#[test]
fn every_file_is_a_preset() {
    assert_eq!(SOURCES.1, []);
    assert_eq!(NETWORKS.1, []);
    assert!(sources().len() >= 90, "{}", sources().len());
    assert!(networks().len() >= 84, "{}", networks().len());
}

#[test]
fn slugs_are_plain_and_names_are_unique() {
    let mut seen = BTreeSet::new();
    for preset in all() {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        assert!(
            preset
                .slug
                .bytes()
                .all(|byte| is_plain(byte) || byte == b'-')
                && preset.slug.starts_with(|c: char| c.is_ascii_alphanumeric()),
            "{}",
            preset.slug
        );
        let kind = format!("{:?}", preset.kind);
        assert!(
            seen.insert((kind, preset.name.to_lowercase())),
            "{}",
            preset.name
        );
    }
}

#[test]
fn every_preset_says_what_it_is_and_where_that_was_read() {
    for (slug, texts) in texts() {
        for text in texts {
            assert!(!text.is_empty() && text.trim() == text, "{slug}: {text:?}");
            assert!(!text.contains(['\n', '\t']), "{slug}: {text:?}");
        }
    }
    let pages = sources().iter().map(|one| (&one.slug, &one.sources));
    for (slug, pages) in pages.chain(networks().iter().map(|one| (&one.slug, &one.sources))) {
        assert!(!pages.is_empty(), "{slug}");
        for page in pages {
            let is_address = page.starts_with("https://") || page.starts_with("http://");
            assert!(is_address, "{slug}: {page}");
        }
    }
    let notes = sources().iter().map(|one| (&one.slug, &one.notes));
    for (slug, notes) in notes.chain(networks().iter().map(|one| (&one.slug, &one.notes))) {
        assert!(notes.len() >= 40, "{slug}: {notes}");
    }
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
fn every_network_expands_to_a_document_that_is_accepted_and_carries_the_click_id() {
    for preset in networks() {
        let answer = preset.expand();

        let read = Network::read(&answer.document);
        let read = read.unwrap_or_else(|problems| panic!("{}: {problems:?}", preset.slug));
        assert_eq!(read.offer_param, preset.offer_param, "{}", preset.slug);
        assert_eq!(read.remarks(), [], "{}", preset.slug);
        let carrier = answer.offer_path.unwrap_or(answer.offer_param);
        if !carrier.is_empty() {
            assert_eq!(names(carrier), ["click_id"], "{}", preset.slug);
            let (template, warnings) = Template::parse(&format!("https://x.example/{carrier}"));
            assert!(template.mentions("click_id"), "{}", preset.slug);
            assert_eq!(warnings, [], "{}", preset.slug);
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
        let (template, warnings) = Template::parse(url);
        assert_eq!(template.text(), url, "{}", preset.slug);
        assert!(template.mentions("external_id"), "{}", preset.slug);
        let odd: Vec<_> = warnings
            .iter()
            .filter(|warning| {
                let ours = OF_A_CONVERSION.iter();
                warning.code != "unknown_macro"
                    || !ours
                        .map(|name| format!("{{{name}}} "))
                        .any(|name| warning.message.starts_with(&name))
            })
            .collect();
        assert!(odd.is_empty(), "{}: {odd:?}", preset.slug);
        for name in names(url) {
            let is_ours = table::find(name).is_some() || OF_A_CONVERSION.contains(&name);
            assert!(is_ours, "{}: {name}", preset.slug);
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
fn every_macro_stands_in_the_campaign_link_byte_for_byte() {
    for preset in sources() {
        let query = preset.expand(&BTreeMap::new()).unwrap().link_query;
        let pairs: Vec<_> = query.split('&').filter(|pair| !pair.is_empty()).collect();
        let with_macro = |one: &&source::PresetParameter| !one.r#macro.is_empty();
        let expected: Vec<_> = preset
            .parameters
            .iter()
            .filter(with_macro)
            .map(|one| format!("{}={}", one.name, one.r#macro))
            .collect();
        assert_eq!(pairs, expected, "{}", preset.slug);
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
    let cases = [
        ("cake", "click_id=#s2#&payout=#price#&tid=#tid#"),
        (
            "admitad",
            "click_id=[[[subid]]]&payout=[[[payment_sum]]]&currency=[[[currency]]]&tid=[[[order_id]]]",
        ),
        (
            "linktrust",
            "click_id=[=SID=]&payout=[=AffiliateCommission=]&tid=[=_TransID=]",
        ),
        (
            "bitlabs",
            "click_id=[%UID%]&payout=[%RAW%]&currency=USD&status=[%OFFER_STATE%]&tid=[%TX%]",
        ),
        ("adsterra-affiliates", "click_id=##S2S##&payout=##PAYOUT##"),
        (
            "monlix",
            "click_id={{subId}}&payout={{payout}}&currency=USD&status={{status}}&tid={{transactionId}}",
        ),
        (
            "swaarm",
            "click_id={publisher.clickId}&payout={offer.theyGet}&currency=USD",
        ),
        (
            "maxppi",
            "click_id={external_id}&payout={payout}&currency=USD&tid={click_id}",
        ),
        (
            "affise",
            "click_id={sub1}&payout={sum}&currency={currency}&status={status}&tid={transactionid}",
        ),
    ];
    for (slug, query) in cases {
        assert_eq!(network(slug).expand().postback.query, query, "{slug}");
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
fn what_a_network_calls_us_with_is_a_macro_or_a_currency() {
    for preset in networks() {
        let macros = &preset.postback;
        let all = [
            &macros.click_id,
            &macros.payout,
            &macros.status,
            &macros.tid,
        ];
        for text in all.into_iter().flatten() {
            assert!(looks_like_macro(text), "{}: {text}", preset.slug);
        }
        for text in macros.currency.iter() {
            let is_code = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase());
            assert!(is_code || looks_like_macro(text), "{}: {text}", preset.slug);
        }
        for text in all.into_iter().chain([&macros.currency]).flatten() {
            assert!(!text.contains(['&', ' ', '+']), "{}: {text}", preset.slug);
        }
    }
}

#[test]
fn statuses_mean_what_their_network_says() {
    let statuses = |slug| network(slug).expand().postback.statuses;
    // The network's lead is a confirmed order.
    assert_eq!(statuses("adcombo")["lead"], Meaning::Sale);
    assert_eq!(statuses("adcombo")["hold"], Meaning::Lead);
    assert_eq!(statuses("affise")["1"], Meaning::Sale);
    assert_eq!(statuses("affise")["2"], Meaning::Lead);
    assert_eq!(statuses("paidbucksy")["0"], Meaning::Sale);
    assert_eq!(statuses("golden-goose")["rebill"], Meaning::Rebill);
    for preset in networks() {
        let lower: BTreeSet<_> = preset.statuses.keys().map(|w| w.to_lowercase()).collect();
        assert_eq!(lower.len(), preset.statuses.len(), "{}", preset.slug);
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
