//! What happened, and how far it is: the event and the status, of whichever words tell them.

use super::parameters::{Parameters, Sent};
use super::said::SaidStatus;
use super::words::{Dictionary, Understood, status_of};
use crate::detect::text::cut;
use crate::domain::conversion::{CONVERSION, REBILL, Status};
use crate::domain::form::quoted;
use crate::domain::network::{Meaning, PostbackParameter};

/// Bytes kept of a network's word.
const MAX_WORD: usize = 200;

/// Event and status, understood.
pub(super) struct Outcome {
    pub(super) event: String,
    pub(super) status: SaidStatus,
    pub(super) original_status: Option<String>,
    pub(super) unknown_event: Option<String>,
}

/// What the words tell so far; what they leave open is `None`.
#[derive(Default)]
struct Told {
    status: Option<SaidStatus>,
    event: Option<String>,
    word: Option<String>,
    unknown_event: Option<String>,
}

pub(super) fn read(
    parameters: &mut Parameters<'_>,
    dictionary: &Dictionary<'_>,
    default_status: Status,
    remarks: &mut Vec<String>,
) -> Outcome {
    let mut told = Told::default();
    if let Some(word) = word(parameters.take(PostbackParameter::Status), remarks) {
        told.read_status(word, dictionary);
    }
    let event = likeliest_event(parameters, dictionary);
    if let Some(word) = word(event, remarks) {
        told.read_event(word, dictionary);
    }
    Outcome {
        event: told.event.unwrap_or_else(|| CONVERSION.to_owned()),
        status: told.status.unwrap_or(SaidStatus::Known(default_status)),
        original_status: told.word,
        unknown_event: told.unknown_event,
    }
}

impl Told {
    fn read_status(&mut self, word: &str, dictionary: &Dictionary<'_>) {
        self.word = Some(kept(word));
        match dictionary.in_status(word) {
            Some(Understood::Status(meaning)) => self.mean(meaning),
            Some(Understood::Event(key)) => self.event = Some(key),
            None => self.status = Some(SaidStatus::Unmapped),
        }
    }

    /// A word in the place of the event beats one in the place of the status, unless it says no
    /// more than that it is a conversion.
    fn read_event(&mut self, word: &str, dictionary: &Dictionary<'_>) {
        if let Some(key) = dictionary.event(word) {
            if key != CONVERSION || self.event.is_none() {
                self.event = Some(key);
            }
            return;
        }
        match dictionary.status(word) {
            Some(meaning) if self.status.is_none() => {
                self.word = Some(kept(word));
                self.mean(meaning);
            }
            Some(meaning) if self.status == Some(said(meaning)) => {}
            _ => self.unknown_event = Some(kept(word)),
        }
    }

    fn mean(&mut self, meaning: Meaning) {
        self.status = Some(said(meaning));
        if meaning == Meaning::Rebill {
            self.event = Some(REBILL.to_owned());
        }
    }
}

fn said(meaning: Meaning) -> SaidStatus {
    status_of(meaning).map_or(SaidStatus::Ignored, SaidStatus::Known)
}

/// Of several parameters that may tell the event the first that does, else the first.
fn likeliest_event<'a>(
    parameters: &mut Parameters<'a>,
    dictionary: &Dictionary<'_>,
) -> Option<Sent<'a>> {
    let candidates = parameters.candidates(PostbackParameter::Event);
    let known = candidates
        .iter()
        .find(|sent| dictionary.event(sent.value).is_some());
    let event = *known.or(candidates.first())?;
    parameters.claim(event.name);
    Some(event)
}

/// A literal macro is no word.
fn word<'a>(sent: Option<Sent<'a>>, remarks: &mut Vec<String>) -> Option<&'a str> {
    let sent = sent?;
    if !sent.is_macro() {
        return Some(sent.value);
    }
    remarks.push(format!(
        "{} is the macro {}, which the network did not fill in; it counts as missing.",
        sent.name,
        quoted(sent.value)
    ));
    None
}

