//! From groups to a table.

use std::cell::Cell;
use std::ops::Range;

use super::pick::Order;
use super::source::Source;
use super::{Cells, Groups, Row, Summed, Table};
use crate::domain::money::Micros;
use crate::report::dimension::Names;
use crate::report::request::{Level, Positions, Request};
use crate::report::{Figure, Sums, running};

/// Most rows of all levels of a tree together; a flat report has those of its limit.
const ROWS_MAX: usize = 50_000;

/// The rows of a report. `before` is what was summed over the time that it is compared with.
pub fn build<G: Groups>(
    request: &Request,
    names: &Names,
    now: &Summed<G>,
    before: Option<(&Summed<G>, &Positions)>,
) -> Table {
    let before = before.map(|(summed, positions)| {
        let sources = Sources::new(request, summed, true);
        (sources, positions)
    });
    let build = Build {
        request,
        names,
        now: Sources::new(request, now, request.is_tree),
        before,
        room: Cell::new(ROWS_MAX.max(request.levels[0].limit)),
    };
    let (rows, groups, passed) = build.level(0, build.now.of(&request.levels[0]).0.all(), &[]);
    let end = request.offset.saturating_add(request.levels[0].limit);
    Table {
        rows,
        totals: build.totals(passed),
        groups,
        next: (end < groups).then_some(end),
    }
}

/// What was summed over one time, in an order.
struct Sources<'a, G> {
    whole: Source<'a, G>,
    of_clicks: Option<Source<'a, G>>,
    /// So many of the dimensions clicks have.
    dimensions_of_clicks: usize,
    counts_clicks: bool,
}

impl<'a, G: Groups> Sources<'a, G> {
    fn new(request: &Request, summed: &'a Summed<G>, is_sorted: bool) -> Self {
        let source = |groups, dimensions| match is_sorted {
            true => Source::sorted(groups, dimensions),
            false => Source::flat(groups, dimensions),
        };
        let dimensions_of_clicks = request.dimensions_of_clicks();
        let of_clicks = summed.of_clicks.as_ref();
        Self {
            whole: source(&summed.whole, request.dimensions.len()),
            of_clicks: of_clicks.map(|groups| source(groups, dimensions_of_clicks)),
            dimensions_of_clicks,
            counts_clicks: request.counts_clicks(),
        }
    }

    /// The groups of a level, and whether clicks are counted in them.
    fn of(&self, level: &Level) -> (&Source<'a, G>, bool) {
        match level.dimensions.end <= self.dimensions_of_clicks {
            true => self.widest(),
            false => (&self.whole, false),
        }
    }

    /// The groups that have clicks, if any have.
    fn widest(&self) -> (&Source<'a, G>, bool) {
        match &self.of_clicks {
            Some(source) => (source, self.counts_clicks),
            None => {
                let all_are = self.dimensions_of_clicks == self.whole.dimensions();
                (&self.whole, self.counts_clicks && all_are)
            }
        }
    }
}

struct Build<'a, G> {
    request: &'a Request,
    names: &'a Names,
    now: Sources<'a, G>,
    before: Option<(Sources<'a, G>, &'a Positions)>,
    /// Rows that may still be shown.
    room: Cell<usize>,
}

