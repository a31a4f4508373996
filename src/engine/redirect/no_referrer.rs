//! A page that goes on without a referrer.

use super::page::Builder;
use super::{Redirect, Reply};
use crate::domain::flow::{RedirectKind, Way};

/// Policy in the header and in the page, because in-app browsers read only one of them.
pub(super) struct NoReferrer;

impl Redirect for NoReferrer {
    fn kind(&self) -> RedirectKind {
        RedirectKind::NoReferrer
    }

    fn key(&self) -> &'static str {
        "no_referrer"
    }

    fn label(&self) -> &'static str {
        "Without referrer"
    }

    fn help(&self) -> &'static str {
        "Goes on from a page that tells the next one nothing of where the visitor comes from"
    }

    fn example(&self) -> &'static str {
        "https://example.com/?c={click_id}"
    }

    fn reply(&self, location: String, _: Way) -> Reply {
        let page = Builder::new()
            .markup("<meta name=\"referrer\" content=\"no-referrer\">")
            .refresh(&location)
            .replace(&location)
            .body();
        Reply::Page(page.finish().with_referrer_policy("no-referrer"))
    }
}
