//! How fast an import goes: clicks share the writer with it, and no visitor is to notice.

use std::time::Duration;

use crate::store::conversions::import::PIECE;
use crate::store::writer::BUSY;

const FEWEST: usize = 10;

/// How many rows go into the next piece.
#[derive(Debug)]
pub(super) struct Pace {
    rows: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self { rows: 50 }
    }
}

impl Pace {
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Leaves the writer to others for half as long as the piece has kept it.
    pub(super) fn rest(&mut self, worked: Duration) {
        self.learn(worked);
        std::thread::sleep(worked / 2);
    }

    /// At most twice as many as before, so that one quick piece does not make a slow one.
    fn learn(&mut self, worked: Duration) {
        let micros = worked.as_micros().max(1);
        let fitting = self.rows as u128 * BUSY.as_micros() / micros;
        let most = PIECE.min(self.rows * 2);
        self.rows = usize::try_from(fitting).unwrap_or(most).clamp(FEWEST, most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_grow_and_shrink_with_the_time_they_take() {
        let mut pace = Pace::default();
        let mut sizes = Vec::new();
        for micros_per_row in [10, 10, 10, 10, 10, 100, 5_000, 5_000, 0] {
            sizes.push(pace.rows());
            pace.learn(Duration::from_micros(micros_per_row * pace.rows() as u64));
        }

        assert_eq!(sizes, [50, 100, 200, 400, 500, 500, 80, 10, 10]);
        assert_eq!(pace.rows(), 20);
    }
}
