//! Two pages of ours one after the other, so that the first referrer is lost.
//!
//! What a browser tells the address is where it was last: on our second page, which it came to
//! from our first one. The second page has an address of its own, which the web's side signs.

use super::page::{Builder, Page};
use super::{Redirect, Reply};
use crate::domain::flow::{RedirectKind, Way};

/// The next page sees our host name and nothing more.
pub(super) struct DoubleMeta;

impl Redirect for DoubleMeta {
    fn kind(&self) -> RedirectKind {
        RedirectKind::DoubleMeta
    }

    fn key(&self) -> &'static str {
        "double_meta"
    }

    fn label(&self) -> &'static str {
        "Double meta refresh"
    }

    fn help(&self) -> &'static str {
        "Goes through two pages of the tracker, so that the next page sees at most its host name as the referrer"
    }

    fn example(&self) -> &'static str {
        "https://example.com/?c={click_id}"
    }

    fn reply(&self, location: String, _: Way) -> Reply {
        Reply::TwoPages { location }
    }
}

/// A page that goes on to `address` and tells it our host name at most. The first page leads with
/// it to the second, the second to where the visitor is to go.
pub fn leading_page(address: &str) -> Page {
    let page = Builder::new().refresh(address).body().finish();
    page.with_referrer_policy("strict-origin")
}
