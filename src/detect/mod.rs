//! A request becomes a visitor. One file answers one question.

pub mod bot;
pub mod client_ip;
pub mod device;
pub mod geo;
pub mod language;
pub mod params;
pub mod referrer;
pub mod request;
pub mod text;
