//! Which row a postback is about.

use super::Terms;
use super::repeat::duplicates;
use crate::domain::conversion::{CONVERSION, Conversion};
use crate::domain::event::Duplicates;
use crate::postback::said::Said;
use crate::postback::verdict::Verdict;

pub(super) enum Place {
    Row(usize),
    New { is_repeat: bool },
    Refused(Verdict, String),
}

/// The row that a postback which is read again was about, and whether it has changed it.
pub(super) fn own(said: &Said, rows: &[Conversion], terms: &Terms<'_>) -> Option<(usize, bool)> {
    let again = terms.again?;
    let is_own = |row: &Conversion| {
        row.id == again.conversion_id && row.event == said.event && row.is_test == said.is_test
    };
    Some((rows.iter().position(is_own)?, again.is_done))
}

pub(super) fn place(said: &Said, rows: &[Conversion], terms: &Terms<'_>) -> Place {
    let of_event: Vec<(usize, &Conversion)> = rows
        .iter()
        .enumerate()
        .filter(|(_, row)| is_of_the_event(row, said, terms))
        .collect();
    let here = |row: &Conversion| row.offer_id == terms.offer_id || row.offer_id.is_none();
    let candidates: Vec<_> = of_event.iter().filter(|(_, row)| here(row)).collect();
    let Some(tid) = &said.tid else {
        let untold: Vec<_> = candidates
            .iter()
            .filter(|(_, row)| row.tid.is_none())
            .collect();
        return match (candidates.as_slice(), untold.as_slice()) {
            ([], _) => Place::New { is_repeat: false },
            _ if duplicates(said, terms.event) == Duplicates::New => {
                Place::New { is_repeat: false }
            }
            ([(only, _)], _) | (_, [(only, _)]) => Place::Row(*only),
            _ => Place::Refused(
                Verdict::Ambiguous,
                format!(
                    "The click has {} conversions of this event; a postback without a transaction id does not say which one it means.",
                    candidates.len()
                ),
            ),
        };
    };
    // A transaction keeps its offer, whichever one the visitor has clicked since.
    let same = |(_, row): &&(usize, &Conversion)| row.tid.as_ref() == Some(tid);
    if let Some((index, _)) = of_event.iter().find(same) {
        return Place::Row(*index);
    }
    match candidates.as_slice() {
        [] => Place::New { is_repeat: false },
        [(only, row)] if row.tid.is_none() => Place::Row(*only),
        _ if said.event != CONVERSION => Place::New { is_repeat: false },
        _ if terms.offer.is_none_or(|offer| offer.allow_repeats) => Place::New { is_repeat: true },
        _ => Place::Refused(
            Verdict::RepeatNotAllowed,
            format!(
                "The click has a conversion with another transaction id, and the offer does not allow repeats: \"{tid}\" is not stored."
            ),
        ),
    }
}

/// What one network says is never about another one's conversion.
fn is_of_the_event(row: &Conversion, said: &Said, terms: &Terms<'_>) -> bool {
    let network_id = terms.network.map(|network| network.id);
    let same_network =
        row.network_id.is_none() || network_id.is_none() || row.network_id == network_id;
    row.event == said.event && !row.is_correction && row.is_test == said.is_test && same_network
}
