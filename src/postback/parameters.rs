//! The pairs of a request, and which of them somebody has claimed.

use super::gate::Secrets;
use super::names::{Names, is_same, present};
use super::read::Words;
use crate::detect::params::looks_like_macro;
use crate::domain::network::PostbackParameter;

/// Bytes kept of unclaimed parameters, names included. A pair that no longer fits is left out;
/// shorter ones after it may still fit.
const MAX_OTHERS: usize = 1_024;

/// A parameter that was sent, its value trimmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sent<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a str,
}

impl Sent<'_> {
    /// Whether the network left its macro as it was.
    pub(super) fn is_macro(&self) -> bool {
        looks_like_macro(self.value)
    }
}

pub(super) struct Parameters<'a> {
    pairs: &'a [(String, String)],
    secrets: Secrets<'a>,
    names: Names<'a>,
    /// By place in `pairs`.
    claimed: Vec<bool>,
}

impl<'a> Parameters<'a> {
    pub(super) fn new(words: &Words<'a>, pairs: &'a [(String, String)]) -> Self {
        Self {
            pairs,
            secrets: words.secrets(),
            names: Names::new(words.network, pairs),
            claimed: vec![false; pairs.len()],
        }
    }

    /// Takes what tells the parameter: of its names the first that is not blank, of repeats the
    /// last. A literal macro gives way to anything else.
    pub(super) fn take(&mut self, parameter: PostbackParameter) -> Option<Sent<'a>> {
        let found = self.candidates(parameter).into_iter().next()?;
        self.claim(found.name);
        Some(found)
    }

    /// Takes a parameter that has one name only, unless the network means something else by it.
    pub(super) fn take_common(&mut self, name: &str) -> Option<Sent<'a>> {
        if self.names.is_own(name) {
            return None;
        }
        self.take_named(name)
    }

    /// Takes a parameter by its name alone.
    pub(super) fn take_named(&mut self, name: &str) -> Option<Sent<'a>> {
        let name = present(name, self.pairs);
        self.claim(name);
        self.last(name)
    }

    /// Whatever may tell the parameter, the likeliest first, one for each name.
    pub(super) fn candidates(&self, parameter: PostbackParameter) -> Vec<Sent<'a>> {
        let names = self.names.of(parameter);
        let mut found: Vec<_> = names.filter_map(|name| self.last(name)).collect();
        found.sort_by_key(Sent::is_macro);
        found
    }

    /// [`Parameters::candidates`] with their repeats, and then everything else in its order.
    pub(super) fn all(&self, first: PostbackParameter) -> Vec<Sent<'a>> {
        let names: Vec<&str> = self.names.of(first).collect();
        let is_named = |sent: &Sent<'_>| names.iter().any(|name| is_same(sent.name, name));
        let repeats = |name| {
            let sent = self.sent().rev();
            sent.filter(move |sent| is_same(sent.name, name))
        };
        let named = names.iter().flat_map(|name| repeats(*name));
        let others = self.sent().filter(|sent| !is_named(sent));
        named.chain(others).collect()
    }

    pub(super) fn claim(&mut self, name: &str) {
        for ((sent, _), claimed) in self.pairs.iter().zip(&mut self.claimed) {
            *claimed |= is_same(sent, name);
        }
    }

    /// What nobody has claimed, [`MAX_OTHERS`] at most, without secrets.
    pub(super) fn unclaimed(&self) -> Vec<(String, String)> {
        let mut left = MAX_OTHERS;
        let mut others = Vec::new();
        for ((name, value), claimed) in self.pairs.iter().zip(&self.claimed) {
            let size = name.len() + value.len();
            let is_other = !claimed && !value.trim().is_empty() && !self.secrets.has(name);
            if is_other && size <= left {
                left -= size;
                others.push((name.clone(), value.clone()));
            }
        }
        others
    }

    fn last(&self, name: &str) -> Option<Sent<'a>> {
        let mut repeats = self.sent().rev().filter(|sent| is_same(sent.name, name));
        let last = repeats.next()?;
        let better = repeats.find(|sent| !sent.is_macro());
        Some(better.filter(|_| last.is_macro()).unwrap_or(last))
    }

    /// Whatever is not blank and no secret.
    fn sent(&self) -> impl DoubleEndedIterator<Item = Sent<'a>> {
        self.pairs
            .iter()
            .map(|(name, value)| Sent {
                name,
                value: value.trim(),
            })
            .filter(|sent| !sent.value.is_empty() && !self.secrets.has_own(sent.name))
    }
}
