//! Pairs become what the postback says.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::said::{Payout, Said, SaidStatus};
use crate::domain::conversion::{CONVERSION, Status};
use crate::domain::event::Event;
use crate::domain::id::IdCodec;
use crate::domain::network::Network;

/// Who knows what the words of a postback mean.
#[derive(Debug, Clone, Copy)]
pub struct Words<'a> {
    /// Whose key the postback came with.
    pub network: Option<&'a Network>,
    /// The operator's own, by their ids.
    pub events: &'a BTreeMap<u64, Arc<Event>>,
}

/// Understands a postback.
pub fn read(pairs: &[(String, String)], words: &Words<'_>, codec: &IdCodec) -> Said {
    let _ = (pairs, words, codec);
    Said {
        click: None,
        refused_click_id: None,
        event: CONVERSION.to_owned(),
        status: SaidStatus::Known(Status::Sale),
        original_status: None,
        unknown_event: None,
        payout: Payout::Missing,
        currency: None,
        sale_amount: None,
        cost: None,
        tid: None,
        is_test: false,
        answer: None,
        kept: Vec::new(),
        others: Vec::new(),
        remarks: Vec::new(),
    }
}
