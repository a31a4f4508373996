//! Crawlers that name themselves in their user agent.
//!
//! `crawlers.json` is the list of the npm package `crawler-user-agents` (MIT), patterns only, exactly as
//! published: to refresh it, take a newer package and keep the file's shape. Where a published pattern
//! hits real visitors, `CORRECTIONS` takes it out or narrows it, so that a refresh keeps what we learned.
//!
//! Nearly all patterns are plain words. They go into one Aho-Corasick automaton; the few real regular
//! expressions into one set, which keeps the whole under 3 MB (7 ms to build, measured without
//! optimisation). Built once, when first asked; asked only for user agents not seen before.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex::RegexSet;
use serde::Deserialize;

/// A word this short must begin where a word begins: `RED/` must not be found in `Adored/1`.
const SHORT: usize = 6;

/// (published pattern, what we look for instead, if anything). The reason stands above each group.
const CORRECTIONS: &[(&str, Option<&str>)] = &[
    // The build number of Android 15 of OPPO, OnePlus, realme, vivo, Xiaomi, Samsung and others.
    (r"AP3A\.240617\.008", None),
    // Facebook's in-app browser signs itself so.
    ("MetaIAB Facebook", None),
    // The app fetches previews under its bare name, and its web view carries people. The bare name begins
    // the user agent.
    ("WhatsApp", Some("^WhatsApp")),
    ("Viber", Some("^Viber")),
    (r"Tumblr\/", Some("^Tumblr/")),
    (r"PayPal\/", Some("^PayPal/")),
    (r"Bluesky\/", Some("^Bluesky/")),
    (r"Grammarly\/", Some("^Grammarly/")),
    (r"Instapaper\/", Some("^Instapaper/")),
    (r"Notion\/", Some("^Notion/")),
    ("Goodreads", Some("compatible; Goodreads")),
    ("Blackboard", Some("^Blackboard")),
    ("Feedly", Some("^Feedly")),
    // Also phones (`HTC Butterfly`) and a handheld console (`Odin; wv`).
    ("Butterfly", Some("compatible; Butterfly")),
    ("Odin;", Some("compatible; Odin;")),
    // Sogou makes browsers as well: `SogouMobileBrowser`, `SogouMSE`.
    ("Sogou", Some("Sogou (.*)?[Ss]pider")),
    // Single-site browsers for macOS, used by people.
    ("Fluid", None),
    // Old Russian browsers and toolbars carry mail.ru addresses; its crawler has a pattern of its own.
    (r"mail\.ru", None),
    // HTTP libraries: `tools` knows where they may stand.
    ("okhttp", None),
    ("HttpUrlConnection", None),
    ("[wW]get", None),
    ("^curl", None),
];

/// Signs of a crawler that no published pattern covers: an address for webmasters (`+http://...`), by
/// old custom in every crawler's user agent and in no browser's, and the two words that name the trade.
const GENERAL: &[&str] = &[
    r"\+https?://",
    r"(?i)crawler",
    // A spider is also a phone model; the crawler's has a version or an end after it.
    r"(?i)spider(/|\)|$)",
    // `CUBOT` makes phones.
    r"(?i)(^|[^u]|[^c]u)bot/[0-9v]",
];

#[derive(Deserialize)]
struct Published {
    patterns: Vec<String>,
}

struct Crawlers {
    words: AhoCorasick,
    word_list: Vec<Box<str>>,
    expressions: RegexSet,
}

static CRAWLERS: LazyLock<Crawlers> = LazyLock::new(|| {
    let published: Published = serde_json::from_str(include_str!("crawlers.json"))
        .expect("crawlers.json is part of the program, and a test reads it");
    let mut word_list: Vec<Box<str>> = Vec::with_capacity(published.patterns.len());
    let mut expressions: Vec<&str> = Vec::new();
    for pattern in &published.patterns {
        let pattern = match CORRECTIONS.iter().find(|(from, _)| from == pattern) {
            Some((_, None)) => continue,
            Some((_, Some(instead))) => instead,
            None => pattern.as_str(),
        };
        match plain(pattern) {
            Some(word) => word_list.push(word.into()),
            None => expressions.push(pattern),
        }
    }
    expressions.extend(GENERAL);
    Crawlers {
        words: AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(word_list.iter().map(|word| word.as_bytes()))
            .expect("the words of crawlers.json fit an automaton, and a test builds it"),
        expressions: RegexSet::new(expressions)
            .expect("the expressions of crawlers.json compile, and a test compiles them"),
        word_list,
    }
});

/// What in a user agent names a crawler: the longest word found, else the expression that matched.
pub(super) fn find(user_agent: &str) -> Option<&'static str> {
    let crawlers: &'static Crawlers = &CRAWLERS;
    let word = crawlers
        .words
        .find_overlapping_iter(user_agent)
        .filter(|hit| hit.len() >= SHORT || begins_a_word(user_agent, hit.start()))
        .map(|hit| &*crawlers.word_list[hit.pattern().as_usize()])
        .max_by_key(|word| word.len());
    word.map(str::trim).or_else(|| {
        let hit = crawlers.expressions.matches(user_agent).iter().next()?;
        crawlers.expressions.patterns().get(hit).map(String::as_str)
    })
}

fn begins_a_word(text: &str, at: usize) -> bool {
    !text.as_bytes()[..at]
        .last()
        .is_some_and(u8::is_ascii_alphanumeric)
}

/// The text that a pattern without any special sign stands for (`Foo\/1` is `Foo/1`).
fn plain(pattern: &str) -> Option<String> {
    let mut text = String::with_capacity(pattern.len());
    let mut signs = pattern.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '\\' => match signs.next() {
                Some(escaped) if !escaped.is_ascii_alphanumeric() => text.push(escaped),
                _ => return None,
            },
            '.' | '^' | '$' | '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|' => {
                return None;
            }
            sign => text.push(sign),
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_list_is_read_and_compiled() {
        assert!(CRAWLERS.word_list.len() > 1_300);
        assert!(CRAWLERS.expressions.len() > 30);
        assert!(CRAWLERS.words.memory_usage() < 1_000_000);
    }

    #[test]
    fn every_correction_still_corrects_a_published_pattern() {
        let published: Published =
            serde_json::from_str(include_str!("crawlers.json")).expect("valid JSON");

        for (pattern, _) in CORRECTIONS {
            assert!(published.patterns.iter().any(|p| p == pattern), "{pattern}");
        }
    }

    #[test]
    fn escaped_signs_are_plain_and_expressions_are_not() {
        assert_eq!(plain(r"Foo\/1\.0 \(x\)").as_deref(), Some("Foo/1.0 (x)"));
        for expression in ["^curl", "[pP]ing", r"a\d", "a|b", "a.b", r"x\"] {
            assert_eq!(plain(expression), None, "{expression}");
        }
    }
}
