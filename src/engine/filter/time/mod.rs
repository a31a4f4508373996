//! When the visitor comes.

mod interval;
mod schedule;

use super::FilterKind;

/// In the order in which pickers show them.
pub(super) static ALL: &[&dyn FilterKind] = &[&schedule::ScheduleFilter, &interval::IntervalFilter];
