//! Addresses as operators write them: single ones, networks, intervals and masks of octets.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use super::alike::Alike;
use super::lists::{Lists, NamedList};
use super::sets::{Set, Sets};
use super::values::Faults;
use crate::detect::client_ip::ranges::{self, Ranges};

/// A mask that leaves gaps becomes several ranges; so many at most.
const RANGES_MAX: u64 = 4_096;

/// Sorted and merged ranges: a lookup is one binary search.
#[derive(Debug)]
pub(super) struct AddressSet(Ranges);

impl Set for AddressSet {
    fn compile<'t>(entries: impl Iterator<Item = &'t str>) -> Result<Self, Faults> {
        let mut bounds = Vec::new();
        let mut faults = Faults::default();
        for (place, text) in entries.enumerate() {
            match read(text.trim(), &mut bounds) {
                Ok(()) => {}
                Err(message) => faults.push(place, message),
            }
        }
        match faults.is_empty() {
            true => Ok(Self(Ranges::between(bounds))),
            false => Err(faults),
        }
    }

    fn alike(lists: &Lists) -> &Alike<Self> {
        &lists.addresses
    }

    fn of<'l>(list: &'l NamedList, lists: &Lists) -> &'l Result<Arc<Self>, Faults> {
        list.addresses(lists)
    }
}

impl Sets<AddressSet> {
    pub(super) fn contains(&self, address: IpAddr) -> bool {
        self.any(|set| set.0.contains(address))
    }
}

/// Adds the ranges of one entry; or says what is wrong with it.
fn read(text: &str, bounds: &mut Vec<(IpAddr, IpAddr)>) -> Result<(), String> {
    if let Ok(address) = text.parse::<IpAddr>() {
        bounds.push((address, address));
        return Ok(());
    }
    if text.contains('/')
        && let Ok(net) = ranges::parse(text)
    {
        bounds.push((net.network(), net.broadcast()));
        return Ok(());
    }
    if let Some((first, last)) = text.split_once('-')
        && let (Ok(first), Ok(last)) = (first.trim().parse(), last.trim().parse::<IpAddr>())
    {
        return interval(text, first, last).map(|both| bounds.push(both));
    }
    if let Some(both) = groups(text) {
        bounds.push(both);
        return Ok(());
    }
    match octets(text) {
        Some(octets) => masked(text, octets, bounds),
        None => Err(format!(
            "\"{text}\" is no address. Write it like 10.0.0.5, 10.0.0.0/8, 10.0.0.5-10.0.0.9, 10.0.*, 10.0.0-20.* or 2001:db8::/32."
        )),
    }
}

fn interval(text: &str, first: IpAddr, last: IpAddr) -> Result<(IpAddr, IpAddr), String> {
    let (first, last) = (first.to_canonical(), last.to_canonical());
    if first.is_ipv4() != last.is_ipv4() {
        return Err(format!(
            "\"{text}\" begins with one kind of address and ends with the other; write two intervals."
        ));
    }
    if first > last {
        return Err(format!(
            "\"{text}\" ends before it begins; swap the two addresses."
        ));
    }
    Ok((first, last))
}

/// `22.33.0-20.*`: the bounds of each octet. A `*` at the end stands for all that is missing.
fn octets(text: &str) -> Option<[(u8, u8); 4]> {
    let mut octets = [(0, u8::MAX); 4];
    let parts: Vec<_> = text.split('.').map(str::trim).collect();
    if parts.len() > 4 || parts.len() < 4 && parts.last() != Some(&"*") {
        return None;
    }
    for (octet, part) in octets.iter_mut().zip(parts) {
        if part != "*" {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            *octet = (number(first)?, number(last)?);
        }
    }
    octets
        .iter()
        .all(|(first, last)| first <= last)
        .then_some(octets)
}

/// Digits only: the standard library would take `+7`.
fn number(text: &str) -> Option<u8> {
    let text = text.trim();
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}

/// All that octets before the last narrow one can be, each with the range of those after.
fn masked(
    text: &str,
    octets: [(u8, u8); 4],
    bounds: &mut Vec<(IpAddr, IpAddr)>,
) -> Result<(), String> {
    let is_all = |octet: &&(u8, u8)| **octet == (0, u8::MAX);
    let open = octets.iter().rev().take_while(is_all).count();
    // The octets before this one vary, this one is a range, and those after it are open.
    let ranged = 3 - open.min(3);
    let width = |(first, last): (u8, u8)| u64::from(last - first) + 1;
    let count: u64 = octets[..ranged].iter().copied().map(width).product();
    if count > RANGES_MAX {
        return Err(format!(
            "\"{text}\" is {count} separate ranges; put the \"*\" at the end, or write several entries."
        ));
    }
    for mut index in 0..count {
        let (mut first, mut last) = (octets.map(|octet| octet.0), octets.map(|octet| octet.1));
        for place in (0..ranged).rev() {
            let width = width(octets[place]);
            // Smaller than the width of an octet.
            let octet = octets[place].0.saturating_add((index % width) as u8);
            (first[place], last[place]) = (octet, octet);
            index /= width;
        }
        bounds.push((Ipv4Addr::from(first).into(), Ipv4Addr::from(last).into()));
    }
    Ok(())
}

