//! The document of a report: every problem at once, each with its field.

use chrono_tz::Tz;
use serde_json::Value;

use super::{
    Compare, DIMENSIONS_MAX, FILTERS_MAX, Having, LIMIT_DEFAULT, LIMIT_MAX, Level, METRICS_MAX,
    Range, Request, Sort,
};
use crate::domain::basis::Basis;
use crate::domain::check;
use crate::domain::documents::Documents;
use crate::domain::form::{Form, quoted};
use crate::domain::nearest::nearest;
use crate::domain::problem::Problem;
use crate::domain::revenue_kind::RevenueKind;
use crate::report::dimension::DimensionRef;
use crate::report::filter::{Filter, NumberTest, unknown_dimension};
use crate::report::{Figure, UnknownFigure, View};

/// Shown if no metrics are named.
const USUAL: [&str; 7] = [
    "clicks",
    "unique_clicks",
    "conversions",
    "revenue",
    "cost",
    "profit",
    "roi",
];
/// Rows that can be passed over.
const OFFSET_MAX: u64 = 100_000_000;

impl Request {
    /// Reads a request, or all its problems at once. Own events and own metrics are those of `documents`.
    pub fn read(document: &Value, documents: &Documents) -> Result<Request, Vec<Problem>> {
        Form::read(document, |form| Request::from_form(form, documents))
    }

    /// The same, where the request stands inside another document.
    pub fn from_form(form: &mut Form<'_>, documents: &Documents) -> Request {
        let zone = zone(form);
        let range = form.object("range", |form| Range::read(form, zone));
        let range = range.unwrap_or_default();
        let compare = read_compare(form, &range, zone);
        let dimensions = read_dimensions(form);
        let metrics = read_metrics(form, documents);
        let (filters, having) = read_filters(form, documents);
        let is_tree = form.boolean("tree", false) && !dimensions.is_empty();
        let levels = read_levels(form, is_tree, &dimensions, &metrics, documents);
        Request {
            range,
            compare,
            zone,
            metrics,
            filters,
            having,
            levels,
            offset: form.integer("offset", 0..=OFFSET_MAX, 0) as usize,
            is_tree,
            basis: form.choice("basis", Basis::ALL, Basis::Click),
            view: View {
                revenue: form.choice("revenue", RevenueKind::ALL, RevenueKind::default()),
                without_bots: form.boolean("without_bots", false),
            },
            dimensions,
        }
    }
}

pub(super) fn zone(form: &mut Form<'_>) -> Tz {
    let text = form.text("timezone");
    if text.is_empty() {
        return Tz::UTC;
    }
    let zone = check::timezone(text).and_then(|name| name.parse::<Tz>().map_err(|e| e.to_string()));
    form.checked("timezone", zone, || Tz::UTC)
}

fn read_compare(form: &mut Form<'_>, range: &Range, zone: Tz) -> Option<Compare> {
    let value = form.value("compare")?;
    let Some(word) = value.as_str() else {
        let with = form.object("compare", |form| Range::read(form, zone));
        return with.map(Compare::With);
    };
    if word != "previous" {
        let message = format!(
            "{} is neither \"previous\" nor a range such as {{\"preset\": \"last_month\"}}.",
            quoted(word)
        );
        form.problem("compare", "invalid", message);
    } else if !range.has_previous() {
        let message = "Nothing was before all time; choose another range, or compare with one.";
        form.problem("compare", "invalid", message);
    }
    Some(Compare::Previous)
}

fn read_dimensions(form: &mut Form<'_>) -> Vec<DimensionRef> {
    let mut dimensions: Vec<DimensionRef> = Vec::new();
    for (index, key) in form.texts("dimensions", DIMENSIONS_MAX).iter().enumerate() {
        let field = format!("dimensions[{index}]");
        match DimensionRef::parse(key) {
            Ok(found) if dimensions.contains(&found) => {
                let message = format!("{} is there twice.", quoted(key));
                form.problem(&field, "invalid", message);
            }
            Ok(found) => dimensions.push(found),
            Err(unknown) => {
                let message = unknown_dimension(key, unknown.nearest);
                form.problem(&field, "unknown_field", message);
            }
        }
    }
    dimensions
}

fn read_metrics(form: &mut Form<'_>, documents: &Documents) -> Vec<Figure> {
    let mut keys = form.texts("metrics", METRICS_MAX);
    if keys.is_empty() && !form.has("metrics") {
        keys = USUAL.map(str::to_owned).to_vec();
    }
    let mut metrics: Vec<Figure> = Vec::new();
    for (index, key) in keys.iter().enumerate() {
        let field = format!("metrics[{index}]");
        match figure(key, documents) {
            Ok(found) if metrics.contains(&found) => {
                let message = format!("{} is there twice.", quoted(key));
                form.problem(&field, "invalid", message);
            }
            Ok(found) => metrics.push(found),
            Err(message) => form.problem(&field, "unknown_field", message),
        }
    }
    metrics
}

