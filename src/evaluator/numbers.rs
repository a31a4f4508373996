//! What was summed of a group, by the names that conditions and texts use.

use serde_json::{Map, Value};

use crate::domain::money::Micros;
use crate::report::{MetricRef, Sums, View};
use crate::rules::{PAYOUT, Ready};

/// The numbers of one group.
pub(super) struct Numbers {
    /// Those that the rule looks at.
    values: Vec<(String, Option<Micros>)>,
    sums: Sums,
    view: View,
}

impl Numbers {
    /// `payout` is asked only where the rule does.
    pub(super) fn of(ready: &Ready, sums: &Sums, payout: impl FnOnce() -> Option<Micros>) -> Self {
        let view = view(ready);
        let value = |metric: &MetricRef| (metric.to_string(), metric.value(sums, view));
        let mut values: Vec<_> = ready.compiled.metrics().iter().map(value).collect();
        if ready.compiled.needs_payout() {
            values.push((PAYOUT.to_owned(), payout()));
        }
        Self {
            values,
            sums: sums.clone(),
            view,
        }
    }

    /// Any metric: a traffic source is told more than what the conditions look at.
    pub(super) fn get(&self, key: &str) -> Option<Micros> {
        let mut values = self.values.iter();
        match values.find(|(known, _)| known == key) {
            Some((_, value)) => *value,
            None => MetricRef::parse(key).ok()?.value(&self.sums, self.view),
        }
    }

    /// What the rule looks at: decimal texts by name, `null` where there is nothing to divide by.
    pub(super) fn as_json(&self) -> Value {
        let values = self.values.iter();
        let values = values.map(|(key, value)| {
            let text = value.map(|value| Value::String(value.to_string()));
            (key.clone(), text.unwrap_or_default())
        });
        Value::Object(values.collect::<Map<_, _>>())
    }
}

pub(super) fn view(ready: &Ready) -> View {
    View {
        revenue: ready.rule.revenue,
        without_bots: ready.rule.without_bots,
    }
}
