//! Places of real addresses, from every layout of base.

use std::fs;
use std::net::{IpAddr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proptest::prelude::*;

use super::base::{Base, Source};
use super::record::Facts;
use super::*;
use crate::domain::visitor::{ConnectionType, Place};

const KEY: [u8; 16] = *b"0123456789abcdef";

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/geo")
        .join(name)
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// A data directory with these fixtures in its `geoip`.
fn data_dir(fixtures: &[&str]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("geoip")).unwrap();
    for name in fixtures {
        fs::copy(fixture(name), dir.path().join("geoip").join(name)).unwrap();
    }
    dir
}

fn loaded(fixtures: &[&str]) -> Bases {
    let (bases, warnings) = Bases::load(data_dir(fixtures).path());
    assert_eq!(warnings, Vec::<String>::new());
    bases
}

fn place(bases: &Bases, address: &str) -> Arc<Place> {
    Geo::new(&KEY).observe(bases, ip(address))
}

fn country(place: &Place) -> &str {
    place
        .country
        .as_ref()
        .map_or("", |country| country.as_str())
}

fn facts(name: &str, address: &str) -> Facts {
    Base::read(&fixture(name))
        .unwrap()
        .facts(ip(address))
        .unwrap_or_default()
}

#[test]
fn built_in_bases_know_country_and_asn_of_well_known_addresses() {
    let bases = Bases::built_in();

    for (address, expected, asn) in [
        ("8.8.8.8", "US", Some(15169)),
        ("1.1.1.1", "AU", Some(13335)),
        ("77.88.8.8", "RU", Some(13238)),
        ("5.9.1.1", "DE", Some(24940)),
        ("46.211.1.1", "UA", Some(15895)),
        // DB-IP places Google's IPv6 resolver in Canada.
        ("2001:4860:4860::8888", "CA", Some(15169)),
        ("2a01:4f8::1", "DE", Some(24940)),
        ("2a02:6b8::1", "RU", Some(13238)),
    ] {
        let place = place(&bases, address);
        assert_eq!(country(&place), expected, "{address}");
        assert_eq!(place.asn, asn, "{address}");
        assert!(place.isp.is_some(), "{address}");
    }
}

#[test]
fn built_in_bases_are_whole() {
    let status = Bases::built_in().status();

    let kinds: Vec<_> = status.iter().map(|base| base.kind).collect();
    assert_eq!(kinds, [BaseKind::Country, BaseKind::Asn]);
    for base in status {
        assert_eq!(base.source, "built-in");
        assert!(base.nodes > 100_000, "{base}");
        assert!(base.built_at > 1_700_000_000_000, "{base}");
    }
}

#[test]
fn local_addresses_are_nowhere() {
    let bases = Bases::built_in();

    for address in [
        "0.0.0.0",
        "10.1.2.3",
        "127.0.0.1",
        "192.168.1.1",
        "169.254.1.1",
        "100.64.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fd00::1",
        "::ffff:10.0.0.1",
        "ff02::1",
    ] {
        let place = place(&bases, address);
        assert_eq!(place.country, None, "{address}");
        assert_eq!(place.asn, None, "{address}");
        assert_ne!(place.fingerprint, 0, "{address}");
    }
}

#[test]
fn ipv4_mapped_into_ipv6_counts_as_ipv4() {
    let bases = Bases::built_in();

    assert_eq!(place(&bases, "::ffff:8.8.8.8"), place(&bases, "8.8.8.8"));
}

#[test]
fn every_layout_is_read() {
    let text = |text: &str| Some(text.to_owned());

    let nested = facts("city.mmdb", "8.8.8.8");
    assert_eq!(nested.country.unwrap().as_str(), "CA");
    assert_eq!(nested.region, text("Ontario"));
    assert_eq!(nested.city, text("Toronto"));

    let flat = facts("city-flat.mmdb", "5.9.1.1");
    assert_eq!(flat.country.unwrap().as_str(), "DE");
    assert_eq!(flat.region, text("Saxony"));
    assert_eq!(flat.city, text("Falkenstein"));

    let blank = facts("city-flat.mmdb", "8.8.8.8");
    assert_eq!(blank.country.unwrap().as_str(), "US");
    assert_eq!((blank.region, blank.city), (None, None));

    let isp = facts("isp.mmdb", "8.8.8.8");
    assert_eq!(isp.isp, text("Example Mobile"));
    assert_eq!(isp.organisation, text("Example Holding"));
    assert_eq!(isp.asn, Some(64500));

    let asn = facts("asn-flat.mmdb", "8.8.8.8");
    assert_eq!(asn.organisation, text("Flat Networks"));
    assert_eq!(asn.asn, Some(64501));

    let ipinfo = facts("ipinfo-lite.mmdb", "8.8.8.8");
    assert_eq!(ipinfo.country.unwrap().as_str(), "UA");
    assert_eq!(ipinfo.organisation, text("Example LLC"));
    assert_eq!(ipinfo.asn, Some(64503));
}

