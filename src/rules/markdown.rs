//! Actions and metrics as Markdown, for the README.

use std::fmt::Write;

use super::action;
use crate::report::metric;

/// One line for each action.
pub fn actions() -> String {
    let mut out = String::from("| action | what it does | `value`, for example |\n|---|---|---|\n");
    for kind in action::all() {
        let example = kind.example();
        // Writing to a `String` cannot fail.
        let (key, label, help) = (kind.key(), kind.label(), kind.help());
        let _ = writeln!(out, "| `{key}` | {label}. {help} | `{example}` |");
    }
    out
}

/// One line for each metric, those about one event or kept number last.
pub fn metrics() -> String {
    let mut out = String::from("| metric | what it is | formula |\n|---|---|---|\n");
    let plain = metric::all().map(|one| (one.key.to_owned(), one));
    let of_events = metric::of_events().map(|one| (format!("{}:<event>", one.key), one));
    let of_kept = metric::of_kept().map(|one| (format!("{}:<name>", one.key), one));
    for (key, one) in plain.chain(of_events).chain(of_kept) {
        let (help, formula) = (one.help, &one.formula);
        let _ = writeln!(out, "| `{key}` | {}. {help} | {formula} |", one.label);
    }
    out
}
