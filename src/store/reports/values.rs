//! The values of one dimension, as one thread meets them.

use std::collections::HashMap;

use ahash::RandomState;

use super::numbering::Numbering;
use crate::report::columns::Value;

/// Each value by a number, from 0 on. An empty one is a value as well.
#[derive(Default)]
pub(super) struct Values {
    texts: Numbering,
    /// Of those that come as numbers, so that none is written out twice.
    numbers: HashMap<i64, u32, RandomState>,
}

impl Values {
    pub(super) fn text(&mut self, text: &str) -> u32 {
        self.texts.number(text.as_bytes())
    }

    pub(super) fn number(&mut self, number: i64) -> u32 {
        if let Some(known) = self.numbers.get(&number) {
            return *known;
        }
        let known = self.text(&number.to_string());
        self.numbers.insert(number, known);
        known
    }

    /// A value as a segment keeps it. No dimension shows bytes as they are.
    pub(super) fn stored(&mut self, value: Value<'_>) -> u32 {
        match value {
            Value::Number(number) => self.number(number),
            Value::Text(text) => self.text(text),
            Value::Empty | Value::Bytes(_) => self.text(""),
        }
    }

    /// What a number stands for; `None` for the empty value.
    pub(super) fn told(&self, value: u32) -> Option<&str> {
        let text = std::str::from_utf8(self.texts.of(value)).ok()?;
        (!text.is_empty()).then_some(text)
    }

    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_and_its_text_are_one_value_and_nothing_is_one_too() {
        let mut values = Values::default();

        let seven = values.stored(Value::Text("7"));
        let nothing = values.stored(Value::Empty);

        assert_eq!(values.stored(Value::Number(7)), seven);
        assert_eq!(values.stored(Value::Number(7)), seven);
        assert_eq!(values.stored(Value::Text("")), nothing);
        assert_ne!(values.stored(Value::Text("07")), seven);
        assert_eq!(values.len(), 3);
        assert_eq!(values.told(seven), Some("7"));
        assert_eq!(values.told(nothing), None);
    }
}
