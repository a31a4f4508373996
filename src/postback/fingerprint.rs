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
