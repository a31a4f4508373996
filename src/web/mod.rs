//! (in progress)

pub mod api;
pub mod auth;
pub mod error;
