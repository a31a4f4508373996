//! The visitor's address.

use serde_json::{Value, json};

use super::super::addresses::AddressSet;
use super::super::sets::Sets;
use super::super::values::Split;
use super::super::{Condition, FilterKind, Input, Lists, condition};
use crate::domain::problem::Problem;

/// Visitors with certain addresses.
pub(super) struct IpFilter;

impl FilterKind for IpFilter {
    fn key(&self) -> &'static str {
        "ip"
    }

    fn label(&self) -> &'static str {
        "IP address"
    }

    fn help(&self) -> &'static str {
        "Addresses, networks, intervals and masks, IPv4 and IPv6: 10.0.0.5, 10.0.0.0/8, 10.0.0.5-10.0.0.9, 22.33.*, 22.33.0-20.*, 2001:db8::/32, or a named list"
    }

    fn example(&self) -> Value {
        json!(["203.0.113.0/24", "22.33.0-20.*", "2001:db8::/32"])
    }

    fn input(&self) -> Input {
        Input::Addresses
    }

    fn compile(&self, value: &Value, lists: &Lists) -> Result<Box<dyn Condition>, Vec<Problem>> {
        let set = Sets::<AddressSet>::compile(value, lists, Split::Commas)?;
        Ok(condition(
            move |asked| set.contains(asked.visitor().ip),
            |asked| asked.visitor().ip.to_canonical().to_string(),
        ))
    }
}
