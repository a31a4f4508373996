//! Exact fractions, rounded once at the end.

use crate::domain::money::Micros;

/// `over / under`, as it came about: reduced only where it would not fit otherwise.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fraction {
    over: i128,
    /// Above 0.
    under: i128,
}

impl Fraction {
    pub(super) const ZERO: Self = Self { over: 0, under: 1 };
    pub(super) const ONE: Self = Self { over: 1, under: 1 };

    /// `None` where there is nothing to divide by, or the sign does not fit.
    pub(super) fn new(over: i128, under: i128) -> Option<Self> {
        match under {
            0 => None,
            1.. => Some(Self { over, under }),
            _ => Some(Self {
                over: over.checked_neg()?,
                under: under.checked_neg()?,
            }),
        }
    }

    /// So many millionths.
    pub(super) fn of_micros(micros: i128) -> Self {
        Self {
            over: micros,
            under: Micros::UNIT.into(),
        }
    }

    pub(super) fn negative(self) -> Option<Self> {
        Self::new(self.over.checked_neg()?, self.under)
    }

    /// `None` where it does not fit into 128 bits, as with all that follow.
    pub(super) fn plus(self, other: Self) -> Option<Self> {
        let sum = |one: Self, other: Self| {
            if one.under == other.under {
                return Self::new(one.over.checked_add(other.over)?, one.under);
            }
            let left = one.over.checked_mul(other.under)?;
            let right = other.over.checked_mul(one.under)?;
            Self::new(
                left.checked_add(right)?,
                one.under.checked_mul(other.under)?,
            )
        };
        sum(self, other).or_else(|| {
            // Over the least common denominator, which is as small as it can be.
            let (one, other) = (self.reduced(), other.reduced());
            let shared = gcd(one.under.unsigned_abs(), other.under.unsigned_abs());
            let shared = i128::try_from(shared).ok()?;
            let left = one.over.checked_mul(other.under / shared)?;
            let right = other.over.checked_mul(one.under / shared)?;
            let under = (one.under / shared).checked_mul(other.under)?;
            Self::new(left.checked_add(right)?, under)
        })
    }

    pub(super) fn times(self, other: Self) -> Option<Self> {
        let product = |one: Self, other: Self| {
            let over = one.over.checked_mul(other.over)?;
            Self::new(over, one.under.checked_mul(other.under)?)
        };
        product(self, other).or_else(|| {
            let (one, other) = (self.reduced(), other.reduced());
            let crossed = |over, under| Some(Self::new(over, under)?.reduced());
            let left = crossed(one.over, other.under)?;
            product(left, crossed(other.over, one.under)?)
        })
    }

    /// `None` where there is nothing to divide by, too.
    pub(super) fn divided_by(self, other: Self) -> Option<Self> {
        self.times(Self::new(other.under, other.over)?)
    }

    /// In micro-units, half to even.
    pub(super) fn rounded(self) -> Option<i128> {
        let scale = i128::from(Micros::UNIT);
        let scaled = |one: Self| Some(rounded(one.over.checked_mul(scale)?, one.under));
        scaled(self).or_else(|| scaled(self.reduced()))
    }

    /// The same; `None` if it is larger than any amount.
    pub(super) fn to_micros(self) -> Option<Micros> {
        i64::try_from(self.rounded()?).ok().map(Micros)
    }

    fn reduced(self) -> Self {
        let shared = gcd(self.over.unsigned_abs(), self.under.unsigned_abs());
        match i128::try_from(shared) {
            Ok(shared) if shared > 1 => Self {
                over: self.over / shared,
                under: self.under / shared,
            },
            _ => self,
        }
    }
}

/// `over / under`, half to even; `under` is above 0.
fn rounded(over: i128, under: i128) -> i128 {
    let (quotient, rest) = (over.div_euclid(under), over.rem_euclid(under));
    let up = rest > under - rest || (rest == under - rest && quotient % 2 != 0);
    quotient + i128::from(up)
}

fn gcd(mut one: u128, mut other: u128) -> u128 {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fraction(over: i128, under: i128) -> Fraction {
        Fraction::new(over, under).expect("a fraction")
    }

    /// In lowest terms.
    fn terms(of: Option<Fraction>) -> Option<(i128, i128)> {
        of.map(Fraction::reduced).map(|one| (one.over, one.under))
    }

    #[test]
    fn quotients_are_rounded_half_to_even_whatever_the_signs() {
        let cases = [
            (5, 2_000_000, Some(2)),
            (7, 2_000_000, Some(4)),
            (-5, 2_000_000, Some(-2)),
            (-7, 2_000_000, Some(-4)),
            (5, -2_000_000, Some(-2)),
            (-8, -3_000_000, Some(3)),
            (0, 7, Some(0)),
            (1, 0, None),
            (0, 0, None),
        ];
        for (over, under, expected) in cases {
            let micros = Fraction::new(over, under).and_then(Fraction::to_micros);
            assert_eq!(micros.map(|micros| micros.0), expected, "{over} / {under}");
        }
    }

    #[test]
    fn what_fits_only_when_it_is_reduced_is_reduced() {
        let huge = i128::MAX / 3;
        let whole = fraction(huge, huge);

        assert_eq!(terms(whole.plus(whole)), Some((2, 1)));
        assert_eq!(terms(whole.times(fraction(7, 2))), Some((7, 2)));
        assert_eq!(
            terms(fraction(huge, 5).times(fraction(5, huge))),
            Some((1, 1))
        );
        assert_eq!(
            terms(fraction(huge, 2).divided_by(fraction(huge, 4))),
            Some((2, 1))
        );
        assert_eq!(whole.to_micros(), Some(Micros::ONE));
    }

    #[test]
    fn what_does_not_fit_at_all_is_none() {
        let huge = fraction(i128::MAX, 1);
        let tiny = fraction(1, i128::MAX);

        assert!(huge.plus(huge).is_none());
        assert!(huge.times(fraction(2, 1)).is_none());
        assert!(tiny.times(fraction(1, 2)).is_none());
        assert!(huge.to_micros().is_none());
        assert!(Fraction::new(i128::MIN, -1).is_none());
        assert!(fraction(i128::MIN, 1).negative().is_none());
        assert!(fraction(1, 2).divided_by(fraction(0, 3)).is_none());
    }

    proptest! {
        #[test]
        fn sums_and_products_are_those_of_the_fractions(a: i32, b in 1i32.., c: i32, d in 1i32..) {
            let (a, b, c, d) = (i128::from(a), i128::from(b), i128::from(c), i128::from(d));
            let (one, other) = (fraction(a, b), fraction(c, d));
            let expected = |over, under| terms(Fraction::new(over, under));
            prop_assert_eq!(terms(one.plus(other)), expected(a * d + b * c, b * d));
            prop_assert_eq!(terms(one.times(other)), expected(a * c, b * d));
            prop_assert_eq!(terms(one.divided_by(other)), expected(a * d, b * c));
        }

        #[test]
        fn a_rounded_fraction_is_at_most_half_a_unit_off(over: i64, under in 1i64..) {
            let (over, under) = (i128::from(over), i128::from(under));
            let quotient = rounded(over, under);
            prop_assert!((quotient * under - over).abs() * 2 <= under);
        }
    }
}
