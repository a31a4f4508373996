//! The facts of one record, whatever its layout.
//!
//! MaxMind nests (`country.iso_code`, `subdivisions[0].names.en`), ip-location-db and IPinfo are
//! flat (`country_code`, `asn: "AS15169"`). A record is read into a plain [`Value`] and each fact
//! has a list of paths, of which the first readable one counts; so every base is read for every
//! fact, and a new layout is a new path. This runs only for records that the cache does not know.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::domain::visitor::{ConnectionType, Country};

/// What one record says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    pub country: Option<Country>,
    pub region: Option<String>,
    pub city: Option<String>,
    pub isp: Option<String>,
    /// Who runs the autonomous system: the provider's name where no base names the provider.
    pub organisation: Option<String>,
    pub asn: Option<u32>,
    pub connection_type: Option<ConnectionType>,
    pub proxy: Option<&'static str>,
}

type Paths = &'static [&'static [&'static str]];

const COUNTRY: Paths = &[
    &["country", "iso_code"],
    &["country_code"],
    &["country", "code"],
    &["location", "country_code"],
    &["country"],
];
const REGION: Paths = &[
    &["subdivisions", "0", "names", "en"],
    &["subdivisions", "0", "name"],
    &["state1"],
    &["region"],
    &["region_name"],
    &["state"],
    &["stateprov"],
];
const CITY: Paths = &[
    &["city", "names", "en"],
    &["city", "name"],
    &["city"],
    &["city_name"],
];
const ISP: Paths = &[&["isp"], &["traits", "isp"], &["isp_name"]];
const ORGANISATION: Paths = &[
    &["autonomous_system_organization"],
    &["traits", "autonomous_system_organization"],
    &["as_organization"],
    &["as_name"],
    &["as_org"],
    &["organization"],
    &["traits", "organization"],
];
/// IPinfo's ASN base says plainly `name`, which elsewhere may be anything's name.
const ORGANISATION_BESIDE_ASN: Paths = &[&["name"]];
const ASN: Paths = &[
    &["autonomous_system_number"],
    &["traits", "autonomous_system_number"],
    &["as_number"],
    &["asn"],
    &["traits", "asn"],
];
const CONNECTION_TYPE: Paths = &[&["connection_type"], &["traits", "connection_type"]];

/// Our word <- flags, strongest first.
const PROXY: &[(&str, &[&str])] = &[
    ("tor", &["is_tor_exit_node", "is_tor", "tor"]),
    ("vpn", &["is_anonymous_vpn", "is_vpn", "vpn"]),
    (
        "proxy",
        &[
            "is_public_proxy",
            "is_residential_proxy",
            "is_proxy",
            "proxy",
            "relay",
        ],
    ),
    ("hosting", &["is_hosting_provider", "is_hosting", "hosting"]),
    ("proxy", &["is_anonymous", "is_anonymous_proxy"]),
];

impl Facts {
    pub fn of(record: &Value) -> Self {
        let asn = first(record, ASN, asn);
        let organisation = first(record, ORGANISATION, name)
            .or_else(|| asn.and_then(|_| first(record, ORGANISATION_BESIDE_ASN, name)));
        Self {
            country: first(record, COUNTRY, |v| Country::parse(v.as_text()?)),
            region: first(record, REGION, name),
            city: first(record, CITY, name),
            isp: first(record, ISP, name),
            organisation,
            asn,
            connection_type: first(record, CONNECTION_TYPE, connection_type),
            proxy: PROXY
                .iter()
                .find(|(_, flags)| flags.iter().any(|flag| is_set(record, flag)))
                .map(|(word, _)| *word),
        }
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Keeps what is known and takes the rest from `other`.
    pub fn fill_from(&mut self, other: Facts) {
        self.country = self.country.or(other.country);
        self.region = self.region.take().or(other.region);
        self.city = self.city.take().or(other.city);
        self.isp = self.isp.take().or(other.isp);
        self.organisation = self.organisation.take().or(other.organisation);
        self.asn = self.asn.or(other.asn);
        self.connection_type = self.connection_type.or(other.connection_type);
        self.proxy = self.proxy.or(other.proxy);
    }
}

fn first<T>(record: &Value, paths: Paths, read: impl Fn(&Value) -> Option<T>) -> Option<T> {
    paths
        .iter()
        .find_map(|path| record.at(path).and_then(&read))
}

/// A name without surrounding blanks, at most 128 characters; empty ones and `-` are absent.
fn name(value: &Value) -> Option<String> {
    let text = value.as_text()?.trim();
    if text.is_empty() || text == "-" {
        return None;
    }
    Some(text.chars().take(128).collect())
}

/// `15169`, `"15169"` or `"AS15169"`; 0 is no number.
fn asn(value: &Value) -> Option<u32> {
    let number = match value {
        Value::Number(number) => u32::try_from(*number).ok()?,
        Value::Text(text) => {
            let text = text.trim();
            let digits = match text.get(..2) {
                Some(start) if start.eq_ignore_ascii_case("as") => &text[2..],
                _ => text,
            };
            digits.parse().ok()?
        }
        _ => return None,
    };
    (number != 0).then_some(number)
}

fn connection_type(value: &Value) -> Option<ConnectionType> {
    let word = value.as_text()?.trim().to_ascii_lowercase();
    Some(match word.as_str() {
        "cellular" | "mobile" => ConnectionType::Cellular,
        "cable/dsl" | "broadband" | "cable" | "dsl" => ConnectionType::Broadband,
        "corporate" => ConnectionType::Corporate,
        "dialup" | "dial-up" => ConnectionType::Dialup,
        "satellite" => ConnectionType::Satellite,
        "hosting" => ConnectionType::Hosting,
        _ => return None,
    })
}

fn is_set(record: &Value, flag: &str) -> bool {
    [record.at(&[flag]), record.at(&["traits", flag])]
        .into_iter()
        .flatten()
        .any(|value| match value {
            Value::Flag(flag) => *flag,
            Value::Number(number) => *number == 1,
            Value::Text(text) => text.eq_ignore_ascii_case("true") || text == "1",
            _ => false,
        })
}

/// Any value of a record. What no fact is made of (floats, bytes) is [`Value::Other`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Text(String),
    Number(u64),
    Flag(bool),
    List(Vec<Value>),
    Map(Vec<(String, Value)>),
    Other,
}

impl Value {
    /// The value at a path of map keys and list indexes.
    pub fn at(&self, path: &[&str]) -> Option<&Value> {
        path.iter().try_fold(self, |value, step| match value {
            Value::Map(entries) => entries
                .iter()
                .find(|(key, _)| key == step)
                .map(|(_, value)| value),
            Value::List(items) => items.get(step.parse::<usize>().ok()?),
            _ => None,
        })
    }

    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value of a MaxMind DB record")
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Flag(flag))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(u64::try_from(number).map_or(Value::Other, Value::Number))
    }

    fn visit_u128<E>(self, _: u128) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_f32<E>(self, _: f32) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_bytes<E>(self, _: &[u8]) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Value::Map(map))
    }
}
