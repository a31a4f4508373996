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

/// The names of the parameters that carry a secret in one request.
pub(super) struct Secrets<'a> {
    /// Of the network that the request is for, or the common one.
    own: &'a str,
    /// Of the other networks, for nobody knows whose secret a mistaken URL carries.
    others: Vec<&'a str>,
}

impl<'a> Secrets<'a> {
    /// For a postback of this network, or of one that is not known. What the network itself reads
    /// or keeps is no secret of others.
    pub(super) fn of(
        network: Option<&'a Network>,
        all: impl IntoIterator<Item = &'a Network>,
    ) -> Self {
        let own = secret_parameter(network);
        let is_read = |name: &str| {
            network.is_some_and(|network| {
                let read = network.parameters.values().map(String::as_str);
                let kept = network.keep.iter().map(|kept| kept.name.as_str());
                read.chain(kept).any(|one| is_same(one.trim(), name))
            })
        };
        let mut others: Vec<&str> = Vec::new();
        for network in all {
            let name = secret_parameter(Some(network));
            let is_new = ![SECRET, own].contains(&name) && !others.contains(&name);
            if is_new && !is_read(name) {
                others.push(name);
            }
        }
        Self { own, others }
    }

    /// Whether a parameter carries the secret of this request.
    pub(super) fn has_own(&self, name: &str) -> bool {
        is_within(self.own, name) || is_within(SECRET, name)
    }

    /// Whether a parameter carries anybody's secret.
    pub(super) fn has(&self, name: &str) -> bool {
        self.has_own(name) || self.others.iter().any(|other| is_within(other, name))
    }
}

/// Whether a parameter is called so; in a JSON body it may stand at any depth.
fn is_within(known: &str, name: &str) -> bool {
    let key = known.rsplit('.').next().unwrap_or(known);
    is_same(name, known) || name.split('.').any(|part| is_same(part, key))
}

/// The pairs as they may be shown: without secrets.
pub(super) fn redacted(secrets: &Secrets<'_>, pairs: &[(String, String)]) -> Vec<(String, String)> {
    let show = |(name, value): &(String, String)| {
        let value = match !value.is_empty() && secrets.has(name) {
            true => HIDDEN,
            false => value,
        };
        (name.clone(), value.to_owned())
    };
    pairs.iter().map(show).collect()
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
    use crate::domain::network::PostbackParameter;

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

        let token = guarded("token");
        let shown = redacted(&Secrets::of(Some(&token), []), &sent);

        let shown: Vec<_> = shown.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(shown, ["1", "***", "***", "***", "", "t"]);
        assert_eq!(
            redacted(&Secrets::of(None, []), &pairs("secret=y&token=t")),
            pairs("secret=***&token=t")
        );
    }

    #[test]
    fn secrets_of_other_networks_are_hidden_unless_the_network_reads_them() {
        let all = [guarded("token"), guarded("data.pass"), guarded("")];
        let mut reading = guarded("key");
        let own = (PostbackParameter::Tid, "token".to_owned());
        reading.parameters = [own].into();
        let sent = pairs("token=a&pass=b&key=c&data.pass.0=d&x=e");

        let shown = |network: Option<&Network>| -> Vec<String> {
            let shown = redacted(&Secrets::of(network, &all), &sent);
            shown.into_iter().map(|(_, value)| value).collect()
        };

        assert_eq!(shown(None), ["***", "***", "c", "***", "e"]);
        assert_eq!(shown(Some(&reading)), ["a", "***", "***", "***", "e"]);
    }
}
