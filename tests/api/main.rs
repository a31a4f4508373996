//! The integration tests: the real binary on a free port, each test with its own data directory.
//!
//! | module | what it tells |
//! |---|---|
//! | `tracker` | starts, stops, kills and restarts the binary; its API and its files |
//! | `visitor` | a plain HTTP client that sends any bytes and says what exactly came back |
//! | `load` | several visitors clicking at once, and what they were promised |
//! | `disk` | the disk that fails on command, real small file systems, limits |
//! | `go`, `lp_js` | from the landing to the offer, and the script that helps links there |
//! | `clicks`, `macros`, `redirects`, `detection`, `filters`, `hostile`, `editing`, `entities`, `networks`, `presets`, `startup` | what the tracker does on a good day |
//! | `payer` | an affiliate network that sends postbacks, and what the file holds of them |
//! | `postbacks`, `postback_bodies`, `postback_races` | postbacks as requests |
//! | `conversions`, `events`, `payouts`, `credited_offers`, `parking` | what they make of clicks, and those that wait |
//! | `budgets_told`, `summaries` | what is said by itself |
//! | `jobs` | long work: costs told afterwards, clean up, bots judged again |
//! | `outgoing`, `channels`, `receiver` | what traffic sources are told of conversions, messages to chats and webhooks, and one that is called |
//! | `exports` | logs as files, and found by the filters of reports |
//! | `saved_reports` | reports that are kept, shown by links, sent as files |
//! | `conversion_log` | conversions and postbacks as they are listed |
//! | `columns` | the columns of reports, made anew and compared with the rows |
//! | `demo` | a demo from its start to its end |
//! | `test_clicks` | the operator's own visits |
//! | `metrics` | numbers of the operator's own |
//! | `meetings` | where parts meet |
//! | `reports` | clicks and conversions summed by anything |
//! | `counters` | caps, budgets and currency rates |
//! | `caps`, `money` | what conversions take of caps, are worth, and cost |
//! | `rule_rounds` | rules at work |
//! | `rule_runs` | what rules did, listed and taken back |
//! | `routing` | flows at work, and saves while visitors click |
//! | `rules` | rules as they are saved, and ready-made ones |
//! | `uniqueness` | who is new, and what a returning visitor finds again |
//! | `faults` | what it does on a bad one |

// A test that cannot go on may say so with a panic.
#![allow(clippy::unwrap_used)]

mod budgets_told;
mod bulk;
mod caps;
mod channels;
mod clicks;
mod columns;
mod conversion_edits;
mod conversion_log;
mod conversions;
mod counters;
mod credited_offers;
mod demo;
mod detection;
mod disk;
mod editing;
mod entities;
mod events;
mod exports;
mod faults;
mod filters;
mod go;
mod hostile;
mod import;
mod jobs;
mod load;
mod lp_js;
mod macros;
mod meetings;
mod metrics;
mod money;
mod networks;
mod outgoing;
mod parking;
mod payer;
mod payouts;
mod postback_bodies;
mod postback_races;
mod postbacks;
mod presets;
mod receiver;
mod redirects;
mod reports;
mod routing;
mod rule_rounds;
mod rule_runs;
mod rules;
mod saved_reports;
mod simulator;
mod startup;
mod summaries;
mod test_clicks;
mod tracker;
mod uniqueness;
mod visitor;
