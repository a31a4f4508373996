//! A page whose form is sent at once: the parameters of the address go on as a form.

use percent_encoding::percent_decode_str;

use super::page::Builder;
use super::{Redirect, Reply};
use crate::domain::flow::{RedirectKind, Way};

/// What stands behind `?` becomes hidden fields, so that it appears in no address.
pub(super) struct FormPost;

/// The form's own `submit` could be hidden by a field of that name.
const SEND: &str = "<script>HTMLFormElement.prototype.submit.call(document.forms[0])</script>";
const BY_HAND: &str = "<noscript><button>&#8594;</button></noscript></form>";

impl Redirect for FormPost {
    fn kind(&self) -> RedirectKind {
        RedirectKind::FormPost
    }

    fn key(&self) -> &'static str {
        "form_post"
    }

    fn label(&self) -> &'static str {
        "Form (POST)"
    }

    fn help(&self) -> &'static str {
        "Sends the parameters of the address as a form (POST), so that they appear in no address"
    }

    fn example(&self) -> &'static str {
        "https://example.com/form?c={click_id}"
    }

    fn reply(&self, location: String, _: Way) -> Reply {
        let (address, fragment) = match location.split_once('#') {
            Some((address, fragment)) => (address, Some(fragment)),
            None => (location.as_str(), None),
        };
        let (action, query) = address.split_once('?').unwrap_or((address, ""));
        let mut page = Builder::new()
            .body()
            .markup("<form method=\"post\" action=\"")
            .attribute(action);
        if let Some(fragment) = fragment {
            page = page.markup("#").attribute(fragment);
        }
        page = page.markup("\">");
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            page = page
                .markup("<input type=\"hidden\" name=\"")
                .attribute(&decoded(name))
                .markup("\" value=\"")
                .attribute(&decoded(value))
                .markup("\">");
        }
        Reply::Page(page.markup(BY_HAND).markup(SEND).finish())
    }
}

/// As a form on the other side would read it; NUL cannot stand in a page.
fn decoded(text: &str) -> String {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8_lossy();
    decoded.replace('\0', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_become_fields() {
        let location = "https://x/form?a=1+2&b=%3C%22%26&c&=d#top";

        let Reply::Page(page) = FormPost.reply(location.to_owned(), Way::default()) else {
            panic!("no page");
        };

        let fields = "<form method=\"post\" action=\"https://x/form#top\">\
            <input type=\"hidden\" name=\"a\" value=\"1 2\">\
            <input type=\"hidden\" name=\"b\" value=\"&lt;&quot;&amp;\">\
            <input type=\"hidden\" name=\"c\" value=\"\">\
            <input type=\"hidden\" name=\"\" value=\"d\">";
        assert!(page.html.contains(fields), "{}", page.html);
    }
}
