//! Chance, seedable: the same seed gives the same decisions.

/// A generator of one thread. Not for secrets.
#[derive(Debug, Clone)]
pub struct Dice {
    rng: fastrand::Rng,
}

impl Dice {
    /// Seeded from the system.
    pub fn new() -> Self {
        Self {
            rng: fastrand::Rng::new(),
        }
    }

    /// For tests and simulations.
    pub fn seeded(seed: u64) -> Self {
        Self {
            rng: fastrand::Rng::with_seed(seed),
        }
    }

    /// A number from 0 up to, but not including, `limit`; 0 if that is 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        if limit == 0 {
            0
        } else {
            self.rng.u64(0..limit)
        }
    }

    /// Any number.
    pub fn throw(&mut self) -> u64 {
        self.rng.u64(..)
    }
}

impl Default for Dice {
    fn default() -> Self {
        Self::new()
    }
}
