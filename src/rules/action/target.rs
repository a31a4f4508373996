//! Which campaign, flow, landing or offer an action is done to: the one that is named, else the one
//! that the group or the conversion is about.

use super::super::effect::What;
use super::super::known::Known;
use super::super::scene::Scene;
use super::{Input, Setting};
use crate::domain::documents::Documents;
use crate::domain::form::Form;
use crate::domain::reference::Reference;
use crate::domain::state::State;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) what: What,
    pub(super) named: Option<u64>,
}

impl Target {
    /// Reads the field that names one. Where nothing else tells which one is meant, it is missing.
    pub(super) fn read(form: &mut Form<'_>, what: What, known: &Known<'_>) -> Self {
        let field = what.field();
        let is_left_out = !form.has(field);
        let named = form.id(field);
        if is_left_out && !known.can_tell(what) {
            let word = what.as_str();
            form.missing(
                field,
                format!("Which {word}? Name one by {field}, or put {field} into group_by."),
            );
        }
        Target { what, named }
    }

    /// # Errors
    /// The group is about none, or it is not there, or archived.
    pub(super) fn id(self, scene: &Scene<'_>) -> Result<u64, String> {
        let id = self.named.map_or_else(|| scene.id(self.what), Ok)?;
        match state(self.what, id, scene.documents) {
            None => Err(format!("There is no {} {id}.", self.what.as_str())),
            Some(State::Archived) => Err(format!("The {} {id} is archived.", self.what.as_str())),
            Some(_) => Ok(id),
        }
    }

    /// How the field is entered.
    pub(super) fn setting(what: What) -> Setting {
        let (label, input) = match what {
            What::Campaign => ("Campaign", Input::Id { of: "campaigns" }),
            What::Flow => ("Flow", Input::Flow),
            What::Landing => ("Landing", Input::Id { of: "landings" }),
            What::Offer => ("Offer", Input::Id { of: "offers" }),
        };
        let help = "Left out: the one that the group or the conversion is about";
        Setting::new(what.field(), label, help, input)
    }
}

/// `None` if it is not there.
fn state(what: What, id: u64, documents: &Documents) -> Option<State> {
    match what {
        What::Campaign => Reference::Campaign(id).state(documents),
        What::Landing => Reference::Landing(id).state(documents),
        What::Offer => Reference::Offer(id).state(documents),
        What::Flow => {
            let mut campaigns = documents.campaigns.values();
            let mut flows = campaigns.find_map(|campaign| {
                let mut flows = campaign.flows.iter();
                flows.find(|flow| flow.id == id)
            });
            flows.take().map(|flow| flow.state)
        }
    }
}
