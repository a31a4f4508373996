//! Proxies and CDNs that a preset knows: which headers they set, and from which addresses.
//!
//! Adding one: add its row to [`PRESETS`]. Leave `ranges` empty unless the provider publishes a
//! list that is announced before it changes; the operator then names the addresses in `trusted`.

/// Where a proxy writes the address of its client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A header with one address, which the proxy overwrites whatever the visitor sent.
    Value(&'static str),
    /// A header with one address and always a port, also after a bare IPv6 address:
    /// `198.51.100.10:46532`, `2001:db8::1:46532`.
    ValueWithPort(&'static str),
    /// `X-Forwarded-For`, to which each proxy appends the address that it saw.
    ForwardedFor,
    /// The standard `Forwarded` (RFC 7239), appended to in the same way.
    Forwarded,
}

/// A proxy or CDN known by name.
#[derive(Debug)]
pub struct Preset {
    /// As written in the configuration.
    pub name: &'static str,
    pub label: &'static str,
    /// What the operator must know, in sentences.
    pub help: &'static str,
    /// Asked in this order; the first that gives an address wins.
    pub sources: &'static [Source],
    /// The provider's published addresses. When there are any, single-value headers count only
    /// from these; otherwise from every trusted address.
    pub ranges: &'static [&'static str],
    /// It usually runs on the same machine: the loopback addresses are trusted without being named.
    pub local: bool,
}

const LOOPBACK: &[&str] = &["127.0.0.0/8", "::1/128"];

impl Preset {
    pub fn find(name: &str) -> Option<&'static Preset> {
        PRESETS.iter().find(|preset| preset.name == name)
    }

    /// Addresses that are trusted because of the preset alone.
    pub fn trusted(&self) -> impl Iterator<Item = &'static str> {
        let loopback: &[&str] = if self.local { LOOPBACK } else { &[] };
        self.ranges.iter().chain(loopback).copied()
    }
}

