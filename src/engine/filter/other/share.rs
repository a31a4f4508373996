//! A share of the visitors, by chance.

use serde_json::{Value, json};

use super::super::{Condition, FilterKind, Input, Lists, condition};
use crate::domain::problem::Problem;

/// So many visitors in a hundred.
pub(super) struct ShareFilter;

impl FilterKind for ShareFilter {
    fn key(&self) -> &'static str {
        "share"
    }

    fn label(&self) -> &'static str {
        "Share of visitors"
    }

    fn help(&self) -> &'static str {
        "So many percent of the visitors, drawn anew at each visit; at most two decimals"
    }

    fn example(&self) -> Value {
        json!(25)
    }

    fn input(&self) -> Input {
        Input::Percent
    }

    fn compile(&self, value: &Value, _: &Lists) -> Result<Box<dyn Condition>, Vec<Problem>> {
        let Some(hundredths) = read(value) else {
            let message = format!(
                "A number above 0 and up to 100 with at most two decimals is expected here, such as 25, not {value}."
            );
            return Err(vec![Problem::new("", "invalid", message)]);
        };
        Ok(condition(
            // The high part of the product is a number below 10,000, evenly drawn.
            move |asked| (u128::from(asked.visit.chance()) * 10_000) >> 64 < hundredths.into(),
            // To look would be to draw again.
            |_| "drawn by chance".to_owned(),
        ))
    }
}

/// Percent in hundredths: 1 to 10,000.
fn read(value: &Value) -> Option<u32> {
    let hundredths = value.as_f64()? * 100.0;
    let whole = hundredths.round();
    let is_exact = (hundredths - whole).abs() < 1e-6;
    (is_exact && (1.0..=10_000.0).contains(&whole)).then_some(whole as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::visitor::DeviceType;
    use crate::engine::testing::{asking, visitor};

    #[test]
    fn percents_have_at_most_two_decimals() {
        assert_eq!(read(&json!(100)), Some(10_000));
        assert_eq!(read(&json!(0.07)), Some(7));
        assert_eq!(read(&json!(33.33)), Some(3_333));
        for value in [
            json!(0),
            json!(-1),
            json!(100.01),
            json!(0.001),
            json!("25"),
        ] {
            assert_eq!(read(&value), None, "{value}");
        }
    }

    #[test]
    fn so_many_percent_of_the_visitors_match() {
        for percent in [10, 50, 100] {
            let condition = ShareFilter.compile(&json!(percent), &Lists::default());
            let condition = condition.expect("it compiles");

            let matched = asking(&visitor("DE", DeviceType::Mobile), 1, |asked| {
                (0..10_000).filter(|_| condition.matches(asked)).count()
            });

            let expected = percent as usize * 100;
            assert!(
                matched.abs_diff(expected) < 200,
                "{matched} of 10,000 are no {percent} %"
            );
        }
    }
}
