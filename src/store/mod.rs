//! The SQLite file: who writes, who reads. (essay in progress)

pub mod api_keys;
pub mod connection;
pub mod entities;
pub mod error;
pub mod migrations;
pub mod settings;
pub mod writer;
