//! Drawing by weight.

use super::dice::Dice;

/// Things with weights. What has weight 0 is never drawn; if all have, nothing is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Weighted<T> {
    items: Vec<T>,
    /// Sum of the weights up to and including each item.
    sums: Vec<u64>,
}

impl<T> Weighted<T> {
    pub(super) fn new(weighted: impl IntoIterator<Item = (T, u32)>) -> Self {
        let mut sum = 0;
        let (items, sums) = weighted
            .into_iter()
            .map(|(item, weight)| {
                sum += u64::from(weight);
                (item, sum)
            })
            .unzip();
        Self { items, sums }
    }

    pub(super) fn items(&self) -> &[T] {
        &self.items
    }

    /// Weight of the item at `index`.
    pub(super) fn weight(&self, index: usize) -> u64 {
        let before = index.checked_sub(1).map_or(0, |before| self.sums[before]);
        self.sums[index] - before
    }

    pub(super) fn total(&self) -> u64 {
        self.sums.last().copied().unwrap_or(0)
    }

    /// The index of one item, drawn by weight.
    pub(super) fn draw(&self, dice: &mut Dice) -> Option<usize> {
        let total = self.total();
        if total == 0 {
            return None;
        }
        let point = dice.below(total);
        Some(self.sums.partition_point(|sum| *sum <= point))
    }

    /// Begins drawing without putting back.
    pub(super) fn draws(&self) -> Draws<'_, T> {
        Draws {
            weighted: self,
            left: self.total(),
            drawn: Drawn::default(),
        }
    }
}

/// Drawing again after a rejection: each draw is by weight among those not drawn yet.
#[derive(Debug)]
pub(super) struct Draws<'w, T> {
    weighted: &'w Weighted<T>,
    left: u64,
    drawn: Drawn,
}

impl<T> Draws<'_, T> {
    /// The index of the next one; `None` when all that have a weight are drawn.
    pub(super) fn draw(&mut self, dice: &mut Dice) -> Option<usize> {
        let index = if self.left == self.weighted.total() {
            self.weighted.draw(dice)?
        } else {
            self.index_among_the_rest(dice)?
        };
        self.drawn.insert(index);
        self.left -= self.weighted.weight(index);
        Some(index)
    }

    fn index_among_the_rest(&self, dice: &mut Dice) -> Option<usize> {
        if self.left == 0 {
            return None;
        }
        let mut point = dice.below(self.left);
        for index in 0..self.weighted.items.len() {
            if self.drawn.contains(index) {
                continue;
            }
            let weight = self.weighted.weight(index);
            if point < weight {
                return Some(index);
            }
            point -= weight;
        }
        None
    }
}

/// A set of indices, one bit each. The first 64 need no memory.
#[derive(Debug, Default)]
struct Drawn {
    first: u64,
    others: Vec<u64>,
}

impl Drawn {
    fn insert(&mut self, index: usize) {
        let bit = 1 << (index % 64);
        match (index / 64).checked_sub(1) {
            None => self.first |= bit,
            Some(word) => {
                if word >= self.others.len() {
                    self.others.resize(word + 1, 0);
                }
                self.others[word] |= bit;
            }
        }
    }

    fn contains(&self, index: usize) -> bool {
        let bits = match (index / 64).checked_sub(1) {
            None => self.first,
            Some(word) => self.others.get(word).copied().unwrap_or(0),
        };
        bits & (1 << (index % 64)) != 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn weighted(weights: &[u32]) -> Weighted<usize> {
        Weighted::new(weights.iter().copied().enumerate())
    }

    /// Whether `hits` of `draws` fit a probability: within five standard deviations.
    fn fits(hits: u32, draws: u32, probability: f64) -> bool {
        let expected = f64::from(draws) * probability;
        let deviation = (expected * (1.0 - probability)).sqrt();
        (f64::from(hits) - expected).abs() <= 5.0 * deviation + 1.0
    }

    #[test]
    fn nothing_is_drawn_where_nothing_has_weight() {
        let mut dice = Dice::seeded(1);

        assert_eq!(weighted(&[]).draw(&mut dice), None);
        assert_eq!(weighted(&[0, 0]).draw(&mut dice), None);
        assert_eq!(weighted(&[0, 0]).draws().draw(&mut dice), None);
    }

    #[test]
    fn the_largest_weights_do_not_overflow() {
        let all = weighted(&[u32::MAX; 5]);

        assert_eq!(all.total(), 5 * u64::from(u32::MAX));
        assert!(all.draw(&mut Dice::seeded(1)).is_some());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn weights_hold_over_ten_thousand_draws(
            weights in prop::collection::vec(0u32..200, 1..8), seed in any::<u64>()
        ) {
            let all = weighted(&weights);
            prop_assume!(all.total() > 0);
            let mut dice = Dice::seeded(seed);
            let mut hits = vec![0u32; weights.len()];

            for _ in 0..10_000 {
                hits[all.draw(&mut dice).expect("something has weight")] += 1;
            }

            for (index, weight) in weights.iter().enumerate() {
                let probability = f64::from(*weight) / all.total() as f64;
                prop_assert!(fits(hits[index], 10_000, probability), "{:?} {:?}", weights, hits);
                prop_assert!(*weight > 0 || hits[index] == 0);
            }
        }

        #[test]
        fn after_a_rejection_the_weights_of_the_rest_hold(
            weights in prop::collection::vec(1u32..200, 2..6), rejected in 0usize..6, seed in any::<u64>()
        ) {
            let rejected = rejected % weights.len();
            let all = weighted(&weights);
            let mut dice = Dice::seeded(seed);
            let mut hits = vec![0u32; weights.len()];

            for _ in 0..10_000 {
                let mut draws = all.draws();
                let mut drawn = draws.draw(&mut dice).expect("something has weight");
                if drawn == rejected {
                    drawn = draws.draw(&mut dice).expect("one is left");
                }
                hits[drawn] += 1;
            }

            let rest = all.total() as f64 - f64::from(weights[rejected]);
            for (index, weight) in weights.iter().enumerate().filter(|(index, _)| *index != rejected) {
                prop_assert!(fits(hits[index], 10_000, f64::from(*weight) / rest), "{:?} {:?}", weights, hits);
            }
        }

        #[test]
        fn drawing_on_yields_each_weighted_item_exactly_once(
            weights in prop::collection::vec(0u32..3, 0..100), seed in any::<u64>()
        ) {
            let all = weighted(&weights);
            let mut dice = Dice::seeded(seed);
            let mut draws = all.draws();
            let mut drawn = Vec::new();

            while let Some(item) = draws.draw(&mut dice) {
                drawn.push(item);
            }

            drawn.sort_unstable();
            let expected: Vec<usize> = (0..weights.len()).filter(|index| weights[*index] > 0).collect();
            prop_assert_eq!(drawn, expected);
        }
    }
}
