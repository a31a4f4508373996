//! What a network said -> a conversion. Pure: it plans, the store performs.
//!
//! A request becomes pairs ([`request`]), the gate of the network admits them ([`gate`]), and
//! [`read`](read()) understands them: what one postback says is a [`Said`].

pub mod amount;
mod click;
mod currency;
pub mod fingerprint;
pub mod gate;
mod json;
mod money;
pub mod names;
mod outcome;
mod parameters;
pub mod read;
pub mod request;
pub mod said;
#[cfg(test)]
mod testing;
mod words;

pub use fingerprint::fingerprint;
pub use gate::{Denied, admits, redacted};
pub use json::NotJson;
pub use read::{Words, read};
pub use request::{Body, Unreadable, Why, pairs};
pub use said::{Found, Payout, Said, SaidStatus};
