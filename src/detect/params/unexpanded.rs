//! Macros that the traffic source left as they were.

/// What macros of ad networks stand between.
const BRACKETS: &[(&str, &str)] = &[
    ("{{", "}}"), // Facebook, VK, HilltopAds: {{ad.id}}
    ("$!{", "}"), // Velocity templates: $!{tid}
    ("${", "}"),  // PropellerAds, Clickadu: ${SUBID}
    ("#{", "}"),
    ("{", "}"), // ExoClick, Taboola, Google, most others: {zoneid}
    ("[[", "]]"),
    ("[", "]"),   // PopCash, Kadam: [SID]
    ("<", ">"),   // <TRACKER>
    ("##", "##"), // Adsterra: ##SUB_ID_SHORT(action)##
    ("%%", "%%"), // Google Ad Manager: %%CLICK_URL%%
    ("%", "%"),   // %ZONE%
    ("__", "__"), // TikTok, Kwai, Bigo: __CID__
    ("@@", "@@"),
    ("$", "$"), // Outbrain: $section_id$
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

/// Whether a whole value is a macro that nobody expanded: `{zoneid}`, `__CID__`, `%ZONE%`.
pub fn looks_like_macro(value: &str) -> bool {
    let value = value.trim();
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

#[cfg(test)]
mod tests {
    use super::super::Query;
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
}
