//! The table as Markdown, for the README.

use std::fmt::Write;

use super::{Macro, SUB_IDS, facts};

/// One line for each macro; the sub ids share one.
pub fn markdown() -> String {
    let mut out =
        String::from("| macro | also as | what it becomes | example |\n|---|---|---|---|\n");
    for entry in facts() {
        let aliases: Vec<String> = entry.aliases.iter().map(|name| braced(name)).collect();
        line(&mut out, &braced(entry.name), &aliases.join(" "), entry);
    }
    let [first, .., last] = SUB_IDS;
    let name = format!("{} to {}", braced(first.name), braced(last.name));
    let aliases: Vec<String> = first.aliases.iter().map(|name| braced(name)).collect();
    line(&mut out, &name, &aliases.join(" "), first);
    for entry in super::outgoing() {
        let aliases: Vec<String> = entry.aliases.iter().map(|name| braced(name)).collect();
        let name = format!("{} (outgoing postbacks)", braced(entry.name));
        line(&mut out, &name, &aliases.join(" "), entry);
    }
    out
}

fn line(out: &mut String, name: &str, aliases: &str, entry: &Macro) {
    let is_whole = entry.argument.as_ref().is_some_and(|takes| takes.required);
    let mut help = entry.help.to_owned();
    let mut example = if is_whole {
        String::new()
    } else {
        format!("`{}`", entry.example)
    };
    if let Some(takes) = &entry.argument {
        // Writing to a `String` cannot fail.
        let _ = write!(help, ". Behind a colon: {}", takes.help);
        let space = if example.is_empty() { "" } else { " " };
        let _ = write!(
            example,
            "{space}`{{{}:{}}}` `{}`",
            entry.name, takes.example, takes.gives
        );
    }
    let _ = writeln!(out, "| {name} | {aliases} | {help} | {example} |");
}

fn braced(name: &str) -> String {
    format!("`{{{name}}}`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::macros::table;

    #[test]
    fn every_macro_has_its_line_and_no_sign_breaks_the_table() {
        let text = markdown();
        for line in text.lines() {
            assert_eq!(line.matches('|').count(), 5, "{line}");
        }
        for entry in table::facts() {
            assert!(
                text.contains(&format!("| `{{{}}}` |", entry.name)),
                "{}",
                entry.name
            );
        }
        assert!(
            text.contains("| `{sub_id_1}` to `{sub_id_30}` | `{sub1}` `{s1}` |"),
            "{text}"
        );
    }
}
