//! What is asked of the simulator.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use serde_json::Value;

use crate::detect::request::{ClickRequest, Headers};
use crate::domain::form::Form;
use crate::domain::problem::Problem;
use crate::domain::visitor::{
    Bot, BotReason, ConnectionType, Country, DeviceType, Language, Visitor,
};
use crate::engine::visit::{Choices, Seen};

/// Most draws of one question.
const DRAWS_MAX: u64 = 100_000;

/// A visit that was made up. What is left out is as with a browser that says nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    pub campaign_id: Option<u64>,
    pub host: String,
    pub alias: String,
    /// The link's query, without `?`.
    pub query: String,
    pub ip: IpAddr,
    /// Lower-case names.
    pub headers: Vec<(String, String)>,
    /// UTC milliseconds; now if left out.
    pub at: Option<i64>,
    pub facts: Facts,
    pub seen: Seen,
    pub seed: u64,
    /// How many decisions are made; the last one is told.
    pub draws: u64,
}

/// Facts that count instead of what detection finds. `unknown` takes a fact away.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Facts {
    country: Option<Option<Country>>,
    region: Option<Option<String>>,
    city: Option<Option<String>>,
    isp: Option<Option<String>>,
    asn: Option<u32>,
    connection_type: Option<ConnectionType>,
    proxy: Option<Option<String>>,
    device_type: Option<DeviceType>,
    brand: Option<Option<String>>,
    model: Option<Option<String>>,
    os: Option<Option<String>>,
    os_version: Option<Option<String>>,
    browser: Option<Option<String>>,
    browser_version: Option<Option<String>>,
    in_app: Option<Option<String>>,
    language: Option<Option<Language>>,
    bot: Option<Option<BotReason>>,
}

impl Question {
    /// Reads a question, or all its problems at once.
    pub fn read(document: &Value) -> Result<Self, Vec<Problem>> {
        Form::read(document, Self::from_form)
    }

    fn from_form(form: &mut Form<'_>) -> Self {
        let campaign_id = form.id("campaign_id");
        let link = form.text("link");
        if campaign_id.is_none() && link.is_empty() {
            form.missing(
                "link",
                "Which campaign? Send campaign_id, or link: an alias or a whole campaign link.",
            );
        }
        let (host, path, query) = parts(link);
        let query = match form.text("query") {
            "" => query,
            text => text.trim_start_matches('?'),
        };
        let ip = match form.text("ip") {
            "" => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            text => form.checked(
                "ip",
                text.parse()
                    .map_err(|_| format!("\"{text}\" is no IP address.")),
                || IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            ),
        };
        let mut headers = read_headers(form);
        for (field, header) in [
            ("user_agent", "user-agent"),
            ("referrer", "referer"),
            ("accept_language", "accept-language"),
            ("x_requested_with", "x-requested-with"),
        ] {
            let text = form.text(field);
            if !text.is_empty() {
                headers.retain(|(name, _)| name != header);
                headers.push((header.to_owned(), text.to_owned()));
            }
        }
        Question {
            campaign_id,
            host: host.to_owned(),
            alias: path.trim_matches('/').to_owned(),
            query: query.to_owned(),
            ip,
            headers,
            at: read_time(form),
            facts: form.object("facts", Facts::read).unwrap_or_default(),
            seen: form.object("seen", read_seen).unwrap_or_default(),
            seed: form.integer("seed", 0..=u64::MAX, 0),
            draws: form.integer("draws", 1..=DRAWS_MAX, 1),
        }
    }

    pub(super) fn headers(&self) -> Headers<'_> {
        let headers = self.headers.iter();
        Headers::new(headers.map(|(name, value)| (name.as_str(), value.as_bytes())))
    }

    pub(super) fn request<'q>(&'q self, at: i64, headers: &Headers<'q>) -> ClickRequest<'q> {
        ClickRequest {
            at,
            peer: self.ip,
            host: &self.host,
            query: &self.query,
            headers: headers.clone(),
        }
    }
}

/// `https://host/alias?query`, `/alias?query` or `alias?query` -> host, path, query.
fn parts(link: &str) -> (&str, &str, &str) {
    let link = link.split('#').next().unwrap_or_default();
    let (address, query) = link.split_once('?').unwrap_or((link, ""));
    match address.split_once("://") {
        Some((_, rest)) => {
            let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
            (host, path, query)
        }
        None => ("", address, query),
    }
}

fn read_headers(form: &mut Form<'_>) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    let Some(value) = form.value("headers") else {
        return headers;
    };
    let Some(fields) = value.as_object() else {
        let message = "An object is expected here: {\"name\": \"value\"}.";
        form.problem("headers", "invalid", message);
        return headers;
    };
    for (name, value) in fields {
        match value.as_str() {
            Some(text) => headers.push((name.to_ascii_lowercase(), text.to_owned())),
            None => {
                let short: String = name.chars().take(100).collect();
                form.problem(
                    &format!("headers.{short}"),
                    "invalid",
                    "A header is a text.",
                );
            }
        }
    }
    headers
}

