//! Pauses and resumes campaigns, flows, landings and offers.

use serde_json::{Value, json};

use super::target::Target;
use super::{Action, ActionKind, Setting, Turn, Turned};
use crate::domain::form::Form;
use crate::domain::state::State;
use crate::rules::effect::{Effect, What};
use crate::rules::known::Known;
use crate::rules::scene::Scene;

/// One of two states for one kind of thing.
pub(super) struct Switch {
    key: &'static str,
    label: &'static str,
    help: &'static str,
    what: What,
    state: State,
}

pub(super) static ALL: &[Switch] = &[
    Switch {
        key: "pause_campaign",
        label: "Pause the campaign",
        help: "Its visitors go to its fallback.",
        what: What::Campaign,
        state: State::Paused,
    },
    Switch {
        key: "resume_campaign",
        label: "Resume the campaign",
        help: "Its flows take visitors again.",
        what: What::Campaign,
        state: State::Active,
    },
    Switch {
        key: "pause_flow",
        label: "Pause the flow",
        help: "Its visitors go to the other flows of its campaign.",
        what: What::Flow,
        state: State::Paused,
    },
    Switch {
        key: "resume_flow",
        label: "Resume the flow",
        help: "It takes visitors again.",
        what: What::Flow,
        state: State::Active,
    },
    Switch {
        key: "pause_landing",
        label: "Pause the landing",
        help: "In all campaigns: its weight goes to the other landings.",
        what: What::Landing,
        state: State::Paused,
    },
    Switch {
        key: "resume_landing",
        label: "Resume the landing",
        help: "In all campaigns.",
        what: What::Landing,
        state: State::Active,
    },
    Switch {
        key: "pause_offer",
        label: "Pause the offer",
        help: "In all campaigns: its weight goes to the other offers.",
        what: What::Offer,
        state: State::Paused,
    },
    Switch {
        key: "resume_offer",
        label: "Resume the offer",
        help: "In all campaigns.",
        what: What::Offer,
        state: State::Active,
    },
];

impl ActionKind for Switch {
    fn key(&self) -> &'static str {
        self.key
    }

    fn label(&self) -> &'static str {
        self.label
    }

    fn help(&self) -> &'static str {
        self.help
    }

    fn example(&self) -> Value {
        json!({ self.what.field(): 5 })
    }

    fn settings(&self) -> Vec<Setting> {
        vec![Target::setting(self.what)]
    }

    fn compile(&self, form: &mut Form<'_>, known: &Known<'_>) -> Box<dyn Action> {
        Box::new(Switched {
            target: Target::read(form, self.what, known),
            state: self.state,
        })
    }
}

struct Switched {
    target: Target,
    state: State,
}

impl Action for Switched {
    fn plan(&self, scene: &Scene<'_>) -> Result<Effect, String> {
        Ok(Effect::State {
            what: self.target.what,
            id: self.target.id(scene)?,
            state: self.state,
        })
    }

    fn turn(&self) -> Option<Turn> {
        Some(Turn {
            of: Turned::State(self.target.what),
            id: self.target.named,
            is_up: self.state.is_active(),
        })
    }
}
