//! Changes what a campaign may spend in a day.

use serde_json::{Value, json};

use super::change;
use super::target::Target;
use super::{Action, ActionKind, Setting, Turn, Turned};
use crate::domain::form::{Form, MOST};
use crate::domain::money::Micros;
use crate::domain::problem::Problem;
use crate::rules::effect::{Change, Effect, What};
use crate::rules::known::Known;
use crate::rules::scene::Scene;

/// Raises, lowers or sets the daily budget.
pub(super) struct SetBudget;

impl ActionKind for SetBudget {
    fn key(&self) -> &'static str {
        "budget"
    }

    fn label(&self) -> &'static str {
        "Change the daily budget"
    }

    fn help(&self) -> &'static str {
        "Raises or lowers the campaign's daily budget by so many percent, within bounds, or sets it; in the currency of its cost."
    }

    fn example(&self) -> Value {
        json!({ "campaign_id": 5, "raise": "20", "most": "500" })
    }

    fn settings(&self) -> Vec<Setting> {
        let mut settings = vec![Target::setting(What::Campaign)];
        settings.extend(change::settings());
        settings
    }

    fn compile(&self, form: &mut Form<'_>, known: &Known<'_>) -> Box<dyn Action> {
        Box::new(Budget {
            target: Target::read(form, What::Campaign, known),
            change: change::read(form, &(Micros(1)..=MOST)),
        })
    }
}

struct Budget {
    target: Target,
    change: Change,
}

impl Action for Budget {
    fn plan(&self, scene: &Scene<'_>) -> Result<Effect, String> {
        let campaign_id = self.target.id(scene)?;
        let campaign = scene.documents.campaigns.get(&campaign_id);
        let is_endless = campaign.is_none_or(|campaign| campaign.budget.daily.is_none());
        if is_endless && change::is_up(self.change).is_some() {
            return Err(format!("The campaign {campaign_id} has no daily budget."));
        }
        Ok(Effect::Budget {
            campaign_id,
            change: self.change,
        })
    }

    fn turn(&self) -> Option<Turn> {
        Some(Turn {
            of: Turned::Budget,
            id: self.target.named,
            is_up: change::is_up(self.change)?,
        })
    }

    fn doubts(&self) -> Vec<Problem> {
        change::unbounded(self.change).into_iter().collect()
    }
}
