//! The tables of the README are made from the registries, so they cannot tell anything else.
//!
//! Each stands between its markers, `<!-- filters -->` and `<!-- /filters -->`. After a change of
//! a registry: `UPDATE_README=1 cargo test --test readme`.

use std::{env, fs};

use millrace::engine::{filter, redirect};
use millrace::macros::table;
use millrace::postback::markdown as postbacks;
use millrace::rules;

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");

#[test]
fn tables_of_the_readme_say_what_the_registries_say() {
    let readme = fs::read_to_string(README).expect("the README is there");

    let mut fresh = readme.clone();
    for (name, table) in [
        ("filters", filter::markdown()),
        ("redirects", redirect::markdown()),
        ("macros", table::markdown()),
        ("postback parameters", postbacks::parameters()),
        ("statuses", postbacks::words()),
        ("verdicts", postbacks::verdicts()),
        ("actions", rules::actions()),
        ("metrics", rules::metrics()),
    ] {
        fresh = with_table(&fresh, name, &table)
            .unwrap_or_else(|| panic!("README.md has no <!-- {name} --> and <!-- /{name} -->"));
    }

    if env::var_os("UPDATE_README").is_some() {
        fs::write(README, fresh).expect("the README can be written");
        return;
    }
    for (line, (is, should_be)) in (1..).zip(readme.lines().zip(fresh.lines())) {
        assert_eq!(is, should_be, "README.md, line {line}: {ADVICE}");
    }
    assert!(readme == fresh, "{ADVICE}");
}

const ADVICE: &str =
    "the tables are not those of the registries. Run UPDATE_README=1 cargo test --test readme";

/// The text with this table between its markers.
fn with_table(text: &str, name: &str, table: &str) -> Option<String> {
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->\n"));
    let (before, rest) = text.split_once(&open)?;
    let (_, after) = rest.split_once(&close)?;
    Some(format!("{before}{open}\n{table}\n{close}{after}"))
}

#[test]
fn a_table_is_put_between_its_markers_and_nowhere_else() {
    let text = "a\n<!-- x -->\nold\n<!-- /x -->\nb\n";

    let once = with_table(text, "x", "| new |\n").expect("both markers");

    assert_eq!(once, "a\n<!-- x -->\n\n| new |\n\n<!-- /x -->\nb\n");
    assert_eq!(with_table(&once, "x", "| new |\n"), Some(once.clone()));
    assert_eq!(with_table(&once, "y", "| new |\n"), None);
    assert_eq!(with_table("<!-- x -->\n", "x", ""), None);
}
