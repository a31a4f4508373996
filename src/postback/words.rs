//! What the words of networks mean: theirs before ours, the request's own before both.

use super::parameters::Parameters;
use super::read::Words;
use crate::domain::conversion::{CONVERSION, REBILL, Status};
use crate::domain::network::Meaning;
use crate::domain::word::folded;

/// The words of most networks, in lower case, their parts joined by `_`.
///
/// Left out is what means one thing here and another there: numbers; `accept`, which is a lead on
/// hold for some and a sale for others; `unconfirmed`, which is a lead or a rejected one.
pub(super) const COMMON: [(Meaning, &str); 5] = [
    (
        Meaning::Lead,
        "lead leads pending hold holding on_hold onhold held wait waiting awaiting expect expected \
         new open opened created submitted process processing in_process in_progress inprogress \
         in_review review tentative provisional",
    ),
    (
        Meaning::Sale,
        "sale sales sold approve approved confirm confirmed paid payed payable complete completed \
         success successful succeeded ok valid validated verified qualified purchase purchased \
         buyout delivered done cleared settled redeem redeemed billed charged",
    ),
    (
        Meaning::Rejected,
        "reject rejected rejection decline declined cancel cancels canceled cancelled cancellation \
         cancelation deny denied disapproved not_approved refuse refused fail failed failure \
         unsuccessful refund refunded rfnd chargeback charge_back chargedback charged_back cgbk \
         reverse reversed reversal void voided return returned undelivered expired disqualified \
         unqualified not_qualified disputed clawback removed deleted scrubbed blocked",
    ),
    (
        Meaning::Trash,
        "trash trashed spam fraud fraudulent fake duplicate duplicated duplicates dublicate double \
         dupe invalid invalidated not_valid incorrect wrong wrong_number junk garbage bot blacklist \
         blacklisted",
    ),
    (
        Meaning::Rebill,
        "rebill rebills rebilled rebilling bill recurring recurrent renew renewal renewed",
    ),
];

/// Comma lists of words that a postback URL may carry, Keitaro's and ours after its pattern.
const LISTS: [(&str, Meaning); 7] = [
    ("ignore_status", Meaning::Ignore),
    ("ignore", Meaning::Ignore),
    ("lead_status", Meaning::Lead),
    ("sale_status", Meaning::Sale),
    ("rejected_status", Meaning::Rejected),
    ("trash_status", Meaning::Trash),
    ("rebill_status", Meaning::Rebill),
];

/// Whether a parameter is such a list.
pub(super) fn is_list(name: &str) -> bool {
    LISTS
        .iter()
        .any(|(list, _)| list.eq_ignore_ascii_case(name))
}

/// What a word in the place of a status means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Understood {
    Status(Meaning),
    /// The key of an event.
    Event(String),
}

/// All words that hold for one request.
pub(super) struct Dictionary<'a> {
    words: &'a Words<'a>,
    /// Of the request's own lists, in lower case.
    listed: Vec<(String, Meaning)>,
}

impl<'a> Dictionary<'a> {
    /// Takes the request's own lists.
    pub(super) fn take(parameters: &mut Parameters<'_>, words: &'a Words<'a>) -> Self {
        let mut listed = Vec::new();
        for (name, meaning) in LISTS {
            let Some(list) = parameters.take_common(name) else {
                continue;
            };
            let items = list.value.split(',').map(folded);
            listed.extend(items.map(|word| (word, meaning)));
        }
        Self { words, listed }
    }

    /// A word in the place of a status: as the request, the network, and then everybody means it.
    /// An event's word is one of them.
    pub(super) fn in_status(&self, word: &str) -> Option<Understood> {
        let word = &folded(word);
        let told = || self.told(word).map(Understood::Status);
        let event = || self.own_event(word).map(Understood::Event);
        let common = || common(word).map(Understood::Status);
        let plain = || (word == CONVERSION).then(|| Understood::Event(CONVERSION.to_owned()));
        told().or_else(event).or_else(common).or_else(plain)
    }

