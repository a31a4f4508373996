//! A page that shows the address in a frame over all of it.

use super::page::Builder;
use super::{Redirect, Reply};
use crate::domain::flow::{RedirectKind, Way};

const STYLE: &str = "<style>html,body{margin:0;height:100%;overflow:hidden}\
    iframe{display:block;width:100%;height:100%;border:0}</style>";

/// The address is shown under our link; many pages refuse to be framed.
pub(super) struct Iframe;

impl Redirect for Iframe {
    fn kind(&self) -> RedirectKind {
        RedirectKind::Iframe
    }

    fn key(&self) -> &'static str {
        "iframe"
    }

    fn label(&self) -> &'static str {
        "Frame"
    }

    fn help(&self) -> &'static str {
        "Shows the address in a frame over the whole page, under the tracking link; pages that refuse frames stay empty"
    }

    fn example(&self) -> &'static str {
        "https://example.com/?c={click_id}"
    }

    fn reply(&self, location: String, _: Way) -> Reply {
        let page = Builder::new()
            .markup(STYLE)
            .body()
            .markup("<iframe src=\"")
            .attribute(&location)
            .markup("\" allow=\"fullscreen\"></iframe>");
        Reply::Page(page.finish())
    }
}
