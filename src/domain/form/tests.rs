//! Forms in which something is wrong.

use serde_json::json;

use super::*;

fn problems<T>(
    sent: Value,
    reader: impl FnOnce(&mut Form<'_>) -> T,
) -> Vec<(String, &'static str)> {
    let problems = Form::read(&sent, reader).err().unwrap_or_default();
    problems
        .into_iter()
        .map(|one| (one.field, one.code))
        .collect()
}

#[test]
fn every_problem_has_its_path() {
    let sent = json!({
        "name": 5, "weight": 1_000_001, "price": "1,5", "on": "yes", "colour": "red",
        "parts": [{ "id": 1 }, { "id": 0 }, 7, { "inner": { "kind": "b", "x": 1 } }],
    });

    let found = problems(sent, |form| {
        form.text("name");
        form.weight();
        form.micros("price");
        form.boolean("on", false);
        form.list("parts", 10, |form, _| {
            form.id("id");
            form.object("inner", |form| form.choice("kind", &[("a", 1)], 0));
        });
    });

    let found: Vec<(&str, &str)> = found
        .iter()
        .map(|(field, code)| (field.as_str(), *code))
        .collect();
    assert_eq!(
        found,
        [
            ("name", "invalid"),
            ("weight", "out_of_range"),
            ("price", "invalid"),
            ("on", "invalid"),
            ("parts[1].id", "invalid"),
            ("parts[2]", "invalid"),
            ("parts[3].inner.kind", "invalid"),
            ("parts[3].inner.x", "unknown_field"),
            ("colour", "unknown_field"),
        ]
    );
}

#[test]
fn amounts_are_exact_or_refused() {
    let cases = [
        (json!("0.015"), Ok(15_000)),
        (json!(2), Ok(2_000_000)),
        (json!("1.5000000"), Ok(1_500_000)),
        (json!("0.0000001"), Err("invalid")),
        (json!(0.015), Err("invalid")),
        (json!("1e3"), Err("invalid")),
        (json!(true), Err("invalid")),
        (json!("-1"), Err("out_of_range")),
        (json!(-1), Err("out_of_range")),
        (json!("99999999999999"), Err("invalid")),
        (json!(null), Ok(0)),
    ];
    for (value, expected) in cases {
        let sent = json!({ "price": value });
        let result = Form::read(&sent, |form| form.micros("price").0);
        assert_eq!(
            result.map_err(|problems| problems[0].code),
            expected,
            "{value}"
        );
    }
}

#[test]
fn what_is_no_object_is_one_problem() {
    for sent in [json!([]), json!("x"), json!(null), json!(1)] {
        let found = problems(sent, |form| {
            form.missing("name", "missing");
            form.required_id("id");
        });
        assert_eq!(found, [(String::new(), "invalid")]);
    }
}

#[test]
fn a_hundred_problems_are_listed_and_the_others_counted() {
    let sent = json!({ "parts": vec![json!({ "x": 1 }); 150] });

    let problems = Form::read(&sent, |form| form.list("parts", 200, |_, _| ())).unwrap_err();

    assert_eq!(problems.len(), 101);
    assert_eq!(problems[100].message, "50 more problems are not listed.");
}

#[test]
fn a_near_word_is_suggested_and_a_far_one_is_not() {
    let cases = [
        ("fiters", Some("filters")),
        ("Filters", Some("filters")),
        ("state", Some("state")),
        ("colour", None),
        ("", None),
    ];
    for (sent, expected) in cases {
        assert_eq!(
            nearest(sent, ["filters", "state"].into_iter()),
            expected,
            "{sent}"
        );
    }
}
