//! How a metric follows from sums, for the program and for people.

use std::fmt::{self, Display, Formatter};

use serde::{Serialize, Serializer};

use crate::domain::money::Micros;
use crate::report::measure::Measure;
use crate::report::{Sums, View};

/// A sum of measures, or a ratio of two such sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Formula {
    Sum(Terms),
    Ratio {
        over: Terms,
        under: Terms,
        /// 1, or 100 for a percentage, or 1,000 for a price per mille.
        times: i64,
    },
}

/// What is added up.
pub type Terms = &'static [Term];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Term {
    Plus(Measure),
    Minus(Measure),
}

impl Formula {
    /// In micro-units: 12 clicks are 12,000,000, 2.5 % is 2,500,000. A ratio is rounded half to even;
    /// `None` where there is nothing to divide by. What does not fit is the largest that does.
    pub(in crate::report) fn value(
        &self,
        sums: &Sums,
        view: View,
        event: Option<&str>,
    ) -> Option<Micros> {
        let total = |terms| total(terms, sums, view, event);
        let value = match *self {
            Formula::Sum(terms) => total(terms),
            Formula::Ratio { over, under, times } => {
                let scale = i128::from(times) * i128::from(Micros::UNIT);
                rounded(total(over) * scale, total(under))?
            }
        };
        let nearest = value.clamp(i64::MIN.into(), i64::MAX.into());
        i64::try_from(nearest).ok().map(Micros)
    }
}

fn total(terms: Terms, sums: &Sums, view: View, event: Option<&str>) -> i128 {
    let signed = terms.iter().map(|term| match term {
        Term::Plus(measure) => measure.of(sums, view, event),
        Term::Minus(measure) => -measure.of(sums, view, event),
    });
    signed.sum()
}

/// `over / under`, half to even; `None` where `under` is 0.
fn rounded(over: i128, under: i128) -> Option<i128> {
    if under == 0 {
        return None;
    }
    let (over, under) = match under < 0 {
        true => (-over, -under),
        false => (over, under),
    };
    let (quotient, twice) = (over.div_euclid(under), over.rem_euclid(under) * 2);
    let up = twice > under || (twice == under && quotient % 2 != 0);
    Some(quotient + i128::from(up))
}

impl Display for Formula {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Formula::Sum(terms) => write_terms(out, terms),
            Formula::Ratio { over, under, times } => {
                write_operand(out, over)?;
                out.write_str(" / ")?;
                write_operand(out, under)?;
                match times {
                    1 => Ok(()),
                    times => write!(out, " × {times}"),
                }
            }
        }
    }
}

fn write_operand(out: &mut Formatter<'_>, terms: Terms) -> fmt::Result {
    if terms.len() < 2 {
        return write_terms(out, terms);
    }
    out.write_str("(")?;
    write_terms(out, terms)?;
    out.write_str(")")
}

fn write_terms(out: &mut Formatter<'_>, terms: Terms) -> fmt::Result {
    for (index, term) in terms.iter().enumerate() {
        let (sign, measure) = match term {
            Term::Plus(measure) if index == 0 => ("", measure),
            Term::Plus(measure) => (" + ", measure),
            Term::Minus(measure) => (" - ", measure),
        };
        write!(out, "{sign}{}", measure.words())?;
    }
    Ok(())
}

impl Serialize for Formula {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quotients_are_rounded_half_to_even_whatever_the_signs() {
        let cases = [
            (5, 2, Some(2)),
            (7, 2, Some(4)),
            (-5, 2, Some(-2)),
            (-7, 2, Some(-4)),
            (5, -2, Some(-2)),
            (-8, -3, Some(3)),
            (1, 0, None),
            (0, 0, None),
            (0, 7, Some(0)),
        ];
        for (over, under, expected) in cases {
            assert_eq!(rounded(over, under), expected, "{over} / {under}");
        }
    }

    proptest! {
        #[test]
        fn a_quotient_is_at_most_half_a_unit_off(over: i64, under in 1i64..i64::MAX) {
            let (over, under) = (i128::from(over), i128::from(under));
            let quotient = rounded(over, under).expect("there is something to divide by");
            prop_assert!((quotient * under - over).abs() * 2 <= under);
        }
    }
}
