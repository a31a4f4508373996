//! Texts to compare with: exact ones, `*masks*`, `/regexps/` and `@empty`.
//!
//! Exact texts and masks are compared without regard to letter case; a regexp says so itself with
//! `/.../i`. Exact texts are one hash lookup however many there are, masks one pass, and regexps
//! another: their engine is linear in the text, whatever the regexp, so none can hold a click up.

use std::borrow::Cow;
use std::sync::Arc;

use ahash::AHashSet;
use regex::{RegexSet, RegexSetBuilder};
use serde_json::Value;

use super::alike::Alike;
use super::lists::{Lists, NamedList};
use super::masks::Masks;
use super::sets::{Set, Sets};
use super::values::{self, Faults};
use crate::domain::flow::Flow;
use crate::domain::form::quoted;
use crate::domain::problem::Problem;

/// Stands for what is not there.
pub(super) const EMPTY: &str = "@empty";
/// Stands for a fact that is not known.
pub(super) const UNKNOWN: &str = "unknown";

/// Most regexps in one list of entries, and among all entries of a campaign that stand in no named
/// list: what is written in a line may take a megabyte when compiled.
const REGEXPS_MAX: usize = 500;
/// Most bytes that one regexp, and all of them together, may take when compiled.
const REGEXP_BYTES: usize = 1 << 20;
const REGEXPS_BYTES: usize = 16 << 20;
/// Facts are cut at 1,024 bytes; a longer text could match nothing.
const LONGEST: usize = 1_024;

/// Texts, compiled.
#[derive(Debug, Default)]
pub(super) struct TextSet {
    /// In lower case.
    exact: AHashSet<Box<str>>,
    /// `@empty` is among them.
    empty: bool,
    /// `*`: whatever is there.
    any: bool,
    masks: Option<Masks>,
    regexps: Option<RegexSet>,
}

impl Set for TextSet {
    fn compile<'t>(entries: impl Iterator<Item = &'t str>) -> Result<Self, Faults> {
        let mut set = TextSet::default();
        let mut faults = Faults::default();
        let mut masks = Vec::new();
        let mut first_mask = 0;
        let mut regexps = Vec::new();
        for (place, text) in entries.enumerate() {
            let text = match values::check(text.trim()) {
                Ok(text) => text,
                Err(message) => {
                    faults.push(place, message);
                    continue;
                }
            };
            if let Some(regexp) = regexp(text) {
                match regexp {
                    Ok(regexp) => regexps.push((place, regexp)),
                    Err(message) => faults.push(place, message),
                }
            } else if text.len() > LONGEST {
                let message = format!(
                    "{} is {} bytes long, but texts are compared up to {LONGEST}.",
                    quoted(text),
                    text.len()
                );
                faults.push(place, message);
            } else if text.eq_ignore_ascii_case(EMPTY) {
                set.empty = true;
            } else if text.bytes().all(|byte| byte == b'*') {
                set.any = true;
            } else if text.contains('*') {
                if masks.is_empty() {
                    first_mask = place;
                }
                masks.push(text.to_lowercase().into_boxed_str());
            } else {
                set.exact.insert(text.to_lowercase().into_boxed_str());
            }
        }
        if !masks.is_empty() {
            match Masks::compile(masks) {
                Ok(masks) => set.masks = Some(masks),
                Err(message) => faults.push(first_mask, message),
            }
        }
        if !regexps.is_empty() {
            match all_regexps(&regexps) {
                Ok(regexps) => set.regexps = Some(regexps),
                Err((place, message)) => faults.push(place, message),
            }
        }
        match faults.is_empty() {
            true => Ok(set),
            false => Err(faults),
        }
    }

    fn alike(lists: &Lists) -> &Alike<Self> {
        &lists.texts
    }

    fn of<'l>(list: &'l NamedList, lists: &Lists) -> &'l Result<Arc<Self>, Faults> {
        list.texts(lists)
    }
}

impl TextSet {
    /// `lower` is `text` in lower case.
    fn holds(&self, text: &str, lower: &str) -> bool {
        self.any
            || self.exact.contains(lower)
            || self
                .masks
                .as_ref()
                .is_some_and(|masks| masks.matches(lower))
            || self.regexps.as_ref().is_some_and(|set| set.is_match(text))
    }
}

impl Sets<TextSet> {
    /// Whether the text is among them; for one that is not there, whether its word is.
    pub(super) fn matches(&self, text: Option<&str>, absent: Absent) -> bool {
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            return self
                .any(|set| set.empty || absent == Absent::Unknown && set.exact.contains(UNKNOWN));
        };
        let mut buffer = [0; 256];
        let lower = lower(text, &mut buffer);
        self.any(|set| set.holds(text, &lower))
    }
}

/// What it means that a visitor has no such text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Absent {
    /// It is not known: `unknown` and `@empty` match.
    Unknown,
    /// It was not sent: only `@empty` matches.
    Empty,
}

impl Absent {
    /// Its word in values.
    pub(super) fn word(self) -> &'static str {
        match self {
            Absent::Unknown => UNKNOWN,
            Absent::Empty => EMPTY,
        }
    }
}

