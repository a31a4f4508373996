//! What becomes of a postback.

/// One word for what became of a postback, as the log and its filters call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// A conversion was made.
    Stored,
    /// A conversion was changed.
    Updated,
    /// It says what is known already.
    Unchanged,
    /// Its click has not arrived yet: it waits.
    Parked,
    /// Its status is one that the network's settings, or the postback itself, ignore.
    Ignored,
    /// It has a click id, but none that was made here.
    UnknownClick,
    NoClickId,
    /// A further transaction of an offer that pays once.
    RepeatNotAllowed,
    /// The conversion cannot become this from what it is.
    MoveRefused,
    /// It could be about more than one conversion.
    Ambiguous,
    /// Nobody has said what its word for the status means.
    UnmappedStatus,
    /// It repeats one whose sender had no answer, or that counts each time.
    Retry,
    /// A wrong secret, or a wrong address.
    Denied,
    /// Nobody has the key in its path.
    UnknownNetwork,
    Unreadable,
    TooLarge,
    /// It waited, and its click never came.
    Expired,
}

impl Verdict {
    pub const ALL: &'static [(&'static str, Verdict)] = &[
        ("stored", Verdict::Stored),
        ("updated", Verdict::Updated),
        ("unchanged", Verdict::Unchanged),
        ("parked", Verdict::Parked),
        ("ignored", Verdict::Ignored),
        ("unknown_click", Verdict::UnknownClick),
        ("no_click_id", Verdict::NoClickId),
        ("repeat_not_allowed", Verdict::RepeatNotAllowed),
        ("move_refused", Verdict::MoveRefused),
        ("ambiguous", Verdict::Ambiguous),
        ("unmapped_status", Verdict::UnmappedStatus),
        ("retry", Verdict::Retry),
        ("denied", Verdict::Denied),
        ("unknown_network", Verdict::UnknownNetwork),
        ("unreadable", Verdict::Unreadable),
        ("too_large", Verdict::TooLarge),
        ("expired", Verdict::Expired),
    ];

    /// The one of this word.
    pub fn of(word: &str) -> Option<Self> {
        let mut all = Self::ALL.iter();
        all.find(|(known, _)| *known == word)
            .map(|(_, verdict)| *verdict)
    }

    pub fn as_str(self) -> &'static str {
        let mut all = Self::ALL.iter();
        all.find(|(_, verdict)| *verdict == self)
            .map_or("", |(word, _)| word)
    }

    /// What has become of the postback, for the operator.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Stored => "A conversion was made",
            Self::Updated => "A conversion was changed",
            Self::Unchanged => "All of it was known already",
            Self::Parked => {
                "The click id was made here, but its click is not stored: the postback waits for it"
            }
            Self::Ignored => "Its status is one that is to be ignored",
            Self::UnknownClick => "Its click id was not made here",
            Self::NoClickId => {
                "It has no click id, and names no transaction of an earlier conversion"
            }
            Self::RepeatNotAllowed => {
                "A further transaction of an offer that pays once (`allow_repeats`)"
            }
            Self::MoveRefused => "What the conversion is cannot become that",
            Self::Ambiguous => {
                "It could be about more than one conversion: it has no transaction id"
            }
            Self::UnmappedStatus => {
                "Nobody has said what its word for the status means; its conversion counts nowhere until somebody does"
            }
            Self::Retry => "It repeats a request that has counted already",
            Self::Denied => {
                "A wrong address, a wrong secret, or no network's key where one is required"
            }
            Self::UnknownNetwork => "No network has the key in its path",
            Self::Unreadable => "Its body, or the imported row, cannot be read",
            Self::TooLarge => "Its body is larger than 1 MB",
            Self::Expired => "It has waited 30 days, and its click has not come",
        }
    }
}
