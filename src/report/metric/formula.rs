//! How a metric follows from sums, for the program and for people.

use std::fmt::{self, Display, Formatter};

use serde::{Serialize, Serializer};

use crate::domain::money::Micros;
use crate::report::fraction::Fraction;
use crate::report::measure::Measure;
use crate::report::{Needs, Sums, View};

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
        about: Option<&str>,
    ) -> Option<Micros> {
        let value = match self {
            Formula::Sum(terms) => total(terms, sums, view, about),
            Formula::Ratio { .. } => self.exact(sums, view, about)?.rounded()?,
        };
        let nearest = value.clamp(i64::MIN.into(), i64::MAX.into());
        i64::try_from(nearest).ok().map(Micros)
    }

    /// The same before it is rounded.
    pub(in crate::report) fn exact(
        &self,
        sums: &Sums,
        view: View,
        about: Option<&str>,
    ) -> Option<Fraction> {
        let total = |terms| total(terms, sums, view, about);
        match *self {
            Formula::Sum(terms) => Some(Fraction::of_micros(total(terms))),
            Formula::Ratio { over, under, times } => {
                Fraction::new(total(over) * i128::from(times), total(under))
            }
        }
    }

    /// Whether sums of its values are its values of the sums.
    pub(in crate::report) fn is_sum(&self) -> bool {
        matches!(self, Formula::Sum(_))
    }

    /// What it follows from.
    pub(in crate::report) fn needs(&self, view: View, about: Option<&str>) -> Needs {
        let terms = match *self {
            Formula::Sum(terms) => [terms, &[]],
            Formula::Ratio { over, under, .. } => [over, under],
        };
        let mut needs = Needs::default();
        for term in terms.into_iter().flatten() {
            let (Term::Plus(measure) | Term::Minus(measure)) = term;
            needs.add(measure.needs(view, about));
        }
        needs
    }
}

fn total(terms: Terms, sums: &Sums, view: View, about: Option<&str>) -> i128 {
    let signed = terms.iter().map(|term| match term {
        Term::Plus(measure) => measure.of(sums, view, about),
        Term::Minus(measure) => -measure.of(sums, view, about),
    });
    signed.sum()
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
