//! The outbox: what is to be told to traffic sources, until they have heard it.
//!
//! A row is written in the transaction of its conversion (`plan`), expanded, so that it tells what
//! was true then. An attempt is committed before it is sent and again when it has ended ([`work`]):
//! whatever is open after a crash is sent again, marked as possibly repeated, and a success that was
//! recorded never is.

pub mod log;
pub(in crate::store) mod plan;
mod telling;
pub mod work;

/// Where a row stands.
pub const STATES: [&str; 4] = [WAITING, SENT, EXPIRED, SKIPPED];
const WAITING: &str = "waiting";
const SENT: &str = "sent";
const EXPIRED: &str = "expired";
const SKIPPED: &str = "skipped";
