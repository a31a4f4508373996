//! The parameters of a postback: ours, and what networks call them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The longest name of a parameter, in characters.
const NAME_MAX: usize = 100;

/// What a parameter of a postback tells.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum PostbackParameter {
    ClickId,
    Payout,
    Currency,
    Status,
    Event,
    SaleAmount,
    Tid,
    Cost,
}

impl PostbackParameter {
    /// In the order in which they stand in a postback URL.
    pub const ALL: &'static [(&'static str, PostbackParameter)] = &[
        ("click_id", PostbackParameter::ClickId),
        ("payout", PostbackParameter::Payout),
        ("currency", PostbackParameter::Currency),
        ("status", PostbackParameter::Status),
        ("event", PostbackParameter::Event),
        ("sale_amount", PostbackParameter::SaleAmount),
        ("tid", PostbackParameter::Tid),
        ("cost", PostbackParameter::Cost),
    ];

    pub fn as_str(self) -> &'static str {
        self.common_names()[0]
    }

    /// What it is called where no network says otherwise, our own name first.
    pub fn common_names(self) -> &'static [&'static str] {
        match self {
            Self::ClickId => &["click_id", "subid", "sub_id", "clickid", "cid", "cnv_id"],
            Self::Payout => &["payout", "revenue", "sum", "amount", "rev"],
            Self::Currency => &["currency", "cnv_currency"],
            Self::Status => &["status", "cnv_status"],
            Self::Event => &["event", "goal", "et", "type"],
            Self::SaleAmount => &["sale_amount", "order_sum"],
            Self::Tid => &["tid", "txid", "transaction_id", "order_id", "action_id"],
            Self::Cost => &["cost"],
        }
    }

    /// The one that a parameter of this name, in any case, is read as.
    pub fn commonly_called(name: &str) -> Option<Self> {
        let mut all = Self::ALL.iter().map(|(_, parameter)| *parameter);
        all.find(|parameter| {
            let mut names = parameter.common_names().iter();
            names.any(|known| known.eq_ignore_ascii_case(name))
        })
    }

    /// What it tells, for the operator.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::ClickId => "Our click id, as the network got it with the click",
            Self::Payout => "What the network pays",
            Self::Currency => "The currency of the payout and of the sale amount",
            Self::Status => "How far the conversion is, in the network's words",
            Self::Event => "What happened, where it is not a plain conversion",
            Self::SaleAmount => "What the customer paid",
            Self::Tid => "The network's id of the conversion",
            Self::Cost => "What the conversion costs you",
        }
    }
}

/// The name of a parameter in a postback, or what is wrong with it.
pub(super) fn checked_name(text: &str) -> Result<String, String> {
    let is_bad =
        |c: &char| c.is_control() || c.is_whitespace() || matches!(c, '=' | '&' | '?' | '#');
    if let Some(bad) = text.chars().find(is_bad) {
        return Err(format!(
            "{text:?} holds {bad:?}; write only the name of the parameter, without = & ? # and spaces."
        ));
    }
    match text.chars().count() {
        1..=NAME_MAX => Ok(text.to_owned()),
        0 => Err(
            "A name is empty; write the network's parameter, or leave the field out.".to_owned(),
        ),
        length => Err(format!(
            "A name of {length} characters is longer than the {NAME_MAX} possible."
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_word_is_the_first_common_name_and_no_name_is_common_twice() {
        let mut seen = Vec::new();
        for (word, parameter) in PostbackParameter::ALL {
            assert_eq!(parameter.as_str(), *word);
            assert_eq!(serde_json::to_value(parameter).unwrap(), *word);
            for name in parameter.common_names() {
                assert!(!seen.contains(name), "{name}");
                assert_eq!(PostbackParameter::commonly_called(name), Some(*parameter));
                seen.push(name);
            }
        }
        assert_eq!(
            PostbackParameter::commonly_called("Amount"),
            Some(PostbackParameter::Payout)
        );
        assert_eq!(PostbackParameter::commonly_called("country"), None);
    }

    #[test]
    fn a_name_is_what_can_stand_before_an_equals_sign() {
        for good in ["s1", "user.id", "[sub]", "имя", &"a".repeat(100)] {
            assert_eq!(checked_name(good), Ok(good.to_owned()));
        }
        for bad in ["", "a b", "a=b", "a&b", "a?", "#a", "a\n", &"a".repeat(101)] {
            assert!(checked_name(bad).is_err(), "{bad:?}");
        }
    }
}