#[test]
fn connection_types_of_a_base_are_ours() {
    for (address, expected) in [
        ("8.8.4.4", Some(ConnectionType::Corporate)),
        ("8.8.8.8", Some(ConnectionType::Cellular)),
        ("5.9.1.1", Some(ConnectionType::Broadband)),
        ("9.9.9.9", Some(ConnectionType::Satellite)),
        ("1.1.1.1", Some(ConnectionType::Dialup)),
        ("77.88.8.8", None),
        ("2001:4860:4860::8888", None),
    ] {
        let found = facts("connection-type.mmdb", address).connection_type;
        assert_eq!(found, expected, "{address}");
    }
}

#[test]
fn strongest_anonymiser_wins() {
    for (address, expected) in [
        ("8.8.8.8", Some("vpn")),
        ("5.9.1.1", Some("hosting")),
        ("9.9.9.9", Some("tor")),
        ("1.1.1.1", Some("proxy")),
        ("77.88.8.8", None),
    ] {
        assert_eq!(
            facts("anonymous-ip.mmdb", address).proxy,
            expected,
            "{address}"
        );
    }
}

#[test]
fn kind_is_read_from_the_name_or_else_from_the_records() {
    for (name, expected) in [
        ("city.mmdb", BaseKind::City),
        ("city-old.mmdb", BaseKind::City),
        ("city-flat.mmdb", BaseKind::City),
        ("isp.mmdb", BaseKind::Isp),
        ("asn-flat.mmdb", BaseKind::Asn),
        ("ipinfo-lite.mmdb", BaseKind::Country),
        ("connection-type.mmdb", BaseKind::ConnectionType),
        ("anonymous-ip.mmdb", BaseKind::AnonymousIp),
        ("unnamed.mmdb", BaseKind::City),
    ] {
        assert_eq!(Base::read(&fixture(name)).unwrap().kind, expected, "{name}");
    }
    for (name, expected) in [
        ("GeoIP2-Enterprise", Some(BaseKind::City)),
        ("GeoLite2-ASN", Some(BaseKind::Asn)),
        ("GeoIP2-Country", Some(BaseKind::Country)),
        ("dbip-country", Some(BaseKind::Country)),
        ("DBIP-ASN-Lite (compat=GeoLite2-ASN)", Some(BaseKind::Asn)),
        ("Weather", None),
    ] {
        assert_eq!(BaseKind::of_type(name), expected, "{name}");
    }
}

#[test]
fn city_base_beats_the_built_in_country_and_leaves_it_where_it_has_no_record() {
    let bases = loaded(&["city.mmdb"]);

    let known = place(&bases, "8.8.8.8");
    assert_eq!(country(&known), "CA");
    assert_eq!(known.city.as_deref(), Some("Toronto"));
    assert_eq!(known.asn, Some(15169));
    let without_record = place(&bases, "1.1.1.1");
    assert_eq!(country(&without_record), "AU");
    let record_without_country = place(&bases, "77.88.8.8");
    assert_eq!(country(&record_without_country), "RU");
    assert_eq!(country(&place(&bases, "2001:4860:4860::8888")), "CA");
}

#[test]
fn newer_of_two_bases_wins_and_no_city_contradicts_the_country() {
    let bases = loaded(&["city.mmdb", "city-old.mmdb"]);

    assert_eq!(place(&bases, "8.8.8.8").city.as_deref(), Some("Toronto"));
    assert_eq!(place(&bases, "9.9.9.9").city.as_deref(), Some("Zurich"));
    let only_country_in_the_newer = place(&bases, "93.184.216.34");
    assert_eq!(country(&only_country_in_the_newer), "US");
    assert_eq!(only_country_in_the_newer.city, None);
}

