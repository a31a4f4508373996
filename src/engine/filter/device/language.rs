//! Preferred language of the browser.

use serde_json::{Value, json};

use super::super::texts::UNKNOWN;
use super::super::values::{self, Split};
use super::super::{Condition, FilterKind, Input, Lists, condition};
use crate::domain::problem::Problem;
use crate::domain::visitor::Language;

/// Visitors with certain languages.
pub(super) struct LanguageFilter;

const USUAL: &[&str] = &[
    "en", "ru", "uk", "de", "fr", "es", "pt", "it", "pl", "tr", "ar", "hi", "id", "th", "vi", "zh",
    "ja", "ko", UNKNOWN,
];

impl FilterKind for LanguageFilter {
    fn key(&self) -> &'static str {
        "language"
    }

    fn label(&self) -> &'static str {
        "Language"
    }

    fn help(&self) -> &'static str {
        "The language that the browser prefers, by its code of ISO 639; \"unknown\" is for none"
    }

    fn example(&self) -> Value {
        json!(["en", "uk"])
    }

    fn input(&self) -> Input {
        Input::Values {
            suggest: "language",
            usual: USUAL,
            absent: UNKNOWN,
        }
    }

    fn compile(&self, value: &Value, lists: &Lists) -> Result<Box<dyn Condition>, Vec<Problem>> {
        let mut languages = values::list(value, lists, Split::Words, read)?;
        languages.sort_unstable();
        languages.dedup();
        Ok(condition(
            move |asked| languages.binary_search(&asked.visitor().language).is_ok(),
            |asked| {
                let language = asked.visitor().language;
                language.map_or(UNKNOWN.to_owned(), String::from)
            },
        ))
    }
}

/// A language, or `None` for `unknown`.
fn read(text: &str) -> Result<Option<Language>, String> {
    if text.eq_ignore_ascii_case(UNKNOWN) {
        return Ok(None);
    }
    if let Some(language) = Language::parse(text) {
        return Ok(Some(language));
    }
    let start = text.split(['-', '_']).next().and_then(Language::parse);
    Err(match start {
        Some(language) => format!(
            "\"{text}\" names a country too; only the language counts, so write \"{}\" and filter the country apart.",
            language.as_str()
        ),
        None => format!("\"{text}\" is no code of a language. Write it like en, uk or fil."),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_and_others_refused_with_the_way_out() {
        assert_eq!(read("EN"), Ok(Language::parse("en")));
        assert_eq!(read("unknown"), Ok(None));
        assert!(
            read("en-US")
                .expect_err("a country")
                .contains("write \"en\"")
        );
        assert!(read("english").is_err());
    }
}
