//! A preset in short, for a list to choose from.

use serde::Serialize;
use utoipa::ToSchema;

use super::source::Format;
use super::{Confidence, NetworkPreset, RulePreset, SourcePreset};

/// What a preset makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PresetKind {
    TrafficSource,
    Network,
    Rule,
}

impl PresetKind {
    pub const ALL: &'static [(&'static str, PresetKind)] = &[
        ("traffic_source", PresetKind::TrafficSource),
        ("network", PresetKind::Network),
        ("rule", PresetKind::Rule),
    ];
}

/// One line of the list of presets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct PresetSummary {
    pub kind: PresetKind,
    pub slug: &'static str,
    pub name: &'static str,
    /// What a traffic source mainly sells; `null` for others.
    pub format: Option<Format>,
    /// The software behind a network, `own` if none is known; `null` for others.
    pub platform: Option<&'static str>,
    /// Whether conversions can be reported by a plain postback: to the source, from the network.
    pub has_postback: bool,
    /// `null` for rules, which nobody else documents.
    pub confidence: Option<Confidence>,
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
            confidence: Some(preset.confidence),
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
            confidence: Some(preset.confidence),
        }
    }
}

impl From<&'static RulePreset> for PresetSummary {
    fn from(preset: &'static RulePreset) -> Self {
        Self {
            kind: PresetKind::Rule,
            slug: &preset.slug,
            name: &preset.name,
            format: None,
            platform: None,
            has_postback: false,
            confidence: None,
        }
    }
}
