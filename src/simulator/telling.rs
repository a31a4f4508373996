//! A decision in words.

use serde_json::{Value, json};

use crate::domain::flow::{FlowKind, Mode, ReplyKind};
use crate::domain::state::State;
use crate::domain::visitor::Visitor;
use crate::engine::Catalog;
use crate::engine::trace::{Bound, Dropped, NotFound, Odds, PassedOver, Step};

/// One step as a sentence.
pub(super) fn sentence(step: &Step, catalog: &Catalog) -> String {
    let names = Names(catalog);
    match step {
        Step::Campaign { campaign_id } => format!("{} decides.", names.campaign(*campaign_id)),
        Step::CampaignNotActive { campaign_id, state } => format!(
            "{} is {}, so its fallback takes over.",
            names.campaign(*campaign_id),
            match state {
                State::Active => "active",
                State::Paused => "paused",
                State::Archived => "archived",
            }
        ),
        Step::FlowPassedOver { flow_id, why } => {
            format!("{} takes no part: {}.", names.flow(*flow_id), passed(*why))
        }
        Step::FlowConsidered {
            flow_id,
            kind,
            drawn,
        } => {
            let kind = match kind {
                FlowKind::Forced => "forced",
                FlowKind::Regular => "regular",
                FlowKind::Default => "default",
            };
            let drawn = drawn.map_or(String::new(), |odds| format!(", drawn {}", share(odds)));
            format!("{} is asked ({kind}{drawn}).", names.flow(*flow_id))
        }
        Step::Filter {
            key,
            mode,
            visitor,
            accepts,
            ..
        } => {
            let mode = match mode {
                Mode::Accept => "accept",
                Mode::Reject => "reject",
            };
            let verdict = if *accepts { "passes" } else { "does not pass" };
            let seen = if visitor.is_empty() {
                "nothing"
            } else {
                visitor
            };
            format!("Filter {key} ({mode}): the visitor has {seen} and {verdict}.")
        }
        Step::FlowRejected { flow_id } => format!("{} rejects.", names.flow(*flow_id)),
        Step::FlowChosen { flow_id } => format!("{} is chosen.", names.flow(*flow_id)),
        Step::BoundFlow { flow_id } => {
            format!("The visitor is bound to {}.", names.flow(*flow_id))
        }
        Step::BoundLanding { landing_id } => {
            format!("The visitor is bound to {}.", names.landing(*landing_id))
        }
        Step::BoundOffer { offer_id } => {
            format!("The visitor is bound to {}.", names.offer(*offer_id))
        }
        Step::BindingDropped { of, id, why } => {
            let bound = match of {
                Bound::Flow => names.flow(*id),
                Bound::Landing => names.landing(*id),
                Bound::Offer => names.offer(*id),
            };
            let why = match why {
                Dropped::NotLive => "it takes no part any more",
                Dropped::Rejected => "its filters reject the visitor now",
            };
            format!("The binding to {bound} is dropped: {why}.")
        }
        Step::LandingDrawn { landing_id, odds } => {
            format!("{} is drawn {}.", names.landing(*landing_id), share(*odds))
        }
        Step::OfferDrawn { offer_id, odds } => {
            format!("{} is drawn {}.", names.offer(*offer_id), share(*odds))
        }
        Step::CampaignSpent { campaign_id } => format!(
            "The budget of {} is spent, so its fallback takes over.",
            names.campaign(*campaign_id)
        ),
        Step::OfferFull { offer_id } => {
            format!(
                "{} has all conversions of its cap today.",
                names.offer(*offer_id)
            )
        }
        Step::OverflowOffer { offer_id } => {
            format!("Its overflow is {}.", names.offer(*offer_id))
        }
        Step::FlowFull { flow_id } => {
            format!(
                "All offers of {} are full, so the next flow is asked.",
                names.flow(*flow_id)
            )
        }
        Step::Reply { reply } => {
            let word = ReplyKind::ALL.iter().find(|(_, kind)| kind == reply);
            let word = word.map_or("reply", |(word, _)| word);
            format!("The flow answers by itself ({word}).")
        }
        Step::Jump { campaign_id, .. } => format!(
            "The flow sends the visitor on to {}.",
            names.campaign(*campaign_id)
        ),
        Step::JumpRefused { campaign_id, .. } => format!(
            "The flow would send the visitor on to {}, where he was already or once too often; the \
             next flow is asked.",
            names.campaign(*campaign_id)
        ),
        Step::NoFlow { campaign_id } => format!(
            "No flow of {} takes the visitor; its fallback does.",
            names.campaign(*campaign_id)
        ),
        Step::FallbackCampaign { campaign_id } => {
            format!("The fallback leads to {}.", names.campaign(*campaign_id))
        }
        Step::FallbackRedirect => "The fallback's address takes the visitor.".to_owned(),
        Step::NotFound { why } => format!("The answer is \"not found\": {}.", nothing(*why)),
    }
}

