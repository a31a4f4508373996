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
