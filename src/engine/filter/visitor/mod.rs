//! Who the visitor is held to be.

mod bot;
mod uniqueness;

use super::FilterKind;

/// In the order in which pickers show them.
pub(super) static ALL: &[&dyn FilterKind] = &[&uniqueness::UniquenessFilter, &bot::BotFilter];
