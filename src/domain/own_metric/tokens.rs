//! The text of a formula, cut into names, numbers and signs.

use super::expression::is_plain;
use super::syntax::{SyntaxError, Wrong};
use crate::domain::money::Micros;

/// What stands somewhere in a formula.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Number(Micros),
    Name(String),
    /// One of `+ - * / ( )`.
    Sign(char),
}

/// Each with its place: the number of its first character, from 1.
pub(super) fn cut(text: &str) -> Result<Vec<(usize, Token)>, SyntaxError> {
    let mut rest = Rest {
        signs: text.chars().collect(),
        next: 0,
    };
    let mut tokens = Vec::new();
    while let Some(sign) = rest.peek() {
        let at = rest.next + 1;
        let token = match sign {
            ' ' | '\t' | '\n' | '\r' => {
                rest.next += 1;
                continue;
            }
            '0'..='9' | '.' => Token::Number(rest.number()?),
            'a'..='z' | 'A'..='Z' | '_' => Token::Name(rest.name()?),
            '+' | '-' | '*' | '/' | '(' | ')' => {
                rest.next += 1;
                Token::Sign(sign)
            }
            other => return Err(SyntaxError::new(at, Wrong::Sign(other))),
        };
        tokens.push((at, token));
    }
    Ok(tokens)
}

struct Rest {
    signs: Vec<char>,
    /// The place of the first that is not read.
    next: usize,
}

impl Rest {
    fn peek(&self) -> Option<char> {
        self.signs.get(self.next).copied()
    }

    fn take_while(&mut self, fits: impl Fn(char) -> bool) -> String {
        let from = self.next;
        while self.peek().is_some_and(&fits) {
            self.next += 1;
        }
        self.signs[from..self.next].iter().collect()
    }

    /// At most six decimals: with more it would not be the number that was written.
    fn number(&mut self) -> Result<Micros, SyntaxError> {
        let at = self.next + 1;
        let text = self.take_while(|sign| sign.is_ascii_digit() || sign == '.');
        let decimals = text.split_once('.').map_or("", |(_, decimals)| decimals);
        let is_exact = decimals.trim_end_matches('0').len() <= 6;
        match text.parse() {
            Ok(number) if is_exact => Ok(number),
            Ok(_) => Err(SyntaxError::new(at, Wrong::TooManyDecimals(text))),
            Err(why) => Err(SyntaxError::new(at, Wrong::Number(text, why))),
        }
    }

    /// `clicks`, `event:deposit`, `kept_sum:"order value"`.
    fn name(&mut self) -> Result<String, SyntaxError> {
        let at = self.next + 1;
        let mut name = self.take_while(|sign| sign.is_ascii_alphanumeric() || sign == '_');
        if self.peek() != Some(':') {
            return Ok(name);
        }
        self.next += 1;
        let about = match self.peek() {
            Some('"') => self.quoted()?,
            _ => self.take_while(is_plain),
        };
        if about.is_empty() {
            return Err(SyntaxError::new(at, Wrong::NothingAfterColon(name)));
        }
        name.push(':');
        name.push_str(&about);
        Ok(name)
    }

    /// What stands in quotation marks; one that belongs to it is written twice.
    fn quoted(&mut self) -> Result<String, SyntaxError> {
        let at = self.next + 1;
        let mut text = String::new();
        loop {
            self.next += 1;
            text.push_str(&self.take_while(|sign| sign != '"'));
            if self.peek().is_none() {
                return Err(SyntaxError::new(at, Wrong::NotClosed('"')));
            }
            self.next += 1;
            match self.peek() {
                Some('"') => text.push('"'),
                _ => return Ok(text),
            }
        }
    }
}
