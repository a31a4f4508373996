//! Every macro, one row each. `/api/v1/options` serves this table to pickers and help pages.
//!
//! Here are the facts of a click; `money.rs`, `time.rs` and `function.rs` have those that are
//! worked out, `conversion.rs` those that only outgoing postbacks have.

mod conversion;
mod function;
mod markdown;
mod money;
mod time;

use serde::Serialize;

use super::argument::{Kind, Takes, language};
use super::context::{MacroContext, Named, Within};
use super::encode::Encoder;
use super::names::Countries;
use crate::detect::search_engine;

pub use markdown::markdown;

/// One name that expands, with all that is known about it.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Macro {
    pub name: &'static str,
    /// Other spellings, from other trackers and from habit.
    pub aliases: &'static [&'static str],
    pub help: &'static str,
    /// What it may expand to.
    pub example: &'static str,
    pub origin: Origin,
    /// What may stand behind a colon: `{name:argument}`.
    pub argument: Option<Takes>,
    /// Writes the value; nothing where it is not known.
    #[serde(skip)]
    #[schema(ignore)]
    pub value: Expand,
}

/// Writes one value.
pub type Expand = fn(&MacroContext<'_>, &mut Encoder<'_>);

/// Who says what the value is. It decides what a macro may do to the host of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The tracker, the operator, or a base of facts.
    Tracker,
    /// Whoever wrote the link that the visitor followed, or the visitor's browser.
    Visitor,
}

impl std::fmt::Debug for Macro {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{{{}}}", self.name)
    }
}

impl PartialEq for Macro {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// The macro of this name or alias, in upper or lower case.
pub fn find(name: &str) -> Option<&'static Macro> {
    all().find(|entry| {
        entry.name.eq_ignore_ascii_case(name)
            || entry
                .aliases
                .iter()
                .any(|alias| alias.eq_ignore_ascii_case(name))
    })
}

/// All macros: the table below, those that are worked out, then the sub ids.
pub fn all() -> impl Iterator<Item = &'static Macro> {
    facts().chain(SUB_IDS)
}

/// The macros that only outgoing postbacks have; of the same name they win over the others there.
pub fn outgoing() -> impl Iterator<Item = &'static Macro> {
    conversion::TABLE.iter()
}

/// The macro of this name or alias in an outgoing postback, in upper or lower case.
pub fn find_outgoing(name: &str) -> Option<&'static Macro> {
    let is_it = |known: &str| known.eq_ignore_ascii_case(name);
    outgoing()
        .find(|entry| is_it(entry.name) || entry.aliases.iter().any(|alias| is_it(alias)))
        .or_else(|| find(name))
}

/// All macros but the sub ids.
fn facts() -> impl Iterator<Item = &'static Macro> {
    TABLE
        .iter()
        .chain(money::TABLE)
        .chain(time::TABLE)
        .chain(function::TABLE)
}

fn number(out: &mut Encoder<'_>, id: Option<u64>) {
    if let Some(id) = id {
        out.print(id);
    }
}

fn flag(out: &mut Encoder<'_>, is_so: bool) {
    out.push(if is_so { "1" } else { "0" });
}

fn unique(c: &MacroContext<'_>, out: &mut Encoder<'_>, within: Within) {
    if let Some(is_unique) = c.facts.is_unique(within) {
        flag(out, is_unique);
    }
}

/// What names of places take.
const ENGLISH: Takes = Takes {
    kind: Kind::Language,
    required: false,
    help: "Language of the word; English is the only one known",
    example: "en",
    gives: "",
    read: language::english,
};

/// What countries take.
const COUNTRY: Takes = Takes {
    help: "Language of the name, such as en, ru, uk, de, es, pt",
    gives: "Germany",
    read: language::country,
    ..ENGLISH
};

/// What kinds take.
const KIND: Takes = Takes {
    help: "Language of the word: en, ru or uk",
    ..ENGLISH
};

use Origin::{Tracker, Visitor};

