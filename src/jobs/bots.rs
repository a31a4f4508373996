//! Clicks judged again by the lists of bots as they are now.

use serde_json::{Value, json};

use super::period::Period;
use super::{Jobs, Refused, Work, stored};
use crate::clock;
use crate::detect::bot::BotRules;
use crate::domain::form::Form;
use crate::domain::visitor::BotReason;
use crate::store::error::StoreError;
use crate::store::jobs::labels::{self, Agents, Changes, Found, Judge};
use crate::store::jobs::select::Selection;
use crate::store::jobs::{self, Job, Kind, Progress};

/// What came of asking for clicks to be judged again.
pub enum Relabelled {
    /// No label was changed: so many would be.
    Preview(Changes),
    Begun(Box<Job>),
}

impl Jobs {
    /// Begins to judge the clicks of campaigns (all, if none is named) and a period again, or counts
    /// which would change. Blocks.
    pub fn relabel(&self, document: &Value) -> Result<Relabelled, Refused> {
        let documents = self.desk.library.documents();
        let (period, is_preview) = Form::read(document, |form| {
            let period = Period::read(form, &documents, false);
            (period, form.boolean("preview", false))
        })
        .map_err(Refused::Invalid)?;
        let selection = self.selection(period)?;
        if is_preview {
            return Ok(Relabelled::Preview(self.count_labels(&selection)?));
        }
        let asked = json!({ "selection": selection });
        let none: serde_json::Map<String, Value> = Changes::default()
            .named()
            .map(|(name, count)| (name.to_owned(), count.into()))
            .into_iter()
            .collect();
        let (writer, now) = (&self.desk.writer, clock::now_ms());
        let job = jobs::ask(writer, Kind::BotUpdate, asked, none.into(), now)?;
        self.bell.ring();
        Ok(Relabelled::Begun(Box::new(job)))
    }

    fn count_labels(&self, selection: &Selection) -> Result<Changes, StoreError> {
        let mut agents = Agents::default();
        let mut changes = Changes::default();
        let mut after = Some(0);
        while let Some(from) = after {
            let found = self.judge(selection, from, &mut agents)?;
            found.relabels.iter().for_each(|one| changes.count(one));
            after = found.next;
        }
        Ok(changes)
    }

    fn judge(
        &self,
        selection: &Selection,
        after: i64,
        agents: &mut Agents,
    ) -> Result<Found, StoreError> {
        let bots: &BotRules = &self.bots;
        let of_user_agent = |text: &str| -> Option<BotReason> {
            let found = bots.user_agent(text);
            found.map(|bot| bot.reason)
        };
        let mut judge = Judge {
            of_user_agent: &of_user_agent,
            of_click: &|ip, of_agent, label| bots.again(ip, of_agent, label),
            agents,
        };
        labels::find(&self.desk.readers, selection, after, &mut judge)
    }
}

/// Judges the clicks of a selection again.
pub(super) struct Relabelling {
    selection: Selection,
    agents: Agents,
}

impl Relabelling {
    pub(super) fn open(job: &Job) -> Result<Self, StoreError> {
        Ok(Self {
            selection: stored(&job.asked["selection"])?,
            agents: Agents::default(),
        })
    }
}

impl Work for Relabelling {
    fn step(&mut self, jobs: &Jobs, job: &Job) -> Result<Option<Progress>, StoreError> {
        let after = job.cursor.as_i64().unwrap_or(0);
        let found = jobs.judge(&self.selection, after, &mut self.agents)?;
        let mut progress = Progress::of(job);
        progress.cursor = json!(found.next);
        progress.is_over = found.next.is_none();
        progress.done += found.looked_at;
        jobs::piece(
            &jobs.desk.writer,
            job.id,
            clock::now_ms(),
            move |connection| {
                let changes = labels::relabel(connection, &found.relabels)?;
                progress.add_changes(changes);
                Ok((progress, ()))
            },
            |()| {},
        )
    }
}
