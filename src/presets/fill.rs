//! Values of the operator's account in a postback URL: `aid=ADVERTISER_ID` becomes `aid=12345`.

use std::collections::BTreeMap;

use crate::domain::form::quoted;
use crate::domain::nearest::nearest;
use crate::domain::problem::Problem;

/// The longest value.
const VALUE_MAX: usize = 500;

/// The URL's words, and what stands between them, in order. A word is letters, digits and `_`;
/// a macro is no word.
pub(super) fn cut(url: &str) -> impl Iterator<Item = (&str, bool)> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut rest = url;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let (end, is_a_word) = match first {
            '{' => (rest.find('}').map_or(rest.len(), |at| at + 1), false),
            c if is_word(c) => (rest.find(|c| !is_word(c)).unwrap_or(rest.len()), true),
            c => (c.len_utf8(), false),
        };
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some((piece, is_a_word))
    })
}

/// Where each of these keys first stands in the URL; `None` if it does not.
pub(super) fn place(url: &str, key: &str) -> Option<usize> {
    cut(url).position(|(piece, is_word)| is_word && piece == key)
}

/// The URL with the values in place of their keys. A key without a value stays.
pub(super) fn fill(url: &str, values: &BTreeMap<String, String>) -> String {
    cut(url)
        .map(|(piece, is_word)| match values.get(piece) {
            Some(value) if is_word => value.as_str(),
            _ => piece,
        })
        .collect()
}

/// What is wrong with sent values, all at once.
pub(super) fn problems(values: &BTreeMap<String, String>, known: &[&str]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (key, value) in values {
        if !known.contains(&key.as_str()) {
            let mut message = format!("This preset asks for no {}.", quoted(key));
            if let Some(near) = nearest(key, known.iter().copied()) {
                message.push_str(&format!(" Did you mean \"{near}\"?"));
            } else if !known.is_empty() {
                message.push_str(&format!(" It asks for {}.", known.join(", ")));
            }
            let field: String = key.chars().take(100).collect();
            problems.push(Problem::new(field, "unknown_parameter", message));
        } else if value.is_empty() {
            let message = format!("{key} is empty; leave it out, or copy it from your account.");
            problems.push(Problem::new(key, "required", message));
        } else if value.len() > VALUE_MAX
            || !value
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && !b"&?#{}\"<>\\".contains(&byte))
        {
            let message = format!(
                "{} cannot be a part of a URL. Copy only the value itself: at most {VALUE_MAX} \
                 characters, without spaces and without & ? # {{ }}.",
                quoted(value)
            );
            problems.push(Problem::new(key, "invalid", message));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        pairs.iter().map(own).collect()
    }

    #[test]
    fn only_whole_words_outside_macros_are_filled() {
        let cases = [
            ("https://x/?tid=TID&a={TID}", "https://x/?tid=7&a={TID}"),
            (
                "https://x/TID/{tid}/TIDY/MY_TID",
                "https://x/7/{tid}/TIDY/MY_TID",
            ),
            ("https://TID.x/?TID", "https://7.x/?7"),
            ("{TID", "{TID"),
            ("é=TID", "é=7"),
            ("", ""),
        ];
        for (url, filled) in cases {
            assert_eq!(fill(url, &values(&[("TID", "7")])), filled, "{url}");
            assert_eq!(fill(url, &values(&[])), url);
        }
    }

    #[test]
    fn a_value_cannot_add_parameters_or_macros() {
        for bad in ["", "a b", "1&x=2", "x#", "{click_id}", "a?b", "é", "\r\n"] {
            assert_eq!(
                problems(&values(&[("KEY", bad)]), &["KEY"]).len(),
                1,
                "{bad}"
            );
        }
        assert_eq!(problems(&values(&[("KEY", "a-b/c.d:8")]), &["KEY"]), []);
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let found = problems(&values(&[("KEYY", "1"), ("KEY", "")]), &["KEY"]);

        let codes: Vec<_> = found.iter().map(|one| one.code).collect();
        assert_eq!(codes, ["required", "unknown_parameter"]);
        assert!(found[1].message.contains("Did you mean \"KEY\"?"));
    }

    proptest! {
        #[test]
        fn the_pieces_are_the_whole_url(url in any::<String>(), likely in "([A-Z_]{1,4}|[{}/?&=é])*") {
            for url in [url, likely] {
                let pieces: String = cut(&url).map(|(piece, _)| piece).collect();
                prop_assert_eq!(&pieces, &url);
                prop_assert_eq!(fill(&url, &values(&[])), url);
            }
        }

        #[test]
        fn what_is_filled_in_leaves_macros_alone(
            before in "[a-z/?&=]{0,9}", name in "[A-Z_]{1,9}", value in "[0-9a-z]{1,9}",
        ) {
            let url = format!("{before}={{{name}}}&x={name}");
            let filled = fill(&url, &values(&[(&name, &value)]));
            prop_assert_eq!(filled, format!("{before}={{{name}}}&x={value}"));
        }
    }
}
