//! How fast a job goes: clicks share the machine with it.

use std::time::{Duration, Instant};

use crate::store::writer::Writer;

/// The longest rest between two pieces.
const LONGEST: Duration = Duration::from_millis(250);

/// One piece, as long as it takes.
pub(super) struct Pace {
    since: Instant,
    commits: u64,
}

impl Pace {
    pub(super) fn begin(writer: &Writer) -> Self {
        Self {
            since: Instant::now(),
            commits: writer.commits(),
        }
    }

    /// Rests half as long as the piece took, and four times as long while others write.
    pub(super) fn rest(self, writer: &Writer) {
        let took = self.since.elapsed();
        let rest = match writer.is_busy_since(self.since, self.commits) {
            true => took * 4,
            false => took / 2,
        };
        std::thread::sleep(rest.min(LONGEST));
    }
}