/// `2001:db8:*`: the leading groups of an IPv6 address.
fn groups(text: &str) -> Option<(IpAddr, IpAddr)> {
    let leading = text.strip_suffix(":*")?;
    let (mut first, mut last) = ([0; 8], [u16::MAX; 8]);
    let parts: Vec<_> = leading.split(':').collect();
    if parts.len() > 7 {
        return None;
    }
    for (place, part) in parts.into_iter().enumerate() {
        let is_group = (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_hexdigit());
        let group = is_group.then(|| u16::from_str_radix(part, 16).ok())??;
        (first[place], last[place]) = (group, group);
    }
    Some((Ipv6Addr::from(first).into(), Ipv6Addr::from(last).into()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::engine::filter::lists::Lists;
    use crate::engine::filter::values::Split;

    fn set(entries: &[String]) -> Result<Sets<AddressSet>, String> {
        Sets::compile(&json!(entries), &Lists::default(), Split::Commas)
            .map_err(|mut problems| problems.remove(0).message)
    }

    fn contains(entry: &str, address: &str) -> bool {
        let set = set(&[entry.to_owned()]).expect("it compiles");
        set.contains(address.parse().expect("an address"))
    }

    #[test]
    fn addresses_are_found_however_they_are_written() {
        let cases = [
            ("10.0.0.5", "10.0.0.5", true),
            ("10.0.0.5", "::ffff:10.0.0.5", true),
            ("::ffff:10.0.0.5", "10.0.0.5", true),
            ("10.0.0.5", "10.0.0.6", false),
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.5 - 10.0.1.2", "10.0.0.255", true),
            ("10.0.0.5-10.0.1.2", "10.0.1.3", false),
            ("22.33.*", "22.33.255.1", true),
            ("22.33.*", "22.34.0.0", false),
            ("22.33.0-20.*", "22.33.20.255", true),
            ("22.33.0-20.*", "22.33.21.0", false),
            ("22.*.5.*", "22.200.5.9", true),
            ("22.*.5.*", "22.200.6.9", false),
            ("10.0-2.0.7-9", "10.2.0.8", true),
            ("10.0-2.0.7-9", "10.2.0.10", false),
            ("*", "1.2.3.4", true),
            ("*.*.*.*", "255.255.255.255", true),
            ("*", "::1", false),
            ("2001:db8::1", "2001:db8::1", true),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::1-2001:db8::ff", "2001:db8::80", true),
            ("2001:DB8:*", "2001:db8:1::", true),
            ("2001:db8:*", "2001:db9::", false),
        ];
        for (entry, address, expected) in cases {
            assert_eq!(contains(entry, address), expected, "{entry} {address}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_the_way_out() {
        let cases = [
            ("zone 7", "is no address"),
            ("10.0.0", "is no address"),
            ("10.0.0.300", "is no address"),
            ("10.0.0.0/40", "is no address"),
            ("10.0.20-10.*", "is no address"),
            ("10.*.0", "is no address"),
            ("10.+1.0.*", "is no address"),
            ("2001::db8:*", "is no address"),
            ("10.0.0.9-10.0.0.5", "swap"),
            ("10.0.0.9-2001:db8::", "two intervals"),
            ("*.*.0.1", "separate ranges"),
        ];
        for (entry, expected) in cases {
            let message = set(&[entry.to_owned()]).expect_err(entry);
            assert!(message.contains(expected), "{message}");
        }
    }

    /// The bounds of octets, and the entry that says so.
    fn mask() -> impl Strategy<Value = ([(u8, u8); 4], String)> {
        let octet = (0_u8..6, 0_u8..6, 0_u8..3).prop_map(|(a, b, form)| match form {
            0 => ((0, 255), "*".to_owned()),
            1 => ((a, a), a.to_string()),
            _ => ((a.min(b), a.max(b)), format!("{}-{}", a.min(b), a.max(b))),
        });
        prop::array::uniform4(octet).prop_map(|octets| {
            let text = octets.clone().map(|octet| octet.1).join(".");
            (octets.map(|octet| octet.0), text)
        })
    }

    proptest! {
        #[test]
        fn sets_hold_what_a_look_at_each_entry_finds(
            masks in prop::collection::vec(mask(), 1..5),
            interval in (0_u32..0x0606_0606, 0_u32..0x1_0000),
            probes in prop::collection::vec(prop::array::uniform4(0_u8..8), 1..40),
        ) {
            let (from, to) = (interval.0, interval.0 + interval.1);
            let mut entries = vec![format!("{}-{}", Ipv4Addr::from_bits(from), Ipv4Addr::from_bits(to))];
            let mut kept = Vec::new();
            for (octets, text) in masks {
                if set(std::slice::from_ref(&text)).is_ok() {
                    entries.push(text);
                    kept.push(octets);
                }
            }
            let set = set(&entries).expect("each compiles");
            let edges = [from.wrapping_sub(1), from, to, to + 1].map(|bits| Ipv4Addr::from_bits(bits).octets());
            for probe in probes.into_iter().chain(edges) {
                let bits = Ipv4Addr::from(probe).to_bits();
                let is_of = |octets: &[(u8, u8); 4]| {
                    octets.iter().zip(probe).all(|((first, last), octet)| (*first..=*last).contains(&octet))
                };
                let expected = (from..=to).contains(&bits) || kept.iter().any(is_of);
                prop_assert_eq!(set.contains(Ipv4Addr::from(probe).into()), expected, "{:?} {:?}", probe, entries);
            }
        }

        #[test]
        fn no_entry_panics(text in "[0-9a-f.:*/ -]{0,24}") {
            let _ = read(&text, &mut Vec::new());
        }
    }
}
