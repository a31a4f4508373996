//! Where an address is: country, region, city, provider, connection type, anonymiser.
//!
//! Everything is answered offline from files in the MaxMind DB format. Two are compiled in
//! (`geoip/`: country and ASN), so that a fresh install knows both. An operator adds more by
//! putting `*.mmdb` files into `<data>/geoip` or `<data>`; they count within seconds, without a
//! restart.
//!
//! - [`kind`]: what a file is about, from its name for itself or from its records
//! - [`record`]: the facts of one record, whatever its layout (MaxMind, DB-IP, IPinfo, flat)
//! - [`base`]: one opened file
//! - [`bases`]: all files in their order of precedence, immutable; loading and replacing them
//! - [`place`]: the facts of several bases become one [`Place`](crate::domain::visitor::Place)
//! - [`connection`]: the connection type guessed from carrier tables where no base knows it
//! - [`observe`]: [`Geo`], the per-worker answer of the click path, with its cache
//! - [`report`]: what `millrace geoip status` and `lookup` show
//!
//! # Precedence, fact by fact
//!
//! The operator's files come before the built-in ones; among them City, Country, ISP, ASN,
//! Connection-Type, Anonymous-IP in this order, and of two files of one kind the newer. The first
//! base that has a fact supplies it, so a City base without a record for an address leaves the
//! country to the built-in base. Region and city always come together from one base, and only
//! from one that does not contradict the chosen country. A provider's name from an ISP base beats
//! any ASN's organisation.
//!
//! # Memory
//!
//! Files are read to memory whole (mapping them needs `unsafe`). A GeoLite2 City base takes about
//! 60 MB, and twice that for a moment while a new version replaces it.
//!
//! Adding a layout: name its paths in `record.rs` and, if its `database_type` is telling, add a
//! word to `kind.rs`; add a fixture in `tests/fixtures/geo/build.py`.

pub mod base;
pub mod bases;
pub mod connection;
pub mod kind;
pub mod observe;
pub mod place;
pub mod record;
pub mod report;
#[cfg(test)]
mod tests;

pub use bases::{Bases, Watcher};
pub use kind::BaseKind;
pub use observe::Geo;
pub use report::{BaseStatus, LookupReport};

/// What the licences of the built-in bases ask to be shown where their data is displayed.
pub const ATTRIBUTION: &str = "IP Geolocation by DB-IP (https://db-ip.com), CC BY 4.0. \
     Autonomous systems: RouteViews (https://www.routeviews.org), NRO (https://www.nro.net) and \
     DB-IP by way of ip-location-db, CC BY 4.0.";

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address can be somewhere: not private, loopback, link-local, shared, ...
///
/// The address must be canonical (`IpAddr::to_canonical`).
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, ..] = ip.octets();
    !(ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_broadcast()
        || ip.is_documentation()
        || a == 0
        // Shared by carriers behind their own NAT, RFC 6598.
        || (a == 100 && (64..128).contains(&b)))
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let segments = ip.segments();
    !(ip.is_loopback()
        || ip.is_unspecified()
        || ip.is_multicast()
        || ip.is_unique_local()
        || ip.is_unicast_link_local()
        || (segments[0] == 0x2001 && segments[1] == 0x0db8))
}
