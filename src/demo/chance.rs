//! Chance: drawing by weight in one step, Zipf's law, and numbers that follow from others.

use fastrand::Rng;

/// Things with weights, drawn in the same time however many there are: Walker's alias method, as
/// Vose wrote it down (A Linear Algorithm for Generating Random Numbers with a Given Distribution,
/// 1991).
#[derive(Debug, Clone, Default)]
pub(super) struct Draw {
    /// Of each place: how much of it is its own, and whose the rest is.
    places: Vec<(f64, u32)>,
}

impl Draw {
    /// By these weights, of which one has to be above 0.
    pub(super) fn new(weights: &[f64]) -> Self {
        let mean = weights.iter().sum::<f64>() / weights.len() as f64;
        let mut places: Vec<(f64, u32)> = (0..)
            .zip(weights)
            .map(|(at, weight)| (weight / mean, at))
            .collect();
        let (mut small, mut large): (Vec<usize>, Vec<usize>) =
            (0..places.len()).partition(|at| places[*at].0 < 1.0);
        while let (Some(few), Some(many)) = (small.pop(), large.last().copied()) {
            places[few].1 = many as u32;
            places[many].0 -= 1.0 - places[few].0;
            if places[many].0 < 1.0 {
                large.pop();
                small.push(many);
            }
        }
        // What is left is whole but for rounding.
        for at in small.into_iter().chain(large) {
            places[at].0 = 1.0;
        }
        Self { places }
    }

    /// The place of one of them.
    pub(super) fn one(&self, rng: &mut Rng) -> usize {
        let at = rng.usize(..self.places.len());
        let (own, other) = self.places[at];
        if rng.f64() < own { at } else { other as usize }
    }
}

/// Weights by Zipf's law: the n-th has `1 / n^skew`.
pub(super) fn zipf(count: usize, skew: f64) -> Vec<f64> {
    (1..=count).map(|n| (n as f64).powf(-skew)).collect()
}

/// A number that follows from others and looks like any.
pub(super) fn mixed(numbers: &[u64]) -> u64 {
    // SplitMix64, a round for each number.
    numbers.iter().fold(0x9e37_79b9_7f4a_7c15, |state, number| {
        let mixed = (state ^ number).wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    })
}

/// The same as a share of 1.
pub(super) fn share(numbers: &[u64]) -> f64 {
    (mixed(numbers) >> 11) as f64 / (1u64 << 53) as f64
}

/// Yes, with this probability.
pub(super) fn happens(rng: &mut Rng, probability: f64) -> bool {
    rng.f64() < probability
}

/// A time to wait, in milliseconds: on average about `mean`, at least a tenth of it, now and then
/// several times as long.
pub(super) fn wait(rng: &mut Rng, mean: i64) -> i64 {
    let exponential = -(1.0 - rng.f64()).ln();
    (mean as f64 * (0.1 + 0.9 * exponential)) as i64
}

pub(super) const SECOND: i64 = 1_000;
pub(super) const MINUTE: i64 = 60 * SECOND;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_are_drawn_by_their_weights() {
        let weights = [5.0, 0.0, 1.0, 3.0, 0.5, 0.5];
        let draw = Draw::new(&weights);
        let mut rng = Rng::with_seed(1);
        let mut drawn = [0.0; 6];

        for _ in 0..100_000 {
            drawn[draw.one(&mut rng)] += 1.0 / 10_000.0;
        }

        for (weight, found) in weights.iter().zip(drawn) {
            assert!((weight - found).abs() < 0.1, "{weights:?} {drawn:?}");
        }
        assert_eq!(drawn[1], 0.0);
    }

    #[test]
    fn waiting_takes_as_long_as_said_on_average() {
        let mut rng = Rng::with_seed(1);

        let waits: Vec<i64> = (0..20_000).map(|_| wait(&mut rng, 1_000)).collect();

        let mean = waits.iter().sum::<i64>() / 20_000;
        assert!((950..1_050).contains(&mean), "{mean}");
        assert!(waits.iter().all(|one| *one >= 100));
    }
}
