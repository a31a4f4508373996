//! Macros that the traffic source left as they were.

use super::names::NAMES;
use crate::domain::visitor::{Parameters, SUB_IDS};

/// What macros of ad networks stand between.
const BRACKETS: &[(&str, &str)] = &[
    ("{{{", "}}}"), // Decisive: {{{bidhash}}}
    ("{{", "}}"),   // Facebook, VK, HilltopAds: {{ad.id}}
    ("$!{", "}"),   // Velocity templates: $!{tid}
    ("${", "}"),    // PropellerAds, Clickadu: ${SUBID}
    ("#{", "}"),
    ("{", "}"),     // ExoClick, Taboola, Google, most others: {zoneid}
    ("[[[", "]]]"), // Admitad: [[[subid]]]
    ("[[", "]]"),   // Advertizer: [[subid]]
    ("[=", "=]"),   // LinkTrust: [=SID=]
    ("[%", "%]"),   // BitLabs: [%UID%]
    ("[", "]"),     // PopCash, Kadam: [SID]
    ("<", ">"),     // <TRACKER>
    ("##", "##"),   // Adsterra: ##SUB_ID_SHORT(action)##
    ("#", "#"),     // CAKE: #s2#
    ("%%", "%%"),   // Google Ad Manager: %%CLICK_URL%%
    ("%", "%"),     // %ZONE%
    ("__", "__"),   // TikTok, Kwai, Bigo: __CID__
    ("_~", "~_"),   // PropellerAds again: _~click_id~_
    ("@@", "@@"),
    ("@", "@"),   // Passendo: @trackingid@
    ("$$", "$$"), // Solads: $$trackingid$$
    ("$", "$"),   // Outbrain: $section_id$
    // A macro that was encoded twice on its way, and is still encoded once.
    ("%7B", "%7D"),
    ("%7b", "%7d"),
    ("%5B", "%5D"),
    ("%5b", "%5d"),
    ("%3C", "%3E"),
    ("%3c", "%3e"),
    // `%CAMPAIGN%`: the first letters happen to be an escape, of no valid character.
    ("\u{fffd}", "%"),
];

/// Macros of Start.io, which stand between nothing.
const BARE: [&str; 5] = [
    "startapp_click_id_placeholder",
    "startapp_pub_id",
    "startapp_app_id",
    "campaign_id",
    "creative_id",
];

/// Whether a whole value is a macro that nobody expanded: `{zoneid}`, `__CID__`, `%ZONE%`.
pub fn looks_like_macro(value: &str) -> bool {
    let value = value.trim();
    // Nearly every value, and then there is nothing to look for.
    if value.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        return BARE.contains(&value);
    }
    BRACKETS.iter().any(|(open, close)| {
        value
            .strip_prefix(open)
            .and_then(|rest| rest.strip_suffix(close))
            .is_some_and(is_name)
    })
}

/// `zoneid`, `ad.id`, `SUB_ID_SHORT(action)`, `KeyWord:default`: short, with a letter in it.
fn is_name(text: &str) -> bool {
    text.len() <= 64
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
        && text.bytes().all(|byte| {
            byte.is_ascii_alphanumeric()
                || matches!(byte, b'_' | b'-' | b'.' | b':' | b'(' | b')' | b'|')
        })
}

/// What a click with at least one literal macro is counted as.
pub const TALLY: &str = "unexpanded_macro";

macro_rules! tallies {
    ($($name:literal)*) => {
        [$(concat!("unexpanded_macro:", $name)),*]
    };
}

/// What each of them is counted as, in the order of [`Parameters`].
const FIELD_TALLIES: [&str; 8] = tallies!(
    "external_id" "cost" "currency" "keyword" "source" "creative_id" "ad_group_id" "ad_campaign_id"
);
const SUB_ID_TALLIES: [&str; SUB_IDS] = tallies!(
    "sub_id_1" "sub_id_2" "sub_id_3" "sub_id_4" "sub_id_5" "sub_id_6" "sub_id_7" "sub_id_8"
    "sub_id_9" "sub_id_10" "sub_id_11" "sub_id_12" "sub_id_13" "sub_id_14" "sub_id_15" "sub_id_16"
    "sub_id_17" "sub_id_18" "sub_id_19" "sub_id_20" "sub_id_21" "sub_id_22" "sub_id_23" "sub_id_24"
    "sub_id_25" "sub_id_26" "sub_id_27" "sub_id_28" "sub_id_29" "sub_id_30"
);

