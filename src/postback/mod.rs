//! What a network said -> a conversion. Pure: it plans, the store performs.
//!
//! A request becomes pairs ([`request`]), the gate of the network admits them ([`gate`]), and
//! [`read`](read()) understands them: what one postback says is a [`Said`].

pub mod fingerprint;
pub mod gate;
pub mod read;
pub mod request;
pub mod said;

pub use fingerprint::fingerprint;
pub use gate::{Denied, admits, redacted};
pub use read::{Words, read};
pub use request::{Body, Unreadable, Why, pairs};
pub use said::{Found, Payout, Said, SaidStatus};
