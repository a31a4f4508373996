//! From a formula to metrics of reports alone.

use crate::domain::documents::Documents;
use crate::domain::nearest::nearest;
use crate::domain::own_metric::{Expression, OwnMetric};
use crate::report::{MetricRef, metric};

/// Own metrics that name one another in a row.
const DEPTH_MAX: usize = 10;
/// Parts of a formula, with the formulas of all own metrics in it as often as they are named.
const SIZE_MAX: usize = 2_000;

/// Why a formula cannot be worked out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    #[error("There is no metric \"{name}\".{}", meant(nearest.as_deref()))]
    Unknown {
        name: String,
        nearest: Option<String>,
    },
    #[error("It refers to itself: {}.", .0.join(" -> "))]
    Cycle(Vec<String>),
    #[error("More than {DEPTH_MAX} own metrics name one another in a row: {}.", .0.join(" -> "))]
    TooDeep(Vec<String>),
    #[error("With all that own metrics in it stand for, it has more than {SIZE_MAX} parts.")]
    TooLarge,
    #[error("The formula of \"{0}\" cannot be read; save it anew.")]
    Unreadable(String),
}

fn meant(nearest: Option<&str>) -> String {
    match nearest {
        Some(name) => format!(" Did you mean \"{name}\"?"),
        None => " GET /api/v1/options lists them.".to_owned(),
    }
}

/// The formula of a metric, with the formulas of own metrics in the place of their names.
pub(super) fn compile(
    metric: &OwnMetric,
    documents: &Documents,
) -> Result<Expression<MetricRef>, Flaw> {
    let mut way = Way {
        documents,
        keys: Vec::new(),
        size: 0,
    };
    way.compiled(metric)
}

/// How a formula was come to.
struct Way<'d> {
    documents: &'d Documents,
    keys: Vec<String>,
    /// Parts of formulas met so far.
    size: usize,
}

impl Way<'_> {
    fn compiled(&mut self, metric: &OwnMetric) -> Result<Expression<MetricRef>, Flaw> {
        let is_known = self.keys.contains(&metric.key);
        self.keys.push(metric.key.clone());
        if is_known {
            return Err(Flaw::Cycle(self.keys.clone()));
        }
        if self.keys.len() > DEPTH_MAX {
            return Err(Flaw::TooDeep(self.keys.clone()));
        }
        let formula = metric.formula.as_ref();
        let formula = formula.ok_or_else(|| Flaw::Unreadable(metric.key.clone()))?;
        self.size += formula.size();
        if self.size > SIZE_MAX {
            return Err(Flaw::TooLarge);
        }
        let compiled = formula.resolved(&mut |name| self.meaning(name))?;
        self.keys.pop();
        Ok(compiled)
    }

    /// An own metric comes first: one that a later version brings along does not change what an
    /// operator's formulas and reports mean.
    fn meaning(&mut self, name: &str) -> Result<Expression<MetricRef>, Flaw> {
        if let Some(own) = OwnMetric::of_key(self.documents, name) {
            return self.compiled(own);
        }
        let found = MetricRef::parse(name).map(Expression::Named);
        found.map_err(|unknown| Flaw::Unknown {
            name: unknown.key,
            nearest: match unknown.nearest {
                Some(family) if name.contains(':') => Some(family.to_owned()),
                _ => nearest_key(name, self.documents),
            },
        })
    }
}

/// The key that was probably meant.
pub(in crate::report) fn nearest_key(name: &str, documents: &Documents) -> Option<String> {
    let own = documents.metrics.values().map(|metric| metric.key.as_str());
    let known = metric::all().map(|metric| metric.key);
    nearest(name, own.chain(known)).map(str::to_owned)
}
