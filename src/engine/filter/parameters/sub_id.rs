//! The thirty free parameters of the traffic source.

use serde_json::{Value, json};

use super::super::sets::Sets;
use super::super::texts::{Absent, EMPTY, TextSet};
use super::super::values::Split;
use super::super::{Condition, FilterKind, Input, Lists, condition};
use crate::domain::problem::Problem;

/// Visitors with certain values of one sub id.
struct SubIdFilter {
    number: u8,
    key: &'static str,
    label: &'static str,
}

macro_rules! sub_ids {
    ($($number:literal)*) => {
        &[$(&SubIdFilter {
            number: $number,
            key: concat!("sub_id_", $number),
            label: concat!("Sub id ", $number),
        }),*]
    };
}

/// One filter for each.
pub(in crate::engine::filter) static SUB_IDS: &[&dyn FilterKind] = sub_ids!(
    1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30
);

impl FilterKind for SubIdFilter {
    fn key(&self) -> &'static str {
        self.key
    }

    fn label(&self) -> &'static str {
        self.label
    }

    fn help(&self) -> &'static str {
        "The sub id as the link carries it. Exact, \"*part*\", \"/regexp/\" or a named list. \"@empty\" is for none"
    }

    fn example(&self) -> Value {
        json!(["a1", "b*"])
    }

    fn input(&self) -> Input {
        Input::Values {
            suggest: self.key,
            usual: &[EMPTY],
            absent: EMPTY,
        }
    }

    fn compile(&self, value: &Value, lists: &Lists) -> Result<Box<dyn Condition>, Vec<Problem>> {
        let set = Sets::<TextSet>::compile(value, lists, Split::Lines)?;
        let number = self.number;
        Ok(condition(
            move |asked| set.matches(asked.visitor().parameters.sub_id(number), Absent::Empty),
            move |asked| {
                let value = asked.visitor().parameters.sub_id(number);
                value.unwrap_or(EMPTY).to_owned()
            },
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::visitor::SUB_IDS as COUNT;

    #[test]
    fn every_sub_id_has_its_filter() {
        assert_eq!(SUB_IDS.len(), COUNT);
        for (index, kind) in SUB_IDS.iter().enumerate() {
            assert_eq!(kind.key(), format!("sub_id_{}", index + 1));
        }
    }
}
