//! The filters of one flow, ready to be asked.

use super::{Condition, FilterKind, Lists, find, unknown};
use crate::domain::flow::{Filter, Match, Mode};
use crate::domain::problem::Problem;
use crate::engine::trace::{Step, Trace};
use crate::engine::visit::Asked;

/// The filters of one flow.
#[derive(Debug)]
pub struct Filters {
    join: Match,
    /// Those that use something up are at the end: they are asked only if all the others leave
    /// the question open.
    filters: Vec<CompiledFilter>,
}

impl Filters {
    /// Compiles what a document says; the problems' fields are relative to the list (`[0].value`).
    pub fn compile(join: Match, filters: &[Filter], lists: &Lists) -> Result<Self, Vec<Problem>> {
        let mut compiled = Vec::with_capacity(filters.len());
        let mut problems = Vec::new();
        for (index, filter) in filters.iter().enumerate() {
            match CompiledFilter::compile(index, filter, lists) {
                Ok(filter) => compiled.push(filter),
                Err(found) => problems.extend(
                    found
                        .into_iter()
                        .map(|problem| problem.under(&format!("[{index}]"))),
                ),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        compiled.sort_by_key(|filter| filter.kind.uses_up());
        Ok(Self {
            join,
            filters: compiled,
        })
    }

    /// Whether the flow may have this visitor. Stops at the first filter that settles it.
    pub fn accept(&self, asked: &Asked<'_>, trace: &mut impl Trace) -> bool {
        for filter in &self.filters {
            let accepts = filter.accepts(asked);
            trace.step(|| Step::Filter {
                flow_id: asked.flow_id,
                index: filter.index,
                key: filter.kind.key(),
                mode: filter.mode,
                visitor: filter.condition.seen(asked),
                accepts,
            });
            match (self.join, accepts) {
                (Match::All, false) => return false,
                (Match::Any, true) => return true,
                _ => {}
            }
        }
        self.join == Match::All || self.filters.is_empty()
    }
}

/// One condition with its mode.
struct CompiledFilter {
    /// Its place in the document.
    index: usize,
    kind: &'static dyn FilterKind,
    mode: Mode,
    condition: Box<dyn Condition>,
}

impl CompiledFilter {
    fn compile(index: usize, filter: &Filter, lists: &Lists) -> Result<Self, Vec<Problem>> {
        let Some(kind) = find(&filter.key) else {
            return Err(vec![unknown(&filter.key)]);
        };
        let mut problems = Vec::new();
        if kind.uses_up() && filter.mode == Mode::Reject {
            problems.push(Problem::new(
                "mode",
                "invalid",
                format!(
                    "The filter \"{}\" can only accept: it lets visitors through until its number is reached. Set the mode to \"accept\".",
                    kind.key()
                ),
            ));
        }
        match kind.compile(&filter.value.parsed(), lists) {
            Ok(condition) if problems.is_empty() => Ok(Self {
                index,
                kind,
                mode: filter.mode,
                condition,
            }),
            Ok(_) => Err(problems),
            Err(found) => {
                problems.extend(found.into_iter().map(|problem| {
                    let mut problem = problem.under("value");
                    // The line of a list is no place in this document; the message names it.
                    if let Some(end) = problem.field.find(super::values::LINE_OF_LIST) {
                        problem.field.truncate(end + ".list_id".len());
                    }
                    problem
                }));
                Err(problems)
            }
        }
    }

    fn accepts(&self, asked: &Asked<'_>) -> bool {
        self.condition.matches(asked) == (self.mode == Mode::Accept)
    }
}

impl std::fmt::Debug for CompiledFilter {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{:?} {}", self.mode, self.kind.key())
    }
}
