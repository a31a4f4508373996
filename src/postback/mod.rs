//! What a network said -> a conversion. Pure: it plans, the store performs.
//!
//! # The life of a postback
//!
//! 1. `web/postback.rs` takes the request; its query and body become pairs of names and values,
//!    whatever the network puts them into ([`request`], `json`).
//! 2. The gate of the network, whose key is in the path, admits them or not ([`gate`]).
//! 3. [`read`](read()) understands them: which parameter is meant ([`names`], `parameters`), which
//!    click (`click`), what happened and how far it is (`outcome`, by `words`), and what it pays
//!    ([`amount`], `currency`, `money`). The result is a [`Said`]. Nothing in a postback is refused
//!    for being odd: what cannot be read is left out and remarked on, because the network will not
//!    send it again.
//! 4. The one writer takes it (`store/conversions/receive.rs`): the click is looked up, and with it
//!    the [`offer`] that is credited. Without a key the network is that of this offer, and the
//!    postback is read again with its words. An id that was made here and whose click is not stored
//!    waits.
//! 5. [`credit::credit`] decides what becomes of the conversions of the click;
//!    [`verdict::Verdict`] is the word for it.
//! 6. Log entry, conversion, its history and the label of the click are committed together; then the
//!    network is answered.
//! 7. What waits, for its click or for the meaning of a word, is read again by the clerk (`clerk.rs`).
//!
//! A request whose sender may have had no answer, or that counts each time it comes, is known again
//! by its [`fingerprint`](fingerprint()). A file of conversions becomes such pairs row by row
//! ([`batch`]), and goes on from step 3.

pub mod amount;
pub mod batch;
mod click;
pub mod credit;
mod currency;
pub mod fingerprint;
pub mod gate;
mod json;
pub mod markdown;
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
pub use gate::{Denied, admits, redacted};
pub use json::NotJson;
pub use read::{Words, read, read_as};
pub use request::{Body, Unreadable, Why, pairs};
pub use said::{Found, Payout, Said, SaidStatus};
