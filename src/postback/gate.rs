//! Who may send postbacks for a network: callers by address, callers by secret.

use std::net::IpAddr;

use sha2::{Digest, Sha256};

use super::names::{is_same, present};
use crate::detect::client_ip::ranges::{self, Ranges};
use crate::domain::network::Network;

/// Where the secret is, unless the network says otherwise.
const SECRET: &str = "secret";
const HIDDEN: &str = "***";
const HEX: &[u8; 16] = b"0123456789abcdef";

/// Why a postback is not admitted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    #[error(
        "{0} may not send postbacks of this network. If the network calls from there, add the \
         address to its allowed_ips."
    )]
    Address(IpAddr),
    #[error(
        "The secret is missing: the network has to send it in the parameter \"{parameter}\". Add \
         {parameter}=<secret> to the postback URL that the network calls."
    )]
    NoSecret { parameter: String },
    #[error(
        "The parameter \"{parameter}\" does not carry the secret of this network. Correct the \
         postback URL that the network calls, or set the secret of the network anew."
    )]
    WrongSecret { parameter: String },
}

/// Whether the network lets such a postback in: its address first, then its secret.
pub fn admits(network: &Network, ip: IpAddr, pairs: &[(String, String)]) -> Result<(), Denied> {
    if !is_allowed(&network.allowed_ips, ip) {
        return Err(Denied::Address(ip.to_canonical()));
    }
    let Some(expected) = &network.secret_sha256 else {
        return Ok(());
    };
    let parameter = present(secret_parameter(Some(network)), pairs);
    let mut secrets = pairs
        .iter()
        .filter(|(name, value)| is_same(name, parameter) && !value.is_empty())
        .peekable();
    if secrets.peek().is_none() {
        let parameter = parameter.to_owned();
        return Err(Denied::NoSecret { parameter });
    }
    if secrets.any(|(_, secret)| is_secret(secret, expected)) {
        Ok(())
    } else {
        let parameter = parameter.to_owned();
        Err(Denied::WrongSecret { parameter })
    }
}

/// The pairs as they may be logged: without secrets.
pub fn redacted(network: Option<&Network>, pairs: &[(String, String)]) -> Vec<(String, String)> {
    let show = |(name, value): &(String, String)| {
        let value = if is_secret_name(network, name) && !value.is_empty() {
            HIDDEN
        } else {
            value
        };
        (name.clone(), value.to_owned())
    };
    pairs.iter().map(show).collect()
}

/// Whether a parameter carries a secret, of this network or by its common name. In a JSON body it
/// may stand at any depth.
pub(super) fn is_secret_name(network: Option<&Network>, name: &str) -> bool {
    let own = secret_parameter(network);
    let key = own.rsplit('.').next().unwrap_or(own);
    is_same(name, own)
        || name
            .split('.')
            .any(|part| is_same(part, key) || is_same(part, SECRET))
}

fn secret_parameter(network: Option<&Network>) -> &str {
    network
        .map(|network| network.secret_parameter.trim())
        .filter(|name| !name.is_empty())
        .unwrap_or(SECRET)
}

/// An entry that cannot be read admits nobody.
fn is_allowed(allowed: &[String], ip: IpAddr) -> bool {
    allowed.is_empty()
        || Ranges::new(allowed.iter().filter_map(|text| ranges::parse(text).ok())).contains(ip)
}

/// Takes the same time wherever the difference is.
fn is_secret(secret: &str, expected_sha256: &str) -> bool {
    let digest = Sha256::digest(secret.as_bytes());
    let ours = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let theirs = expected_sha256.bytes();
    let is_whole = theirs.len() == digest.len() * 2;
    let difference = ours.zip(theirs).fold(0, |difference, (ours, theirs)| {
        difference | (HEX[usize::from(ours)] ^ theirs.to_ascii_lowercase())
    });
    is_whole && std::hint::black_box(difference) == 0
}

#[cfg(test)]
mod tests {
    use super::super::testing::pairs;
    use super::*;

    /// SHA-256 of `open sesame`.
    const SHA256: &str = "41ef4bb0b23661e66301aac36066912dac037827b4ae63a7b1165a5aa93ed4eb";

