//! The filters as Markdown, for the README.

use std::fmt::Write;

use super::parameters::SUB_IDS;
use super::{ALL, FilterKind, Group};

/// A table for each group; the sub ids share one line.
pub fn markdown() -> String {
    let mut out = String::new();
    let mut last = None;
    for (group, kinds) in ALL {
        if last != Some(*group) {
            let space = if last.is_some() { "\n" } else { "" };
            // Writing to a `String` cannot fail.
            let _ = writeln!(out, "{space}**{}**\n", title(*group));
            out.push_str("| filter | what it asks | example value |\n|---|---|---|\n");
            last = Some(*group);
        }
        for kind in *kinds {
            match sub_id(*kind) {
                Some(0) => {
                    let name = format!("`{}` to `sub_id_{}`", kind.key(), SUB_IDS.len());
                    line(&mut out, &name, *kind);
                }
                Some(_) => {}
                None => line(&mut out, &format!("`{}`", kind.key()), *kind),
            }
        }
    }
    out
}

/// Its place among the sub ids.
fn sub_id(kind: &dyn FilterKind) -> Option<usize> {
    SUB_IDS.iter().position(|one| one.key() == kind.key())
}

fn line(out: &mut String, name: &str, kind: &dyn FilterKind) {
    // Two stars would be read as emphasis.
    let mut help = kind.help().trim_end_matches('.').replace('*', "\\*");
    for alias in kind.aliases() {
        let _ = write!(help, ". Also written `{alias}`");
    }
    if kind.uses_up() {
        help.push_str(". Cannot reject");
    }
    // A bar would end the cell.
    let cells = [help, format!("`{}`", kind.example())].map(|cell| cell.replace('|', "\\|"));
    let _ = writeln!(out, "| {name} | {} |", cells.join(" | "));
}

fn title(group: Group) -> &'static str {
    match group {
        Group::Geo => "Geo",
        Group::Device => "Device",
        Group::Parameters => "Parameters of the link",
        Group::Time => "Time",
        Group::Visitor => "Visitor",
        Group::Other => "Other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::filter;

    #[test]
    fn every_filter_has_its_line_and_no_sign_breaks_the_table() {
        let text = markdown();
        for line in text.lines().filter(|line| line.starts_with('|')) {
            let bars = line.matches('|').count() - line.matches("\\|").count();
            assert_eq!(bars, 4, "{line}");
        }
        let missing: Vec<_> = filter::all()
            .map(|kind| kind.key())
            .filter(|key| !text.contains(&format!("`{key}`")))
            .collect();
        let expected: Vec<_> = (2..30).map(|number| format!("sub_id_{number}")).collect();
        assert_eq!(missing, expected);
    }
}
