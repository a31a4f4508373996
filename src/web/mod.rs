//! HTTP: the only place that names actix.
//!
//! `click` is the click path, `go` the step from a landing to an offer, `postback` what networks
//! call; [`api`] is the JSON API; [`server`] says which address is
//! answered by what.

pub mod api;
pub mod auth;
mod click;
mod click_cookie;
mod cookie;
pub mod download;
pub mod error;
mod go;
mod health;
mod link;
mod lp_js;
mod postback;
pub mod recent;
mod respond;
pub mod server;
pub mod state;
pub mod step;
mod visitor_cookie;
