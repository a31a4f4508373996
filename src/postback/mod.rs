//! What a network said -> a conversion. Pure: it plans, the store performs.
//!
//! What one postback says is a [`Said`].

pub mod said;

pub use said::{Found, Payout, Said, SaidStatus};
