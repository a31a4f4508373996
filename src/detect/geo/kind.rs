//! What a base is about.

use serde::Serialize;

use super::record::Facts;

/// Kind of a base. The order is the order of precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BaseKind {
    /// Country, region and city.
    City,
    Country,
    /// Provider's name, usually with its ASN.
    Isp,
    Asn,
    ConnectionType,
    AnonymousIp,
}

/// Words of `database_type`, first match wins: `GeoIP2-Connection-Type`, `DBIP-City-Lite`,
/// `GeoLite2-ASN`, `ip-location-db-asn`, `ipinfo country_asn`, ...
const WORDS: &[(&str, BaseKind)] = &[
    ("anonymous", BaseKind::AnonymousIp),
    ("privacy", BaseKind::AnonymousIp),
    ("connection", BaseKind::ConnectionType),
    ("city", BaseKind::City),
    ("enterprise", BaseKind::City),
    ("location", BaseKind::City),
    ("isp", BaseKind::Isp),
    ("country", BaseKind::Country),
    ("asn", BaseKind::Asn),
];

impl BaseKind {
    pub const ALL: &'static [(&'static str, BaseKind)] = &[
        ("city", BaseKind::City),
        ("country", BaseKind::Country),
        ("isp", BaseKind::Isp),
        ("asn", BaseKind::Asn),
        ("connection_type", BaseKind::ConnectionType),
        ("anonymous_ip", BaseKind::AnonymousIp),
    ];

    pub fn as_str(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, kind)| *kind == self)
            .map_or("", |(word, _)| word)
    }

    /// By what the file calls itself.
    pub fn of_type(database_type: &str) -> Option<Self> {
        let name = database_type.to_ascii_lowercase();
        // The maker's own name holds the word "location".
        let name = name.replace("ip-location-db", "");
        WORDS
            .iter()
            .find(|(word, _)| name.contains(word))
            .map(|(_, kind)| *kind)
    }

    /// By the facts found in some of its records.
    pub fn of_facts(facts: &Facts) -> Option<Self> {
        let kind = if facts.city.is_some() || facts.region.is_some() {
            BaseKind::City
        } else if facts.country.is_some() {
            BaseKind::Country
        } else if facts.isp.is_some() {
            BaseKind::Isp
        } else if facts.asn.is_some() || facts.organisation.is_some() {
            BaseKind::Asn
        } else if facts.connection_type.is_some() {
            BaseKind::ConnectionType
        } else if facts.proxy.is_some() {
            BaseKind::AnonymousIp
        } else {
            return None;
        };
        Some(kind)
    }
}
