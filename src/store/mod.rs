//! The SQLite file: who writes, who reads. (essay in progress)

pub mod connection;
pub mod error;
pub mod migrations;
pub mod writer;