impl<'a, G: Groups> Build<'a, G> {
    /// The shown rows of a level below the row of these values, how many there are, and what all of
    /// them add up to.
    fn level(
        &self,
        index: usize,
        run: Range<usize>,
        above: &[Option<&'a str>],
    ) -> (Vec<Row>, usize, Sums) {
        let level = &self.request.levels[index];
        let (source, has_clicks) = self.now.of(level);
        let mut order = Order::new(self.request, level);
        let mut runs = Vec::new();
        let mut passed = Sums::default();
        self.each(source, has_clicks, level, run, |run, sums| {
            let figure = |figure: &Figure| self.value(figure, sums, has_clicks);
            order.add(level, self.request, self.names, source, &run, figure);
            passed.merge(sums);
            runs.push(run);
        });
        let offset = if index == 0 { self.request.offset } else { 0 };
        let limit = level.limit.min(self.room.get());
        let wanted = offset.saturating_add(limit).min(runs.len());
        let places = order.first(wanted, level, source, &runs);
        let groups = runs.len();
        let runs: Vec<Range<usize>> = places
            .into_iter()
            .map(|place| runs[place as usize].clone())
            .collect();
        let rows = self.rows(index, &runs, offset.min(groups), above);
        (rows, groups, passed)
    }

    /// Rows in their order, without the first ones.
    fn rows(
        &self,
        index: usize,
        runs: &[Range<usize>],
        skipped: usize,
        above: &[Option<&'a str>],
    ) -> Vec<Row> {
        let level = &self.request.levels[index];
        let (source, has_clicks) = self.now.of(level);
        // Running totals begin with the first row of all.
        let has_running = self.request.metrics.iter().any(Figure::is_running);
        let unneeded = if has_running { 0 } else { skipped };
        let needed = runs.get(unneeded..).unwrap_or_default();
        let path = |run: &Range<usize>| {
            let own = level.dimensions.clone();
            let own = own.map(|dimension| source.value(run, dimension));
            above.iter().copied().chain(own).collect::<Vec<_>>()
        };
        let mut cells: Vec<Cells> = needed
            .iter()
            .map(|run| Cells {
                now: self.values(&source.sums(run), has_clicks),
                before: self.before(level, &path(run)),
            })
            .collect();
        self.run_totals(&mut cells);
        let shown = needed.iter().zip(cells).skip(skipped - unneeded);
        self.room.set(self.room.get().saturating_sub(shown.len()));
        let row = |(run, cells): (&Range<usize>, Cells)| {
            let path = path(run);
            let (children, all) = self.below(index, run, &path);
            Row {
                values: path[above.len()..]
                    .iter()
                    .map(|value| value.map(str::to_owned))
                    .collect(),
                cells,
                more: all - children.len(),
                children,
            }
        };
        shown.map(row).collect()
    }

    /// The rows below a row, and how many there are.
    fn below(
        &self,
        index: usize,
        run: &Range<usize>,
        path: &[Option<&'a str>],
    ) -> (Vec<Row>, usize) {
        let levels = &self.request.levels;
        let Some(next) = levels.get(index + 1) else {
            return (Vec::new(), 0);
        };
        let (own, source) = (self.now.of(&levels[index]).0, self.now.of(next).0);
        let run = match std::ptr::eq(own, source) {
            true => run.clone(),
            false => source.find(path),
        };
        let (rows, all, _) = self.level(index + 1, run, path);
        (rows, all)
    }

    /// Goes through the rows of a level that hold what is asked of them.
    fn each(
        &self,
        source: &Source<'a, G>,
        has_clicks: bool,
        level: &Level,
        run: Range<usize>,
        mut take: impl FnMut(Range<usize>, &Sums),
    ) {
        let runs = match self.request.is_tree {
            true => source.split(run, level.dimensions.start),
            false => run.map(|place| place..place + 1).collect(),
        };
        for run in runs {
            let sums = source.sums(&run);
            let mut having = self.request.having.iter();
            if having.all(|one| one.test.holds(self.value(&one.metric, &sums, has_clicks))) {
                take(run, &sums);
            }
        }
    }

    /// What the report adds up to; `passed` is the sum of the rows of its first level.
    fn totals(&self, passed: Sums) -> Cells {
        let level = &self.request.levels[0];
        let has_clicks = match self.request.having.is_empty() {
            true => self.now.widest().1,
            false => self.now.of(level).1,
        };
        let all = |sources: &Sources<'a, G>| {
            let (source, has_clicks) = sources.of(level);
            let mut sums = Sums::default();
            match (self.request.having.is_empty(), &sources.of_clicks) {
                (true, Some(source)) => sums = source.sums(&source.all()),
                _ => {
                    let add = |_, more: &Sums| sums.merge(more);
                    self.each(source, has_clicks, level, source.all(), add);
                }
            }
            sums
        };
        let now = match (self.request.having.is_empty(), &self.now.of_clicks) {
            (true, Some(_)) => all(&self.now),
            _ => passed,
        };
        let before = self.before.as_ref();
        Cells {
            now: self.values(&now, has_clicks),
            before: before.map(|(sources, _)| self.values(&all(sources), has_clicks)),
        }
    }

    /// The same row in the time before.
    fn before(&self, level: &Level, path: &[Option<&str>]) -> Option<Vec<Option<Micros>>> {
        let (sources, positions) = self.before.as_ref()?;
        let (source, has_clicks) = sources.of(level);
        let values = path.iter().enumerate();
        let then: Option<Vec<Option<&str>>> = values
            .map(|(dimension, value)| positions.before(dimension, *value))
            .collect();
        let sums = then.map_or_else(Sums::default, |path| source.sums(&source.find(&path)));
        Some(self.values(&sums, has_clicks))
    }

    fn values(&self, sums: &Sums, has_clicks: bool) -> Vec<Option<Micros>> {
        let metrics = self.request.metrics.iter();
        metrics
            .map(|metric| self.value(metric, sums, has_clicks))
            .collect()
    }

    /// What follows from clicks has no value where none are counted.
    fn value(&self, figure: &Figure, sums: &Sums, has_clicks: bool) -> Option<Micros> {
        let view = self.request.view;
        match has_clicks || !figure.needs(view).are_of_clicks() {
            true => figure.value(sums, view),
            false => None,
        }
    }

    /// What rows add becomes what they and those above them add up to.
    fn run_totals(&self, cells: &mut [Cells]) {
        let metrics = self.request.metrics.iter().enumerate();
        for (index, _) in metrics.filter(|(_, metric)| metric.is_running()) {
            let now: Vec<_> = running(cells.iter().map(|cells| cells.now[index])).collect();
            let of_before = |cells: &Cells| cells.before.as_ref().and_then(|before| before[index]);
            let before: Vec<_> = running(cells.iter().map(of_before)).collect();
            for (cells, (now, then)) in cells.iter_mut().zip(now.into_iter().zip(before)) {
                cells.now[index] = now;
                if let Some(before) = &mut cells.before {
                    before[index] = then;
                }
            }
        }
    }
}
