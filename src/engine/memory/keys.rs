//! Who is the same visitor: keys made of an address and a user agent, and keys that a cookie
//! carries.
//!
//! A visitor's key is 64 bits. Without a cookie it is a keyed hash of what the campaign tells
//! visitors apart by, so that nobody can choose addresses or user agents that collide. The cookie
//! then carries that key on, and the visitor stays the same when the address changes.

use std::hash::Hasher;
use std::net::IpAddr;

use siphasher::sip::{SipHasher13, SipHasher24};

use crate::domain::campaign::UniqueBy;

/// Length of the cookie's value: key and tag, in hexadecimal.
const COOKIE_LEN: usize = 32;

/// Makes and reads keys. The secret is kept in the database.
#[derive(Debug, Clone)]
pub struct Keys {
    addresses: SipHasher13,
    tags: SipHasher24,
    /// Tells one secret from another without telling it.
    pub(super) mark: u64,
}

impl Keys {
    pub fn new(secret: &[u8; 16]) -> Self {
        let tags = SipHasher24::new_with_key(secret);
        // One secret, two purposes: the second key follows from the first.
        let derive = |purpose: u64| {
            let mut hasher = tags;
            hasher.write(b"millrace.seen");
            hasher.write_u64(purpose);
            hasher.finish()
        };
        let mut key = [0; 16];
        key[..8].copy_from_slice(&derive(1).to_le_bytes());
        key[8..].copy_from_slice(&derive(2).to_le_bytes());
        Self {
            addresses: SipHasher13::new_with_key(&key),
            tags,
            mark: derive(3),
        }
    }

    /// The key of a visitor without a cookie; `None` where only a cookie tells visitors apart.
    ///
    /// Of an IPv6 address the first 64 bits count: the rest a device changes every day.
    pub fn without_cookie(&self, by: UniqueBy, ip: IpAddr, user_agent: &str) -> Option<u64> {
        let mut hasher = self.addresses;
        match ip.to_canonical() {
            IpAddr::V4(ip) => hasher.write(&ip.octets()),
            IpAddr::V6(ip) => hasher.write(&ip.octets()[..8]),
        }
        match by {
            UniqueBy::Ip => {}
            UniqueBy::IpUa => {
                hasher.write_u8(0);
                hasher.write(user_agent.as_bytes());
            }
            UniqueBy::Cookie => return None,
        }
        Some(hasher.finish())
    }

    /// The value of a visitor's cookie.
    pub fn cookie(&self, visitor: u64) -> String {
        format!("{visitor:016x}{:016x}", self.tag(visitor))
    }

    /// The visitor of a cookie, if it is one of ours.
    pub fn read_cookie(&self, value: &[u8]) -> Option<u64> {
        if value.len() != COOKIE_LEN || !value.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        let both = u128::from_str_radix(std::str::from_utf8(value).ok()?, 16).ok()?;
        let visitor = (both >> 64) as u64;
        (both as u64 == self.tag(visitor)).then_some(visitor)
    }

    fn tag(&self, visitor: u64) -> u64 {
        let mut hasher = self.tags;
        hasher.write_u64(visitor);
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(by: UniqueBy, ip: &str, user_agent: &str) -> Option<u64> {
        let ip = ip.parse().expect("an address");
        Keys::new(&[7; 16]).without_cookie(by, ip, user_agent)
    }

    #[test]
    fn visitors_are_the_same_by_what_the_campaign_says() {
        let (ip, both) = (UniqueBy::Ip, UniqueBy::IpUa);

        assert_eq!(key(ip, "203.0.113.9", "a"), key(ip, "203.0.113.9", "b"));
        assert_ne!(key(ip, "203.0.113.9", "a"), key(ip, "203.0.113.8", "a"));
        assert_eq!(key(both, "203.0.113.9", "a"), key(both, "203.0.113.9", "a"));
        assert_ne!(key(both, "203.0.113.9", "a"), key(both, "203.0.113.9", "b"));
        assert_ne!(key(both, "203.0.113.9", "a"), key(both, "203.0.113.8", "a"));
        assert_eq!(key(UniqueBy::Cookie, "203.0.113.9", "a"), None);
        assert_eq!(
            key(ip, "::ffff:203.0.113.9", ""),
            key(ip, "203.0.113.9", "")
        );
    }

    #[test]
    fn an_ipv6_address_is_known_by_its_network() {
        let ip = UniqueBy::Ip;

        assert_eq!(
            key(ip, "2001:db8:1:2::a", ""),
            key(ip, "2001:db8:1:2:3:4:5:6", "")
        );
        assert_ne!(
            key(ip, "2001:db8:1:2::a", ""),
            key(ip, "2001:db8:1:3::a", "")
        );
    }

    #[test]
    fn a_cookie_of_another_secret_is_not_read() {
        let cookie = Keys::new(&[1; 16]).cookie(5);

        assert_eq!(Keys::new(&[1; 16]).read_cookie(cookie.as_bytes()), Some(5));
        assert_eq!(Keys::new(&[2; 16]).read_cookie(cookie.as_bytes()), None);
    }

    proptest! {
        #[test]
        fn a_cookie_reads_back_and_a_changed_one_does_not(
            visitor: u64, secret: [u8; 16], place in 0..COOKIE_LEN, digit in "[0-9a-f]"
        ) {
            let keys = Keys::new(&secret);
            let cookie = keys.cookie(visitor);
            prop_assert_eq!(keys.read_cookie(cookie.as_bytes()), Some(visitor));

            let mut changed = cookie.clone();
            changed.replace_range(place..=place, &digit);
            prop_assert!(changed == cookie || keys.read_cookie(changed.as_bytes()).is_none());
        }

        #[test]
        fn no_bytes_panic(value in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = Keys::new(&[0; 16]).read_cookie(&value);
        }
    }
}
