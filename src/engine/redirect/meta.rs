//! A page with a meta refresh.

use super::page::Builder;
use super::{Redirect, Reply};
use crate::domain::flow::{RedirectKind, Way};

/// The browser reads our page first, so the next one sees us as the referrer.
pub(super) struct Meta;

impl Redirect for Meta {
    fn kind(&self) -> RedirectKind {
        RedirectKind::Meta
    }

    fn key(&self) -> &'static str {
        "meta"
    }

    fn label(&self) -> &'static str {
        "Meta refresh"
    }

    fn help(&self) -> &'static str {
        "Answers with a page that goes on by itself, also where scripts are off"
    }

    fn example(&self) -> &'static str {
        "https://example.com/?c={click_id}"
    }

    fn reply(&self, location: String, _: Way) -> Reply {
        let page = Builder::new().refresh(&location).body();
        Reply::Page(page.finish())
    }
}