#[test]
fn isp_base_beats_the_organisation_of_the_asn() {
    let bases = loaded(&["isp.mmdb", "asn-flat.mmdb"]);

    let known = place(&bases, "8.8.8.8");
    assert_eq!(known.isp.as_deref(), Some("Example Mobile"));
    assert_eq!(known.asn, Some(64500));
    let isp_without_asn = place(&bases, "5.9.1.1");
    assert_eq!(isp_without_asn.isp.as_deref(), Some("Hetzner Private"));
    assert_eq!(isp_without_asn.asn, Some(64502));
    let without_record = place(&bases, "77.88.8.8");
    assert_eq!(without_record.isp.as_deref(), Some("YANDEX LLC"));
}

#[test]
fn connection_type_of_a_base_beats_the_guess() {
    assert_eq!(
        place(&Bases::built_in(), "5.9.1.1").connection_type,
        Some(ConnectionType::Hosting)
    );
    assert_eq!(
        place(&loaded(&["connection-type.mmdb"]), "5.9.1.1").connection_type,
        Some(ConnectionType::Broadband)
    );
    let hosting = place(&loaded(&["anonymous-ip.mmdb"]), "93.184.216.34");
    assert_eq!(hosting.proxy.as_deref(), Some("hosting"));
    assert_eq!(hosting.connection_type, Some(ConnectionType::Hosting));
}

#[test]
fn equal_facts_have_equal_fingerprints_whatever_base_they_came_from() {
    let nested = place(&loaded(&["city.mmdb"]), "5.9.1.1");
    let flat = place(&loaded(&["city-flat.mmdb"]), "5.9.1.1");

    assert_eq!(nested, flat);
    assert_ne!(
        nested.fingerprint,
        place(&Bases::built_in(), "5.9.1.1").fingerprint
    );
    let other_key = Geo::new(&[7; 16]).observe(&loaded(&["city.mmdb"]), ip("5.9.1.1"));
    assert_ne!(nested.fingerprint, other_key.fingerprint);
}

#[test]
fn fingerprint_stays_the_same_from_version_to_version() {
    // The store keeps places by it: a change here would store every place twice.
    let place = place(&loaded(&["city.mmdb"]), "8.8.8.8");
    let place = Place {
        isp: Some("Example".to_owned()),
        asn: Some(64500),
        connection_type: None,
        ..(*place).clone()
    };

    assert_eq!(place::fingerprint(&place, &KEY), FINGERPRINT);
}

const FINGERPRINT: u128 = 120199795332966763564032569333012598710;

#[test]
fn addresses_of_one_network_share_one_place() {
    let bases = Bases::built_in();
    let geo = Geo::new(&KEY);

    let first = geo.observe(&bases, ip("8.8.8.8"));
    let second = geo.observe(&bases, ip("8.8.8.9"));

    assert!(Arc::ptr_eq(&first, &second));
}

#[test]
fn new_bases_are_not_answered_from_the_cache_of_the_old() {
    let geo = Geo::new(&KEY);
    let before = geo.observe(&loaded(&["city.mmdb"]), ip("5.9.1.1"));
    let after = geo.observe(&loaded(&["unnamed.mmdb"]), ip("5.9.1.1"));

    assert_eq!(country(&before), "DE");
    assert_eq!(country(&after), "UA");
}

#[test]
fn damaged_files_are_left_out_with_a_warning_that_names_them() {
    let whole = fs::read(fixture("city.mmdb")).unwrap();
    let marker = b"\xab\xcd\xefMaxMind.com";
    let metadata = whole
        .windows(14)
        .rposition(|bytes| bytes == marker)
        .unwrap();
    let mut garbled = whole.clone();
    garbled[metadata - 120..metadata].fill(0xff);
    let mut looped = whole.clone();
    looped[..600].fill(0);
    for (case, content) in [
        ("zero length", Vec::new()),
        ("text", b"<html>404 Not Found</html>".to_vec()),
        ("first half", whole[..whole.len() / 2].to_vec()),
        ("second half", whole[whole.len() / 2..].to_vec()),
        ("only metadata", whole[metadata..].to_vec()),
        ("garbled records", garbled),
        ("tree without end", looped),
        ("unrelated", fs::read(fixture("unrelated.mmdb")).unwrap()),
    ] {
        let dir = data_dir(&["isp.mmdb"]);
        fs::write(dir.path().join("bad.mmdb"), content).unwrap();

        let (bases, warnings) = Bases::load(dir.path());

        assert_eq!(warnings.len(), 1, "{case}: {warnings:?}");
        assert!(warnings[0].contains("bad.mmdb"), "{case}: {warnings:?}");
        assert_eq!(bases.iter().len(), 3, "{case}");
        assert_eq!(country(&place(&bases, "77.88.8.8")), "RU", "{case}");
    }
}

