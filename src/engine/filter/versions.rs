//! Versions and comparisons with them.
//!
//! Versions are compared number by number, and only as far as the filter's is written: `10` is
//! every 10.x, `<=12.4` takes 12.4.1 in, `>12.4` begins with 12.5. What a visitor's version lacks
//! counts as 0. Names such as `XP` are equal or not, and neither more nor less than anything.

use std::cmp::Ordering;

use serde_json::Value;

use super::texts::{EMPTY, UNKNOWN};
use super::values::{self, Split};
use super::{Condition, Lists, condition};
use crate::domain::problem::Problem;
use crate::engine::visit::Asked;

/// What a version may be.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Rule {
    Unknown,
    /// Not a number: `XP`.
    Name(String),
    /// At least and at most these, each as far as it is written; empty is open.
    Between {
        least: Vec<u32>,
        most: Vec<u32>,
    },
    Above(Vec<u32>),
    Below(Vec<u32>),
}

impl Rule {
    fn holds(&self, version: Option<&str>) -> bool {
        let Some(version) = version else {
            return *self == Rule::Unknown;
        };
        match self {
            Rule::Unknown => false,
            Rule::Name(name) => version.eq_ignore_ascii_case(name),
            _ if !version.starts_with(|first: char| first.is_ascii_digit()) => false,
            Rule::Between { least, most } => {
                compare(version, least) != Ordering::Less
                    && compare(version, most) != Ordering::Greater
            }
            Rule::Above(bound) => compare(version, bound) == Ordering::Greater,
            Rule::Below(bound) => compare(version, bound) == Ordering::Less,
        }
    }
}

/// A visitor's version beside a bound, as far as that is written. Without allocating.
fn compare(version: &str, bound: &[u32]) -> Ordering {
    let mut numbers = version.split(['.', '_']).map(leading_number);
    let pairs = bound
        .iter()
        .map(|bound| numbers.next().unwrap_or(0).cmp(bound));
    pairs.fold(Ordering::Equal, Ordering::then)
}

/// `4rc1` is 4; what begins with no digit is 0; what is too large is as large as can be.
fn leading_number(text: &str) -> u32 {
    let digits = text.bytes().take_while(u8::is_ascii_digit);
    digits.fold(0_u32, |sum, digit| {
        sum.saturating_mul(10)
            .saturating_add(u32::from(digit - b'0'))
    })
}

/// Most numbers of a version.
const NUMBERS_MAX: usize = 8;

/// One entry of a list.
fn read(text: &str) -> Result<Rule, String> {
    if text.eq_ignore_ascii_case(UNKNOWN) || text.eq_ignore_ascii_case(EMPTY) {
        return Ok(Rule::Unknown);
    }
    let version = |text: &str| numbers(text.trim()).ok_or_else(|| wrong(text));
    let between = |least: Vec<u32>, most| Rule::Between { least, most };
    if let Some(bound) = text.strip_prefix(">=") {
        return Ok(between(version(bound)?, Vec::new()));
    }
    if let Some(bound) = text.strip_prefix("<=") {
        return Ok(between(Vec::new(), version(bound)?));
    }
    if let Some(bound) = text.strip_prefix('>') {
        return Ok(Rule::Above(version(bound)?));
    }
    if let Some(bound) = text.strip_prefix('<') {
        return Ok(Rule::Below(version(bound)?));
    }
    let text = text.strip_prefix('=').unwrap_or(text).trim();
    if text.starts_with(char::is_alphabetic) {
        return Ok(Rule::Name(text.to_owned()));
    }
    match text.split_once('-') {
        Some((first, last)) => {
            let (least, most) = (version(first)?, version(last)?);
            let shared = least.len().min(most.len());
            match least[..shared] > most[..shared] {
                true => Err(format!(
                    "\"{text}\" ends before it begins; swap the two versions."
                )),
                false => Ok(between(least, most)),
            }
        }
        None => version(text).map(|exact| between(exact.clone(), exact)),
    }
}

fn wrong(text: &str) -> String {
    format!("\"{text}\" is no version. Write 10, 12.4, >=10, <12.4, 9-11 or \"unknown\".")
}

