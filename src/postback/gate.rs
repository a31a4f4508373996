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
