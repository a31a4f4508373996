//! One branch of a campaign: filters, then a target.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::check;
use super::entity::Reference;
use super::form::Form;
use super::problem::Problem;
use super::state::State;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Flow {
    /// Kept across saves when sent back.
    pub id: u64,
    pub name: String,
    pub kind: FlowKind,
    pub state: State,
    /// Share among the regular flows of a campaign that rotates by weight.
    pub weight: u32,
    pub r#match: Match,
    pub filters: Vec<Filter>,
    pub target: Target,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FlowKind {
    /// Tried before all others, in order.
    Forced,
    #[default]
    Regular,
    /// Takes whom nobody else took; has no filters.
    Default,
}

impl FlowKind {
    pub const ALL: &'static [(&'static str, FlowKind)] = &[
        ("forced", FlowKind::Forced),
        ("regular", FlowKind::Regular),
        ("default", FlowKind::Default),
    ];
}

/// Whether all filters must accept, or any of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Match {
    #[default]
    All,
    Any,
}

impl Match {
    pub const ALL: &'static [(&'static str, Match)] = &[("all", Match::All), ("any", Match::Any)];
}

/// A condition on the visitor. What `value` may be is known by the filter's kind
/// (`engine::filter`), which checks it when the campaign is saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Filter {
    #[schema(example = "country")]
    pub key: String,
    pub mode: Mode,
    #[schema(value_type = Value, example = json!(["US", "CA"]))]
    pub value: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    #[default]
    Accept,
    Reject,
}

impl Mode {
    pub const ALL: &'static [(&'static str, Mode)] =
        &[("accept", Mode::Accept), ("reject", Mode::Reject)];
}

/// Where a flow sends its visitors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Target {
    /// A landing by weight, then an offer by weight; without landings straight to the offer.
    Split {
        landings: Vec<WeightedLanding>,
        offers: Vec<WeightedOffer>,
    },
    /// A URL template.
    Redirect { redirect: RedirectKind, url: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct WeightedLanding {
    pub landing_id: u64,
    pub weight: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct WeightedOffer {
    pub offer_id: u64,
    pub weight: u32,
}

/// How the browser is told to go on. One file each under `engine/redirect`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RedirectKind {
    /// `302 Found` with a `Location`.
    #[default]
    Http,
}

impl RedirectKind {
    pub const ALL: &'static [(&'static str, RedirectKind)] = &[("http", RedirectKind::Http)];
}

/// Words of [`Target`]'s `kind`.
#[derive(Clone, Copy, PartialEq)]
enum TargetKind {
    Split,
    Redirect,
}

const TARGET_KINDS: &[(&str, TargetKind)] = &[
    ("split", TargetKind::Split),
    ("redirect", TargetKind::Redirect),
];

/// More would make each click slow.
const FILTERS_MAX: usize = 100;
const WEIGHTED_MAX: usize = 200;

impl Flow {
    /// Reads the flow at this place of its campaign; `id` is 0 if it has none yet.
    pub(super) fn read(form: &mut Form<'_>, index: usize) -> Self {
        let name = match form.text("name") {
            "" => format!("Flow {}", index + 1),
            text => form.checked("name", check::name(text), String::new),
        };
        let flow = Flow {
            id: form.id("id").unwrap_or(0),
            name,
            kind: form.choice("kind", FlowKind::ALL, FlowKind::default()),
            state: form.choice("state", State::ALL, State::default()),
            weight: form.weight(),
            r#match: form.choice("match", Match::ALL, Match::default()),
            filters: form.list("filters", FILTERS_MAX, |form, _| Filter::read(form)),
            target: form
                .object("target", Target::read)
                .unwrap_or(Target::Split {
                    landings: Vec::new(),
                    offers: Vec::new(),
                }),
        };
        if form.value("target").is_none() {
            form.missing("target", "A flow needs a target: a split or a redirect.");
        }
        if flow.kind == FlowKind::Default && !flow.filters.is_empty() {
            form.problem(
                "filters",
                "invalid",
                "The default flow takes everybody and has no filters; make it a regular flow or remove them.",
            );
        }
        flow
    }

    /// The landings, offers and lists it names, each with its field.
    pub(super) fn references(&self) -> Vec<(String, Reference)> {
        let mut found = Vec::new();
        for (index, filter) in self.filters.iter().enumerate() {
            let lists = filter.lists().into_iter();
            found.extend(lists.map(|(field, id)| {
                let field = format!("filters[{index}].{field}");
                (field, Reference::List(id))
            }));
        }
        if let Target::Split { landings, offers } = &self.target {
            for (index, one) in landings.iter().enumerate() {
                let field = format!("target.landings[{index}].landing_id");
                found.push((field, Reference::Landing(one.landing_id)));
            }
            for (index, one) in offers.iter().enumerate() {
                let field = format!("target.offers[{index}].offer_id");
                found.push((field, Reference::Offer(one.offer_id)));
            }
        }
        found
    }

