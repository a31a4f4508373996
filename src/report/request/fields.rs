//! All that a report can be asked for, as pickers need it: `GET /api/v1/reports/fields`.

use serde::Serialize;
use utoipa::ToSchema;

use super::preset::{self, Preset};
use super::{DIMENSIONS_MAX, FILTERS_MAX, LIMIT_MAX, METRICS_MAX};
use crate::domain::basis::Basis;
use crate::domain::documents::Documents;
use crate::domain::revenue_kind::RevenueKind;
use crate::report::Figure;
use crate::report::dimension::{self, Dimension};
use crate::report::filter::{self, Operator};
use crate::report::metric::{self, Better, Format, Metric};

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReportFields)]
pub struct Fields {
    pub dimensions: Vec<&'static Dimension>,
    /// Each about something that networks send along, whose name follows a colon: `kept:plan`.
    pub kept_dimensions: Vec<&'static Dimension>,
    /// The built-in ones, four for each own event, and the operator's own.
    pub metrics: Vec<MetricField>,
    /// Each about a number that networks send along, whose name follows a colon: `kept_sum:weight`.
    pub kept_metrics: Vec<&'static Metric>,
    pub operators: &'static [Operator],
    pub presets: &'static [Preset],
    /// By which time conversions can count.
    pub bases: Vec<&'static str>,
    /// What can be meant by revenue.
    pub revenue: Vec<&'static str>,
    pub limits: Limits,
}

/// A metric that can be shown, tested and sorted by.
#[derive(Debug, Serialize, ToSchema)]
pub struct MetricField {
    pub key: String,
    pub label: String,
    pub help: String,
    /// As people read it.
    pub formula: String,
    pub format: Format,
    pub better: Better,
    /// Whether there is a running total of it: `running:` and its key.
    pub has_running_total: bool,
}

/// How much one report can ask for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReportLimits)]
pub struct Limits {
    pub dimensions: usize,
    pub metrics: usize,
    pub filters: usize,
    pub rows: usize,
}

impl Fields {
    pub fn of(documents: &Documents) -> Fields {
        let built_in = metric::all().map(|metric| metric.key.to_owned());
        let of_events = documents.events.values().flat_map(|event| {
            metric::of_events().map(|metric| format!("{}:{}", metric.key, event.key))
        });
        let own = documents.metrics.values().map(|metric| metric.key.clone());
        let keys = built_in.chain(of_events).chain(own);
        Fields {
            dimensions: dimension::all().collect(),
            kept_dimensions: dimension::of_kept().collect(),
            metrics: keys
                .filter_map(|key| Figure::parse(&key, documents).ok())
                .map(|figure| MetricField::of(&figure))
                .collect(),
            kept_metrics: metric::of_kept().collect(),
            operators: filter::all(),
            presets: preset::all(),
            bases: Basis::ALL.iter().map(|(word, _)| *word).collect(),
            revenue: RevenueKind::ALL.iter().map(|(word, _)| *word).collect(),
            limits: Limits {
                dimensions: DIMENSIONS_MAX,
                metrics: METRICS_MAX,
                filters: FILTERS_MAX,
                rows: LIMIT_MAX,
            },
        }
    }
}

impl MetricField {
    fn of(figure: &Figure) -> Self {
        Self {
            key: figure.to_string(),
            label: figure.label(),
            help: figure.help().to_owned(),
            formula: figure.formula(),
            format: figure.format(),
            better: figure.better(),
            has_running_total: figure.is_sum(),
        }
    }
}
