//! The known facts about who clicked.
//!
//! What repeats from visitor to visitor is shared: an [`Agent`] is a user agent and all that
//! follows from it, a [`Place`] is a network location and all that follows from it. Both carry a
//! fingerprint, by which the store keeps each of them once.

use std::net::IpAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Everything that `detect` found out about one request.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// The client's own address, behind trusted proxies.
    pub ip: IpAddr,
    pub place: Arc<Place>,
    pub agent: Arc<Agent>,
    /// Preferred language, ISO 639 lower-case (`en`, `uk`, `fil`), from `Accept-Language`.
    pub language: Option<Language>,
    /// The `Referer` header as sent (lossy UTF-8, at most 1,024 bytes), if any.
    pub referrer: Option<String>,
    /// Why the visitor is held to be a bot, if so.
    pub bot: Option<Bot>,
    /// Click parameters under our names, after the aliases and the campaign's own names.
    pub parameters: Parameters,
}

impl Visitor {
    /// Somebody may come later: so far only a preview of the link was made.
    pub fn is_preview(&self) -> bool {
        let bot = self.bot.as_ref();
        bot.is_some_and(|bot| bot.reason == BotReason::Prefetch)
    }
}

/// ISO 639 code: two or three lower-case letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Language([u8; 3]);

impl Language {
    /// `en`, `EN`, `fil`; anything else is `None`. Codes that were renamed get their new name, since
    /// Android still sends `iw` for `he`, `in` for `id` and `ji` for `yi`.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if !(2..=3).contains(&bytes.len()) || !bytes.iter().all(u8::is_ascii_alphabetic) {
            return None;
        }
        let mut code = [0; 3];
        for (to, from) in code.iter_mut().zip(bytes) {
            *to = from.to_ascii_lowercase();
        }
        Some(Self(match &code {
            b"iw\0" => *b"he\0",
            b"in\0" => *b"id\0",
            b"ji\0" => *b"yi\0",
            _ => code,
        }))
    }

    pub fn as_str(&self) -> &str {
        let len = if self.0[2] == 0 { 2 } else { 3 };
        std::str::from_utf8(&self.0[..len]).unwrap_or_default()
    }
}

impl From<Language> for String {
    fn from(language: Language) -> String {
        language.as_str().to_owned()
    }
}

impl TryFrom<String> for Language {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Language::parse(&text)
            .ok_or_else(|| format!("\"{text}\" is not a language code of two or three letters"))
    }
}

/// A user agent and all that follows from it (with the client hints sent beside it).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Agent {
    /// Keyed 128-bit hash of the user agent and the hints: the identity of this record.
    pub fingerprint: u128,
    /// As sent, lossy UTF-8, at most 1,024 bytes.
    pub user_agent: String,
    pub device_type: DeviceType,
    /// `Samsung`, `Apple`, ...
    pub brand: Option<String>,
    /// `SM-S918B`, `iPhone`, `iPad`, ...
    pub model: Option<String>,
    /// `Android`, `iOS`, `Windows`, `macOS`, `Linux`, `ChromeOS`, ...
    pub os: Option<String>,
    pub os_version: Option<String>,
    /// `Chrome`, `Safari`, `Samsung Internet`, `Facebook`, ...
    pub browser: Option<String>,
    pub browser_version: Option<String>,
    /// The app whose web view this is: `facebook`, `instagram`, `tiktok`, `telegram`, `webview`, ...
    pub in_app: Option<String>,
    /// The `X-Requested-With` header: package name of an Android app.
    pub x_requested_with: Option<String>,
    /// What the user agent alone says about being a bot.
    pub bot: Option<Bot>,
}

/// Kind of device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceType {
    Desktop,
    Mobile,
    Tablet,
    Tv,
    Console,
    #[default]
    Other,
}

impl DeviceType {
    pub const ALL: &'static [(&'static str, DeviceType)] = &[
        ("desktop", DeviceType::Desktop),
        ("mobile", DeviceType::Mobile),
        ("tablet", DeviceType::Tablet),
        ("tv", DeviceType::Tv),
        ("console", DeviceType::Console),
        ("other", DeviceType::Other),
    ];

    pub fn as_str(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, kind)| *kind == self)
            .map_or("other", |(word, _)| word)
    }
}

