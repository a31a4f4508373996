//! Another reporting currency: the same rates, stated in it.

use super::{Rate, Rates};
use crate::domain::money::Currency;

/// The currency is worth nothing known on this day, on which amounts have to be stated in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoRate {
    pub day: i64,
}

impl Rates {
    /// The same rates in another currency: for every other one its rate divided by that of the new
    /// one, from each day on which either changes; the old reporting currency, whose rate was 1, is
    /// one of them. Where nothing changes after all there is no rate of its own.
    ///
    /// `since`: the first day with amounts. Refused where the new currency has no rate on it, or on
    /// the first day with rates of others: what lies before its own first rate would be lost.
    pub fn restated(&self, to: Currency, since: Option<i64>) -> Result<Rates, NoRate> {
        if to == self.reporting {
            return Ok(self.clone());
        }
        let others = || self.by_currency.keys().filter(|one| **one != to);
        let firsts = others().filter_map(|one| self.days(*one).next());
        if let Some(day) = firsts.chain(since).min()
            && self.rate(to, day).is_none()
        {
            return Err(NoRate { day });
        }
        let restated = others().copied().chain([self.reporting]).flat_map(|one| {
            let rows = self.in_currency(one, to).into_iter();
            rows.map(move |(day, rate)| (one, day, rate))
        });
        Ok(Rates::new(to, restated))
    }

    fn in_currency(&self, currency: Currency, to: Currency) -> Vec<(i64, Rate)> {
        let mut days: Vec<i64> = self.days(currency).chain(self.days(to)).collect();
        days.sort_unstable();
        days.dedup();
        let mut rows: Vec<(i64, Rate)> = days
            .into_iter()
            .filter_map(|day| {
                let rate = self.rate(currency, day)?.per(self.rate(to, day)?);
                Some((day, rate))
            })
            .collect();
        rows.dedup_by_key(|(_, rate)| *rate);
        rows
    }

    /// The days on which the rate of a currency is stated.
    fn days(&self, currency: Currency) -> impl Iterator<Item = i64> {
        let rows = self.by_currency.get(&currency).into_iter().flatten();
        rows.map(|(day, _)| *day)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{book, currency};
    use super::*;
    use crate::domain::money::Micros;

    fn listed(rates: &Rates) -> Vec<(i64, String, String)> {
        let rows = rates.rows().into_iter().rev();
        rows.map(|(day, currency, rate)| (day, currency.as_str().to_owned(), rate.to_string()))
            .collect()
    }

    #[test]
    fn each_day_on_which_either_changes_has_its_rate_and_equal_ones_are_dropped() {
        let rates = book(&[
            ("EUR", 1, "1.25"),
            ("EUR", 5, "1.6"),
            ("UAH", 3, "0.02"),
            ("UAH", 5, "0.0256"),
            ("UAH", 7, "0.04"),
            ("USDT", 2, "1"),
        ]);

        let euros = rates.restated(currency("EUR"), Some(1)).expect("a rate");

        let expected = [
            (1, "USD", "0.8"),
            (2, "USDT", "0.8"),
            // On day 5 both have changed, and the quotient has not.
            (3, "UAH", "0.016"),
            (5, "USD", "0.625"),
            (5, "USDT", "0.625"),
            (7, "UAH", "0.025"),
        ];
        let mut expected: Vec<_> = expected
            .map(|(day, code, rate)| (day, code.to_owned(), rate.to_owned()))
            .into();
        let mut found = listed(&euros);
        expected.sort();
        found.sort();
        assert_eq!(found, expected);
        assert_eq!(euros.reporting(), currency("EUR"));
    }

    #[test]
    fn a_currency_without_a_rate_on_the_first_day_is_refused() {
        let rates = book(&[("EUR", 10, "1.1"), ("UAH", 8, "0.02")]);
        let euro = currency("EUR");

        assert_eq!(rates.restated(euro, None), Err(NoRate { day: 8 }));
        assert_eq!(rates.restated(euro, Some(7)), Err(NoRate { day: 7 }));
        assert_eq!(
            book(&[("EUR", 10, "1.1")]).restated(euro, Some(9)),
            Err(NoRate { day: 9 })
        );
        assert!(book(&[("EUR", 10, "1.1")]).restated(euro, Some(10)).is_ok());
        assert!(book(&[]).restated(euro, None).is_ok(), "nothing is stated");
        assert_eq!(
            book(&[]).restated(euro, Some(3)),
            Err(NoRate { day: 3 }),
            "amounts are"
        );
    }

    /// Rates of EUR from day 0, and of others whenever.
    fn some_rates() -> impl Strategy<Value = Rates> {
        let rate = 1i64..9_000_000_000_000;
        let row = (0usize..3, 0i64..20, rate.clone());
        (rate, prop::collection::vec(row, 0..12)).prop_map(|(first, rows)| {
            let codes = ["EUR", "UAH", "USDT"];
            let rows = rows
                .into_iter()
                .map(|(which, day, nanos)| ((codes[which], day), nanos))
                .chain([(("EUR", 0), first)])
                .collect::<std::collections::BTreeMap<_, _>>();
            let rows = rows.into_iter().filter_map(|((code, day), nanos)| {
                Some((currency(code), day, Rate::from_nanos(nanos)?))
            });
            Rates::new(Currency::USD, rows)
        })
    }

    proptest! {
        #[test]
        fn there_and_back_again_every_amount_has_its_worth(
            rates in some_rates(), amount in -1_000_000_000_000i64..1_000_000_000_000
        ) {
            let there = rates.restated(currency("EUR"), Some(0)).expect("EUR has a rate");
            let back = there.restated(Currency::USD, Some(0)).expect("USD has one then");

            for day in 0..21 {
                for code in ["EUR", "UAH", "USDT", "USD"] {
                    let code = currency(code);
                    prop_assert_eq!(back.rate(code, day), rates.rate(code, day));
                    for to in [Currency::USD, currency("EUR")] {
                        let before = rates.convert(Micros(amount), code, to, day);
                        prop_assert_eq!(there.convert(Micros(amount), code, to, day), before);
                        prop_assert_eq!(back.convert(Micros(amount), code, to, day), before);
                    }
                }
            }
        }

        #[test]
        fn no_row_repeats_the_one_before(rates in some_rates()) {
            let there = rates.restated(currency("EUR"), Some(0)).expect("EUR has a rate");

            for rows in there.by_currency.values() {
                prop_assert!(rows.windows(2).all(|two| two[0].1 != two[1].1 && two[0].0 < two[1].0));
            }
        }
    }
}
