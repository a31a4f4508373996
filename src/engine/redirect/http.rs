//! `302 Found` with a `Location`.

use super::{Redirect, Reply};
use crate::domain::flow::RedirectKind;

/// The plain redirect: fastest, and the browser passes its referrer on as its policy says.
pub(super) struct Http;

impl Redirect for Http {
    fn kind(&self) -> RedirectKind {
        RedirectKind::Http
    }

    fn key(&self) -> &'static str {
        "http"
    }

    fn label(&self) -> &'static str {
        "HTTP redirect"
    }

    fn help(&self) -> &'static str {
        "Answers 302 with the address; the fastest way"
    }

    fn example(&self) -> &'static str {
        "https://example.com/?c={click_id}"
    }

    fn reply(&self, location: String) -> Reply {
        // An empty `Location` means "here again" to a browser: a loop.
        if location.is_empty() {
            return Reply::NotFound;
        }
        Reply::Redirect {
            status: 302,
            location,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_location_goes_into_a_302() {
        assert_eq!(
            Http.reply("https://example.com/".to_owned()),
            Reply::Redirect {
                status: 302,
                location: "https://example.com/".to_owned()
            }
        );
    }
}
