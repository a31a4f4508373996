//! Bytes that strangers sent become text that may be stored, shown and logged.

use std::borrow::Cow;

/// Longest text kept of one header or parameter, in bytes.
pub const MAX_TEXT: usize = 1_024;

/// Invalid UTF-8 becomes U+FFFD, line breaks and tabs a space, other control characters vanish, and
/// the rest is cut to `limit` bytes between characters. Clean text is borrowed.
pub fn clean(bytes: &[u8], limit: usize) -> Cow<'_, str> {
    // Removing only shortens, so what lies far beyond the limit cannot matter for ordinary text;
    // a text of nothing but control characters may come out shorter than the limit.
    let bytes = &bytes[..bytes.len().min(limit.saturating_mul(2))];
    match String::from_utf8_lossy(bytes) {
        Cow::Borrowed(text) => clean_str(text, limit),
        Cow::Owned(text) => Cow::Owned(clean_str(&text, limit).into_owned()),
    }
}

/// [`clean`] for what is UTF-8 already.
pub fn clean_str(text: &str, limit: usize) -> Cow<'_, str> {
    if !has_control(text.as_bytes()) {
        return Cow::Borrowed(cut(text, limit));
    }
    let mut kept = String::with_capacity(text.len().min(limit));
    for character in text.chars().filter_map(printable) {
        if kept.len() + character.len_utf8() > limit {
            break;
        }
        kept.push(character);
    }
    Cow::Owned(kept)
}

/// The longest beginning of at most `limit` bytes that ends between characters.
pub fn cut(text: &str, limit: usize) -> &str {
    let mut end = limit.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn printable(character: char) -> Option<char> {
    match character {
        '\t' | '\n' | '\r' => Some(' '),
        other if other.is_control() => None,
        other => Some(other),
    }
}

/// Whether UTF-8 text has control characters: below space, DEL, or U+0080 to U+009F.
fn has_control(bytes: &[u8]) -> bool {
    let mut previous = 0;
    bytes.iter().any(|&byte| {
        let is_control = byte < b' ' || byte == 0x7f || (previous == 0xc2 && byte < 0xa0);
        previous = byte;
        is_control
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn control_characters_are_spaced_or_removed_and_clean_text_is_borrowed() {
        let cases: &[(&[u8], &str)] = &[
            (b"plain", "plain"),
            (b"a\r\nb\tc", "a  b c"),
            (b"a\0b\x1b[31m\x7f", "ab[31m"),
            ("a\u{85}b\u{a0}c".as_bytes(), "ab\u{a0}c"),
            (b"\xff\xfe", "\u{fffd}\u{fffd}"),
            ("Київ".as_bytes(), "Київ"),
        ];
        for (bytes, expected) in cases {
            assert_eq!(clean(bytes, 100), *expected);
        }
        assert!(matches!(clean("Київ".as_bytes(), 100), Cow::Borrowed(_)));
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(clean("ыыы".as_bytes(), 5), "ыы");
        assert_eq!(clean("ы\nыы".as_bytes(), 5), "ы ы");
        assert_eq!(clean(&[b'x'; 5_000], MAX_TEXT).len(), MAX_TEXT);
    }

    proptest! {
        #[test]
        fn whatever_comes_is_short_and_has_no_control_characters(
            bytes in prop::collection::vec(any::<u8>(), 0..300),
            limit in 0usize..200,
        ) {
            let text = clean(&bytes, limit);
            prop_assert!(text.len() <= limit);
            prop_assert!(!text.chars().any(char::is_control));
        }

        #[test]
        fn text_without_control_characters_stays(text in "\\PC{0,60}") {
            prop_assert_eq!(clean_str(&text, 1_000), text.as_str());
        }
    }
}
