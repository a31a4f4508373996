//! Clicks deleted, with all that hangs on them.

use serde_json::{Value, json};

use super::period::Period;
use super::spending::Spending;
use super::{Jobs, Refused, Work, stored};
use crate::clock;
use crate::domain::form::Form;
use crate::store::error::StoreError;
use crate::store::jobs::clean::{self, Counted};
use crate::store::jobs::select::Selection;
use crate::store::jobs::{self, Job, Kind, Progress};

/// What came of asking for rows to be deleted.
pub enum Cleaned {
    /// Nothing was: so many there are.
    Preview(Counted),
    Begun(Box<Job>),
}

impl Jobs {
    /// Begins to delete the clicks of campaigns and a period, or counts them. To begin it has to be
    /// confirmed how many clicks there are. Blocks.
    pub fn clean_up(&self, document: &Value) -> Result<Cleaned, Refused> {
        let documents = self.desk.library.documents();
        let (period, confirmed) = Form::read(document, |form| {
            let period = Period::read(form, &documents, true);
            let confirmed = form.value("confirm_clicks").is_some();
            let clicks = form.integer("confirm_clicks", 0..=i64::MAX as u64, 0);
            (period, confirmed.then_some(clicks))
        })
        .map_err(Refused::Invalid)?;
        let selection = self.selection(period)?;
        let counted = clean::count(&self.desk.readers, &selection)?;
        let Some(confirmed) = confirmed else {
            return Ok(Cleaned::Preview(counted));
        };
        if confirmed != counted.clicks {
            return Err(Refused::Against {
                code: "count_changed",
                message: format!(
                    "There are {} clicks and not {confirmed}; look at them again, and confirm \
                     that number.",
                    counted.clicks
                ),
            });
        }
        let asked = json!({ "selection": selection, "counted": counted });
        let result = json!({ "clicks": 0, "offer_clicks": 0, "conversions": 0 });
        let (writer, now) = (&self.desk.writer, clock::now_ms());
        let job = jobs::ask(writer, Kind::CleanUp, asked, result, now)?;
        self.bell.ring();
        Ok(Cleaned::Begun(Box::new(job)))
    }
}

/// Deletes the clicks of a selection.
pub(super) struct Cleaning {
    selection: Selection,
    clicks: u64,
}

impl Cleaning {
    pub(super) fn open(job: &Job) -> Result<Self, StoreError> {
        let counted: Counted = stored(&job.asked["counted"])?;
        Ok(Self {
            selection: stored(&job.asked["selection"])?,
            clicks: counted.clicks,
        })
    }
}

impl Work for Cleaning {
    fn step(&mut self, jobs: &Jobs, job: &Job) -> Result<Option<Progress>, StoreError> {
        let after = job.cursor.as_i64().unwrap_or(0);
        let found = clean::find(&jobs.desk.readers, &self.selection, after)?;
        let mut progress = Progress::of(job);
        progress.cursor = json!(found.next);
        progress.is_over = found.next.is_none();
        progress.total = Some(self.clicks);
        let (now, spending) = (clock::now_ms(), Spending::of(jobs));
        jobs::piece(
            &jobs.desk.writer,
            job.id,
            now,
            move |connection| {
                let deleted = clean::delete(connection, &found.ids, now)?;
                progress.done += deleted.rows.clicks;
                progress.add("clicks", deleted.rows.clicks);
                progress.add("offer_clicks", deleted.rows.offer_clicks);
                progress.add("conversions", deleted.rows.conversions);
                Ok((progress, deleted))
            },
            move |deleted| {
                spending.follow(&deleted.moved);
                deleted
                    .effects
                    .take_hold(&spending.counts, &spending.documents);
            },
        )
    }
}