    fn guarded(parameter: &str) -> Network {
        Network {
            secret_parameter: parameter.to_owned(),
            secret_sha256: Some(SHA256.to_owned()),
            ..Network::default()
        }
    }

    fn open_to(allowed: &[&str]) -> Network {
        Network {
            allowed_ips: allowed.iter().map(|text| (*text).to_owned()).collect(),
            ..Network::default()
        }
    }

    fn from(network: &Network, ip: &str, query: &str) -> Result<(), Denied> {
        admits(network, ip.parse().expect("an address"), &pairs(query))
    }

    #[test]
    fn a_network_without_rules_admits_everybody() {
        assert_eq!(from(&Network::default(), "203.0.113.9", ""), Ok(()));
    }

    #[test]
    fn only_the_listed_addresses_may_call() {
        let network = open_to(&["198.51.100.7", "10.0.0.0/8", "2001:db8::/32"]);
        for ip in [
            "198.51.100.7",
            "::ffff:198.51.100.7",
            "10.9.8.7",
            "2001:db8::1",
        ] {
            assert_eq!(from(&network, ip, ""), Ok(()), "{ip}");
        }
        for ip in [
            "198.51.100.8",
            "::ffff:198.51.100.8",
            "11.0.0.0",
            "2001:db9::1",
        ] {
            assert!(
                matches!(from(&network, ip, ""), Err(Denied::Address(_))),
                "{ip}"
            );
        }
        let told = from(&network, "::ffff:11.0.0.0", "").map_err(|denied| denied.to_string());
        assert!(told.is_err_and(|text| text.starts_with("11.0.0.0 may not")));
    }

    #[test]
    fn a_list_of_nothing_readable_admits_nobody() {
        let denied = from(&open_to(&["anything"]), "198.51.100.7", "");
        assert!(matches!(denied, Err(Denied::Address(_))));
    }

    #[test]
    fn the_secret_has_to_be_there_and_right() {
        for (parameter, query) in [
            ("", "secret=open+sesame"),
            ("token", "token=open+sesame"),
            ("token", "TOKEN=open%20sesame"),
            ("token", "token=&token=open+sesame"),
            ("data.token", "token=open+sesame"),
        ] {
            assert_eq!(from(&guarded(parameter), "::1", query), Ok(()), "{query}");
        }
        for query in ["", "secret=open+sesame", "token=", "token"] {
            let parameter = "token".to_owned();
            let denied = from(&guarded("token"), "::1", query);
            assert_eq!(denied, Err(Denied::NoSecret { parameter }), "{query}");
        }
        for query in [
            "token=Open+sesame",
            "token=open",
            "token=%20",
            &format!("token={SHA256}"),
        ] {
            let parameter = "token".to_owned();
            let denied = from(&guarded("token"), "::1", query);
            assert_eq!(denied, Err(Denied::WrongSecret { parameter }), "{query}");
        }
    }

    #[test]
    fn a_broken_digest_admits_nobody() {
        for digest in ["", "41", &format!("{SHA256}00"), &SHA256[..63]] {
            let network = Network {
                secret_sha256: Some(digest.to_owned()),
                ..Network::default()
            };
            assert!(
                from(&network, "::1", "secret=open+sesame").is_err(),
                "{digest}"
            );
        }
    }

    #[test]
    fn an_upper_case_digest_is_the_same() {
        let network = Network {
            secret_sha256: Some(SHA256.to_uppercase()),
            ..Network::default()
        };
        assert_eq!(from(&network, "::1", "secret=open+sesame"), Ok(()));
    }

    #[test]
    fn secrets_are_hidden_in_the_log() {
        let sent = pairs("a=1&Token=x&secret=y&data.0.token=z&token=&tokens=t");

        let shown = redacted(Some(&guarded("token")), &sent);

        let shown: Vec<_> = shown.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(shown, ["1", "***", "***", "***", "", "t"]);
        assert_eq!(
            redacted(None, &pairs("secret=y&token=t")),
            pairs("secret=***&token=t")
        );
    }
}
