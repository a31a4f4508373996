//! Which editor the dashboard draws for a setting of an action.

use serde::Serialize;

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = RuleSetting)]
pub struct Setting {
    pub key: &'static str,
    pub label: &'static str,
    pub help: &'static str,
    pub input: Input,
    /// Whether the action does not work without it.
    pub is_required: bool,
}

impl Setting {
    /// One that may be left out.
    pub(super) fn new(
        key: &'static str,
        label: &'static str,
        help: &'static str,
        input: Input,
    ) -> Self {
        Setting {
            key,
            label,
            help,
            input,
            is_required: false,
        }
    }

    pub(super) fn required(self) -> Self {
        Setting {
            is_required: true,
            ..self
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schema(as = RuleInput)]
pub enum Input {
    /// The id of an entity, whose path in the API this is.
    Id { of: &'static str },
    /// The id of a flow.
    Flow,
    /// One of these words.
    Choice { choices: Vec<Choice> },
    /// The key of a dimension of `group_by`; at a conversion of any dimension or fact.
    Fact,
    /// A decimal number above 0: `"20"` is 20 %.
    Percent,
    /// A decimal number, as a text.
    Amount,
    /// Lines with `{names}`.
    Text,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = RuleChoice)]
pub struct Choice {
    pub value: &'static str,
    pub label: &'static str,
}
