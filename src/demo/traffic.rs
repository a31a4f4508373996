//! A month of visits, one after the other: each goes through the product's own engine, and what
//! follows from it waits until its time has come.

use std::sync::Arc;

use fastrand::Rng;

use super::awaited::{Awaited, Coming, Step};
use super::chance::{HOUR, MINUTE, SECOND, happens, mixed, wait};
use super::people::{PREVIEWS, People, Person, ROBOTS, preview};
use super::push::{Push, Ranks};
use super::story::story;
use super::world::{Network, Offer, World};
use crate::domain::click::Click;
use crate::domain::id::{Id, IdCodec, IdGenerator};
use crate::domain::offer_click::OfferClick;
use crate::domain::visitor::{Bot, Parameters, Visitor};
use crate::engine::counters::{Counts, Looking};
use crate::engine::memory::Visitors;
use crate::engine::onward::{Onward, Wish, onward};
use crate::engine::trace::Silent;
use crate::engine::visit::{Caps, Visit};
use crate::engine::{self, Catalog, CompiledCampaign, Dice, Marks};
use crate::store::filling::{Entry, Postback};

/// The share of visits by somebody who was here before.
const REGULARS: f64 = 0.2;

/// What a month of visits is made from.
pub(super) struct Ground<'w> {
    pub(super) world: &'w World,
    pub(super) people: People,
    pub(super) catalog: Catalog,
    pub(super) visitors: Visitors,
    pub(super) codec: IdCodec,
    pub(super) seed: u64,
    /// When it ends, in UTC milliseconds.
    pub(super) until: i64,
}

pub(super) struct Traffic<'w> {
    pub(super) ground: Ground<'w>,
    pub(super) pushes: Vec<Push<'w>>,
    pub(super) rng: Rng,
    dice: Dice,
    ids: IdGenerator,
    awaited: Awaited,
    counts: Counts,
    entries: Vec<Entry>,
}

impl<'w> Traffic<'w> {
    pub(super) fn new(ground: Ground<'w>) -> Self {
        let (world, seed) = (ground.world, ground.seed);
        let people = 1.0 - ROBOTS - PREVIEWS;
        let push = |number| Push::new(world, number, &ground.people.places, seed, people);
        Self {
            pushes: (0..world.campaigns.len()).map(push).collect(),
            rng: Rng::with_seed(mixed(&[seed, 1])),
            dice: Dice::seeded(mixed(&[seed, 2])),
            ids: IdGenerator::new(0, None),
            awaited: Awaited::new(ground.until),
            counts: Counts::default(),
            entries: Vec::new(),
            ground,
        }
    }

    /// What has happened since it was last asked for.
    pub(super) fn entries(&mut self) -> Vec<Entry> {
        std::mem::take(&mut self.entries)
    }

    pub(super) fn waits(&self) -> usize {
        self.entries.len()
    }

    /// Somebody from this country follows the link of the campaign of this number.
    pub(super) fn visit(&mut self, at: i64, number: usize, country: usize) {
        self.pass(at);
        let chance = self.rng.f64();
        if chance < ROBOTS {
            let robot = self.ground.people.robot(country, &mut self.rng);
            let bot = robot.agent.bot.clone();
            self.click(at, number, &robot, bot);
        } else {
            let person = self.person(number, country);
            let bot = (chance < ROBOTS + PREVIEWS).then(preview);
            self.click(at, number, &person, bot);
        }
    }

    /// Lets everything happen up to a time.
    pub(super) fn pass(&mut self, by: i64) {
        while let Some((at, coming)) = self.awaited.due(by) {
            match coming {
                Coming::Step(step) => self.step(at, step),
                Coming::Postback {
                    offer_id,
                    click_id,
                    pairs,
                } => self.postback(at, offer_id, click_id, pairs),
            }
        }
    }

    /// Now and then somebody who came through a neighbouring campaign.
    fn person(&mut self, number: usize, country: usize) -> Person {
        let rng = &mut self.rng;
        if happens(rng, REGULARS) {
            let from = match rng.u8(..8) {
                0 => (number + 1) % self.pushes.len(),
                _ => number,
            };
            if let Some(person) = self.pushes[from].regular(rng) {
                return person.clone();
            }
        }
        let push = &mut self.pushes[number];
        let person = self.ground.people.person(country, push.source, rng);
        push.remember(&person);
        person
    }

    fn click(&mut self, at: i64, number: usize, person: &Person, bot: Option<Bot>) {
        let push = &self.pushes[number];
        let Some(campaign) = self.ground.catalog.campaign_by_id(push.id).cloned() else {
            return;
        };
        let (parameters, ranks) = push.parameters(&mut self.rng);
        let is_person = bot.is_none();
        let click = self.decided(at, &campaign, person, parameters, bot);
        let (click_id, landing_id) = (click.id, click.landing_id);
        let step = Step {
            click_id,
            campaign_id: click.campaign_id,
            flow_id: click.flow_id,
            offer_id: click.offer_id,
            converts: false,
        };
        self.entries.push(Entry::Record(click.into()));
        if is_person {
            self.follow_up(at, number, person, &ranks, landing_id, step);
        }
    }