fn kept(word: &str) -> String {
    cut(word, MAX_WORD).to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::said::Said;
    use super::super::testing::{event, network, said, said_to};
    use super::*;
    use crate::domain::event::Event;
    use crate::domain::network::Network;
    use crate::domain::state::State;

    const LEAD: SaidStatus = SaidStatus::Known(Status::Lead);
    const SALE: SaidStatus = SaidStatus::Known(Status::Sale);
    const REJECTED: SaidStatus = SaidStatus::Known(Status::Rejected);
    const TRASH: SaidStatus = SaidStatus::Known(Status::Trash);

    fn events() -> Vec<Event> {
        vec![
            event("registration", &["reg", "signup"]),
            event("deposit", &["deposit", "FTD", "2", "депозит"]),
            Event {
                state: State::Paused,
                ..event("call", &["call"])
            },
        ]
    }

    fn mapped() -> Network {
        network(
            &[],
            &[
                ("1", Meaning::Sale),
                ("2", Meaning::Lead),
                ("одобрен", Meaning::Sale),
                ("approved", Meaning::Lead),
                ("again", Meaning::Rebill),
                ("ping", Meaning::Ignore),
            ],
            &[
                ("7", "deposit"),
                ("8", "call"),
                ("9", "rebill"),
                ("10", "conversion"),
                ("hold", "registration"),
            ],
        )
    }

    fn summary(said: &Said) -> (&str, SaidStatus, Option<&str>, Option<&str>) {
        let Said {
            event,
            status,
            original_status,
            unknown_event,
            ..
        } = said;
        (
            event,
            *status,
            original_status.as_deref(),
            unknown_event.as_deref(),
        )
    }

    #[test]
    fn common_words_need_no_map() {
        for (word, status) in [
            ("lead", LEAD),
            ("pending", LEAD),
            ("hold", LEAD),
            ("On+Hold", LEAD),
            ("new", LEAD),
            ("sale", SALE),
            ("approved", SALE),
            ("APPROVED", SALE),
            ("+confirmed+", SALE),
            ("paid", SALE),
            ("rejected", REJECTED),
            ("declined", REJECTED),
            ("cancelled", REJECTED),
            ("canceled", REJECTED),
            ("chargeback", REJECTED),
            ("refund", REJECTED),
            ("trash", TRASH),
            ("fraud", TRASH),
            ("spam", TRASH),
            ("duplicate", TRASH),
        ] {
            let said = said(&format!("status={word}"));
            assert_eq!(
                summary(&said),
                (
                    "conversion",
                    status,
                    Some(word.replace('+', " ").trim()),
                    None
                )
            );
        }
    }

    #[test]
    fn no_status_is_the_networks_default() {
        let held = Network {
            default_status: Status::Lead,
            ..Network::default()
        };
        for query in [
            "",
            "status=",
            "status=+",
            "status={status}",
            "cnv_status=[status]",
        ] {
            assert_eq!(
                summary(&said(query)),
                ("conversion", SALE, None, None),
                "{query}"
            );
            let said = said_to(Some(&held), &[], query);
            assert_eq!(summary(&said), ("conversion", LEAD, None, None), "{query}");
            assert_eq!(said.remarks.len(), usize::from(query.len() > 10), "{query}");
        }
    }

    #[test]
    fn an_unknown_word_is_unmapped() {
        for word in [
            "1",
            "2",
            "0",
            "одобрен",
            "Отклонён",
            "accept",
            "whatever",
            "批准",
        ] {
            let said = said(&format!("status={word}"));
            assert_eq!(
                summary(&said),
                ("conversion", SaidStatus::Unmapped, Some(word), None)
            );
        }
    }

    #[test]
    fn the_network_is_asked_before_anybody() {
        for (word, event, status) in [
            ("1", "conversion", SALE),
            ("2", "conversion", LEAD),
            ("ОДОБРЕН", "conversion", SALE),
            ("Approved", "conversion", LEAD),
            ("again", "rebill", SALE),
            ("ping", "conversion", SaidStatus::Ignored),
            ("7", "deposit", SALE),
            ("9", "rebill", SALE),
            ("hold", "registration", SALE),
            ("declined", "conversion", REJECTED),
            ("3", "conversion", SaidStatus::Unmapped),
            ("8", "conversion", SaidStatus::Unmapped),
        ] {
            let said = said_to(Some(&mapped()), &events(), &format!("status={word}"));
            assert_eq!(summary(&said), (event, status, Some(word), None));
        }
    }

    #[test]
    fn the_requests_own_lists_are_asked_before_the_network() {
        let lists = "lead_status=1,wait&sale_status=+Hold+,yes,ДА&rejected_status=no,approved&trash_status=t\
                     &rebill_status=more&ignore_status=ping,test,&ignore=pong";
        for (word, event, status) in [
            ("1", "conversion", LEAD),
            ("hold", "conversion", SALE),
            ("YES", "conversion", SALE),
            ("да", "conversion", SALE),
            ("approved", "conversion", REJECTED),
            ("t", "conversion", TRASH),
            ("more", "rebill", SALE),
            ("test", "conversion", SaidStatus::Ignored),
            ("pong", "conversion", SaidStatus::Ignored),
            ("again", "rebill", SALE),
            ("declined", "conversion", REJECTED),
        ] {
            let query = format!("status={word}&{lists}");
            let said = said_to(Some(&mapped()), &[], &query);
            assert_eq!(summary(&said), (event, status, Some(word), None));
            assert_eq!(said.others, []);
        }
        assert_eq!(
            summary(&said(&format!("status=&{lists}"))),
            ("conversion", SALE, None, None)
        );
    }

    #[test]
    fn an_events_word_in_the_status_sets_the_event() {
        for (word, event, status) in [
            ("reg", "registration", SALE),
            ("Registration", "registration", SALE),
            ("ftd", "deposit", SALE),
            ("ДЕПОЗИТ", "deposit", SALE),
            ("rebill", "rebill", SALE),
            ("conversion", "conversion", SALE),
            ("call", "conversion", SaidStatus::Unmapped),
            ("2", "conversion", SaidStatus::Unmapped),
        ] {
            let said = said_to(None, &events(), &format!("status={word}"));
            assert_eq!(summary(&said), (event, status, Some(word), None));
        }
    }

    #[test]
    fn an_event_is_named_by_any_of_its_words() {
        for (query, event, status) in [
            ("goal=reg&status=hold", "registration", LEAD),
            ("event=Deposit", "deposit", SALE),
            ("et=FTD&status=rejected", "deposit", REJECTED),
            ("type=2", "deposit", SALE),
            ("goal=rebill&status=pending", "rebill", LEAD),
            ("goal=conversion&status=hold", "conversion", LEAD),
            ("goal={goal}&event=deposit", "deposit", SALE),
            ("goal=x&event=deposit", "deposit", SALE),
            ("status=reg&goal=deposit", "deposit", SALE),
            ("status=rebill&goal=conversion", "rebill", SALE),
        ] {
            let said = said_to(None, &events(), query);
            let (told, known, _, unknown) = summary(&said);
            assert_eq!((told, known, unknown), (event, status, None), "{query}");
        }
    }

    #[test]
    fn a_networks_word_for_an_event_is_asked_first() {
        for (word, event, unknown) in [
            ("7", "deposit", None),
            ("9", "rebill", None),
            ("10", "conversion", None),
            ("HOLD", "registration", None),
            ("8", "conversion", Some("8")),
            ("2", "deposit", None),
        ] {
            let said = said_to(
                Some(&mapped()),
                &events(),
                &format!("goal={word}&status=sale"),
            );
            assert_eq!(
                summary(&said),
                (event, SALE, Some("sale"), unknown),
                "{word}"
            );
        }
    }

    #[test]
    fn an_unknown_event_is_told_and_a_macro_is_none() {
        for (query, unknown) in [
            ("goal=0", Some("0")),
            ("goal=1", Some("1")),
            ("goal=Lead+form", Some("Lead form")),
            ("event=call", Some("call")),
            ("goal=x&event=y", Some("y")),
            ("goal={goal}", None),
            ("goal={goal}&event=call", Some("call")),
            ("goal=", None),
        ] {
            let said = said_to(None, &events(), query);
            assert_eq!(
                summary(&said),
                ("conversion", SALE, None, unknown),
                "{query}"
            );
        }
    }

    #[test]
    fn a_statuss_word_in_the_event_tells_the_status_if_nothing_else_does() {
        for (query, status, word, unknown) in [
            ("type=lead", LEAD, Some("lead"), None),
            ("goal=Approved&status=", SALE, Some("Approved"), None),
            (
                "type=rejected&status={status}",
                REJECTED,
                Some("rejected"),
                None,
            ),
            ("type=sale&status=approved", SALE, Some("approved"), None),
            (
                "type=lead&status=approved",
                SALE,
                Some("approved"),
                Some("lead"),
            ),
            (
                "type=lead&status=whatever",
                SaidStatus::Unmapped,
                Some("whatever"),
                Some("lead"),
            ),
        ] {
            let said = said(query);
            assert_eq!(
                summary(&said),
                ("conversion", status, word, unknown),
                "{query}"
            );
        }
        let said = said_to(Some(&mapped()), &[], "goal=again");
        assert_eq!(summary(&said), ("rebill", SALE, Some("again"), None));
    }

    #[test]
    fn a_words_length_is_bounded() {
        let long = "ы".repeat(900);
        let said = said(&format!("status={long}&goal={long}"));

        assert_eq!(said.original_status.map(|word| word.len()), Some(MAX_WORD));
        assert_eq!(said.unknown_event.map(|word| word.len()), Some(MAX_WORD));
    }
}
