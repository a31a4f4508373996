//! Conversions in the file: how they are read.

pub mod history;
pub mod log;

#[cfg(test)]
mod log_tests;
