//! One campaign as it runs: who sees it, what its links carry, what its visitors are worth.

use std::collections::HashMap;

use fastrand::Rng;

use super::chance::{happens, mixed, share};
use super::people::Person;
use super::places::Places;
use super::story::Path;
use super::values::{Parameter, Place, worth};
use super::world::{Campaign, Like, Source, World, id_of};
use crate::domain::money::{Currency, Micros};
use crate::domain::visitor::{DeviceType, Parameters};

/// Visitors who may come again.
const REGULARS: usize = 4_096;
/// What a euro is worth where chances are worked out; money itself goes by the rates of the days.
const EURO: f64 = 1.09;

/// Who the click is from, as far as it makes a difference.
pub(super) struct Ranks {
    source: usize,
    creative: usize,
}

pub(super) struct Push<'w> {
    pub(super) id: u64,
    pub(super) plan: &'w Campaign,
    pub(super) source: &'w Source,
    /// Numbers of countries and how much of the campaign is theirs.
    pub(super) countries: Vec<(usize, f64)>,
    parameters: Vec<Parameter>,
    /// How much more or less than the average it earns, by the rank of each.
    by_source: Vec<f64>,
    by_creative: Vec<f64>,
    by_country: HashMap<usize, f64>,
    /// Of an average visitor who sees an offer: that a story begins.
    chance: f64,
    /// By the id of the landing: that a visitor goes on.
    going_on: HashMap<u64, f64>,
    price: Option<Micros>,
    seed: u64,
    regulars: Vec<Person>,
    /// The regular whose place is taken next.
    oldest: usize,
}

impl<'w> Push<'w> {
    /// The campaign of this number, from 0. `people`: the share of clicks that are no robots'.
    pub(super) fn new(
        world: &'w World,
        number: usize,
        places: &Places,
        seed: u64,
        people: f64,
    ) -> Self {
        let plan = &world.campaigns[number];
        let source = world.source(&plan.source);
        let seed = mixed(&[seed, number as u64]);
        let parameters: Vec<Parameter> = (0..)
            .zip(&source.values)
            .map(|(salt, (name, values))| {
                let count = plan.values.get(name).copied().unwrap_or(values.count);
                Parameter::new(name, values, count, mixed(&[seed, salt]))
            })
            .collect();
        let worths = |place: Place, spread, dead, salt| {
            let found = parameters.iter().find(|one| one.is(place));
            found.map_or(Vec::new(), |one| {
                one.worth(spread, dead, mixed(&[seed, salt]))
            })
        };
        let countries = countries(plan, places);
        let weights: Vec<f64> = countries.iter().map(|(_, weight)| *weight).collect();
        let of_countries = worth(&weights, 0.35, 0, mixed(&[seed, 103]));
        let numbers = countries.iter().map(|(country, _)| *country);
        let by_country = numbers.zip(of_countries).collect();
        let landings = world.landings.iter().map(|landing| &landing.name);
        let going_on = plan.landings.iter().map(|name| {
            let id = id_of(landings.clone(), name);
            (id, f64::from(world.landings[id as usize - 1].ctr) / 100.0)
        });
        Self {
            id: number as u64 + 1,
            plan,
            source,
            by_source: worths(Place::Source, 0.55, plan.dead, 101),
            by_creative: worths(Place::CreativeId, 0.3, 0, 102),
            by_country,
            countries,
            parameters,
            chance: chance(world, plan) / people,
            going_on: going_on.collect(),
            price: plan.cost.from_url.then_some(plan.cost.value),
            seed,
            regulars: Vec::new(),
            oldest: 0,
        }
    }

    /// What a link carries.
    pub(super) fn parameters(&self, rng: &mut Rng) -> (Parameters, Ranks) {
        let mut parameters = Parameters::default();
        let mut ranks = Ranks {
            source: 0,
            creative: 0,
        };
        for parameter in &self.parameters {
            let rank = parameter.fill(&mut parameters, rng);
            if parameter.is(Place::Source) {
                ranks.source = rank;
            } else if parameter.is(Place::CreativeId) {
                ranks.creative = rank;
            }
        }
        parameters.external_id = Some(match self.source.external_id {
            Like::Hex => format!("{:016x}", rng.u64(..)),
            _ => (rng.u64(..) >> 8).to_string(),
        });
        parameters.cost = self.price.map(|price| self.price(price, &ranks, rng));
        (parameters, ranks)
    }

    /// Placements have prices of their own; now and then the source forgets to fill the macro in.
    fn price(&self, price: Micros, ranks: &Ranks, rng: &mut Rng) -> String {
        if happens(rng, 0.012) {
            return "{cost}".to_owned();
        }
        let of_placement = (70.0 + 60.0 * share(&[self.seed, ranks.source as u64, 104])) as i64;
        let percent = of_placement + rng.i64(-12..=12);
        let price = price.scaled(percent, 100).unwrap_or_default();
        Micros(price.0 / 10 * 10).to_string()
    }

    /// Whether somebody on this landing goes on to the offer.
    pub(super) fn goes_on(&self, landing_id: u64, rng: &mut Rng) -> bool {
        happens(rng, self.going_on.get(&landing_id).copied().unwrap_or(0.3))
    }