static TABLE: &[Macro] = &[
    Macro {
        name: "click_id",
        aliases: &["subid", "clickid"],
        help: "Our id of the click; the postback must bring it back",
        example: "06bk7w3r4t8m1n5q2x9z",
        origin: Tracker,
        argument: None,
        value: |c, out| out.push(c.click_id),
    },
    Macro {
        name: "campaign_id",
        aliases: &["keitaro_campaign_id"],
        help: "Id of the campaign",
        example: "12",
        origin: Tracker,
        argument: None,
        value: |c, out| out.print(c.campaign_id),
    },
    Macro {
        name: "campaign_name",
        aliases: &["keitaro_campaign_name"],
        help: "Name of the campaign",
        example: "US%20push",
        origin: Tracker,
        argument: None,
        value: |c, out| out.push(c.campaign_name),
    },
    Macro {
        name: "flow_id",
        aliases: &["stream_id"],
        help: "Id of the flow that took the visitor",
        example: "34",
        origin: Tracker,
        argument: None,
        value: |c, out| number(out, c.flow_id),
    },
    Macro {
        name: "flow_name",
        aliases: &["stream_name"],
        help: "Name of the flow that took the visitor",
        example: "phones",
        origin: Tracker,
        argument: None,
        value: |c, out| out.push_some(c.facts.name(Named::Flow)),
    },
    Macro {
        name: "landing_id",
        aliases: &[],
        help: "Id of the landing shown",
        example: "5",
        origin: Tracker,
        argument: None,
        value: |c, out| number(out, c.landing_id),
    },
    Macro {
        name: "landing_name",
        aliases: &[],
        help: "Name of the landing shown",
        example: "Quiz%20page",
        origin: Tracker,
        argument: None,
        value: |c, out| out.push_some(c.facts.name(Named::Landing)),
    },
    Macro {
        name: "offer_id",
        aliases: &[],
        help: "Id of the offer chosen",
        example: "6",
        origin: Tracker,
        argument: None,
        value: |c, out| number(out, c.offer_id),
    },
    Macro {
        name: "offer_name",
        aliases: &[],
        help: "Name of the offer chosen",
        example: "Keto%20DE",
        origin: Tracker,
        argument: None,
        value: |c, out| out.push_some(c.facts.name(Named::Offer)),
    },
    Macro {
        name: "network_name",
        aliases: &["affiliate_network_name"],
        help: "Name of the affiliate network of the offer",
        example: "Example%20Network",
        origin: Tracker,
        argument: None,
        value: |c, out| out.push_some(c.facts.name(Named::Network)),
    },
    Macro {
        name: "traffic_source_id",
        aliases: &["ts_id"],
        help: "Id of the traffic source of the campaign",
        example: "7",
        origin: Tracker,
        argument: None,
        value: |c, out| number(out, c.traffic_source_id),
    },
    Macro {
        name: "traffic_source_name",
        aliases: &["ts_name"],
        help: "Name of the traffic source of the campaign",
        example: "Example%20Ads",
        origin: Tracker,
        argument: None,
        value: |c, out| out.push_some(c.facts.name(Named::TrafficSource)),
    },
    Macro {
        name: "parent_campaign_id",
        aliases: &[],
        help: "Id of the campaign whose flow sent the visitor on to this one; empty otherwise",
        example: "11",
        origin: Tracker,
        argument: None,
        value: |c, out| number(out, c.parent.map(|parent| parent.campaign_id)),
    },
    Macro {
        name: "parent_click_id",
        aliases: &["parent_sub_id", "parent_subid"],
        help: "The click of that campaign",
        example: "06bk7w3r4t8m1n5q2x9a",
        origin: Tracker,
        argument: None,
        value: |c, out| out.push_some(c.parent.map(|parent| parent.click_id)),
    },
    Macro {
        name: "visitor_code",
        aliases: &[],
        help: "Our code of the visitor: the same on each visit, as far as the campaign tells visitors apart",
        example: "001f3870be274f6c",
        origin: Tracker,
        argument: None,
        value: |c, out| {
            if let Some(key) = c.facts.visitor() {
                out.print(format_args!("{key:016x}"));
            }
        },
    },
    Macro {
        name: "external_id",
        aliases: &[],
        help: "The traffic source's own id of the click",
        example: "ext-1",
        origin: Visitor,
        argument: None,
        value: |c, out| out.push_some(c.visitor.parameters.external_id.as_deref()),
    },
    Macro {
        name: "source",
        aliases: &[],
        help: "Site, zone or placement inside the traffic source",
        example: "zone7",
        origin: Visitor,
        argument: None,
        value: |c, out| out.push_some(c.visitor.parameters.source.as_deref()),
    },
    Macro {
        name: "keyword",
        aliases: &[],
        help: "Keyword of the click",
        example: "red%20shoes",
        origin: Visitor,
        argument: None,
        value: |c, out| out.push_some(c.visitor.parameters.keyword.as_deref()),
    },
    Macro {
        name: "creative_id",
        aliases: &[],
        help: "Id of the ad shown",
        example: "cr-8",
        origin: Visitor,
        argument: None,
        value: |c, out| out.push_some(c.visitor.parameters.creative_id.as_deref()),
    },
    Macro {
        name: "ad_group_id",
        aliases: &[],
        help: "Id of the ad group or ad set",
        example: "ag-9",
        origin: Visitor,
        argument: None,
        value: |c, out| out.push_some(c.visitor.parameters.ad_group_id.as_deref()),
    },
    Macro {
        name: "ad_campaign_id",
        aliases: &[],
        help: "Id of the campaign inside the traffic source",
        example: "ac-10",
        origin: Visitor,
        argument: None,
        value: |c, out| out.push_some(c.visitor.parameters.ad_campaign_id.as_deref()),
    },
    Macro {
        name: "ip",
        aliases: &[],
        help: "Address of the visitor",
        example: "203.0.113.9",
        origin: Tracker,
        argument: None,
        value: |c, out| out.print(c.visitor.ip),
    },
    Macro {
        name: "country",
        aliases: &["country_code"],
        help: "Country code of the visitor",
        example: "DE",
        origin: Tracker,
        argument: Some(COUNTRY),
        value: |c, out| {
            out.push_some(c.visitor.place.country.as_ref().map(|code| code.as_str()));
        },
    },
    Macro {
        name: "country_name",
        aliases: &[],
        help: "Name of the visitor's country, in English",
        example: "Germany",
        origin: Tracker,
        argument: Some(Takes {
            example: "uk",
            gives: "%D0%9D%D1%96%D0%BC%D0%B5%D1%87%D1%87%D0%B8%D0%BD%D0%B0",
            ..COUNTRY
        }),
        value: |c, out| {
            let country = c.visitor.place.country.as_ref();
            let english = Countries::in_language("en");
            out.push_some(english.zip(country).map(|(names, one)| names.name(one)));
        },
    },
    Macro {
        name: "region",
        aliases: &["region_name"],
        help: "Region of the visitor, in English; needs a city base",
        example: "Bavaria",
        origin: Tracker,
        argument: Some(Takes {
            gives: "Bavaria",
            ..ENGLISH
        }),
        value: |c, out| out.push_some(c.visitor.place.region.as_deref()),
    },
    Macro {
        name: "city",
        aliases: &[],
        help: "City of the visitor, in English; needs a city base",
        example: "Munich",
        origin: Tracker,
        argument: Some(Takes {
            gives: "Munich",
            ..ENGLISH
        }),
        value: |c, out| out.push_some(c.visitor.place.city.as_deref()),
    },
    Macro {
        name: "isp",
        aliases: &["operator", "carrier"],
        help: "Internet provider of the visitor; needs an ISP or ASN base",
        example: "Vodafone",
        origin: Tracker,
        argument: Some(Takes {
            gives: "Vodafone",
            ..ENGLISH
        }),
        value: |c, out| out.push_some(c.visitor.place.isp.as_deref()),
    },
    Macro {
        name: "asn",
        aliases: &[],
        help: "Number of the visitor's network; needs an ASN base",
        example: "3209",
        origin: Tracker,
        argument: None,
        value: |c, out| number(out, c.visitor.place.asn.map(u64::from)),
    },
    Macro {
        name: "connection_type",
        aliases: &[],
        help: "cellular, broadband, corporate, dialup, satellite or hosting; needs a base that knows it",
        example: "cellular",
        origin: Tracker,
        argument: Some(Takes {
            gives: "cellular",
            read: language::connection,
            ..KIND
        }),
        value: |c, out| {
            out.push_some(c.visitor.place.connection_type.map(|kind| kind.as_str()));
        },
    },
    Macro {
        name: "is_using_proxy",
        aliases: &[],
        help: "1 if the address belongs to an anonymising network, else 0; needs a base that knows it",
        example: "1",
        origin: Tracker,
        argument: None,
        value: |c, out| flag(out, c.visitor.place.proxy.is_some()),
    },
    Macro {
        name: "proxy",
        aliases: &[],
        help: "vpn, hosting, proxy or tor, where the address belongs to such a network",
        example: "vpn",
        origin: Tracker,
        argument: None,
        value: |c, out| out.push_some(c.visitor.place.proxy.as_deref()),
    },
    Macro {
        name: "language",
        aliases: &[],
        help: "Preferred language of the browser",
        example: "de",
        origin: Visitor,
        argument: None,
        value: |c, out| out.push_some(c.visitor.language.as_ref().map(|code| code.as_str())),
    },
    Macro {
        name: "device_type",
        aliases: &[],
        help: "desktop, mobile, tablet, tv, console or other",
        example: "mobile",
        origin: Tracker,
        argument: Some(Takes {
            gives: "mobile",
            read: language::device,
            ..KIND
        }),
        value: |c, out| out.push(c.visitor.agent.device_type.as_str()),
    },
    Macro {
        name: "brand",
        aliases: &["device_brand"],
        help: "Maker of the device",
        example: "Samsung",
        origin: Visitor,
        argument: None,
        value: |c, out| out.push_some(c.visitor.agent.brand.as_deref()),
    },
    Macro {
        name: "model",
        aliases: &["device_model"],
        help: "Model of the device",
        example: "SM-S918B",
        origin: Visitor,
        argument: None,
        value: |c, out| out.push_some(c.visitor.agent.model.as_deref()),
    },
    Macro {
        name: "os",
        aliases: &[],
        help: "Operating system",
        example: "Android",
        origin: Visitor,
        argument: None,
        value: |c, out| out.push_some(c.visitor.agent.os.as_deref()),
    },
    Macro {
        name: "os_version",
        aliases: &[],
        help: "Version of the operating system",
        example: "14",
        origin: Visitor,
        argument: None,
        value: |c, out| out.push_some(c.visitor.agent.os_version.as_deref()),
    },
    Macro {
        name: "browser",
        aliases: &[],
        help: "Browser",
        example: "Chrome",
        origin: Visitor,
        argument: None,
        value: |c, out| out.push_some(c.visitor.agent.browser.as_deref()),
    },
    Macro {
        name: "browser_version",
        aliases: &[],
        help: "Version of the browser",
        example: "126.0",
        origin: Visitor,
        argument: None,
        value: |c, out| out.push_some(c.visitor.agent.browser_version.as_deref()),
    },
    Macro {
        name: "in_app",
        aliases: &[],
        help: "The app whose built-in browser this is: facebook, instagram, tiktok, telegram, ...",
        example: "facebook",
        origin: Visitor,
        argument: None,
        value: |c, out| out.push_some(c.visitor.agent.in_app.as_deref()),
    },
    Macro {
        name: "x_requested_with",
        aliases: &[],
        help: "Package name of the Android app that opened the link",
        example: "com.facebook.katana",
        origin: Visitor,
        argument: None,
        value: |c, out| out.push_some(c.visitor.agent.x_requested_with.as_deref()),
    },
    Macro {
        name: "user_agent",
        aliases: &["ua", "useragent"],
        help: "User agent as sent",
        example: "Mozilla%2F5.0",
        origin: Visitor,
        argument: None,
        value: |c, out| out.push(&c.visitor.agent.user_agent),
    },
    Macro {
        name: "referrer",
        aliases: &["referer"],
        help: "The page that the visitor came from, as sent",
        example: "https%3A%2F%2Fwww.google.com%2F",
        origin: Visitor,
        argument: None,
        value: |c, out| out.push_some(c.visitor.referrer.as_deref()),
    },
    Macro {
        name: "search_engine",
        aliases: &["se"],
        help: "The search engine that the visitor came from (google, yandex, bing, ...): the link's own parameter se, else by the referrer",
        example: "google",
        origin: Visitor,
        argument: None,
        value: |c, out| {
            let own = (c.parameters)("se").filter(|name| !name.is_empty());
            let found = || search_engine::of(c.visitor.referrer.as_deref()?);
            out.push_some(own.or_else(found));
        },
    },
    Macro {
        name: "is_bot",
        aliases: &[],
        help: "1 if the visitor is held to be a bot, else 0",
        example: "0",
        origin: Tracker,
        argument: None,
        value: |c, out| flag(out, c.visitor.bot.is_some()),
    },
    Macro {
        name: "is_unique_campaign",
        aliases: &["is_unique"],
        help: "1 if the visitor is new to the campaign, else 0",
        example: "1",
        origin: Tracker,
        argument: None,
        value: |c, out| unique(c, out, Within::Campaign),
    },
    Macro {
        name: "is_unique_flow",
        aliases: &["is_unique_stream"],
        help: "1 if the visitor is new to the flow, else 0",
        example: "0",
        origin: Tracker,
        argument: None,
        value: |c, out| unique(c, out, Within::Flow),
    },
    Macro {
        name: "is_unique_global",
        aliases: &[],
        help: "1 if the visitor is new to all campaigns, else 0",
        example: "0",
        origin: Tracker,
        argument: None,
        value: |c, out| unique(c, out, Within::Everywhere),
    },
    Macro {
        name: "current_domain",
        aliases: &["domain"],
        help: "Host name of the campaign link that was followed",
        example: "go.example.com",
        origin: Tracker,
        argument: None,
        value: |c, out| out.push(c.host),
    },
];

