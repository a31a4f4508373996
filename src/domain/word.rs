//! Words that networks use in postbacks, for statuses and for events.

use super::form::quoted;

/// The longest word, in characters.
const WORD_MAX: usize = 100;

/// A word as it is stored and compared: trimmed, in lower case.
pub fn folded(word: &str) -> String {
    word.trim().to_lowercase()
}

/// A word of a document in its stored form, or what is wrong with it.
pub fn checked(text: &str) -> Result<String, String> {
    let word = folded(text);
    if word.is_empty() {
        return Err("A word is empty; write it as the network sends it.".to_owned());
    }
    if word.chars().any(char::is_control) {
        return Err(format!(
            "The word {} holds a line break or another control character; leave it out.",
            quoted(&word)
        ));
    }
    match word.chars().count() {
        length if length > WORD_MAX => Err(format!(
            "The word {} has {length} characters, more than the {WORD_MAX} possible.",
            quoted(&word)
        )),
        _ => Ok(word),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_compared_without_case_in_any_alphabet() {
        let cases = [(" Hold ", "hold"), ("ПРИНЯТ", "принят"), ("ΟΔΟΣ", "οδος")];
        for (sent, stored) in cases {
            assert_eq!(checked(sent), Ok(checked(stored).unwrap()), "{sent}");
        }
        for bad in ["", "  ", "a\nb", &"x".repeat(101)] {
            assert!(checked(bad).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn a_folded_word_is_folded_to_itself(text in any::<String>()) {
            let once = folded(&text);
            prop_assert_eq!(folded(&once), once);
        }
    }
}
