//! The second of the two pages that a visitor passes who goes on by `double_meta`.
//!
//! Its address says where to go and until when, and carries a keyed tag of both: nobody but the
//! tracker can make one, so the page leads nowhere that no campaign led to.

use std::hash::Hasher;
use std::rc::Rc;

use actix_web::{HttpRequest, HttpResponse};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use siphasher::sip128::{Hasher128, SipHasher24};

use super::respond::{self, respond};
use super::state::Hot;
use crate::clock;
use crate::engine::Reply;
use crate::engine::redirect::leading_page;

/// Below it lie all addresses of second pages. No alias has a second segment, so none is taken.
pub(super) const PATH: &str = "/r/{seal}";

/// How long an address leads on: enough for the slowest connection, too short to be passed around.
const LIFETIME_SECONDS: u64 = 3_600;
/// Longer ones do not fit into an address everywhere; their visitors get one page only.
const LOCATION_MAX: usize = 2_000;
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Signs addresses of second pages.
#[derive(Clone)]
pub struct StepSigner {
    hasher: SipHasher24,
}

/// Why an address of a second page does not lead on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NoStep {
    Forged,
    Expired,
}

impl StepSigner {
    pub fn new(secret: &[u8; 16]) -> Self {
        Self {
            hasher: SipHasher24::new_with_key(secret),
        }
    }

    /// The address of the page that leads to `location`; `None` if that is too long for one.
    pub(super) fn address(&self, location: &str, now_ms: i64) -> Option<String> {
        if location.len() > LOCATION_MAX {
            return None;
        }
        let until = seconds(now_ms) + LIFETIME_SECONDS;
        let tag = self.tag(until, location);
        let location = utf8_percent_encode(location, UNRESERVED);
        Some(format!("/r/{until:x}-{tag:032x}?{location}"))
    }

    /// Where an address leads: its last segment and its query.
    fn location(&self, seal: &str, query: &str, now_ms: i64) -> Result<String, NoStep> {
        let (until, tag) = seal.split_once('-').ok_or(NoStep::Forged)?;
        let until = u64::from_str_radix(until, 16).map_err(|_| NoStep::Forged)?;
        let tag = u128::from_str_radix(tag, 16).map_err(|_| NoStep::Forged)?;
        let location = percent_decode_str(query)
            .decode_utf8()
            .map_err(|_| NoStep::Forged)?;
        if tag != self.tag(until, &location) {
            return Err(NoStep::Forged);
        }
        match seconds(now_ms) <= until {
            true => Ok(location.into_owned()),
            false => Err(NoStep::Expired),
        }
    }

    fn tag(&self, until: u64, location: &str) -> u128 {
        let mut hasher = self.hasher;
        hasher.write_u64(until);
        hasher.write(location.as_bytes());
        hasher.finish128().as_u128()
    }
}

fn seconds(now_ms: i64) -> u64 {
    u64::try_from(now_ms / 1_000).unwrap_or(0)
}

/// Answers with the second page.
pub(super) async fn step(request: HttpRequest) -> HttpResponse {
    let Some(hot) = request.app_data::<Rc<Hot>>() else {
        return respond::not_found();
    };
    let shared = &hot.shared;
    let seal = request.match_info().query("seal");
    let steps = &shared.steps;
    match steps.location(seal, request.query_string(), clock::now_ms()) {
        Ok(location) => respond(Reply::Page(leading_page(&location)), shared, ""),
        Err(NoStep::Expired) => {
            shared.tallies.count("expired_step", 0);
            respond::not_found()
        }
        Err(NoStep::Forged) => {
            shared.tallies.count("unknown_link", 0);
            respond::not_found()
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_790_000_000_000;

    fn parts(address: &str) -> (&str, &str) {
        let rest = address.strip_prefix("/r/").expect("ours");
        rest.split_once('?').expect("a query")
    }

    proptest! {
        #[test]
        fn an_address_leads_where_it_was_made_for_until_its_time_is_over(
            location in "[ -~]{1,60}", later in 0i64..7_200
        ) {
            let signer = StepSigner::new(&[7; 16]);
            let address = signer.address(&location, NOW).expect("short");
            let (seal, query) = parts(&address);

            let found = signer.location(seal, query, NOW + later * 1_000);

            let expected = if later <= 3_600 { Ok(location) } else { Err(NoStep::Expired) };
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn nobody_else_can_make_one(
            location in "https://[a-z]{1,9}/", other in "https://[a-z]{1,9}/", more in 1u64..1_000_000
        ) {
            let signer = StepSigner::new(&[7; 16]);
            let address = signer.address(&location, NOW).expect("short");
            let (seal, query) = parts(&address);
            let (until, tag) = seal.split_once('-').expect("two parts");
            let until = u64::from_str_radix(until, 16).expect("a number");
            let longer = format!("{:x}-{tag}", until + more);

            prop_assume!(location != other);
            prop_assert_eq!(signer.location(seal, &other, NOW), Err(NoStep::Forged));
            prop_assert_eq!(signer.location(&longer, query, NOW), Err(NoStep::Forged));
            let foreign = StepSigner::new(&[8; 16]);
            prop_assert_eq!(foreign.location(seal, query, NOW), Err(NoStep::Forged));
        }

        #[test]
        fn no_text_panics(seal in ".{0,60}", query in ".{0,60}") {
            let _ = StepSigner::new(&[0; 16]).location(&seal, &query, NOW);
        }
    }

    #[test]
    fn a_location_too_long_for_an_address_gets_none() {
        let long = "x".repeat(LOCATION_MAX + 1);
        assert_eq!(StepSigner::new(&[0; 16]).address(&long, NOW), None);
    }
}
