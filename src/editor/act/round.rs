//! What runs do to the documents, one after the other, before any of it is checked and stored.

use serde_json::Value;

use super::Proposed;
use super::drafts::Drafts;
use super::resolve::{Wanted, resolve};
use super::rivals::Rivals;
use crate::domain::documents::Documents;
use crate::domain::message::{Message, Recipient};
use crate::editor::batch::Change;
use crate::rules::Effect;
use crate::store::error::StoreError;
use crate::store::readers::Readers;
use crate::store::rules::moves::Move;
use crate::store::rules::runs::{Judged, Run};
use crate::store::rules::{Deed, DeedResult, Verdict};

const MESSAGE: &str = "message";
const CALL: &str = "call";
const NOTE: &str = "note";
/// What stands at the deeds of a run that could be done and were not.
const ALL_OR_NONE: &str = "Not done, because the run could not be done whole.";

/// What stands at messages and calls of a run that changes nothing.
const TOLD_BEFORE: &str = "Not sent, because everything was so already.";

/// Several runs over the same documents.
pub(super) struct Round<'d> {
    documents: &'d Documents,
    drafts: Drafts<'d>,
    rivals: Rivals<'d>,
}

/// What became of a run, and what it has to say.
pub(super) struct Performed {
    pub(super) judged: Judged,
    /// Each with the place of its deed.
    pub(super) told: Vec<(usize, Message)>,
}

/// Why a run is not done.
struct Refusal {
    verdict: Verdict,
    reason: String,
}

impl<'d> Round<'d> {
    pub(super) fn of(documents: &'d Documents, readers: &'d Readers) -> Self {
        Self {
            documents,
            drafts: Drafts::of(documents),
            rivals: Rivals::of(readers, documents),
        }
    }

    /// Changes the drafts as a run wants it: all of it, or nothing.
    pub(super) fn perform(&mut self, proposed: &Proposed) -> Result<Performed, StoreError> {
        let run = &proposed.run;
        let mut deeds = Vec::new();
        let mut told = Vec::new();
        let mut done = Vec::new();
        let mut refusals: Vec<Refusal> = Vec::new();
        for planned in &proposed.effects {
            match planned {
                Ok(Effect::Tell(message)) => {
                    let message = Message {
                        run_id: Some(run.id.to_row()),
                        ..(**message).clone()
                    };
                    deeds.push(telling(&message));
                    told.push((deeds.len() - 1, message));
                }
                Ok(Effect::Note(text)) => deeds.push(Deed {
                    what: NOTE.to_owned(),
                    after: Some(text.clone()),
                    ..Deed::default()
                }),
                Ok(effect) => self.change(effect, run, &mut deeds, &mut done, &mut refusals)?,
                Err(reason) => {
                    deeds.push(refused(Deed::default(), reason));
                    refusals.push(Refusal {
                        verdict: Verdict::Failed,
                        reason: reason.clone(),
                    });
                }
            }
        }
        let mut performed = Performed {
            judged: Judged {
                run: run.clone(),
                verdict: verdict(&deeds),
                reason: None,
                moves: done.iter().map(moved).collect(),
                deeds,
            },
            told,
        };
        match combined(refusals) {
            None if performed.changes_nothing() => performed.keep_quiet(),
            None => self.rivals.note(run, &performed.judged.moves),
            Some(Refusal { verdict, reason }) => {
                for one in done.iter().rev() {
                    // It stood there before, so it fits.
                    let _ = self.drafts.write(&one.spot, one.before);
                }
                performed.refuse(verdict, reason);
            }
        }
        Ok(performed)
    }

    /// One effect on documents: its deeds, what it moved, and why not.
    fn change(
        &mut self,
        effect: &Effect,
        run: &Run,
        deeds: &mut Vec<Deed>,
        done: &mut Vec<Wanted>,
        refusals: &mut Vec<Refusal>,
    ) -> Result<(), StoreError> {
        let mut refuse = |deed: Deed, verdict, reason: String| {
            let refusal = refused(deed, &reason);
            refusals.push(Refusal { verdict, reason });
            refusal
        };
        let all = match resolve(effect, self.documents, &mut self.drafts) {
            Ok(all) => all,
            Err(reason) => {
                deeds.push(refuse(subject(effect), Verdict::Failed, reason));
                return Ok(());
            }
        };
        for wanted in all {
            let mut deed = self.deed(&wanted);
            if wanted.before == wanted.after {
                deed.result = DeedResult::Unchanged;
                deed.reason = wanted.remark;
                deeds.push(deed);
                continue;
            }
            let direction = wanted.before.direction(wanted.after);
            if let Some(reason) = self.rivals.objection(&wanted.spot, direction, run)? {
                deeds.push(refuse(deed, Verdict::Conflict, reason));
                continue;
            }
            match self.drafts.write(&wanted.spot, wanted.after) {
                Ok(()) => {
                    deeds.push(deed);
                    done.push(wanted);
                }
                Err(reason) => deeds.push(refuse(deed, Verdict::Failed, reason)),
            }
        }
        Ok(())
    }

