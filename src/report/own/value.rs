//! What formulas come to.

use crate::domain::own_metric::{Expression, Part};
use crate::report::fraction::Fraction;
use crate::report::{MetricRef, Sums, View};

/// `None` where there is nothing to divide by, or something does not fit.
pub(super) fn exact(
    expression: &Expression<MetricRef>,
    sums: &Sums,
    view: View,
) -> Option<Fraction> {
    match expression {
        Expression::Number(number) => Some(Fraction::of_micros(number.0.into())),
        Expression::Named(metric) => metric.exact(sums, view),
        Expression::Sum(parts) => {
            let mut sum = Fraction::ZERO;
            for Part { is_inverse, of } in parts {
                let part = exact(of, sums, view)?;
                sum = match is_inverse {
                    true => sum.plus(part.negative()?)?,
                    false => sum.plus(part)?,
                };
            }
            Some(sum)
        }
        Expression::Product(parts) => {
            let mut product = Fraction::ONE;
            for Part { is_inverse, of } in parts {
                let part = exact(of, sums, view)?;
                product = match is_inverse {
                    true => product.divided_by(part)?,
                    false => product.times(part)?,
                };
            }
            Some(product)
        }
    }
}

/// Whether only sums are added up in it, as they are or times a number.
pub(super) fn is_sum(expression: &Expression<MetricRef>) -> bool {
    match expression {
        Expression::Number(_) => false,
        Expression::Named(metric) => metric.metric().formula.is_sum(),
        Expression::Sum(parts) => parts.iter().all(|part| is_sum(&part.of)),
        Expression::Product(parts) => {
            let mut varying = parts.iter().filter(|part| !part.of.names().is_empty());
            let is_one_sum = varying
                .next()
                .is_some_and(|part| !part.is_inverse && is_sum(&part.of));
            is_one_sum && varying.next().is_none()
        }
    }
}
