//! What a network said -> a conversion. Pure: it plans, the store performs.
//!
//! A request becomes pairs, whatever it puts them into ([`request`], `json`). The gate of the
//! network admits them ([`gate`]), and [`read`](read()) understands them: which parameter is meant
//! ([`names`], `parameters`), which click (`click`), what happened and how far it is (`outcome`,
//! by `words`), and what it pays ([`amount`], `currency`, `money`). The result is a [`Said`].
//! Nothing in a postback is refused for being odd: what cannot be read is left out and remarked
//! on, because the network will not send it again.
//!
//! [`credit::credit`] decides what becomes of the conversions of its click, and [`verdict::Verdict`] is the word for
//! it. In the log it stands without secrets ([`logged`]). A file of conversions becomes such pairs row by row ([`batch`]).

pub mod amount;
pub mod batch;
mod click;
pub mod credit;
mod currency;
pub mod fingerprint;
pub mod gate;
mod json;
mod logged;
mod money;
pub mod names;
pub mod offer;
mod outcome;
mod parameters;
pub mod read;
pub mod request;
pub mod said;
#[cfg(test)]
mod testing;
pub mod verdict;
mod words;

pub use fingerprint::fingerprint;
pub use gate::{Denied, admits};
pub use json::NotJson;
pub use logged::{cut_remark, logged};
pub use read::{Words, read, read_as};
pub use request::{Body, Unreadable, Why, pairs};
pub use said::{Found, Payout, Said, SaidStatus};
