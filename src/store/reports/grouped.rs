//! The answer to a report: its groups, their values and their sums.

use super::ReportError;
use super::counts::Counts;
use super::groups::Groups;
use super::hand::Hand;
use super::values::Values;
use crate::report::Sums;

/// The groups in which something was counted; without dimensions always the one that there is. They
/// are numbered from 0 on, in no order.
pub struct Grouped {
    values: Vec<Values>,
    groups: Groups,
    counts: Counts,
}

impl Grouped {
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a group in a dimension, by the number of each: ids as decimal text, `None` where
    /// it is empty.
    ///
    /// # Panics
    ///
    /// If there are not so many.
    pub fn value(&self, group: usize, dimension: usize) -> Option<&str> {
        let value = self.groups.value(group as u32, dimension);
        self.values[dimension].told(value)
    }

    /// Everything that was counted in a group.
    ///
    /// # Panics
    ///
    /// If there are not so many.
    pub fn sums(&self, group: usize) -> Sums {
        self.counts.sums(group as u32)
    }

    /// What one thread has found.
    pub(super) fn of(hand: Hand<'_>) -> Self {
        Self {
            values: hand.facets.into_iter().map(|facet| facet.values).collect(),
            groups: hand.groups,
            counts: hand.counts,
        }
    }

    /// Adds what another thread has found.
    pub(super) fn merge(&mut self, other: Grouped, most_groups: usize) -> Result<(), ReportError> {
        let values = self.values.iter_mut().zip(&other.values);
        let values = values.map(|(values, more)| {
            let numbers = 0..more.len() as u32;
            let numbers = numbers.map(|value| values.text(more.told(value).unwrap_or_default()));
            numbers.collect()
        });
        let values: Vec<Vec<u32>> = values.collect();
        let groups = (0..other.len() as u32).map(|group| {
            let values = values.iter().enumerate();
            let values = values
                .map(|(dimension, values)| values[other.groups.value(group, dimension) as usize]);
            self.groups.number(values)
        });
        let groups: Vec<u32> = groups.collect();
        if self.groups.len() > most_groups {
            return Err(ReportError::TooMany);
        }
        self.counts.grow(self.groups.len());
        self.counts.merge(other.counts, &groups);
        Ok(())
    }
}
