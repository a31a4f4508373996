//! Which of many rows are shown, and in which order: no more are sorted than that.

use std::cmp::Ordering;
use std::ops::Range;

use super::Groups;
use super::source::Source;
use crate::domain::money::Micros;
use crate::report::dimension::{Dimension, Input, Names};
use crate::report::request::{By, Level, Request};

/// What rows are compared by, worked out for all of them.
enum Column<'a> {
    Figures(Vec<Option<Micros>>),
    Names(Vec<Option<String>>),
    Values(usize, &'a Dimension),
}

/// The order of the rows of a level.
pub(super) struct Order<'a> {
    columns: Vec<(Column<'a>, bool)>,
}

impl<'a> Order<'a> {
    pub(super) fn new(request: &'a Request, level: &Level) -> Self {
        let column = |by: &By| match by {
            By::Figure(_) => Column::Figures(Vec::new()),
            By::Name(_) => Column::Names(Vec::new()),
            By::Dimension(index) => Column::Values(*index, request.dimensions[*index].dimension()),
        };
        let sorts = level.sort.iter();
        Self {
            columns: sorts
                .map(|sort| (column(&sort.by), sort.is_descending))
                .collect(),
        }
    }

    /// Adds the next row: its metrics are asked for by `figure`.
    pub(super) fn add<G: Groups>(
        &mut self,
        level: &Level,
        request: &Request,
        names: &Names,
        source: &Source<'_, G>,
        run: &Range<usize>,
        mut figure: impl FnMut(&crate::report::Figure) -> Option<Micros>,
    ) {
        for ((column, _), sort) in self.columns.iter_mut().zip(&level.sort) {
            match (column, &sort.by) {
                (Column::Figures(values), By::Figure(wanted)) => values.push(figure(wanted)),
                (Column::Names(column), By::Name(index)) => {
                    let dimension = request.dimensions[*index].dimension();
                    let id = source.value(run, *index);
                    let name = id.and_then(|id| dimension.name_of(id, names));
                    column.push(name.map(|name| name.to_lowercase()));
                }
                _ => {}
            }
        }
    }

    /// The first `wanted` rows, by their places among those that were added.
    pub(super) fn first<G: Groups>(
        &self,
        wanted: usize,
        level: &Level,
        source: &Source<'_, G>,
        runs: &[Range<usize>],
    ) -> Vec<u32> {
        let compare = |a: &u32, b: &u32| self.compare(*a, *b, level, source, runs);
        let mut places: Vec<u32> = (0..runs.len() as u32).collect();
        if wanted < places.len() {
            places.select_nth_unstable_by(wanted, compare);
            places.truncate(wanted);
        }
        places.sort_unstable_by(compare);
        places
    }

    /// Rows that are alike in all that is compared stand in the order of their values, so that no page
    /// repeats a row of another.
    fn compare<G: Groups>(
        &self,
        a: u32,
        b: u32,
        level: &Level,
        source: &Source<'_, G>,
        runs: &[Range<usize>],
    ) -> Ordering {
        let (one, other) = (a as usize, b as usize);
        let value = |place: usize, dimension| source.value(&runs[place], dimension);
        for (column, is_descending) in &self.columns {
            let order = match column {
                Column::Figures(values) => {
                    nothing_last(values[one], values[other], *is_descending, Ord::cmp)
                }
                Column::Names(names) => nothing_last(
                    names[one].as_deref(),
                    names[other].as_deref(),
                    *is_descending,
                    Ord::cmp,
                ),
                Column::Values(index, dimension) => {
                    let (one, other) = (value(one, *index), value(other, *index));
                    nothing_last(one, other, *is_descending, |a, b| by_value(dimension, a, b))
                }
            };
            if order.is_ne() {
                return order;
            }
        }
        let mut dimensions = level.dimensions.clone();
        let different = dimensions.find_map(|dimension| {
            let order = value(one, dimension).cmp(&value(other, dimension));
            order.is_ne().then_some(order)
        });
        different.unwrap_or(Ordering::Equal)
    }
}

fn nothing_last<T>(
    one: Option<T>,
    other: Option<T>,
    is_descending: bool,
    compare: impl Fn(&T, &T) -> Ordering,
) -> Ordering {
    match (one, other) {
        (Some(one), Some(other)) if is_descending => compare(&other, &one),
        (Some(one), Some(other)) => compare(&one, &other),
        (one, other) => one.is_none().cmp(&other.is_none()),
    }
}

/// Numbers by their size.
fn by_value(dimension: &Dimension, one: &str, other: &str) -> Ordering {
    let number = |text: &str| match dimension.input {
        Input::Id { .. } | Input::Flow | Input::Number => text.parse::<u64>().ok(),
        _ => None,
    };
    number(one).cmp(&number(other)).then_with(|| one.cmp(other))
}
