//! The SQLite file: the only place that names rusqlite and r2d2.
//!
//! # Who writes
//!
//! One thread ([`writer`]) owns the one writing connection. Clicks and offer clicks (a
//! [`record::Record`] each) come to it from the worker threads through a [`writer::Lane`] each;
//! postbacks ([`conversions::receive`]) through [`writer::Writer::edit`]; operator edits, pieces of
//! imports and of jobs ([`jobs`]), what the clerk does and how outgoing calls go ([`outbox`]) through
//! [`writer::Writer::edit_blocking`]. All of them share one
//! queue and its order. The writer takes everything that waits, commits it as one transaction, each
//! edit in a savepoint of its own, then lets them go: a redirect leaves after its click, the answer
//! to a postback after its conversion is in the write-ahead log.
//!
//! When no commit comes within the acknowledgement time-out, clicks go to the spill file
//! (`spill`), written by its own thread, until the writer has caught up: it takes the spill over
//! before anything else, and `on conflict(id) do nothing` makes taking over twice harmless. When
//! even the spill takes nothing, clicks wait in the bounded queue in memory, counted and shown. A
//! postback goes to no spill: it can be withdrawn until the writer takes it up, and its sender is asked
//! to send it again.
//!
//! [`checkpoint`] copies the log into the database from a connection of its own. A new file that
//! nobody serves yet is filled by [`filling`].
//!
//! # Who reads
//!
//! Requests of the API, on blocking threads, through a pool of read-only connections
//! ([`readers`]). No read transaction may last: the log cannot be restarted under one, so long
//! lists are read in pieces ([`log`]), and so is what numbers are summed over for rules ([`sums`]).
//! [`reports`] read clicks and conversions by column, out of segments that are sealed from the rows
//! ([`columns`]). The click path reads nothing: what it needs is in memory.

pub mod ad_names;
pub mod api_keys;
pub mod budgets;
pub mod changes;
pub mod channels;
pub mod checkpoint;
pub mod clicks;
pub mod columns;
pub mod connection;
pub mod conversions;
pub mod counts;
mod dictionary;
pub mod entities;
pub mod error;
pub mod filling;
pub mod imports;
pub mod jobs;
pub mod lock;
pub mod log;
pub mod migrations;
pub mod offer_clicks;
pub mod outbox;
pub mod postbacks;
pub mod rates;
pub mod readers;
pub mod record;
pub mod report_links;
pub mod reports;
pub mod rules;
pub mod set_aside;
pub mod settings;
mod spill;
pub mod sums;
pub mod tallies;
pub mod unassigned_costs;
pub mod writer;
