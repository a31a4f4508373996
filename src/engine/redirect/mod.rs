//! Ways to send a visitor on. One file each.
//!
//! Those other than the plain redirect answer with a small page. An address goes into a page only
//! escaped for its place (`page.rs`), and only if it leads to the web: whatever else an address
//! might be (`javascript:`), a `Location` header runs no script, so it goes out as one.
//!
//! Adding one: 1. a variant of [`RedirectKind`] with its word. 2. A file here with a unit struct
//! that implements [`Redirect`]. 3. Its line in [`ALL`] and its arm in [`of`]. The tests below
//! then ask it for everything that the dashboard needs. 4. `UPDATE_README=1 cargo test --test
//! readme`.

mod double_meta;
mod form_post;
mod http;
mod iframe;
mod js;
#[cfg(test)]
mod laws;
mod markdown;
mod meta;
mod no_referrer;
mod page;

use serde::Serialize;

use crate::domain::flow::{RedirectKind, Way};

pub use double_meta::leading_page;
pub use markdown::markdown;
pub use page::Page;

/// An answer to a visitor, free of the web framework. Every answer goes out with
/// `Cache-Control: no-store`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Reply {
    /// A status of the 300s with a `Location`: printable ASCII, never empty.
    Redirect { status: u16, location: String },
    /// A page of ours that leads on.
    Page(Page),
    /// A page of ours that leads to another one of ours, which leads to `location`: the web's
    /// side makes an address for that and answers there with [`leading_page`].
    TwoPages { location: String },
    /// What the operator wrote.
    Content {
        status: u16,
        kind: ContentKind,
        body: String,
    },
    /// The plain page of "nothing here".
    NotFound,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ContentKind {
    Text,
    Html,
}

/// A way to send a visitor on.
pub trait Redirect: Sync {
    fn kind(&self) -> RedirectKind;
    fn key(&self) -> &'static str;
    fn label(&self) -> &'static str;
    fn help(&self) -> &'static str;
    /// A URL template that suits it.
    fn example(&self) -> &'static str;
    /// What else can be chosen beside the kind, in the same object.
    fn settings(&self) -> &'static [Setting] {
        &[]
    }
    /// The answer that leads to `location`, an expanded template: for pages an address of the web.
    fn reply(&self, location: String, way: Way) -> Reply;
}

/// All ways.
pub static ALL: &[&dyn Redirect] = &[
    &http::Http,
    &meta::Meta,
    &double_meta::DoubleMeta,
    &js::Js,
    &form_post::FormPost,
    &iframe::Iframe,
    &no_referrer::NoReferrer,
];

/// The way of this kind.
pub fn of(kind: RedirectKind) -> &'static dyn Redirect {
    match kind {
        RedirectKind::Http => &http::Http,
        RedirectKind::Meta => &meta::Meta,
        RedirectKind::DoubleMeta => &double_meta::DoubleMeta,
        RedirectKind::Js => &js::Js,
        RedirectKind::FormPost => &form_post::FormPost,
        RedirectKind::Iframe => &iframe::Iframe,
        RedirectKind::NoReferrer => &no_referrer::NoReferrer,
    }
}

/// The answer that leads to `location`, an expanded template.
pub fn reply(way: Way, location: String) -> Reply {
    // An empty address means "here again" to a browser: a loop.
    if location.is_empty() {
        return Reply::NotFound;
    }
    if is_of_the_web(&location) {
        of(way.kind).reply(location, way)
    } else {
        http::Http.reply(location, Way::default())
    }
}

/// Whether a browser can follow an expanded template: an address of the web with a host. Macros
/// that are empty, or may not choose the host, can leave `https:///x` or `https://.example.com/`.
pub fn leads_somewhere(location: &str) -> bool {
    let rest = location.split_once("://").map(|(_, rest)| rest);
    let host = rest.and_then(|rest| rest.split(['/', '?', '#', ':']).next());
    is_of_the_web(location) && host.is_some_and(|host| !host.is_empty() && !host.starts_with('.'))
}

fn is_of_the_web(location: &str) -> bool {
    ["https://", "http://"].iter().any(|scheme| {
        location
            .get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    })
}

/// A choice that a way has beside its kind.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Setting {
    /// Its field beside `redirect`.
    pub key: &'static str,
    pub label: &'static str,
    pub help: &'static str,
    pub choices: &'static [Choice],
    /// What holds where it is left out.
    pub left_out: u16,
}

/// One thing to choose.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Choice {
    pub value: u16,
    pub label: &'static str,
}

/// A way as pickers need it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RedirectOption {
    pub key: &'static str,
    pub label: &'static str,
    pub help: &'static str,
    pub example: &'static str,
    pub settings: &'static [Setting],
}

pub fn options() -> Vec<RedirectOption> {
    ALL.iter()
        .map(|way| RedirectOption {
            key: way.key(),
            label: way.label(),
            help: way.help(),
            example: way.example(),
            settings: way.settings(),
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
            for setting in way.settings {
                let values = setting.choices.iter().map(|choice| choice.value);
                assert!(values.into_iter().any(|value| value == setting.left_out));
            }
        }
    }

    #[test]
    fn an_empty_location_is_not_found() {
        for (word, kind) in RedirectKind::ALL {
            let way = Way {
                kind: *kind,
                status: None,
            };
            assert_eq!(reply(way, String::new()), Reply::NotFound, "{word}");
        }
    }

    #[test]
    fn what_does_not_lead_to_the_web_never_gets_into_a_page() {
        for location in [
            "javascript:alert(1)",
            "data:text/html,x",
            "/x",
            "https:/",
            "é",
        ] {
            for (word, kind) in RedirectKind::ALL {
                let way = Way {
                    kind: *kind,
                    status: None,
                };
                assert_eq!(
                    reply(way, location.to_owned()),
                    Reply::Redirect {
                        status: 302,
                        location: location.to_owned()
                    },
                    "{word} {location}"
                );
            }
        }
    }
}
