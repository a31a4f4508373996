//! Rules: what has to hold, and what is to be done then. Everything here is pure: it plans effects
//! and performs none.
//!
//! # The life of a rule
//!
//! 1. Its document is `domain::rule`. [`compile`] finds every metric, fact, dimension and action that
//!    it names, or tells what is wrong, with the field: a rule that does not compile is not saved.
//!    [`doubts`] tells what works and may not be meant, such as a rule that undoes another one.
//! 2. At its moment somebody makes a [`Subject`] of each group and asks for the [`Verdict`]. Facts
//!    are at hand, numbers may not be: [`Verdict::NeedsNumbers`] says that somebody has to look at
//!    them and ask again.
//! 3. Where the conditions hold, [`Compiled::plan`] says what is to be done, as [`Effect`]s.
//!
//! | file | what it knows |
//! |---|---|
//! | `compiled.rs` | a rule, read once and asked often |
//! | `known.rs` | what is known of its groups before any is looked at |
//! | `tree.rs` | conditions: yes, no, or not without the numbers |
//! | `number.rs`, `fact.rs` | what conditions can name |
//! | `subject.rs`, `scene.rs` | a group at one time, by itself and among the documents |
//! | `action/` | what a rule can do |
//! | `text.rs`, `word.rs` | what it says to people |
//! | `effect.rs` | what it wants done |
//! | `ready.rs`, `payout.rs` | rules in use; what one conversion pays where nothing was sold |
//! | `doubts.rs` | what works and may not be meant |
//! | `options.rs`, `markdown.rs` | the tables for pickers and for the README |
//!
//! Metrics and dimensions are those of `report`. Adding a fact: `fact.rs`; an action: `action/mod.rs`;
//! a word of texts: `word.rs`.

pub mod action;
mod compiled;
mod doubts;
pub mod effect;
pub mod fact;
mod known;
#[cfg(test)]
mod laws;
mod markdown;
mod number;
mod options;
pub mod payout;
mod ready;
mod scene;
mod subject;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod text;
mod tree;
pub mod word;

pub use compiled::{Compiled, Verdict, compile};
pub use doubts::doubts;
pub use effect::{Change, Effect, What};
pub use known::Known;
pub use markdown::{actions, metrics};
pub use number::{Number, PAYOUT};
pub use options::{Options, options};
pub use ready::{Ready, Rules, ready};
pub use scene::Scene;
pub use subject::{Ask, Happened, Subject};