#[test]
fn missing_directory_leaves_the_built_in_bases() {
    let (bases, warnings) = Bases::load(Path::new("/nowhere/at/all"));

    assert_eq!(warnings, Vec::<String>::new());
    assert_eq!(bases.iter().len(), 2);
}

#[test]
fn more_files_than_are_used_at_once_are_named() {
    let dir = data_dir(&[]);
    for n in 0..8 {
        fs::copy(
            fixture("asn-flat.mmdb"),
            dir.path().join(format!("{n}.mmdb")),
        )
        .unwrap();
    }

    let (bases, warnings) = Bases::load(dir.path());

    assert_eq!(bases.iter().len(), bases::MAX_BASES);
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert_eq!(country(&place(&bases, "77.88.8.8")), "RU");
}

#[test]
fn watcher_waits_until_a_file_has_stopped_changing() {
    let dir = data_dir(&[]);
    let (bases, _) = Bases::load(dir.path());
    let mut watcher = Watcher::new();
    assert!(watcher.poll(&bases, dir.path()).is_none());

    let whole = fs::read(fixture("city.mmdb")).unwrap();
    let file = dir.path().join("geoip/city.mmdb");
    fs::write(&file, &whole[..500]).unwrap();
    assert!(bases.changed(dir.path()));
    assert!(watcher.poll(&bases, dir.path()).is_none());
    fs::write(&file, &whole).unwrap();
    assert!(watcher.poll(&bases, dir.path()).is_none());
    let (next, warnings) = watcher.poll(&bases, dir.path()).unwrap();

    assert_eq!(warnings, Vec::<String>::new());
    assert_eq!(country(&place(&next, "8.8.8.8")), "CA");
    assert!(!next.changed(dir.path()));
    assert!(watcher.poll(&next, dir.path()).is_none());
}

#[test]
fn file_overwritten_by_a_damaged_one_stays_in_use_as_it_was() {
    let dir = data_dir(&["city.mmdb", "isp.mmdb"]);
    let (bases, _) = Bases::load(dir.path());
    fs::write(dir.path().join("geoip/city.mmdb"), "oops").unwrap();
    fs::remove_file(dir.path().join("geoip/isp.mmdb")).unwrap();

    let (next, warnings) = bases.reload(dir.path());

    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("stays in use"), "{warnings:?}");
    let place = place(&next, "8.8.8.8");
    assert_eq!(country(&place), "CA");
    assert_eq!(place.isp.as_deref(), Some("Google LLC"));
    assert!(!next.changed(dir.path()));
}

#[test]
fn lookup_report_names_the_source_of_what_it_says() {
    let report = loaded(&["city.mmdb"]).lookup(ip("8.8.8.8"));

    let kinds: Vec<_> = report.records.iter().map(|record| record.kind).collect();
    assert_eq!(kinds, [BaseKind::City, BaseKind::Country, BaseKind::Asn]);
    assert_eq!(report.records[0].network, "8.8.8.0/24");
    assert_eq!(report.city.as_deref(), Some("Toronto"));
    assert!(report.connection_type_guessed);
    let text = report.to_string();
    assert!(
        text.contains("Toronto") && text.contains("hosting (a guess)"),
        "{text}"
    );
    assert!(!text.contains("Toronto (de)"), "{text}");
    assert!(!Bases::built_in().lookup(ip("127.0.0.1")).public);
    serde_json::to_string(&report).unwrap();
}

