//! Changes how many visitors a flow, a landing or an offer gets.

use serde_json::{Value, json};

use super::change;
use super::target::Target;
use super::{Action, ActionKind, Choice, Input, Setting, Turn, Turned};
use crate::domain::form::Form;
use crate::domain::money::Micros;
use crate::rules::effect::{Change, Effect, What};
use crate::rules::known::{self, Known};
use crate::rules::scene::Scene;

/// Raises, lowers or sets a weight.
pub(super) struct SetWeight;

/// What a document allows.
const MOST: Micros = Micros(1_000_000 * Micros::UNIT);
const OF: &[(&str, What)] = &[
    ("flow", What::Flow),
    ("landing", What::Landing),
    ("offer", What::Offer),
];

impl ActionKind for SetWeight {
    fn key(&self) -> &'static str {
        "set_weight"
    }

    fn label(&self) -> &'static str {
        "Change a weight"
    }

    fn help(&self) -> &'static str {
        "Raises or lowers the weight of a flow, a landing or an offer by so many percent, within bounds, or sets it. Of a landing or an offer in the splits of the group's campaign, else in those of all campaigns of the scope."
    }

    fn example(&self) -> Value {
        json!({ "of": "landing", "landing_id": 3, "lower": "50", "least": "5" })
    }

    fn settings(&self) -> Vec<Setting> {
        let choices = vec![
            Choice {
                value: "flow",
                label: "Flow",
            },
            Choice {
                value: "landing",
                label: "Landing",
            },
            Choice {
                value: "offer",
                label: "Offer",
            },
        ];
        let of = Setting::new("of", "Of", "Whose weight", Input::Choice { choices });
        let mut settings = vec![of.required()];
        settings.extend(OF.iter().map(|(_, what)| Target::setting(*what)));
        settings.extend(change::settings());
        settings
    }

    fn compile(&self, form: &mut Form<'_>, known: &Known<'_>) -> Box<dyn Action> {
        if !form.has("of") {
            form.missing("of", "Whose weight? Send of: flow, landing or offer.");
        }
        let what = form.choice("of", OF, What::Flow);
        let target = match form.has("of") {
            true => Target::read(form, what, known),
            false => Target { what, named: None },
        };
        let change = change::read(form, &(Micros::ZERO..=MOST));
        if let Change::Set(weight) = change
            && weight.0 % Micros::UNIT != 0
        {
            form.problem("set", "invalid", format!("{weight} is no whole number."));
        }
        Box::new(Weight { target, change })
    }
}

struct Weight {
    target: Target,
    change: Change,
}

impl Action for Weight {
    fn plan(&self, scene: &Scene<'_>) -> Result<Effect, String> {
        let rule = scene.subject.rule;
        let id = self.target.id(scene)?;
        let knows_campaign =
            scene.subject.conversion.is_some() || known::groups_by(rule, What::Campaign.field());
        let campaign_ids = match self.target.what {
            What::Campaign | What::Flow => Vec::new(),
            What::Landing | What::Offer if knows_campaign => vec![scene.id(What::Campaign)?],
            What::Landing | What::Offer => rule.scope.campaign_ids.clone(),
        };
        Ok(Effect::Weight {
            what: self.target.what,
            id,
            campaign_ids,
            change: self.change,
        })
    }

    fn turn(&self) -> Option<Turn> {
        Some(Turn {
            of: Turned::Weight(self.target.what),
            id: self.target.named,
            is_up: change::is_up(self.change)?,
        })
    }
}
