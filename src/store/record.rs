//! What visitors leave behind and the writer stores: clicks and offer clicks.

use std::sync::Arc;

use serde_json::Error;

use crate::domain::click::Click;
use crate::domain::id::Id;
use crate::domain::offer_click::OfferClick;

/// One thing to be stored before its visitor is sent on.
///
/// Adding a kind: 1. a variant here with its `kind` and `word`. 2. Its arms in `read` and
/// `write`. 3. Its arm in the writer's `inserts.rs`.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// Shared with the table of recent clicks.
    Click(Arc<Click>),
    OfferClick(OfferClick),
}

impl Record {
    pub(crate) fn id(&self) -> Id {
        match self {
            Record::Click(click) => click.id,
            Record::OfferClick(step) => step.id,
        }
    }

    /// First byte of its frame in the spill file. A published letter keeps its meaning.
    pub(crate) fn kind(&self) -> u8 {
        match self {
            Record::Click(_) => b'C',
            Record::OfferClick(_) => b'G',
        }
    }

    /// What it is called where it is set aside.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Record::Click(_) => "click",
            Record::OfferClick(_) => "offer_click",
        }
    }

    /// Appends it as JSON. Plain data with string keys only: writing it to memory cannot fail.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let _ = match self {
            Record::Click(click) => serde_json::to_writer(out, click.as_ref()),
            Record::OfferClick(step) => serde_json::to_writer(out, step),
        };
    }

    /// Reads what [`Record::write`] wrote; `None` for a kind that this version does not know.
    pub(crate) fn read(kind: u8, json: &[u8]) -> Option<Result<Record, Error>> {
        Some(match kind {
            b'C' => serde_json::from_slice(json).map(|click: Click| click.into()),
            b'G' => serde_json::from_slice(json).map(Record::OfferClick),
            _ => return None,
        })
    }
}

impl From<Click> for Record {
    fn from(click: Click) -> Self {
        Record::Click(Arc::new(click))
    }
}

impl From<Arc<Click>> for Record {
    fn from(click: Arc<Click>) -> Self {
        Record::Click(click)
    }
}

impl From<OfferClick> for Record {
    fn from(step: OfferClick) -> Self {
        Record::OfferClick(step)
    }
}