    fn deed(&self, wanted: &Wanted) -> Deed {
        let spot = &wanted.spot;
        let field = spot.field();
        Deed {
            what: field.what,
            id: Some(field.id),
            name: self.drafts.name(spot),
            field: field.field,
            flow_id: spot.flow_id(),
            before: spot.text(wanted.before),
            after: spot.text(wanted.after),
            ..Deed::default()
        }
    }

    /// The documents that have become others.
    pub(super) fn changes(self) -> Vec<Box<dyn Change>> {
        self.drafts.changes()
    }
}

impl Performed {
    /// Whether a conversion brought it about.
    pub(super) fn is_at_conversion(&self) -> bool {
        self.judged.run.conversion_id.is_some()
    }

    /// Whether it is about documents, and all of them were so already.
    fn changes_nothing(&self) -> bool {
        let said = [MESSAGE, CALL, NOTE];
        let deeds = self.judged.deeds.iter();
        let mut deeds = deeds
            .filter(|deed| !said.contains(&deed.what.as_str()))
            .peekable();
        deeds.peek().is_some() && deeds.all(|deed| deed.result == DeedResult::Unchanged)
    }

    /// A rule whose conditions go on holding has told of it when it acted: nobody hears of it again.
    fn keep_quiet(&mut self) {
        for (place, _) in self.told.drain(..) {
            let deed = &mut self.judged.deeds[place];
            deed.result = DeedResult::Unchanged;
            deed.reason = Some(TOLD_BEFORE.to_owned());
        }
        self.judged.verdict = Verdict::Unchanged;
    }

    /// Takes back all that could be done, but not what people are to hear: they hear why as well.
    /// Calls are deeds, so they are not made.
    pub(super) fn refuse(&mut self, verdict: Verdict, reason: String) {
        let judged = &mut self.judged;
        for deed in &mut judged.deeds {
            let stays = [MESSAGE, NOTE].contains(&deed.what.as_str());
            if !stays && matches!(deed.result, DeedResult::Done | DeedResult::Queued) {
                deed.result = DeedResult::Refused;
                deed.reason = Some(ALL_OR_NONE.to_owned());
            }
        }
        judged.moves.clear();
        self.told
            .retain(|(_, message)| matches!(message.to, Recipient::Channel(_)));
        for (place, message) in &mut self.told {
            message.text = format!("Not done: {reason}\n\n{}", message.text);
            if let Value::Object(data) = &mut message.data {
                data.insert("not_done".to_owned(), Value::from(reason.as_str()));
            }
            judged.deeds[*place].after = Some(message.text.clone());
        }
        judged.verdict = verdict;
        judged.reason = Some(reason);
    }
}

fn moved(wanted: &Wanted) -> Move {
    let spot = &wanted.spot;
    Move {
        field: spot.field(),
        before: spot.text(wanted.before),
        after: spot.text(wanted.after),
        direction: wanted.before.direction(wanted.after),
    }
}

fn telling(message: &Message) -> Deed {
    let (what, id, text) = match &message.to {
        Recipient::Channel(id) => (MESSAGE, Some(*id), &message.text),
        Recipient::Call(request) => (CALL, None, &request.url),
    };
    Deed {
        what: what.to_owned(),
        id,
        after: Some(text.clone()),
        result: DeedResult::Queued,
        ..Deed::default()
    }
}

/// What an effect is about, where it could not be found out what it comes to.
fn subject(effect: &Effect) -> Deed {
    let (what, id, field) = match effect {
        Effect::State { what, id, .. } => (what.as_str(), *id, "state"),
        Effect::Weight { what, id, .. } => (what.as_str(), *id, "weight"),
        Effect::Budget { campaign_id, .. } => ("campaign", *campaign_id, "budget.daily"),
        Effect::List { list_id, .. } => ("list", *list_id, "values"),
        Effect::Tell(_) | Effect::Note(_) => return Deed::default(),
    };
    Deed {
        what: what.to_owned(),
        id: Some(id),
        field: field.to_owned(),
        ..Deed::default()
    }
}

fn refused(deed: Deed, reason: &str) -> Deed {
    Deed {
        result: DeedResult::Refused,
        reason: Some(reason.to_owned()),
        ..deed
    }
}

fn verdict(deeds: &[Deed]) -> Verdict {
    let is_unchanged = |deed: &Deed| deed.result == DeedResult::Unchanged;
    match !deeds.is_empty() && deeds.iter().all(is_unchanged) {
        true => Verdict::Unchanged,
        false => Verdict::Done,
    }
}

/// A conflict is one only where nothing else is in the way; each reason is told once.
fn combined(refusals: Vec<Refusal>) -> Option<Refusal> {
    let mut reasons: Vec<String> = Vec::new();
    let mut verdict = None;
    for one in refusals {
        let so_far = verdict.get_or_insert(one.verdict);
        if one.verdict != Verdict::Conflict {
            *so_far = one.verdict;
        }
        if !reasons.contains(&one.reason) {
            reasons.push(one.reason);
        }
    }
    verdict.map(|verdict| Refusal {
        verdict,
        reason: reasons.join(" "),
    })
}
