//! A page whose script goes on.

use super::page::Builder;
use super::{Redirect, Reply};
use crate::domain::flow::{RedirectKind, Way};

/// Goes on by script, leaving no entry in the history; without scripts by a meta refresh.
pub(super) struct Js;

impl Redirect for Js {
    fn kind(&self) -> RedirectKind {
        RedirectKind::Js
    }

    fn key(&self) -> &'static str {
        "js"
    }

    fn label(&self) -> &'static str {
        "JavaScript"
    }

    fn help(&self) -> &'static str {
        "Answers with a page whose script goes on; the page does not stay in the browser's history"
    }

    fn example(&self) -> &'static str {
        "https://example.com/?c={click_id}"
    }

    fn reply(&self, location: String, _: Way) -> Reply {
        let page = Builder::new()
            .replace(&location)
            .markup("<noscript>")
            .refresh(&location)
            .markup("</noscript>")
            .body();
        Reply::Page(page.finish())
    }
}
