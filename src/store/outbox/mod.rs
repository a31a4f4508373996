//! The outbox: what is to be told to others, until they have heard it.
//!
//! A row is written in the transaction of what it tells of: of a conversion (`plan`), expanded, so
//! that it tells what was true then; of a rule, a budget or a summary ([`message`]). An attempt is
//! committed before it is sent and again when it has ended ([`work`]): whatever is open after a
//! crash is sent again, marked as possibly repeated, and a success that was recorded never is.
//! [`due`] finds what is to be sent next, `news` wakes who sends it, [`prune`] forgets old requests
//! but not that they were sent.

mod begin;
pub mod due;
pub mod health;
pub mod log;
pub mod message;
pub(in crate::store) mod news;
pub(in crate::store) mod plan;
pub mod prune;
pub(in crate::store) mod telling;
pub mod work;

pub use news::Doorbell;

/// What a row is.
pub const KINDS: [&str; 4] = [POSTBACK, WEBHOOK, TELEGRAM, CALL];
const POSTBACK: &str = "postback";
const WEBHOOK: &str = "webhook";
const TELEGRAM: &str = "telegram";
const CALL: &str = "call";

/// Where a row stands.
pub const STATES: [&str; 4] = [WAITING, SENT, EXPIRED, SKIPPED];
const WAITING: &str = "waiting";
const SENT: &str = "sent";
const EXPIRED: &str = "expired";
const SKIPPED: &str = "skipped";
