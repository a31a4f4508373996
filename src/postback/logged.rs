//! A postback as it is logged: without secrets, and not longer than a log can bear.

use super::click;
use super::gate::redacted;
use super::names::{Names, is_same};
use super::read::Words;
use super::words::is_list;
use crate::domain::id::IdCodec;
use crate::domain::network::PostbackParameter;

/// Bytes of all names and values that are kept in the log.
const MAX_LOGGED: usize = 65_536;

/// The pairs in their order, without secrets. Of one that is longer than `MAX_LOGGED` what says
/// something is kept before the rest, so that it can be read again.
pub fn logged(
    pairs: &[(String, String)],
    words: &Words<'_>,
    codec: &IdCodec,
) -> Vec<(String, String)> {
    let shown = redacted(&words.secrets(), pairs);
    if fits(&shown) {
        return shown;
    }
    let kept = weightiest(&shown, words, codec);
    let shown = shown.into_iter().zip(kept);
    shown
        .filter_map(|(pair, kept)| kept.then_some(pair))
        .collect()
}

/// What the log says about a postback that is too long for it.
pub fn cut_remark(pairs: &[(String, String)]) -> Option<String> {
    (!fits(pairs)).then(|| {
        format!(
            "The parameters have more than {MAX_LOGGED} bytes; the log does not keep all of them."
        )
    })
}

fn size(pair: &(String, String)) -> usize {
    pair.0.len() + pair.1.len()
}

fn fits(pairs: &[(String, String)]) -> bool {
    pairs.iter().map(size).sum::<usize>() <= MAX_LOGGED
}

/// Which ones are kept.
fn weightiest(pairs: &[(String, String)], words: &Words<'_>, codec: &IdCodec) -> Vec<bool> {
    let names = Names::new(words.network, pairs);
    let kept = words.network.into_iter().flat_map(|network| &network.keep);
    let kept: Vec<&str> = kept.map(|one| one.name.as_str()).collect();
    let weight = |(name, value): &(String, String)| {
        let mut known = PostbackParameter::ALL.iter();
        let place = known.position(|(_, of)| names.of(*of).any(|one| is_same(one, name)));
        let has_click_id = click::read(value, codec).is_some();
        match place {
            Some(place) => (u8::from(!has_click_id), place),
            None if has_click_id => (0, usize::MAX),
            None if is_list(name) || kept.iter().any(|one| is_same(one, name)) => (2, 0),
            None => (3, 0),
        }
    };
    // Of repeats the last one counts; of what is not known, nobody knows.
    let mut order: Vec<_> = (0..pairs.len())
        .map(|at| {
            let (class, place) = weight(&pairs[at]);
            let turn = if class < 3 { pairs.len() - at } else { at };
            (class, place, turn, at)
        })
        .collect();
    order.sort_unstable();
    let (mut left, mut kept) = (MAX_LOGGED, vec![false; pairs.len()]);
    for (_, _, _, at) in order {
        let size = size(&pairs[at]);
        if size <= left {
            left -= size;
            kept[at] = true;
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::read::read;
    use super::super::testing::{click, codec, pairs};
    use super::*;

    fn long(before: &str, behind: &str) -> Vec<(String, String)> {
        let filler: Vec<String> = (0..200)
            .map(|n| format!("x{n}={}", "x".repeat(1_500)))
            .collect();
        pairs(&format!("{before}&{}&{behind}", filler.join("&")))
    }

    #[test]
    fn a_long_postback_says_in_the_log_what_it_said() {
        let (events, networks) = (BTreeMap::new(), BTreeMap::new());
        let words = Words {
            network: None,
            events: &events,
            networks: &networks,
        };
        let id = click().1;
        let said_by = |pairs: &[(String, String)]| {
            let said = read(pairs, &words, &codec());
            (said.click, said.payout, said.status, said.tid, said.event)
        };
        for (before, behind) in [
            (
                format!("payout=5&subid={id}"),
                "status=9&sale_status=9&tid=t&payout=7".to_owned(),
            ),
            (
                String::new(),
                format!("aff={id}&payout=7&status=lead&tid=t&goal=rebill"),
            ),
        ] {
            let sent = long(&before, &behind);
            let kept = logged(&sent, &words, &codec());

            let size: usize = kept.iter().map(size).sum();
            assert!(size <= MAX_LOGGED && size > MAX_LOGGED - 2_000, "{size}");
            assert_eq!(said_by(&kept), said_by(&sent));
            assert!(cut_remark(&sent).is_some() && cut_remark(&kept).is_none());
            let first = kept.iter().find(|(name, _)| name.starts_with('x'));
            assert_eq!(first.map(|(name, _)| name.as_str()), Some("x0"));
        }
    }

    #[test]
    fn one_of_a_common_length_is_logged_as_it_came() {
        let (events, networks) = (BTreeMap::new(), BTreeMap::new());
        let words = Words {
            network: None,
            events: &events,
            networks: &networks,
        };
        let sent = pairs("b=2&a=1&b=3&secret=s");
        assert_eq!(
            logged(&sent, &words, &codec()),
            pairs("b=2&a=1&b=3&secret=***")
        );
        assert_eq!(cut_remark(&sent), None);
    }
}
