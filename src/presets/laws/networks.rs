//! What holds for every affiliate network.

use super::super::files::NetworkFiles;
use super::super::*;
use super::names;
use crate::detect::params::looks_like_macro;
use crate::domain::entity::Entity;
use crate::domain::network::{Meaning, Network, PostbackParameter};
use crate::macros::Template;

fn network(slug: &str) -> &'static NetworkPreset {
    find_network(slug).unwrap_or_else(|| panic!("no network {slug}"))
}

#[test]
fn every_network_expands_to_a_document_that_is_accepted_and_carries_the_click_id() {
    for preset in networks() {
        let answer = preset.expand();

        let read = Network::read(&answer.document);
        let read = read.unwrap_or_else(|problems| panic!("{}: {problems:?}", preset.slug));
        assert_eq!(read.offer_param, preset.offer_param, "{}", preset.slug);
        assert_eq!(read.remarks(), [], "{}", preset.slug);
        assert_eq!(read.preset.as_ref(), Some(&preset.slug));
        assert_eq!(read.parameters, preset.parameters, "{}", preset.slug);
        assert_eq!(read.statuses, preset.statuses, "{}", preset.slug);
        assert_eq!(read.currency, preset.currency(), "{}", preset.slug);
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
fn macros_of_networks_stand_in_the_postback_as_they_are() {
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
fn statuses_mean_what_their_network_says() {
    let statuses = |slug| network(slug).expand().postback.statuses;
    // The network's lead is a confirmed order.
    assert_eq!(statuses("adcombo")["lead"], Meaning::Sale);
    assert_eq!(statuses("adcombo")["hold"], Meaning::Lead);
    assert_eq!(statuses("affise")["1"], Meaning::Sale);
    assert_eq!(statuses("affise")["2"], Meaning::Lead);
    assert_eq!(statuses("paidbucksy")["0"], Meaning::Sale);
    assert_eq!(statuses("golden-goose")["rebill"], Meaning::Rebill);
    assert_eq!(statuses("bitlabs")["reconciled"], Meaning::Rejected);
    assert_eq!(statuses("betwinner-affiliates")["newbet"], Meaning::Ignore);
}

#[test]
fn every_word_of_a_file_is_mapped_once_whatever_its_case() {
    for preset in networks() {
        let file = NetworkFiles::get(&format!("{}.toml", preset.slug)).unwrap();
        let text = String::from_utf8(file.data.into()).unwrap();
        let table: toml::Table = toml::from_str(&text).unwrap();
        let words = table.get("statuses").and_then(|words| words.as_table());
        let written = words.map_or(0, toml::Table::len);
        assert_eq!(preset.statuses.len(), written, "{}", preset.slug);
    }
}

#[test]
fn a_parameter_has_a_name_of_the_network_or_a_macro_and_not_both() {
    let parameters = |slug: &str| network(slug).parameters.clone();
    assert_eq!(
        parameters("accesstrade")[&PostbackParameter::ClickId],
        "pbid"
    );
    assert_eq!(parameters("lootlabs")[&PostbackParameter::Tid], "unique_id");
    assert_eq!(parameters("spectr3")[&PostbackParameter::Status], "event");
    for preset in networks() {
        for (parameter, _) in preset.postback.pairs() {
            let is_named = preset.parameters.contains_key(&parameter);
            assert!(!is_named, "{}: {}", preset.slug, parameter.as_str());
        }
    }
}

#[test]
fn the_currency_of_a_network_that_pays_in_one_is_in_its_document() {
    let currency = |slug: &str| network(slug).expand().document["currency"].clone();
    assert_eq!(currency("golden-goose"), "RUB");
    assert_eq!(currency("maxppi"), "USD");
    assert_eq!(currency("affise"), serde_json::Value::Null);
}
