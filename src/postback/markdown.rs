//! Parameters, words and verdicts as Markdown, for the README.

use std::fmt::Write;

use super::verdict::Verdict;
use super::words::COMMON;
use crate::domain::network::{Meaning, PostbackParameter};

/// One line for each parameter of a postback.
pub fn parameters() -> String {
    let mut out = String::from("| parameter | also as | what it tells |\n|---|---|---|\n");
    for (word, parameter) in PostbackParameter::ALL {
        let names = parameter.common_names().iter();
        let others: Vec<String> = names
            .filter(|name| *name != word)
            .map(|name| code(name))
            .collect();
        let (others, meaning) = (others.join(" "), parameter.meaning());
        line(&mut out, &[&code(word), &others, meaning]);
    }
    out
}

/// What is understood without a map of the network, one line for each meaning.
pub fn words() -> String {
    let mut out = String::from("| status | words |\n|---|---|\n");
    for (meaning, words) in COMMON {
        let mut all = Meaning::ALL.iter();
        let name = all.find(|(_, known)| *known == meaning);
        let words: Vec<String> = words.split_whitespace().map(code).collect();
        let name = name.map_or("", |(name, _)| name);
        line(&mut out, &[&code(name), &words.join(" ")]);
    }
    out
}

/// One line for each verdict.
pub fn verdicts() -> String {
    let mut out = String::from("| verdict | what became of the postback |\n|---|---|\n");
    for (word, verdict) in Verdict::ALL {
        line(&mut out, &[&code(word), verdict.meaning()]);
    }
    out
}

fn line(out: &mut String, cells: &[&str]) {
    // Writing to a `String` cannot fail.
    let _ = writeln!(out, "| {} |", cells.join(" | "));
}

fn code(word: &str) -> String {
    format!("`{word}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_has_its_line_and_no_sign_breaks_a_table() {
        let tables = [
            (parameters(), PostbackParameter::ALL.len(), 4),
            (words(), COMMON.len(), 3),
            (verdicts(), Verdict::ALL.len(), 3),
        ];
        for (table, entries, bars) in tables {
            assert_eq!(table.lines().count(), 2 + entries, "{table}");
            for line in table.lines() {
                assert_eq!(line.matches('|').count(), bars, "{line}");
                let has_an_empty_cell = line.starts_with("| ``") || line.ends_with("|  |");
                assert!(!has_an_empty_cell, "{line}");
            }
        }
    }
}
