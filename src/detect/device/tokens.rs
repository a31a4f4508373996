//! Reading a user agent: `Name/1.2.3 (comment; comment) Name/4`.

/// The version behind a product token such as `Edg/`: digits, dots and underscores. `Some("")` if the
/// token is there without a version. The token must begin where a word begins: `Chrome/` is not found in
/// `HeadlessChrome/`.
pub(super) fn version_after<'a>(user_agent: &'a str, token: &str) -> Option<&'a str> {
    let at = find_word(user_agent, token)?;
    Some(leading_version(&user_agent[at + token.len()..]))
}

/// Where a word or a token stands, if it begins where a word begins.
pub(super) fn find_word(text: &str, word: &str) -> Option<usize> {
    text.match_indices(word)
        .map(|(at, _)| at)
        .find(|at| !text[..*at].bytes().next_back().is_some_and(is_inner))
}

pub(super) fn has_word(text: &str, word: &str) -> bool {
    find_word(text, word).is_some()
}

/// A version at the very beginning: `18_7 like Mac` gives `18_7`. Versions of more than 40 signs are cut.
pub(super) fn leading_version(text: &str) -> &str {
    let end = text
        .bytes()
        .take(40)
        .position(|byte| !matches!(byte, b'0'..=b'9' | b'.' | b'_'))
        .unwrap_or(text.len().min(40));
    // All bytes before `end` are ASCII, unless the text is cut at 40: then those are, too.
    text.get(..end)
        .unwrap_or_default()
        .trim_end_matches(['.', '_'])
}

/// First number of a version.
pub(super) fn major(version: &str) -> Option<u32> {
    version.split(['.', '_']).next()?.parse().ok()
}

/// What stands in the first pair of brackets, inner brackets included: the platform.
pub(super) fn platform_comment(user_agent: &str) -> &str {
    let Some(start) = user_agent.find('(') else {
        return "";
    };
    let inside = &user_agent[start + 1..];
    let mut depth = 1_u32;
    for (at, byte) in inside.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &inside[..at];
        }
    }
    inside
}

fn is_inner(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_behind_whole_tokens_only() {
        let ua = "Mozilla/5.0 (X; Y (2022)) HeadlessChrome/1.2 Chrome/153.0.0.0, Edg/ x";

        assert_eq!(version_after(ua, "Chrome/"), Some("153.0.0.0"));
        assert_eq!(version_after(ua, "Edg/"), Some(""));
        assert_eq!(version_after(ua, "OPR/"), None);
        assert_eq!(platform_comment(ua), "X; Y (2022)");
        assert_eq!(platform_comment("no brackets"), "");
        assert_eq!(platform_comment("(open; é"), "open; é");
        assert_eq!(leading_version("18_7 like"), "18_7");
        assert_eq!(leading_version("1é"), "1");
        assert_eq!(leading_version(&"1".repeat(100)).len(), 40);
    }
}
