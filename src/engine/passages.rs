//! A visit that went through several campaigns is a click of each.

use std::sync::Arc;

use super::decide::Decision;
use crate::domain::click::Click;
use crate::domain::id::Id;
use crate::engine::memory::{Known, Mark};
use crate::engine::visit::Choices;

impl Decision<'_> {
    /// The campaign whose link was followed, or that its fallbacks led to: the visit's cost is
    /// booked with its click.
    pub fn paying_campaign(&self) -> &super::CompiledCampaign {
        self.passages
            .first()
            .map_or(self.campaign, |passage| passage.campaign)
    }

    /// Remembers the visit in each of its campaigns.
    pub fn remember(&self, known: &Known<'_>) -> Marks {
        let passages = self.passages.iter().map(|passage| {
            let choices = Choices {
                flow_id: passage.flow_id,
                ..Choices::default()
            };
            let document = &passage.campaign.document;
            let choices = passage.binds.then_some(choices);
            known.mark(document, Some(passage.flow_id), choices)
        });
        Marks {
            passages: passages.collect(),
            last: known.mark(&self.campaign.document, self.flow_id, self.choices()),
        }
    }

    /// The clicks of the visit: for each passage one with its own id, then `last`, the click of
    /// the campaign that decided in the end. Each is the parent of the next, and the first has
    /// what the visit cost.
    pub fn clicks(&self, ids: &[Id], marks: &Marks, last: Click) -> Vec<Arc<Click>> {
        let mut cost = last.cost;
        let mut parent_id = None;
        let mut clicks = Vec::with_capacity(ids.len() + 1);
        for (index, (id, passage)) in ids.iter().zip(&self.passages).enumerate() {
            let document = &passage.campaign.document;
            let mark = marks.passages.get(index).copied().unwrap_or_default();
            clicks.push(Arc::new(Click {
                id: *id,
                campaign_id: document.id,
                flow_id: Some(passage.flow_id),
                landing_id: None,
                offer_id: None,
                traffic_source_id: document.traffic_source_id,
                cost: cost.take(),
                parent_id,
                visitor: mark.visitor,
                is_unique_campaign: mark.unique.in_campaign,
                is_unique_flow: mark.unique.in_flow,
                is_unique_global: mark.unique.anywhere,
                ..last.clone()
            }));
            parent_id = Some(*id);
        }
        clicks.push(Arc::new(Click {
            cost,
            parent_id,
            ..last
        }));
        clicks
    }
}

/// How the clicks of a visit are to be marked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Marks {
    /// In the order of the decision's passages.
    pub passages: Vec<Mark>,
    /// Of the campaign that decided in the end.
    pub last: Mark,
}

impl Marks {
    /// Whether the visit is a first one in one of its campaigns.
    pub fn any_unique(&self) -> bool {
        let mut marks = self.passages.iter().chain([&self.last]);
        marks.any(|mark| mark.unique.in_campaign)
    }

