//! A preset in short, for a list to choose from.

use serde::Serialize;
use utoipa::ToSchema;

use super::source::Format;
use super::{Confidence, NetworkPreset, SourcePreset};

/// What a preset makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PresetKind {
    TrafficSource,
    Network,
}

impl PresetKind {
    pub const ALL: &'static [(&'static str, PresetKind)] = &[
        ("traffic_source", PresetKind::TrafficSource),
        ("network", PresetKind::Network),
    ];
}

/// One line of the list of presets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct PresetSummary {
    pub kind: PresetKind,
    pub slug: &'static str,
    pub name: &'static str,
    /// What a traffic source mainly sells; `null` for networks.
    pub format: Option<Format>,
    /// The software behind a network, `own` if none is known; `null` for traffic sources.
    pub platform: Option<&'static str>,
    /// Whether conversions can be reported by a plain postback: to the source, from the network.
    pub has_postback: bool,
    pub confidence: Confidence,
}

impl PresetSummary {
    /// Whether `search`, in lower case, is a part of its name, slug or platform.
    pub fn is_found(&self, search: &str) -> bool {
        [Some(self.name), Some(self.slug), self.platform]
            .into_iter()
            .flatten()
            .any(|text| text.to_lowercase().contains(search))
    }
}

impl From<&'static SourcePreset> for PresetSummary {
    fn from(preset: &'static SourcePreset) -> Self {
        Self {
            kind: PresetKind::TrafficSource,
            slug: &preset.slug,
            name: &preset.name,
            format: Some(preset.format),
            platform: None,
            has_postback: preset.postback.is_some(),
            confidence: preset.confidence,
        }
    }
}

impl From<&'static NetworkPreset> for PresetSummary {
    fn from(preset: &'static NetworkPreset) -> Self {
        Self {
            kind: PresetKind::Network,
            slug: &preset.slug,
            name: &preset.name,
            format: None,
            platform: Some(&preset.platform),
            has_postback: preset.postback.click_id.is_some(),
            confidence: preset.confidence,
        }
    }
}
