//! Kind of device.

use serde_json::{Value, json};

use super::{Choice, FilterKind, Input, Lists, Matcher, values};
use crate::domain::nearest::nearest;
use crate::domain::problem::Problem;
use crate::domain::visitor::DeviceType;
use crate::engine::visit::Asked;

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

    fn compile(&self, value: &Value, _: &Lists) -> Result<Matcher, Vec<Problem>> {
        let bits = values::list(value, read)?
            .into_iter()
            .fold(0, |bits, kind| bits | bit(kind));
        Ok(Box::new(move |asked| {
            bits & bit(asked.visitor().agent.device_type) != 0
        }))
    }

    fn seen(&self, asked: &Asked<'_>) -> String {
        asked.visitor().agent.device_type.as_str().to_owned()
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

fn read(text: &str) -> Result<DeviceType, String> {
    let words = || DeviceType::ALL.iter().map(|(word, _)| *word);
    if let Some((_, kind)) = DeviceType::ALL
        .iter()
        .find(|(word, _)| word.eq_ignore_ascii_case(text))
    {
        return Ok(*kind);
    }
    let advice = match nearest(text, words()) {
        Some(near) => format!("Did you mean \"{near}\"?"),
        None => format!("There are: {}.", words().collect::<Vec<_>>().join(", ")),
    };
    Err(format!("\"{text}\" is no device type. {advice}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing::{asking, visitor};

    #[test]
    fn a_visitor_matches_by_device_type() {
        for (_, wanted) in DeviceType::ALL {
            let value = json!([wanted.as_str()]);
            let matcher = DeviceTypeFilter.compile(&value, &Lists::default());
            let matcher = matcher.expect("it compiles");
            for (_, kind) in DeviceType::ALL {
                let matches = asking(&visitor("US", *kind), 1, |asked| matcher(asked));
                assert_eq!(matches, kind == wanted);
            }
        }
    }

    #[test]
    fn an_unknown_word_is_refused_with_the_way_out() {
        assert_eq!(
            read("mobil").expect_err("no type"),
            "\"mobil\" is no device type. Did you mean \"mobile\"?"
        );
        assert!(
            read("fridge")
                .expect_err("no type")
                .contains("desktop, mobile")
        );
    }
}
