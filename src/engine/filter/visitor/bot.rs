//! Whether the visitor is held to be a bot.

use serde_json::{Value, json};

use super::super::{Choice, Condition, FilterKind, Input, Lists, condition, words};
use crate::domain::problem::Problem;
use crate::domain::visitor::BotReason;
use crate::engine::visit::Asked;

/// Visitors who are held to be bots.
pub(super) struct BotFilter;

const CHOICES: [(&str, &str); 6] = [
    ("crawler", "Crawler"),
    ("tool", "Tool or headless browser"),
    ("empty_user_agent", "Empty user agent"),
    ("prefetch", "Preview"),
    ("ip_list", "Address on your list"),
    ("user_agent_list", "User agent on your list"),
];

impl FilterKind for BotFilter {
    fn key(&self) -> &'static str {
        "bot"
    }

    fn label(&self) -> &'static str {
        "Bot"
    }

    fn help(&self) -> &'static str {
        "Visitors who are held to be bots: true for any reason, or certain ones"
    }

    fn example(&self) -> Value {
        json!(["crawler", "tool"])
    }

    fn input(&self) -> Input {
        Input::FlagOrChoices {
            choices: Choice::all(&CHOICES),
        }
    }

    fn compile(&self, value: &Value, lists: &Lists) -> Result<Box<dyn Condition>, Vec<Problem>> {
        if *value == json!(true) {
            return Ok(condition(|asked| asked.visitor().bot.is_some(), seen));
        }
        let words = CHOICES.map(|(word, _)| word);
        let bits = words::bits(value, lists, &words, "reason")?;
        Ok(condition(
            move |asked| {
                let reason = reason(asked);
                reason.is_some_and(|reason| bits & words::bit(reason.as_str(), &words) != 0)
            },
            seen,
        ))
    }
}

fn reason(asked: &Asked<'_>) -> Option<BotReason> {
    asked.visitor().bot.as_ref().map(|bot| bot.reason)
}

fn seen(asked: &Asked<'_>) -> String {
    reason(asked).map_or("no bot", BotReason::as_str).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_can_be_chosen() {
        let words: Vec<_> = BotReason::ALL.iter().map(|(word, _)| *word).collect();
        assert_eq!(CHOICES.map(|(word, _)| word).as_slice(), words);
    }
}
