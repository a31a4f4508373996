//! A status of the 300s with a `Location`: 302, unless another one is chosen.

use super::{Choice, Redirect, Reply, Setting};
use crate::domain::flow::{RedirectKind, Way};

/// The plain redirect: fastest, and the browser passes its referrer on as its policy says.
pub(super) struct Http;

const STATUS: u16 = 302;

static SETTINGS: &[Setting] = &[Setting {
    key: "status",
    label: "Status",
    help: "What the answer says of the address; 302 suits tracking links",
    choices: &[
        Choice {
            value: 301,
            label: "301 moved for good: browsers keep it, and later visits are not counted",
        },
        Choice {
            value: 302,
            label: "302 found",
        },
        Choice {
            value: 303,
            label: "303 see other: a form that was sent here is not sent on",
        },
        Choice {
            value: 307,
            label: "307 temporary: a form that was sent here is sent on",
        },
    ],
    left_out: STATUS,
}];

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
        "Answers 302 with the address; the fastest way, and the only one without a page"
    }

    fn example(&self) -> &'static str {
        "https://example.com/?c={click_id}"
    }

    fn settings(&self) -> &'static [Setting] {
        SETTINGS
    }

    fn reply(&self, location: String, way: Way) -> Reply {
        Reply::Redirect {
            status: way.status.unwrap_or(STATUS),
            location,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_location_goes_out_with_the_chosen_status() {
        for (chosen, status) in [(None, 302), (Some(301), 301), (Some(307), 307)] {
            let way = Way {
                kind: RedirectKind::Http,
                status: chosen,
            };
            assert_eq!(
                Http.reply("https://example.com/".to_owned(), way),
                Reply::Redirect {
                    status,
                    location: "https://example.com/".to_owned()
                }
            );
        }
    }

    #[test]
    fn every_status_of_the_document_can_be_chosen() {
        let choices: Vec<u16> = SETTINGS[0].choices.iter().map(|one| one.value).collect();
        assert_eq!(choices, Way::STATUSES);
    }
}
