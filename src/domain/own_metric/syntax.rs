//! Why a text is no formula.

use super::parse::{DEPTH_MAX, LENGTH_MAX};
use crate::domain::money::NotMoney;

/// What is wrong with the text of a formula, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{wrong} (at character {at}).")]
pub struct SyntaxError {
    /// The number of the first character that is wrong, from 1.
    pub at: usize,
    pub wrong: Wrong,
}

impl SyntaxError {
    pub(super) fn new(at: usize, wrong: Wrong) -> Self {
        Self { at, wrong }
    }
}

/// What is wrong with the text of a formula.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    #[error("The formula is longer than {LENGTH_MAX} characters; make a metric of a part of it")]
    TooLong,
    #[error("Parentheses stand in more than {DEPTH_MAX} others; make a metric of a part of it")]
    TooDeep,
    #[error("The formula ends where a metric, a number or \"(\" is missing")]
    Ends,
    #[error("\"{0}\" stands where a metric, a number or \"(\" is missing")]
    NoOperand(char),
    #[error("A sign is missing: write + - * or / between two numbers")]
    NoOperator,
    #[error("{0:?} is never closed")]
    NotClosed(char),
    #[error("\")\" closes nothing")]
    NotOpened,
    #[error(
        "\"{0}\" means nothing in a formula: it has metrics, numbers with a point, + - * / and parentheses"
    )]
    Sign(char),
    #[error("\"{0}\" {1}")]
    Number(String, NotMoney),
    #[error("The number {0} has more than six decimals")]
    TooManyDecimals(String),
    #[error("What \"{0}:\" is about is missing; write for example {0}:deposit")]
    NothingAfterColon(String),
    #[error("Nothing can be divided by 0")]
    DividedByZero,
}
