//! Formulas as they are read and written, and the document around them.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::domain::money::{Micros, NotMoney};

fn read(text: &str) -> Result<Expression<String>, SyntaxError> {
    text.parse()
}

#[test]
fn a_formula_is_written_as_it_was_understood() {
    let cases = [
        ("revenue-cost", "revenue - cost"),
        (
            " ( revenue - cost )/cost*100 ",
            "(revenue - cost) / cost * 100",
        ),
        ("(clicks)", "clicks"),
        ("((a*b))+c", "a * b + c"),
        ("(a + b) + c", "(a + b) + c"),
        ("a / (b / c) / d", "a / (b / c) / d"),
        ("-a*b - -1", ""),
        ("-a*b-(-1.50)", "-a * b - (-1.5)"),
        ("-(a+b)", "-(a + b)"),
        ("a*(-b)", "a * (-b)"),
        (
            "event:deposit/ event_rate:deposit",
            "event:deposit / event_rate:deposit",
        ),
        ("kept_sum:вес + 0.000001", "kept_sum:вес + 0.000001"),
        (
            "kept_sum:\"order value\"*.5",
            "kept_sum:\"order value\" * 0.5",
        ),
        ("kept_sum:\"a\"\"b\"", "kept_sum:\"a\"\"b\""),
        ("kept_sum:\"a_1\"", "kept_sum:a_1"),
    ];
    for (text, expected) in cases {
        let written = read(text).map_or(String::new(), |read| read.to_string());
        assert_eq!(written, expected, "{text}");
    }
}

#[test]
fn what_is_wrong_with_a_formula_is_told_with_its_place() {
    let cases = [
        ("", 1, Wrong::Ends),
        ("clicks +", 9, Wrong::Ends),
        ("clicks + * 2", 10, Wrong::NoOperand('*')),
        ("()", 2, Wrong::NoOperand(')')),
        ("a * -b", 5, Wrong::NoOperand('-')),
        ("+a", 1, Wrong::NoOperand('+')),
        ("clicks cost", 8, Wrong::NoOperator),
        ("2clicks", 2, Wrong::NoOperator),
        ("(clicks cost)", 9, Wrong::NoOperator),
        ("a / (b + (c - d)", 5, Wrong::NotClosed('(')),
        ("a) + b", 2, Wrong::NotOpened),
        ("10 % clicks", 4, Wrong::Sign('%')),
        ("цена + 1", 1, Wrong::Sign('ц')),
        ("a + 0,5", 6, Wrong::Sign(',')),
        (
            "a + 1.2.3",
            5,
            Wrong::Number("1.2.3".to_owned(), NotMoney::Malformed),
        ),
        (
            "99999999999999",
            1,
            Wrong::Number("99999999999999".to_owned(), NotMoney::TooLarge),
        ),
        (
            "0.0000001",
            1,
            Wrong::TooManyDecimals("0.0000001".to_owned()),
        ),
        (
            "1 + event: + 2",
            5,
            Wrong::NothingAfterColon("event".to_owned()),
        ),
        ("kept_sum:\"a", 10, Wrong::NotClosed('"')),
        ("clicks / 0.0", 10, Wrong::DividedByZero),
    ];
    for (text, at, wrong) in cases {
        assert_eq!(read(text), Err(SyntaxError { at, wrong }), "{text}");
    }
    let long = format!("a{}", " + a".repeat(250));
    assert_eq!(
        read(&long).map_err(|error| error.wrong),
        Err(Wrong::TooLong)
    );
    let nested = |depth: usize| read(&format!("{}a{}", "(".repeat(depth), ")".repeat(depth)));
    assert!(nested(20).is_ok());
    assert_eq!(nested(21).map_err(|error| error.at), Err(21));
}

/// Formulas of all shapes that can be read.
fn formulas() -> impl Strategy<Value = Expression<String>> {
    let leaf = prop_oneof![
        (0..9_000_000_000_000_000_i64).prop_map(|number| Expression::Number(Micros(number))),
        "[a-z_][a-z0-9_]{0,8}".prop_map(Expression::Named),
        "(event|kept_sum):[a-zа-я_\" +:.]{1,6}".prop_map(Expression::Named),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        let parts = |least| {
            let part = (any::<bool>(), inner.clone());
            let part = part.prop_map(|(is_inverse, of)| Part { is_inverse, of });
            proptest::collection::vec(part, least..4)
        };
        prop_oneof![
            parts(2).prop_map(Expression::Sum),
            inner.clone().prop_map(|of| {
                let is_inverse = true;
                Expression::Sum(vec![Part { is_inverse, of }])
            }),
            parts(2).prop_map(|mut parts| {
                parts[0].is_inverse = false;
                for part in &mut parts {
                    part.is_inverse &= part.of != Expression::Number(Micros::ZERO);
                }
                Expression::Product(parts)
            }),
        ]
    })
}

proptest! {
    #[test]
    fn a_written_formula_reads_back(formula in formulas()) {
        let text = formula.to_string();
        prop_assume!(text.chars().count() <= 1_000);
        prop_assert_eq!(read(&text), Ok(formula), "{}", text);
    }

    #[test]
    fn no_text_is_too_odd_to_be_read(text in any::<String>(), likely in "[a-c0-9.()+*/:\" -]{0,40}") {
        for text in [text, likely] {
            if let Ok(formula) = read(&text) {
                prop_assert_eq!(read(&formula.to_string()), Ok(formula), "{}", text);
            }
        }
    }
}

#[test]
fn a_name_and_a_formula_are_enough() {
    let sent = json!({ "name": "Net profit", "formula": "revenue*0.97-cost" });
    let mut read = OwnMetric::read(&sent).expect("it is whole");

    let mut fresh = Fresh::after(0);
    let problems = read.complete(&Documents::default(), None, &mut fresh);

    assert_eq!(problems, []);
    assert_eq!(read.key, "net_profit");
    let document = serde_json::to_value(&read).expect("it serialises");
    assert_eq!(document["formula"], "revenue * 0.97 - cost");
    assert_eq!(
        (document["format"].as_str(), read.decimals),
        (Some("ratio"), 2)
    );
    assert_eq!(OwnMetric::read(&document), Ok(read));
}

#[test]
fn all_problems_come_at_once() {
    let sent = json!({ "key": "Net Profit", "formula": "revenue -", "format": "euro", "decimals": 7,
        "better": "left", "help": "a\u{0}b" });

    let problems = OwnMetric::read(&sent).expect_err("nothing of it is right");

    let mut fields: Vec<_> = problems.iter().map(|one| one.field.as_str()).collect();
    fields.sort_unstable();
    let expected = [
        "better", "decimals", "format", "formula", "help", "key", "name",
    ];
    assert_eq!(fields, expected);
    let formula = problems.iter().find(|one| one.field == "formula");
    assert_eq!(
        formula.map(|one| one.message.as_str()),
        Some("The formula ends where a metric, a number or \"(\" is missing (at character 10).")
    );
}