    /// The event that a word in the place of an event names.
    pub(super) fn event(&self, word: &str) -> Option<String> {
        let word = &folded(word);
        let built_in = || {
            [CONVERSION, REBILL]
                .contains(&word.as_str())
                .then(|| word.clone())
        };
        let by_network = self.event_of_network(word);
        by_network
            .or_else(|| self.key_of(|known| folded(known) == *word))
            .or_else(built_in)
    }

    /// The status that a word in the place of an event names.
    pub(super) fn status(&self, word: &str) -> Option<Meaning> {
        let word = &folded(word);
        self.told(word).or_else(|| common(word))
    }

    /// What the request or the network say about a status.
    fn told(&self, word: &str) -> Option<Meaning> {
        let listed = self.listed.iter().find(|(known, _)| known == word);
        let listed = listed.map(|(_, meaning)| *meaning);
        listed.or_else(|| self.words.network?.statuses.get(word).copied())
    }

    /// A number in the place of a status means something to a network only.
    fn own_event(&self, word: &str) -> Option<String> {
        let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
        let own = || self.key_of(|known| folded(known) == word);
        let by_network = self.event_of_network(word);
        by_network.or_else(|| (!is_number).then(own).flatten())
    }

    fn event_of_network(&self, word: &str) -> Option<String> {
        let key = self.words.network?.events.get(word)?;
        let is_built_in = [CONVERSION, REBILL].contains(&key.as_str());
        if is_built_in {
            Some(key.clone())
        } else {
            self.key_of(|known| known == key)
        }
    }

    /// The key of the active event that is called so.
    fn key_of(&self, is_called: impl Fn(&str) -> bool) -> Option<String> {
        let mut active = self
            .words
            .events
            .values()
            .filter(|event| event.state.is_active());
        let found = active.find(|event| {
            is_called(&event.key) || event.words.iter().any(|word| is_called(word))
        })?;
        Some(found.key.clone())
    }
}

/// How far a conversion is by such a word; `None` for one to be ignored.
pub(super) fn status_of(meaning: Meaning) -> Option<Status> {
    match meaning {
        Meaning::Lead => Some(Status::Lead),
        Meaning::Sale | Meaning::Rebill => Some(Status::Sale),
        Meaning::Rejected => Some(Status::Rejected),
        Meaning::Trash => Some(Status::Trash),
        Meaning::Ignore => None,
    }
}

fn common(word: &str) -> Option<Meaning> {
    let joined = word.replace([' ', '-'], "_");
    let mut all = COMMON.iter();
    let (meaning, _) = all.find(|(_, words)| words.split(' ').any(|word| word == joined))?;
    Some(*meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_common_word_is_said_once_and_is_no_number() {
        let mut all: Vec<&str> = COMMON
            .iter()
            .flat_map(|(_, words)| words.split(' '))
            .collect();
        let is_word = |word: &&str| {
            word.bytes()
                .all(|byte| byte == b'_' || byte.is_ascii_lowercase())
        };
        assert!(all.iter().all(is_word), "{all:?}");
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn parts_of_a_common_word_are_joined_by_anything() {
        for word in ["on hold", "on-hold", "on_hold", "onhold"] {
            assert_eq!(common(word), Some(Meaning::Lead), "{word}");
        }
        for word in ["", " ", "_", "1", "accept", "unconfirmed", "одобрено"] {
            assert_eq!(common(word), None, "{word}");
        }
    }

    #[test]
    fn presets_mean_by_a_common_word_what_everybody_means() {
        let mut differing = Vec::new();
        for preset in crate::presets::networks() {
            for (word, meaning) in &preset.statuses {
                let common = common(&folded(word)).map(|common| format!("{common:?}"));
                if common.is_some_and(|common| common != format!("{meaning:?}")) {
                    differing.push((preset.slug.as_str(), word.as_str()));
                }
            }
        }

        // Its lead is a confirmed order, and its hold is a lead.
        assert_eq!(differing, [("adcombo", "lead")]);
    }
}