fn sub_id<const NUMBER: u8>(c: &MacroContext<'_>, out: &mut Encoder<'_>) {
    out.push_some(c.visitor.parameters.sub_id(NUMBER));
}

macro_rules! sub_ids {
    ($($number:literal)*) => {
        [$(Macro {
            name: concat!("sub_id_", $number),
            aliases: &[concat!("sub", $number), concat!("s", $number)],
            help: concat!("Free parameter ", $number, " of the traffic source"),
            example: concat!("free", $number),
            origin: Visitor,
            argument: None,
            value: sub_id::<$number>,
        }),*]
    };
}

static SUB_IDS: &[Macro; crate::domain::visitor::SUB_IDS] = &sub_ids!(
    1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30
);

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::macros::testing::Sample;
    use crate::macros::{Body, BodyKind, Template};

    #[test]
    fn names_and_aliases_are_unique_and_snake_case() {
        let mut seen = HashSet::new();
        for entry in all() {
            for name in std::iter::once(&entry.name).chain(entry.aliases) {
                assert!(seen.insert(*name), "{name} is there twice");
                assert!(
                    name.bytes()
                        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'),
                    "{name}"
                );
            }
            assert!(!entry.help.is_empty(), "{} has no help", entry.name);
        }
    }

    #[test]
    fn every_macro_expands_to_its_example_by_all_its_names() {
        let sample = Sample::new();
        for entry in all() {
            for name in std::iter::once(&entry.name).chain(entry.aliases) {
                let mut written = Vec::new();
                if let Some(takes) = &entry.argument {
                    assert!(!takes.help.is_empty(), "{name}");
                    written.push((format!("{name}:{}", takes.example), takes.gives));
                }
                if !entry.argument.as_ref().is_some_and(|takes| takes.required) {
                    written.push(((*name).to_owned(), entry.example));
                }
                for (written, expected) in written {
                    let (template, warnings) =
                        Template::parse(&format!("https://x/?v={{{written}}}"));

                    let out = sample.expand(&template);

                    assert_eq!(out, format!("https://x/?v={expected}"), "{written}");
                    assert_eq!(warnings, [], "{written}");
                }
            }
        }
    }

    #[test]
    fn every_macro_of_a_conversion_expands_to_its_example_in_outgoing_postbacks_only() {
        let sample = Sample::new();
        for entry in outgoing() {
            assert!(!entry.help.is_empty(), "{} has no help", entry.name);
            for name in std::iter::once(&entry.name).chain(entry.aliases) {
                let mut written = vec![((*name).to_owned(), entry.example)];
                if let Some(takes) = &entry.argument {
                    written.push((format!("{name}:{}", takes.example), takes.gives));
                }
                for (written, expected) in written {
                    let text = format!("https://x/?v={{{written}}}");
                    let (template, warnings) = Template::outgoing(&text);

                    let out = sample.expand(&template);

                    assert_eq!(out, format!("https://x/?v={expected}"), "{written}");
                    assert_eq!(warnings, [], "{written}");
                }
                let is_elsewhere = find(name).is_some();
                let (_, warnings) = Template::parse(&format!("https://x/?v={{{name}}}"));
                assert_eq!(warnings.is_empty(), is_elsewhere, "{name}");
            }
        }
    }

    #[test]
    fn every_macro_means_the_same_in_a_body() {
        let sample = Sample::new();
        for entry in all().filter(|entry| !entry.argument.as_ref().is_some_and(|a| a.required)) {
            let text = format!("{{{}}}", entry.name);
            let (body, warnings) = Body::parse(&text, BodyKind::Text, &[]);
            let mut out = String::new();

            body.expand(&sample.context(), &mut out);

            let plain = percent_encoding::percent_decode_str(entry.example).decode_utf8_lossy();
            assert_eq!(out, plain, "{text}");
            assert_eq!(warnings, [], "{text}");
        }
    }

    #[test]
    fn a_macro_without_the_argument_it_needs_is_refused() {
        for entry in all() {
            let is_refused =
                !Template::problems(&format!("https://x/?v={{{}}}", entry.name)).is_empty();
            let is_needed = entry.argument.as_ref().is_some_and(|takes| takes.required);
            assert_eq!(is_refused, is_needed, "{}", entry.name);
        }
    }

    #[test]
    fn names_are_found_in_any_case() {
        assert_eq!(find("Click_ID").map(|entry| entry.name), Some("click_id"));
        assert_eq!(find("SUB30").map(|entry| entry.name), Some("sub_id_30"));
        assert!(find("sub31").is_none());
    }
}
