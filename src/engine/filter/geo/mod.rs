//! Where the visitor is: filters on the address and what follows from it.

mod asn;
mod city;
mod connection_type;
mod country;
mod ip;
mod ipv6;
mod isp;
mod proxy;
mod region;

use super::FilterKind;

/// In the order in which pickers show them.
pub(super) static ALL: &[&dyn FilterKind] = &[
    &country::CountryFilter,
    &region::REGION,
    &city::CITY,
    &isp::ISP,
    &asn::AsnFilter,
    &connection_type::ConnectionTypeFilter,
    &proxy::ProxyFilter,
    &ip::IpFilter,
    &ipv6::IPV6,
];
