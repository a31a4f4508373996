//! Every bulk action with its fields, one row each. Requests are read by it, and the API's
//! description is made of it.

use super::action::{Position, Swapped};

/// One action, as it is asked for.
#[derive(Debug)]
pub struct ActionRow {
    /// Its `kind`.
    pub word: &'static str,
    pub help: &'static str,
    pub fields: &'static [Field],
    /// Of these fields one has to be there, and only one; empty where there is no such choice.
    pub one_of: &'static [&'static str],
    pub(super) kind: Kind,
}

/// One field of an action.
#[derive(Debug)]
pub struct Field {
    pub name: &'static str,
    pub shape: Shape,
    pub required: bool,
    pub help: &'static str,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Id,
    Ids,
    /// `"all"`, or ids.
    Chosen,
    Text,
    Weight,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Some of these words.
    Words(&'static [&'static str]),
    /// A JSON merge patch.
    Patch,
    Flow,
    Filter,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Replace(Swapped),
    FindReplace,
    Set,
    SetFlows,
    SetWeight,
    AddFlow,
    CopyFlow,
    AddFilter,
    RemoveFilter,
}

/// Kinds of entities by the plural of their path.
pub(super) const KINDS: &[(&str, &str)] = &[
    ("campaigns", "campaign"),
    ("offers", "offer"),
    ("landings", "landing"),
    ("networks", "network"),
    ("domains", "domain"),
    ("traffic-sources", "traffic source"),
];

/// Where `find_replace` looks.
pub(super) const PLACES: &[(&str, &str)] = &[
    ("flows", "flows"),
    ("fallbacks", "fallbacks"),
    ("offers", "offers"),
    ("landings", "landings"),
    ("networks", "networks"),
];

pub(super) const POSITIONS: &[(&str, Position)] = &[
    ("first", Position::First),
    ("before_default", Position::BeforeDefault),
    ("last", Position::Last),
];

/// The words of a table of choices.
const fn words<const N: usize, T>(rows: &[(&'static str, T)]) -> [&'static str; N] {
    let mut words = [""; N];
    let mut at = 0;
    while at < N {
        words[at] = rows[at].0;
        at += 1;
    }
    words
}

const KIND_WORDS: &[&str] = &words::<{ KINDS.len() }, _>(KINDS);
const PLACE_WORDS: &[&str] = &words::<{ PLACES.len() }, _>(PLACES);
const POSITION_WORDS: &[&str] = &words::<{ POSITIONS.len() }, _>(POSITIONS);

const fn required(name: &'static str, shape: Shape, help: &'static str) -> Field {
    Field {
        name,
        shape,
        required: true,
        help,
    }
}

const fn optional(name: &'static str, shape: Shape, help: &'static str) -> Field {
    Field {
        required: false,
        ..required(name, shape, help)
    }
}

const CAMPAIGNS: Field = required(
    "campaigns",
    Shape::Chosen,
    "In which campaigns; all means those that are not archived",
);
const FLOW_IDS: Field = optional("flow_ids", Shape::Ids, "Only these flows of the campaigns");
const POSITION: Field = optional(
    "position",
    Shape::Word(POSITION_WORDS),
    "Place among the flows; before_default if left out",
);
const FIELDS: Field = required("fields", Shape::Patch, "What they become");
const FROM: Field = required("from", Shape::Id, "What gives its place away");
const TO: Field = required(
    "to",
    Shape::Id,
    "What takes it; where it is already, weights are added",
);

const fn row(
    word: &'static str,
    kind: Kind,
    help: &'static str,
    fields: &'static [Field],
) -> ActionRow {
    ActionRow {
        word,
        help,
        fields,
        one_of: &[],
        kind,
    }
}

/// All actions.
pub static ACTIONS: &[ActionRow] = &[
    row(
        "replace_offer",
        Kind::Replace(Swapped::Offer),
        "One offer takes another's place in splits",
        &[FROM, TO, CAMPAIGNS],
    ),
    row(
        "replace_landing",
        Kind::Replace(Swapped::Landing),
        "One landing takes another's place in splits",
        &[FROM, TO, CAMPAIGNS],
    ),
    row(
        "find_replace",
        Kind::FindReplace,
        "Exchanges plain text in URLs",
        &[
            required("find", Shape::Text, "The text, as it stands there"),
            optional(
                "replace",
                Shape::Text,
                "What stands there then; nothing if left out",
            ),
            optional(
                "within",
                Shape::Words(PLACE_WORDS),
                "Where; everywhere if left out",
            ),
        ],
    ),
    row(
        "set",
        Kind::Set,
        "Gives fields of entities of one kind new values",
        &[
            required("of", Shape::Word(KIND_WORDS), "Which kind"),
            required(
                "ids",
                Shape::Chosen,
                "Which ones; all means those that are not archived",
            ),
            FIELDS,
        ],
    ),
    row(
        "set_flows",
        Kind::SetFlows,
        "Gives fields of flows new values",
        &[required("flow_ids", Shape::Ids, "Which flows"), FIELDS],
    ),
    ActionRow {
        one_of: &["offer_id", "landing_id"],
        ..row(
            "set_weight",
            Kind::SetWeight,
            "Sets the weight of an offer or a landing in splits",
            &[
                optional("offer_id", Shape::Id, "Which offer"),
                optional("landing_id", Shape::Id, "Or which landing"),
                optional("weight", Shape::Weight, "100 if left out"),
                CAMPAIGNS,
            ],
        )
    },
    row(
        "add_flow",
        Kind::AddFlow,
        "Adds a flow",
        &[
            required("flow", Shape::Flow, "The flow, as in a campaign"),
            POSITION,
            CAMPAIGNS,
        ],
    ),
    row(
        "copy_flow",
        Kind::CopyFlow,
        "Adds a copy of a flow",
        &[
            required("flow_id", Shape::Id, "Which flow"),
            POSITION,
            CAMPAIGNS,
        ],
    ),
    row(
        "add_filter",
        Kind::AddFilter,
        "Adds a filter to all flows but the default ones, or to some",
        &[
            required("filter", Shape::Filter, "The filter, as in a flow"),
            FLOW_IDS,
            CAMPAIGNS,
        ],
    ),
    row(
        "remove_filter",
        Kind::RemoveFilter,
        "Takes the filters of one key away",
        &[
            required("key", Shape::Text, "Key of the filter, such as country"),
            FLOW_IDS,
            CAMPAIGNS,
        ],
    ),
];
