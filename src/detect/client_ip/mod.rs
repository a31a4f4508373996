//! Who is at the far end: the visitor's own address, behind proxies that the operator trusts.
//!
//! Anyone can send `X-Forwarded-For`. So the peer of the connection must be a trusted proxy before
//! any header counts, and lists are read from the right, where the nearest proxy wrote: the first
//! address that is not itself a trusted proxy is the client, and whatever stands left of it was
//! written by the client. Headers with a single address cannot be checked like that; they count
//! only where a preset ([`PRESETS`]) says which proxy overwrites them.
//!
//! `address` reads one entry, [`ranges`] is the set of trusted addresses, [`providers`] knows the
//! presets, `scheme` whether the visitor came over HTTPS.

mod address;
pub mod providers;
pub mod ranges;
mod scheme;

use std::net::IpAddr;

use self::providers::{PRESETS, Preset, Source};
use self::ranges::Ranges;
use super::request::Headers;
use crate::domain::problem::Problem;

/// How many entries of a list are looked at. Real chains have two or three; the rest is an attack.
const MAX_HOPS: usize = 64;

const FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED: &str = "forwarded";

/// Which proxies are believed, and what they say where. The default believes nobody.
#[derive(Debug, Clone, Default)]
pub struct ProxyRules {
    /// Every trusted proxy: the operator's and the preset's.
    trusted: Ranges,
    /// Proxies whose single-value headers count.
    edges: Ranges,
    sources: &'static [Source],
}

impl ProxyRules {
    /// Compiles the `[proxies]` section: addresses and CIDR ranges, and the name of a preset.
    ///
    /// Problems are under `trusted[n]` and `preset`, all of them at once.
    pub fn compile(trusted: &[String], preset: Option<&str>) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut nets = Vec::new();
        for (index, text) in trusted.iter().enumerate() {
            match ranges::parse(text) {
                Ok(net) if net.prefix_len() == 0 => problems.push(Problem::new(
                    format!("trusted[{index}]"),
                    "invalid",
                    format!(
                        "\"{text}\" would let every visitor choose the address that is recorded. \
                         Name the addresses of your proxies."
                    ),
                )),
                Ok(net) => nets.push(net),
                Err(message) => problems.push(Problem::new(
                    format!("trusted[{index}]"),
                    "invalid",
                    message,
                )),
            }
        }
        let preset = match preset.map(str::trim).filter(|name| !name.is_empty()) {
            None => None,
            Some(name) => {
                let found = Preset::find(&name.to_ascii_lowercase());
                if found.is_none() {
                    problems.push(unknown_preset(name));
                }
                found
            }
        };
        if let Some(preset) = preset
            && trusted.is_empty()
            && preset.trusted().next().is_none()
        {
            problems.push(Problem::new(
                "trusted",
                "required",
                format!(
                    "The preset \"{}\" knows no addresses. {}",
                    preset.name, preset.help
                ),
            ));
        }
        if !problems.is_empty() {
            return Err(problems);
        }

        let published = Ranges::new(preset.into_iter().flat_map(|p| built_in(p.ranges)));
        nets.extend(
            preset
                .into_iter()
                .flat_map(|p| p.trusted().map(built_in_net)),
        );
        let trusted = Ranges::new(nets);
        let edges = if published.is_empty() {
            trusted.clone()
        } else {
            published
        };
        let sources = preset.map_or(&[Source::ForwardedFor, Source::Forwarded][..], |p| {
            p.sources
        });
        Ok(Self {
            trusted,
            edges,
            sources,
        })
    }

    /// The visitor's address: the peer, or what trusted proxies say about who called them.
    ///
    /// IPv4-mapped addresses come back as IPv4. A malformed entry ends the reading at the last
    /// trusted address before it.
    pub fn client_ip(&self, peer: IpAddr, headers: &Headers<'_>) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.trusted.contains(peer) {
            return peer;
        }
        for source in self.sources {
            let found = match source {
                Source::Value(name) => self.single(peer, headers, name, address::parse),
                Source::ValueWithPort(name) => {
                    self.single(peer, headers, name, address::parse_with_port)
                }
                Source::ForwardedFor => self.walk(
                    peer,
                    headers,
                    FORWARDED_FOR,
                    address::parse_with_optional_port,
                ),
                Source::Forwarded => self.walk(peer, headers, FORWARDED, address::parse_forwarded),
            };
            if let Some(address) = found {
                return address;
            }
        }
        peer
    }

    /// Whether a trusted proxy says that the visitor came over HTTPS.
    pub fn is_https(&self, peer: IpAddr, headers: &Headers<'_>) -> bool {
        self.trusted.contains(peer.to_canonical()) && scheme::is_https(headers)
    }

    /// A single-value header, if one of the proxies that overwrite it stands in the chain.
    fn single(
        &self,
        peer: IpAddr,
        headers: &Headers<'_>,
        name: &str,
        read: fn(&[u8]) -> Option<IpAddr>,
    ) -> Option<IpAddr> {
        // The last instance: a proxy that adds instead of replacing adds at the end.
        let address = read(headers.all(name).next_back()?)?;
        // A proxy's address is not the visitor's: behind two proxies the list knows better.
        (!self.trusted.contains(address) && self.passed_an_edge(peer, headers)).then_some(address)
    }

    /// Whether the request came through one of the `edges`, as far as trusted proxies vouch for it.
    fn passed_an_edge(&self, peer: IpAddr, headers: &Headers<'_>) -> bool {
        if self.edges.contains(peer) {
            return true;
        }
        entries(headers, FORWARDED_FOR)
            .map_while(address::parse_with_optional_port)
            .take_while(|hop| self.trusted.contains(*hop))
            .any(|hop| self.edges.contains(hop))
    }

    /// Reads a list from the right; `None` where the header is absent.
    fn walk(
        &self,
        peer: IpAddr,
        headers: &Headers<'_>,
        name: &str,
        read: fn(&[u8]) -> Option<IpAddr>,
    ) -> Option<IpAddr> {
        let mut last_trusted = None;
        for entry in entries(headers, name) {
            match read(entry) {
                Some(hop) if self.trusted.contains(hop) => last_trusted = Some(hop),
                Some(client) => return Some(client),
                None => return Some(last_trusted.unwrap_or(peer)),
            }
        }
        last_trusted
    }
}

/// The entries of a list header from right to left, over all its instances, at most [`MAX_HOPS`].
fn entries<'a>(headers: &Headers<'a>, name: &str) -> impl Iterator<Item = &'a [u8]> {
    headers
        .all(name)
        .rev()
        .flat_map(|value| value.rsplit(|byte| *byte == b','))
        .take(MAX_HOPS)
        .map(<[u8]>::trim_ascii)
        .filter(|entry| !entry.is_empty())
}

fn built_in(texts: &'static [&'static str]) -> impl Iterator<Item = ipnet::IpNet> {
    texts.iter().copied().map(built_in_net)
}

fn built_in_net(text: &'static str) -> ipnet::IpNet {
    ranges::parse(text).expect("a test parses every built-in range")
}

fn unknown_preset(name: &str) -> Problem {
    let known: Vec<_> = PRESETS.iter().map(|preset| preset.name).collect();
    Problem::new(
        "preset",
        "unknown",
        format!(
            "There is no proxy preset \"{name}\". Known are {}; for any other proxy leave `preset` out \
             and name its addresses in `trusted`.",
            known.join(", ")
        ),
    )
}

#[cfg(test)]
mod tests;
