//! What a network said -> a conversion. Pure: it plans, the store performs.
//!
//! A request becomes pairs ([`request`]), the gate of the network admits them ([`gate`]), and
//! [`read`](read()) understands them: what one postback says is a [`Said`]. [`credit::credit`] decides what
//! becomes of the conversions of its click, and [`verdict::Verdict`] is the word for it. A file of
//! conversions becomes such pairs row by row ([`batch`]).

pub mod amount;
pub mod batch;
mod click;
pub mod credit;
mod currency;
pub mod fingerprint;
pub mod gate;
mod json;
mod money;
pub mod names;
pub mod offer;
mod outcome;
mod parameters;
pub mod read;
pub mod request;
pub mod said;
pub mod verdict;
mod words;

pub use fingerprint::fingerprint;
pub use gate::{Denied, admits, redacted};
pub use json::NotJson;
pub use read::{Words, read, read_as};
pub use request::{Body, Unreadable, Why, pairs};
pub use said::{Found, Payout, Said, SaidStatus};
