//! The words of the field as plain data. Imports nothing of ours.
//!
//! Values whose constructor is the only check ([`id::Id`], [`money::Micros`]),
//! the documents an operator edits ([`campaign`], [`offer`], [`landing`], [`network`],
//! [`traffic_source`], [`tracking_domain`], [`list`], [`group`], [`event`], [`channel`], [`rule`], [`summary`], [`saved_report`], [`own_metric`]), what the click path
//! records ([`visitor`], [`click`], [`offer_click`]), what a click earned ([`conversion`], [`basis`]), what it is said to have cost
//! afterwards ([`cost_update`]), and what others are told ([`outgoing`], [`message`]).
//!
//! Documents are read from JSON by [`form::Form`], which reports every problem of a document at
//! once with its field path, instead of stopping at the first.

pub mod basis;
pub mod campaign;
pub mod channel;
pub mod check;
pub mod click;
pub mod conversion;
pub mod cost_update;
pub mod documents;
pub mod entity;
pub mod event;
pub mod filter_value;
pub mod flow;
pub mod form;
pub mod format;
pub mod group;
pub mod id;
pub mod jumps;
mod key;
pub mod landing;
pub mod list;
pub mod message;
pub mod money;
pub mod nearest;
pub mod network;
pub mod offer;
pub mod offer_click;
pub mod outgoing;
pub mod own_metric;
pub mod parameter;
pub mod period;
pub mod problem;
pub mod rates;
pub mod reference;
pub mod revenue_kind;
pub mod rule;
pub mod saved_report;
pub mod secret;
pub mod state;
pub mod summary;
pub mod target;
pub mod tracking_domain;
pub mod traffic_source;
pub mod visitor;
pub mod wall_clock;
pub mod word;
