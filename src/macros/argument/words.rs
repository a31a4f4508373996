//! `{name:a=1,b=2}`: the value in the words of whoever reads the link.

use super::Ready;
use crate::macros::encode::plain;
use crate::macros::table::{Macro, Origin};

/// Words of ours and theirs, and the word for all others.
pub(in crate::macros) struct Words {
    words: Vec<(Box<str>, Box<str>)>,
    pub(in crate::macros) others: Option<Box<str>>,
}

impl Words {
    /// Theirs for this one of ours.
    pub(in crate::macros) fn find(&self, ours: &str) -> Option<&str> {
        let mut words = self.words.iter();
        let found = words.find(|(known, _)| known.eq_ignore_ascii_case(ours));
        found.map(|(_, theirs)| &**theirs)
    }
}

/// Reads pairs of "ours=theirs", parted by commas or spaces. Ours is met in any case; `*` stands
/// for every other value, and without it a value that is not listed stays as it is.
pub(in crate::macros) fn read(entry: &'static Macro, text: &str) -> Result<Ready, String> {
    let words = parse(entry, text)?;
    // With a word for everything, whoever clicks can only choose among the operator's words.
    let origin = match words.others {
        Some(_) => Origin::Tracker,
        None => entry.origin,
    };
    Ok(Ready::new(origin, move |context, out| {
        let value = plain(|out| (entry.value)(context, out));
        let word = words.find(&value).or(words.others.as_deref());
        out.push(word.unwrap_or(&value));
    }))
}

/// Reads the pairs alone.
pub(in crate::macros) fn parse(entry: &'static Macro, text: &str) -> Result<Words, String> {
    let mut words: Vec<(Box<str>, Box<str>)> = Vec::new();
    let mut others: Option<Box<str>> = None;
    for pair in text.split([',', ' ', '\t']).filter(|pair| !pair.is_empty()) {
        let Some((ours, theirs)) = pair.split_once('=') else {
            return Err(format!(
                "\"{pair}\" has no =; write each word as ours=theirs, as in {{{}:a=1,b=2}}.",
                entry.name
            ));
        };
        if ours == "*" {
            others = Some(theirs.into());
        } else if words
            .iter()
            .any(|(known, _)| known.eq_ignore_ascii_case(ours))
        {
            return Err(format!("\"{ours}\" is there twice; keep one of them."));
        } else {
            words.push((ours.into(), theirs.into()));
        }
    }
    Ok(Words { words, others })
}
