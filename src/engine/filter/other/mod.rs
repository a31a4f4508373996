//! How many visitors a flow gets.

mod limit;
mod share;

use super::FilterKind;

pub use limit::limits;

/// In the order in which pickers show them.
pub(super) static ALL: &[&dyn FilterKind] = &[&limit::LimitFilter, &share::ShareFilter];
