//! Which status can follow which.

use crate::domain::conversion::Status::{self, Lead, Rejected, Sale, Trash};

pub(super) enum Move {
    Allowed,
    Refused(String),
}

/// Whether a conversion of one status may become another. `reopens`: what was rejected or trashed
/// may still become a sale. What nobody could name so far may become anything.
pub(super) fn judge(from: Option<Status>, to: Status, reopens: bool) -> Move {
    let Some(from) = from else {
        return Move::Allowed;
    };
    match (from, to) {
        _ if from == to => Move::Allowed,
        (Lead, _) | (Sale, Rejected | Trash) => Move::Allowed,
        (Rejected | Trash, Sale) if reopens => Move::Allowed,
        (Rejected | Trash, Sale) => Move::Refused(format!(
            "The conversion is {}; the network's settings do not let it become a sale.",
            from.as_str()
        )),
        _ => Move::Refused(format!(
            "The conversion is {}; it does not become {} any more.",
            from.as_str(),
            to.as_str()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_are_those_of_the_table() {
        let allowed = |from, to, reopens| matches!(judge(from, to, reopens), Move::Allowed);
        let all = [Lead, Sale, Rejected, Trash];
        for to in all {
            assert!(allowed(None, to, false));
            assert!(allowed(Some(Lead), to, false));
            assert!(allowed(Some(to), to, false));
        }
        let later = [
            (Sale, Lead, false, false),
            (Sale, Rejected, true, true),
            (Sale, Trash, true, true),
            (Rejected, Lead, false, false),
            (Rejected, Sale, false, true),
            (Rejected, Trash, false, false),
            (Trash, Lead, false, false),
            (Trash, Sale, false, true),
            (Trash, Rejected, false, false),
        ];
        for (from, to, closed, open) in later {
            assert_eq!(allowed(Some(from), to, false), closed, "{from:?} {to:?}");
            assert_eq!(allowed(Some(from), to, true), open, "{from:?} {to:?}");
        }
    }
}
