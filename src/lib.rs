//! Millrace: a self-hosted affiliate tracker in one binary.
//!
//! # The map
//!
//! | module | what it knows |
//! |---|---|
//! | [`domain`] | the words of the field as plain data: campaigns, clicks, conversions, money, ids |
//! | [`detect`] | a request -> a [`domain::visitor::Visitor`]: client IP, geo, device, bot, language |
//! | [`engine`] | a visitor -> a decision: catalog, flows, filters, rotation, redirects |
//! | [`macros`] | `{name}` in URL templates: parsed when saved, expanded when clicked |
//! | [`postback`] | what a network said -> a conversion: words, identity, moves, payouts, files of them |
//! | [`rules`] | what has to hold, and what is to be done then |
//! | [`presets`] | ready-made traffic sources and networks, one file each |
//! | [`report`] | what is counted and by what it is grouped: metrics, dimensions, sums |
//! | [`export`] | tables as files: CSV and XLSX, written front to back |
//! | [`simulator`] | what would happen to a made-up visitor, step by step |
//! | [`outbound`], [`sender`] | the only outgoing HTTP; what sends what waits in the outbox |
//! | [`vault`] | secrets that have to be read back, encrypted |
//! | [`store`] | the SQLite file: the one writer, the spill, readers, logs, migrations |
//! | [`web`] | HTTP: the click path, postbacks, the JSON API |
//! | [`library`] | what conversions are judged by, opened as it is now |
//! | [`keeper`] | what is remembered of visitors, over a restart |
//! | [`clerk`] | beside the requests: postbacks read again, old ones dropped, rates followed |
//! | [`herald`] | what is said by itself: spent budgets, daily summaries |
//! | [`importer`] | files of conversions: previewed, applied piece by piece beside the clicks |
//! | [`reporter`] | reports: asked in turn, summed, laid out |
//! | [`editor`] | the one way in which campaigns, offers, ... change |
//! | [`evaluator`] | rules, asked and done beside the requests |
//! | [`upkeep`] | what happens every few seconds: totals, [`keeper`], [`clerk`], geo bases |
//! | [`jobs`] | long work on what is stored, in small pieces: costs, clean up, bots again |
//! | [`demo`] | a database of made-up traffic, to look around in and to measure with |
//! | [`control`] | commands beside a running server |
//! | [`cli`], [`config`], [`telemetry`], [`clock`] | command line, settings, logs on stderr, the time |
//! | [`app`] | introduces all of them to each other |
//!
//! # Import rule
//!
//! `domain` imports nothing of ours. `detect`, `engine`, `export`, `macros`, `postback`, `presets`,
//! `report`, `rules` and `simulator` are pure: they never name actix, rusqlite, tokio, `store` or `web`. `store`
//! never names actix or `web`; `web` never names rusqlite or r2d2. `tests/architecture.rs` checks it.
//!
//! # Reading order
//!
//! `engine/mod.rs` (life of a click), `postback/mod.rs` (life of a postback), `store/mod.rs` (who
//! writes, who reads), `web/click.rs` (the click path on one screen), then `app.rs`.

pub mod app;
pub mod background;
pub mod clerk;
pub mod cli;
pub mod clock;
pub mod config;
pub mod control;
pub mod demo;
pub mod detect;
pub mod domain;
pub mod editor;
pub mod engine;
pub mod evaluator;
pub mod export;
pub mod herald;
pub mod importer;
pub mod jobs;
pub mod keeper;
pub mod library;
pub mod macros;
pub mod outbound;
pub mod postback;
pub mod presets;
pub mod report;
pub mod reporter;
pub mod rules;
pub mod sender;
pub mod simulator;
pub mod store;
pub mod telemetry;
pub mod upkeep;
pub mod vault;
pub mod web;
