//! `{name}` in links and bodies: parsed when a document is saved, expanded when a visitor clicks.
//!
//! A [`Template`] is text with macros. [`Template::parse`] cannot fail: a brace that is no macro
//! stays a brace, and what looks like a mistake comes back as a warning. [`Template::expand`] is
//! the hot path: it writes into the caller's buffer, and only macros with arguments allocate.
//!
//! What a macro may do to a link is decided when it is parsed:
//!
//! - `{name}` is percent-encoded, everything but `A-Za-z0-9-._~`, so a value can never begin
//!   another parameter, a path segment, a fragment or a header.
//! - `{_name}` goes in raw, for values that are themselves pieces of a URL. Even then control
//!   characters, spaces, quotes, `<`, `>`, backslashes and everything outside ASCII are encoded: a
//!   value can neither add a header nor HTML.
//! - What the visitor brings (parameters, referrer, user agent; [`table::Origin::Visitor`]) never
//!   chooses where a link leads: before the path it is encoded although raw was asked for, and
//!   where even an encoded value would be the host or the scheme it is left out, with a warning.
//!   `shape.rs` has the cases.
//!
//! `{name:argument}` says more: a format, a range, a currency, another macro ([`argument`]). One that
//! cannot be understood keeps a document from being saved ([`Template::problems`]); in one that is
//! stored it stays as it is. What other trackers have and this one has not is told with its reason
//! (`foreign.rs`).
//!
//! A [`Body`] is a page, a text or a JSON document with macros. `body/mod.rs` says how a value is
//! encoded there.
//!
//! An [`Outgoing`] postback has macros of its conversion as well; nothing else has.
//!
//! What is said of a whole campaign (a pause webhook, a message) has [`words`] instead of macros.
//!
//! Adding a macro: 1. one row in `table/`. 2. Its fact in
//! [`MacroContext`], if it is a new one, or in [`Facts`], if it has to be looked up; and in the
//! sample of `testing.rs`, so that the row's examples are checked against it. 3. If it takes a new
//! kind of argument: a [`argument::Kind`], and a function that reads it in `argument/`.
//! 4. `UPDATE_README=1 cargo test --test readme`.

pub mod argument;
mod body;
#[cfg(test)]
mod cases;
mod context;
mod encode;
mod escape;
mod foreign;
#[cfg(test)]
mod laws;
mod names;
mod outgoing;
mod page;
mod pieces;
mod shape;
pub mod table;
mod template;
#[cfg(test)]
pub(crate) mod testing;
mod value;
pub mod words;

pub use body::{Body, BodyKind};
pub use context::{Facts, MacroContext, Named, Parent, Told, Within};
pub use encode::Encoder;
pub use outgoing::{Expanded, Outgoing, macro_problem};
pub(crate) use pieces::{Piece, Written, pieces};
pub use template::Template;
