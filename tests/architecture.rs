//! The import rule of `src/lib.rs`, and what every source file keeps to.
//!
//! A text scan, not a compiler: comments and literals are blanked, the rest is read as tokens, and
//! every path (`use` trees and `super` included) is resolved against the file's place. Each rule is
//! tried on a small bad sample as well, so that it can fail.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What the files of these modules may not name.
struct Rule {
    modules: &'static [&'static str],
    /// Our modules; a `!` in front lists instead the only ones allowed.
    ours: &'static [&'static str],
    /// Beginnings of crate names.
    crates: &'static [&'static str],
}

const RULES: &[Rule] = &[
    Rule {
        modules: &["domain"],
        ours: &["!domain"],
        crates: &["actix", "rusqlite", "r2d2", "tokio"],
    },
    Rule {
        modules: &[
            "detect",
            "engine",
            "export",
            "macros",
            "postback",
            "rules",
            "report",
            "presets",
            "simulator",
        ],
        ours: &["store", "web"],
        crates: &["actix", "rusqlite", "r2d2", "tokio"],
    },
    Rule {
        modules: &["store"],
        ours: &["web"],
        crates: &["actix"],
    },
    Rule {
        modules: &["web"],
        ours: &[],
        crates: &["rusqlite", "r2d2"],
    },
];

impl Rule {
    fn allows(&self, module: &str) -> bool {
        match self.ours {
            [only] if only.starts_with('!') => &only[1..] == module,
            forbidden => !forbidden.contains(&module),
        }
    }
}

/// One source file: its path below `src`, and its text.
struct Source {
    path: PathBuf,
    text: String,
}

#[test]
fn modules_name_only_what_the_import_rule_allows() {
    assert_none(sources().iter().flat_map(import_faults));
}

#[test]
fn every_file_says_what_it_is() {
    assert_none(sources().iter().filter_map(opening_fault));
}

#[test]
fn nothing_unwraps_outside_tests() {
    let sources = sources();
    let tests = test_files(&sources);
    assert_none(
        sources
            .iter()
            .filter(|source| !tests.contains(&source.path))
            .flat_map(unwrap_faults),
    );
}

#[test]
fn every_folder_has_its_table_of_contents() {
    let paths: Vec<PathBuf> = sources().into_iter().map(|source| source.path).collect();
    assert_none(folder_faults(&paths));
}

// --- The rules ---------------------------------------------------------------------------------

fn import_faults(source: &Source) -> Vec<String> {
    let module = module_path(&source.path);
    let Some(rule) = RULES.iter().find(|rule| {
        module
            .first()
            .is_some_and(|top| rule.modules.contains(&top.as_str()))
    }) else {
        return Vec::new();
    };
    let tokens = tokens(&blank(&source.text));
    let mut faults = Vec::new();
    for token in &tokens {
        if rule.crates.iter().any(|name| is_crate(&token.text, name)) {
            faults.push(format!(
                "src/{}:{}: {} does not name {}",
                source.path.display(),
                token.line,
                module[0],
                token.text
            ));
        }
    }
    for (line, path) in paths(&tokens, &module) {
        // `crate` alone and `crate::*` open everything.
        let named = path.first().map_or("*", String::as_str);
        let is_allowed = match named {
            "*" => rule.ours.is_empty(),
            module => rule.allows(module),
        };
        if !is_allowed {
            faults.push(format!(
                "src/{}:{line}: {} does not name crate::{named}",
                source.path.display(),
                module[0],
            ));
        }
    }
    faults
}

/// `r2d2` covers `r2d2_sqlite`, `actix` covers `actix_web`; `tokio` does not cover `tokionic`.
fn is_crate(word: &str, name: &str) -> bool {
    word.strip_prefix(name)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
}

fn opening_fault(source: &Source) -> Option<String> {
    let opening = source.text.lines().find(|line| !line.trim().is_empty());
    let says = opening.and_then(|line| line.strip_prefix("//!"));
    says.is_none_or(|says| says.trim().is_empty()).then(|| {
        format!(
            "src/{}:1: a file opens with //! and what it is",
            source.path.display()
        )
    })
}

