//! Ready-made traffic sources, affiliate networks and rules, one data file each.
//!
//! A preset becomes a document that can be stored as it is ([`SourcePreset::expand`],
//! [`NetworkPreset::expand`], [`RulePreset::expand`]); what the document has no field for is answered beside it. The files
//! are part of the binary and are read once, when somebody first asks.
//!
//! Macros belong to the traffic source or network. They are never expanded, encoded or trimmed
//! here: what stands in the file is what stands in the link.
//!
//! Adding one: 1. a file `traffic_sources/<slug>.toml`, `networks/<slug>.toml` or
//! `rules/<slug>.toml`; its name is the slug, its fields are those of [`source::File`],
//! [`network::File`] or [`rule::File`], any neighbour is an example. That is all: the tests in `laws/` try it.

mod files;
mod fill;
#[cfg(test)]
mod laws;
pub mod network;
pub mod postback_url;
pub mod rule;
pub mod source;
mod summary;

use std::sync::LazyLock;

use self::files::Faults;
pub use self::network::NetworkPreset;
pub use self::rule::RulePreset;
pub use self::source::SourcePreset;
pub use self::summary::{PresetKind, PresetSummary};

/// How much of a preset was read in the vendor's own documentation, or in that of an established
/// tracker.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// The click id and all macros given.
    Verified,
    /// Fields are missing, the page is old, or a value was seen only in public code.
    Partly,
}

static SOURCES: LazyLock<(Vec<SourcePreset>, Faults)> = LazyLock::new(source::load);
static NETWORKS: LazyLock<(Vec<NetworkPreset>, Faults)> = LazyLock::new(network::load);
static RULES: LazyLock<(Vec<RulePreset>, Faults)> = LazyLock::new(rule::load);

/// Every traffic source, by slug.
pub fn sources() -> &'static [SourcePreset] {
    &SOURCES.0
}

/// Every affiliate network, by slug.
pub fn networks() -> &'static [NetworkPreset] {
    &NETWORKS.0
}

/// Every rule, by slug.
pub fn rules() -> &'static [RulePreset] {
    &RULES.0
}

pub fn find_source(slug: &str) -> Option<&'static SourcePreset> {
    sources().iter().find(|preset| preset.slug == slug)
}

pub fn find_network(slug: &str) -> Option<&'static NetworkPreset> {
    networks().iter().find(|preset| preset.slug == slug)
}

pub fn find_rule(slug: &str) -> Option<&'static RulePreset> {
    rules().iter().find(|preset| preset.slug == slug)
}

/// Every preset in short: sources first, then networks, each kind by slug.
pub fn all() -> impl Iterator<Item = PresetSummary> {
    let sources = sources().iter().map(PresetSummary::from);
    let networks = networks().iter().map(PresetSummary::from);
    let rules = rules().iter().map(PresetSummary::from);
    sources.chain(networks).chain(rules)
}
