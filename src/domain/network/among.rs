//! What is wrong with a network only among the others, and what of it may surprise.

use super::*;
use crate::domain::conversion::{CONVERSION, REBILL};
use crate::domain::documents::Documents;
use crate::domain::event::Event;
use crate::domain::form::{quoted, row_path};
use crate::domain::nearest::nearest;
use crate::domain::problem::Problem;

/// What a template may call our click id; the macros' table has the same names.
const CLICK_ID_MACROS: [&str; 3] = ["{click_id", "{clickid", "{subid"];

impl Network {
    /// The parameter of the offer link that is our click id and nothing else: `sub1`.
    pub fn click_id_carrier(&self) -> Option<&str> {
        let is_click_id = |value: &str| {
            let mut names = CLICK_ID_MACROS.iter();
            names.any(|name| value.strip_prefix(name) == Some("}"))
        };
        let mut pairs = self
            .offer_param
            .split('&')
            .filter_map(|pair| pair.split_once('='));
        let carrier = pairs.find(|(name, value)| !name.is_empty() && is_click_id(value));
        carrier.map(|(name, _)| name)
    }

    /// Networks that change the case of a URL must not reach another one.
    pub(super) fn key_taken(&self, documents: &Documents) -> Option<Problem> {
        let is_same = |other: &&Network| {
            other.id != self.id
                && other.state != State::Archived
                && other.key.eq_ignore_ascii_case(&self.key)
        };
        let mut others = documents.networks.values().map(AsRef::as_ref);
        let other = others.find(is_same)?;
        let message = format!(
            "The key \"{}\" already belongs to network {} {}; choose another, or leave it out.",
            self.key,
            other.id,
            quoted(&other.name)
        );
        Some(Problem::new("key", "key_taken", message))
    }

    pub(super) fn unknown_events(&self, documents: &Documents) -> Vec<Problem> {
        let is_known = |key: &str| {
            key == CONVERSION || key == REBILL || Event::of_key(documents, key).is_some()
        };
        let unknown = self.events.iter().filter(|(_, key)| !is_known(key));
        let problem = |(word, key): (&String, &String)| {
            let known = documents.events.values().map(|event| event.key.as_str());
            let advice = match nearest(key, known.chain([CONVERSION, REBILL])) {
                Some(near) => format!("Did you mean \"{near}\"?"),
                None => format!(
                    "Name the key of an event, \"{CONVERSION}\" or \"{REBILL}\"; make the event first."
                ),
            };
            let message = format!("There is no event {}. {advice}", quoted(key));
            Problem::new(row_path("events", word), "unknown_reference", message)
        };
        unknown.map(problem).collect()
    }

    pub(super) fn no_click_id(&self) -> Option<Problem> {
        let mut names = CLICK_ID_MACROS.iter();
        if self.offer_param.is_empty() || names.any(|name| self.offer_param.contains(name)) {
            return None;
        }
        let message = format!(
            "{} carries no {{click_id}}: the network cannot tell which click a conversion belongs to.",
            quoted(&self.offer_param)
        );
        Some(Problem::new("offer_param", "no_click_id", message))
    }

    pub(super) fn words_meant_twice(&self) -> impl Iterator<Item = Problem> {
        let both = self
            .statuses
            .keys()
            .filter(|word| self.events.contains_key(*word));
        both.map(|word| {
            let message = format!(
                "{} is a word for a status and for an event. What it means depends on the parameter that brings it.",
                quoted(word)
            );
            Problem::new(row_path("statuses", word), "status_and_event", message)
        })
    }

    /// Words for statuses that are words of an event too, whatever the network.
    pub(super) fn statuses_of_events(&self, documents: &Documents) -> Vec<Problem> {
        let mut doubts = Vec::new();
        for word in self
            .statuses
            .keys()
            .filter(|word| !self.events.contains_key(*word))
        {
            let mut events = documents.events.values();
            let event = events.find(|event| event.state.is_active() && event.words.contains(word));
            doubts.extend(event.map(|event| {
                let message = format!(
                    "{} is also a word of event {} {}. As a status of this network it is the status.",
                    quoted(word),
                    event.id,
                    quoted(&event.name)
                );
                Problem::new(row_path("statuses", word), "status_and_event", message)
            }));
        }
        doubts
    }

    pub(super) fn kept_and_read(&self) -> impl Iterator<Item = Problem> {
        let read = self.keep.iter().enumerate().filter_map(|(index, kept)| {
            Some((index, kept, PostbackParameter::commonly_called(&kept.name)?))
        });
        let read = read.filter(|(_, _, parameter)| !self.parameters.contains_key(parameter));
        read.map(|(index, kept, parameter)| {
            let message = format!(
                "{} is one of the names that {} is read from. If the network means something else by it, name its own {} in parameters.",
                quoted(&kept.name),
                parameter.as_str(),
                parameter.as_str()
            );
            Problem::new(format!("keep[{index}].name"), "kept_and_read", message)
        })
    }
}
