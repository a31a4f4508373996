//! The values of one dimension, each as a small number: rows are compared and grouped by these.

use std::collections::HashMap;
use std::rc::Rc;

use ahash::RandomState;
use rusqlite::types::ValueRef;

/// Stands for a value; [`EMPTY`] for none.
pub(super) type Code = u32;

pub(super) const EMPTY: Code = 0;

#[derive(Default)]
pub(super) struct Values {
    codes: HashMap<Rc<str>, Code, RandomState>,
    /// Of those that came as numbers, so that none is written out twice.
    numbers: HashMap<i64, Code, RandomState>,
    /// The text of code 1, 2, ...
    texts: Vec<Rc<str>>,
}

impl Values {
    pub(super) fn text(&mut self, text: &str) -> Code {
        if text.is_empty() {
            return EMPTY;
        }
        if let Some(code) = self.codes.get(text) {
            return *code;
        }
        let text: Rc<str> = text.into();
        self.texts.push(Rc::clone(&text));
        let code = Code::try_from(self.texts.len()).unwrap_or(Code::MAX);
        self.codes.insert(text, code);
        code
    }

    pub(super) fn number(&mut self, number: i64) -> Code {
        if let Some(code) = self.numbers.get(&number) {
            return *code;
        }
        let code = self.text(&number.to_string());
        self.numbers.insert(number, code);
        code
    }

    pub(super) fn id(&mut self, id: Option<u64>) -> Code {
        let number = id.and_then(|id| i64::try_from(id).ok());
        number.map_or(EMPTY, |number| self.number(number))
    }

    /// A value as it is stored, packed or not.
    pub(super) fn stored(&mut self, value: ValueRef<'_>) -> Code {
        match value {
            ValueRef::Integer(number) => self.number(number),
            ValueRef::Text(text) => self.text(&String::from_utf8_lossy(text)),
            _ => EMPTY,
        }
    }

    /// What a code stands for.
    pub(super) fn told(&self, code: Code) -> Option<String> {
        let place = usize::try_from(code).ok()?.checked_sub(1)?;
        self.texts.get(place).map(|text| text.to_string())
    }
}
