//! What holds for bodies, whatever the values are.

use proptest::prelude::*;

use super::*;
use crate::macros::testing::Sample;

fn expanded(text: &str, kind: BodyKind, sample: &Sample) -> String {
    let body = Body::parse(text, kind, &["x", "y"]).0;
    let mut out = String::new();
    sample.with_context(|context| body.expand(context, &mut out));
    out
}

fn codes(text: &str, kind: BodyKind) -> Vec<&'static str> {
    let found = Body::parse(text, kind, &["x"]).1;
    found.into_iter().map(|problem| problem.code).collect()
}

#[test]
fn only_registered_and_declared_names_expand() {
    let sample = Sample::new().with("x", "1").with("z", "2");
    let cases = [
        ("{country} {x} {z} {X}", "DE 1 {z} {X}"),
        (
            "a{color:red} @media{b{margin:0}}",
            "a{color:red} @media{b{margin:0}}",
        ),
        ("f(){return{a:1,b:{c}}}", "f(){return{a:1,b:{c}}}"),
        ("{{country}} ${z} {}", "{{country}} ${z} {}"),
        ("{date:Y} {date:%} {date:Ψ}", "2026 % {date:Ψ}"),
        ("{lower:t} {lower:x} {lower}", "{lower:t} 1 {lower}"),
        ("{country:de=Germany}", "Germany"),
        ("{", "{"),
    ];
    for (text, expected) in cases {
        for kind in [BodyKind::Html, BodyKind::Text] {
            assert_eq!(expanded(text, kind, &sample), expected, "{text} {kind:?}");
        }
    }
}

#[test]
fn values_are_encoded_for_their_place() {
    let sample = Sample::new().with("x", "<b a='1'>&\"\n");
    let cases = [
        (
            BodyKind::Html,
            "<p title=\"{x}\">{x}</p>",
            "<p title=\"&lt;b a=&#39;1&#39;&gt;&amp;&quot;\n\">&lt;b a=&#39;1&#39;&gt;&amp;&quot;\n</p>",
        ),
        (
            BodyKind::Html,
            "<a href=\"https://x/?c={click_id}&v={x}\">",
            "<a href=\"https://x/?c=06bk7w3r4t8m1n5q2x9z&v=%3Cb%20a%3D%271%27%3E%26%22%0A\">",
        ),
        (
            BodyKind::Html,
            "<script>kw = \"{keyword}\"; v = '{x}'; cost = {cost}</script>",
            "<script>kw = \"red shoes\"; v = '\\u003cb a\\u003d\\u00271\\u0027\\u003e\\u0026\\u0022\\u000a'; cost = 0.015</script>",
        ),
        (
            BodyKind::Html,
            "<p {x} a={x}>",
            "<p  a=&#60;b&#32;a&#61;&#39;1&#39;&#62;&#38;&#34;&#10;>",
        ),
        (BodyKind::Html, "<p {campaign_name}>", "<p US&#32;push>"),
        (
            BodyKind::Html,
            "{_campaign_name}{_x}",
            "US push&lt;b a=&#39;1&#39;&gt;&amp;&quot;\n",
        ),
        (BodyKind::Text, "{x}|{_x}", "<b a='1'>&\"|<b a='1'>&\""),
        (
            BodyKind::Json,
            "{\"a\":\"{x}\",\"b\":{x},\"c\":{cost},\"d\":{y},\"e\":{asn},\"f\":{keyword}}",
            "{\"a\":\"\\u003cb a='1'\\u003e&\\u0022\\u000a\",\"b\":\"\\u003cb a='1'\\u003e&\\u0022\\u000a\",\"c\":0.015,\"d\":null,\"e\":3209,\"f\":\"red shoes\"}",
        ),
    ];
    for (kind, text, expected) in cases {
        assert_eq!(expanded(text, kind, &sample), expected, "{text}");
    }
}

#[test]
fn what_is_not_done_as_written_is_told() {
    let cases = [
        (BodyKind::Html, "{x}{country}{other}{{x}}", vec![]),
        (BodyKind::Html, "{_x}", vec!["no_raw"]),
        (BodyKind::Json, "\"{_keyword}\"", vec!["no_raw"]),
        (BodyKind::Text, "{_x}", vec![]),
        (BodyKind::Html, "{_campaign_name}", vec![]),
        (BodyKind::Html, "<p {x}>", vec!["unsafe_place"]),
        (
            BodyKind::Html,
            "<a href='javascript:{x}'>",
            vec!["unsafe_place"],
        ),
        (BodyKind::Html, "{date:Ψ}", vec!["unread_macro"]),
        (
            BodyKind::Html,
            "<a href=\"{offer}\">{offer:2}</a>{offers}",
            vec!["unread_macro", "unread_macro"],
        ),
    ];
    for (kind, text, expected) in cases {
        assert_eq!(codes(text, kind), expected, "{text}");
    }
}

