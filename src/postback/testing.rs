//! Builders of test data.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::read::{Words, read};
use super::request;
use super::said::Said;
use crate::domain::event::Event;
use crate::domain::id::{Id, IdCodec, IdGenerator};
use crate::domain::network::{Meaning, Network, PostbackParameter};

pub(crate) fn codec() -> IdCodec {
    IdCodec::new(&[7; 16])
}

/// A click, the same in every run, and its public id.
pub(crate) fn click() -> (Id, String) {
    let id = IdGenerator::new(0, None).next(1_790_000_000_000);
    (id, codec().encode(id).to_string())
}

/// Another click.
pub(crate) fn other_click() -> (Id, String) {
    let id = IdGenerator::new(1, None).next(1_790_000_000_000);
    (id, codec().encode(id).to_string())
}

pub(crate) fn pairs(query: &str) -> Vec<(String, String)> {
    request::pairs(query, None).expect("there is no body")
}

/// What a postback without a key says.
pub(crate) fn said(query: &str) -> Said {
    said_to(None, &[], query)
}

/// What a postback of a network says, where there are events of the operator's own.
pub(crate) fn said_to(network: Option<&Network>, events: &[Event], query: &str) -> Said {
    let events: BTreeMap<u64, Arc<Event>> = (1..)
        .zip(events)
        .map(|(id, event)| (id, Arc::new(event.clone())))
        .collect();
    let events = &events;
    let networks = &BTreeMap::new();
    let words = Words {
        network,
        events,
        networks,
    };
    read(&pairs(query), &words, &codec())
}

pub(crate) fn network(
    parameters: &[(PostbackParameter, &str)],
    statuses: &[(&str, Meaning)],
    events: &[(&str, &str)],
) -> Network {
    let named = parameters.iter();
    let mapped = statuses.iter();
    Network {
        id: 3,
        parameters: named.map(|(of, name)| (*of, (*name).to_owned())).collect(),
        statuses: mapped.map(|(word, of)| ((*word).to_owned(), *of)).collect(),
        events: events
            .iter()
            .map(|(word, key)| ((*word).to_owned(), (*key).to_owned()))
            .collect(),
        ..Network::default()
    }
}

pub(crate) fn event(key: &str, words: &[&str]) -> Event {
    Event {
        key: key.to_owned(),
        words: words.iter().map(|word| (*word).to_owned()).collect(),
        ..Event::default()
    }
}
