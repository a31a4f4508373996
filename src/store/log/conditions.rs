//! The filters of reports, on what a log shows of a row.
//!
//! A report counts a row under the values of its dimensions; the same values are tested here, so the
//! rows behind a number of a report are found in the log. They are tested on the row as it is listed:
//! SQL knows nothing of masks, regexps or the hours of a zone.

use std::borrow::Cow;
use std::sync::Arc;

use chrono_tz::Tz;
use serde_json::{Map, Value as Json};

use crate::domain::documents::Documents;
use crate::report::calendar::Calendar;
use crate::report::dimension::{DimensionRef, Fact, block};
use crate::report::filter::Filter;

/// Tests that all have to hold.
#[derive(Debug, Clone)]
pub struct Conditions {
    filters: Vec<Filter>,
    /// Of the dimensions of time.
    zone: Tz,
    documents: Arc<Documents>,
}

/// A row as it is listed, and what the list does not tell.
pub(crate) struct Listed<'a> {
    pub(crate) facts: &'a Map<String, Json>,
    /// The offer that counts: the last one clicked.
    pub(crate) offer_id: Option<u64>,
    /// When it counts, in UTC milliseconds.
    pub(crate) at: i64,
}

impl Conditions {
    /// `None` where there is nothing to test.
    pub fn new(filters: Vec<Filter>, zone: Tz, documents: Arc<Documents>) -> Option<Self> {
        let conditions = Self {
            filters,
            zone,
            documents,
        };
        (!conditions.filters.is_empty()).then_some(conditions)
    }

    pub(crate) fn hold(&self, row: &Listed<'_>) -> bool {
        let mut filters = self.filters.iter();
        filters.all(|filter| filter.holds(self.value(&filter.dimension, row).as_deref()))
    }

    /// The value of a dimension; `None` where it is empty.
    fn value<'a>(&self, dimension: &DimensionRef, row: &Listed<'a>) -> Option<Cow<'a, str>> {
        let id = |id: Option<u64>| id.map(|id| Cow::Owned(id.to_string()));
        let found = match dimension.dimension().fact {
            Fact::CampaignGroup => {
                let campaign = row.facts.get("campaign_id")?.as_u64()?;
                id(self.documents.campaigns.get(&campaign)?.group_id)
            }
            Fact::Offer => id(row.offer_id),
            Fact::Network => id(self.documents.offers.get(&row.offer_id?)?.network_id),
            Fact::Block { v4, v6 } => {
                let address = row.facts.get("ip")?.as_str()?.parse().ok()?;
                Some(Cow::Owned(block(address, v4, v6)))
            }
            Fact::Time(unit) => {
                let stretch = Calendar::new(unit, self.zone).stretch(row.at);
                Some(Cow::Owned(unit.text(stretch.value)))
            }
            Fact::Kept => text(row.facts.get("kept")?.get(dimension.kept()?)?),
            _ => text(row.facts.get(dimension.dimension().key)?),
        };
        found.filter(|value| !value.is_empty())
    }
}

fn text(value: &Json) -> Option<Cow<'_, str>> {
    match value {
        Json::Null => None,
        Json::String(text) => Some(Cow::Borrowed(text)),
        other => Some(Cow::Owned(other.to_string())),
    }
}