fn unwrap_faults(source: &Source) -> Vec<String> {
    let tokens = without_tests(tokens(&blank(&source.text)));
    tokens
        .windows(3)
        .filter(|window| {
            let [name, open, close] = window else {
                return false;
            };
            name.text == "unwrap" && open.text == "(" && close.text == ")"
        })
        .map(|window| {
            format!(
                "src/{}:{}: unwrap() outside tests",
                source.path.display(),
                window[0].line
            )
        })
        .collect()
}

/// Files that are tests as a whole: declared as `#[cfg(test)] mod name;`, and what lies below them.
fn test_files(sources: &[Source]) -> BTreeSet<PathBuf> {
    let mut roots = Vec::new();
    for source in sources {
        let tokens = tokens(&blank(&source.text));
        for at in 0..tokens.len() {
            let Some(item) = after_cfg_test(&tokens, at) else {
                continue;
            };
            if let [keyword, name, end, ..] = &tokens[item..]
                && keyword.text == "mod"
                && end.text == ";"
            {
                let mut module = module_path(&source.path);
                module.push(name.text.clone());
                roots.push(module);
            }
        }
    }
    sources
        .iter()
        .filter(|source| {
            let module = module_path(&source.path);
            roots.iter().any(|root| module.starts_with(root))
        })
        .map(|source| source.path.clone())
        .collect()
}

fn folder_faults(paths: &[PathBuf]) -> Vec<String> {
    let folders: BTreeSet<&Path> = paths
        .iter()
        .flat_map(|path| path.ancestors().skip(1))
        .filter(|folder| !folder.as_os_str().is_empty())
        .collect();
    folders
        .into_iter()
        .filter(|folder| !paths.contains(&folder.join("mod.rs")))
        .map(|folder| format!("src/{}: no mod.rs", folder.display()))
        .collect()
}

// --- Reading source ------------------------------------------------------------------------------

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a readable folder") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a readable file");
                let path = path.strip_prefix(&root).expect("below src").to_owned();
                found.push(Source { path, text });
            }
        }
    }
    assert!(found.len() > 10, "the sources were not found");
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// `store/writer/mod.rs` is `[store, writer]`; `lib.rs` and `main.rs` are the crate itself.
fn module_path(path: &Path) -> Vec<String> {
    let mut module: Vec<String> = path
        .with_extension("")
        .components()
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    if module.last().is_some_and(|last| last == "mod")
        || matches!(module.as_slice(), [only] if only == "lib" || only == "main")
    {
        module.pop();
    }
    module
}

/// The text with comments and the insides of literals turned to spaces; lines stay where they are.
fn blank(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = match chars[at..] {
            ['/', '/', ..] => find(&chars, at, |rest| rest[0] == '\n'),
            ['/', '*', ..] => block_comment_end(&chars, at),
            ['"', ..] => string_end(&chars, at + 1),
            ['r', '"' | '#', ..] if !follows_word(&chars, at) => raw_string_end(&chars, at),
            ['b' | 'c', 'r', '"' | '#', ..] if !follows_word(&chars, at) => {
                raw_string_end(&chars, at + 1)
            }
            ['\'', '\\', ..] => find(&chars, at + 3, |rest| rest[0] == '\'') + 1,
            ['\'', _, '\'', ..] => at + 3,
            _ => at,
        };
        if end <= at {
            out.push(chars[at]);
            at += 1;
            continue;
        }
        let end = end.min(chars.len());
        for character in &chars[at..end] {
            out.push(if *character == '\n' { '\n' } else { ' ' });
        }
        at = end;
    }
    out
}

fn find(chars: &[char], from: usize, is_end: impl Fn(&[char]) -> bool) -> usize {
    (from..chars.len())
        .find(|at| is_end(&chars[*at..]))
        .unwrap_or(chars.len())
}

