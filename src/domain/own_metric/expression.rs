//! A formula, once it is read, and how it is written.

use std::fmt::{self, Display, Formatter};

use crate::domain::money::Micros;

/// A formula over numbers that are named by `N`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expression<N> {
    Number(Micros),
    Named(N),
    /// Of two parts or more, or of one that is taken away.
    Sum(Vec<Part<N>>),
    /// Of two parts or more; the first is none to divide by.
    Product(Vec<Part<N>>),
}

/// What is added up or multiplied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<N> {
    /// Taken away from a sum, divided by in a product.
    pub is_inverse: bool,
    pub of: Expression<N>,
}

impl<N> Expression<N> {
    /// What it names, in the order in which it stands there.
    pub fn names(&self) -> Vec<&N> {
        match self {
            Expression::Number(_) => Vec::new(),
            Expression::Named(name) => vec![name],
            Expression::Sum(parts) | Expression::Product(parts) => {
                parts.iter().flat_map(|part| part.of.names()).collect()
            }
        }
    }

    /// Of how many numbers, names, sums and products it is made.
    pub fn size(&self) -> usize {
        match self {
            Expression::Number(_) | Expression::Named(_) => 1,
            Expression::Sum(parts) | Expression::Product(parts) => {
                1 + parts.iter().map(|part| part.of.size()).sum::<usize>()
            }
        }
    }

    /// The same with something else for each name.
    ///
    /// # Errors
    /// The first of those that `meaning` gives.
    pub fn resolved<M, E>(
        &self,
        meaning: &mut impl FnMut(&N) -> Result<Expression<M>, E>,
    ) -> Result<Expression<M>, E> {
        let mut each = |parts: &[Part<N>]| -> Result<Vec<Part<M>>, E> {
            let parts = parts.iter().map(|part| {
                let of = part.of.resolved(meaning)?;
                let is_inverse = part.is_inverse;
                Ok(Part { is_inverse, of })
            });
            parts.collect()
        };
        Ok(match self {
            Expression::Number(number) => Expression::Number(*number),
            Expression::Named(name) => meaning(name)?,
            Expression::Sum(parts) => Expression::Sum(each(parts)?),
            Expression::Product(parts) => Expression::Product(each(parts)?),
        })
    }
}

impl Display for Expression<String> {
    /// As people write it, with no more parentheses than it was understood with.
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Expression::Number(number) => number.fmt(out),
            Expression::Named(name) => write_name(out, name),
            Expression::Sum(parts) => write_parts(out, parts, ["+", "-"]),
            Expression::Product(parts) => write_parts(out, parts, ["*", "/"]),
        }
    }
}

fn write_parts(
    out: &mut Formatter<'_>,
    parts: &[Part<String>],
    [sign, inverse]: [&str; 2],
) -> fmt::Result {
    for (index, Part { is_inverse, of }) in parts.iter().enumerate() {
        match (index, is_inverse) {
            (0, false) => {}
            (0, true) => out.write_str(inverse)?,
            (_, false) => write!(out, " {sign} ")?,
            (_, true) => write!(out, " {inverse} ")?,
        }
        let is_looser = match of {
            Expression::Sum(_) => true,
            Expression::Product(_) => sign == "*",
            Expression::Number(_) | Expression::Named(_) => false,
        };
        match is_looser {
            true => write!(out, "({of})")?,
            false => write!(out, "{of}")?,
        }
    }
    Ok(())
}

/// What follows a colon may be anything, and then stands in quotation marks.
fn write_name(out: &mut Formatter<'_>, name: &str) -> fmt::Result {
    match name.split_once(':') {
        Some((family, about)) if !about.chars().all(is_plain) || about.is_empty() => {
            write!(out, "{family}:\"{}\"", about.replace('"', "\"\""))
        }
        _ => out.write_str(name),
    }
}

/// Whether a name may have this sign without quotation marks.
pub(super) fn is_plain(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}