/// A text in lower case, without allocating where it is short and ASCII, as nearly all are.
fn lower<'b>(text: &'b str, buffer: &'b mut [u8; 256]) -> Cow<'b, str> {
    if text.is_ascii()
        && let Some(copy) = buffer.get_mut(..text.len())
    {
        copy.copy_from_slice(text.as_bytes());
        copy.make_ascii_lowercase();
        return Cow::Borrowed(std::str::from_utf8(copy).unwrap_or_default());
    }
    Cow::Owned(text.to_lowercase())
}

/// `/.../` or `/.../i` as the regex engine writes it; `None` if the text is no regexp.
fn regexp(text: &str) -> Option<Result<String, String>> {
    let inside = text.strip_prefix('/')?;
    let (pattern, flags) = match inside.strip_suffix("/i") {
        Some(pattern) => (pattern, "(?i)"),
        None => (inside.strip_suffix('/')?, ""),
    };
    if pattern.is_empty() {
        let message = format!(
            "{} is a regexp that matches everything; write \"*\" if that is meant.",
            quoted(text)
        );
        return Some(Err(message));
    }
    // Groups, so that what follows the flags is the whole of it.
    let whole = format!("{flags}(?:{pattern})");
    let checked = regex::RegexBuilder::new(&whole)
        .size_limit(REGEXP_BYTES)
        .build();
    Some(match checked {
        Ok(_) => Ok(whole),
        Err(regex::Error::CompiledTooBig(_)) => Err(format!(
            "The regexp {} takes more memory than one may; write smaller repetitions.",
            quoted(text)
        )),
        Err(error) => {
            // The engine draws the pattern over several lines and ends with the reason.
            let told = error.to_string();
            let reason = told.lines().last().unwrap_or_default();
            let reason = reason.strip_prefix("error: ").unwrap_or(reason);
            Err(format!("{} is no regexp: {reason}.", quoted(text)))
        }
    })
}

/// Adds the regexps that a flow's filters write out themselves to those of the flows before.
///
/// # Errors
/// They are too many, from the filter on that the problem names; none needs to be compiled.
pub fn count_regexps(flow: &Flow, count: &mut usize) -> Result<(), Problem> {
    for (index, filter) in flow.filters.iter().enumerate() {
        *count += written_out(&filter.value.parsed());
        if *count > REGEXPS_MAX {
            let message = format!(
                "With these the campaign has more than {REGEXPS_MAX} regexps. Join some with \"|\", write masks, or keep them in a named list, which all its filters share."
            );
            let field = format!("[{index}].value");
            return Err(Problem::new(field, "out_of_range", message));
        }
    }
    Ok(())
}

/// Regexps among the entries of a value.
fn written_out(value: &Value) -> usize {
    let is_regexp = |text: &str| {
        let inside = text.trim().strip_prefix('/');
        inside.is_some_and(|rest| rest.ends_with('/') || rest.ends_with("/i"))
    };
    match value {
        Value::String(text) => text
            .split(['\n', '\r'])
            .filter(|line| is_regexp(line))
            .count(),
        Value::Array(entries) => {
            let texts = entries.iter().filter_map(Value::as_str);
            texts.filter(|text| is_regexp(text)).count()
        }
        // Of a parameter: its name, and what it is compared with.
        Value::Object(fields) => fields.get("value").map_or(0, written_out),
        _ => 0,
    }
}

