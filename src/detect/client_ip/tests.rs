//! The rules as a whole: chains of proxies, presets, forgeries.

use proptest::prelude::*;

use super::*;

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address of the test")
}

fn rules(trusted: &[&str], preset: Option<&str>) -> ProxyRules {
    let trusted: Vec<String> = trusted.iter().map(|text| (*text).to_owned()).collect();
    ProxyRules::compile(&trusted, preset).expect("rules of the test")
}

fn observe(rules: &ProxyRules, peer: &str, headers: &[(&str, &str)]) -> String {
    let headers = Headers::new(
        headers
            .iter()
            .map(|(name, value)| (*name, value.as_bytes())),
    );
    rules.client_ip(ip(peer), &headers).to_string()
}

const EVERY_HEADER: &[&str] = &[
    "x-forwarded-for",
    "forwarded",
    "x-real-ip",
    "cf-connecting-ip",
    "true-client-ip",
    "fastly-client-ip",
    "ddg-connecting-ip",
    "cloudfront-viewer-address",
];

#[test]
fn without_configuration_the_peer_is_the_client() {
    for rules in [ProxyRules::default(), rules(&[], None)] {
        assert_eq!(
            observe(&rules, "127.0.0.1", &[("x-forwarded-for", "203.0.113.9")]),
            "127.0.0.1"
        );
    }
}

#[test]
fn lists_are_read_from_the_right_across_all_instances() {
    let rules = rules(&["10.0.0.0/8"], None);
    let cases: &[(&str, &[&str], &str)] = &[
        ("one entry", &["203.0.113.9"], "203.0.113.9"),
        ("two proxies", &["203.0.113.9, 10.0.0.2"], "203.0.113.9"),
        (
            "forged on the left",
            &["1.1.1.1, 203.0.113.9, 10.0.0.2"],
            "203.0.113.9",
        ),
        (
            "two instances",
            &["1.1.1.1, 203.0.113.9", "10.0.0.2"],
            "203.0.113.9",
        ),
        (
            "empty elements",
            &["203.0.113.9,, ,10.0.0.2,"],
            "203.0.113.9",
        ),
        (
            "only proxies: the farthest",
            &["10.0.0.3, 10.0.0.2"],
            "10.0.0.3",
        ),
        (
            "malformed next to the peer",
            &["203.0.113.9, unknown"],
            "10.0.0.1",
        ),
        (
            "malformed behind a proxy",
            &["203.0.113.9, _hidden, 10.0.0.2"],
            "10.0.0.2",
        ),
        ("empty header", &[""], "10.0.0.1"),
        ("no header", &[], "10.0.0.1"),
        ("with a port", &["203.0.113.9:5123"], "203.0.113.9"),
        (
            "mapped",
            &["::ffff:203.0.113.9, ::ffff:10.0.0.2"],
            "203.0.113.9",
        ),
    ];
    for (name, values, expected) in cases {
        let headers: Vec<_> = values.iter().map(|v| ("x-forwarded-for", *v)).collect();
        assert_eq!(observe(&rules, "10.0.0.1", &headers), *expected, "{name}");
    }
}

#[test]
fn a_mapped_peer_is_the_ipv4_proxy_it_stands_for() {
    let rules = rules(&["10.0.0.1"], None);

    let seen = observe(
        &rules,
        "::ffff:10.0.0.1",
        &[("x-forwarded-for", "203.0.113.9")],
    );
    let stranger = observe(&rules, "::ffff:192.0.2.1", &[]);

    assert_eq!(seen, "203.0.113.9");
    assert_eq!(stranger, "192.0.2.1");
}

#[test]
fn the_standard_header_counts_where_the_usual_one_is_absent() {
    let rules = rules(&["10.0.0.0/8"], None);
    let forwarded = (
        "forwarded",
        "for=1.1.1.1, for=\"[2001:db8::9]:443\";proto=https, for=10.0.0.2",
    );

    assert_eq!(observe(&rules, "10.0.0.1", &[forwarded]), "2001:db8::9");
    assert_eq!(
        observe(
            &rules,
            "10.0.0.1",
            &[forwarded, ("x-forwarded-for", "203.0.113.9")]
        ),
        "203.0.113.9"
    );
}

#[test]
fn a_visitor_cannot_reach_out_of_a_quoted_string() {
    let rules = rules(&[], Some("forwarded"));

    let seen = observe(
        &rules,
        "127.0.0.1",
        &[("forwarded", "for=203.0.113.9;host=\"x,for=6.6.6.6;y=\"")],
    );

    assert_eq!(seen, "127.0.0.1");
}

#[test]
fn single_value_headers_count_only_by_preset() {
    let generic = rules(&["10.0.0.0/8"], None);
    for name in ["x-real-ip", "cf-connecting-ip", "true-client-ip"] {
        assert_eq!(
            observe(&generic, "10.0.0.1", &[(name, "203.0.113.9")]),
            "10.0.0.1",
            "{name}"
        );
    }
}

