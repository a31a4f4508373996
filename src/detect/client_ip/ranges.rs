//! A set of addresses written as IPs and CIDR ranges, compiled for lookups on the click path.
//!
//! Ranges are sorted and merged once, so that a lookup is one binary search whatever the list's
//! length. IPv4-mapped IPv6 addresses (`::ffff:1.2.3.4`) are the IPv4 addresses they stand for.

use std::net::{IpAddr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net};

/// Addresses from `first` to `last`, both included; never overlapping, ascending.
#[derive(Debug, Clone, Default)]
pub struct Ranges {
    v4: Vec<(u32, u32)>,
    v6: Vec<(u128, u128)>,
}

impl Ranges {
    /// Compiles a list; order and repeats do not matter.
    pub fn new(nets: impl IntoIterator<Item = IpNet>) -> Self {
        Self::between(nets.into_iter().map(|net| (net.network(), net.broadcast())))
    }

    /// Compiles pairs of a first and a last address of the same kind; order and repeats do not
    /// matter. A pair of two kinds holds nothing.
    pub fn between(pairs: impl IntoIterator<Item = (IpAddr, IpAddr)>) -> Self {
        let mut ranges = Self::default();
        for (first, last) in pairs {
            match (first.to_canonical(), last.to_canonical()) {
                (IpAddr::V4(first), IpAddr::V4(last)) => {
                    ranges.v4.push((first.to_bits(), last.to_bits()));
                }
                (IpAddr::V6(first), IpAddr::V6(last)) => {
                    ranges.v6.push((first.to_bits(), last.to_bits()));
                }
                _ => {}
            }
        }
        merge(&mut ranges.v4);
        merge(&mut ranges.v6);
        ranges
    }

    /// Whether the address is in one of the ranges.
    pub fn contains(&self, address: IpAddr) -> bool {
        match address.to_canonical() {
            IpAddr::V4(address) => holds(&self.v4, address.to_bits()),
            IpAddr::V6(address) => holds(&self.v6, address.to_bits()),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }
}

/// Reads `10.0.0.0/8`, `10.1.2.3`, `2001:db8::/32` or `::1`. Bits beyond the prefix are dropped.
///
/// The error is a sentence for the operator that names the value.
pub fn parse(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    let net = match text.parse::<IpAddr>() {
        Ok(address) => IpNet::from(address),
        Err(_) => text.parse::<IpNet>().map_err(|_| {
            format!(
                "\"{text}\" is neither an IP address nor a range. \
                 Write it like 10.0.0.5, 10.0.0.0/8 or 2001:db8::/32."
            )
        })?,
    };
    Ok(unmapped(net.trunc()))
}

/// `::ffff:10.0.0.0/104` is `10.0.0.0/8`.
fn unmapped(net: IpNet) -> IpNet {
    const MAPPED_BITS: u8 = 96;
    let IpNet::V6(v6) = net else { return net };
    let (Some(address), Some(bits)) = (
        Ipv6Addr::to_ipv4_mapped(&v6.network()),
        v6.prefix_len().checked_sub(MAPPED_BITS),
    ) else {
        return net;
    };
    Ipv4Net::new(address, bits).map_or(net, IpNet::V4)
}

fn merge<T: Ord + Copy>(ranges: &mut Vec<(T, T)>) {
    ranges.sort_unstable();
    ranges.dedup_by(|next, kept| {
        let overlaps = next.0 <= kept.1;
        if overlaps {
            kept.1 = kept.1.max(next.1);
        }
        overlaps
    });
}

fn holds<T: Ord + Copy>(ranges: &[(T, T)], address: T) -> bool {
    let after = ranges.partition_point(|(first, _)| *first <= address);
    after
        .checked_sub(1)
        .is_some_and(|at| address <= ranges[at].1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ranges(texts: &[&str]) -> Ranges {
        Ranges::new(
            texts
                .iter()
                .map(|text| parse(text).expect("a range of the test")),
        )
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address of the test")
    }

    #[test]
    fn addresses_and_ranges_of_both_families_are_found() {
        let set = ranges(&["10.0.0.0/8", "10.1.0.0/16", "192.0.2.7", "2001:db8::/32"]);

        for inside in [
            "10.0.0.0",
            "10.255.255.255",
            "10.1.2.3",
            "192.0.2.7",
            "2001:db8::1",
            "::ffff:10.9.9.9",
        ] {
            assert!(set.contains(ip(inside)), "{inside}");
        }
        for outside in [
            "9.255.255.255",
            "11.0.0.0",
            "192.0.2.6",
            "192.0.2.8",
            "2001:db9::",
            "::1",
        ] {
            assert!(!set.contains(ip(outside)), "{outside}");
        }
    }

    #[test]
    fn an_empty_set_holds_nothing() {
        assert!(!Ranges::default().contains(ip("0.0.0.0")));
        assert!(!Ranges::default().contains(ip("::")));
        assert!(Ranges::default().is_empty());
    }

    #[test]
    fn a_mapped_range_is_the_ipv4_range_it_stands_for() {
        let set = ranges(&["::ffff:10.0.0.0/104"]);

        assert!(set.contains(ip("10.200.0.1")));
        assert!(!set.contains(ip("11.0.0.1")));
    }

    #[test]
    fn what_is_no_range_is_named_in_the_error() {
        for text in ["", "localhost", "10.0.0.0/33", "1.2.3", "10.0.0.0-10.0.0.9"] {
            let error = parse(text).expect_err(text);
            assert!(error.starts_with(&format!("\"{text}\"")), "{error}");
        }
    }

    proptest! {
        #[test]
        fn merged_ranges_hold_exactly_what_the_single_ranges_hold(
            nets in prop::collection::vec((any::<u32>(), 8u8..=32), 0..12),
            probes in prop::collection::vec(any::<u32>(), 1..40),
        ) {
            let nets: Vec<IpNet> = nets
                .iter()
                .map(|(bits, prefix)| IpNet::V4(Ipv4Net::new((*bits).into(), *prefix).expect("a valid prefix")))
                .collect();
            let set = Ranges::new(nets.clone());
            let edges = nets.iter().flat_map(|net| [net.network(), net.broadcast()]);
            for address in probes.iter().map(|bits| IpAddr::V4((*bits).into())).chain(edges) {
                prop_assert_eq!(set.contains(address), nets.iter().any(|net| net.contains(&address)));
            }
        }
    }
}
