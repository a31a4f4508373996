//! Kind of device.

use serde_json::{Value, json};

use super::super::values::{self, Split};
use super::super::{Choice, Condition, FilterKind, Input, Lists, condition, words};
use crate::domain::problem::Problem;
use crate::domain::visitor::DeviceType;

/// Visitors with certain kinds of devices.
pub(super) struct DeviceTypeFilter;

impl FilterKind for DeviceTypeFilter {
    fn key(&self) -> &'static str {
        "device_type"
    }

    fn label(&self) -> &'static str {
        "Device type"
    }

    fn help(&self) -> &'static str {
        "Kind of device by its user agent; \"other\" is what cannot be told"
    }

    fn example(&self) -> Value {
        json!(["mobile", "tablet"])
    }

    fn input(&self) -> Input {
        let choices = DeviceType::ALL
            .iter()
            .map(|(value, kind)| Choice {
                value,
                label: label(*kind),
            })
            .collect();
        Input::Choices { choices }
    }

    fn compile(&self, value: &Value, lists: &Lists) -> Result<Box<dyn Condition>, Vec<Problem>> {
        let read = |text: &str| words::read(text, DeviceType::ALL, "device type");
        let kinds = values::list(value, lists, Split::Words, read)?;
        let bits = kinds.into_iter().fold(0, |bits, kind| bits | bit(kind));
        Ok(condition(
            move |asked| bits & bit(asked.visitor().agent.device_type) != 0,
            |asked| asked.visitor().agent.device_type.as_str().to_owned(),
        ))
    }
}

fn bit(kind: DeviceType) -> u8 {
    1 << kind as u8
}

fn label(kind: DeviceType) -> &'static str {
    match kind {
        DeviceType::Desktop => "Desktop",
        DeviceType::Mobile => "Mobile",
        DeviceType::Tablet => "Tablet",
        DeviceType::Tv => "TV",
        DeviceType::Console => "Console",
        DeviceType::Other => "Other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing::{asking, visitor};

    #[test]
    fn a_visitor_matches_by_device_type() {
        for (_, wanted) in DeviceType::ALL {
            let value = json!([wanted.as_str()]);
            let condition = DeviceTypeFilter.compile(&value, &Lists::default());
            let condition = condition.expect("it compiles");
            for (_, kind) in DeviceType::ALL {
                let matches = asking(&visitor("US", *kind), 1, |asked| condition.matches(asked));
                assert_eq!(matches, kind == wanted);
            }
        }
    }
}
