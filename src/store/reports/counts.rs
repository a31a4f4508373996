//! What is added up for each group: flat arrays, of which there are only those that are needed.
//!
//! All that is counted of a row follows from few facts, so a row is one addition of a few numbers at
//! once, taken from a table of those facts. Bots are counted beside all, as a report may be asked for
//! without them.

use std::collections::HashMap;

use ahash::RandomState;

use crate::domain::money::Micros;
use crate::report::{Counted, Needs, Sums};

/// Numbers that are added together. The first half counts all, the second half bots.
type Lanes<const N: usize> = Vec<[u32; N]>;

/// The sums of some groups, by their numbers.
#[derive(Default)]
pub(super) struct Counts {
    clicks: Clicks,
    /// Landing views, offer clicks, their repeats; none.
    visits: Option<Lanes<8>>,
    cost: Option<Vec<i64>>,
    /// Few groups have conversions.
    pub(super) earned: HashMap<u32, Sums, RandomState>,
}

enum Clicks {
    Counted(Lanes<2>),
    /// Clicks, and those unique for the campaign, the flow and everywhere.
    Unique(Lanes<8>),
}

impl Default for Clicks {
    fn default() -> Self {
        Clicks::Counted(Vec::new())
    }
}

/// What is counted of a click.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Click {
    pub(super) is_bot: bool,
    pub(super) is_unique: [bool; 3],
}

/// What is counted of its visit.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Visit {
    pub(super) is_bot: bool,
    pub(super) has_landing: bool,
    pub(super) steps: u32,
}

impl Counts {
    pub(super) fn new(needs: &Needs) -> Self {
        Self {
            clicks: match needs.uniques {
                true => Clicks::Unique(Vec::new()),
                false => Clicks::default(),
            },
            visits: (needs.landings || needs.steps).then(Vec::new),
            cost: needs.cost.then(Vec::new),
            earned: HashMap::default(),
        }
    }

    /// Makes room for so many groups.
    pub(super) fn grow(&mut self, groups: usize) {
        match &mut self.clicks {
            Clicks::Counted(lanes) => lanes.resize(groups, [0; 2]),
            Clicks::Unique(lanes) => lanes.resize(groups, [0; 8]),
        }
        if let Some(visits) = &mut self.visits {
            visits.resize(groups, [0; 8]);
        }
        if let Some(cost) = &mut self.cost {
            cost.resize(groups, 0);
        }
    }

    /// Adds the clicks of some groups, each of them one of the `kinds`.
    pub(super) fn click(&mut self, groups: &[u32], codes: &[u32], kinds: &[Click]) {
        let halves = |kind: &Click| {
            let [campaign, flow, all] = kind.is_unique.map(u32::from);
            ([1, campaign, flow, all], kind.is_bot)
        };
        match &mut self.clicks {
            Clicks::Counted(lanes) => {
                let table = kinds.iter().map(|kind| [1, u32::from(kind.is_bot)]);
                add(lanes, groups, codes, &table.collect::<Vec<_>>());
            }
            Clicks::Unique(lanes) => {
                let table = kinds.iter().map(halves).map(both);
                add(lanes, groups, codes, &table.collect::<Vec<_>>());
            }
        }
    }

    /// The same for visits.
    pub(super) fn visit(&mut self, groups: &[u32], codes: &[u32], kinds: &[Visit]) {
        let Some(lanes) = &mut self.visits else {
            return;
        };
        let table = kinds.iter().map(|kind| {
            let landing = u32::from(kind.has_landing);
            let offer = u32::from(kind.steps > 0);
            both((
                [landing, offer, kind.steps.saturating_sub(1), 0],
                kind.is_bot,
            ))
        });
        add(lanes, groups, codes, &table.collect::<Vec<_>>());
    }

    /// Adds what was paid.
    pub(super) fn charge(&mut self, groups: &[u32], costs: &[i64]) {
        if let Some(all) = &mut self.cost {
            for (group, cost) in groups.iter().zip(costs) {
                let all = &mut all[*group as usize];
                *all = all.saturating_add(*cost);
            }
        }
    }

    /// Adds what was counted elsewhere, where the groups have other numbers.
    pub(super) fn merge(&mut self, other: Counts, groups: &[u32]) {
        match (&mut self.clicks, &other.clicks) {
            (Clicks::Counted(to), Clicks::Counted(more)) => merge(to, more, groups),
            (Clicks::Unique(to), Clicks::Unique(more)) => merge(to, more, groups),
            _ => unreachable!("the threads of a report need the same"),
        }
        if let (Some(to), Some(more)) = (&mut self.visits, &other.visits) {
            merge(to, more, groups);
        }
        self.charge(groups, other.cost.as_deref().unwrap_or_default());
        for (group, sums) in other.earned {
            let to = self.earned.entry(groups[group as usize]);
            to.or_default().merge(&sums);
        }
    }

    /// All that was added up for a group.
    pub(super) fn sums(&self, group: u32) -> Sums {
        let place = group as usize;
        let lanes = match &self.clicks {
            Clicks::Counted(lanes) => {
                let [all, bots] = lanes[place];
                [all, 0, 0, 0, bots, 0, 0, 0]
            }
            Clicks::Unique(lanes) => lanes[place],
        };
        let visits = self.visits.as_ref().map_or([0; 8], |visits| visits[place]);
        let counted = |half: usize| Counted {
            clicks: lanes[half],
            unique: lanes[half + 1],
            unique_flow: lanes[half + 2],
            unique_global: lanes[half + 3],
            landing_views: visits[half],
            offer_clicks: visits[half + 1],
            offer_click_repeats: visits[half + 2],
        };
        let cost = self.cost.as_ref().map_or(0, |cost| cost[place]);
        let mut sums = Sums::of_clicks(counted(0), counted(4), Micros(cost));
        if let Some(earned) = self.earned.get(&group) {
            sums.merge(earned);
        }
        sums
    }
}

/// The numbers of a row for all, and again for bots if it is one's.
fn both((all, is_bot): ([u32; 4], bool)) -> [u32; 8] {
    let mut lanes = [0; 8];
    lanes[..4].copy_from_slice(&all);
    if is_bot {
        lanes[4..].copy_from_slice(&all);
    }
    lanes
}

fn add<const N: usize>(lanes: &mut Lanes<N>, groups: &[u32], codes: &[u32], table: &[[u32; N]]) {
    for (group, code) in groups.iter().zip(codes) {
        let (lanes, more) = (&mut lanes[*group as usize], &table[*code as usize]);
        // A file holds no 4 billion clicks, and this is several additions at once.
        for (lane, more) in lanes.iter_mut().zip(more) {
            *lane = lane.wrapping_add(*more);
        }
    }
}

fn merge<const N: usize>(lanes: &mut Lanes<N>, more: &Lanes<N>, groups: &[u32]) {
    for (more, group) in more.iter().zip(groups) {
        for (lane, more) in lanes[*group as usize].iter_mut().zip(more) {
            *lane = lane.saturating_add(*more);
        }
    }
}