/// `12.4` and `12.4.*` as numbers.
fn numbers(text: &str) -> Option<Vec<u32>> {
    let parts = text.strip_suffix(".*").unwrap_or(text).split('.');
    let number = |part: &str| {
        let is_number = (1..=9).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        is_number.then(|| part.parse().ok())?
    };
    let numbers: Vec<u32> = parts.map(number).collect::<Option<_>>()?;
    (numbers.len() <= NUMBERS_MAX).then_some(numbers)
}

/// A condition on a version of the visitor.
pub(super) fn compile(
    value: &Value,
    lists: &Lists,
    version: for<'v> fn(&Asked<'v>) -> Option<&'v str>,
) -> Result<Box<dyn Condition>, Vec<Problem>> {
    let rules = values::list(value, lists, Split::Commas, read)?;
    Ok(condition(
        move |asked| {
            let version = version(asked);
            rules.iter().any(|rule| rule.holds(version))
        },
        move |asked| version(asked).unwrap_or(UNKNOWN).to_owned(),
    ))
}

/// What the filters on versions say about their values.
macro_rules! forms {
    () => {
        "Compared number by number, as far as you write: \"10\" is every 10.x, \">=10\", \"<12.4\", \"9-11\"; \"unknown\" is for those that hide it."
    };
}
pub(super) use forms;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn holds(rule: &str, version: &str) -> bool {
        let version = Some(version).filter(|version| !version.is_empty());
        read(rule).expect("a rule").holds(version)
    }

    #[test]
    fn versions_are_compared_number_by_number() {
        let cases = [
            ("10", "10", true),
            ("10", "10.3.1", true),
            ("10", "1", false),
            ("10.*", "10.3", true),
            ("10.0", "10.3", false),
            ("10.0", "10", true),
            ("= 10", "10", true),
            (">=10", "9.9", false),
            (">=10", "10", true),
            (">=10", "100", true),
            (">= 9.5", "9.10", true),
            ("<12.4", "12.3.9", true),
            ("<12.4", "12.4", false),
            ("<12.4", "12.4.1", false),
            ("<12.4", "12", true),
            ("<=12.4", "12.4.1", true),
            (">12.4", "12.4.1", false),
            (">12.4", "12.5", true),
            ("9-11", "11.4", true),
            ("9-11", "12", false),
            ("9 - 11", "8.9", false),
            ("12-12.4", "12.4", true),
            ("XP", "xp", true),
            ("XP", "Vista", false),
            (">=7", "XP", false),
            ("<7", "XP", false),
            ("unknown", "", true),
            ("unknown", "10", false),
            (">=1", "", false),
            (">1", "99999999999999", true),
            ("10", "10_15_7", true),
        ];
        for (rule, version, expected) in cases {
            assert_eq!(holds(rule, version), expected, "{rule} {version}");
        }
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in [
            "",
            ">",
            ">=x",
            "10.",
            "1..2",
            "11-9",
            "9-",
            "1.2.3.4.5.6.7.8.9",
            "-1",
            "12.4-12.3",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn comparisons_agree_with_padded_numbers(
            bound in prop::collection::vec(0_u32..4, 1..4),
            version in prop::collection::vec(0_u32..4, 1..5),
        ) {
            let text = |numbers: &[u32]| {
                let words: Vec<_> = numbers.iter().map(u32::to_string).collect();
                words.join(".")
            };
            let mut cut = version.clone();
            cut.resize(bound.len(), 0);
            let (bound_text, version_text) = (text(&bound), text(&version));
            for (sign, expected) in [
                ("", cut == bound),
                (">=", cut >= bound),
                (">", cut > bound),
                ("<=", cut <= bound),
                ("<", cut < bound),
            ] {
                let rule = format!("{sign}{bound_text}");
                prop_assert_eq!(holds(&rule, &version_text), expected, "{} {}", rule, version_text);
            }
        }

        #[test]
        fn no_text_panics(rule in "[0-9.<>=-]{0,12}", version in ".{0,12}") {
            if let Ok(rule) = read(&rule) {
                rule.holds(Some(&version));
            }
        }
    }
}