fn read_filters(form: &mut Form<'_>, documents: &Documents) -> (Vec<Filter>, Vec<Having>) {
    let (mut filters, mut having) = (Vec::new(), Vec::new());
    form.list("filters", FILTERS_MAX, |form, _| match form.has("metric") {
        true => having.extend(read_having(form, documents)),
        false => filters.extend(Filter::read(form)),
    });
    (filters, having)
}

fn read_having(form: &mut Form<'_>, documents: &Documents) -> Option<Having> {
    let key = form.text("metric");
    let found = figure(key, documents);
    match &found {
        Ok(figure) if figure.is_running() => {
            let message = format!(
                "{} follows from the order of the rows and cannot choose them.",
                quoted(key)
            );
            form.problem("metric", "invalid", message);
        }
        Ok(_) => {}
        Err(message) => form.problem("metric", "unknown_field", message.as_str()),
    }
    // Read in any case, so that all problems are told at once.
    let test = NumberTest::read(form);
    Some(Having {
        metric: found.ok()?,
        test: test?,
    })
}

/// `sort` and `limit` of the first level, and for all levels that `levels` does not say otherwise.
fn read_levels(
    form: &mut Form<'_>,
    is_tree: bool,
    dimensions: &[DimensionRef],
    metrics: &[Figure],
    documents: &Documents,
) -> Vec<Level> {
    let sorts = Sort::read_all(form, dimensions, documents);
    let limit = form.integer("limit", 1..=LIMIT_MAX as u64, LIMIT_DEFAULT as u64);
    let own = form.list("levels", dimensions.len().max(1), |form, index| {
        let sorts = Sort::read_all(form, dimensions, documents);
        let is_of_level = |sort: &Sort| sort.dimension().is_none_or(|one| one == index);
        if let Some(place) = sorts.iter().position(|sort| !is_of_level(sort)) {
            let message =
                "The rows of a level are sorted by metrics or by the dimension of that level.";
            form.problem(&format!("sort[{place}].by"), "invalid", message);
        }
        (sorts, form.integer("limit", 1..=LIMIT_MAX as u64, limit))
    });
    if !own.is_empty() && !is_tree {
        form.problem(
            "levels",
            "invalid",
            "Only a tree has levels; send \"tree\": true as well.",
        );
    }
    let whole = std::iter::once(0..dimensions.len());
    let each = (0..dimensions.len()).map(|index| index..index + 1);
    let parts: Vec<std::ops::Range<usize>> = match is_tree {
        true => each.collect(),
        false => whole.collect(),
    };
    let level = |(index, part): (usize, std::ops::Range<usize>)| {
        let (own_sorts, limit) = own.get(index).cloned().unwrap_or((Vec::new(), limit));
        let is_here = |sort: &&Sort| sort.dimension().is_none_or(|one| part.contains(&one));
        let inherited = || sorts.iter().filter(is_here).cloned().collect::<Vec<_>>();
        let mut sort = match own_sorts.is_empty() {
            true => inherited(),
            false => own_sorts,
        };
        if sort.is_empty() {
            sort = Sort::usual(dimensions, part.clone(), metrics);
        }
        Level {
            dimensions: part,
            sort,
            limit: limit as usize,
        }
    };
    parts.into_iter().enumerate().map(level).collect()
}

/// The metric of this key; why there is none, and what was probably meant.
pub(super) fn figure(key: &str, documents: &Documents) -> Result<Figure, String> {
    let found = Figure::parse(key, documents).map_err(|error| match error {
        UnknownFigure::Unknown { key, nearest } => unknown_figure(&key, nearest.as_deref()),
        error => format!("This cannot be shown: {error}."),
    })?;
    let events = || documents.events.values().map(|event| event.key.as_str());
    match event_of(&found) {
        Some(event) if !events().any(|known| known == event) => {
            Err(match nearest(event, events()) {
                Some(near) => format!(
                    "There is no event {}. Did you mean \"{near}\"?",
                    quoted(event)
                ),
                None => format!(
                    "There is no event {}. GET /api/v1/events lists them.",
                    quoted(event)
                ),
            })
        }
        _ => Ok(found),
    }
}

/// The key of the event that a metric is about.
fn event_of(figure: &Figure) -> Option<&str> {
    match figure {
        Figure::Metric(metric) => metric.event(),
        Figure::Running(figure) => event_of(figure),
        Figure::Own(_) => None,
    }
}

/// Why there is no such metric, and what was probably meant.
pub(super) fn unknown_figure(key: &str, near: Option<&str>) -> String {
    let advice = match near {
        Some(near) => format!("Did you mean \"{near}\"?"),
        None => "GET /api/v1/reports/fields lists them.".to_owned(),
    };
    format!("There is no metric {}. {advice}", quoted(key))
}