/// Values, many of them made of what pages are made of.
fn values() -> impl Strategy<Value = String> {
    let signs = prop::sample::select(vec![
        "<",
        ">",
        "\"",
        "'",
        "`",
        "=",
        "&",
        ";",
        "/",
        "\\",
        " ",
        "\n",
        "\t",
        "\0",
        "{x}",
        "{",
        "}",
        "-->",
        "<!--",
        "</script>",
        "<script>",
        "on",
        "a",
        "=1",
        "&#60;",
        "\u{2028}",
        "é",
    ]);
    prop_oneof![
        prop::collection::vec(signs, 0..8).prop_map(|signs| signs.concat()),
        any::<String>(),
    ]
}

/// The tags of a page and their attributes, with every value cut out.
fn skeleton(page: &str) -> String {
    let mut out = String::new();
    let mut quote = None;
    let mut in_tag = false;
    for c in page.chars() {
        match quote {
            Some(end) => {
                if c == end {
                    quote = None;
                    out.push(c);
                }
            }
            None if in_tag && (c == '"' || c == '\'') => {
                quote = Some(c);
                out.push(c);
            }
            None => {
                if c == '<' || c == '>' {
                    in_tag = c == '<';
                }
                if in_tag || c == '>' {
                    out.push(c);
                }
            }
        }
    }
    out
}

proptest! {
    #[test]
    fn no_value_adds_a_tag_or_an_attribute(x in values(), y in values()) {
        let sample = Sample::new().with("x", &x).with("y", &y);
        let page = "<p {x} title=\"{x}\" lang='{y}'>{x}{_y}</p><a href=\"https://h/{x}?a={_y}#{x}\" \
                    onclick='f(\"{y}\")' style=\"a:{x}\">{lower:x}</a><script>v='{x}'+{y}</script>\
                    <i {y}=\"1\">";

        let out = expanded(page, BodyKind::Html, &sample);

        let bare = expanded(page, BodyKind::Html, &Sample::new());
        prop_assert_eq!(skeleton(&out), skeleton(&bare), "{}", out);
    }

    #[test]
    fn no_value_ends_a_comment_or_a_script(x in values()) {
        let sample = Sample::new().with("x", &x);
        let out = expanded("<!-- {x} --><script>'{x}'</script>", BodyKind::Html, &sample);
        prop_assert_eq!(out.matches('<').count(), 3, "{}", out);
        prop_assert_eq!(out.matches('>').count(), 3, "{}", out);
        let script = out.split("<script>").nth(1).unwrap_or_default();
        prop_assert_eq!(script.matches('\'').count(), 2, "{}", out);
    }

    #[test]
    fn no_value_leaves_an_attribute_without_quotes(x in values()) {
        let sample = Sample::new().with("x", &x);

        let out = expanded("<p title={x}>", BodyKind::Html, &sample);

        let value = out.trim_start_matches("<p title=").trim_end_matches('>');
        prop_assert!(
            !value.contains(|c: char| c.is_whitespace() || "<>\"'`=/".contains(c)), "{}", out
        );
    }

    #[test]
    fn json_stays_json_and_keeps_every_value(x in any::<String>(), y in values()) {
        let sample = Sample::new().with("x", &x).with("y", &y);
        let body = "{\"x\": \"{x}\", \"y\": \"a{_y}\\\\\", \"bare\": {y}, \"list\": [{x}, {cost}]}";

        let out = expanded(body, BodyKind::Json, &sample);

        let json: serde_json::Value = serde_json::from_str(&out).expect("JSON");
        prop_assert_eq!(&json["x"], &serde_json::json!(x));
        prop_assert_eq!(&json["y"], &serde_json::json!(format!("a{y}\\")));
        prop_assert_eq!(json["list"].as_array().map(Vec::len), Some(2));
        prop_assert_eq!(json.as_object().map(serde_json::Map::len), Some(4));
    }

    #[test]
    fn text_has_no_control_characters_of_values(x in any::<String>()) {
        let out = expanded("a\n{x}", BodyKind::Text, &Sample::new().with("x", &x));
        let value: String = x.chars().filter(|c| !c.is_control()).collect();
        prop_assert_eq!(out, format!("a\n{value}"));
    }

    #[test]
    fn a_body_without_macros_stays_byte_for_byte(text in any::<String>()) {
        prop_assume!(!text.contains('{'));
        for kind in [BodyKind::Html, BodyKind::Text, BodyKind::Json] {
            prop_assert_eq!(expanded(&text, kind, &Sample::new()), text.clone());
        }
    }
}