    /// The click, as the engine decides it and the click path records it.
    fn decided(
        &mut self,
        at: i64,
        campaign: &CompiledCampaign,
        person: &Person,
        parameters: Parameters,
        bot: Option<Bot>,
    ) -> Click {
        let source = &self.pushes[campaign.document.id as usize - 1].source;
        let referrer = match source.referrers.len() {
            0 => None,
            count => Some(source.referrers[self.rng.usize(..count)].clone()),
        };
        let visitor = Visitor {
            ip: person.ip,
            place: Arc::clone(&person.place),
            agent: Arc::clone(&person.agent),
            language: person.language,
            referrer,
            bot,
            parameters,
        };
        let agent = &visitor.agent.user_agent;
        let stranger = self.dice.throw();
        let known = self
            .ground
            .visitors
            .known(visitor.ip, agent, None, at, stranger);
        let looking = Looking(&self.counts);
        let nothing = |_: &str| None;
        let visit = Visit::new(&visitor, at, &nothing, &known, &looking, &mut self.dice);
        let decision = engine::decide(
            &self.ground.catalog,
            campaign,
            &visit,
            &mut self.dice,
            &mut Silent,
        );
        let marks = match visitor.is_preview() {
            true => Marks::default(),
            false => decision.remember(&known),
        };
        let mark = marks.last;
        Click {
            id: self.ids.next(at),
            at,
            campaign_id: campaign.document.id,
            flow_id: decision.flow_id,
            landing_id: decision.landing_id,
            offer_id: decision.offer_id,
            traffic_source_id: campaign.document.traffic_source_id,
            domain_id: None,
            ip: visitor.ip,
            cost: engine::cost::at_click(
                &campaign.cost,
                &visitor.parameters,
                mark.unique.in_campaign,
            ),
            agent: visitor.agent,
            place: visitor.place,
            language: visitor.language,
            referrer: visitor.referrer,
            bot_reason: visitor.bot.map(|bot| bot.reason),
            parameters: visitor.parameters,
            parent_id: None,
            visitor: mark.visitor,
            is_unique_campaign: mark.unique.in_campaign,
            is_unique_flow: mark.unique.in_flow,
            is_unique_global: mark.unique.anywhere,
            is_test: false,
        }
    }

    /// What a person does next.
    fn follow_up(
        &mut self,
        at: i64,
        number: usize,
        person: &Person,
        ranks: &Ranks,
        landing_id: Option<u64>,
        step: Step,
    ) {
        let (push, rng) = (&self.pushes[number], &mut self.rng);
        let Some(landing) = landing_id else {
            if happens(rng, push.converts(person, ranks, None))
                && let Some(offer_id) = step.offer_id
            {
                self.begin(at, offer_id, step.click_id);
            }
            return;
        };
        if !push.goes_on(landing, rng) {
            return;
        }
        let converts = happens(rng, push.converts(person, ranks, Some(landing)));
        let first = at + 2 * SECOND + wait(rng, 40 * SECOND);
        // Back, and once more.
        let again = happens(rng, 0.06).then(|| first + wait(rng, 4 * MINUTE));
        self.awaited.expect(
            first,
            Coming::Step(Step {
                converts,
                ..step.clone()
            }),
        );
        if let Some(again) = again {
            self.awaited.expect(again, Coming::Step(step));
        }
    }

    fn step(&mut self, at: i64, step: Step) {
        let Some(campaign) = self.ground.catalog.campaign_by_id(step.campaign_id) else {
            return;
        };
        let wish = Wish {
            assigned: step.offer_id,
            ..Wish::default()
        };
        let caps = Caps {
            counters: &self.counts,
            at,
        };
        let dice = &mut self.dice;
        let Onward::Offer { offer, .. } = onward(
            &self.ground.catalog,
            campaign,
            step.flow_id,
            &wish,
            &caps,
            dice,
        ) else {
            return;
        };
        let offer_id = offer.document.id;
        let record = OfferClick {
            id: self.ids.next(at),
            at,
            click_id: Some(step.click_id),
            offer_id: Some(offer_id),
            n: None,
            no_entry_campaign_id: None,
            is_preview: false,
        };
        self.entries.push(Entry::Record(record.into()));
        if step.converts {
            self.begin(at, offer_id, step.click_id);
        }
    }

    /// The story of somebody who takes an offer.
    fn begin(&mut self, at: i64, offer_id: u64, click_id: Id) {
        let (offer, network) = self.terms(offer_id);
        for said in story(offer, &network.words, &mut self.rng) {
            let at = at + said.after;
            let coming = |pairs| Coming::Postback {
                offer_id,
                click_id,
                pairs,
            };
            // Networks repeat themselves.
            if happens(&mut self.rng, 0.02) {
                let again = at + wait(&mut self.rng, HOUR);
                self.awaited.expect(again, coming(said.pairs.clone()));
            }
            self.awaited.expect(at, coming(said.pairs));
        }
    }

    fn postback(&mut self, at: i64, offer_id: u64, click_id: Id, pairs: Vec<(String, String)>) {
        let public_id = self.ground.codec.encode(click_id).to_string();
        let mut all = vec![("click_id".to_owned(), public_id)];
        all.extend(pairs);
        let (offer, network) = self.terms(offer_id);
        self.entries.push(Entry::Postback(Postback {
            at,
            ip: network.ip,
            network_id: self.ground.world.network_id(offer),
            pairs: all,
        }));
    }

    /// An offer, and who pays for it.
    fn terms(&self, offer_id: u64) -> (&'w Offer, &'w Network) {
        let world = self.ground.world;
        let offer = &world.offers[offer_id as usize - 1];
        let network = world.network_id(offer);
        (offer, &world.networks[network as usize - 1])
    }
}
