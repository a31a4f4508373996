//! A metric by its key.

use std::fmt::{self, Display, Formatter};

use super::fraction::Fraction;
use super::metric::{self, Metric};
use super::{Needs, Sums, View};
use crate::domain::money::Micros;
use crate::domain::nearest::nearest;

/// A metric, and the event or kept number that it is about, if it is about one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricRef {
    metric: &'static Metric,
    about: About,
}

/// Of what a metric tells.
#[derive(Debug, Clone, PartialEq, Eq)]
enum About {
    Everything,
    Event(String),
    Kept(String),
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
    /// `cr`, `event:registration` or `kept_sum:weight`. Whether there is such an event or number is for
    /// the caller to ask.
    pub fn parse(key: &str) -> Result<MetricRef, UnknownMetric> {
        let found = match key.split_once(':') {
            None => metric::find(key).map(|metric| (metric, About::Everything)),
            Some((_, "")) => None,
            Some((family, name)) => metric::find_of_event(family)
                .map(|metric| (metric, About::Event(name.to_owned())))
                .or_else(|| {
                    let metric = metric::find_of_kept(family)?;
                    Some((metric, About::Kept(name.to_owned())))
                }),
        };
        let (metric, about) = found.ok_or_else(|| UnknownMetric {
            key: key.to_owned(),
            nearest: match key.split_once(':') {
                Some((family, _)) => nearest(family, families().map(|metric| metric.key)),
                None => nearest(key, metric::all().map(|metric| metric.key)),
            },
        })?;
        Ok(MetricRef { metric, about })
    }

    pub fn metric(&self) -> &'static Metric {
        self.metric
    }

    /// The key of the event that it is about.
    pub fn event(&self) -> Option<&str> {
        match &self.about {
            About::Event(key) => Some(key),
            About::Everything | About::Kept(_) => None,
        }
    }

    /// The name of the kept number that it is about.
    pub fn kept(&self) -> Option<&str> {
        match &self.about {
            About::Kept(name) => Some(name),
            About::Everything | About::Event(_) => None,
        }
    }

    /// How people call it.
    pub fn label(&self) -> String {
        match self.about() {
            Some(name) => format!("{} {name}", self.metric.label),
            None => self.metric.label.to_owned(),
        }
    }

    /// In micro-units: 12 clicks are 12,000,000, 2.5 % is 2,500,000. Ratios are rounded half to even;
    /// `None` where there is nothing to divide by.
    pub fn value(&self, sums: &Sums, view: View) -> Option<Micros> {
        self.metric.formula.value(sums, view, self.about())
    }

    /// The same before it is rounded.
    pub(super) fn exact(&self, sums: &Sums, view: View) -> Option<Fraction> {
        self.metric.formula.exact(sums, view, self.about())
    }

    /// What it follows from.
    pub fn needs(&self, view: View) -> Needs {
        self.metric.formula.needs(view, self.about())
    }

    fn about(&self) -> Option<&str> {
        self.event().or(self.kept())
    }
}

/// The metrics whose key is followed by a name.
fn families() -> impl Iterator<Item = &'static Metric> {
    metric::of_events().chain(metric::of_kept())
}

impl Display for MetricRef {
    /// Its key.
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(self.metric.key)?;
        match self.about() {
            Some(name) => write!(out, ":{name}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_reads_back() {
        let named = families().map(|metric| format!("{}:deposit", metric.key));
        let keys = metric::all().map(|metric| metric.key.to_owned());
        for key in keys.chain(named) {
            let found = MetricRef::parse(&key).map(|metric| metric.to_string());
            assert_eq!(found, Ok(key));
        }
        let odd = MetricRef::parse("kept_sum:a:b c");
        assert_eq!(odd.as_ref().map(|metric| metric.kept()), Ok(Some("a:b c")));
    }

    #[test]
    fn an_unknown_key_names_the_nearest() {
        let cases = [
            ("click", Some("clicks")),
            ("conversion", Some("conversions")),
            ("event", None),
            ("event:", Some("event")),
            ("events:deposit", Some("event")),
            ("kept_sun:weight", Some("kept_sum")),
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