/// Why a visitor is held to be a bot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bot {
    pub reason: BotReason,
    /// What gave it away: the matching pattern, the operator's list entry; may be empty.
    pub detail: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BotReason {
    /// A crawler that names itself in its user agent.
    Crawler,
    /// curl, python-requests, headless browsers and other tools.
    Tool,
    /// No user agent at all.
    EmptyUserAgent,
    /// A link preview or in-app preloading.
    Prefetch,
    /// On the operator's list of addresses.
    IpList,
    /// On the operator's list of user agents.
    UserAgentList,
}

impl BotReason {
    pub const ALL: &'static [(&'static str, BotReason)] = &[
        ("crawler", BotReason::Crawler),
        ("tool", BotReason::Tool),
        ("empty_user_agent", BotReason::EmptyUserAgent),
        ("prefetch", BotReason::Prefetch),
        ("ip_list", BotReason::IpList),
        ("user_agent_list", BotReason::UserAgentList),
    ];

    pub fn as_str(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, reason)| *reason == self)
            .map_or("", |(word, _)| word)
    }

    /// The number it is stored under: its place in [`Self::ALL`], from 1. New reasons go to the
    /// end of that list.
    pub fn code(self) -> u8 {
        let place = Self::ALL.iter().position(|(_, reason)| *reason == self);
        place.map_or(0, |place| place as u8 + 1)
    }

    /// The reason stored under a number; `None` for 0.
    pub fn of_code(code: u8) -> Option<Self> {
        let place = usize::from(code.checked_sub(1)?);
        Self::ALL.get(place).map(|(_, reason)| *reason)
    }
}

/// A network location and all that follows from it. Every fact may be missing: bases differ.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Place {
    /// Keyed 128-bit hash of all fields below: the identity of this record.
    pub fingerprint: u128,
    /// Upper-case ISO 3166-1 alpha-2.
    pub country: Option<Country>,
    /// Name of the first subdivision, in English.
    pub region: Option<String>,
    pub city: Option<String>,
    /// Provider's name: from an ISP base, else the organisation of the ASN.
    pub isp: Option<String>,
    pub asn: Option<u32>,
    pub connection_type: Option<ConnectionType>,
    /// Anonymising network, from an Anonymous-IP base: `vpn`, `hosting`, `proxy`, `tor`.
    pub proxy: Option<String>,
}

/// Upper-case ISO 3166-1 alpha-2 code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country([u8; 2]);

impl Country {
    /// Two ASCII letters in any case; anything else is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        match text.as_bytes() {
            [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
                Some(Self([a.to_ascii_uppercase(), b.to_ascii_uppercase()]))
            }
            _ => None,
        }
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl From<Country> for String {
    fn from(country: Country) -> String {
        country.as_str().to_owned()
    }
}

impl TryFrom<String> for Country {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Country::parse(&text).ok_or_else(|| format!("\"{text}\" is not a two-letter country code"))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionType {
    Cellular,
    /// Fixed line of a home: cable, DSL, fibre.
    Broadband,
    Corporate,
    Dialup,
    Satellite,
    /// A data centre.
    Hosting,
}

impl ConnectionType {
    pub const ALL: &'static [(&'static str, ConnectionType)] = &[
        ("cellular", ConnectionType::Cellular),
        ("broadband", ConnectionType::Broadband),
        ("corporate", ConnectionType::Corporate),
        ("dialup", ConnectionType::Dialup),
        ("satellite", ConnectionType::Satellite),
        ("hosting", ConnectionType::Hosting),
    ];

    pub fn as_str(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, kind)| *kind == self)
            .map_or("", |(word, _)| word)
    }
}

/// How many free parameters a click has.
pub const SUB_IDS: usize = 30;

/// Click parameters under our names. Empty values are absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameters {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keyword: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creative_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ad_group_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ad_campaign_id: Option<String>,
    /// As sent; `engine` decides what it is worth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// (number 1..=30, value), ascending by number, empty ones left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sub_ids: Vec<(u8, String)>,
    /// Parameters that no name of ours claims, as sent, in order; at most 1,024 bytes in all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<(String, String)>,
}

impl Parameters {
    /// Sub id `number` (1..=30), if the click has it.
    pub fn sub_id(&self, number: u8) -> Option<&str> {
        self.sub_ids
            .iter()
            .find(|(at, _)| *at == number)
            .map(|(_, value)| value.as_str())
    }

    /// The first of the others with exactly this name.
    pub fn other(&self, name: &str) -> Option<&str> {
        let mut others = self.others.iter();
        let found = others.find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}
