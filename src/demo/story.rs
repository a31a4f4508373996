//! What becomes of a visitor who takes an offer: what its network says of him, and when.

use fastrand::Rng;
use serde::Deserialize;

use super::chance::{DAY, HOUR, MINUTE, SECOND, happens, wait};
use super::world::{Offer, Words};
use crate::domain::money::Micros;

/// How an offer pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Path {
    /// Goods paid on delivery: an order on hold that a call centre confirms or not.
    Order,
    /// An address left behind: paid at once.
    Submit,
    /// A card and a subscription: paid at once, again each week, and sometimes charged back.
    Card,
    /// A registration, perhaps a deposit, which is what pays.
    Casino,
    /// A form that a bank looks at for days.
    Application,
}

impl Path {
    /// What a paid conversion is worth in the end, as a share of its payout.
    pub(super) fn earned(self) -> f64 {
        match self {
            Self::Order => 0.52,
            Self::Submit => 0.96,
            Self::Card => 1.15,
            Self::Casino => 1.0,
            Self::Application => 0.62,
        }
    }

    /// How many visitors begin for each who is paid for.
    pub(super) fn beginners(self) -> f64 {
        match self {
            Self::Casino => CASINO_BEGINNERS,
            _ => 1.0,
        }
    }
}

const CASINO_BEGINNERS: f64 = 6.0;

/// One thing that a network says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Said {
    /// How long after the visitor came, in milliseconds.
    pub(super) after: i64,
    /// Name and value, the click id apart.
    pub(super) pairs: Vec<(String, String)>,
}

/// All that will ever be said of one visitor, in order.
pub(super) fn story(offer: &Offer, words: &Words, rng: &mut Rng) -> Vec<Said> {
    let mut story = Story {
        offer,
        after: 0,
        tid: tid(rng),
        said: Vec::new(),
    };
    match offer.path {
        Path::Order => story.order(words, rng),
        Path::Submit => story.submit(words, rng),
        Path::Card => story.card(words, rng),
        Path::Casino => story.casino(words, rng),
        Path::Application => story.application(words, rng),
    }
    story.said
}

fn tid(rng: &mut Rng) -> String {
    format!("{:010x}", rng.u64(..) >> 24)
}

struct Story<'o> {
    offer: &'o Offer,
    after: i64,
    tid: String,
    said: Vec<Said>,
}

impl Story<'_> {
    fn order(&mut self, words: &Words, rng: &mut Rng) {
        self.after += wait(rng, 6 * MINUTE);
        let total = self.times(rng.i64(20..45), 10);
        self.paid(&words.lead, &[("order_total", total.to_string())]);
        self.after += 2 * HOUR + wait(rng, 20 * HOUR);
        match rng.u32(..100) {
            0..42 => self.paid(&words.sale, &[]),
            42..84 => self.paid(&words.rejected, &[]),
            84..93 => self.paid(&words.trash, &[]),
            _ => {}
        }
    }

    fn submit(&mut self, words: &Words, rng: &mut Rng) {
        self.after += wait(rng, 4 * MINUTE);
        self.paid(&words.sale, &[]);
        if happens(rng, 0.04) {
            self.after += wait(rng, 3 * DAY);
            self.paid(&words.rejected, &[]);
        }
    }

    fn card(&mut self, words: &Words, rng: &mut Rng) {
        self.after += wait(rng, 9 * MINUTE);
        let tariff = ["weekly", "monthly"][rng.usize(..2)].to_owned();
        self.paid(&words.sale, &[("tariff", tariff)]);
        if happens(rng, 0.09) {
            self.after += wait(rng, 5 * DAY);
            return self.paid(&words.rejected, &[]);
        }
        while happens(rng, 0.45) {
            self.after += 7 * DAY + rng.i64(0..HOUR);
            self.tid = tid(rng);
            let payout = self.times(4, 10);
            self.say(vec![("status", "rebill".to_owned())], payout);
        }
    }

    fn casino(&mut self, words: &Words, rng: &mut Rng) {
        self.after += wait(rng, 4 * MINUTE);
        self.say(vec![("event", "registration".to_owned())], Micros::ZERO);
        if !happens(rng, 1.0 / CASINO_BEGINNERS) {
            return;
        }
        self.after += wait(rng, 3 * HOUR);
        self.deposit(rng);
        self.after += 30 * SECOND;
        self.paid(&words.sale, &[]);
        while happens(rng, 0.5) {
            self.after += wait(rng, DAY);
            self.deposit(rng);
        }
    }

    fn application(&mut self, words: &Words, rng: &mut Rng) {
        self.after += wait(rng, 10 * MINUTE);
        self.paid(&words.lead, &[]);
        self.after += 3 * HOUR + wait(rng, 2 * DAY);
        match rng.u32(..100) {
            0..50 => self.paid(&words.sale, &[]),
            50..90 => self.paid(&words.rejected, &[]),
            _ => {}
        }
    }

    fn deposit(&mut self, rng: &mut Rng) {
        self.tid = tid(rng);
        let amount = [10, 20, 20, 25, 50, 50, 100, 250][rng.usize(..8)];
        let pairs = vec![
            ("event", "deposit".to_owned()),
            ("deposit_amount", amount.to_string()),
        ];
        self.say(pairs, Micros::ZERO);
    }

    /// The offer's payout, with the network's word for how far it is.
    fn paid(&mut self, word: &str, more: &[(&'static str, String)]) {
        let mut pairs = vec![("status", word.to_owned())];
        pairs.extend_from_slice(more);
        self.say(pairs, self.offer.payout);
    }

    fn say(&mut self, pairs: Vec<(&'static str, String)>, payout: Micros) {
        let mut all = vec![
            ("tid", self.tid.clone()),
            ("payout", payout.to_string()),
            ("currency", self.offer.currency.as_str().to_owned()),
        ];
        all.extend(pairs);
        let owned = all.into_iter().map(|(name, text)| (name.to_owned(), text));
        self.said.push(Said {
            after: self.after,
            pairs: owned.collect(),
        });
    }

    /// The payout, so many times, in whole cents.
    fn times(&self, over: i64, under: i64) -> Micros {
        let amount = self.offer.payout.scaled(over, under).unwrap_or_default();
        Micros(amount.0 / 10_000 * 10_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::world::World;

    #[test]
    fn every_path_is_told_in_order_and_begins_within_hours() {
        let world = World::read();
        let mut rng = Rng::with_seed(1);
        for offer in &world.offers {
            let words = &world.networks[0].words;
            for _ in 0..200 {
                let told = story(offer, words, &mut rng);

                assert!(told[0].after > 0 && told[0].after < 3 * HOUR, "{told:?}");
                assert!(told.windows(2).all(|two| two[0].after < two[1].after));
            }
        }
    }

    #[test]
    fn orders_are_confirmed_or_refused_as_often_as_they_should_be() {
        let world = World::read();
        let mut rng = Rng::with_seed(1);
        let (offer, words) = (&world.offers[0], &world.networks[0].words);
        let said = |told: &[Said], word: &String| {
            let last = told.last().expect("something is said");
            last.pairs.contains(&("status".to_owned(), word.clone()))
        };

        let told: Vec<_> = (0..2_000).map(|_| story(offer, words, &mut rng)).collect();

        let of = |word| told.iter().filter(|one| said(one, word)).count();
        assert!((760..920).contains(&of(&words.sale)));
        assert!((760..920).contains(&of(&words.rejected)));
    }
}
