//! The ways as Markdown, for the README.

use std::fmt::Write;

use super::ALL;

/// One line for each way.
pub fn markdown() -> String {
    let mut out = String::from("| `redirect` | what the visitor gets |\n|---|---|\n");
    for way in ALL {
        let mut help = way.help().to_owned();
        for setting in way.settings() {
            let values = setting.choices.iter().map(|choice| choice.value);
            let values: Vec<String> = values.map(|value| format!("`{value}`")).collect();
            // Writing to a `String` cannot fail.
            let _ = write!(help, ". `{}`: {}", setting.key, values.join(", "));
        }
        let _ = writeln!(out, "| `{}` | {help} |", way.key());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_has_its_line_and_no_sign_breaks_the_table() {
        let text = markdown();
        for line in text.lines() {
            assert_eq!(line.matches('|').count(), 3, "{line}");
        }
        assert_eq!(text.lines().count(), 2 + ALL.len());
    }
}
