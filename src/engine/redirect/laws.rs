//! What holds for all pages: whatever an address is, a page has the tags and attributes that it
//! always has, and leads to that address and nowhere else.

use proptest::prelude::*;

use super::*;

/// A tag with its attributes, or the text of a script.
#[derive(Debug, Clone, PartialEq)]
enum Token {
    Tag(String, Vec<(String, String)>),
    Script(String),
}

/// A small tokenizer of HTML, as browsers see it: anything like a tag is one.
fn tokens(html: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let is_tag = |c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?');
        if !rest.starts_with(is_tag) {
            continue;
        }
        let (tag, behind) = tag(rest);
        rest = behind;
        let is_raw = matches!(&tag, Token::Tag(name, _) if name == "script" || name == "style");
        tokens.push(tag);
        if is_raw {
            let end = rest.find("</").unwrap_or(rest.len());
            tokens.push(Token::Script(rest[..end].to_owned()));
            rest = &rest[end..];
        }
    }
    tokens
}

fn tag(text: &str) -> (Token, &str) {
    let end = text
        .find(|c: char| c.is_ascii_whitespace() || c == '>')
        .unwrap_or(text.len());
    let (name, mut rest) = text.split_at(end);
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if rest.is_empty() {
            break;
        }
        if let Some(behind) = rest.strip_prefix('>') {
            rest = behind;
            break;
        }
        let end = rest
            .find(|c: char| c.is_ascii_whitespace() || matches!(c, '=' | '>' | '/'))
            .unwrap_or(rest.len())
            .max(1);
        let (key, behind) = rest.split_at(end);
        let (value, behind) = match behind.strip_prefix("=\"") {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => ("", behind),
        };
        attributes.push((key.to_owned(), unescaped(value)));
        rest = behind;
    }
    (Token::Tag(name.to_ascii_lowercase(), attributes), rest)
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&#96;", "`")
        .replace("&amp;", "&")
}

/// The page without what the address filled in: names of tags and attributes, and scripts around
/// their strings.
fn shape(tokens: &[Token]) -> Vec<String> {
    let shape = |token: &Token| match token {
        Token::Tag(name, attributes) => {
            let names: Vec<&str> = attributes.iter().map(|(name, _)| name.as_str()).collect();
            format!("{name} {}", names.join(" "))
        }
        Token::Script(text) => text.split('"').step_by(2).collect(),
    };
    let mut shapes: Vec<String> = tokens.iter().map(shape).collect();
    // A form has as many fields as the address has parameters.
    shapes.dedup_by(|next, before| next == before && next == "input type name value");
    shapes
}

fn page_of(kind: RedirectKind, location: &str) -> Page {
    match reply(Way { kind, status: None }, location.to_owned()) {
        Reply::Page(page) => page,
        Reply::TwoPages { location } => leading_page(&location),
        other => panic!("no page: {other:?}"),
    }
}

/// Every place of a page that an address can stand in.
fn addresses(tokens: &[Token]) -> Vec<String> {
    let mut found = Vec::new();
    for token in tokens {
        match token {
            Token::Tag(name, attributes) => {
                for (key, value) in attributes {
                    match (name.as_str(), key.as_str()) {
                        ("iframe", "src") | ("form", "action") => found.push(value.clone()),
                        ("meta", "content") => {
                            found.extend(value.strip_prefix("0;url=").map(str::to_owned));
                        }
                        _ => {}
                    }
                }
            }
            Token::Script(text) => {
                if let Some(json) = text.strip_prefix("location.replace(") {
                    let json = json.strip_suffix(')').expect("one call");
                    found.push(serde_json::from_str(json).expect("one string"));
                }
            }
        }
    }
    found
}

fn pages() -> impl Strategy<Value = RedirectKind> {
    let kinds = RedirectKind::ALL.iter().map(|(_, kind)| *kind);
    let pages: Vec<_> = kinds.filter(|kind| *kind != RedirectKind::Http).collect();
    prop::sample::select(pages)
}

/// What hurts, and anything else.
fn texts() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "\"",
        "'",
        "`",
        "<",
        ">",
        "&",
        "\\",
        "\r\n",
        "\u{2028}",
        "\u{0}",
        "<!--",
        "-->",
        "]]>",
        "</script>",
        "<script>alert(1)</script>",
        "\" onload=\"x",
        "'><img src=x onerror=y>",
        "&quot;",
        "&#34;",
        "%22",
        "%3C/script%3E",
        "javascript:",
        "?",
        "a=b",
        "#",
        ";url=",
        " ",
        "é",
    ]);
    let part = prop_oneof![parts.prop_map(str::to_owned), "\\PC{0,8}"];
    prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn whatever_the_address_is_the_page_has_no_tag_and_no_attribute_that_is_not_ours(
        kind in pages(), text in texts()
    ) {
        let location = format!("https://x/?a=b&{text}");
        let plain = shape(&tokens(&page_of(kind, "https://x/?a=b").html));

        let page = page_of(kind, &location);

        prop_assert_eq!(shape(&tokens(&page.html)), plain, "{}", page.html);
    }

    #[test]
    fn a_page_leads_to_its_address_and_nowhere_else(kind in pages(), text in texts()) {
        let location = format!("https://x/{}", text.replace(['?', '#'], ""));

        let found = addresses(&tokens(&page_of(kind, &location).html));

        prop_assert!(!found.is_empty());
        for address in found {
            prop_assert_eq!(&address, &location);
        }
    }

    #[test]
    fn a_redirect_is_one_status_and_one_location(text in texts(), status in prop::sample::select(Way::STATUSES.to_vec())) {
        let location = format!("https://x/{text}");
        let way = Way { kind: RedirectKind::Http, status: Some(status) };

        prop_assert_eq!(reply(way, location.clone()), Reply::Redirect { status, location });
    }
}