/// Every preset, in the order in which people are likely to look for it.
pub const PRESETS: &[Preset] = &[
    Preset {
        name: "cloudflare",
        label: "Cloudflare",
        help: "Reads CF-Connecting-IP from Cloudflare's published addresses, which are built in. With your own \
               proxy between Cloudflare and Millrace, name it in `trusted` and let it append to X-Forwarded-For.",
        sources: &[Source::Value("cf-connecting-ip"), Source::ForwardedFor],
        // https://www.cloudflare.com/ips/, unchanged since 2021.
        ranges: &[
            "173.245.48.0/20",
            "103.21.244.0/22",
            "103.22.200.0/22",
            "103.31.4.0/22",
            "141.101.64.0/18",
            "108.162.192.0/18",
            "190.93.240.0/20",
            "188.114.96.0/20",
            "197.234.240.0/22",
            "198.41.128.0/17",
            "162.158.0.0/15",
            "104.16.0.0/13",
            "104.24.0.0/14",
            "172.64.0.0/13",
            "131.0.72.0/22",
            "2400:cb00::/32",
            "2606:4700::/32",
            "2803:f800::/32",
            "2405:b500::/32",
            "2405:8100::/32",
            "2a06:98c0::/29",
            "2c0f:f248::/32",
        ],
        local: false,
    },
    Preset {
        name: "nginx",
        label: "nginx",
        help: "Reads X-Real-IP, then X-Forwarded-For, from nginx on this machine and from `trusted`. nginx must set \
               them itself: `proxy_set_header X-Real-IP $remote_addr;` and \
               `proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;`.",
        sources: &[Source::Value("x-real-ip"), Source::ForwardedFor],
        ranges: &[],
        local: true,
    },
    Preset {
        name: "caddy",
        label: "Caddy",
        help: "Reads X-Forwarded-For from Caddy on this machine and from `trusted`. Caddy sets it without being told.",
        sources: &[Source::ForwardedFor],
        ranges: &[],
        local: true,
    },
    Preset {
        name: "haproxy",
        label: "HAProxy",
        help: "Reads X-Forwarded-For from HAProxy on this machine and from `trusted`. HAProxy must set it: \
               `option forwardfor`.",
        sources: &[Source::ForwardedFor],
        ranges: &[],
        local: true,
    },
    Preset {
        name: "traefik",
        label: "Traefik",
        help: "Reads X-Forwarded-For from Traefik on this machine and from `trusted`. Traefik in a container calls \
               from the container network: name that network in `trusted`, for example 172.16.0.0/12.",
        sources: &[Source::ForwardedFor],
        ranges: &[],
        local: true,
    },
    Preset {
        name: "forwarded",
        label: "Any proxy with the standard Forwarded header",
        help: "Reads `Forwarded: for=...` (RFC 7239) from proxies on this machine and from `trusted`, and nothing else.",
        sources: &[Source::Forwarded],
        ranges: &[],
        local: true,
    },
    Preset {
        name: "fastly",
        label: "Fastly",
        help: "Reads X-Forwarded-For, then Fastly-Client-IP, from Fastly's published addresses, which are built in. \
               Fastly passes on a Fastly-Client-IP that the visitor sent, and appends to X-Forwarded-For only over \
               TLS: redirect plain HTTP at Fastly, or set both headers from client.ip in VCL.",
        sources: &[Source::ForwardedFor, Source::Value("fastly-client-ip")],
        // https://api.fastly.com/public-ip-list
        ranges: &[
            "23.235.32.0/20",
            "43.249.72.0/22",
            "103.244.50.0/24",
            "103.245.222.0/23",
            "103.245.224.0/24",
            "104.156.80.0/20",
            "140.248.64.0/18",
            "140.248.128.0/17",
            "146.75.0.0/17",
            "151.101.0.0/16",
            "157.52.64.0/18",
            "167.82.0.0/17",
            "167.82.128.0/20",
            "167.82.160.0/20",
            "167.82.224.0/20",
            "172.111.64.0/18",
            "185.31.16.0/22",
            "199.27.72.0/21",
            "199.232.0.0/16",
            "2a04:4e40::/32",
            "2a04:4e42::/32",
        ],
        local: false,
    },
    Preset {
        name: "cloudfront",
        label: "Amazon CloudFront",
        help: "Reads CloudFront-Viewer-Address (add it in the origin request policy), then X-Forwarded-For. \
               CloudFront's addresses are many and change: name those of its origin-facing list (CLOUDFRONT_ORIGIN_FACING \
               in AWS's ip-ranges.json), or of your own load balancer, in `trusted`.",
        sources: &[
            Source::ValueWithPort("cloudfront-viewer-address"),
            Source::ForwardedFor,
        ],
        ranges: &[],
        local: false,
    },
    Preset {
        name: "akamai",
        label: "Akamai",
        help: "Reads True-Client-IP, then X-Forwarded-For. Switch the header on in the property, without letting \
               clients set it, and name the addresses of your Site Shield map in `trusted`.",
        sources: &[Source::Value("true-client-ip"), Source::ForwardedFor],
        ranges: &[],
        local: false,
    },
    Preset {
        name: "ddos_guard",
        label: "DDoS-Guard",
        help: "Reads DDG-Connecting-IP, then X-Forwarded-For, from DDoS-Guard's published addresses, which are built in.",
        sources: &[Source::Value("ddg-connecting-ip"), Source::ForwardedFor],
        // https://ddos-guard.net/tutorials/general/l7-settings
        ranges: &[
            "77.220.207.0/24",
            "45.10.240.0/24",
            "45.10.241.0/24",
            "45.10.242.0/24",
            "186.2.160.0/24",
            "186.2.164.0/24",
            "186.2.167.0/24",
            "186.2.168.0/24",
            "185.178.209.197/32",
            "190.115.30.44/32",
        ],
        local: false,
    },
    Preset {
        name: "bunny",
        label: "bunny.net",
        help: "Reads X-Forwarded-For. bunny.net's addresses change often: name those of \
               https://bunnycdn.com/api/system/edgeserverlist in `trusted`.",
        sources: &[Source::ForwardedFor],
        ranges: &[],
        local: false,
    },
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::ranges;
    use super::*;

    #[test]
    fn every_preset_is_complete_and_named_once() {
        let mut names = HashSet::new();
        for preset in PRESETS {
            assert!(names.insert(preset.name), "{} twice", preset.name);
            assert!(
                preset
                    .name
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b == b'_')
            );
            assert!(!preset.label.is_empty(), "{}", preset.name);
            assert!(preset.help.ends_with('.'), "{}", preset.name);
            assert!(!preset.sources.is_empty(), "{}", preset.name);
            for source in preset.sources {
                if let Source::Value(header) | Source::ValueWithPort(header) = source {
                    assert_eq!(*header, header.to_ascii_lowercase());
                }
            }
        }
    }

    #[test]
    fn every_built_in_range_is_a_range_without_stray_bits() {
        for preset in PRESETS {
            for text in preset.trusted() {
                let net = ranges::parse(text).expect(text);
                assert_eq!(net.to_string(), text, "{}", preset.name);
            }
        }
    }

    #[test]
    fn a_preset_without_ranges_says_what_trusted_must_hold() {
        for preset in PRESETS.iter().filter(|p| p.ranges.is_empty()) {
            assert!(preset.help.contains("`trusted`"), "{}", preset.name);
        }
    }
}
