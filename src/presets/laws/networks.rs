//! What holds for every affiliate network.

use std::collections::BTreeSet;

use super::super::network::Meaning;
use super::super::*;
use super::names;
use crate::detect::params::looks_like_macro;
use crate::domain::entity::Entity;
use crate::domain::network::Network;
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
    for preset in networks() {
        let lower: BTreeSet<_> = preset.statuses.keys().map(|w| w.to_lowercase()).collect();
        assert_eq!(lower.len(), preset.statuses.len(), "{}", preset.slug);
    }
}
