//! The bytes of a file become text.

use std::borrow::Cow;

/// Text with `\n` at the end of its lines, without a byte order mark.
pub(super) fn decode<'a>(bytes: &'a [u8], remarks: &mut Vec<String>) -> Cow<'a, str> {
    let text = match Utf16::of(bytes) {
        Some(utf16) => Cow::Owned(utf16.decode(&bytes[2..])),
        None => String::from_utf8_lossy(bytes),
    };
    if matches!(text, Cow::Owned(_)) && text.contains('\u{fffd}') {
        remarks.push(
            "The file is not UTF-8; what could not be read stands as \u{fffd}. Click ids and \
             amounts are not affected; save the file as UTF-8 if a status or an event is."
                .to_owned(),
        );
    }
    let text = without_mark(text);
    match text.contains('\r') {
        true => Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")),
        false => text,
    }
}

fn without_mark(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_start_matches('\u{feff}')),
        Cow::Owned(text) => Cow::Owned(text.trim_start_matches('\u{feff}').to_owned()),
    }
}

/// What spreadsheets call "Unicode text".
enum Utf16 {
    Little,
    Big,
}

impl Utf16 {
    fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xff, 0xfe, ..] => Some(Self::Little),
            [0xfe, 0xff, ..] => Some(Self::Big),
            _ => None,
        }
    }

    fn decode(&self, bytes: &[u8]) -> String {
        let unit = |pair: &[u8]| match self {
            Self::Little => u16::from_le_bytes([pair[0], pair[1]]),
            Self::Big => u16::from_be_bytes([pair[0], pair[1]]),
        };
        let units = bytes.chunks_exact(2).map(unit);
        char::decode_utf16(units)
            .map(|character| character.unwrap_or('\u{fffd}'))
            .collect()
    }
}
