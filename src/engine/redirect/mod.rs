//! Ways to send a visitor on. One file each.
//!
//! Adding one: 1. a variant of [`RedirectKind`] with its word. 2. A file here with a unit struct
//! that implements [`Redirect`]. 3. Its line in [`ALL`] and its arm in [`of`]. The tests below
//! then ask it for everything that the dashboard needs.

mod http;

use serde::Serialize;

use crate::domain::flow::RedirectKind;

/// An answer to a visitor, free of the web framework. Every answer goes out with
/// `Cache-Control: no-store`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reply {
    /// A status of the 300s with a `Location`: printable ASCII, never empty.
    Redirect { status: u16, location: String },
    /// The plain page of "nothing here".
    NotFound,
}

/// A way to send a visitor on.
pub trait Redirect: Sync {
    fn kind(&self) -> RedirectKind;
    fn key(&self) -> &'static str;
    fn label(&self) -> &'static str;
    fn help(&self) -> &'static str;
    /// A URL template that suits it.
    fn example(&self) -> &'static str;
    /// The answer that leads to `location`, an expanded template.
    fn reply(&self, location: String) -> Reply;
}

/// All ways.
pub static ALL: &[&dyn Redirect] = &[&http::Http];

/// The way of this kind.
pub fn of(kind: RedirectKind) -> &'static dyn Redirect {
    match kind {
        RedirectKind::Http => &http::Http,
    }
}

/// A way as pickers need it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RedirectOption {
    pub key: &'static str,
    pub label: &'static str,
    pub help: &'static str,
    pub example: &'static str,
}

pub fn options() -> Vec<RedirectOption> {
    ALL.iter()
        .map(|way| RedirectOption {
            key: way.key(),
            label: way.label(),
            help: way.help(),
            example: way.example(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::macros::Template;

    #[test]
    fn every_kind_has_its_entry_under_its_own_word() {
        let words: Vec<_> = ALL.iter().map(|way| (way.key(), way.kind())).collect();
        assert_eq!(words, RedirectKind::ALL);
        for (word, kind) in RedirectKind::ALL {
            assert_eq!(of(*kind).key(), *word);
        }
    }

    #[test]
    fn entries_are_complete_and_their_examples_work() {
        let mut keys = HashSet::new();
        for way in options() {
            assert!(keys.insert(way.key), "{} is there twice", way.key);
            assert!(way.key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
            assert!(!way.label.is_empty() && !way.help.is_empty(), "{}", way.key);
            assert_eq!(Template::parse(way.example).1, [], "{}", way.key);
        }
    }

    #[test]
    fn an_empty_location_is_not_found() {
        for way in ALL {
            assert_eq!(way.reply(String::new()), Reply::NotFound, "{}", way.key());
        }
    }
}