    /// Of the campaign with which the cost is booked.
    pub fn paying(&self) -> &Mark {
        self.passages.first().unwrap_or(&self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{World, campaign, decide_about, flow, german, only, redirect};
    use super::super::trace::{NotFound, Silent, Step, Story};
    use super::super::{Destination, Dice, MAX_JUMPS};
    use super::*;
    use crate::domain::campaign::{Campaign, Fallback};
    use crate::domain::click::ClickCost;
    use crate::domain::flow::{FlowKind, Target};
    use crate::domain::id::IdGenerator;
    use crate::domain::money::{Currency, Micros};
    use crate::domain::state::State;

    /// A campaign whose only flow leads to another one.
    fn leading(id: u64, campaign_id: u64) -> Campaign {
        let target = Target::Campaign { campaign_id };
        campaign(
            id,
            &format!("c{id}"),
            vec![flow(id, FlowKind::Default, target)],
        )
    }

    fn ending(id: u64) -> Campaign {
        let flows = vec![flow(id, FlowKind::Default, redirect("https://end/"))];
        campaign(id, &format!("c{id}"), flows)
    }

    fn with_fallback(mut campaign: Campaign, url: &str) -> Campaign {
        campaign.fallback = Fallback::Redirect {
            url: url.to_owned(),
        };
        campaign
    }

    /// Where a visitor of campaign 1 arrives: campaigns passed, the last one, address.
    fn visited(world: &World) -> (Vec<u64>, u64, Option<String>) {
        let catalog = world.catalog();
        let first = catalog.campaign_by_id(1).expect("it is there");
        let mut dice = Dice::seeded(1);
        let decision = decide_about(&catalog, first, &german(), &mut dice, &mut Silent);
        let passed = decision.passages.iter();
        let address = match decision.destination {
            Destination::Redirect { template, .. } => Some(template.text().to_owned()),
            _ => None,
        };
        (
            passed.map(|one| one.campaign.document.id).collect(),
            decision.campaign.document.id,
            address,
        )
    }

    #[test]
    fn each_campaign_has_its_click_and_the_first_has_the_cost() {
        let world = World::new()
            .campaign(leading(1, 2))
            .campaign(leading(2, 3))
            .campaign(ending(3));
        let catalog = world.catalog();
        let first = catalog.campaign_by_id(1).expect("it is there");
        let mut dice = Dice::seeded(1);
        let decision = decide_about(&catalog, first, &german(), &mut dice, &mut Silent);
        let ids = IdGenerator::new(0, None);
        let parents = [ids.next(0), ids.next(0)];
        let visitor = german();
        let cost = ClickCost {
            amount: Micros(10),
            currency: Currency::USD,
            fell_back: false,
        };
        let last = Click {
            id: ids.next(0),
            at: 0,
            campaign_id: 3,
            flow_id: decision.flow_id,
            landing_id: None,
            offer_id: Some(9),
            traffic_source_id: None,
            domain_id: None,
            ip: visitor.ip,
            agent: visitor.agent,
            place: visitor.place,
            language: None,
            referrer: None,
            bot_reason: None,
            parameters: visitor.parameters,
            cost: Some(cost),
            parent_id: None,
            visitor: None,
            is_unique_campaign: false,
            is_unique_flow: false,
            is_unique_global: false,
            is_test: false,
        };

        let clicks = decision.clicks(&parents, &Marks::default(), last.clone());

        assert_eq!(decision.paying_campaign().document.id, 1);
        let facts: Vec<_> = clicks
            .iter()
            .map(|one| {
                (
                    one.id,
                    one.campaign_id,
                    one.flow_id,
                    one.offer_id,
                    one.cost,
                    one.parent_id,
                )
            })
            .collect();
        assert_eq!(
            facts,
            [
                (parents[0], 1, Some(1), None, Some(cost), None),
                (parents[1], 2, Some(2), None, None, Some(parents[0])),
                (last.id, 3, Some(3), Some(9), None, Some(parents[1])),
            ]
        );
    }

    #[test]
    fn nobody_is_sent_back_to_a_campaign_that_sent_him_on() {
        let world = World::new()
            .campaign(leading(1, 2))
            .campaign(with_fallback(leading(2, 1), "https://fallback/2"));
        let end = Some("https://fallback/2".to_owned());
        assert_eq!(visited(&world), (vec![1], 2, end));

        let mut back = leading(2, 1);
        back.fallback = Fallback::Campaign { campaign_id: 1 };
        let world = World::new().campaign(with_fallback(leading(1, 2), "https://x/"));
        assert_eq!(visited(&world.campaign(back)), (vec![1], 2, None));
    }

    #[test]
    fn a_visit_passes_so_many_campaigns_and_no_more() {
        let last = MAX_JUMPS as u64 + 1;
        let chain = |to: u64| {
            let links = (1..to).map(|id| with_fallback(leading(id, id + 1), "https://fallback/"));
            links
                .fold(World::new(), World::campaign)
                .campaign(ending(to))
        };

        let whole = visited(&chain(last));
        let too_long = visited(&chain(last + 1));

        assert_eq!(
            whole,
            ((1..last).collect(), last, Some("https://end/".to_owned()))
        );
        let fallback = Some("https://fallback/".to_owned());
        assert_eq!(too_long, ((1..last).collect(), last, fallback));
    }

    #[test]
    fn a_paused_campaign_answers_with_its_fallback_and_an_archived_one_is_passed_over() {
        let mut first = leading(1, 2);
        first.flows[0].kind = FlowKind::Regular;
        first
            .flows
            .push(flow(7, FlowKind::Default, redirect("https://rest/")));
        let outcome = |state| {
            let mut second = with_fallback(ending(2), "https://fallback/");
            second.state = state;
            visited(&World::new().campaign(first.clone()).campaign(second))
        };

        let address = |text: &str| Some(text.to_owned());
        assert_eq!(
            outcome(State::Active),
            (vec![1], 2, address("https://end/"))
        );
        assert_eq!(
            outcome(State::Paused),
            (vec![1], 2, address("https://fallback/"))
        );
        assert_eq!(
            outcome(State::Archived),
            (vec![], 1, address("https://rest/"))
        );
    }

    #[test]
    fn the_story_tells_of_jumps() {
        let mut second = leading(2, 1);
        second.flows.insert(
            0,
            flow(5, FlowKind::Regular, redirect("https://x/")).filtered(only("FR")),
        );
        let world = World::new().campaign(leading(1, 2)).campaign(second);
        let catalog = world.catalog();
        let first = catalog.campaign_by_id(1).expect("it is there");
        let mut story = Story::default();

        decide_about(&catalog, first, &german(), &mut Dice::seeded(1), &mut story);

        let of_jumps = |step: &&Step| {
            matches!(
                step,
                Step::Jump { .. } | Step::JumpRefused { .. } | Step::NotFound { .. }
            )
        };
        let steps: Vec<&Step> = story.steps.iter().filter(of_jumps).collect();
        assert_eq!(
            steps,
            [
                &Step::Jump {
                    flow_id: 1,
                    campaign_id: 2
                },
                &Step::JumpRefused {
                    flow_id: 2,
                    campaign_id: 1
                },
                &Step::NotFound {
                    why: NotFound::Chosen
                },
            ]
        );
    }
}
