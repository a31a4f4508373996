//! A request becomes pairs, whatever the network puts them into: query, form or JSON.
//!
//! Networks state the wrong content type, or none, so the first character of a body counts for
//! more than its type. Nothing in a query or a form is refused; only a body can be unreadable.

use std::borrow::Cow;

use super::json::{self, NotJson};
use crate::detect::params::query::{decode, without_amp};
use crate::detect::text;

/// How many pairs are kept; those after are not looked at.
pub const MAX_PAIRS: usize = 500;
/// Bytes kept of a name.
pub const MAX_NAME: usize = 200;
/// Bytes kept of a value; one that was cut ends with [`CUT`].
pub const MAX_VALUE: usize = 2_000;
pub const CUT: char = '…';

/// What came in the body of a `POST`.
#[derive(Debug, Clone, Copy)]
pub struct Body<'a> {
    pub content_type: Option<&'a str>,
    pub bytes: &'a [u8],
}

/// A body that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Unreadable {
    pub why: Why,
    /// What the query held nevertheless.
    pub query: Vec<(String, String)>,
}

/// Why a body could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    #[error(
        "The body is multipart/form-data, which is not read. Let the network send the parameters \
         in the query, as a form (application/x-www-form-urlencoded) or as JSON."
    )]
    Multipart,
    #[error(
        "The body is neither a form nor JSON. Let the network send the parameters in the query, as \
         a form (name=value&...) or as a JSON object."
    )]
    Unknown,
    #[error("The body is not JSON that can be read: {0}")]
    Json(#[from] NotJson),
}

/// What a body is, by its content type and its beginning.
enum Kind {
    Nothing,
    Form,
    Json,
}

/// The pairs of the query, then those of the body, decoded; repeats and empty values included.
///
/// `+` is a space, invalid UTF-8 becomes U+FFFD and control characters vanish. Names lose the
/// `amp;` of an HTML-escaped link.
pub fn pairs(query: &str, body: Option<Body<'_>>) -> Result<Vec<(String, String)>, Unreadable> {
    let mut pairs = Vec::new();
    read_form(query.trim_start_matches('?'), &mut pairs);
    let Some(body) = body else {
        return Ok(pairs);
    };
    match read_body(body, &mut pairs) {
        Ok(()) => Ok(pairs),
        Err(why) => Err(Unreadable { why, query: pairs }),
    }
}

/// Whether something of these pairs was left out, in words for the log.
pub(super) fn remarks(pairs: &[(String, String)]) -> Vec<String> {
    let mut remarks: Vec<String> = pairs
        .iter()
        .filter(|(_, value)| value.len() + 3 > MAX_VALUE && value.ends_with(CUT))
        .map(|(name, _)| {
            format!("The value of {name} was longer than {MAX_VALUE} bytes and was cut.")
        })
        .collect();
    if pairs.len() >= MAX_PAIRS {
        remarks.push(format!(
            "Only the first {MAX_PAIRS} parameters were looked at."
        ));
    }
    remarks
}

fn read_body(body: Body<'_>, pairs: &mut Vec<(String, String)>) -> Result<(), Why> {
    let text = String::from_utf8_lossy(body.bytes);
    let text = text.trim_start_matches('\u{feff}').trim();
    match kind(body.content_type.unwrap_or_default(), text)? {
        Kind::Nothing => {}
        Kind::Form => read_form(text, pairs),
        Kind::Json => {
            let left = MAX_PAIRS - pairs.len();
            for (name, value) in json::read(text, left)? {
                push(&name, &value, pairs);
            }
        }
    }
    Ok(())
}

fn kind(content_type: &str, text: &str) -> Result<Kind, Why> {
    let content_type = content_type.to_ascii_lowercase();
    if text.is_empty() {
        Ok(Kind::Nothing)
    } else if content_type.starts_with("multipart/") {
        Err(Why::Multipart)
    } else if text.starts_with(['{', '[']) {
        Ok(Kind::Json)
    } else if content_type.starts_with("application/x-www-form-urlencoded")
        || (text.contains('=') && !text.starts_with('<'))
    {
        Ok(Kind::Form)
    } else {
        Err(Why::Unknown)
    }
}

fn read_form(raw: &str, pairs: &mut Vec<(String, String)>) {
    for part in raw.split('&') {
        let (whole, mangled) = split_mangled(part);
        for pair in [Some(whole), mangled].into_iter().flatten() {
            if pairs.len() == MAX_PAIRS {
                return;
            }
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            // A little more than is kept, so that it shows whether there was more.
            let name = without_amp(decode(name, MAX_NAME));
            push(mended(&name), &decode(value, MAX_VALUE + 4), pairs);
        }
    }
}

pub(super) fn push(name: &str, value: &str, pairs: &mut Vec<(String, String)>) {
    let name = text::clean_str(name.trim(), MAX_NAME);
    let value = text::clean_str(value, MAX_VALUE + 4);
    if name.is_empty() || pairs.len() == MAX_PAIRS {
        return;
    }
    let value = if value.len() > MAX_VALUE {
        let kept = text::cut(&value, MAX_VALUE - CUT.len_utf8());
        Cow::Owned(format!("{kept}{CUT}"))
    } else {
        value
    };
    pairs.push((name.into_owned(), value.into_owned()));
}

/// A URL that somebody decoded as HTML has `¤cy` where `&currency` stood, because `&curren` is an
/// entity; the same in what becomes of `¤` on its further way.
const MANGLED_CURRENCY: [&str; 6] = [
    "¤cy",
    "%c2%a4cy",
    "%a4cy",
    "Â¤cy",
    "%c3%82%c2%a4cy",
    "\u{fffd}cy",
];

/// The `&` of the currency went with its name, so that it hangs on the value before it:
/// `payout=7¤cy=USD`.
fn split_mangled(pair: &str) -> (&str, Option<&str>) {
    if !pair.contains("cy=") && !pair.contains("CY=") {
        return (pair, None);
    }
    let lower = pair.to_ascii_lowercase();
    let begins_at = |mark: &&str| lower.find(&format!("{mark}="));
    match MANGLED_CURRENCY.iter().filter_map(begins_at).min() {
        Some(at) if at > 0 => (&pair[..at], Some(&pair[at..])),
        _ => (pair, None),
    }
}

fn mended(name: &str) -> &str {
    let is_mangled = name.eq_ignore_ascii_case("curren;cy")
        || MANGLED_CURRENCY
            .iter()
            .any(|mark| name.eq_ignore_ascii_case(mark));
    if is_mangled { "currency" } else { name }
}
