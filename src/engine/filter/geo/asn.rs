//! Autonomous system of the visitor's address.

use serde_json::{Value, json};

use super::super::texts::UNKNOWN;
use super::super::values::{self, Split};
use super::super::{Condition, FilterKind, Input, Lists, condition};
use crate::domain::problem::Problem;

/// Visitors from certain autonomous systems.
pub(super) struct AsnFilter;

impl FilterKind for AsnFilter {
    fn key(&self) -> &'static str {
        "asn"
    }

    fn label(&self) -> &'static str {
        "ASN"
    }

    fn help(&self) -> &'static str {
        "Number of the network that the address belongs to, such as AS15169 or 15169; \"unknown\" is for those that no base knows"
    }

    fn example(&self) -> Value {
        json!(["AS15169", "8075"])
    }

    fn input(&self) -> Input {
        Input::Asns
    }

    fn compile(&self, value: &Value, lists: &Lists) -> Result<Box<dyn Condition>, Vec<Problem>> {
        let mut asns = values::list(value, lists, Split::Words, read)?;
        asns.sort_unstable();
        asns.dedup();
        Ok(condition(
            move |asked| asns.binary_search(&asked.visitor().place.asn).is_ok(),
            |asked| match asked.visitor().place.asn {
                Some(asn) => format!("AS{asn}"),
                None => UNKNOWN.to_owned(),
            },
        ))
    }
}

/// A number, or `None` for `unknown`.
fn read(text: &str) -> Result<Option<u32>, String> {
    if text.eq_ignore_ascii_case(UNKNOWN) {
        return Ok(None);
    }
    let digits = text.trim_start_matches(['A', 'a', 'S', 's']);
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    match digits.parse() {
        Ok(asn) if is_number => Ok(Some(asn)),
        _ => Err(format!(
            "\"{text}\" is no number of a network. Write it like AS15169 or 15169, or \"unknown\"."
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_with_and_without_their_letters() {
        assert_eq!(read("AS15169"), Ok(Some(15_169)));
        assert_eq!(read("as8075"), Ok(Some(8_075)));
        assert_eq!(read("Unknown"), Ok(None));
        for text in ["AS", "+7", "AS 7", "4294967296", "Google"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
