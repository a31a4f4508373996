//! What pickers offer beside the metrics of reports: `GET /api/v1/options`.

use std::collections::BTreeSet;

use serde::Serialize;
use utoipa::ToSchema;

use super::Own;
use super::check::kept_numbers;
use crate::domain::documents::Documents;
use crate::domain::format::{Better, Format};
use crate::report::metric;

/// Numbers that this tracker's operator has made or keeps.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnOptions {
    /// Those that are in use.
    pub own_metrics: Vec<OwnMetricOption>,
    /// Names that may follow `kept_sum:` and `kept_average:`.
    pub kept_numbers: Vec<String>,
    /// Metrics that may follow `running:`; those of `event` and `kept_sum` with what they are about.
    #[schema(example = json!(["clicks", "profit", "event"]))]
    pub running_metrics: Vec<String>,
}

/// An own metric, as a metric of reports is told.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnMetricOption {
    pub key: String,
    pub label: String,
    pub help: String,
    #[schema(example = "revenue * 0.97 - cost")]
    pub formula: String,
    pub format: Format,
    pub decimals: u8,
    pub better: Better,
}

pub fn options(documents: &Documents) -> OwnOptions {
    let active = documents.metrics.values();
    let active = active.filter(|metric| metric.state.is_active());
    let own: Vec<Own> = active
        .filter_map(|metric| Own::of_key(documents, &metric.key)?.ok())
        .collect();
    let families = metric::of_events().chain(metric::of_kept());
    let sums = metric::all().chain(families);
    let sums = sums.filter(|metric| metric.formula.is_sum());
    let own_sums = own.iter().filter(|own| own.is_sum());
    let kept: BTreeSet<&str> = kept_numbers(documents).collect();
    OwnOptions {
        kept_numbers: kept.into_iter().map(str::to_owned).collect(),
        running_metrics: sums
            .map(|metric| metric.key.to_owned())
            .chain(own_sums.map(|own| own.metric.key.clone()))
            .collect(),
        own_metrics: own.iter().map(option).collect(),
    }
}

fn option(own: &Own) -> OwnMetricOption {
    let metric = own.metric();
    OwnMetricOption {
        key: metric.key.clone(),
        label: metric.name.clone(),
        help: metric.help.clone(),
        formula: own.formula(),
        format: metric.format,
        decimals: metric.decimals,
        better: metric.better,
    }
}
