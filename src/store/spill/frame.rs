//! One record of the spill file.
//!
//! | bytes | what |
//! |---|---|
//! | 4 | magic `MRS1` |
//! | 4 | length of the payload, little endian |
//! | 8 | generation of the file's content |
//! | 4 | CRC-32 of length, generation and payload |
//! | n | payload: one byte for the kind (`C`, a click), then JSON |
//!
//! Frames lie one behind the other; the first that does not fit ends the content. Emptying the
//! file changes the generation, so that older frames behind the new ones do not count.

use serde::{Deserialize, Serialize};

use crate::domain::click::Click;

pub(super) const HEADER: usize = 20;
/// A frame longer than this is not one: the limits of parameters keep clicks far below.
const MAX_PAYLOAD: usize = 1 << 20;
const MAGIC: &[u8; 4] = b"MRS1";

/// What a frame holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Record {
    Click(Box<Click>),
    /// A valid frame that this version cannot read, kept as text.
    Unreadable {
        payload: String,
        error: String,
    },
}

/// The payload of a click.
pub(super) fn click(click: &Click) -> Vec<u8> {
    let mut payload = vec![b'C'];
    // Plain data with string keys only: writing it to memory cannot fail.
    let _ = serde_json::to_writer(&mut payload, click);
    payload
}

/// Header and payload in one piece, to be written with one call.
pub(super) fn encode(generation: u64, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(HEADER + payload.len());
    frame.extend_from_slice(MAGIC);
    frame.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    frame.extend_from_slice(&generation.to_le_bytes());
    frame.extend_from_slice(&checksum(generation, payload).to_le_bytes());
    frame.extend_from_slice(payload);
    frame
}

fn checksum(generation: u64, payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&(payload.len() as u32).to_le_bytes());
    hasher.update(&generation.to_le_bytes());
    hasher.update(payload);
    hasher.finalize()
}

/// What a header says.
pub(super) struct Header {
    pub(super) len: usize,
    pub(super) generation: u64,
    checksum: u32,
}

impl Header {
    /// `None` where no frame begins.
    pub(super) fn parse(bytes: &[u8; HEADER]) -> Option<Header> {
        let word = |from: usize| {
            bytes[from..from + 4]
                .try_into()
                .map(u32::from_le_bytes)
                .ok()
        };
        let len = word(4)? as usize;
        let generation = u64::from_le_bytes(bytes[8..16].try_into().ok()?);
        (&bytes[..4] == MAGIC && (1..=MAX_PAYLOAD).contains(&len)).then_some(Header {
            len,
            generation,
            checksum: word(16)?,
        })
    }

    /// Whether the payload is the one that was written.
    pub(super) fn fits(&self, payload: &[u8]) -> bool {
        self.checksum == checksum(self.generation, payload)
    }
}

/// The record in a payload whose checksum fits.
pub(super) fn decode(payload: &[u8]) -> Record {
    let unreadable = |error: String| Record::Unreadable {
        payload: String::from_utf8_lossy(payload).into_owned(),
        error,
    };
    match payload.split_first() {
        Some((b'C', json)) => match serde_json::from_slice(json) {
            Ok(click) => Record::Click(Box::new(click)),
            Err(error) => unreadable(error.to_string()),
        },
        _ => unreadable("unknown kind of record".into()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::id::Id;

    #[test]
    fn a_click_reads_back_with_its_parent_and_an_older_one_without() {
        let one = Click {
            id: Id::first_at(1_790_000_000_000),
            at: 1_790_000_000_000,
            campaign_id: 1,
            flow_id: None,
            landing_id: None,
            offer_id: None,
            traffic_source_id: None,
            domain_id: None,
            ip: [203, 0, 113, 9].into(),
            agent: Arc::default(),
            place: Arc::default(),
            language: None,
            referrer: None,
            bot_reason: None,
            parameters: Default::default(),
            cost: None,
            parent_id: Some(Id::first_at(1_780_000_000_000)),
        };
        let without = Click {
            parent_id: None,
            ..one.clone()
        };

        let older = click(&without);

        assert!(!String::from_utf8_lossy(&older).contains("parent_id"));
        assert_eq!(decode(&older), Record::Click(Box::new(without)));
        assert_eq!(decode(&click(&one)), Record::Click(Box::new(one)));
    }
}
