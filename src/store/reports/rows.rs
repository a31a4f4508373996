//! The rows of a chunk that a report is about.

use crate::report::columns::Codes;

/// Some rows of a chunk, by their numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rows {
    /// So many, from the first on.
    All(usize),
    /// In ascending order.
    Some(Vec<u16>),
}

impl Rows {
    /// Those that are not masked.
    pub(super) fn of(rows: usize, masked: Option<&[bool]>) -> Self {
        let mut all = Rows::All(rows);
        if let Some(masked) = masked {
            all.retain(|row| !masked[row]);
        }
        all
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Rows::All(rows) => *rows,
            Rows::Some(rows) => rows.len(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = usize> {
        let (all, some) = match self {
            Rows::All(rows) => (*rows, [].as_slice()),
            Rows::Some(rows) => (0, rows.as_slice()),
        };
        (0..all).chain(some.iter().map(|row| usize::from(*row)))
    }

    /// Drops the rows of which that does not hold.
    pub(super) fn retain(&mut self, mut holds: impl FnMut(usize) -> bool) {
        match self {
            Rows::All(rows) => {
                // A segment has at most 65,536 rows.
                let kept = (0..*rows).filter(|row| holds(*row)).map(|row| row as u16);
                let kept: Vec<u16> = kept.collect();
                if kept.len() < *rows {
                    *self = Rows::Some(kept);
                }
            }
            Rows::Some(rows) => rows.retain(|row| holds(usize::from(*row))),
        }
    }

    /// Drops the rows whose code has no `true`.
    pub(super) fn retain_codes(&mut self, codes: &Codes, holds: &[bool]) {
        match codes {
            Codes::Same(_) if holds.first() == Some(&true) => {}
            Codes::Same(_) => *self = Rows::Some(Vec::new()),
            Codes::Bytes(codes) => self.retain(|row| holds[usize::from(codes[row])]),
            Codes::Words(codes) => self.retain(|row| holds[usize::from(codes[row])]),
        }
    }

    /// Something for each row, in order, from its number.
    #[inline]
    pub(super) fn map<T>(&self, mut with: impl FnMut(usize) -> T) -> Vec<T> {
        match self {
            Rows::All(rows) => (0..*rows).map(with).collect(),
            Rows::Some(rows) => rows.iter().map(|row| with(usize::from(*row))).collect(),
        }
    }

    /// Something for each row, in order, from its code.
    #[inline]
    pub(super) fn map_codes<T>(&self, codes: &Codes, mut with: impl FnMut(usize) -> T) -> Vec<T> {
        match (codes, self) {
            (Codes::Same(_), rows) => (0..rows.len()).map(|_| with(0)).collect(),
            (Codes::Bytes(codes), Rows::All(rows)) => {
                let codes = codes[..*rows].iter();
                codes.map(|code| with(usize::from(*code))).collect()
            }
            (Codes::Words(codes), Rows::All(rows)) => {
                let codes = codes[..*rows].iter();
                codes.map(|code| with(usize::from(*code))).collect()
            }
            (Codes::Bytes(codes), Rows::Some(_)) => self.map(|row| with(codes[row].into())),
            (Codes::Words(codes), Rows::Some(_)) => self.map(|row| with(codes[row].into())),
        }
    }

    /// Which of so many codes its rows have.
    pub(super) fn used(&self, codes: &Codes, entries: usize) -> Vec<bool> {
        // Every entry is that of some row.
        let is_all = matches!(self, Rows::All(_));
        let mut used = vec![is_all; entries];
        if !is_all {
            self.iter().for_each(|row| used[codes.of(row)] = true);
        }
        used
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes() -> [Codes; 3] {
        [
            Codes::Same(6),
            Codes::Bytes(vec![0, 1, 2, 1, 0, 2]),
            Codes::Words(vec![0, 1, 2, 1, 0, 2]),
        ]
    }

    #[test]
    fn rows_keep_their_order_and_codes_whatever_is_dropped() {
        for codes in codes() {
            for masked in [None, Some(vec![false, true, false, false, true, false])] {
                let mut rows = Rows::of(6, masked.as_deref());
                rows.retain_codes(&codes, &[true, true, false]);
                rows.retain(|row| row != 3);

                let is_masked = |row: usize| masked.as_ref().is_some_and(|masked| masked[row]);
                let left: Vec<usize> = (0..6)
                    .filter(|row| !is_masked(*row) && codes.of(*row) != 2 && *row != 3)
                    .collect();
                let of_left: Vec<usize> = left.iter().map(|row| codes.of(*row)).collect();
                assert_eq!(rows.len(), left.len());
                assert_eq!(rows.map(|row| row), left);
                assert_eq!(rows.iter().collect::<Vec<_>>(), left);
                assert_eq!(rows.map_codes(&codes, |code| code), of_left);
                let used = rows.used(&codes, 3);
                for (code, is_used) in used.into_iter().enumerate() {
                    assert_eq!(is_used, of_left.contains(&code), "{codes:?}");
                }
            }
        }
    }

    #[test]
    fn rows_of_one_code_go_or_stay_together() {
        let mut rows = Rows::All(6);
        rows.retain_codes(&Codes::Same(6), &[true]);
        assert_eq!(rows, Rows::All(6));

        rows.retain_codes(&Codes::Same(6), &[false]);
        assert!(rows.is_empty());
    }
}
