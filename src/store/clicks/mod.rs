//! Clicks in the file: how one is written, how they are read back.

pub(crate) mod flags;
pub(crate) mod insert;
pub mod log;
pub(crate) mod packed;
pub mod read;
pub mod recorded;
