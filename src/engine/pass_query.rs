//! The visitor's own query, handed on to the landing.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but the unreserved characters of RFC 3986.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Pairs that would make the address longer than this are left out: proxies refuse answers with
/// long headers, and then nobody is sent on.
const LONGEST: usize = 3_000;

/// Puts the pairs behind the query of the address and before its fragment. A parameter that the
/// address already has stays as it is.
pub fn pass_query<'q>(location: &mut String, pairs: impl Iterator<Item = (&'q str, &'q str)>) {
    if !location.is_empty() {
        *location = with_pairs(location, pairs);
    }
}

fn with_pairs<'q>(location: &str, pairs: impl Iterator<Item = (&'q str, &'q str)>) -> String {
    let (link, fragment) = match location.find('#') {
        Some(at) => location.split_at(at),
        None => (location, ""),
    };
    let query = link.split_once('?').map(|(_, query)| query);
    let own: Vec<&str> = query
        .into_iter()
        .flat_map(|query| query.split('&'))
        .map(|pair| pair.split_once('=').map_or(pair, |(name, _)| name))
        .collect();
    let mut out = link.to_owned();
    for (name, value) in pairs {
        let name = utf8_percent_encode(name, ENCODED).to_string();
        if own.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
            continue;
        }
        let before = out.len();
        match (query, out.as_bytes().last()) {
            (_, Some(b'?' | b'&')) => {}
            (None, _) if before == link.len() => out.push('?'),
            _ => out.push('&'),
        }
        out.push_str(&name);
        out.push('=');
        out.extend(utf8_percent_encode(value, ENCODED));
        if out.len() + fragment.len() > LONGEST {
            out.truncate(before);
        }
    }
    out.push_str(fragment);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::detect::params::Query;

    fn passed(location: &str, raw: &str) -> String {
        with_pairs(location, Query::parse(raw).iter())
    }

    #[test]
    fn the_query_stands_behind_the_own_one_and_before_the_fragment() {
        for (location, raw, expected) in [
            ("https://l/p", "fbclid=a1", "https://l/p?fbclid=a1"),
            ("https://l/p?", "fbclid=a1", "https://l/p?fbclid=a1"),
            ("https://l/?a=1", "g=2&h=3", "https://l/?a=1&g=2&h=3"),
            ("https://l/?a=1#top", "g=2", "https://l/?a=1&g=2#top"),
            ("https://l/#top", "g=2&h=3", "https://l/?g=2&h=3#top"),
            ("https://l/?a=1", "", "https://l/?a=1"),
        ] {
            assert_eq!(passed(location, raw), expected);
        }
    }

    #[test]
    fn what_the_link_has_is_not_doubled_and_values_cannot_break_out() {
        assert_eq!(
            passed("https://l/?click_id=ours", "Click_ID=theirs&x=1"),
            "https://l/?click_id=ours&x=1"
        );
        assert_eq!(
            passed("https://l/", "q=a%26b%3Dc%23d&%26=%C3%BC+%0d%0a"),
            "https://l/?q=a%26b%3Dc%23d&%26=%C3%BC%20%20%20"
        );
    }

    #[test]
    fn what_would_make_the_header_too_long_is_left_out() {
        let raw = format!("long={}&gclid=x", "a".repeat(1_000));
        let link = format!("https://l/?p={}", "b".repeat(2_500));

        assert_eq!(passed(&link, &raw), format!("{link}&gclid=x"));
    }

    proptest! {
        #[test]
        fn every_pair_is_read_again_as_it_was(
            pairs in prop::collection::vec(("[a-z]{1,8}", "\\PC{0,12}"), 0..6)
        ) {
            let out = with_pairs(
                "https://l/p#f",
                pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())),
            );

            let link = out.strip_suffix("#f").expect("the fragment stays at the end");
            let query = link.split_once('?').map_or("", |(_, query)| query);
            let read: Vec<_> = Query::parse(query)
                .iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect();
            prop_assert_eq!(read, pairs);
        }
    }
}
