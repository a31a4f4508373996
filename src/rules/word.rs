//! Words of a rule's texts beside metrics, dimensions and facts.
//!
//! Adding one: a row in [`ALL`].

use serde::Serialize;

use super::effect::What;
use super::scene::Scene;

/// `{name}` in a text of a rule.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = RuleWord)]
pub struct Word {
    pub name: &'static str,
    pub help: &'static str,
    pub example: &'static str,
    #[serde(skip)]
    #[schema(ignore)]
    pub(super) value: Value,
}

/// `None` where there is nothing to say.
type Value = fn(&Scene<'_>) -> Option<String>;

impl std::fmt::Debug for Word {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{{{}}}", self.name)
    }
}

pub static ALL: &[Word] = &[
    Word {
        name: "rule_name",
        help: "Name of the rule",
        example: "Stop what loses money",
        value: |scene| Some(scene.subject.rule.name.clone()),
    },
    Word {
        name: "rule_id",
        help: "Id of the rule",
        example: "3",
        value: |scene| Some(scene.subject.rule.id.to_string()),
    },
    Word {
        name: "group",
        help: "All values of the group, with their names",
        example: "Campaign: US push (5), Source: zone7",
        value: |scene| Some(scene.group()),
    },
    Word {
        name: "at",
        help: "The time, on the clocks of the rule, else of its campaign, else of UTC",
        example: "2026-05-10 20:00 EEST",
        value: |scene| Some(scene.time()),
    },
    Word {
        name: "campaign_id",
        help: "The campaign of the group or of the conversion",
        example: "5",
        value: |scene| scene.id(What::Campaign).ok().map(|id| id.to_string()),
    },
    Word {
        name: "campaign_name",
        help: "Its name",
        example: "US push",
        value: |scene| scene.campaign().map(|one| one.name.clone()),
    },
    Word {
        name: "flow_name",
        help: "Name of the flow",
        example: "phones",
        value: |scene| name(scene, "flow_id"),
    },
    Word {
        name: "landing_name",
        help: "Name of the landing",
        example: "Quiz",
        value: |scene| name(scene, "landing_id"),
    },
    Word {
        name: "offer_name",
        help: "Name of the offer",
        example: "Sweepstakes US",
        value: |scene| name(scene, "offer_id"),
    },
    Word {
        name: "network_name",
        help: "Name of the affiliate network",
        example: "MyNetwork",
        value: |scene| name(scene, "network_id"),
    },
    Word {
        name: "traffic_source_name",
        help: "Name of the traffic source",
        example: "PropellerAds",
        value: |scene| name(scene, "traffic_source_id"),
    },
];

pub(super) fn find(name: &str) -> Option<&'static Word> {
    ALL.iter().find(|word| word.name == name)
}

fn name(scene: &Scene<'_>, key: &str) -> Option<String> {
    scene.name_of(key, &scene.subject.fact(key)?)
}
