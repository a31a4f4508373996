//! The visitor's preferred language, from `Accept-Language`.

use super::request::Headers;
use crate::domain::visitor::Language;

/// How many entries are looked at; browsers send at most a dozen.
const MAX_ENTRIES: usize = 32;

/// The language with the highest quality, the first of equals. `*`, qualities of 0 and what is no
/// language tag are passed over; of a tag only the language counts (`zh-Hant-TW` is `zh`).
pub fn observe(headers: &Headers<'_>) -> Option<Language> {
    let mut best: Option<(u16, Language)> = None;
    let entries = headers
        .all("accept-language")
        .flat_map(|value| value.split(|byte| *byte == b','))
        .take(MAX_ENTRIES);
    for entry in entries {
        let Some((quality, language)) = parse(entry) else {
            continue;
        };
        if quality > best.map_or(0, |(quality, _)| quality) {
            best = Some((quality, language));
        }
        if quality == WHOLE {
            break;
        }
    }
    best.map(|(_, language)| language)
}

/// A quality of 1, in thousandths.
const WHOLE: u16 = 1_000;

/// `en-US;q=0.8` -> (800, `en`).
fn parse(entry: &[u8]) -> Option<(u16, Language)> {
    let mut parts = entry.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
    let tag = parts.next()?;
    // Some old Android builds write `en_US`.
    let language = tag.split(|byte| matches!(byte, b'-' | b'_')).next()?;
    let language = Language::parse(std::str::from_utf8(language).ok()?)?;
    let quality = match parts.find_map(|part| {
        let (name, value) = part.split_at_checked(part.iter().position(|b| *b == b'=')?)?;
        name.trim_ascii()
            .eq_ignore_ascii_case(b"q")
            .then(|| value[1..].trim_ascii())
    }) {
        Some(text) => quality(text)?,
        None => WHOLE,
    };
    Some((quality, language))
}

/// `0`, `0.8`, `.8`, `1.000` in thousandths; more decimals are cut, more than 1 is refused.
fn quality(text: &[u8]) -> Option<u16> {
    let dot = text.iter().position(|byte| *byte == b'.');
    let (whole, decimals) = match dot {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, &[][..]),
    };
    if whole.is_empty() && decimals.is_empty() || !decimals.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let thousandths = (0..3).fold(0, |sum, place| {
        sum * 10
            + decimals
                .get(place)
                .map_or(0, |digit| u16::from(digit - b'0'))
    });
    match whole {
        b"" | b"0" => Some(thousandths),
        b"1" if thousandths == 0 => Some(WHOLE),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn observed(values: &[&[u8]]) -> Option<String> {
        let headers = Headers::new(values.iter().map(|value| ("accept-language", *value)));
        observe(&headers).map(|language| language.as_str().to_owned())
    }

    #[test]
    fn the_highest_quality_wins_and_the_first_of_equals() {
        let cases: &[(&str, Option<&str>)] = &[
            ("en-US,en;q=0.9,uk;q=0.8", Some("en")),
            ("uk", Some("uk")),
            ("UK-ua", Some("uk")),
            ("en;q=0.5, uk;q=0.9", Some("uk")),
            ("de;q=0.7, fr;q=0.7", Some("de")),
            ("en;q=0.8,fr", Some("fr")),
            ("*, ru;q=0.1", Some("ru")),
            ("*", None),
            ("zh-Hant-TW,zh;q=0.9", Some("zh")),
            ("fil-PH,fil;q=0.9", Some("fil")),
            ("en_US", Some("en")),
            ("en;q=0", None),
            ("en;q=0.000,de;q=0.001", Some("de")),
            ("en;q=2,de;q=0.1", Some("de")),
            ("en;q=x,de;q=0.1", Some("de")),
            ("en;q=.9,de;q=0.8", Some("en")),
            ("en ; Q = 0.2 , de;q=0.1", Some("en")),
            ("en;level=1;q=0.2,de;q=0.3", Some("de")),
            ("en;q=1.5,de", Some("de")),
            ("i-klingon, x-pig-latin", None),
            ("english", None),
            ("", None),
            (",;,;q=1,-", None),
            ("iw-IL", Some("he")),
            ("in-ID", Some("id")),
        ];
        for (header, expected) in cases {
            assert_eq!(
                observed(&[header.as_bytes()]).as_deref(),
                *expected,
                "{header}"
            );
        }
    }

    #[test]
    fn garbage_beside_a_language_does_not_hide_it() {
        assert_eq!(observed(&[b"\xff\xfe, de;q=0.3"]).as_deref(), Some("de"));
        assert_eq!(observed(&[b"?", b"de"]).as_deref(), Some("de"));
        assert_eq!(observed(&[]), None);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(value in prop::collection::vec(any::<u8>(), 0..80), text in "[a-zA-Z*;=,.q0-9 _-]{0,60}") {
            observed(&[&value, text.as_bytes()]);
        }

        #[test]
        fn any_real_list_yields_its_best(qualities in prop::collection::vec(1u16..1_000, 1..8)) {
            const CODES: [&str; 8] = ["en", "uk", "ru", "de", "fr", "es", "pt", "fil"];
            let header: Vec<_> = qualities
                .iter()
                .zip(CODES)
                .map(|(quality, code)| format!("{code}-XX;q=0.{quality:03}"))
                .collect();
            let best = qualities.iter().max().expect("not empty");
            let at = qualities.iter().position(|quality| quality == best).expect("is there");
            let seen = observed(&[header.join(", ").as_bytes()]);
            prop_assert_eq!(seen.as_deref(), Some(CODES[at]));
        }
    }
}
