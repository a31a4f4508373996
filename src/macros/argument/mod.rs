//! What stands behind the colon of `{name:argument}`: read when a document is saved, so that
//! expanding finds it ready.
//!
//! A row of the table says with [`Takes`] which argument it understands. Any other row takes a list
//! of words instead: `{device_type:mobile=m,desktop=d}` (`words.rs`).

pub(super) mod choice;
pub(super) mod date;
pub(super) mod function;
pub(super) mod language;
pub(super) mod money;
mod words;

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::context::MacroContext;
use super::encode::Encoder;
use super::table::{Macro, Origin};
use super::value::Reader;

pub(super) use words::{parse as parse_words, read as read_words};

/// The argument of a macro, as its row in the table tells about it.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Takes {
    pub kind: Kind,
    /// Without it the macro means nothing.
    pub required: bool,
    pub help: &'static str,
    pub example: &'static str,
    /// What the macro may expand to with this example.
    pub gives: &'static str,
    /// Reads an argument, or says why it cannot be read, in words for the operator.
    #[serde(skip)]
    #[schema(ignore)]
    pub read: Read,
}

/// Reads an argument.
pub type Read = fn(&'static Macro, &str, &mut Reader<'_>) -> Result<Ready, String>;

/// What kind of text an argument is, for editors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Letters of PHP's `date`, then perhaps a comma and a time zone.
    DateFormat,
    /// The lowest and the highest number.
    Range,
    /// Words of which one is taken.
    Choices,
    /// `s` or `ms`.
    TimeUnit,
    /// The name of a macro or of a click parameter, itself perhaps with an argument.
    Macro,
    Currency,
    Language,
    /// Pairs of ours=theirs.
    Words,
}

impl Kind {
    /// Whether an `=` in it is only a sign, not a list of words.
    pub(super) fn is_free(self) -> bool {
        matches!(
            self,
            Kind::DateFormat | Kind::Choices | Kind::Macro | Kind::Words
        )
    }
}

impl fmt::Debug for Takes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:?}", self.kind)
    }
}

/// A macro whose argument is read.
#[derive(Clone)]
pub struct Ready {
    pub(super) origin: Origin,
    /// The registered macro that it is a function of.
    pub(super) source: Option<&'static Macro>,
    write: Arc<Write>,
}

type Write = dyn Fn(&MacroContext<'_>, &mut Encoder<'_>) + Send + Sync;

impl Ready {
    pub(super) fn new(
        origin: Origin,
        write: impl Fn(&MacroContext<'_>, &mut Encoder<'_>) + Send + Sync + 'static,
    ) -> Self {
        Self {
            origin,
            source: None,
            write: Arc::new(write),
        }
    }

    /// The same as a function of a macro.
    pub(super) fn of(self, source: Option<&'static Macro>) -> Self {
        Self { source, ..self }
    }

    pub(super) fn write(&self, context: &MacroContext<'_>, out: &mut Encoder<'_>) {
        (self.write)(context, out);
    }
}

/// Reads the argument of `entry`, if it takes such a one.
pub(super) fn read(
    entry: &'static Macro,
    text: &str,
    reader: &mut Reader<'_>,
) -> Result<Ready, String> {
    match &entry.argument {
        Some(takes) if takes.kind.is_free() || !text.contains('=') => {
            (takes.read)(entry, text, reader)
        }
        _ if text.contains('=') => read_words(entry, text),
        _ => Err(format!(
            "{{{0}}} takes no argument but a list of words, as in {{{0}:a=1,b=2}}.",
            entry.name
        )),
    }
}
