//! What the parameters of a postback may be called.
//!
//! A network's own names come first, and one that a network names has no other meaning: where
//! `tid` is its click id, it is no transaction id. Names are compared without regard to case.

use crate::domain::network::{Network, PostbackParameter};

/// The names that hold for one request.
pub(super) struct Names<'a> {
    /// What the network says, as the request spells it.
    own: Vec<(PostbackParameter, &'a str)>,
}

impl<'a> Names<'a> {
    pub(super) fn new(network: Option<&'a Network>, pairs: &[(String, String)]) -> Self {
        let named = network.into_iter().flat_map(|network| &network.parameters);
        let own = named
            .filter(|(_, name)| !name.trim().is_empty())
            .map(|(parameter, name)| (*parameter, present(name.trim(), pairs)))
            .collect();
        Self { own }
    }

    /// What a parameter may be called, the likeliest first.
    pub(super) fn of(&self, parameter: PostbackParameter) -> impl Iterator<Item = &'a str> {
        let own = self.own.iter().filter(move |(of, _)| *of == parameter);
        let common = parameter
            .common_names()
            .iter()
            .filter(|name| !self.is_own(name));
        own.map(|(_, name)| *name).chain(common.copied())
    }

    /// Whether the network gives the name a meaning.
    pub(super) fn is_own(&self, name: &str) -> bool {
        self.own.iter().any(|(_, own)| is_same(own, name))
    }
}

/// A path into a JSON body, `data.payout`, is `payout` where nothing else in the body is called so.
pub(super) fn present<'n>(name: &'n str, pairs: &[(String, String)]) -> &'n str {
    let is_there = |name: &str| pairs.iter().any(|(sent, _)| is_same(sent, name));
    match name.rsplit_once('.') {
        Some((_, key)) if !is_there(name) && is_there(key) => key,
        _ => name,
    }
}

pub(super) fn is_same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{network, pairs};
    use super::*;
    use PostbackParameter as P;

    #[test]
    fn a_name_of_the_network_comes_first_and_means_nothing_else() {
        let bridge = network(
            &[(P::ClickId, "TID"), (P::Payout, "sum"), (P::Cost, " ")],
            &[],
            &[],
        );
        let names = Names::new(Some(&bridge), &[]);
        let of = |parameter| names.of(parameter).collect::<Vec<_>>();

        assert_eq!(of(P::ClickId)[..2], ["TID", "click_id"]);
        assert_eq!(of(P::Payout), ["sum", "payout", "revenue", "amount", "rev"]);
        assert_eq!(
            of(P::Tid),
            ["txid", "transaction_id", "order_id", "action_id"]
        );
        assert_eq!(of(P::Cost), ["cost"]);
    }

    #[test]
    fn a_path_is_its_last_key_where_the_whole_path_was_not_sent() {
        for (query, expected) in [
            ("data.sum=1&sum=2", "data.sum"),
            ("DATA.SUM=1&sum=2", "data.sum"),
            ("sum=2", "sum"),
            ("other=2", "data.sum"),
        ] {
            assert_eq!(present("data.sum", &pairs(query)), expected, "{query}");
        }
    }
}
