//! What sources say that clicks have cost: previewed, charged, taken back.

mod file;
mod order;
mod work;

use std::sync::Arc;

use chrono_tz::Tz;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::{Jobs, Refused};
use crate::clock;
use crate::domain::cost_update::CostLine;
use crate::domain::money::Micros;
use crate::domain::period;
use crate::domain::problem::Problem;
use crate::store::jobs::costs::{self, CostUpdate, Draft};
use crate::store::jobs::{self, Job};

pub use file::{CostRow, FilePreview, RowVerdict};
pub(super) use work::{Charging, Restoring};

/// What came of stating costs.
pub enum Stated {
    /// Nothing was charged.
    Preview(CostPreview),
    /// The update, and whether it is a new one.
    Begun(CostUpdate, bool),
}

/// What came of a file of costs.
pub enum Filed {
    Preview(FilePreview),
    Begun(CostUpdate, bool),
}

/// What a statement about costs would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CostPreview {
    pub preview: bool,
    /// Clicks that would be charged.
    pub clicks: u64,
    /// What they would cost together.
    #[schema(value_type = String, example = "12.5")]
    pub amount: Micros,
    /// What no click would be charged with: it stays with the campaign and its days.
    #[schema(value_type = String, example = "0")]
    pub unassigned: Micros,
}

impl Jobs {
    /// Begins to charge clicks, or tells how many there are. Blocks.
    pub fn state_costs(&self, document: &Value) -> Result<Stated, Refused> {
        let documents = self.desk.library.documents();
        let order = order::read(document, &documents).map_err(Refused::Invalid)?;
        self.refuse_pruned(order.line.from)?;
        self.refuse_unrated(&order.line)?;
        if !order.is_preview {
            let (update, is_new) = self.begin_costs(vec![order.line])?;
            return Ok(Stated::Begun(update, is_new));
        }
        let counted = costs::preview(
            &self.desk.readers,
            std::slice::from_ref(&order.line),
            self.below(),
        )?;
        let clicks = counted.first().copied().unwrap_or(0);
        let amount = order.line.price.of(clicks).ok_or_else(too_much)?;
        let (amount, unassigned) = match clicks {
            0 => (Micros::ZERO, amount),
            _ => (amount, Micros::ZERO),
        };
        Ok(Stated::Preview(CostPreview {
            preview: true,
            clicks,
            amount,
            unassigned,
        }))
    }

    /// Begins to charge what the rows of a file say, or tells the verdict of each. Blocks.
    pub fn file_costs(&self, document: &Value) -> Result<Filed, Refused> {
        let documents = self.desk.library.documents();
        let read = file::read(document, &documents).map_err(Refused::Invalid)?;
        if read.is_preview {
            let counted = costs::preview(&self.desk.readers, &read.lines(), self.below())?;
            return Ok(Filed::Preview(read.preview(&counted)));
        }
        let (update, is_new) = self.begin_costs(read.usable().map_err(Refused::Invalid)?)?;
        Ok(Filed::Begun(update, is_new))
    }

    fn begin_costs(&self, lines: Vec<CostLine>) -> Result<(CostUpdate, bool), Refused> {
        let from = lines.iter().map(|line| line.from).min();
        self.refuse_pruned(from.unwrap_or(i64::MAX))?;
        lines
            .iter()
            .try_for_each(|line| self.refuse_unrated(line))?;
        let said = serde_json::to_vec(&lines).unwrap_or_default();
        let draft = Draft {
            at: clock::now_ms(),
            lines,
            fingerprint: Sha256::digest(&said).into(),
            below: self.below(),
        };
        let (id, is_new) = costs::begin(&self.desk.writer, draft)?;
        self.bell.ring();
        Ok((self.cost_update(id)?, is_new))
    }

    /// Refuses a currency without a rate: all that was known of the costs would become 0.
    fn refuse_unrated(&self, line: &CostLine) -> Result<(), Refused> {
        let rates = Arc::clone(&self.desk.library.rates.now());
        if rates
            .rate(line.currency, period::day(line.from, Tz::UTC))
            .is_some()
        {
            return Ok(());
        }
        let message = format!(
            "There is no rate for {} on the first day; enter one (PUT /currency-rates), or state the costs \
             in {}.",
            line.currency.as_str(),
            rates.reporting().as_str()
        );
        Err(Refused::Invalid(vec![Problem::new(
            "currency", "no_rate", message,
        )]))
    }

    fn cost_update(&self, id: u64) -> Result<CostUpdate, Refused> {
        let found = costs::find(&self.desk.readers, id)?;
        let what = "cost update";
        found.ok_or(Refused::NotFound { what, id })
    }

    /// Begins to give clicks back what they had cost before an update. Blocks.
    pub fn undo_costs(&self, id: u64) -> Result<Job, Refused> {
        let update = self.cost_update(id)?;
        let against = |code, message: String| Err(Refused::Against { code, message });
        if update.undone_at.is_some() {
            return against(
                "undone_already",
                format!("Cost update {id} is undone already."),
            );
        }
        if update.state.is_open() {
            return against(
                "still_running",
                format!(
                    "Cost update {id} is not done yet; wait, or cancel job {} first.",
                    update.job_id
                ),
            );
        }
        let readers = &self.desk.readers;
        let begins_at = costs::begins_at(readers, id)?;
        self.refuse_pruned(begins_at.unwrap_or(i64::MAX))?;
        let undoing = update.undo_job_id.map(|id| jobs::find(readers, id));
        let undoing = undoing.transpose()?.flatten();
        if let Some(job) = undoing.filter(|job| job.state.is_open()) {
            return against(
                "still_running",
                format!("Job {} is undoing cost update {id} already.", job.id),
            );
        }
        if clock::now_ms() - update.at > super::UNDO_DAYS * super::DAY_MS {
            return against(
                "too_old",
                format!(
                    "Cost update {id} is older than {} days; what clicks had cost before is not \
                     kept any more.",
                    super::UNDO_DAYS
                ),
            );
        }
        if let Some(later) = costs::overwritten_by(readers, id)? {
            return against(
                "overwritten",
                format!(
                    "Cost update {later} has since charged some of the same clicks. Undo that one \
                     first."
                ),
            );
        }
        let job = costs::begin_undo(&self.desk.writer, id, clock::now_ms())?;
        self.bell.ring();
        Ok(job)
    }
}

fn too_much() -> Refused {
    let message = "The clicks would cost more together than can be counted.";
    Refused::Invalid(vec![Problem::new("cpc", "out_of_range", message)])
}
