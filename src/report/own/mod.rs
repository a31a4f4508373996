//! The operator's own metrics: what their formulas mean, and what is wrong with them.
//!
//! A formula names metrics of reports and other own metrics. Compiled, the others' formulas stand where
//! they were named, so that only metrics of reports are left; it is worked out in exact fractions and
//! rounded once.

mod check;
mod compile;
#[cfg(test)]
mod laws;
mod options;
#[cfg(test)]
mod tests;
mod value;

use std::sync::Arc;

use super::{MetricRef, Needs, Sums, View};
use crate::domain::documents::Documents;
use crate::domain::money::Micros;
use crate::domain::own_metric::{Expression, OwnMetric};

pub use check::{doubts, problems};
pub use compile::Flaw;
pub(super) use compile::nearest_key;
pub use options::{OwnMetricOption, OwnOptions, options};

/// An own metric that can be worked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    metric: Arc<OwnMetric>,
    expression: Expression<MetricRef>,
}

impl Own {
    /// The one of this key, in whatever state; `None` if there is none.
    ///
    /// # Errors
    /// Why it cannot be worked out: only of what an older version has stored.
    pub fn of_key(documents: &Documents, key: &str) -> Option<Result<Own, Flaw>> {
        let metric = OwnMetric::of_key(documents, key)?;
        let compiled = compile::compile(metric, documents);
        Some(compiled.map(|expression| Own {
            metric: Arc::clone(metric),
            expression,
        }))
    }

    pub fn metric(&self) -> &OwnMetric {
        &self.metric
    }

    /// As people read it.
    pub fn formula(&self) -> String {
        let formula = self.metric.formula.as_ref();
        formula.map(ToString::to_string).unwrap_or_default()
    }

    /// In micro-units, rounded half to even. `None` where something is to be divided by nothing, and
    /// where a number on the way has more than 128 bits or the last one is larger than any amount.
    pub fn value(&self, sums: &Sums, view: View) -> Option<Micros> {
        value::exact(&self.expression, sums, view)?.to_micros()
    }

    /// Whether sums of its values are its values of the sums.
    pub fn is_sum(&self) -> bool {
        value::is_sum(&self.expression)
    }

    /// What it follows from.
    pub fn needs(&self, view: View) -> Needs {
        let mut needs = Needs::default();
        for metric in self.expression.names() {
            needs.add(metric.needs(view));
        }
        needs
    }
}
