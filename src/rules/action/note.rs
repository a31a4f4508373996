//! Writes into the log of runs.

use serde_json::{Value, json};

use super::{Action, ActionKind, Input, Setting};
use crate::domain::form::Form;
use crate::domain::problem::Problem;
use crate::rules::effect::Effect;
use crate::rules::known::Known;
use crate::rules::number::Number;
use crate::rules::scene::Scene;
use crate::rules::text::Text;

/// What stands in the log, and nowhere else.
pub(super) struct WriteNote;

impl ActionKind for WriteNote {
    fn key(&self) -> &'static str {
        "note"
    }

    fn label(&self) -> &'static str {
        "Write a note"
    }

    fn help(&self) -> &'static str {
        "Writes a line into the log of runs, and does nothing else."
    }

    fn example(&self) -> Value {
        json!({ "text": "{campaign_name} is worth a look" })
    }

    fn settings(&self) -> Vec<Setting> {
        vec![Setting::new(
            "text",
            "Text",
            "Left out: rule, group and numbers",
            Input::Text,
        )]
    }

    fn compile(&self, form: &mut Form<'_>, known: &Known<'_>) -> Box<dyn Action> {
        let read = Text::read(form, "text", known);
        let (text, doubts) = read.unwrap_or_else(|| (Text::plain(known), Vec::new()));
        Box::new(Note { text, doubts })
    }
}

struct Note {
    text: Text,
    doubts: Vec<Problem>,
}

impl Action for Note {
    fn plan(&self, scene: &Scene<'_>) -> Result<Effect, String> {
        Ok(Effect::Note(self.text.expand(scene)))
    }

    fn numbers(&self) -> Vec<Number> {
        self.text.numbers()
    }

    fn doubts(&self) -> Vec<Problem> {
        self.doubts.clone()
    }
}
