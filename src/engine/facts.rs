//! What macros may ask about a decision: the names and the payout behind its ids. Looked up only
//! when a link asks.

use chrono_tz::Tz;

use super::catalog::Catalog;
use super::compiled::CompiledOffer;
use super::decide::Decision;
use super::visit::Unique;
use crate::domain::campaign::Campaign;
use crate::domain::money::{Currency, Micros};
use crate::domain::offer::Payout;
use crate::domain::period;
use crate::domain::rates::Rates;
use crate::macros::{Facts, Named, Within};

/// A campaign with what was chosen in it.
pub struct Chosen<'c> {
    pub catalog: &'c Catalog,
    pub campaign: &'c Campaign,
    /// For what the click is its visitor's first, if that is known.
    pub unique: Option<Unique>,
    /// The key by which the campaign tells the visitor from others, if that is known.
    pub visitor: Option<u64>,
    pub rates: &'c Rates,
    /// Time of the click, UTC milliseconds: its day's rates count.
    pub at: i64,
    pub flow_id: Option<u64>,
    pub landing_id: Option<u64>,
    pub offer_id: Option<u64>,
}

impl<'c> Chosen<'c> {
    pub fn of(decision: &Decision<'c>, catalog: &'c Catalog, rates: &'c Rates, at: i64) -> Self {
        Self {
            catalog,
            campaign: &decision.campaign.document,
            unique: None,
            visitor: None,
            rates,
            at,
            flow_id: decision.flow_id,
            landing_id: decision.landing_id,
            offer_id: decision.offer_id,
        }
    }

    fn offer(&self) -> Option<&CompiledOffer> {
        self.catalog.offer(self.offer_id?).map(AsRef::as_ref)
    }
}

impl Facts for Chosen<'_> {
    fn name(&self, of: Named) -> Option<&str> {
        match of {
            Named::Flow => {
                let mut flows = self.campaign.flows.iter();
                let flow = flows.find(|flow| Some(flow.id) == self.flow_id)?;
                Some(&flow.name)
            }
            Named::Landing => {
                let landing = self.catalog.landing(self.landing_id?)?;
                Some(&landing.document.name)
            }
            Named::Offer => Some(&self.offer()?.document.name),
            Named::Network => {
                let network = self.catalog.network(self.offer()?.document.network_id?)?;
                Some(&network.name)
            }
            Named::TrafficSource => {
                let source = self.campaign.traffic_source_id?;
                Some(&self.catalog.traffic_source(source)?.name)
            }
        }
    }

    fn payout(&self) -> Option<&Payout> {
        Some(&self.offer()?.document.payout)
    }

    fn is_unique(&self, within: Within) -> Option<bool> {
        let unique = self.unique?;
        match within {
            Within::Campaign => Some(unique.in_campaign),
            Within::Flow => self.flow_id.map(|_| unique.in_flow),
            Within::Everywhere => Some(unique.anywhere),
        }
    }

    fn visitor(&self) -> Option<u64> {
        self.visitor
    }

    fn converted(&self, amount: Micros, from: Currency, to: Currency) -> Option<Micros> {
        let day = period::day(self.at, Tz::UTC);
        self.rates.convert(amount, from, to, day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::flow::FlowKind;
    use crate::domain::state::State;
    use crate::engine::dice::Dice;
    use crate::engine::testing::{World, campaign, decide_about, flow, german, split};
    use crate::engine::trace::Silent;

    #[test]
    fn names_are_those_of_what_was_chosen() {
        let target = split(&[(3, 1)], &[(4, 1)]);
        let other = flow(2, FlowKind::Default, split(&[], &[(4, 1)])).in_state(State::Paused);
        let catalog = World::new()
            .network(5, "")
            .landing(3, "https://landing/")
            .offer(4, "https://offer/", Some(5))
            .campaign(campaign(
                1,
                "push",
                vec![other, flow(7, FlowKind::Default, target)],
            ))
            .campaign(campaign(2, "none", vec![]))
            .catalog();
        let names = |id| {
            let campaign = catalog.campaign_by_id(id).expect("it is there");
            let mut dice = Dice::seeded(1);
            let decision = decide_about(&catalog, campaign, &german(), &mut dice, &mut Silent);
            let rates = Rates::default();
            let chosen = Chosen::of(&decision, &catalog, &rates, 0);
            [Named::Flow, Named::Landing, Named::Offer, Named::Network]
                .map(|of| chosen.name(of).map(str::to_owned))
        };

        let expected = ["Flow 7", "Landing 3", "Offer 4", "Network 5"];
        assert_eq!(names(1), expected.map(|name| Some(name.to_owned())));
        assert_eq!(names(2), [None, None, None, None]);
    }

    #[test]
    fn a_visitor_is_new_for_what_the_click_is_the_first() {
        let catalog = World::new().catalog();
        let campaign = campaign(1, "push", vec![]);
        let rates = Rates::default();
        let told = |unique, flow_id| {
            let chosen = Chosen {
                catalog: &catalog,
                campaign: &campaign,
                unique,
                visitor: None,
                rates: &rates,
                at: 0,
                flow_id,
                landing_id: None,
                offer_id: None,
            };
            [Within::Campaign, Within::Flow, Within::Everywhere].map(|one| chosen.is_unique(one))
        };
        let unique = Unique {
            in_campaign: false,
            in_flow: true,
            anywhere: false,
        };

        let expected = [Some(false), Some(true), Some(false)];
        assert_eq!(told(Some(unique), Some(7)), expected);
        assert_eq!(told(Some(unique), None)[1], None);
        assert_eq!(told(None, Some(7)), [None, None, None]);
    }
}
