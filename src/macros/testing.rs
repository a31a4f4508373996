//! A click about which everything is known: its facts are the examples of the macro table.

use std::collections::HashMap;
use std::sync::Arc;

use super::context::{Facts, MacroContext, Named, Parent, Told, Within};
use crate::domain::click::ClickCost;
use crate::domain::money::{Currency, Micros};
use crate::domain::offer::{Payout, PayoutKind};
use crate::domain::visitor::{
    Agent, ConnectionType, Country, DeviceType, Language, Parameters, Place, Visitor,
};

pub(crate) struct Sample {
    pub(crate) visitor: Visitor,
    pub(crate) query: HashMap<String, String>,
}

impl Sample {
    pub(crate) fn new() -> Self {
        let text = |value: &str| Some(value.to_owned());
        Self {
            visitor: Visitor {
                ip: "203.0.113.9".parse().expect("an address"),
                place: Arc::new(Place {
                    fingerprint: 1,
                    country: Country::parse("DE"),
                    region: text("Bavaria"),
                    city: text("Munich"),
                    isp: text("Vodafone"),
                    asn: Some(3209),
                    connection_type: Some(ConnectionType::Cellular),
                    proxy: text("vpn"),
                }),
                agent: Arc::new(Agent {
                    fingerprint: 2,
                    user_agent: "Mozilla/5.0".to_owned(),
                    device_type: DeviceType::Mobile,
                    brand: text("Samsung"),
                    model: text("SM-S918B"),
                    os: text("Android"),
                    os_version: text("14"),
                    browser: text("Chrome"),
                    browser_version: text("126.0"),
                    in_app: text("facebook"),
                    x_requested_with: text("com.facebook.katana"),
                    ..Agent::default()
                }),
                language: Language::parse("de"),
                referrer: text("https://www.google.com/"),
                bot: None,
                parameters: Parameters {
                    external_id: text("ext-1"),
                    source: text("zone7"),
                    keyword: text("red shoes"),
                    creative_id: text("cr-8"),
                    ad_group_id: text("ag-9"),
                    ad_campaign_id: text("ac-10"),
                    sub_ids: (1..=30).map(|n| (n, format!("free{n}"))).collect(),
                    ..Parameters::default()
                },
            },
            query: HashMap::new(),
        }
    }

    /// With one more parameter in the query of the link.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.query.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Expands a template in this sample's context.
    pub(crate) fn expand(&self, template: &super::Template) -> String {
        let mut out = String::new();
        self.with_context(|context| template.expand(context, &mut out));
        out
    }

    /// Gives the context with the query's parameters away.
    pub(crate) fn with_context(&self, take: impl FnOnce(&MacroContext<'_>)) {
        let parameters = |name: &str| self.query.get(name).map(String::as_str);
        take(&MacroContext {
            parameters: &parameters,
            ..self.context()
        });
    }

    /// The context without the query's own parameters.
    pub(crate) fn context(&self) -> MacroContext<'_> {
        MacroContext {
            click_id: "06bk7w3r4t8m1n5q2x9z",
            at: 1_767_323_045_678,
            campaign_id: 12,
            campaign_name: "US push",
            flow_id: Some(34),
            landing_id: Some(5),
            offer_id: Some(6),
            traffic_source_id: Some(7),
            parent: Some(Parent {
                campaign_id: 11,
                click_id: "06bk7w3r4t8m1n5q2x9a",
            }),
            visitor: &self.visitor,
            cost: Some(ClickCost {
                amount: Micros(15_000),
                currency: Currency::USD,
                fell_back: false,
            }),
            host: "go.example.com",
            random: 4_711,
            parameters: &|_| None,
            facts: &SampleFacts,
        }
    }
}

/// What has to be looked up about the sample. One US dollar is 0.9 euro; no other rate is known.
struct SampleFacts;

impl Facts for SampleFacts {
    fn name(&self, of: Named) -> Option<&str> {
        Some(match of {
            Named::Flow => "phones",
            Named::Landing => "Quiz page",
            Named::Offer => "Keto DE",
            Named::Network => "Example Network",
            Named::TrafficSource => "Example Ads",
        })
    }

    fn payout(&self) -> Option<&Payout> {
        const PAYOUT: Payout = Payout {
            kind: PayoutKind::Fixed,
            value: Micros(5_000_000),
            currency: Currency::USD,
        };
        Some(&PAYOUT)
    }

    fn conversion(&self) -> Option<&Told<'_>> {
        const TOLD: Told<'_> = Told {
            id: "1234567890123456789",
            at: 1_767_409_445_678,
            status_at: 1_767_495_845_678,
            event: "conversion",
            status: "sale",
            previous_status: Some("lead"),
            original_status: Some("approved"),
            tid: Some("tx-1"),
            revenue: Some((Micros(5_000_000), Currency::USD)),
            profit: Some((Micros(4_985_000), Currency::USD)),
            sale_amount: Some((Micros(49_900_000), Currency::USD)),
        };
        Some(&TOLD)
    }

    fn is_unique(&self, within: Within) -> Option<bool> {
        Some(within == Within::Campaign)
    }

    fn visitor(&self) -> Option<u64> {
        Some(0x1f_3870_be27_4f6c)
    }

    fn converted(&self, amount: Micros, from: Currency, to: Currency) -> Option<Micros> {
        let is_known = from == Currency::USD && to.as_str() == "EUR";
        is_known.then(|| amount.scaled(9, 10))?
    }
}
