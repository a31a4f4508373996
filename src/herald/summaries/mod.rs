//! Daily summaries: sent once for each date, however often the program restarts or its clock is set
//! back.

mod account;
mod text;

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::patience::Patience;
use super::rounds::Stop;
use crate::clock;
use crate::domain::documents::Documents;
use crate::domain::message::{Message, Recipient};
use crate::domain::period;
use crate::domain::rates::Rates;
use crate::domain::summary::{Due, Summary};
use crate::library::Desk;
use crate::store::outbox::message;
use crate::store::readers::Readers;

pub use account::Uncounted;

/// What a summary says.
pub struct Composed {
    /// For people.
    pub text: String,
    /// For programs.
    pub data: Value,
}

impl Composed {
    /// The message to the summary's channel.
    pub fn message(self, summary: &Summary, key: String) -> Message {
        Message {
            to: Recipient::Channel(summary.channel_id),
            text: self.text,
            data: self.data,
            key,
            campaign_id: None,
            conversion_id: None,
            click_id: None,
            rule_id: None,
            run_id: None,
        }
    }
}

/// What the summary of a date (its number) says now. May take seconds; `pace` is called now and
/// then, and ends it by `false`: then there is nothing.
pub fn compose(
    readers: &Readers,
    documents: &Documents,
    rates: &Rates,
    summary: &Summary,
    (date, now): (i64, i64),
    pace: &mut dyn FnMut() -> bool,
) -> Result<Option<Composed>, Uncounted> {
    let account = account::count(readers, documents, rates, summary, (date, now), pace)?;
    Ok(account.map(|account| Composed {
        text: text::text(summary, &account),
        data: text::data(summary, &account),
    }))
}

/// Sends summaries when their time has come.
pub struct Teller {
    desk: Desk,
    /// The last date of each that needs nothing more.
    settled: HashMap<u64, i64>,
    /// With those that failed: counting reads all clicks of two days.
    patience: Patience,
}

impl Teller {
    pub fn new(desk: Desk) -> Teller {
        Teller {
            desk,
            settled: HashMap::new(),
            patience: Patience::default(),
        }
    }

    /// Sends what is due. What fails is tried again, ever less often.
    pub(super) fn round(&mut self, now: i64, stop: &Stop) {
        let documents = self.desk.library.editor.documents();
        let summaries = documents.summaries.values();
        for summary in summaries.filter(|summary| summary.state.is_active()) {
            let Some(due) = summary.due(now) else {
                continue;
            };
            if self
                .settled
                .get(&summary.id)
                .is_some_and(|day| *day >= due.day)
            {
                continue;
            }
            let (id, version) = (summary.id, summary.version);
            if !self.patience.allows(id, version, now) {
                continue;
            }
            match self.settle(&documents, summary, due, now, stop) {
                Ok(true) => {
                    self.settled.insert(id, due.day);
                    self.patience.forget(id);
                }
                Ok(false) => {}
                Err(error) => {
                    // Counting may have taken long: the wait begins where it ended.
                    let wait_ms = self.patience.note(id, version, clock::now_ms());
                    tracing::warn!(%error, summary = id, wait_ms, "a daily summary is tried again");
                }
            }
        }
    }

    /// Sends it, unless it was sent, or it is too late. Whether that is settled.
    fn settle(
        &self,
        documents: &Arc<Documents>,
        summary: &Summary,
        due: Due,
        now: i64,
        stop: &Stop,
    ) -> Result<bool, Uncounted> {
        let desk = &self.desk;
        let date = period::date(due.day).to_string();
        let key = format!("summary:{}:{date}", summary.id);
        if message::is_queued(&desk.readers, &key)? {
            return Ok(true);
        }
        if due.is_over {
            let summary = summary.id;
            tracing::warn!(
                summary,
                date,
                "a daily summary is left out: its time is long over"
            );
            return Ok(true);
        }
        let rates = Arc::clone(&desk.library.rates.now());
        let mut pace = || !stop.is_asked();
        let composed = compose(
            &desk.readers,
            documents,
            &rates,
            summary,
            (due.day, now),
            &mut pace,
        )?;
        let Some(composed) = composed else {
            return Ok(false);
        };
        let message = composed.message(summary, key);
        let (ids, documents) = (Arc::clone(&desk.library.ids), Arc::clone(documents));
        desk.writer.edit_blocking(move |connection| {
            message::queue(connection, &ids, &documents, now, &message)?;
            Ok(())
        })?;
        Ok(true)
    }
}
