//! Macros of macros: `{md5:click_id}`, `{sha256:lower:email}`.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::Sha256;

use super::Ready;
use crate::macros::encode::plain;
use crate::macros::table::Macro;
use crate::macros::value::Reader;

/// Functions within functions; networks ask for two at most.
const DEEPEST: u8 = 3;

pub(in crate::macros) fn md5(
    _: &'static Macro,
    text: &str,
    reader: &mut Reader<'_>,
) -> Result<Ready, String> {
    of(text, reader, |value| digest::<Md5>(&value))
}

pub(in crate::macros) fn sha1(
    _: &'static Macro,
    text: &str,
    reader: &mut Reader<'_>,
) -> Result<Ready, String> {
    of(text, reader, |value| digest::<Sha1>(&value))
}

pub(in crate::macros) fn sha256(
    _: &'static Macro,
    text: &str,
    reader: &mut Reader<'_>,
) -> Result<Ready, String> {
    of(text, reader, |value| digest::<Sha256>(&value))
}

pub(in crate::macros) fn base64(
    _: &'static Macro,
    text: &str,
    reader: &mut Reader<'_>,
) -> Result<Ready, String> {
    of(text, reader, |value| BASE64_STANDARD.encode(value))
}

pub(in crate::macros) fn lower(
    _: &'static Macro,
    text: &str,
    reader: &mut Reader<'_>,
) -> Result<Ready, String> {
    of(text, reader, |value| value.to_lowercase())
}

pub(in crate::macros) fn upper(
    _: &'static Macro,
    text: &str,
    reader: &mut Reader<'_>,
) -> Result<Ready, String> {
    of(text, reader, |value| value.to_uppercase())
}

/// Of nothing comes nothing: the digest of an empty value would look like a value.
fn of(
    text: &str,
    reader: &mut Reader<'_>,
    function: fn(String) -> String,
) -> Result<Ready, String> {
    if reader.depth >= DEEPEST {
        return Err(format!(
            "There are more than {DEEPEST} functions in one another; leave some out."
        ));
    }
    let (name, argument) = match text.split_once(':') {
        Some((name, argument)) => (name.trim(), Some(argument)),
        None => (text.trim(), None),
    };
    reader.depth += 1;
    let inner = reader.value(name, argument);
    reader.depth -= 1;
    let Some(inner) = inner? else {
        return Err(format!(
            "\"{text}\" is not the name of a macro or of a click parameter; write it without braces, as in {{md5:click_id}}."
        ));
    };
    let (origin, source) = (inner.origin(), inner.source());
    let ready = Ready::new(origin, move |context, out| {
        let value = plain(|out| inner.write(context, out));
        if !value.is_empty() {
            out.push(&function(value));
        }
    });
    Ok(ready.of(source))
}

fn digest<D: Digest>(value: &str) -> String {
    use std::fmt::Write;
    let mut hex = String::with_capacity(64);
    for byte in D::digest(value.as_bytes()).iter() {
        // Writing to a `String` cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}
