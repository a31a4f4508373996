//! Every macro, one row each. `/api/v1/options` serves this table to pickers and help pages.

use chrono::{DateTime, Datelike};
use serde::Serialize;

use super::context::MacroContext;
use super::encode::Encoder;

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

/// All macros: the table below, then the sub ids.
pub fn all() -> impl Iterator<Item = &'static Macro> {
    TABLE.iter().chain(SUB_IDS)
}

fn number(out: &mut Encoder<'_>, id: Option<u64>) {
    if let Some(id) = id {
        out.print(id);
    }
}

use Origin::{Tracker, Visitor};

static TABLE: &[Macro] = &[
    Macro {
        name: "click_id",
        aliases: &["subid", "clickid"],
        help: "Our id of the click; the postback must bring it back",
        example: "06bk7w3r4t8m1n5q2x9z",
        origin: Tracker,
        value: |c, out| out.push(c.click_id),
    },
    Macro {
        name: "campaign_id",
        aliases: &["keitaro_campaign_id"],
        help: "Id of the campaign",
        example: "12",
        origin: Tracker,
        value: |c, out| out.print(c.campaign_id),
    },
    Macro {
        name: "campaign_name",
        aliases: &["keitaro_campaign_name"],
        help: "Name of the campaign",
        example: "US%20push",
        origin: Tracker,
        value: |c, out| out.push(c.campaign_name),
    },
    Macro {
        name: "flow_id",
        aliases: &["stream_id"],
        help: "Id of the flow that took the visitor",
        example: "34",
        origin: Tracker,
        value: |c, out| number(out, c.flow_id),
    },
    Macro {
        name: "landing_id",
        aliases: &[],
        help: "Id of the landing shown",
        example: "5",
        origin: Tracker,
        value: |c, out| number(out, c.landing_id),
    },
    Macro {
        name: "offer_id",
        aliases: &[],
        help: "Id of the offer chosen",
        example: "6",
        origin: Tracker,
        value: |c, out| number(out, c.offer_id),
    },
    Macro {
        name: "traffic_source_id",
        aliases: &["ts_id"],
        help: "Id of the traffic source of the campaign",
        example: "7",
        origin: Tracker,
        value: |c, out| number(out, c.traffic_source_id),
    },
    Macro {
        name: "external_id",
        aliases: &[],
        help: "The traffic source's own id of the click",
        example: "ext-1",
        origin: Visitor,
        value: |c, out| out.push_some(c.visitor.parameters.external_id.as_deref()),
    },
    Macro {
        name: "source",
        aliases: &[],
        help: "Site, zone or placement inside the traffic source",
        example: "zone7",
        origin: Visitor,
        value: |c, out| out.push_some(c.visitor.parameters.source.as_deref()),
    },
    Macro {
        name: "keyword",
        aliases: &[],
        help: "Keyword of the click",
        example: "red%20shoes",
        origin: Visitor,
        value: |c, out| out.push_some(c.visitor.parameters.keyword.as_deref()),
    },
    Macro {
        name: "creative_id",
        aliases: &[],
        help: "Id of the ad shown",
        example: "cr-8",
        origin: Visitor,
        value: |c, out| out.push_some(c.visitor.parameters.creative_id.as_deref()),
    },
    Macro {
        name: "ad_group_id",
        aliases: &[],
        help: "Id of the ad group or ad set",
        example: "ag-9",
        origin: Visitor,
        value: |c, out| out.push_some(c.visitor.parameters.ad_group_id.as_deref()),
    },
    Macro {
        name: "ad_campaign_id",
        aliases: &[],
        help: "Id of the campaign inside the traffic source",
        example: "ac-10",
        origin: Visitor,
        value: |c, out| out.push_some(c.visitor.parameters.ad_campaign_id.as_deref()),
    },
    Macro {
        name: "cost",
        aliases: &[],
        help: "What the click cost, as recorded",
        example: "0.015",
        origin: Tracker,
        value: |c, out| {
            if let Some(cost) = c.cost {
                out.print(cost.amount);
            }
        },
    },
    Macro {
        name: "currency",
        aliases: &[],
        help: "Currency of the cost",
        example: "USD",
        origin: Tracker,
        value: |c, out| {
            if let Some(cost) = c.cost {
                out.push(cost.currency.as_str());
            }
        },
    },
    Macro {
        name: "ip",
        aliases: &[],
        help: "Address of the visitor",
        example: "203.0.113.9",
        origin: Tracker,
        value: |c, out| out.print(c.visitor.ip),
    },
    Macro {
        name: "country",
        aliases: &["country_code"],
        help: "Country code of the visitor",
        example: "DE",
        origin: Tracker,
        value: |c, out| {
            out.push_some(c.visitor.place.country.as_ref().map(|code| code.as_str()));
        },
    },
    Macro {
        name: "region",
        aliases: &["region_name"],
        help: "Region of the visitor, in English; needs a city base",
        example: "Bavaria",
        origin: Tracker,
        value: |c, out| out.push_some(c.visitor.place.region.as_deref()),
    },
    Macro {
        name: "city",
        aliases: &[],
        help: "City of the visitor, in English; needs a city base",
        example: "Munich",
        origin: Tracker,
        value: |c, out| out.push_some(c.visitor.place.city.as_deref()),
    },
    Macro {
        name: "isp",
        aliases: &["operator", "carrier"],
        help: "Internet provider of the visitor; needs an ISP or ASN base",
        example: "Vodafone",
        origin: Tracker,
        value: |c, out| out.push_some(c.visitor.place.isp.as_deref()),
    },
    Macro {
        name: "asn",
        aliases: &[],
        help: "Number of the visitor's network; needs an ASN base",
        example: "3209",
        origin: Tracker,
        value: |c, out| number(out, c.visitor.place.asn.map(u64::from)),
    },
    Macro {
        name: "connection_type",
        aliases: &[],
        help: "cellular, broadband, corporate, dialup, satellite or hosting; needs a base that knows it",
        example: "cellular",
        origin: Tracker,
        value: |c, out| {
            out.push_some(c.visitor.place.connection_type.map(|kind| kind.as_str()));
        },
    },
    Macro {
        name: "language",
        aliases: &[],
        help: "Preferred language of the browser",
        example: "de",
        origin: Visitor,
        value: |c, out| out.push_some(c.visitor.language.as_ref().map(|code| code.as_str())),
    },
    Macro {
        name: "device_type",
        aliases: &[],
        help: "desktop, mobile, tablet, tv, console or other",
        example: "mobile",
        origin: Tracker,
        value: |c, out| out.push(c.visitor.agent.device_type.as_str()),
    },
    Macro {
        name: "brand",
        aliases: &["device_brand"],
        help: "Maker of the device",
        example: "Samsung",
        origin: Visitor,
        value: |c, out| out.push_some(c.visitor.agent.brand.as_deref()),
    },
    Macro {
        name: "model",
        aliases: &["device_model"],
        help: "Model of the device",
        example: "SM-S918B",
        origin: Visitor,
        value: |c, out| out.push_some(c.visitor.agent.model.as_deref()),
    },
    Macro {
        name: "os",
        aliases: &[],
        help: "Operating system",
        example: "Android",
        origin: Visitor,
        value: |c, out| out.push_some(c.visitor.agent.os.as_deref()),
    },
    Macro {
        name: "os_version",
        aliases: &[],
        help: "Version of the operating system",
        example: "14",
        origin: Visitor,
        value: |c, out| out.push_some(c.visitor.agent.os_version.as_deref()),
    },
    Macro {
        name: "browser",
        aliases: &[],
        help: "Browser",
        example: "Chrome",
        origin: Visitor,
        value: |c, out| out.push_some(c.visitor.agent.browser.as_deref()),
    },
    Macro {
        name: "browser_version",
        aliases: &[],
        help: "Version of the browser",
        example: "126.0",
        origin: Visitor,
        value: |c, out| out.push_some(c.visitor.agent.browser_version.as_deref()),
    },
    Macro {
        name: "user_agent",
        aliases: &["ua", "useragent"],
        help: "User agent as sent",
        example: "Mozilla%2F5.0",
        origin: Visitor,
        value: |c, out| out.push(&c.visitor.agent.user_agent),
    },
    Macro {
        name: "referrer",
        aliases: &["referer"],
        help: "The page that the visitor came from, as sent",
        example: "https%3A%2F%2Fnews.example%2F",
        origin: Visitor,
        value: |c, out| out.push_some(c.visitor.referrer.as_deref()),
    },
    Macro {
        name: "is_bot",
        aliases: &[],
        help: "1 if the visitor is held to be a bot, else 0",
        example: "0",
        origin: Tracker,
        value: |c, out| out.push(if c.visitor.bot.is_some() { "1" } else { "0" }),
    },
    Macro {
        name: "current_domain",
        aliases: &[],
        help: "Host name of the campaign link that was followed",
        example: "go.example.com",
        origin: Tracker,
        value: |c, out| out.push(c.host),
    },
    Macro {
        name: "timestamp",
        aliases: &[],
        help: "Time of the click, seconds since 1970 UTC",
        example: "1767323045",
        origin: Tracker,
        value: |c, out| out.print(c.at.div_euclid(1000)),
    },
    Macro {
        name: "date",
        aliases: &[],
        help: "Day of the click in UTC",
        example: "2026-01-02",
        origin: Tracker,
        value: |c, out| {
            if let Some(at) = DateTime::from_timestamp_millis(c.at) {
                out.print(format_args!(
                    "{:04}-{:02}-{:02}",
                    at.year(),
                    at.month(),
                    at.day()
                ));
            }
        },
    },
    Macro {
        name: "random",
        aliases: &[],
        help: "Eight random digits, the same wherever they stand in one link",
        example: "00004711",
        origin: Tracker,
        value: |c, out| out.print(format_args!("{:08}", c.random % 100_000_000)),
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
    use crate::macros::Template;
    use crate::macros::testing::Sample;

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
                let (template, warnings) = Template::parse(&format!("https://x/?v={{{name}}}"));
                let mut out = String::new();

                template.expand(&sample.context(), &mut out);

                assert_eq!(out, format!("https://x/?v={}", entry.example), "{name}");
                assert_eq!(warnings, [], "{name}");
            }
        }
    }

    #[test]
    fn names_are_found_in_any_case() {
        assert_eq!(find("Click_ID").map(|entry| entry.name), Some("click_id"));
        assert_eq!(find("SUB30").map(|entry| entry.name), Some("sub_id_30"));
        assert!(find("sub31").is_none());
    }
}
