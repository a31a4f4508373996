//! What holds for every preset.

mod networks;
mod rules;
mod sources;

use std::collections::BTreeSet;

use super::*;

/// What stands between braces in a URL.
fn names(url: &str) -> Vec<&str> {
    let ends = url.split('{').skip(1);
    ends.map(|rest| rest.split('}').next().unwrap_or_default())
        .collect()
}

fn texts() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    let sources = sources().iter().map(|preset| {
        let mut texts = vec![preset.name.as_str(), &preset.notes];
        texts.extend(preset.parameters.iter().map(|one| one.label.as_str()));
        texts.extend(preset.asks.iter().map(|ask| ask.label.as_str()));
        (preset.slug.as_str(), texts)
    });
    let networks = networks().iter().map(|preset| {
        let texts = vec![preset.name.as_str(), &preset.platform, &preset.notes];
        (preset.slug.as_str(), texts)
    });
    let rules = rules().iter().map(|preset| {
        let mut texts = vec![preset.name.as_str(), &preset.notes];
        texts.extend(preset.asks.iter().map(|ask| ask.label.as_str()));
        (preset.slug.as_str(), texts)
    });
    sources.chain(networks).chain(rules)
}

#[test]
fn every_file_is_a_preset() {
    assert_eq!(SOURCES.1, []);
    assert_eq!(NETWORKS.1, []);
    assert_eq!(RULES.1, []);
    assert!(sources().len() >= 90, "{}", sources().len());
    assert!(networks().len() >= 84, "{}", networks().len());
    assert!(self::rules().len() >= 6, "{}", self::rules().len());
}

#[test]
fn slugs_are_plain_and_names_are_unique() {
    let mut seen = BTreeSet::new();
    for preset in all() {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        assert!(
            preset
                .slug
                .bytes()
                .all(|byte| is_plain(byte) || byte == b'-')
                && preset.slug.starts_with(|c: char| c.is_ascii_alphanumeric()),
            "{}",
            preset.slug
        );
        let kind = format!("{:?}", preset.kind);
        assert!(
            seen.insert((kind, preset.name.to_lowercase())),
            "{}",
            preset.name
        );
    }
}

#[test]
fn every_preset_says_what_it_is_and_where_that_was_read() {
    for (slug, texts) in texts() {
        for text in texts {
            assert!(!text.is_empty() && text.trim() == text, "{slug}: {text:?}");
            assert!(!text.contains(['\n', '\t']), "{slug}: {text:?}");
        }
    }
    let pages = sources().iter().map(|one| (&one.slug, &one.sources));
    for (slug, pages) in pages.chain(networks().iter().map(|one| (&one.slug, &one.sources))) {
        assert!(!pages.is_empty(), "{slug}");
        for page in pages {
            let is_address = page.starts_with("https://") || page.starts_with("http://");
            assert!(is_address, "{slug}: {page}");
        }
    }
    let notes = sources().iter().map(|one| (&one.slug, &one.notes));
    for (slug, notes) in notes.chain(networks().iter().map(|one| (&one.slug, &one.notes))) {
        assert!(notes.len() >= 40, "{slug}: {notes}");
    }
}