    /// That a story begins with somebody who came through this landing, if any, to the offer.
    pub(super) fn converts(&self, person: &Person, ranks: &Ranks, landing_id: Option<u64>) -> f64 {
        let of = |worths: &[f64], rank: usize| worths.get(rank).copied().unwrap_or(1.0);
        let of_device = match person.agent.device_type {
            DeviceType::Mobile => 0.97,
            DeviceType::Desktop => 1.1,
            _ => 0.8,
        };
        let of_country = self.by_country.get(&person.country).copied();
        let filtered = landing_id.and_then(|id| self.going_on.get(&id).copied());
        self.chance
            * of(&self.by_source, ranks.source)
            * of(&self.by_creative, ranks.creative)
            * of_country.unwrap_or(1.0)
            * of_device
            / filtered.unwrap_or(1.0)
    }

    /// Somebody who was here before: half of them just now, the others lately rather than long ago.
    pub(super) fn regular(&self, rng: &mut Rng) -> Option<&Person> {
        let count = self.regulars.len();
        let back = match rng.bool() {
            true => rng.usize(0..8).min(count.saturating_sub(1)),
            false => (rng.f64() * rng.f64() * count as f64) as usize,
        };
        let place = (self.oldest + count).checked_sub(1 + back)?;
        self.regulars.get(place % count)
    }

    /// Takes the place of the oldest regular.
    pub(super) fn remember(&mut self, person: &Person) {
        if self.regulars.len() < REGULARS {
            self.regulars.push(person.clone());
        } else {
            self.regulars[self.oldest] = person.clone();
            self.oldest = (self.oldest + 1) % REGULARS;
        }
    }
}

fn countries(plan: &Campaign, places: &Places) -> Vec<(usize, f64)> {
    let named = plan.countries.iter().map(|code| places.number(code));
    let numbers: Vec<usize> = match plan.countries.is_empty() {
        true => (0..places.countries.len()).collect(),
        false => named.collect(),
    };
    let weight = |number: &usize| places.countries[*number].weight;
    let total: f64 = numbers.iter().map(weight).sum();
    let shares = numbers
        .iter()
        .map(|number| (*number, weight(number) / total));
    shares.collect()
}

/// That a story begins with an average visitor, so that the campaign earns what it is meant to.
fn chance(world: &World, plan: &Campaign) -> f64 {
    let offers = world
        .offers
        .iter()
        .filter(|offer| plan.offers.contains(&offer.name));
    let paths: Vec<(f64, Path)> = offers
        .map(|offer| (in_dollars(offer.payout, offer.currency), offer.path))
        .collect();
    let count = paths.len() as f64;
    let earned = paths
        .iter()
        .map(|(payout, path)| payout * path.earned() / count);
    let beginners = paths.first().map_or(1.0, |(_, path)| path.beginners());
    let cost = in_dollars(plan.cost.of_click(), plan.cost.currency);
    let wanted = cost * (1.0 + f64::from(plan.roi.unwrap_or(0)) / 100.0);
    let of_results = plan.cr.map(|cr| f64::from(cr) / 10_000.0);
    of_results.unwrap_or(wanted / earned.sum::<f64>()) * beginners
}

fn in_dollars(amount: Micros, currency: Currency) -> f64 {
    let worth = if currency == Currency::USD { 1.0 } else { EURO };
    amount.0 as f64 / Micros::UNIT as f64 * worth
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::demo::agents::Agents;
    use crate::demo::chance::Draw;
    use crate::demo::people::People;
    use crate::detect::bot::BotRules;

    fn people() -> People {
        let directory = tempfile::tempdir().unwrap();
        let rules = BotRules::compile(&[], &[]).unwrap();
        People {
            places: Places::find(directory.path(), &[7; 16], &mut Rng::with_seed(1)),
            agents: Agents::detect(&[7; 16], Arc::new(rules)),
        }
    }

    #[test]
    fn each_campaign_earns_what_it_is_meant_to_and_dead_placements_nothing() {
        let (world, people) = (World::read(), people());
        let mut rng = Rng::with_seed(1);
        for (number, plan) in world.campaigns.iter().enumerate() {
            let push = Push::new(&world, number, &people.places, 1, 1.0);
            let countries: Vec<f64> = push.countries.iter().map(|(_, weight)| *weight).collect();
            let country = Draw::new(&countries);
            let (mut sum, mut dead) = (0.0, std::collections::HashSet::new());
            for _ in 0..20_000 {
                let country = push.countries[country.one(&mut rng)].0;
                let person = people.person(country, push.source, &mut rng);
                let (_, ranks) = push.parameters(&mut rng);
                let chance = push.converts(&person, &ranks, None);
                sum += chance / 20_000.0;
                if chance == 0.0 && ranks.source < 3 {
                    dead.insert(ranks.source);
                }
            }
            let offers = world.offers.iter();
            let offers = offers.filter(|offer| plan.offers.contains(&offer.name));
            let worth: Vec<f64> = offers
                .map(|offer| {
                    let path = offer.path;
                    in_dollars(offer.payout, offer.currency) * path.earned() / path.beginners()
                })
                .collect();
            let earned = sum * worth.iter().sum::<f64>() / worth.len() as f64;
            let cost = in_dollars(plan.cost.of_click(), plan.cost.currency);
            match (plan.roi, plan.cr) {
                (Some(roi), None) => {
                    let found = (earned / cost - 1.0) * 100.0;
                    let wanted = f64::from(roi);
                    let margin = 0.12 * (100.0 + wanted);
                    assert!((found - wanted).abs() < margin, "{}: {found}", plan.name);
                }
                (None, Some(cr)) => {
                    let found = sum * 10_000.0 / f64::from(cr);
                    assert!((found - 1.0).abs() < 0.12, "{}: {found}", plan.name);
                }
                _ => panic!("{} has neither or both of roi and cr", plan.name),
            }
            assert_eq!(dead.len(), plan.dead, "{}", plan.name);
        }
    }
}
