//! Whether the visitor's address is an IPv6 one.

use super::super::flag::FlagFilter;

/// Visitors with IPv6 addresses.
pub(super) static IPV6: FlagFilter = FlagFilter {
    key: "ipv6",
    aliases: &["ipv_6"],
    label: "IPv6",
    help: "Visitors whose address is an IPv6 one",
    is: |asked| asked.visitor().ip.to_canonical().is_ipv6(),
    seen: |asked| asked.visitor().ip.to_canonical().to_string(),
};