/// Whether the character before is part of a word, so that an `r` here is no raw string's.
fn follows_word(chars: &[char], at: usize) -> bool {
    at.checked_sub(1)
        .is_some_and(|before| is_word(chars[before]))
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn block_comment_end(chars: &[char], from: usize) -> usize {
    let mut depth = 0;
    let mut at = from;
    while at < chars.len() {
        match chars[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn string_end(chars: &[char], from: usize) -> usize {
    let mut at = from;
    while at < chars.len() {
        match chars[at] {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    at
}

/// Of `r"..."` or `r#"..."#` whose `r` is at `from`; `from` itself where it is `r#name`.
fn raw_string_end(chars: &[char], from: usize) -> usize {
    let hashes = chars[from + 1..].iter().take_while(|c| **c == '#').count();
    if chars.get(from + 1 + hashes) != Some(&'"') {
        return from;
    }
    let ends = |rest: &[char]| {
        rest[0] == '"' && rest.len() > hashes && rest[1..=hashes].iter().all(|c| *c == '#')
    };
    find(chars, from + 2 + hashes, ends) + 1 + hashes
}

/// A word, `::`, or a single sign.
#[derive(Debug, Clone)]
struct Token {
    text: String,
    line: usize,
}

fn tokens(blanked: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    for (index, text) in blanked.lines().enumerate() {
        let line = index + 1;
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let len = if is_word(first) {
                rest.find(|c| !is_word(c)).unwrap_or(rest.len())
            } else if rest.starts_with("::") {
                2
            } else {
                first.len_utf8()
            };
            let (token, after) = rest.split_at(len);
            tokens.push(Token {
                text: token.to_owned(),
                line,
            });
            rest = after.trim_start();
        }
    }
    tokens
}

/// Where the item begins that a `#[cfg(test)]` at `at` stands before.
fn after_cfg_test(tokens: &[Token], at: usize) -> Option<usize> {
    const ATTRIBUTE: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let is_here = tokens
        .get(at..at + ATTRIBUTE.len())?
        .iter()
        .zip(ATTRIBUTE)
        .all(|(token, expected)| token.text == expected);
    is_here.then_some(at + ATTRIBUTE.len())
}

/// The tokens without the items under `#[cfg(test)]`.
fn without_tests(tokens: Vec<Token>) -> Vec<Token> {
    let mut kept = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        match after_cfg_test(&tokens, at) {
            Some(item) => at = item_end(&tokens, item),
            None => {
                kept.push(tokens[at].clone());
                at += 1;
            }
        }
    }
    kept
}

/// Behind the `;` or the closing brace of the item at `from`.
fn item_end(tokens: &[Token], from: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(from) {
        match token.text.as_str() {
            "{" | "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            "}" => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            ";" if depth == 0 => return at + 1,
            _ => {}
        }
    }
    tokens.len()
}

/// Every path that begins with `crate`, `self`, `super` or our crate's name, as modules from the
/// crate's root, with its line. `use` trees give one path for each of their leaves.
fn paths(tokens: &[Token], module: &[String]) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    // Inline modules around this place, with the depth of braces at which each began.
    let mut inline: Vec<(String, usize)> = Vec::new();
    let mut depth = 0_usize;
    for at in 0..tokens.len() {
        let text = tokens[at].text.as_str();
        match text {
            "{" => {
                if let [keyword, name] = &tokens[at.saturating_sub(2)..at]
                    && keyword.text == "mod"
                {
                    inline.push((name.text.clone(), depth));
                }
                depth += 1;
            }
            "}" => {
                depth = depth.saturating_sub(1);
                inline.pop_if(|(_, began)| *began == depth);
            }
            _ => {}
        }
        let begins = matches!(text, "crate" | "self" | "super" | "millrace")
            && (at == 0 || tokens[at - 1].text != "::" || is_leading_colons(tokens, at - 1));
        // `pub(crate)`, `pub(super)`, and the `self` of methods and of use trees are no paths.
        let continues = tokens.get(at + 1).is_some_and(|next| next.text == "::");
        let is_alias = text == "crate" && tokens.get(at + 1).is_some_and(|next| next.text == "as");
        if !begins || !(continues || is_alias) {
            continue;
        }
        let mut here: Vec<String> = module.to_vec();
        here.extend(inline.iter().map(|(name, _)| name.clone()));
        let mut leaves = Vec::new();
        read_tree(tokens, at, Vec::new(), &mut leaves);
        for leaf in leaves {
            found.push((tokens[at].line, resolve(&here, leaf)));
        }
    }
    found
}

/// `::` at the beginning of a path, as in `use ::millrace::store`.
fn is_leading_colons(tokens: &[Token], at: usize) -> bool {
    at == 0 || !tokens[at - 1].text.chars().all(is_word) || tokens[at - 1].text == "use"
}

/// Reads one path or use tree at `at` and returns where it ends.
fn read_tree(
    tokens: &[Token],
    mut at: usize,
    mut prefix: Vec<String>,
    leaves: &mut Vec<Vec<String>>,
) -> usize {
    loop {
        let Some(token) = tokens.get(at) else {
            leaves.push(prefix);
            return at;
        };
        if token.text == "{" {
            at += 1;
            while let Some(inner) = tokens.get(at) {
                match inner.text.as_str() {
                    "}" => return at + 1,
                    "," => at += 1,
                    _ => {
                        let next = read_tree(tokens, at, prefix.clone(), leaves);
                        // `as name` and whatever else stands behind a leaf.
                        at = next;
                        while tokens
                            .get(at)
                            .is_some_and(|t| t.text != "," && t.text != "}")
                        {
                            at += 1;
                        }
                    }
                }
            }
            return at;
        }
        prefix.push(token.text.clone());
        at += 1;
        match tokens.get(at) {
            Some(next) if next.text == "::" => at += 1,
            _ => {
                leaves.push(prefix);
                return at;
            }
        }
    }
}

/// A path as written in the module `here`, from the crate's root.
fn resolve(here: &[String], path: Vec<String>) -> Vec<String> {
    let mut absolute: Vec<String> = Vec::new();
    let mut is_first = true;
    for part in path {
        match part.as_str() {
            "crate" | "millrace" if is_first => {}
            "self" if is_first => absolute = here.to_vec(),
            "super" => {
                if is_first {
                    absolute = here.to_vec();
                }
                absolute.pop();
            }
            "self" => {}
            _ => absolute.push(part),
        }
        is_first = false;
    }
    absolute
}

#[track_caller]
fn assert_none(faults: impl IntoIterator<Item = String>) {
    let faults: Vec<String> = faults.into_iter().collect();
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

// --- The rules can fail ----------------------------------------------------------------------------

fn sample(path: &str, text: &str) -> Source {
    Source {
        path: path.into(),
        text: text.into(),
    }
}

#[test]
fn a_forbidden_import_is_found_however_it_is_written() {
    let bad = [
        ("domain/click.rs", "use crate::store::Store;"),
        ("domain/click.rs", "use crate::{domain::id, detect::geo};"),
        ("domain/click.rs", "use crate::{self, domain::id};"),
        ("domain/click.rs", "use crate::*;"),
        ("domain/click.rs", "use crate as c;"),
        ("domain/click.rs", "use super::super::clock;"),
        ("domain/mod.rs", "use super::clock;"),
        ("domain/id.rs", "fn f() -> i64 { crate::clock::now_ms() }"),
        (
            "domain/id.rs",
            "mod tests { use super::super::super::clock; }",
        ),
        (
            "domain/id.rs",
            "#[cfg(test)] mod tests { use crate::engine; }",
        ),
        ("detect/geo/mod.rs", "use crate::web::click;"),
        ("detect/geo/mod.rs", "use super::super::{domain, store};"),
        ("detect/bot.rs", "use crate::*;"),
        ("detect/bot.rs", "use tokio::sync::Mutex;"),
        ("engine/mod.rs", "use ::actix_web::web;"),
        ("engine/mod.rs", "fn f(c: &rusqlite::Connection) {}"),
        (
            "macros/table.rs",
            "use r2d2_sqlite::SqliteConnectionManager;",
        ),
        ("rules/plan.rs", "pub(in crate::web) fn f() {}"),
        ("store/mod.rs", "use actix_web::HttpResponse;"),
        (
            "store/writer/mod.rs",
            "use crate::{\n    domain::id::Id,\n    web::Reply,\n};",
        ),
        ("web/api.rs", "use rusqlite::params;"),
        ("web/mod.rs", "type Pool = r2d2::Pool<M>;"),
        ("report/mod.rs", "use millrace::store;"),
    ];
    for (path, text) in bad {
        let faults = import_faults(&sample(path, text));
        assert_eq!(faults.len(), 1, "{path}: {text}: {faults:?}");
        assert!(
            faults[0].starts_with(&format!("src/{path}:1: ")),
            "{faults:?}"
        );
    }
}

#[test]
fn an_allowed_import_is_left_alone() {
    let good = [
        (
            "domain/click.rs",
            "use super::visitor::{self, Agent};\nuse crate::domain::id;",
        ),
        (
            "domain/mod.rs",
            "pub mod click;\npub(crate) use self::click::Click;",
        ),
        (
            "domain/id.rs",
            "mod tests { use super::*; }\nfn f(&self) { self.0 }",
        ),
        (
            "domain/id.rs",
            "mod tests { mod deep { use super::super::super::money; } }",
        ),
        (
            "domain/id.rs",
            "// crate::store\nconst S: &str = \"crate::store \\\" crate::web\";",
        ),
        (
            "domain/id.rs",
            "/* crate::web /* tokio */ rusqlite */ const C: char = '\"'; // \"",
        ),
        (
            "domain/id.rs",
            "const S: &str = r#\"use \"crate::store\"\"#;\nlet r#macro = 1;",
        ),
        (
            "detect/geo.rs",
            "use crate::domain::visitor::Place;\nuse super::request::Headers;",
        ),
        (
            "detect/geo.rs",
            "fn f<'a>(web: &'a str, store: char) -> bool { store == '\\'' }",
        ),
        (
            "engine/mod.rs",
            "use crate::{detect, domain::{id, money}, macros};",
        ),
        (
            "store/mod.rs",
            "use rusqlite::Connection;\nuse crate::domain::id::Id;",
        ),
        (
            "web/mod.rs",
            "use actix_web::web;\nuse crate::store::Store;\nuse crate::*;",
        ),
        (
            "app.rs",
            "use crate::{store, web};\nuse rusqlite::Connection;",
        ),
    ];
    for (path, text) in good {
        assert_none(import_faults(&sample(path, text)));
    }
}

#[test]
fn a_file_without_an_opening_is_found() {
    for text in [
        "",
        "use std::fmt;",
        "// a comment\n//! late",
        "//!\nuse std::fmt;",
        "/// for an item",
    ] {
        assert!(opening_fault(&sample("x.rs", text)).is_some(), "{text}");
    }
    assert_eq!(opening_fault(&sample("x.rs", "\n//! What it is.\n")), None);
}

#[test]
fn an_unwrap_outside_tests_is_found() {
    let bad = [
        "fn f() { x.unwrap(); }",
        "fn f() { x\n    .unwrap ( )\n; }",
        "#[cfg(test)]\nmod tests { fn f() {} }\nfn g() { x.unwrap() }",
        "#[cfg(test)]\nuse std::fmt;\nfn g() { x.unwrap() }",
        "fn g() { Option::unwrap(); '\"'; x.unwrap_or(1) }",
    ];
    for text in bad {
        assert_eq!(unwrap_faults(&sample("x.rs", text)).len(), 1, "{text}");
    }
    let good = [
        "fn f() { x.unwrap_or(1); x.unwrap_or_default(); }",
        "// x.unwrap()\n/// x.unwrap()\nconst S: &str = \"x.unwrap()\";",
        "#[cfg(test)]\nmod tests { fn f() { if a { x.unwrap() } } }",
        "#[cfg(test)]\nfn f(a: [u8; 2]) { x.unwrap() }",
    ];
    for text in good {
        assert_none(unwrap_faults(&sample("x.rs", text)));
    }
}

#[test]
fn files_that_are_tests_as_a_whole_may_unwrap() {
    let sources = [
        sample("a/mod.rs", "#[cfg(test)]\nmod tests;\nmod b;"),
        sample("a/tests.rs", ""),
        sample("a/tests/deep.rs", ""),
        sample("a/b.rs", "mod tests;"),
        sample("a/b/tests.rs", ""),
    ];

    let tests = test_files(&sources);

    let expected: BTreeSet<PathBuf> = ["a/tests.rs", "a/tests/deep.rs"].map(PathBuf::from).into();
    assert_eq!(tests, expected);
}

#[test]
fn a_folder_without_a_table_of_contents_is_found() {
    let paths = ["a/mod.rs", "a/b/c/mod.rs", "d/x.rs", "lib.rs"].map(PathBuf::from);

    let faults = folder_faults(&paths);

    assert_eq!(faults, ["src/a/b: no mod.rs", "src/d: no mod.rs"]);
}
