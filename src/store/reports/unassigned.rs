//! What was spent on campaigns on days without a click that it could be spread over. It has a time, a
//! campaign and the group of that; every other dimension of it is empty.

use rusqlite::Connection;

use super::ReportError;
use super::hand::Hand;
use crate::domain::cost_update::Unassigned;
use crate::report::calendar::Calendar;
use crate::report::dimension::{DimensionRef, Fact};
use crate::store::unassigned_costs;

impl Hand<'_> {
    /// Adds the money within the span that filters let through.
    pub(super) fn unassigned(&mut self, connection: &Connection) -> Result<(), ReportError> {
        let ask = self.plan.ask;
        for cost in unassigned_costs::between(connection, ask.span, &[])? {
            let worth = cost.worth(self.plan.rates).0;
            let told = |dimension: &DimensionRef| self.told(&cost.row, dimension);
            let mut filters = ask.filters.iter();
            let is_meant = filters.all(|one| (one.holds)(told(&one.dimension).as_deref()));
            if worth == 0 || !is_meant {
                continue;
            }
            let texts = ask.dimensions.iter().map(told);
            let texts: Vec<Option<String>> = texts.collect();
            let values = self.facets.iter_mut().zip(texts).map(|(facet, text)| {
                let value = facet.values.text(&text.unwrap_or_default());
                (vec![value], facet.values.len())
            });
            let values = values.collect();
            let groups = self.enter(1, values)?;
            self.counts.charge(&groups, &[worth]);
        }
        Ok(())
    }

    fn told(&self, cost: &Unassigned, dimension: &DimensionRef) -> Option<String> {
        match dimension.dimension().fact {
            Fact::Time(unit) => {
                let stretch = Calendar::new(unit, self.plan.ask.zone).stretch(cost.at);
                Some(unit.text(stretch.value))
            }
            Fact::Campaign => Some(cost.campaign_id.to_string()),
            Fact::CampaignGroup => {
                let campaign = self.plan.documents.campaigns.get(&cost.campaign_id)?;
                campaign.group_id.map(|id| id.to_string())
            }
            _ => None,
        }
    }
}