#[test]
fn guess_knows_carriers_and_keeps_quiet_about_mixed_ones() {
    use ConnectionType::{Broadband, Cellular, Hosting, Satellite};
    for (asn, provider, expected) in [
        (Some(21928), "T-Mobile USA, Inc.", Some(Cellular)),
        (Some(6167), "Verizon Business", Some(Cellular)),
        (Some(16509), "Amazon.com, Inc.", Some(Hosting)),
        (Some(14593), "Space Exploration", Some(Satellite)),
        (Some(7922), "Comcast Cable", Some(Broadband)),
        (Some(64500), "Example Cloud Ltd", Some(Hosting)),
        (Some(64500), "Example Mobile Ltd", Some(Cellular)),
        (Some(64500), "Example Automobile Ltd", None),
        (Some(64500), "Prairie Wireless Inc", None),
        (Some(9808), "China Mobile", None),
        (None, "T-Mobile Polska", None),
        (Some(13036), "T-Mobile Czech Republic a.s.", None),
        (Some(8359), "Mobile TeleSystems", None),
        (Some(15895), "Kyivstar", None),
        (None, "", None),
    ] {
        let found = connection::guess(asn, Some(provider));
        assert_eq!(found, expected, "{asn:?} {provider}");
    }
}

#[test]
fn carrier_tables_name_each_system_once() {
    let mut seen = std::collections::BTreeSet::new();
    for known in connection::KNOWN.iter() {
        assert!(seen.insert(known.asn), "{} {}", known.asn, known.name);
        assert!(!known.name.is_empty());
        assert!(
            known.country == "-" || known.country.len() == 2,
            "{}",
            known.name
        );
    }
    for asn in connection::MIXED {
        assert!(seen.insert(*asn), "{asn}");
    }
}

#[test]
fn cache_answers_what_a_fresh_lookup_answers() {
    let bases = Bases::built_in();
    let geo = Geo::new(&KEY);
    let mut dice = fastrand::Rng::with_seed(1);

    for _ in 0..50_000 {
        let address = IpAddr::from(dice.u32(..).to_be_bytes());
        let cached = geo.observe(&bases, address);
        if dice.u8(..) == 0 {
            let fresh = Geo::new(&KEY).observe(&bases, address);
            assert_eq!(cached, fresh, "{address}");
        }
    }
}

proptest! {
    #[test]
    fn any_address_has_a_place(v4: u32, v6: u128) {
        let bases = Bases::built_in();
        let geo = Geo::new(&KEY);

        geo.observe(&bases, IpAddr::from(v4.to_be_bytes()));
        geo.observe(&bases, IpAddr::V6(Ipv6Addr::from(v6)));
        // Where IPv6 addresses really are.
        geo.observe(&bases, IpAddr::V6(Ipv6Addr::from(v6 >> 3 | 1 << 125)));
    }

    /// Whatever happens to a file, opening it and looking addresses up does not panic.
    #[test]
    fn files_with_random_damage_never_panic(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
        cut in any::<prop::sample::Index>(),
        addresses in prop::collection::vec(any::<u32>(), 20),
    ) {
        for name in ["city.mmdb", "connection-type.mmdb"] {
            let mut bytes = fs::read(fixture(name)).unwrap();
            for (at, byte) in &damage {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            if cut.index(4) == 0 {
                bytes.truncate(cut.index(bytes.len()));
            }
            let source = Source::File(PathBuf::from(name));
            if let Ok(base) = Base::open(source, base::Bytes::Owned(bytes)) {
                for address in &addresses {
                    base.facts(IpAddr::from(address.to_be_bytes()));
                }
                for address in ["8.8.8.8", "5.9.1.1", "2001:4860::1"] {
                    base.record(ip(address));
                }
            }
        }
    }
}

/// `cargo test --release --lib geo::tests::speed -- --ignored --nocapture`
#[test]
#[ignore = "a measurement"]
fn speed_of_a_hit() {
    let bases = Bases::built_in();
    let geo = Geo::new(&KEY);
    let mut dice = fastrand::Rng::with_seed(1);
    let addresses: Vec<IpAddr> = (0..4_000)
        .map(|_| IpAddr::from(dice.u32(..).to_be_bytes()))
        .collect();

    for round in 0..4 {
        let start = std::time::Instant::now();
        for address in &addresses {
            std::hint::black_box(geo.observe(&bases, *address));
        }
        println!("round {round}: {:?} per address", start.elapsed() / 4_000);
    }
}
