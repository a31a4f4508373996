//! A table as it is answered.

use chrono::{DateTime, SecondsFormat};
use chrono_tz::Tz;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::{Row, Table};
use crate::domain::basis::Basis;
use crate::domain::money::{Currency, Micros};
use crate::report::dimension::{DimensionRef, Input, Names};
use crate::report::metric::{Better, Format};
use crate::report::request::{Interval, Request};
use crate::report::{Figure, RevenueKind};

/// What is answered to a report.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Report)]
pub struct Answer {
    /// One object each: dimensions, names beside ids, metrics, `previous`; of a tree `children`, and
    /// `more` for those that are not among them.
    #[schema(value_type = Vec<Object>,
        example = json!([{ "campaign_id": 5, "campaign": "US push", "clicks": 12, "cost": "0.12" }]))]
    pub rows: Vec<Map<String, Value>>,
    /// Over all rows, those of other pages too.
    #[schema(value_type = Object, example = json!({ "clicks": 12, "cost": "0.12" }))]
    pub totals: Map<String, Value>,
    /// How many rows there are on all pages.
    pub groups: usize,
    /// The `offset` of the next page; `null` on the last one.
    pub next: Option<usize>,
    pub range: Span,
    /// What it is compared with.
    pub previous_range: Option<Span>,
    #[schema(example = "Europe/Kyiv")]
    pub timezone: &'static str,
    /// By which time conversions count.
    pub basis: Basis,
    /// What is meant by revenue.
    pub revenue: RevenueKind,
    pub without_bots: bool,
    /// Of all money.
    #[schema(value_type = String, example = "USD")]
    pub currency: Currency,
    /// What stands in the rows, in the order that was asked for.
    pub columns: Vec<Column>,
}

/// A time as it was resolved.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReportRange)]
pub struct Span {
    #[schema(example = "2026-11-01T00:00:00+02:00")]
    pub from: String,
    /// Not included.
    #[schema(example = "2026-12-01T00:00:00+02:00")]
    pub to: String,
}

/// What one field of the rows is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schema(as = ReportColumn)]
pub enum Column {
    Dimension {
        key: String,
        label: String,
    },
    /// The name of what the dimension before it is the id of.
    Name {
        key: &'static str,
        label: String,
    },
    Metric {
        key: String,
        label: String,
        /// As people read it.
        formula: String,
        format: Format,
        better: Better,
        /// How many decimals are shown, where the operator has said so.
        decimals: Option<u8>,
    },
}

impl Answer {
    pub fn of(
        request: &Request,
        names: &Names,
        table: Table,
        (now, before): (Interval, Option<Interval>),
        currency: Currency,
    ) -> Answer {
        let rows = Rows { request, names };
        Answer {
            rows: table.rows.into_iter().map(|row| rows.row(row, 0)).collect(),
            totals: rows.cells(&table.totals),
            groups: table.groups,
            next: table.next,
            range: Span::of(now, request.zone),
            previous_range: before.map(|before| Span::of(before, request.zone)),
            timezone: request.zone.name(),
            basis: request.basis,
            revenue: request.view.revenue,
            without_bots: request.view.without_bots,
            currency,
            columns: columns(request),
        }
    }
}

impl Span {
    fn of(interval: Interval, zone: Tz) -> Self {
        let shown = |at| {
            let at = DateTime::from_timestamp_millis(at).unwrap_or_default();
            at.with_timezone(&zone)
                .to_rfc3339_opts(SecondsFormat::AutoSi, true)
        };
        Self {
            from: shown(interval.from),
            to: shown(interval.to),
        }
    }
}

fn columns(request: &Request) -> Vec<Column> {
    let of_dimension = |dimension: &DimensionRef| {
        let label = dimension.label();
        let name = dimension.dimension().name_key().map(|key| Column::Name {
            key,
            label: label.clone(),
        });
        let own = Column::Dimension {
            key: dimension.to_string(),
            label,
        };
        std::iter::once(own).chain(name)
    };
    let of_metric = |metric: &Figure| Column::Metric {
        key: metric.to_string(),
        label: metric.label(),
        formula: metric.formula(),
        format: metric.format(),
        better: metric.better(),
        decimals: metric.decimals(),
    };
    let dimensions = request.dimensions.iter().flat_map(of_dimension);
    dimensions
        .chain(request.metrics.iter().map(of_metric))
        .collect()
}

struct Rows<'a> {
    request: &'a Request,
    names: &'a Names,
}

impl Rows<'_> {
    fn row(&self, row: Row, level: usize) -> Map<String, Value> {
        let mut object = Map::new();
        let dimensions = &self.request.dimensions[self.request.levels[level].dimensions.clone()];
        for (dimension, value) in dimensions.iter().zip(&row.values) {
            let own = dimension.dimension();
            object.insert(dimension.to_string(), shown(own.input, value.as_deref()));
            if let Some(key) = own.name_key() {
                let id = value.as_deref();
                let name = id.and_then(|id| own.name_of(id, self.names));
                object.insert(key.to_owned(), json!(name));
            }
        }
        object.append(&mut self.cells(&row.cells));
        if level + 1 < self.request.levels.len() {
            let children = row.children.into_iter();
            let children: Vec<_> = children.map(|row| self.row(row, level + 1)).collect();
            object.insert("children".to_owned(), json!(children));
            object.insert("more".to_owned(), json!(row.more));
        }
        object
    }

    fn cells(&self, cells: &super::Cells) -> Map<String, Value> {
        let mut object = self.values(&cells.now);
        if let Some(before) = &cells.before {
            object.insert("previous".to_owned(), self.values(before).into());
        }
        object
    }

    fn values(&self, values: &[Option<Micros>]) -> Map<String, Value> {
        let metrics = self.request.metrics.iter();
        let shown = |metric: &Figure, value: Option<Micros>| match value {
            Some(value) if metric.is_whole() => json!(value.0 / Micros::UNIT),
            value => json!(value),
        };
        metrics
            .zip(values)
            .map(|(metric, value)| (metric.to_string(), shown(metric, *value)))
            .collect()
    }
}

/// A value as the logs write it: ids and numbers as numbers.
fn shown(input: Input, value: Option<&str>) -> Value {
    let Some(text) = value else {
        return Value::Null;
    };
    match input {
        Input::Id { .. } | Input::Flow | Input::Number => match text.parse::<u64>() {
            Ok(number) => json!(number),
            Err(_) => json!(text),
        },
        Input::Flag => json!(text == "true"),
        Input::Country | Input::Words { .. } | Input::Text => json!(text),
    }
}
