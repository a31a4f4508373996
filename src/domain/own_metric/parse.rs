//! Reads a formula.
//!
//! ```text
//! sum     = [ "-" ] product { ( "+" | "-" ) product }
//! product = operand { ( "*" | "/" ) operand }
//! operand = number | name | "(" sum ")"
//! ```

use std::str::FromStr;

use super::expression::{Expression, Part};
use super::syntax::{SyntaxError, Wrong};
use super::tokens::{Token, cut};
use crate::domain::money::Micros;

/// The longest formula, in characters.
pub(super) const LENGTH_MAX: usize = 1_000;
/// Parentheses within parentheses.
pub(super) const DEPTH_MAX: usize = 20;

impl FromStr for Expression<String> {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        let length = text.chars().count();
        if length > LENGTH_MAX {
            return Err(SyntaxError::new(LENGTH_MAX + 1, Wrong::TooLong));
        }
        let tokens = cut(text)?;
        let mut rest = Rest {
            tokens: &tokens,
            end: length + 1,
            depth: 0,
        };
        let read = rest.sum()?;
        match rest.tokens.first() {
            None => Ok(read),
            Some((at, Token::Sign(')'))) => Err(SyntaxError::new(*at, Wrong::NotOpened)),
            Some((at, _)) => Err(SyntaxError::new(*at, Wrong::NoOperator)),
        }
    }
}

/// What is not read yet.
struct Rest<'t> {
    tokens: &'t [(usize, Token)],
    /// The place behind the last character.
    end: usize,
    /// Parentheses that are open.
    depth: usize,
}

impl Rest<'_> {
    fn sum(&mut self) -> Result<Expression<String>, SyntaxError> {
        let mut parts = Vec::new();
        let mut is_inverse = self.take(&['-']).is_some();
        loop {
            let of = self.product()?;
            parts.push(Part { is_inverse, of });
            match self.take(&['+', '-']) {
                Some(sign) => is_inverse = sign == '-',
                None => break,
            }
        }
        Ok(whole(parts, Expression::Sum))
    }

    fn product(&mut self) -> Result<Expression<String>, SyntaxError> {
        let mut parts = Vec::new();
        let mut is_inverse = false;
        loop {
            let at = self.place();
            let of = self.operand()?;
            if is_inverse && of == Expression::Number(Micros::ZERO) {
                return Err(SyntaxError::new(at, Wrong::DividedByZero));
            }
            parts.push(Part { is_inverse, of });
            match self.take(&['*', '/']) {
                Some(sign) => is_inverse = sign == '/',
                None => break,
            }
        }
        Ok(whole(parts, Expression::Product))
    }

    fn operand(&mut self) -> Result<Expression<String>, SyntaxError> {
        let at = self.place();
        let Some(((_, token), rest)) = self.tokens.split_first() else {
            return Err(SyntaxError::new(at, Wrong::Ends));
        };
        match token {
            Token::Number(number) => {
                self.tokens = rest;
                Ok(Expression::Number(*number))
            }
            Token::Name(name) => {
                self.tokens = rest;
                Ok(Expression::Named(name.clone()))
            }
            Token::Sign('(') if self.depth == DEPTH_MAX => {
                Err(SyntaxError::new(at, Wrong::TooDeep))
            }
            Token::Sign('(') => {
                self.tokens = rest;
                self.depth += 1;
                let inner = self.sum()?;
                self.depth -= 1;
                match (self.take(&[')']), self.tokens.first()) {
                    (Some(_), _) => Ok(inner),
                    (None, None) => Err(SyntaxError::new(at, Wrong::NotClosed('('))),
                    (None, Some((at, _))) => Err(SyntaxError::new(*at, Wrong::NoOperator)),
                }
            }
            Token::Sign(sign) => Err(SyntaxError::new(at, Wrong::NoOperand(*sign))),
        }
    }

    /// The next token, if it is one of these signs.
    fn take(&mut self, signs: &[char]) -> Option<char> {
        match self.tokens.split_first() {
            Some(((_, Token::Sign(sign)), rest)) if signs.contains(sign) => {
                self.tokens = rest;
                Some(*sign)
            }
            _ => None,
        }
    }

    /// Where the next token stands.
    fn place(&self) -> usize {
        self.tokens.first().map_or(self.end, |(at, _)| *at)
    }
}

/// One part alone is itself, unless it is taken away.
fn whole(
    mut parts: Vec<Part<String>>,
    of: fn(Vec<Part<String>>) -> Expression<String>,
) -> Expression<String> {
    match parts.pop() {
        Some(part) if parts.is_empty() && !part.is_inverse => part.of,
        last => {
            parts.extend(last);
            of(parts)
        }
    }
}
