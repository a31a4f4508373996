//! What a network said -> a conversion. Pure: it plans, the store performs.
//!
//! What one postback says is a [`Said`]; [`credit::credit`] decides what becomes of the conversions of its
//! click, and [`verdict::Verdict`] is the word for it.

pub mod credit;
pub mod offer;
pub mod said;
pub mod verdict;

pub use said::{Found, Payout, Said, SaidStatus};
