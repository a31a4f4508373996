//! What rows are sorted by.

use super::read::{figure, unknown_figure};
use crate::domain::documents::Documents;
use crate::domain::form::{Form, quoted};
use crate::domain::nearest::nearest;
use crate::report::Figure;
use crate::report::dimension::{self, DimensionRef, Of};

/// Most sorts of one level.
const SORTS_MAX: usize = 10;

/// A sort and its direction. What has no value comes last in both.
#[derive(Debug, Clone)]
pub struct Sort {
    pub by: By,
    pub is_descending: bool,
}

/// What is compared.
#[derive(Debug, Clone)]
pub enum By {
    /// Values of one of the request's dimensions: numbers as numbers, texts by their letters.
    Dimension(usize),
    /// The names of what its values are the ids of.
    Name(usize),
    Figure(Figure),
}

impl Sort {
    /// Reads `sort`: `[{"by": "clicks", "desc": true}]`.
    pub(super) fn read_all(
        form: &mut Form<'_>,
        dimensions: &[DimensionRef],
        documents: &Documents,
    ) -> Vec<Sort> {
        let sorts = form.list("sort", SORTS_MAX, |form, _| {
            let by = read_by(form, dimensions, documents);
            let is_descending = form.boolean("desc", false);
            by.map(|by| Sort { by, is_descending })
        });
        sorts.into_iter().flatten().collect()
    }

    /// Time goes forward; everything else begins with the most of the first metric.
    pub(super) fn usual(
        dimensions: &[DimensionRef],
        level: std::ops::Range<usize>,
        metrics: &[Figure],
    ) -> Vec<Sort> {
        let first = level.start;
        let is_time = |one: &DimensionRef| one.of() == Of::Time;
        let by = match metrics.first() {
            _ if dimensions[level].first().is_some_and(is_time) => By::Dimension(first),
            Some(metric) if !metric.is_running() => By::Figure(metric.clone()),
            _ => return Vec::new(),
        };
        let is_descending = matches!(by, By::Figure(_));
        vec![Sort { by, is_descending }]
    }

    /// The dimension that it looks at.
    pub(super) fn dimension(&self) -> Option<usize> {
        match self.by {
            By::Dimension(index) | By::Name(index) => Some(index),
            By::Figure(_) => None,
        }
    }

    /// The metric that it looks at.
    pub(super) fn figure(&self) -> Option<&Figure> {
        match &self.by {
            By::Figure(figure) => Some(figure),
            By::Dimension(_) | By::Name(_) => None,
        }
    }
}

fn read_by(form: &mut Form<'_>, dimensions: &[DimensionRef], documents: &Documents) -> Option<By> {
    let key = form.text("by");
    if key.is_empty() {
        form.missing(
            "by",
            "What is it sorted by? Name a metric or one of the dimensions.",
        );
        return None;
    }
    let mut all = dimensions.iter();
    if let Some(index) = all.position(|one| one.to_string() == key) {
        return Some(By::Dimension(index));
    }
    let mut all = dimensions.iter();
    if let Some(index) = all.position(|one| one.dimension().name_key() == Some(key)) {
        return Some(By::Name(index));
    }
    match figure(key, documents) {
        Ok(figure) if figure.is_running() => {
            let message = format!(
                "{} follows from the order of the rows; sort by something else.",
                quoted(key)
            );
            form.problem("by", "invalid", message);
            None
        }
        Ok(figure) => Some(By::Figure(figure)),
        Err(unknown) => {
            let keys: Vec<String> = dimensions.iter().map(DimensionRef::to_string).collect();
            let names = dimensions
                .iter()
                .filter_map(|one| one.dimension().name_key());
            let message = match nearest(key, keys.iter().map(String::as_str).chain(names)) {
                _ if dimension::find(key).is_some() => {
                    format!("{} is not among the dimensions; add it there.", quoted(key))
                }
                Some(near) => unknown_figure(key, Some(near)),
                None => unknown,
            };
            form.problem("by", "unknown_field", message);
            None
        }
    }
}