fn passed(why: PassedOver) -> &'static str {
    match why {
        PassedOver::Paused => "it is paused",
        PassedOver::Archived => "it is archived",
        PassedOver::NoWeight => "its weight is 0",
        PassedOver::NoLiveTarget => "none of its landings, or of its offers, is live",
        PassedOver::Broken => "it has problems that saving would refuse",
    }
}

fn nothing(why: NotFound) -> &'static str {
    match why {
        NotFound::Chosen => "the fallback says so",
        NotFound::MissingCampaign => "the campaign of the fallback is not there",
        NotFound::TooManyJumps => "campaigns lead on to each other without end",
    }
}

/// `with 30 of 100 (30.0 %)`.
fn share(odds: Odds) -> String {
    let percent = odds.weight as f64 * 100.0 / odds.of.max(1) as f64;
    format!("with {} of {} ({percent:.1} %)", odds.weight, odds.of)
}

/// Ids with their names.
struct Names<'c>(&'c Catalog);

impl Names<'_> {
    fn campaign(&self, id: u64) -> String {
        let found = self.0.campaign_by_id(id);
        named("Campaign", id, found.map(|one| one.document.name.as_str()))
    }

    fn flow(&self, id: u64) -> String {
        named("Flow", id, self.0.flow_name(id))
    }

    fn landing(&self, id: u64) -> String {
        let found = self.0.landing(id);
        named("Landing", id, found.map(|one| one.document.name.as_str()))
    }

    fn offer(&self, id: u64) -> String {
        let found = self.0.offer(id);
        named("Offer", id, found.map(|one| one.document.name.as_str()))
    }
}

fn named(what: &str, id: u64, name: Option<&str>) -> String {
    match name {
        Some(name) => format!("{what} {id} \"{name}\""),
        None => format!("{what} {id}"),
    }
}

/// What is known about a visitor, under the names of the click log.
pub(super) fn facts(visitor: &Visitor) -> Value {
    let (agent, place) = (&visitor.agent, &visitor.place);
    let mut facts = json!({
        "ip": visitor.ip.to_string(),
        "country": place.country,
        "region": place.region,
        "city": place.city,
        "isp": place.isp,
        "asn": place.asn,
        "connection_type": place.connection_type,
        "proxy": place.proxy,
        "user_agent": agent.user_agent,
        "device_type": agent.device_type,
        "brand": agent.brand,
        "model": agent.model,
        "os": agent.os,
        "os_version": agent.os_version,
        "browser": agent.browser,
        "browser_version": agent.browser_version,
        "in_app": agent.in_app,
        "x_requested_with": agent.x_requested_with,
        "language": visitor.language,
        "referrer": visitor.referrer,
        "is_bot": visitor.bot.is_some(),
        "bot_reason": visitor.bot.as_ref().map(|bot| bot.reason),
        "others": visitor.parameters.others,
    });
    let parameters = &visitor.parameters;
    for (name, value) in [
        ("external_id", &parameters.external_id),
        ("source", &parameters.source),
        ("keyword", &parameters.keyword),
        ("creative_id", &parameters.creative_id),
        ("ad_group_id", &parameters.ad_group_id),
        ("ad_campaign_id", &parameters.ad_campaign_id),
        ("cost", &parameters.cost),
        ("currency", &parameters.currency),
    ] {
        facts[name] = json!(value);
    }
    for (number, value) in &parameters.sub_ids {
        facts[format!("sub_id_{number}")] = json!(value);
    }
    facts
}