    /// What is allowed and probably not meant.
    pub(super) fn remarks(&self) -> Vec<Problem> {
        let Target::Split { landings, offers } = &self.target else {
            return Vec::new();
        };
        let landings = ("target.landings", weights(landings, |one| one.weight));
        let offers = ("target.offers", weights(offers, |one| one.weight));
        let is_idle = |weights: &[u32]| !weights.is_empty() && weights.iter().all(|one| *one == 0);
        let idle = [landings, offers]
            .into_iter()
            .filter(|(_, weights)| is_idle(weights));
        let remark = |(field, _)| {
            let message = "All weights here are 0, so none of them gets a visitor.";
            Problem::new(field, "no_weight", message)
        };
        idle.map(remark).collect()
    }
}

fn weights<T>(list: &[T], weight: impl Fn(&T) -> u32) -> Vec<u32> {
    list.iter().map(weight).collect()
}

impl Filter {
    fn read(form: &mut Form<'_>) -> Self {
        let key = form.text("key");
        if key.is_empty() {
            form.missing("key", "A filter needs a key, such as country.");
        }
        if form.value("value").is_none() {
            form.missing(
                "value",
                "A filter needs a value: a list, or true for one without a list.",
            );
        }
        Filter {
            key: key.to_owned(),
            mode: form.choice("mode", Mode::ALL, Mode::default()),
            value: form.value("value").cloned().unwrap_or_default(),
        }
    }

    /// The named lists in its value, each with its field (`value[1].list_id`).
    pub fn lists(&self) -> Vec<(String, u64)> {
        let mut lists = Vec::new();
        note_lists(&self.value, "value", 2, &mut lists);
        lists
    }
}

/// Lists in a value, in its entries, and in those of an object's `value`.
fn note_lists(value: &Value, path: &str, depth: usize, lists: &mut Vec<(String, u64)>) {
    match value {
        Value::Object(fields) => {
            if let Some(id) = fields.get("list_id").and_then(Value::as_u64) {
                lists.push((format!("{path}.list_id"), id));
            } else if let (Some(inner), 1..) = (fields.get("value"), depth) {
                note_lists(inner, &format!("{path}.value"), depth - 1, lists);
            }
        }
        Value::Array(entries) => {
            // Long arrays of texts are usual.
            let objects = entries
                .iter()
                .enumerate()
                .filter(|(_, entry)| entry.is_object());
            for (index, entry) in objects {
                note_lists(entry, &format!("{path}[{index}]"), 0, lists);
            }
        }
        _ => {}
    }
}

impl Target {
    fn read(form: &mut Form<'_>) -> Self {
        if form.value("kind").is_none() {
            form.missing("kind", "A target needs a kind: split or redirect.");
        }
        match form.choice("kind", TARGET_KINDS, TargetKind::Split) {
            TargetKind::Redirect => Target::Redirect {
                redirect: form.choice("redirect", RedirectKind::ALL, RedirectKind::default()),
                url: check::read_url(form, "url"),
            },
            TargetKind::Split => {
                let landings = form.list("landings", WEIGHTED_MAX, |form, _| WeightedLanding {
                    landing_id: form.required_id("landing_id"),
                    weight: form.weight(),
                });
                let offers = form.list("offers", WEIGHTED_MAX, |form, _| WeightedOffer {
                    offer_id: form.required_id("offer_id"),
                    weight: form.weight(),
                });
                let ids: Vec<u64> = landings.iter().map(|one| one.landing_id).collect();
                note_repeated(form, "landings", "landing_id", &ids);
                let ids: Vec<u64> = offers.iter().map(|one| one.offer_id).collect();
                note_repeated(form, "offers", "offer_id", &ids);
                if form.value("landings").is_none() && form.value("offers").is_none()
                    || landings.is_empty() && offers.is_empty()
                {
                    form.missing("offers", "A split needs at least one offer or landing.");
                }
                Target::Split { landings, offers }
            }
        }
    }
}

/// One entity stands in a split once: two weights of the same one are one weight.
fn note_repeated(form: &mut Form<'_>, list: &str, key: &str, ids: &[u64]) {
    for (index, id) in ids.iter().enumerate() {
        if *id != 0 && ids[..index].contains(id) {
            form.problem(
                &format!("{list}[{index}].{key}"),
                "duplicate",
                format!("{key} {id} is there twice; give it one entry with both weights added."),
            );
        }
    }
}
