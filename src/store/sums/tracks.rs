//! Where rows are added up: a track for each pile and campaign, its time cut into stretches within
//! which no span begins or ends.

use std::collections::HashMap;

use ahash::RandomState;

use super::facts::Facts;
use super::plan::{Asked, Codes, NO_CODES, Pile, Plan, Set};
use super::{Answer, Group, MOST_GROUPS, Span, Unanswered};
use crate::report::Sums;

/// Most sums of all tracks together: some 130 bytes each, with its share of the group.
const MOST_CELLS: usize = if cfg!(test) { 3_000 } else { 1_000_000 };

pub(super) struct Tracks<'q> {
    pub(super) plan: Plan<'q>,
    by_campaign: HashMap<u64, Vec<Track>, RandomState>,
    /// Piles that did not fit; nothing is added to them any more.
    dropped: Set<usize>,
}

/// The sums of one pile for one campaign.
pub(super) struct Track {
    pub(super) pile: usize,
    /// Where spans begin and end, ascending: stretch N lies between cut N and the next one.
    cuts: Vec<i64>,
    /// Whether a stretch is asked for.
    is_asked: Vec<bool>,
    /// The last one that was found: rows come nearly in the order of time.
    latest: usize,
    groups: HashMap<Codes, u32, RandomState>,
    /// By the number of a group.
    codes: Vec<Codes>,
    /// (stretch, group) -> its sums.
    cells: HashMap<(u32, u32), u32, RandomState>,
    sums: Vec<Sums>,
}

impl<'q> Tracks<'q> {
    pub(super) fn new(plan: Plan<'q>) -> Self {
        Self {
            plan,
            by_campaign: HashMap::default(),
            dropped: Set::default(),
        }
    }

    /// The piles and tracks that rows of a campaign may be added to.
    pub(super) fn of(&mut self, campaign_id: u64) -> (&[Pile], &mut [Track]) {
        let (plan, dropped) = (&self.plan, &self.dropped);
        let tracks = self.by_campaign.entry(campaign_id);
        let tracks = tracks.or_insert_with(|| tracks_of(plan, dropped, campaign_id));
        (&plan.piles, tracks)
    }

    /// Keeps memory bounded: to be called after each page. Where it is full the largest pile is
    /// dropped, over all campaigns, and its values are not even noted any more.
    pub(super) fn settle(&mut self) {
        let mut cells = vec![0; self.plan.piles.len()];
        for track in self.by_campaign.values().flatten() {
            cells[track.pile] += track.sums.len();
        }
        while cells.iter().sum::<usize>() > MOST_CELLS
            && let Some(largest) = (0..cells.len()).max_by_key(|pile| cells[*pile])
        {
            cells[largest] = 0;
            self.dropped.insert(largest);
            for tracks in self.by_campaign.values_mut() {
                tracks.retain(|track| track.pile != largest);
            }
        }
    }

    /// What a question's answer is, by its number.
    pub(super) fn answer(&self, index: usize, facts: &Facts<'_>) -> Answer {
        let asked = &self.plan.asked[index];
        if self.dropped.contains(&asked.pile) {
            return Err(Unanswered::TooMany);
        }
        let mut totals: HashMap<Codes, Sums, RandomState> = HashMap::default();
        if asked.columns.is_empty() && asked.asks_for(&NO_CODES) {
            totals.insert(NO_CODES, Sums::default());
        }
        for (campaign_id, tracks) in &self.by_campaign {
            let Some(span) = asked.span(*campaign_id) else {
                continue;
            };
            for track in tracks.iter().filter(|track| track.pile == asked.pile) {
                track.add_to(&mut totals, asked, span)?;
            }
        }
        let groups = totals.into_iter();
        let groups = groups.map(|(codes, sums)| (told(&codes, asked, facts), sums));
        Ok(groups.collect())
    }
}

fn told(codes: &Codes, asked: &Asked<'_>, facts: &Facts<'_>) -> Group {
    let values = asked.columns.iter().zip(codes);
    values
        .map(|(column, code)| facts.values(*column).told(*code))
        .collect()
}

/// A track for each pile with a question about the campaign.
fn tracks_of(plan: &Plan<'_>, dropped: &Set<usize>, campaign_id: u64) -> Vec<Track> {
    let piles = (0..plan.piles.len()).filter(|pile| !dropped.contains(pile));
    let tracks = piles.filter_map(|pile| {
        let asked = plan.asked.iter().filter(|asked| asked.pile == pile);
        let spans: Set<Span> = asked.filter_map(|asked| asked.span(campaign_id)).collect();
        (!spans.is_empty()).then(|| Track::new(pile, &spans))
    });
    tracks.collect()
}

impl Track {
    fn new(pile: usize, spans: &Set<Span>) -> Self {
        let mut cuts: Vec<i64> = spans.iter().flat_map(|span| [span.from, span.to]).collect();
        cuts.sort_unstable();
        cuts.dedup();
        let stretches = cuts.windows(2).map(|ends| Span {
            from: ends[0],
            to: ends[1],
        });
        let is_asked = stretches.map(|stretch| spans.iter().any(|span| span.holds(stretch)));
        Self {
            pile,
            is_asked: is_asked.collect(),
            cuts,
            latest: 0,
            groups: HashMap::default(),
            codes: Vec::new(),
            cells: HashMap::default(),
            sums: Vec::new(),
        }
    }

    /// The stretch that a time lies in, if one that is asked for does.
    pub(super) fn stretch(&mut self, at: i64) -> Option<usize> {
        let (from, to) = (self.cuts[self.latest], self.cuts[self.latest + 1]);
        if at < from || at >= to {
            let behind = self.cuts.partition_point(|cut| *cut <= at);
            let stretch = behind.checked_sub(1)?;
            self.is_asked.get(stretch)?;
            self.latest = stretch;
        }
        self.is_asked[self.latest].then_some(self.latest)
    }

    /// The sums of a group within a stretch.
    pub(super) fn sums(&mut self, stretch: usize, codes: &Codes) -> &mut Sums {
        let group = match self.groups.get(codes) {
            Some(group) => *group,
            None => {
                let group = self.codes.len() as u32;
                self.codes.push(*codes);
                self.groups.insert(*codes, group);
                group
            }
        };
        let fresh = self.sums.len() as u32;
        let cell = *self.cells.entry((stretch as u32, group)).or_insert(fresh);
        if cell == fresh {
            self.sums.push(Sums::default());
        }
        &mut self.sums[cell as usize]
    }

    fn add_to(
        &self,
        totals: &mut HashMap<Codes, Sums, RandomState>,
        asked: &Asked<'_>,
        span: Span,
    ) -> Result<(), Unanswered> {
        let groups: Vec<Option<Codes>> =
            self.codes.iter().map(|codes| asked.group(codes)).collect();
        for ((stretch, group), cell) in &self.cells {
            let stretch = *stretch as usize;
            let ends = Span {
                from: self.cuts[stretch],
                to: self.cuts[stretch + 1],
            };
            let Some(group) = groups[*group as usize].filter(|_| span.holds(ends)) else {
                continue;
            };
            totals
                .entry(group)
                .or_default()
                .merge(&self.sums[*cell as usize]);
            if totals.len() > MOST_GROUPS {
                return Err(Unanswered::TooMany);
            }
        }
        Ok(())
    }
}