/// Milliseconds, or a time with its zone: `2026-11-21T10:00:00+02:00`.
fn read_time(form: &mut Form<'_>) -> Option<i64> {
    let value = form.value("at")?;
    if let Some(at) = value.as_i64() {
        return Some(at);
    }
    let parsed = value
        .as_str()
        .and_then(|text| chrono::DateTime::parse_from_rfc3339(text.trim()).ok());
    if parsed.is_none() {
        form.problem(
            "at",
            "invalid",
            format!(
                "{value} is no time; write 2026-11-21T10:00:00+02:00, or milliseconds since 1970."
            ),
        );
    }
    parsed.map(|time| time.timestamp_millis())
}

fn read_seen(form: &mut Form<'_>) -> Seen {
    let ids = form.ids("flow_ids", 1_000);
    let choices = form.object("choices", |form| Choices {
        flow_id: form.required_id("flow_id"),
        landing_id: form.id("landing_id"),
        offer_id: form.id("offer_id"),
    });
    let in_flows = !ids.is_empty() || choices.is_some();
    let in_campaign = form.boolean("in_campaign", in_flows);
    Seen {
        in_campaign,
        anywhere: form.boolean("anywhere", in_campaign),
        flows: ids.iter().fold(0, |bits, id| bits | Seen::bit(*id)),
        choices,
    }
}

impl Facts {
    fn read(form: &mut Form<'_>) -> Self {
        let country = read(form, "country", |text| {
            Country::parse(text)
                .ok_or_else(|| format!("\"{text}\" is no country code of two letters, such as US."))
        });
        let language = read(form, "language", |text| {
            Language::parse(text).ok_or_else(|| {
                format!("\"{text}\" is no language code of two or three letters, such as en.")
            })
        });
        let mut text = |key| read(form, key, |text| Ok(text.to_owned()));
        Facts {
            country,
            language,
            region: text("region"),
            city: text("city"),
            isp: text("isp"),
            proxy: text("proxy"),
            brand: text("brand"),
            model: text("model"),
            os: text("os"),
            os_version: text("os_version"),
            browser: text("browser"),
            browser_version: text("browser_version"),
            in_app: text("in_app"),
            asn: form
                .value("asn")
                .map(|_| form.integer("asn", 0..=u64::from(u32::MAX), 0) as u32),
            connection_type: word(form, "connection_type", ConnectionType::ALL),
            device_type: word(form, "device_type", DeviceType::ALL),
            bot: match form.value("bot") {
                None => None,
                Some(Value::Bool(false)) => Some(None),
                Some(_) => word(form, "bot", BotReason::ALL).map(Some),
            },
        }
    }

    /// Puts these facts in the place of those that were observed.
    pub(super) fn overrule(&self, visitor: &mut Visitor) {
        let facts = self.clone();
        let place = Arc::make_mut(&mut visitor.place);
        put(&mut place.country, facts.country);
        put(&mut place.region, facts.region);
        put(&mut place.city, facts.city);
        put(&mut place.isp, facts.isp);
        put(&mut place.asn, facts.asn.map(Some));
        put(&mut place.connection_type, facts.connection_type.map(Some));
        put(&mut place.proxy, facts.proxy);
        let agent = Arc::make_mut(&mut visitor.agent);
        put(&mut agent.device_type, facts.device_type);
        put(&mut agent.brand, facts.brand);
        put(&mut agent.model, facts.model);
        put(&mut agent.os, facts.os);
        put(&mut agent.os_version, facts.os_version);
        put(&mut agent.browser, facts.browser);
        put(&mut agent.browser_version, facts.browser_version);
        put(&mut agent.in_app, facts.in_app);
        put(&mut visitor.language, facts.language);
        let bot = facts.bot.map(|reason| {
            reason.map(|reason| Bot {
                reason,
                detail: "simulated".to_owned(),
            })
        });
        put(&mut visitor.bot, bot);
    }
}

fn put<T>(place: &mut T, fact: Option<T>) {
    if let Some(fact) = fact {
        *place = fact;
    }
}

/// A fact as a text; `unknown` is the fact that it is not known.
fn read<T>(
    form: &mut Form<'_>,
    key: &'static str,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Option<Option<T>> {
    match form.text(key) {
        "" => None,
        "unknown" => Some(None),
        text => Some(form.checked(key, parse(text).map(Some), || None)),
    }
}

fn word<T: Copy>(form: &mut Form<'_>, key: &'static str, all: &[(&'static str, T)]) -> Option<T> {
    form.value(key)?;
    let first = all.first()?.1;
    Some(form.choice(key, all, first))
}
