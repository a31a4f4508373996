//! What the bases are, and what they say about one address: for `millrace geoip` and the API.

use std::fmt;
use std::net::IpAddr;

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::visitor::{ConnectionType, Country};

use super::base::Base;
use super::bases::Bases;
use super::kind::BaseKind;
use super::record::{Facts, Value};
use super::{is_public, place};

/// One base in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct BaseStatus {
    pub kind: BaseKind,
    /// `built-in`, or the path of the file.
    pub source: String,
    /// What the file calls itself: `GeoLite2-City`, ...
    pub database_type: String,
    /// When it was made, UTC milliseconds.
    pub built_at: i64,
    /// 4 or 6; 6 holds both.
    pub ip_version: u16,
    /// Nodes of its search tree: roughly how many networks it tells apart.
    pub nodes: u32,
    pub size_bytes: u64,
}

impl BaseStatus {
    fn of(base: &Base) -> Self {
        Self {
            kind: base.kind,
            source: base.source.to_string(),
            database_type: base.database_type().to_owned(),
            built_at: i64::try_from(base.build_epoch())
                .unwrap_or(i64::MAX)
                .saturating_mul(1_000),
            ip_version: base.ip_version(),
            nodes: base.nodes(),
            size_bytes: base.size_bytes,
        }
    }
}

impl fmt::Display for BaseStatus {
    /// One line: kind, type, date, size, source.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:<15} {:<28} {}  {:>6.1} MB  {}",
            self.kind.as_str(),
            self.database_type,
            date(self.built_at),
            self.size_bytes as f64 / 1e6,
            self.source
        )
    }
}

fn date(at: i64) -> String {
    chrono::DateTime::from_timestamp_millis(at).map_or_else(
        || "unknown   ".to_owned(),
        |time| time.format("%Y-%m-%d").to_string(),
    )
}

/// Everything known about one address, and from where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LookupReport {
    #[schema(value_type = String)]
    pub ip: IpAddr,
    /// False for private, loopback and other local addresses, which are never looked up.
    pub public: bool,
    #[schema(value_type = Option<String>)]
    pub country: Option<Country>,
    pub region: Option<String>,
    pub city: Option<String>,
    pub isp: Option<String>,
    pub asn: Option<u32>,
    #[schema(value_type = Option<String>)]
    pub connection_type: Option<ConnectionType>,
    /// True where no base knows the connection type and carrier tables or names told it.
    pub connection_type_guessed: bool,
    pub proxy: Option<String>,
    /// What each base holds, in the order of precedence; bases without a record are left out.
    pub records: Vec<BaseRecord>,
}

/// The record of one base.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct BaseRecord {
    pub kind: BaseKind,
    /// `built-in`, or the path of the file.
    pub source: String,
    /// The network that the record holds for: `8.8.8.0/24`.
    pub network: String,
    /// The readable fields as (path, value), in the file's order.
    pub fields: Vec<(String, String)>,
}

impl Bases {
    /// The bases in use, in their order of precedence.
    pub fn status(&self) -> Vec<BaseStatus> {
        self.iter().map(BaseStatus::of).collect()
    }

    /// Everything the bases say about an address. Reads the same way as the click path.
    pub fn lookup(&self, ip: IpAddr) -> LookupReport {
        let ip = ip.to_canonical();
        let public = is_public(ip);
        let mut facts = Vec::new();
        let mut records = Vec::new();
        for base in self.iter().filter(|_| public) {
            let Some((record, network)) = base.record(ip) else {
                continue;
            };
            facts.push(Facts::of(&record));
            let mut fields = Vec::new();
            flatten(&record, "", &mut fields);
            records.push(BaseRecord {
                kind: base.kind,
                source: base.source.to_string(),
                network,
                fields,
            });
        }
        let known = facts.iter().any(|facts| facts.connection_type.is_some());
        let place = place::merge(&facts, &[0; 16]);
        LookupReport {
            ip,
            public,
            country: place.country,
            region: place.region,
            city: place.city,
            isp: place.isp,
            asn: place.asn,
            connection_type: place.connection_type,
            connection_type_guessed: place.connection_type.is_some() && !known,
            proxy: place.proxy,
            records,
        }
    }
}

impl fmt::Display for LookupReport {
    /// The facts, one per line, then the records they came from.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.ip)?;
        if !self.public {
            return writeln!(f, "  a local address: it is nowhere");
        }
        let asn = self.asn.map(|asn| asn.to_string());
        let connection = self.connection_type.map(|kind| match kind.as_str() {
            word if self.connection_type_guessed => format!("{word} (a guess)"),
            word => word.to_owned(),
        });
        for (name, value) in [
            ("country", self.country.as_ref().map(Country::as_str)),
            ("region", self.region.as_deref()),
            ("city", self.city.as_deref()),
            ("isp", self.isp.as_deref()),
            ("asn", asn.as_deref()),
            ("connection_type", connection.as_deref()),
            ("proxy", self.proxy.as_deref()),
        ] {
            writeln!(f, "  {name:<16} {}", value.unwrap_or("unknown"))?;
        }
        for record in &self.records {
            let kind = record.kind.as_str();
            writeln!(f, "{} in {} ({kind})", record.network, record.source)?;
            for (path, value) in &record.fields {
                writeln!(f, "  {path} = {value}")?;
            }
        }
        Ok(())
    }
}

/// Readable fields with their paths. Of names in many languages only the English ones.
fn flatten(value: &Value, path: &str, out: &mut Vec<(String, String)>) {
    let below = |step: &str| {
        if path.is_empty() {
            step.to_owned()
        } else {
            format!("{path}.{step}")
        }
    };
    match value {
        Value::Text(text) => out.push((path.to_owned(), text.clone())),
        Value::Number(number) => out.push((path.to_owned(), number.to_string())),
        Value::Flag(flag) => out.push((path.to_owned(), flag.to_string())),
        Value::List(items) => {
            for (at, item) in items.iter().enumerate() {
                flatten(item, &below(&at.to_string()), out);
            }
        }
        Value::Map(entries) => {
            for (key, item) in entries {
                if path.ends_with("names") && key != "en" {
                    continue;
                }
                flatten(item, &below(key), out);
            }
        }
        Value::Other => {}
    }
}
