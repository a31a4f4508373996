//! Every formula comes to what the rules of school make of it.

use std::sync::Arc;

use proptest::prelude::*;

use super::tests::Day;
use super::*;
use crate::domain::own_metric::Part;
use crate::report::Figure;

/// A fraction in lowest terms, the plain way.
type Plain = (i128, i128);

#[derive(Debug)]
enum NoValue {
    NothingToDivideBy,
    TooLarge,
}

fn plain(over: i128, under: i128) -> Result<Plain, NoValue> {
    let (mut one, mut other) = (over, under);
    while other != 0 {
        (one, other) = (other, one % other);
    }
    let shared = one.abs() * under.signum();
    match under {
        0 => Err(NoValue::NothingToDivideBy),
        _ => Ok((over / shared, under / shared)),
    }
}

fn times(one: i128, other: i128) -> Result<i128, NoValue> {
    one.checked_mul(other).ok_or(NoValue::TooLarge)
}

/// What a formula comes to by the rules of school.
fn by_hand(formula: &Expression<String>, day: Day) -> Result<Plain, NoValue> {
    let [clicks, sales] = [day.clicks, day.sales].map(i128::from);
    let [cost, revenue] = [day.cost, day.revenue].map(i128::from);
    match formula {
        Expression::Number(number) => plain(number.0.into(), 1_000_000),
        Expression::Named(name) => match name.as_str() {
            "clicks" => plain(clicks, 1),
            "cost" => plain(cost, 1_000_000),
            "profit" => plain(revenue - cost, 1_000_000),
            "cr" => plain(sales * 100, clicks),
            "roi" => plain((revenue - cost) * 100, cost),
            other => panic!("{other} is not tried"),
        },
        Expression::Sum(parts) => {
            let mut sum = (0, 1);
            for Part { is_inverse, of } in parts {
                let (over, under) = by_hand(of, day)?;
                let over = if *is_inverse { -over } else { over };
                let both = times(sum.0, under)?.checked_add(times(over, sum.1)?);
                sum = plain(both.ok_or(NoValue::TooLarge)?, times(sum.1, under)?)?;
            }
            Ok(sum)
        }
        Expression::Product(parts) => {
            let mut product = (1, 1);
            for Part { is_inverse, of } in parts {
                let (over, under) = by_hand(of, day)?;
                let (over, under) = match is_inverse {
                    true => (under, over),
                    false => (over, under),
                };
                product = plain(times(product.0, over)?, times(product.1, under)?)?;
            }
            Ok(product)
        }
    }
}

fn formulas() -> impl Strategy<Value = Expression<String>> {
    let names = ["clicks", "cost", "profit", "cr", "roi"].map(str::to_owned);
    let leaf = prop_oneof![
        (0..5_000_000_i64).prop_map(|number| Expression::Number(Micros(number))),
        proptest::sample::select(names.to_vec()).prop_map(Expression::Named),
    ];
    leaf.prop_recursive(4, 12, 3, |inner| {
        let part = (any::<bool>(), inner);
        let part = part.prop_map(|(is_inverse, of)| Part { is_inverse, of });
        let parts = proptest::collection::vec(part, 2..4);
        prop_oneof![
            parts.clone().prop_map(Expression::Sum),
            parts.prop_map(|mut parts| {
                parts[0].is_inverse = false;
                Expression::Product(parts)
            }),
        ]
    })
}

proptest! {
    #[test]
    fn a_value_is_that_of_the_fractions_rounded_once(
        formula in formulas(),
        (clicks, sales) in (0_u32..9, 0_u32..4),
        cost in 0_i64..9_000_000,
        revenue in 0_i64..9_000_000,
    ) {
        let revenue = if sales > 0 { revenue } else { 0 };
        let day = Day { clicks, cost, sales, revenue };
        let metric = OwnMetric { id: 1, key: "one".to_owned(), formula: Some(formula.clone()), ..OwnMetric::default() };
        let mut documents = Documents::default();
        documents.metrics.insert(1, Arc::new(metric));
        let figure = Figure::parse("one", &documents).expect("it is there");

        let value = figure.value(&day.sums(), View::default());

        match (by_hand(&formula, day), value) {
            (Ok((over, under)), Some(Micros(value))) => {
                let off = times(value.into(), under).expect("it fits") - times(over, 1_000_000).expect("it fits");
                let twice = off.abs() * 2;
                prop_assert!(twice < under || (twice == under && value % 2 == 0), "{}", formula);
            }
            (Ok((over, under)), None) => {
                let micros = times(over, 1_000_000).map(|over| over / under);
                prop_assert!(!micros.is_ok_and(|micros| i64::try_from(micros).is_ok()), "{}", formula);
            }
            (Err(NoValue::NothingToDivideBy), value) => prop_assert_eq!(value, None, "{}", formula),
            // By hand more numbers are too large.
            (Err(NoValue::TooLarge), _) => {}
        }
    }
}
