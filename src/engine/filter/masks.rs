//! Texts with `*` for any run of characters.
//!
//! However many masks there are, a text is gone through once: an automaton finds the longest fixed
//! piece of each, and only masks whose piece is there are compared in full.

use aho_corasick::{AhoCorasick, MatchKind};

/// Masks over lower-case texts.
#[derive(Debug)]
pub(super) struct Masks {
    pieces: AhoCorasick,
    /// In the order of the automaton's patterns.
    masks: Vec<Box<str>>,
}

impl Masks {
    /// Masks in lower case, each with at least one other character than `*`.
    pub(super) fn compile(masks: Vec<Box<str>>) -> Result<Self, String> {
        let longest = |mask: &str| {
            let pieces = mask.split('*');
            pieces
                .max_by_key(|piece| piece.len())
                .unwrap_or("")
                .to_owned()
        };
        let pieces = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .build(masks.iter().map(|mask| longest(mask)))
            .map_err(|_| "There are too many masks; put fewer of them into one list.".to_owned())?;
        Ok(Self { pieces, masks })
    }

    /// Whether a text in lower case is of one of the masks.
    pub(super) fn matches(&self, text: &str) -> bool {
        let mut found = self.pieces.find_overlapping_iter(text);
        found.any(|piece| matches(&self.masks[piece.pattern().as_usize()], text))
    }
}

/// Whether a text is of a mask. Linear: each piece is taken where it comes first.
fn matches(mask: &str, text: &str) -> bool {
    let Some((start, rest)) = mask.split_once('*') else {
        return mask == text;
    };
    let Some(mut text) = text.strip_prefix(start) else {
        return false;
    };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    let Some(kept) = text.strip_suffix(end) else {
        return false;
    };
    text = kept;
    for piece in middle.split('*') {
        match text.find(piece) {
            Some(at) => text = &text[at + piece.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Character by character, as slow as it is plain.
    fn naive(mask: &[u8], text: &[u8]) -> bool {
        match (mask, text) {
            ([], []) => true,
            ([b'*', rest @ ..], _) => {
                naive(rest, text) || !text.is_empty() && naive(mask, &text[1..])
            }
            ([a, mask @ ..], [b, text @ ..]) => a == b && naive(mask, text),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn masks_match_as_the_naive_matcher_says(
            masks in prop::collection::vec("[ab*]{0,6}", 1..6),
            text in "[abc]{0,10}",
        ) {
            let masks: Vec<_> = masks.into_iter().filter(|mask| mask.contains(['a', 'b'])).collect();
            let expected = masks.iter().any(|mask| naive(mask.as_bytes(), text.as_bytes()));
            for mask in &masks {
                prop_assert_eq!(matches(mask, &text), naive(mask.as_bytes(), text.as_bytes()), "{}", mask);
            }
            let compiled = Masks::compile(masks.iter().map(|mask| mask.as_str().into()).collect());
            prop_assert_eq!(compiled.expect("it compiles").matches(&text), expected);
        }
    }
}