#[test]
fn each_preset_finds_the_client() {
    /// Preset, trusted, peer, the header it sets.
    type Case<'a> = (&'a str, &'a [&'a str], &'a str, (&'a str, &'a str));
    let cases: &[Case<'_>] = &[
        (
            "cloudflare",
            &[],
            "104.16.1.1",
            ("cf-connecting-ip", "203.0.113.9"),
        ),
        (
            "cloudflare",
            &[],
            "104.16.1.1",
            ("x-forwarded-for", "203.0.113.9"),
        ),
        (
            "cloudflare",
            &[],
            "2606:4700::5",
            ("cf-connecting-ip", "203.0.113.9"),
        ),
        ("nginx", &[], "127.0.0.1", ("x-real-ip", "203.0.113.9")),
        ("nginx", &[], "::1", ("x-forwarded-for", "203.0.113.9")),
        (
            "nginx",
            &["10.0.0.1"],
            "10.0.0.1",
            ("x-real-ip", "203.0.113.9"),
        ),
        (
            "caddy",
            &[],
            "127.0.0.1",
            ("x-forwarded-for", "203.0.113.9"),
        ),
        (
            "haproxy",
            &[],
            "127.0.0.1",
            ("x-forwarded-for", "203.0.113.9"),
        ),
        (
            "traefik",
            &["172.16.0.0/12"],
            "172.18.0.2",
            ("x-forwarded-for", "203.0.113.9"),
        ),
        (
            "forwarded",
            &[],
            "127.0.0.1",
            ("forwarded", "for=203.0.113.9"),
        ),
        (
            "fastly",
            &[],
            "151.101.1.1",
            ("fastly-client-ip", "203.0.113.9"),
        ),
        (
            "fastly",
            &[],
            "151.101.1.1",
            ("x-forwarded-for", "1.1.1.1, 203.0.113.9, 146.75.1.1"),
        ),
        (
            "cloudfront",
            &["52.46.0.0/18"],
            "52.46.1.1",
            ("cloudfront-viewer-address", "203.0.113.9:46532"),
        ),
        (
            "akamai",
            &["23.0.0.0/12"],
            "23.1.1.1",
            ("true-client-ip", "203.0.113.9"),
        ),
        (
            "ddos_guard",
            &[],
            "186.2.160.9",
            ("ddg-connecting-ip", "203.0.113.9"),
        ),
        (
            "bunny",
            &["89.187.188.227"],
            "89.187.188.227",
            ("x-forwarded-for", "203.0.113.9"),
        ),
    ];
    for (preset, trusted, peer, header) in cases {
        let rules = rules(trusted, Some(preset));
        assert_eq!(
            observe(&rules, peer, &[*header]),
            "203.0.113.9",
            "{preset} {header:?}"
        );
        assert_eq!(observe(&rules, "198.51.100.1", &[*header]), "198.51.100.1");
    }
    for preset in PRESETS {
        assert!(
            cases.iter().any(|(name, ..)| *name == preset.name),
            "{} has no case",
            preset.name
        );
    }
}

#[test]
fn a_local_proxy_between_cloudflare_and_us_is_seen_through() {
    let rules = rules(&["127.0.0.1"], Some("cloudflare"));
    let through_cloudflare = [
        ("cf-connecting-ip", "203.0.113.9"),
        ("x-forwarded-for", "203.0.113.9, 104.16.1.1"),
    ];
    let around_cloudflare = [
        ("cf-connecting-ip", "6.6.6.6"),
        ("x-forwarded-for", "6.6.6.6, 104.16.1.1, 198.51.100.7"),
    ];

    assert_eq!(
        observe(&rules, "127.0.0.1", &through_cloudflare),
        "203.0.113.9"
    );
    assert_eq!(
        observe(&rules, "127.0.0.1", &around_cloudflare),
        "198.51.100.7"
    );
}

#[test]
fn nginx_behind_another_trusted_proxy_falls_back_to_the_list() {
    let rules = rules(&["10.0.0.0/8"], Some("nginx"));

    let seen = observe(
        &rules,
        "127.0.0.1",
        &[
            ("x-real-ip", "10.0.0.7"),
            ("x-forwarded-for", "203.0.113.9, 10.0.0.7"),
        ],
    );

    assert_eq!(seen, "203.0.113.9");
}

#[test]
fn a_malformed_single_value_falls_back_to_the_list_then_to_the_peer() {
    let rules = rules(&[], Some("cloudflare"));

    let list = observe(
        &rules,
        "104.16.1.1",
        &[
            ("cf-connecting-ip", "?"),
            ("x-forwarded-for", "203.0.113.9"),
        ],
    );
    let nothing = observe(&rules, "104.16.1.1", &[("cf-connecting-ip", "0.0.0.0")]);

    assert_eq!(list, "203.0.113.9");
    assert_eq!(nothing, "104.16.1.1");
}

