//! What holds for every template and every value.

use proptest::prelude::*;

use super::Template;
use super::testing::Sample;

fn template(text: &str) -> Template {
    Template::parse(text).0
}

/// Texts made of what templates are made of.
fn template_texts() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "https://",
        "http:",
        "//",
        "/",
        "\\",
        "host.example",
        "?",
        "#",
        "&",
        "=",
        "@",
        ":",
        "{x}",
        "{_x}",
        "{y}",
        "{_y}",
        "{ip}",
        "{_sub1}",
        "{lower:x}",
        "{_upper:y}",
        "{_base64:x}",
        "{md5:y}",
        "{_x_requested_with}",
        "{_country:DE=a b<c>}",
        "{_keyword:a=b}",
        "{_sample:<,'}",
        "{_date:\\<Y\"}",
        "{{",
        "}}",
        "{",
        "}",
        "_",
        " ",
        "é",
        "\"",
        "\r\n",
        ".",
    ]);
    prop::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.concat())
}

fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    rest.split(['/', '\\', '?', '#']).next().unwrap_or_default()
}

proptest! {
    #[test]
    fn whatever_comes_out_is_fit_for_a_header_and_for_html(
        text in template_texts(), x in any::<String>(), y in "[\\x00-\\xff]*"
    ) {
        let mut sample = Sample::new().with("x", &x).with("y", &y);
        sample.visitor.parameters.sub_ids = vec![(1, x)];

        let out = sample.expand(&template(&text));

        let is_fit = |c: char| c.is_ascii_graphic() && !"\"'<>`".contains(c);
        prop_assert!(out.chars().all(is_fit), "{}", out);
    }

    #[test]
    fn any_text_parses_and_keeps_its_text(text in any::<String>()) {
        let parsed = template(&text);
        prop_assert_eq!(parsed.text(), text.trim());
    }

    #[test]
    fn encoded_values_change_nothing_about_the_shape_of_a_link(
        x in any::<String>(), y in any::<String>()
    ) {
        let sample = Sample::new().with("x", &x).with("y", &y);
        for text in ["https://host.example/{x}/{y}?a={x}&b={y}#{x}", "https://host.example/?{y}={x}"] {
            let bare = Sample::new().expand(&template(text));
            let out = sample.expand(&template(text));
            for sign in ['?', '#', '&', '=', '/', ':', '@', '\\'] {
                prop_assert_eq!(out.matches(sign).count(), bare.matches(sign).count(), "{}", out);
            }
            prop_assert_eq!(host(&out), "host.example");
        }
    }

    #[test]
    fn whatever_the_visitor_brings_the_host_stays(
        text in template_texts(), x in any::<String>(), y in "[/\\\\@:.a-z]{0,6}"
    ) {
        let text = format!("https://host.example/{text}");
        let out = Sample::new().with("x", &x).with("y", &y).expand(&template(&text));
        prop_assert_eq!(host(&out), "host.example");
    }

    #[test]
    fn functions_do_not_let_a_value_out_of_its_place(
        x in any::<String>(), y in "[/\\\\@:?#&=.a-zA-Z]{0,9}"
    ) {
        let names = ["lower:x", "upper:y", "base64:x", "md5:y", "sha1:x", "sha256:lower:y"];
        for name in names {
            let sample = Sample::new().with("x", &x).with("y", &y);
            let text = format!("https://host.example/{{{name}}}?a={{{name}}}&b=1#{{{name}}}");
            let out = sample.expand(&template(&text));
            for (sign, count) in [('?', 1), ('#', 1), ('&', 1), ('=', 2), ('/', 3), (':', 1), ('@', 0)] {
                prop_assert_eq!(out.matches(sign).count(), count, "{}", out);
            }
            let text = format!("https://{{_{name}}}/");
            prop_assert_eq!(sample.expand(&template(&text)), "https:///");
        }
    }

    #[test]
    fn the_same_chance_gives_the_same_and_stays_in_its_range(
        random: u64, lowest in -1000i64..1000, span in 0i64..1000
    ) {
        let sample = Sample::new();
        let highest = lowest + span;
        let link = format!("{{random:{lowest},{highest}}} {{random:{lowest},{highest}}}");
        let parsed = template(&link);
        let mut out = String::new();
        parsed.expand(&super::MacroContext { random, ..sample.context() }, &mut out);
        let (one, two) = out.split_once("%20").unwrap_or_default();
        prop_assert_eq!(one, two);
        let number: i64 = one.parse().expect("a number");
        prop_assert!((lowest..=highest).contains(&number));
    }

    #[test]
    fn a_relative_link_stays_on_its_host(
        text in "(\\{x\\}|\\{_y\\}|/|a)?(/|\\{x\\}|\\{_y\\}|b){0,5}",
        x in "[/\\\\@:.a-z]{0,6}", y in "[/\\\\@:.a-z]{0,6}"
    ) {
        prop_assume!(!text.starts_with("//"));
        let out = Sample::new().with("x", &x).with("y", &y).expand(&template(&text));
        prop_assert!(!out.starts_with("//") && !out.contains(':'), "{} -> {}", text, out);
    }

    #[test]
    fn a_valid_url_without_braces_is_left_alone(
        text in "https?://[a-z]{1,9}(\\.[a-z]{1,4}){1,2}(/[A-Za-z0-9._~%!$&()*+,;=:@-]{0,9}){0,3}(\\?[a-z0-9=&+%/?-]{0,20})?(#[a-z!/?-]{0,9})?"
    ) {
        prop_assert_eq!(Sample::new().expand(&template(&text)), text);
    }

    #[test]
    fn an_added_parameter_adds_no_second_question_mark(
        path in "/[a-z]{0,5}", query in "(\\?[a-z]{0,3}(=[a-z]{0,3})?&?)?", fragment in "(#[a-z?]{0,4})?"
    ) {
        let link = format!("https://host.example{path}{query}{fragment}");
        let joined = template(&link).with_query(&template("click_id={click_id}"));
        let (head, tail) = joined.text().split_at(joined.text().len() - fragment.len());
        prop_assert_eq!(tail, fragment);
        prop_assert_eq!(head.matches('?').count(), 1);
        let added = "click_id={click_id}";
        prop_assert!(head.ends_with(added), "{}", head);
    }
}
