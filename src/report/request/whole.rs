//! A report as a file has it: all of its rows, side by side.

use super::{Level, Request};

impl Request {
    /// The same without pages and without a tree, so many rows at most.
    pub fn whole(self, rows_max: usize) -> Request {
        let dimensions = 0..self.dimensions.len();
        let first = self.levels.into_iter().next();
        let sort = first.map_or(Vec::new(), |level| level.sort);
        let level = Level {
            dimensions,
            sort,
            limit: rows_max,
        };
        Request {
            levels: vec![level],
            offset: 0,
            is_tree: false,
            ..self
        }
    }
}
