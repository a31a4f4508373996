//! Type of the visitor's connection.

use serde_json::{Value, json};

use super::super::texts::UNKNOWN;
use super::super::{Choice, Condition, FilterKind, Input, Lists, condition, words};
use crate::domain::problem::Problem;
use crate::domain::visitor::ConnectionType;
use crate::engine::visit::Asked;

/// Visitors with certain types of connection.
pub(super) struct ConnectionTypeFilter;

const CHOICES: [(&str, &str); 7] = [
    ("cellular", "Cellular"),
    ("broadband", "Broadband (Wi-Fi, cable, DSL, fibre)"),
    ("corporate", "Corporate"),
    ("dialup", "Dial-up"),
    ("satellite", "Satellite"),
    ("hosting", "Hosting"),
    (UNKNOWN, "Unknown"),
];

impl FilterKind for ConnectionTypeFilter {
    fn key(&self) -> &'static str {
        "connection_type"
    }

    fn label(&self) -> &'static str {
        "Connection type"
    }

    fn help(&self) -> &'static str {
        "How the address is connected: by its base, or a guess where the network leaves no doubt"
    }

    fn example(&self) -> Value {
        json!(["cellular"])
    }

    fn input(&self) -> Input {
        Input::Choices {
            choices: Choice::all(&CHOICES),
        }
    }

    fn compile(&self, value: &Value, lists: &Lists) -> Result<Box<dyn Condition>, Vec<Problem>> {
        let words = CHOICES.map(|(word, _)| word);
        let bits = words::bits(value, lists, &words, "connection type")?;
        Ok(condition(
            move |asked| bits & words::bit(word(asked), &words) != 0,
            |asked| word(asked).to_owned(),
        ))
    }
}

fn word(asked: &Asked<'_>) -> &'static str {
    let kind = asked.visitor().place.connection_type;
    kind.map_or(UNKNOWN, ConnectionType::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_can_be_chosen() {
        let words: Vec<_> = CHOICES.iter().map(|(word, _)| *word).collect();
        let kinds: Vec<_> = ConnectionType::ALL.iter().map(|(word, _)| *word).collect();
        assert_eq!(words[..kinds.len()], kinds);
    }
}
