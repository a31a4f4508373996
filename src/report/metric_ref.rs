//! A metric by its key.

use std::fmt::{self, Display, Formatter};

use super::metric::{self, Metric};
use super::{Sums, View};
use crate::domain::money::Micros;
use crate::domain::nearest::nearest;

/// A metric, and the event that it is about, if it is about one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricRef {
    metric: &'static Metric,
    event: Option<String>,
}

/// No metric has this key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no metric \"{key}\"{}", meant(*nearest))]
pub struct UnknownMetric {
    pub key: String,
    /// What was probably meant.
    pub nearest: Option<&'static str>,
}

fn meant(nearest: Option<&str>) -> String {
    nearest.map_or(String::new(), |name| format!("; did you mean \"{name}\"?"))
}

impl MetricRef {
    /// `cr`, or `event:registration`. Whether there is such an event is for the caller to ask.
    pub fn parse(key: &str) -> Result<MetricRef, UnknownMetric> {
        let (name, event) = match key.split_once(':') {
            Some((name, event)) => (name, Some(event)),
            None => (key, None),
        };
        let found = match event {
            Some("") => None,
            Some(_) => metric::find_of_event(name),
            None => metric::find(name),
        };
        let metric = found.ok_or_else(|| UnknownMetric {
            key: key.to_owned(),
            nearest: match event {
                Some(_) => nearest(name, metric::of_events().map(|metric| metric.key)),
                None => nearest(name, metric::all().map(|metric| metric.key)),
            },
        })?;
        let event = event.map(str::to_owned);
        Ok(MetricRef { metric, event })
    }

    pub fn metric(&self) -> &'static Metric {
        self.metric
    }

    /// The key of the event that it is about.
    pub fn event(&self) -> Option<&str> {
        self.event.as_deref()
    }

    /// In micro-units: 12 clicks are 12,000,000, 2.5 % is 2,500,000. Ratios are rounded half to even;
    /// `None` where there is nothing to divide by.
    pub fn value(&self, sums: &Sums, view: View) -> Option<Micros> {
        self.metric.formula.value(sums, view, self.event())
    }
}

impl Display for MetricRef {
    /// Its key.
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(self.metric.key)?;
        match &self.event {
            Some(event) => write!(out, ":{event}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_reads_back() {
        let of_events = metric::of_events().map(|metric| format!("{}:deposit", metric.key));
        let keys = metric::all().map(|metric| metric.key.to_owned());
        for key in keys.chain(of_events) {
            let found = MetricRef::parse(&key).map(|metric| metric.to_string());
            assert_eq!(found, Ok(key));
        }
    }

    #[test]
    fn an_unknown_key_names_the_nearest() {
        let cases = [
            ("click", Some("clicks")),
            ("conversion", Some("conversions")),
            ("event", None),
            ("event:", Some("event")),
            ("events:deposit", Some("event")),
            ("cr:deposit", None),
            ("zzzzzz", None),
        ];
        for (key, expected) in cases {
            let unknown = MetricRef::parse(key).expect_err(key);
            assert_eq!(unknown.nearest, expected, "{key}");
        }
        let unknown = MetricRef::parse("roii").expect_err("there is none");
        assert_eq!(
            unknown.to_string(),
            "there is no metric \"roii\"; did you mean \"roi\"?"
        );
    }
}
