//! A number that a report is asked for, by its key: a metric, one of the operator's own, or the running
//! total of either.

use std::fmt::{self, Display, Formatter};

use super::metric::{Better, Format};
use super::own::{Own, nearest_key};
use super::{MetricRef, Needs, Sums, View};
use crate::domain::documents::Documents;
use crate::domain::money::Micros;

/// What stands before the key of a sum whose running total is meant.
const RUNNING: &str = "running:";

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Figure {
    Metric(MetricRef),
    Own(Own),
    /// Of a figure that is a sum; row by row in the order in which the rows stand.
    Running(Box<Figure>),
}

/// Why no number has this key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownFigure {
    #[error("there is no metric \"{key}\"{}", meant(nearest.as_deref()))]
    Unknown {
        key: String,
        /// What was probably meant.
        nearest: Option<String>,
    },
    #[error("\"{key}\" is a ratio, and only sums have running totals")]
    NoSum { key: String },
    /// What an older version has stored.
    #[error("the formula of \"{key}\" cannot be worked out; the warnings of the metric say why")]
    Broken { key: String },
}

fn meant(nearest: Option<&str>) -> String {
    nearest.map_or(String::new(), |name| format!("; did you mean \"{name}\"?"))
}

impl Figure {
    /// `cr`, `event:deposit`, `kept_sum:weight`, the key of an own metric, `running:` and any of these
    /// that is a sum. An own metric comes before a metric of the same key. Whether there is such an
    /// event or number is for the caller to ask.
    pub fn parse(key: &str, documents: &Documents) -> Result<Figure, UnknownFigure> {
        let Some(summed) = key.strip_prefix(RUNNING) else {
            return Self::plain(key, documents);
        };
        let figure = Self::plain(summed, documents)?;
        match figure.is_sum() {
            true => Ok(Figure::Running(Box::new(figure))),
            false => Err(UnknownFigure::NoSum {
                key: summed.to_owned(),
            }),
        }
    }

    fn plain(key: &str, documents: &Documents) -> Result<Figure, UnknownFigure> {
        match Own::of_key(documents, key) {
            Some(Ok(own)) => Ok(Figure::Own(own)),
            Some(Err(_)) => Err(UnknownFigure::Broken {
                key: key.to_owned(),
            }),
            None => MetricRef::parse(key)
                .map(Figure::Metric)
                .map_err(|_| UnknownFigure::Unknown {
                    key: key.to_owned(),
                    nearest: nearest_key(key, documents),
                }),
        }
    }

    /// In micro-units, rounded half to even; `None` where there is nothing to divide by. Of a running
    /// total it is what the row adds: [`running`] makes the totals.
    pub fn value(&self, sums: &Sums, view: View) -> Option<Micros> {
        match self {
            Figure::Metric(metric) => metric.value(sums, view),
            Figure::Own(own) => own.value(sums, view),
            Figure::Running(figure) => figure.value(sums, view),
        }
    }

    /// What has to be read for it.
    pub fn needs(&self, view: View) -> Needs {
        match self {
            Figure::Metric(metric) => metric.needs(view),
            Figure::Own(own) => own.needs(view),
            Figure::Running(figure) => figure.needs(view),
        }
    }

    /// Whether sums of its values are its values of the sums.
    pub fn is_sum(&self) -> bool {
        match self {
            Figure::Metric(metric) => metric.metric().formula.is_sum(),
            Figure::Own(own) => own.is_sum(),
            Figure::Running(_) => false,
        }
    }

    pub fn is_running(&self) -> bool {
        matches!(self, Figure::Running(_))
    }

    /// Whether every value is a whole number. Formulas of the operator's may come to any.
    pub fn is_whole(&self) -> bool {
        match self {
            Figure::Metric(metric) => metric.metric().format == Format::Count,
            Figure::Own(_) => false,
            Figure::Running(figure) => figure.is_whole(),
        }
    }

    /// How people call it.
    pub fn label(&self) -> String {
        match self {
            Figure::Metric(metric) => metric.label(),
            Figure::Own(own) => own.metric().name.clone(),
            Figure::Running(figure) => format!("{}, running total", figure.label()),
        }
    }

    /// What it says.
    pub fn help(&self) -> &str {
        match self {
            Figure::Metric(metric) => metric.metric().help,
            Figure::Own(own) => &own.metric().help,
            Figure::Running(figure) => figure.help(),
        }
    }

    /// As people read it.
    pub fn formula(&self) -> String {
        match self {
            Figure::Metric(metric) => metric.metric().formula.to_string(),
            Figure::Own(own) => own.formula(),
            Figure::Running(figure) => format!("running total of {}", figure.formula()),
        }
    }

    pub fn format(&self) -> Format {
        match self {
            Figure::Metric(metric) => metric.metric().format,
            Figure::Own(own) => own.metric().format,
            Figure::Running(figure) => figure.format(),
        }
    }

    /// How many decimals are shown, where the operator has said so.
    pub fn decimals(&self) -> Option<u8> {
        match self {
            Figure::Metric(_) => None,
            Figure::Own(own) => Some(own.metric().decimals),
            Figure::Running(figure) => figure.decimals(),
        }
    }

    pub fn better(&self) -> Better {
        match self {
            Figure::Metric(metric) => metric.metric().better,
            Figure::Own(own) => own.metric().better,
            Figure::Running(figure) => figure.better(),
        }
    }
}

impl Display for Figure {
    /// Its key.
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Figure::Metric(metric) => metric.fmt(out),
            Figure::Own(own) => out.write_str(&own.metric().key),
            Figure::Running(figure) => write!(out, "{RUNNING}{figure}"),
        }
    }
}

/// The running totals of values in the order of their rows. A row without a value has no total and adds
/// nothing. What does not fit is the largest that does.
pub fn running(
    values: impl IntoIterator<Item = Option<Micros>>,
) -> impl Iterator<Item = Option<Micros>> {
    values.into_iter().scan(0_i128, |total, value| {
        Some(value.map(|Micros(value)| {
            *total += i128::from(value);
            let nearest = (*total).clamp(i64::MIN.into(), i64::MAX.into());
            Micros(nearest as i64)
        }))
    })
}
