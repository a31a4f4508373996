//! `{country:uk}`: a word in the language of whoever reads the page.

use super::Ready;
use crate::macros::context::MacroContext;
use crate::macros::names::{Countries, OF_KINDS, connection_type, device_type};
use crate::macros::table::{Macro, Origin};
use crate::macros::value::Reader;

/// Of what is known in English only: the bases of places are read in it.
pub(in crate::macros) fn english(
    entry: &'static Macro,
    text: &str,
    _: &mut Reader<'_>,
) -> Result<Ready, String> {
    if is_english(text) {
        Ok(Ready::new(entry.origin, entry.value))
    } else {
        Err(format!(
            "{{{0}}} is known in English only, not in \"{text}\". Write {{{0}}} or {{{0}:en}}.",
            entry.name
        ))
    }
}

/// The name of the visitor's country.
pub(in crate::macros) fn country(
    entry: &'static Macro,
    text: &str,
    _: &mut Reader<'_>,
) -> Result<Ready, String> {
    let Some(names) = Countries::in_language(text.trim()) else {
        return Err(unknown(entry, text, Countries::languages()));
    };
    Ok(Ready::new(Origin::Tracker, move |c, out| {
        out.push_some(c.visitor.place.country.as_ref().map(|one| names.name(one)));
    }))
}

/// The kind of the visitor's device.
pub(in crate::macros) fn device(
    entry: &'static Macro,
    text: &str,
    _: &mut Reader<'_>,
) -> Result<Ready, String> {
    kind(entry, text, |c| {
        Some(device_type(c.visitor.agent.device_type))
    })
}

/// The kind of the visitor's connection.
pub(in crate::macros) fn connection(
    entry: &'static Macro,
    text: &str,
    _: &mut Reader<'_>,
) -> Result<Ready, String> {
    kind(entry, text, |c| {
        c.visitor.place.connection_type.map(connection_type)
    })
}

fn kind(
    entry: &'static Macro,
    text: &str,
    words: fn(&MacroContext<'_>) -> Option<[&'static str; OF_KINDS.len()]>,
) -> Result<Ready, String> {
    if is_english(text) {
        return Ok(Ready::new(entry.origin, entry.value));
    }
    let mut languages = OF_KINDS.iter();
    match languages.position(|known| known.eq_ignore_ascii_case(text.trim())) {
        Some(place) => Ok(Ready::new(Origin::Tracker, move |c, out| {
            out.push_some(words(c).map(|words| words[place]));
        })),
        None => Err(unknown(entry, text, &["en", OF_KINDS[0], OF_KINDS[1]])),
    }
}

fn is_english(text: &str) -> bool {
    text.trim().eq_ignore_ascii_case("en")
}

fn unknown(entry: &Macro, text: &str, known: &[&str]) -> String {
    format!(
        "\"{text}\" is no language of ours for {{{0}}}; write one of {1}, as in {{{0}:en}}.",
        entry.name,
        known.join(", ")
    )
}
