//! What the parameters of links hold, and which values are worth their money.

use std::collections::HashSet;

use fastrand::Rng;

use super::chance::{Draw, mixed, share, zipf};
use super::world::{Like, Values};
use crate::domain::visitor::Parameters;

/// One parameter of the links of a campaign.
pub(super) struct Parameter {
    place: Place,
    texts: Vec<String>,
    weights: Vec<f64>,
    draw: Draw,
}

/// Where its value is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Source,
    Keyword,
    CreativeId,
    AdGroupId,
    AdCampaignId,
    SubId(u8),
}

impl Place {
    /// By our name of the parameter.
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "source" => Self::Source,
            "keyword" => Self::Keyword,
            "creative_id" => Self::CreativeId,
            "ad_group_id" => Self::AdGroupId,
            "ad_campaign_id" => Self::AdCampaignId,
            _ => Self::SubId(name.strip_prefix("sub_id_")?.parse().ok()?),
        })
    }
}

impl Parameter {
    /// `count` different values; `seed` tells campaigns apart.
    pub(super) fn new(name: &str, values: &Values, count: usize, seed: u64) -> Self {
        let place = Place::of(name).expect("the tests look for every parameter");
        let mut known = HashSet::with_capacity(count);
        let texts = (0..count as u64).map(|rank| {
            let mut attempts =
                (0..).map(|attempt| text(values, mixed(&[seed, rank, attempt]), rank));
            let found = attempts.find(|text| known.insert(text.clone()));
            found.expect("there is always another one")
        });
        let weights = zipf(count, values.skew);
        Self {
            place,
            texts: texts.collect(),
            draw: Draw::new(&weights),
            weights,
        }
    }

    pub(super) fn is(&self, place: Place) -> bool {
        self.place == place
    }

    /// Puts one of its values into the link; the rank of it.
    pub(super) fn fill(&self, parameters: &mut Parameters, rng: &mut Rng) -> usize {
        let rank = self.draw.one(rng);
        let text = self.texts[rank].clone();
        let field = match self.place {
            Place::Source => &mut parameters.source,
            Place::Keyword => &mut parameters.keyword,
            Place::CreativeId => &mut parameters.creative_id,
            Place::AdGroupId => &mut parameters.ad_group_id,
            Place::AdCampaignId => &mut parameters.ad_campaign_id,
            Place::SubId(number) => {
                let sub_ids = &mut parameters.sub_ids;
                let at = sub_ids.partition_point(|(other, _)| *other < number);
                sub_ids.insert(at, (number, text));
                return rank;
            }
        };
        *field = Some(text);
        rank
    }

    /// How much more or less than the average each value earns.
    pub(super) fn worth(&self, spread: f64, dead: usize, seed: u64) -> Vec<f64> {
        worth(&self.weights, spread, dead, seed)
    }
}

/// Factors around 1, whose mean by these weights is 1. `dead` of the first three are 0, and so are
/// some of the others where any is.
pub(super) fn worth(weights: &[f64], spread: f64, dead: usize, seed: u64) -> Vec<f64> {
    let dead_from = mixed(&[seed]) % 3;
    let factor = |rank: u64| {
        let of_value = |salt| share(&[seed, rank, salt]);
        let is_dead = match rank {
            0..3 => (rank + dead_from) % 3 < dead as u64,
            _ => dead > 0 && of_value(4) < 0.08,
        };
        if is_dead {
            return 0.0;
        }
        // The sum of three is nearly normal.
        let normal = 2.0 * (of_value(1) + of_value(2) + of_value(3)) - 3.0;
        (spread * normal).exp()
    };
    let factors: Vec<f64> = (0..weights.len() as u64).map(factor).collect();
    let total: f64 = weights.iter().sum();
    let sum: f64 = weights.iter().zip(&factors).map(|(w, f)| w * f).sum();
    factors.iter().map(|factor| factor * total / sum).collect()
}

const WORDS: [&str; 40] = [
    "amber", "anchor", "autumn", "basil", "breeze", "candle", "canyon", "cedar", "cobalt", "coral",
    "cotton", "delta", "ember", "fable", "falcon", "garnet", "ginger", "harbor", "hazel", "indigo",
    "ivory", "jasper", "juniper", "lagoon", "lantern", "linen", "maple", "meadow", "nectar",
    "olive", "opal", "orchid", "pepper", "quartz", "saffron", "sierra", "timber", "velvet",
    "willow", "zephyr",
];
const SOUGHT: [&str; 40] = [
    "best", "bonus", "book", "bus", "buy", "car", "card", "cheap", "cook", "coupon", "credit",
    "deal", "dress", "draw", "flight", "free", "game", "gift", "home", "hotel", "job", "loan",
    "market", "movie", "music", "near", "news", "online", "phone", "photo", "price", "recipe",
    "rent", "repair", "sale", "shoes", "ticket", "today", "travel", "win",
];

fn text(values: &Values, number: u64, rank: u64) -> String {
    let word = |list: &[&'static str; 40], part: u32| list[(number >> (8 * part)) as usize % 40];
    let digits = values.digits;
    match values.like {
        Like::Number => {
            let first = 10_u64.pow(digits - 1);
            (first + number % (9 * first)).to_string()
        }
        Like::Hex => {
            let text = format!("{number:016x}");
            text[..(digits as usize).min(16)].to_owned()
        }
        Like::Word => format!("{}-{}", word(&WORDS, 0), (number >> 20) % 100_000),
        Like::Phrase => match number % 3 {
            0 => format!("{} {}", word(&SOUGHT, 1), word(&SOUGHT, 2)),
            _ => [1, 2, 3].map(|part| word(&SOUGHT, part)).join(" "),
        },
        Like::Site => format!(
            "{}{}{}.example",
            word(&WORDS, 0),
            word(&SOUGHT, 1),
            number >> 40 & 63
        ),
        Like::Listed => values.listed[rank as usize].clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::world::World;

    #[test]
    fn values_are_different_and_drawn_by_their_rank() {
        let world = World::read();
        let values = &world.source("zeropark").values["sub_id_2"];
        let sites = Parameter::new("sub_id_2", values, 50_000, 3);
        let mut rng = Rng::with_seed(1);
        let mut parameters = Parameters::default();

        let ranks: Vec<usize> = (0..10_000)
            .map(|_| sites.fill(&mut parameters, &mut rng))
            .collect();

        let different: HashSet<&String> = sites.texts.iter().collect();
        assert_eq!(different.len(), 50_000);
        let first = ranks.iter().filter(|rank| **rank == 0).count();
        let tenth = ranks.iter().filter(|rank| **rank == 9).count();
        assert!(first > 5 * tenth && tenth > 0, "{first} {tenth}");
    }

    #[test]
    fn dead_values_earn_nothing_and_the_others_make_up_for_them() {
        let weights = zipf(500, 1.0);

        let worth = worth(&weights, 0.6, 2, 9);

        let dead = worth[..3].iter().filter(|one| **one == 0.0).count();
        assert_eq!(dead, 2);
        let total: f64 = weights.iter().sum();
        let sum: f64 = weights.iter().zip(&worth).map(|(w, f)| w * f).sum();
        assert!((sum / total - 1.0).abs() < 1e-9);
    }
}
