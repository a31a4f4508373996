//! HTTP: the only place that names actix.
//!
//! `click` is the click path; [`api`] is the JSON API; [`server`] says which address is
//! answered by what.

pub mod api;
pub mod auth;
mod click;
pub mod error;
mod health;
mod respond;
pub mod server;
pub mod state;
mod visitor_cookie;
