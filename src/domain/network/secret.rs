//! The secret that a network's postbacks carry: only its hash is kept.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::domain::form::Form;

/// The shortest and the longest secret, in characters.
const SHORTEST: usize = 8;
const LONGEST: usize = 200;

/// SHA-256 of a secret in hex, as it stands in [`super::Network::secret_sha256`].
pub fn hashed(secret: &str) -> String {
    let bytes = Sha256::digest(secret);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The hash of `secret`, if one was sent, else `secret_sha256`. An empty `secret` removes it.
pub(super) fn read(form: &mut Form<'_>) -> Option<String> {
    let kept = read_hash(form);
    let Some(sent) = form.value("secret") else {
        return kept;
    };
    match checked(sent) {
        Ok("") => None,
        Ok(secret) => Some(hashed(secret)),
        Err(message) => {
            form.problem("secret", "invalid", message);
            None
        }
    }
}

/// No message repeats what was sent.
fn checked(sent: &Value) -> Result<&str, String> {
    let Some(secret) = sent.as_str() else {
        return Err("The secret is not a text in quotes.".to_owned());
    };
    if secret.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err("The secret holds a space or a line break; leave it out.".to_owned());
    }
    match secret.chars().count() {
        0 | SHORTEST..=LONGEST => Ok(secret),
        length => Err(format!(
            "A secret of {length} characters is not one of {SHORTEST} to {LONGEST}. An empty one removes it."
        )),
    }
}

fn read_hash(form: &mut Form<'_>) -> Option<String> {
    let hash = form.text("secret_sha256");
    if hash.is_empty() {
        return None;
    }
    if hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Some(hash.to_ascii_lowercase());
    }
    let message = "This is no SHA-256 in hex. Send the secret itself as secret; it is hashed here.";
    form.problem("secret_sha256", "invalid", message);
    None
}