const NAME_TALLIES: [&str; NAMES.len()] =
    tallies!("creative_name" "ad_group_name" "ad_campaign_name");

/// The click parameters that arrived as literal macros, each by the name of its tally:
/// `unexpanded_macro:source`.
pub fn unexpanded(parameters: &Parameters) -> impl Iterator<Item = &'static str> {
    let fields = [
        &parameters.external_id,
        &parameters.cost,
        &parameters.currency,
        &parameters.keyword,
        &parameters.source,
        &parameters.creative_id,
        &parameters.ad_group_id,
        &parameters.ad_campaign_id,
    ];
    let fields = FIELD_TALLIES
        .into_iter()
        .zip(fields)
        .filter_map(|(tally, value)| Some((tally, value.as_deref()?)));
    let sub_ids = parameters.sub_ids.iter().filter_map(|(number, value)| {
        let tally = SUB_ID_TALLIES.get(usize::from(*number).checked_sub(1)?)?;
        Some((*tally, value.as_str()))
    });
    let names = NAMES
        .iter()
        .zip(NAME_TALLIES)
        .filter_map(|(name, tally)| Some((tally, parameters.other(name)?)));
    fields
        .chain(sub_ids)
        .chain(names)
        .filter(|(_, value)| looks_like_macro(value))
        .map(|(tally, _)| tally)
}

#[cfg(test)]
mod tests {
    use super::super::{ParameterMap, Query};
    use super::*;

    #[test]
    fn macros_of_every_known_source_are_recognised() {
        for value in [
            "{zoneid}",
            "${SUBID}",
            "[zone]",
            "[SID]",
            "__CID__",
            "__CAMPAIGN_ID__",
            "%ZONE%",
            "%%CLICK_URL%%",
            "##X##",
            "##SUB_ID_SHORT(action)##",
            "$!{tid}",
            "<TRACKER>",
            "{{ad.id}}",
            "{{campaign_id}}",
            "$section_id$",
            "{{{bidhash}}}",
            "[[[subid]]]",
            "[=SID=]",
            "[%UID%]",
            "#s2#",
            "@trackingid@",
            "$$trackingid$$",
            "_~click_id~_",
            "startapp_pub_id",
            "{KeyWord:default}",
            "{cost}",
            " {cost} ",
            "%7Bzoneid%7D",
            "%5bzone%5d",
        ] {
            assert!(looks_like_macro(value), "{value}");
        }
    }

    #[test]
    fn ordinary_values_are_not_macros() {
        for value in [
            "",
            "zone7",
            "0.015",
            "{}",
            "{{}}",
            "[]",
            "____",
            "%%",
            "[12]",
            "{12.5}",
            "$100$",
            "<3>",
            "__init",
            "cid__",
            "{zone",
            "zone}",
            "{\"a\":1}",
            "[buy red shoes]",
            "{zone}-{site}",
            "50%",
            "100% wool",
            "\u{fffd}",
            "{зона}",
            "@name",
            "@@",
            "#1",
            "#1#",
            "startapp",
            "[=1=]",
            "{{{}}}",
        ] {
            assert!(!looks_like_macro(value), "{value}");
        }
        assert!(!looks_like_macro(&format!("{{{}}}", "x".repeat(65))));
    }

    #[test]
    fn a_percent_macro_is_recognised_after_decoding() {
        for raw in ["%ZONE%", "%CAMPAIGN%", "%ad_id%", "%CID%", "%deadline%"] {
            let raw = format!("a={raw}&b=1");
            let query = Query::parse(&raw);
            let value = query.get("a").expect("is there");
            assert!(looks_like_macro(value), "{raw}: {value}");
        }
    }

    #[test]
    fn each_parameter_is_told_by_its_own_name() {
        for (at, ours) in crate::domain::campaign::PARAMETERS.iter().enumerate() {
            let raw = format!("{ours}={{x}}");
            let claimed = ParameterMap::default_names().claim(&Query::parse(&raw));

            let found: Vec<_> = unexpanded(&claimed).collect();

            assert_eq!(found, [format!("{TALLY}:{ours}")], "{at}");
        }
        let claimed = ParameterMap::default_names().claim(&Query::parse("source=1&sub1=x&z={x}"));
        assert_eq!(unexpanded(&claimed).count(), 0);
    }
}
