//! What conversions, metrics and macros call an event.

use crate::domain::conversion::{CONVERSION, REBILL, Status};
use crate::domain::key;
use crate::domain::parameter::PARAMETERS;

/// What reports and macros already call something of their own.
const TAKEN: &[&str] = &[
    "approve_rate",
    "bots",
    "clicks",
    "conversions",
    "country",
    "cpa",
    "cpc",
    "cpm",
    "cr",
    "customers",
    "day",
    "device_type",
    "ecpm",
    "epc",
    "event",
    "hold",
    "hour",
    "ip",
    "landing_views",
    "leads",
    "month",
    "offer_clicks",
    "payout",
    "profit",
    "rebills",
    "received",
    "revenue",
    "roi",
    "sale_amount",
    "sales",
    "status",
    "tid",
    "unique_clicks",
    "uniques",
    "week",
];

/// A key, or what is wrong with it.
pub(super) fn checked(text: &str) -> Result<String, String> {
    let key = key::checked(text)?;
    if let Some(what) = owner(text) {
        return Err(format!(
            "The key \"{text}\" is {what} already; choose another, such as \"my_{text}\"."
        ));
    }
    Ok(key)
}

/// What a word means before any event is asked.
pub(super) fn owner(word: &str) -> Option<&'static str> {
    if word == CONVERSION || word == REBILL {
        return Some("an event of Millrace itself");
    }
    if Status::ALL.iter().any(|(status, _)| *status == word) {
        return Some("a status");
    }
    let is_taken = TAKEN.contains(&word) || PARAMETERS.contains(&word);
    is_taken.then_some("the name of a number or a fact in reports")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_key_is_none_of_our_own_words() {
        for bad in [
            "conversion",
            "rebill",
            "lead",
            "trash",
            "clicks",
            "sub_id_3",
            "roi",
            "",
            "1st",
            "_a",
            "Reg",
            "a-b",
            "é",
            &"a".repeat(41),
        ] {
            assert!(checked(bad).is_err(), "{bad}");
        }
        for good in ["registration", "a", "ftd_2", &"a".repeat(40)] {
            assert_eq!(checked(good), Ok(good.to_owned()), "{good}");
        }
    }

    proptest! {
        #[test]
        fn what_is_made_of_a_name_is_a_key(name in any::<String>(), likely in "[a-zA-Z0-9 _-]{0,60}") {
            for name in [name, likely] {
                let key = key::from_name(&name);
                prop_assert!(key.is_empty() || owner(&key).is_some() || checked(&key).is_ok(), "{key}");
            }
        }
    }
}
