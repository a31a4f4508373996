//! A ready-made traffic source.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::files::{self, SourceFiles};
use super::{Confidence, Faults, PresetKind, fill};
use crate::domain::campaign::PARAMETERS;
use crate::domain::problem::Problem;

/// What a traffic source mainly sells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    Push,
    Pop,
    Native,
    Display,
    Social,
    InApp,
    Adult,
    Search,
    Mobile,
    Other,
}

/// How its clicks are usually charged; the words of a campaign's cost model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Charged {
    Cpc,
    Cpm,
}

/// A preset's file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    name: String,
    format: Format,
    /// Left out where nothing is known.
    cost_model: Option<Charged>,
    confidence: Confidence,
    notes: String,
    /// Public pages that the facts were read in.
    sources: Vec<String>,
    /// Where conversions go as JSON with an authorisation of their own, so not as a postback.
    conversion_api: Option<String>,
    /// By our names.
    #[serde(default)]
    parameters: BTreeMap<String, FileParameter>,
    postback: Option<FilePostback>,
    /// Words of the postback's URL that stand for values of the operator's account -> label.
    #[serde(default)]
    asks: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileParameter {
    /// Its name in the link, if that is not our own.
    name: Option<String>,
    /// Empty where the source adds the parameter by itself.
    #[serde(default)]
    r#macro: String,
    label: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FilePostback {
    url: String,
}

/// A ready-made traffic source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourcePreset {
    /// The name of its file.
    pub slug: String,
    pub name: String,
    pub format: Format,
    pub cost_model: Option<Charged>,
    pub confidence: Confidence,
    pub notes: String,
    pub sources: Vec<String>,
    pub conversion_api: Option<String>,
    /// In the order of [`PARAMETERS`].
    pub parameters: Vec<PresetParameter>,
    /// URL template of the outgoing postback; words of `asks` stand in it.
    pub postback: Option<String>,
    /// In the order of the URL.
    pub asks: Vec<Ask>,
}

/// One parameter of the campaign link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PresetParameter {
    /// Our name: `source`, `sub_id_1`.
    pub parameter: String,
    /// Its name in the link.
    pub name: String,
    /// The source's macro; empty where the source adds the parameter by itself.
    pub r#macro: String,
    /// What it tells.
    pub label: String,
}

/// A value that only the operator knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Ask {
    /// The word of the postback's URL that it replaces.
    #[schema(example = "ADVERTISER_ID")]
    pub key: String,
    pub label: String,
}

/// A traffic source preset, ready to be stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = TrafficSourcePreset)]
pub struct SourceAnswer {
    pub kind: PresetKind,
    pub slug: &'static str,
    pub name: &'static str,
    pub format: Format,
    /// For the campaign: how the clicks are usually charged; `null` where nothing is known.
    pub cost_model: Option<Charged>,
    pub parameters: &'static [PresetParameter],
    /// What a campaign link of this source carries behind its `?`, macros byte for byte.
    pub link_query: String,
    /// Values of the account to send as query parameters, `?ADVERTISER_ID=12345`; without them
    /// their words stay in the document's postback.
    pub asks: &'static [Ask],
    /// Where conversions go as JSON with an authorisation of its own; no postback can do that.
    pub conversion_api: Option<&'static str>,
    pub notes: &'static str,
    /// Public pages that the facts were read in.
    pub sources: &'static [String],
    pub confidence: Confidence,
    /// Can be sent to `POST /traffic-sources` as it is.
    #[schema(value_type = Object)]
    pub document: Value,
}

pub(super) fn load() -> (Vec<SourcePreset>, Faults) {
    files::read::<SourceFiles, File, _>(SourcePreset::new)
}

impl SourcePreset {
    fn new(slug: String, mut file: File) -> Result<Self, String> {
        let parameters = PARAMETERS
            .iter()
            .filter_map(|ours| {
                let found = file.parameters.remove(*ours)?;
                Some(PresetParameter {
                    parameter: (*ours).to_owned(),
                    name: found.name.unwrap_or_else(|| (*ours).to_owned()),
                    r#macro: found.r#macro,
                    label: found.label,
                })
            })
            .collect();
        if let Some(unknown) = file.parameters.keys().next() {
            return Err(format!("There is no click parameter {unknown:?}."));
        }
        let postback = file.postback.map(|postback| postback.url);
        let url = postback.as_deref().unwrap_or_default();
        let mut asks = Vec::with_capacity(file.asks.len());
        for (key, label) in file.asks {
            let Some(place) = fill::place(url, &key) else {
                return Err(format!("{key} is asked for, and is no word of the URL."));
            };
            asks.push((place, Ask { key, label }));
        }
        asks.sort_by_key(|(place, _)| *place);
        Ok(Self {
            slug,
            name: file.name,
            format: file.format,
            cost_model: file.cost_model,
            confidence: file.confidence,
            notes: file.notes,
            sources: file.sources,
            conversion_api: file.conversion_api,
            parameters,
            postback,
            asks: asks.into_iter().map(|(_, ask)| ask).collect(),
        })
    }

    /// The query of a campaign link of this source. The macros stand in it byte for byte: the
    /// source replaces them before any browser sees the link.
    pub fn link_query(&self) -> String {
        let pairs: Vec<String> = self
            .parameters
            .iter()
            .filter(|parameter| !parameter.r#macro.is_empty())
            .map(|parameter| format!("{}={}", parameter.name, parameter.r#macro))
            .collect();
        pairs.join("&")
    }

    /// The document of a traffic source, with the values of the account filled in.
    ///
    /// Problems are under the keys of `values`, all of them at once.
    pub fn expand(
        &'static self,
        values: &BTreeMap<String, String>,
    ) -> Result<SourceAnswer, Vec<Problem>> {
        let known: Vec<&str> = self.asks.iter().map(|ask| ask.key.as_str()).collect();
        let problems = fill::problems(values, &known);
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(SourceAnswer {
            kind: PresetKind::TrafficSource,
            slug: &self.slug,
            name: &self.name,
            format: self.format,
            cost_model: self.cost_model,
            parameters: &self.parameters,
            link_query: self.link_query(),
            asks: &self.asks,
            conversion_api: self.conversion_api.as_deref(),
            notes: &self.notes,
            sources: &self.sources,
            confidence: self.confidence,
            document: self.document(values),
        })
    }

    fn document(&self, values: &BTreeMap<String, String>) -> Value {
        let parameters: BTreeMap<&str, Value> = self
            .parameters
            .iter()
            .map(|one| {
                let name = json!({ "name": one.name, "macro": one.r#macro });
                (one.parameter.as_str(), name)
            })
            .collect();
        let postback = self.postback.as_deref().map(|url| {
            // Told without its status, a rejection would count as one more conversion.
            let statuses: &[&str] = match url.contains("{status}") {
                true => &["lead", "sale", "rejected"],
                false => &["lead", "sale"],
            };
            json!({ "url": fill::fill(url, values), "method": "get", "statuses": statuses })
        });
        json!({
            "name": self.name,
            "parameters": parameters,
            "postback": postback,
            "notes": self.notes,
        })
    }
}
