//! Groups in an order in which those that are alike in their first dimensions stand together.

use std::ops::Range;

use ahash::AHashMap;

use super::Groups;
use crate::report::Sums;

/// Groups, sorted by their values.
pub(super) struct Source<'a, G> {
    groups: &'a G,
    order: Vec<u32>,
    dimensions: usize,
}

impl<'a, G: Groups> Source<'a, G> {
    /// As they come: for rows that are one group each.
    pub(super) fn flat(groups: &'a G, dimensions: usize) -> Self {
        Self {
            groups,
            order: (0..groups.len() as u32).collect(),
            dimensions,
        }
    }

    /// Sorted, so that groups can be found and runs of them split.
    pub(super) fn sorted(groups: &'a G, dimensions: usize) -> Self {
        let mut source = Self::flat(groups, dimensions);
        // Compared by numbers, the last dimension first; a stable sort keeps what it finds.
        for dimension in (0..dimensions).rev() {
            let ranks = ranks(groups, dimension);
            source.order.sort_by_key(|group| ranks[*group as usize]);
        }
        source
    }

    pub(super) fn dimensions(&self) -> usize {
        self.dimensions
    }

    pub(super) fn all(&self) -> Range<usize> {
        0..self.order.len()
    }

    /// A value of the groups of a run, which are alike in it.
    pub(super) fn value(&self, run: &Range<usize>, dimension: usize) -> Option<&'a str> {
        self.groups.value(self.order[run.start] as usize, dimension)
    }

    /// What the groups of a run add up to.
    pub(super) fn sums(&self, run: &Range<usize>) -> Sums {
        let mut groups = self.order[run.clone()].iter();
        let first = groups.next();
        let mut sums = first.map_or_else(Sums::default, |group| self.groups.sums(*group as usize));
        for group in groups {
            sums.merge(&self.groups.sums(*group as usize));
        }
        sums
    }

    /// The parts of a run that are alike in a dimension.
    pub(super) fn split(&self, run: Range<usize>, dimension: usize) -> Vec<Range<usize>> {
        let value = |place: usize| self.value(&(place..place + 1), dimension);
        let mut parts = Vec::new();
        let mut start = run.start;
        for place in run.clone().skip(1) {
            if value(place) != value(start) {
                parts.push(start..place);
                start = place;
            }
        }
        if !run.is_empty() {
            parts.push(start..run.end);
        }
        parts
    }

    /// The run of groups that begin with these values; only of a sorted one.
    pub(super) fn find(&self, values: &[Option<&str>]) -> Range<usize> {
        let compared = |group: &u32| {
            let own = (0..values.len()).map(|one| self.groups.value(*group as usize, one));
            own.cmp(values.iter().copied())
        };
        let start = self.order.partition_point(|group| compared(group).is_lt());
        let end = self.order.partition_point(|group| compared(group).is_le());
        start..end
    }
}

/// For each group the rank of its value among all values of a dimension; nothing before any text.
fn ranks<G: Groups>(groups: &G, dimension: usize) -> Vec<u32> {
    let mut codes: AHashMap<Option<&str>, u32> = AHashMap::new();
    let mut own = Vec::with_capacity(groups.len());
    for group in 0..groups.len() {
        let next = codes.len() as u32;
        own.push(*codes.entry(groups.value(group, dimension)).or_insert(next));
    }
    let mut values: Vec<(Option<&str>, u32)> = codes.into_iter().collect();
    values.sort_unstable();
    let mut ranks = vec![0; values.len()];
    for (rank, (_, code)) in values.into_iter().enumerate() {
        ranks[code as usize] = rank as u32;
    }
    own.into_iter().map(|code| ranks[code as usize]).collect()
}
