//! The operator's list of addresses: thousands of entries, looked up for every click.
//!
//! Entries become ranges, sorted and made disjoint, so that one binary search answers. Each range
//! remembers the entry it came from: a report says which line of the list caught the visitor.

use std::net::IpAddr;

use ipnet::IpNet;

use super::is_remark;
use crate::domain::problem::Problem;

/// Disjoint ranges in ascending order, per family.
#[derive(Debug, Default)]
pub(super) struct Addresses {
    v4: Vec<Range<u32>>,
    v6: Vec<Range<u128>>,
    /// As the operator wrote them.
    entries: Vec<Box<str>>,
}

#[derive(Debug, Clone, Copy)]
struct Range<T> {
    first: T,
    last: T,
    /// Index of the entry.
    entry: u32,
}

impl Addresses {
    /// Reads addresses, networks (`/n`) and ranges (`a-b`) of both families.
    pub(super) fn parse(list: &[String]) -> Result<Self, Vec<Problem>> {
        let mut parsed = Self::default();
        let mut problems = Vec::new();
        for (number, text) in list.iter().enumerate() {
            let text = text.trim();
            if is_remark(text) {
                continue;
            }
            let entry = u32::try_from(parsed.entries.len()).unwrap_or(u32::MAX);
            match parse_range(text) {
                Ok((IpAddr::V4(first), IpAddr::V4(last))) => parsed.v4.push(Range {
                    first: first.to_bits(),
                    last: last.to_bits(),
                    entry,
                }),
                Ok((IpAddr::V6(first), IpAddr::V6(last))) => parsed.v6.push(Range {
                    first: first.to_bits(),
                    last: last.to_bits(),
                    entry,
                }),
                Ok(_) => {
                    problems.push(problem(number, format!("\"{text}\" mixes IPv4 and IPv6.")));
                    continue;
                }
                Err(message) => {
                    problems.push(problem(number, message));
                    continue;
                }
            }
            parsed.entries.push(text.into());
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        parsed.v4 = disjoint(std::mem::take(&mut parsed.v4), |n| n.checked_add(1));
        parsed.v6 = disjoint(std::mem::take(&mut parsed.v6), |n| n.checked_add(1));
        Ok(parsed)
    }

    /// The entry that covers an address. IPv4 inside IPv6 (`::ffff:a.b.c.d`) counts as IPv4.
    pub(super) fn find(&self, ip: IpAddr) -> Option<&str> {
        let entry = match ip.to_canonical() {
            IpAddr::V4(ip) => covering(&self.v4, ip.to_bits()),
            IpAddr::V6(ip) => covering(&self.v6, ip.to_bits()),
        }?;
        self.entries.get(entry as usize).map(|text| &**text)
    }
}

fn problem(number: usize, message: String) -> Problem {
    Problem::new(format!("addresses[{number}]"), "invalid", message)
}

fn parse_range(text: &str) -> Result<(IpAddr, IpAddr), String> {
    let unreadable = || {
        format!(
            "\"{text}\" is not an address; write 203.0.113.7, 203.0.113.0/24, 203.0.113.7-203.0.113.19 or 2001:db8::/32."
        )
    };
    if let Some((first, last)) = text.split_once('-') {
        let first: IpAddr = first.trim().parse().map_err(|_| unreadable())?;
        let last: IpAddr = last.trim().parse().map_err(|_| unreadable())?;
        let (first, last) = (first.to_canonical(), last.to_canonical());
        if first.is_ipv4() == last.is_ipv4() && first > last {
            return Err(format!(
                "\"{text}\" ends before it begins; write the lower address first."
            ));
        }
        return Ok((first, last));
    }
    if text.contains('/') {
        let net: IpNet = text.parse().map_err(|_| unreadable())?;
        return Ok(canonical(net.network(), net.broadcast()));
    }
    let ip: IpAddr = text.parse().map_err(|_| unreadable())?;
    Ok((ip.to_canonical(), ip.to_canonical()))
}

/// A network of mapped addresses (`::ffff:203.0.113.0/120`) means the IPv4 network.
fn canonical(first: IpAddr, last: IpAddr) -> (IpAddr, IpAddr) {
    match (first.to_canonical(), last.to_canonical()) {
        (IpAddr::V4(first), IpAddr::V4(last)) => (first.into(), last.into()),
        _ => (first, last),
    }
}

/// Sorts ranges and cuts overlaps away. Of nested ranges the outermost stays.
fn disjoint<T: Copy + Ord>(
    mut ranges: Vec<Range<T>>,
    next: impl Fn(T) -> Option<T>,
) -> Vec<Range<T>> {
    ranges.sort_by(|a, b| a.first.cmp(&b.first).then(b.last.cmp(&a.last)));
    let mut kept: Vec<Range<T>> = Vec::with_capacity(ranges.len());
    for mut range in ranges {
        if let Some(before) = kept.last() {
            if range.last <= before.last {
                continue;
            }
            if range.first <= before.last {
                let Some(first) = next(before.last) else {
                    continue;
                };
                range.first = first;
            }
        }
        kept.push(range);
    }
    kept.shrink_to_fit();
    kept
}

fn covering<T: Copy + Ord>(ranges: &[Range<T>], ip: T) -> Option<u32> {
    let after = ranges.partition_point(|range| range.first <= ip);
    let range = ranges.get(after.checked_sub(1)?)?;
    (ip <= range.last).then_some(range.entry)
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use proptest::prelude::*;

    use super::*;

    fn list(entries: &[&str]) -> Addresses {
        let entries: Vec<String> = entries.iter().map(|e| (*e).to_owned()).collect();
        Addresses::parse(&entries).expect("a readable list")
    }

    fn find<'a>(list: &'a Addresses, ip: &str) -> Option<&'a str> {
        list.find(ip.parse().expect("an address"))
    }

    #[test]
    fn every_written_form_covers_its_addresses_and_no_others() {
        let list = list(&[
            "# data centres",
            "",
            " 203.0.113.7 ",
            "198.51.100.0/24",
            "192.0.2.10-192.0.2.20",
            "2001:db8::/32",
            "2001:db9::1",
            "10.1.2.3/8",
            "255.255.255.255",
        ]);
        let cases = [
            ("203.0.113.7", Some("203.0.113.7")),
            ("203.0.113.6", None),
            ("203.0.113.8", None),
            ("198.51.100.0", Some("198.51.100.0/24")),
            ("198.51.100.255", Some("198.51.100.0/24")),
            ("198.51.101.0", None),
            ("192.0.2.10", Some("192.0.2.10-192.0.2.20")),
            ("192.0.2.20", Some("192.0.2.10-192.0.2.20")),
            ("192.0.2.21", None),
            ("::ffff:192.0.2.20", Some("192.0.2.10-192.0.2.20")),
            ("2001:db8:ffff::1", Some("2001:db8::/32")),
            ("2001:db9::1", Some("2001:db9::1")),
            ("2001:db9::2", None),
            ("10.255.0.1", Some("10.1.2.3/8")),
            ("255.255.255.255", Some("255.255.255.255")),
            ("0.0.0.0", None),
            ("::", None),
        ];
        for (ip, entry) in cases {
            assert_eq!(find(&list, ip), entry, "{ip}");
        }
    }

    #[test]
    fn unreadable_entries_are_all_reported_with_their_place() {
        let entries = [
            "1.2.3.4",
            "1.2.3",
            "1.2.3.4/33",
            "9.9.9.9-1.1.1.1",
            "1.1.1.1-::1",
            "x",
        ];
        let entries: Vec<String> = entries.iter().map(|e| (*e).to_owned()).collect();

        let problems = Addresses::parse(&entries).expect_err("five of six are wrong");

        let fields: Vec<&str> = problems.iter().map(|p| p.field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "addresses[1]",
                "addresses[2]",
                "addresses[3]",
                "addresses[4]",
                "addresses[5]"
            ]
        );
        assert!(problems[0].message.contains("\"1.2.3\""));
    }

    #[test]
    fn nothing_is_covered_by_an_empty_list() {
        assert_eq!(find(&list(&[]), "1.2.3.4"), None);
    }

    proptest! {
        #[test]
        fn binary_search_agrees_with_looking_at_every_entry(
            ranges in prop::collection::vec((0u32..400, 0u32..60), 0..40),
            ip in 0u32..500,
        ) {
            let entries: Vec<String> = ranges
                .iter()
                .map(|(first, more)| {
                    format!("{}-{}", Ipv4Addr::from_bits(*first), Ipv4Addr::from_bits(first + more))
                })
                .collect();
            let list = Addresses::parse(&entries).expect("readable ranges");

            let found = list.find(Ipv4Addr::from_bits(ip).into());

            let expected = ranges.iter().any(|(first, more)| (*first..=first + more).contains(&ip));
            prop_assert_eq!(found.is_some(), expected);
            if let Some(entry) = found {
                let (first, last) = parse_range(entry).expect("an entry of the list");
                let ip = IpAddr::V4(Ipv4Addr::from_bits(ip));
                prop_assert!(first <= ip && ip <= last);
            }
        }
    }

    #[test]
    fn mapped_networks_mean_their_ipv4_network() {
        let list = list(&["::ffff:203.0.113.0/120"]);

        assert!(find(&list, "203.0.113.9").is_some());
        assert!(list.find(IpAddr::V6(Ipv6Addr::LOCALHOST)).is_none());
    }
}