#[test]
fn thousands_of_entries_are_not_walked() {
    let rules = rules(&["10.0.0.0/8"], None);
    let endless = format!("203.0.113.9{}", ", 10.0.0.2".repeat(10_000));

    let seen = observe(&rules, "10.0.0.1", &[("x-forwarded-for", &endless)]);

    assert_eq!(seen, "10.0.0.2");
}

#[test]
fn every_problem_is_named_at_once() {
    let trusted = ["10.0.0.0/8", "localhost", "0.0.0.0/0"].map(str::to_owned);

    let problems = ProxyRules::compile(&trusted, Some("cloudfare")).expect_err("three problems");

    let fields: Vec<_> = problems.iter().map(|p| p.field.as_str()).collect();
    assert_eq!(fields, ["trusted[1]", "trusted[2]", "preset"]);
    assert!(problems[0].message.contains("\"localhost\""));
    assert!(problems[2].message.contains("\"cloudfare\""));
    assert!(problems[2].message.contains("cloudflare"));
}

#[test]
fn a_preset_without_addresses_requires_some() {
    for preset in ["cloudfront", "akamai", "bunny"] {
        let problems = ProxyRules::compile(&[], Some(preset)).expect_err(preset);
        assert_eq!(
            (problems[0].field.as_str(), problems[0].code),
            ("trusted", "required")
        );
    }
    assert!(ProxyRules::compile(&[], Some("")).is_ok());
    assert!(ProxyRules::compile(&[], Some("Cloudflare")).is_ok());
}

fn any_ip() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        any::<u32>().prop_map(|bits| IpAddr::V4(bits.into())),
        any::<u128>().prop_map(|bits| IpAddr::V6(bits.into())),
    ]
}

/// Public IPv4 addresses that no rule of these tests trusts.
fn client() -> impl Strategy<Value = IpAddr> {
    (20u8..=50, any::<[u8; 3]>())
        .prop_map(|(a, [b, c, d])| IpAddr::from([a, b, c, d]))
        .prop_filter("not a proxy of the tests", |ip| {
            !rules(&[], Some("cloudflare")).trusted.contains(*ip)
        })
}

fn proxies() -> impl Strategy<Value = Vec<IpAddr>> {
    prop::collection::vec(
        any::<[u8; 3]>().prop_map(|[b, c, d]| IpAddr::from([10, b, c, d])),
        0..6,
    )
}

proptest! {
    #[test]
    fn an_untrusted_peer_is_always_the_client(
        peer in any_ip(),
        headers in prop::collection::vec((prop::sample::select(EVERY_HEADER), client()), 0..6),
    ) {
        let texts: Vec<_> = headers.iter().map(|(name, ip)| (*name, ip.to_string())).collect();
        for preset in [None, Some("cloudflare"), Some("nginx")] {
            let rules = rules(&["10.0.0.0/8"], preset);
            if rules.trusted.contains(peer) {
                continue;
            }
            let headers = Headers::new(texts.iter().map(|(name, text)| (*name, text.as_bytes())));
            prop_assert_eq!(rules.client_ip(peer, &headers), peer.to_canonical());
        }
    }

    #[test]
    fn no_bytes_panic(
        values in prop::collection::vec(
            (prop::sample::select(EVERY_HEADER), prop::collection::vec(any::<u8>(), 0..80)),
            0..5,
        ),
        entry in "[0-9a-f.:,;=\"\\[\\] for]{0,60}",
    ) {
        for preset in PRESETS {
            let rules = rules(&["10.0.0.0/8"], Some(preset.name));
            let headers = values
                .iter()
                .map(|(name, value)| (*name, value.as_slice()))
                .chain(EVERY_HEADER.iter().map(|name| (*name, entry.as_bytes())));
            rules.client_ip(ip("10.0.0.1"), &Headers::new(headers));
        }
    }

    #[test]
    fn the_client_is_found_whatever_it_forged(
        client in client(),
        chain in proxies(),
        forged in prop::collection::vec("[ -+.-~]{0,30}", 0..5),
        split in any::<prop::sample::Index>(),
    ) {
        let rules = rules(&["10.0.0.0/8"], None);
        let mut entries = forged;
        entries.push(client.to_string());
        entries.extend(chain.iter().map(IpAddr::to_string));
        let (left, right) = entries.split_at(split.index(entries.len() + 1));
        let (left, right) = (left.join(", "), right.join(","));

        let headers = Headers::new([
            ("x-forwarded-for", left.as_bytes()),
            ("x-forwarded-for", right.as_bytes()),
        ]);

        prop_assert_eq!(rules.client_ip(ip("10.0.0.1"), &headers), client);
    }
}
