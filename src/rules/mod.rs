//! Rules: what has to hold, and what is to be done then. Everything here is pure: it plans effects
//! and performs none.

pub mod effect;
pub mod payout;

pub use effect::{Change, Effect, What};
