//! The numbers that conditions compare and texts name: every metric of reports, and `payout`.

use std::fmt;

use crate::domain::form::quoted;
use crate::domain::nearest::nearest;
use crate::report::MetricRef;
use crate::report::metric::{self, Format};

/// The word of [`Number::Payout`].
pub const PAYOUT: &str = "payout";

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Number {
    Metric(MetricRef),
    /// What one conversion pays: at a conversion that one, else one of the group's campaign.
    Payout,
}

impl Number {
    /// By its key, as documents write it.
    pub(super) fn find(key: &str) -> Option<Self> {
        match key {
            PAYOUT => Some(Number::Payout),
            // What is kept of a postback is not among what rules look at.
            _ => MetricRef::parse(key)
                .ok()
                .filter(|metric| metric.kept().is_none())
                .map(Number::Metric),
        }
    }

    /// The same; why there is none, and what was probably meant.
    pub(super) fn parse(key: &str) -> Result<Self, String> {
        Self::find(key).ok_or_else(|| {
            let known = metric::all().map(|one| one.key).chain([PAYOUT]);
            let meant = MetricRef::parse(key).err().and_then(|one| one.nearest);
            let advice = match nearest(key, known).or(meant) {
                Some(near) => format!("Did you mean \"{near}\"?"),
                None => "GET /api/v1/options lists them under metrics.".to_owned(),
            };
            format!("There is no metric {}. {advice}", quoted(key))
        })
    }

    /// How people call it.
    pub(super) fn label(&self) -> String {
        match self {
            Number::Payout => "Payout".to_owned(),
            Number::Metric(metric) => metric.label(),
        }
    }

    /// What people write behind its value.
    pub(super) fn unit(&self) -> &'static str {
        match self {
            Number::Metric(metric) => match metric.metric().format {
                Format::Percent => " %",
                Format::Duration => " s",
                Format::Count | Format::Money | Format::Ratio => "",
            },
            Number::Payout => "",
        }
    }
}

impl fmt::Display for Number {
    /// Its key.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number::Payout => out.write_str(PAYOUT),
            Number::Metric(metric) => metric.fmt(out),
        }
    }
}
