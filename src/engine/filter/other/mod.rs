//! How many visitors a flow gets.

mod limit;
mod share;

use super::FilterKind;

/// In the order in which pickers show them.
pub(super) static ALL: &[&dyn FilterKind] = &[&limit::LimitFilter, &share::ShareFilter];
