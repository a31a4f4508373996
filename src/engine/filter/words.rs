//! Values that are words of a fixed list.

use serde_json::Value;

use super::Lists;
use super::values::{self, Split};
use crate::domain::nearest::nearest;
use crate::domain::problem::Problem;

/// The meaning of a word, or what is wrong with it; `what` is `device type`.
pub(super) fn read<T: Copy>(
    text: &str,
    all: &[(&'static str, T)],
    what: &str,
) -> Result<T, String> {
    let words = || all.iter().map(|(word, _)| *word);
    if let Some((_, meaning)) = all.iter().find(|(word, _)| word.eq_ignore_ascii_case(text)) {
        return Ok(*meaning);
    }
    let advice = match nearest(text, words()) {
        Some(near) => format!("Did you mean \"{near}\"?"),
        None => format!("There are: {}.", words().collect::<Vec<_>>().join(", ")),
    };
    Err(format!("\"{text}\" is no {what}. {advice}"))
}

/// A list of words, each as a bit: that of its place among all.
pub(super) fn bits(
    value: &Value,
    lists: &Lists,
    words: &[&'static str],
    what: &str,
) -> Result<u32, Vec<Problem>> {
    let places: Vec<_> = words.iter().copied().zip(0_u32..).collect();
    let chosen = values::list(value, lists, Split::Words, |text| read(text, &places, what))?;
    Ok(chosen.into_iter().fold(0, |bits, place| bits | 1 << place))
}

/// The bit of one word; none if it is not among them.
pub(super) fn bit(word: &str, words: &[&'static str]) -> u32 {
    let place = words.iter().position(|known| *known == word);
    place.map_or(0, |place| 1 << place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_word_is_refused_with_the_way_out() {
        let all = [("desktop", 1), ("mobile", 2)];

        assert_eq!(read("Mobile", &all, "device type"), Ok(2));
        assert_eq!(
            read("mobil", &all, "device type").expect_err("no type"),
            "\"mobil\" is no device type. Did you mean \"mobile\"?"
        );
        assert!(
            read("fridge", &all, "device type")
                .expect_err("no type")
                .contains("desktop, mobile")
        );
    }
}
