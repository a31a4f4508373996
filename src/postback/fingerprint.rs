//! What two identical requests have in common.

use sha2::{Digest, Sha256};

/// The same for the same pairs of the same network, in whatever order they came; the time apart.
pub fn fingerprint(network_id: Option<u64>, pairs: &[(String, String)]) -> i64 {
    let mut sorted: Vec<&(String, String)> = pairs.iter().collect();
    sorted.sort_unstable();
    let mut digest = Sha256::new();
    digest.update(network_id.unwrap_or(0).to_be_bytes());
    for (name, value) in sorted {
        for text in [name, value] {
            // The lengths keep `a=bc` apart from `ab=c`.
            digest.update((text.len() as u64).to_be_bytes());
            digest.update(text.as_bytes());
        }
    }
    let digest = digest.finalize();
    let (first, _) = digest.split_first_chunk().expect("32 bytes have eight");
    i64::from_be_bytes(*first)
}

#[cfg(test)]
mod tests {
    use super::super::testing::pairs;
    use super::*;

    #[test]
    fn the_order_does_not_matter_and_everything_else_does() {
        let of = |network, query: &str| fingerprint(network, &pairs(query));
        let known = of(Some(1), "a=1&b=2");

        assert_eq!(known, of(Some(1), "b=2&a=1"));
        for (network, query) in [
            (Some(2), "a=1&b=2"),
            (None, "a=1&b=2"),
            (Some(1), "a=1&b=3"),
            (Some(1), "a=1"),
            (Some(1), "a=1&b=2&b=2"),
            (Some(1), "a=2&b=1"),
            (Some(1), "a=1b&=2"),
            (Some(1), "A=1&b=2"),
        ] {
            assert_ne!(known, of(network, query), "{network:?} {query}");
        }
    }

    #[test]
    fn it_is_the_same_after_an_update() {
        // Stored in the log: a retry is recognised by it.
        let pairs = [("a".to_owned(), "1".to_owned())];
        assert_eq!(fingerprint(Some(1), &pairs), -6_219_382_767_518_462_059);
    }
}
