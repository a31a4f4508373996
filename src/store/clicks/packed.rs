//! Small forms of values in a click's row.
//!
//! A text that is a plain decimal number is stored as an integer (`"12345"` in 2 bytes instead of
//! 5): ad networks' ids mostly are. `cast(column as text)` gives back exactly what came in, so a
//! number with leading zeros, a sign or more than 63 bits stays text.

use std::borrow::Cow;
use std::net::IpAddr;

use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};

use crate::domain::visitor::SUB_IDS;

/// A text parameter in its smallest form.
pub(crate) struct Packed<'a>(pub(crate) Option<&'a str>);

impl ToSql for Packed<'_> {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>, rusqlite::Error> {
        Ok(match self.0 {
            None => ToSqlOutput::Owned(Value::Null),
            Some(text) => match plain_number(text) {
                Some(number) => ToSqlOutput::Owned(Value::Integer(number)),
                None => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            },
        })
    }
}

/// The number that prints as exactly this text.
fn plain_number(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let plain = match bytes {
        [b'0'] => true,
        [b'1'..=b'9', rest @ ..] => bytes.len() <= 19 && rest.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    if plain { text.parse().ok() } else { None }
}

/// The text back from its smallest form.
pub(crate) fn unpacked(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
        _ => None,
    }
}

/// Sub ids as a JSON array: texts and plain numbers, the number 0 where one is empty (so that the
/// text `0` is written as text); `None` if all are empty.
pub(crate) fn pack_sub_ids(sub_ids: &[(u8, String)]) -> Option<String> {
    if sub_ids.is_empty() {
        return None;
    }
    let mut json = String::with_capacity(sub_ids.iter().map(|(_, value)| value.len() + 3).sum());
    let mut next = 1;
    for (number, value) in sub_ids {
        while next < *number {
            json.push_str(if next == 1 { "[0" } else { ",0" });
            next += 1;
        }
        json.push(if next == 1 { '[' } else { ',' });
        push_json_text(&mut json, value);
        next += 1;
    }
    json.push(']');
    Some(json)
}

fn push_json_text(json: &mut String, value: &str) {
    if value != "0" && plain_number(value).is_some() {
        return json.push_str(value);
    }
    let plain = value
        .bytes()
        .all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\');
    if plain {
        json.push('"');
        json.push_str(value);
        json.push('"');
    } else {
        json.push_str(&serde_json::Value::from(value).to_string());
    }
}

/// (number, value) of the sub ids that are there.
pub(crate) fn unpack_sub_ids(json: &str) -> Vec<(u8, String)> {
    let values: Vec<serde_json::Value> = serde_json::from_str(json).unwrap_or_default();
    let numbered = values.into_iter().take(SUB_IDS).zip(1..);
    numbered
        .filter_map(|(value, number)| match value {
            serde_json::Value::String(text) => Some((number, text)),
            serde_json::Value::Number(value) if value.as_i64() != Some(0) => {
                Some((number, value.to_string()))
            }
            _ => None,
        })
        .collect()
}

/// One of the sub ids, by its number from 1, without reading the others.
pub(crate) fn unpack_sub_id(json: &str, number: u8) -> Option<Cow<'_, str>> {
    let element = split_sub_ids(json).nth(usize::from(number).checked_sub(1)?)?;
    unpack_element(element)
}

/// The elements of the array, as they stand there.
pub(crate) fn split_sub_ids(json: &str) -> impl Iterator<Item = &str> {
    let mut rest = json.strip_prefix('[').unwrap_or_default();
    std::iter::from_fn(move || {
        let element = rest.get(..element_len(rest))?;
        let behind = &rest[element.len()..];
        rest = behind.strip_prefix(',').unwrap_or_default();
        (!element.is_empty()).then_some(element)
    })
}

/// The sub id that an element says; `None` for an empty one.
pub(crate) fn unpack_element(element: &str) -> Option<Cow<'_, str>> {
    match element.strip_prefix('"') {
        None => (element != "0").then_some(Cow::Borrowed(element)),
        Some(_) if element.contains('\\') => serde_json::from_str(element).ok().map(Cow::Owned),
        Some(quoted) => quoted.strip_suffix('"').map(Cow::Borrowed),
    }
}

/// Bytes of the first of some elements.
fn element_len(json: &str) -> usize {
    let bytes = json.as_bytes();
    if bytes.first() != Some(&b'"') {
        let end = bytes.iter().position(|byte| matches!(byte, b',' | b']'));
        return end.unwrap_or(bytes.len());
    }
    let mut at = 1;
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(bytes.len())
}

/// The bytes of an address: 4 or 16.
pub(crate) fn pack_ip(ip: &IpAddr) -> IpBytes {
    match ip {
        IpAddr::V4(v4) => IpBytes::V4(v4.octets()),
        IpAddr::V6(v6) => IpBytes::V6(v6.octets()),
    }
}

pub(crate) enum IpBytes {
    V4([u8; 4]),
    V6([u8; 16]),
}

impl ToSql for IpBytes {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>, rusqlite::Error> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Blob(match self {
            IpBytes::V4(bytes) => bytes,
            IpBytes::V6(bytes) => bytes,
        })))
    }
}

pub(crate) fn unpack_ip(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
        16 => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_texts_that_print_back_the_same_become_numbers() {
        for text in ["0", "7", "123456789012345678", "9223372036854775807"] {
            assert_eq!(
                plain_number(text).map(|n| n.to_string()).as_deref(),
                Some(text)
            );
        }
        for text in [
            "",
            "00",
            "01",
            "-1",
            "+1",
            "1.0",
            "1e3",
            "9223372036854775808",
            "١",
            "a1",
        ] {
            assert_eq!(plain_number(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_packed_text_reads_back_the_same(text in "\\PC{0,20}|[0-9]{0,20}") {
            let packed = Packed(Some(&text));
            let value = match packed.to_sql().expect("cannot fail") {
                ToSqlOutput::Owned(value) => value,
                ToSqlOutput::Borrowed(value) => Value::try_from(value).expect("text or number"),
                _ => unreachable!(),
            };
            prop_assert_eq!(unpacked(ValueRef::from(&value)), Some(text));
        }

        #[test]
        fn packed_sub_ids_read_back_the_same(
            values in proptest::collection::btree_map(1u8..=30, ".{1,12}|[0-9]{1,20}", 0..8)
        ) {
            let sub_ids: Vec<(u8, String)> = values.into_iter().collect();
            let packed = pack_sub_ids(&sub_ids);
            for number in 1..=30 {
                let one = packed.as_deref().and_then(|json| unpack_sub_id(json, number));
                let sent = sub_ids.iter().find(|(sent, _)| *sent == number);
                prop_assert_eq!(one.as_deref(), sent.map(|(_, value)| value.as_str()));
            }
            prop_assert_eq!(packed.map_or(Vec::new(), |json| unpack_sub_ids(&json)), sub_ids);
        }
    }
}