/// Regexps with their places.
fn all_regexps(regexps: &[(usize, String)]) -> Result<RegexSet, (usize, String)> {
    if let Some((place, _)) = regexps.get(REGEXPS_MAX) {
        return Err((
            *place,
            format!(
                "There are {} regexps, but no more than {REGEXPS_MAX} go together. Join some with \"|\", or write masks.",
                regexps.len()
            ),
        ));
    }
    let built = RegexSetBuilder::new(regexps.iter().map(|(_, regexp)| regexp))
        .size_limit(REGEXPS_BYTES)
        .build();
    built.map_err(|_| {
        let place = regexps.last().map_or(0, |(place, _)| *place);
        let message = "The regexps up to here take more memory than they may together; write fewer or smaller ones.";
        (place, message.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::domain::flow::{FlowKind, Mode};
    use crate::engine::filter::lists::Lists;
    use crate::engine::filter::lists::testing::lists;
    use crate::engine::filter::values::Split;
    use crate::engine::testing::{filter, to_address};

    fn set(value: Value) -> Sets<TextSet> {
        Sets::compile(&value, &Lists::default(), Split::Lines).expect("it compiles")
    }

    fn problem(value: Value) -> (String, String) {
        let problems = Sets::<TextSet>::compile(&value, &Lists::default(), Split::Lines);
        let problem = problems.expect_err("it is wrong").remove(0);
        (problem.field, problem.message)
    }

    #[test]
    fn texts_match_exactly_by_mask_or_by_regexp() {
        let cases = [
            ("Berlin", "berlin", true),
            ("Berlin", "Berlin West", false),
            ("КИЇВ", "Київ", true),
            ("new*", "New York", true),
            ("*york", "New York", true),
            ("n*y*k", "New York", true),
            ("*york*", "New York", true),
            ("*yorks*", "New York", false),
            ("ab*ab", "ab", false),
            ("*", "x", true),
            ("**", "x", true),
            ("/^New/", "New York", true),
            ("/^new/", "New York", false),
            ("/^new/i", "New York", true),
            ("/a|b/", "xbx", true),
            ("/Ї$/i", "місто ї", true),
            ("/half", "/half", true),
            ("half/i", "half/i", true),
            ("a?b", "aXb", false),
            ("a.b", "axb", false),
        ];
        for (entry, text, expected) in cases {
            let matches = set(json!([entry])).matches(Some(text), Absent::Empty);
            assert_eq!(matches, expected, "{entry} {text}");
        }
    }

    #[test]
    fn what_is_not_there_matches_only_its_words() {
        let cases = [
            (json!(["@empty"]), true, true),
            (json!(["@EMPTY", "x"]), true, true),
            (json!(["Unknown"]), true, false),
            (json!(["*"]), false, false),
            (json!(["/.*/"]), false, false),
            (json!(["x"]), false, false),
        ];
        for (value, unknown, empty) in cases {
            let set = set(value.clone());
            for text in [None, Some("")] {
                assert_eq!(set.matches(text, Absent::Unknown), unknown, "{value}");
                assert_eq!(set.matches(text, Absent::Empty), empty, "{value}");
            }
        }
        assert!(!set(json!(["@empty", "unknown"])).matches(Some("x"), Absent::Unknown));
    }

    #[test]
    fn lists_and_own_entries_count_together() {
        let lists = lists(&[(1, &["a", "b*"]), (2, &["/^c/"])]);
        let value = json!(["x", {"list_id": 1}, {"list_id": 2}]);
        let set = Sets::compile(&value, &lists, Split::Lines).expect("it compiles");

        for (text, expected) in [
            ("x", true),
            ("A", true),
            ("bcd", true),
            ("cd", true),
            ("d", false),
        ] {
            assert_eq!(set.matches(Some(text), Absent::Empty), expected, "{text}");
        }
    }

    #[test]
    fn regexps_that_are_wrong_or_too_large_are_refused_at_their_place() {
        let (field, message) = problem(json!(["x", "/a(b/"]));
        assert_eq!(field, "[1]");
        assert_eq!(message, "\"/a(b/\" is no regexp: unclosed group.");

        let (field, message) = problem(json!(["/((a{100}){100}){100}/"]));
        assert_eq!(field, "[0]");
        assert!(message.contains("memory"), "{message}");

        let many: Vec<_> = (0..=REGEXPS_MAX).map(|n| format!("/{n}x/")).collect();
        assert_eq!(problem(json!(many)).0, "[500]");

        let large: Vec<_> = (0..100).map(|n| format!("/{n}\\w{{20}}/")).collect();
        let (field, message) = problem(json!(large));
        assert_eq!(field, "[99]");
        assert!(message.contains("together"), "{message}");

        assert_eq!(problem(json!(["a", "//"])).0, "[1]");
        assert_eq!(problem(json!(["x".repeat(1_025)])).0, "[0]");
    }

    proptest! {
        #[test]
        fn lower_case_is_lower_case(text in ".{0,300}") {
            let mut buffer = [0; 256];
            let lower = lower(&text, &mut buffer);
            prop_assert_eq!(lower, text.to_lowercase());
        }

        #[test]
        fn no_entry_panics(entries in prop::collection::vec("[/*@a(){}i\\\\|]{0,8}", 1..4), text in ".{0,20}") {
            if let Ok(set) = Sets::<TextSet>::compile(&json!(entries), &Lists::default(), Split::Lines) {
                set.matches(Some(&text), Absent::Unknown);
            }
        }
    }

    #[test]
    fn regexps_are_counted_over_all_flows_of_a_campaign_before_any_is_compiled() {
        let filters = |values: &[Value]| {
            let mut flow = to_address(1, FlowKind::Regular);
            let filter = |value: &Value| filter("keyword", Mode::Accept, value.clone());
            flow.filters = values.iter().map(filter).collect();
            flow
        };
        let cases = [
            (json!(["/a/", " /b/i ", "c", "/d", "e/"]), 2),
            (json!("/a/\r\n/b/i\nc"), 2),
            (json!({"name": "x", "value": ["/a/"]}), 1),
            (json!([{"list_id": 1}, 5]), 0),
            (json!(true), 0),
        ];
        for (value, expected) in cases {
            let mut count = 0;
            assert_eq!(
                count_regexps(&filters(std::slice::from_ref(&value)), &mut count),
                Ok(())
            );
            assert_eq!(count, expected, "{value}");
        }

        let mut count = REGEXPS_MAX - 1;
        let flow = filters(&[json!(["/a/"]), json!(["b"]), json!(["/(/"])]);
        let problem = count_regexps(&flow, &mut count).expect_err("one too many");
        assert_eq!(problem.field, "[2].value");
    }
}
