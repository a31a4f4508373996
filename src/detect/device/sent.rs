//! The headers that say something about the device: cut to sane lengths, as cache key and as text.

use std::borrow::Cow;
use std::hash::Hasher;

use siphasher::sip128::{Hasher128, SipHasher24};

use crate::detect::request::Headers;

/// What we keep of a user agent, in bytes.
pub(super) const USER_AGENT_BYTES: usize = 1_024;
/// What we keep of `X-Requested-With`; Android allows package names of 223.
pub(super) const APP_BYTES: usize = 256;
/// A little more than is kept: a character cut in two must not turn into U+FFFD inside the kept part.
const MARGIN: usize = 3;

/// (name, bytes that count). The order is that of the fields of [`Sent`] and fixes fingerprints: append only.
const HEADERS: [(&str, usize); 8] = [
    ("user-agent", USER_AGENT_BYTES + MARGIN),
    ("sec-ch-ua", 512),
    ("sec-ch-ua-full-version-list", 512),
    ("sec-ch-ua-mobile", 16),
    ("sec-ch-ua-platform", 64),
    ("sec-ch-ua-platform-version", 64),
    ("sec-ch-ua-model", 128),
    ("x-requested-with", APP_BYTES + MARGIN),
];

/// Longest possible key: every header at its limit, with its length.
pub(super) const LONGEST_KEY: usize = 3 * 1_024;

pub(super) struct Sent<'a>([Option<&'a [u8]>; HEADERS.len()]);

impl<'a> Sent<'a> {
    pub(super) fn of(headers: &Headers<'a>) -> Self {
        Self(HEADERS.map(|(name, limit)| {
            headers
                .bytes(name)
                .map(|value| &value[..value.len().min(limit)])
        }))
    }

    /// Writes all headers so that different headers never give equal bytes: an absent header differs from
    /// an empty one, and no value can pass for the next header.
    pub(super) fn write_key(&self, key: &mut Vec<u8>) {
        key.clear();
        for value in &self.0 {
            let mark = value.map_or(0, |value| value.len() as u16 + 1);
            key.extend_from_slice(&mark.to_le_bytes());
            key.extend_from_slice(value.unwrap_or_default());
        }
    }

    pub(super) fn user_agent(&self) -> Cow<'a, str> {
        self.text(0, USER_AGENT_BYTES)
    }
    pub(super) fn brands(&self) -> Cow<'a, str> {
        self.text(1, usize::MAX)
    }
    pub(super) fn full_version_list(&self) -> Cow<'a, str> {
        self.text(2, usize::MAX)
    }
    pub(super) fn mobile(&self) -> Cow<'a, str> {
        self.text(3, usize::MAX)
    }
    pub(super) fn platform(&self) -> Cow<'a, str> {
        self.text(4, usize::MAX)
    }
    pub(super) fn platform_version(&self) -> Cow<'a, str> {
        self.text(5, usize::MAX)
    }
    pub(super) fn model(&self) -> Cow<'a, str> {
        self.text(6, usize::MAX)
    }
    pub(super) fn requested_with(&self) -> Cow<'a, str> {
        self.text(7, APP_BYTES)
    }

    /// A header as text, at most `limit` bytes of it, ending between characters. Absent: empty.
    fn text(&self, header: usize, limit: usize) -> Cow<'a, str> {
        match String::from_utf8_lossy(self.0[header].unwrap_or_default()) {
            Cow::Borrowed(text) => Cow::Borrowed(&text[..boundary(text, limit)]),
            Cow::Owned(mut text) => {
                text.truncate(boundary(&text, limit));
                Cow::Owned(text)
            }
        }
    }
}

/// The last place between two characters at or before `limit`.
fn boundary(text: &str, limit: usize) -> usize {
    (0..=limit.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
}

/// SipHash-2-4 with 128 bits: the identity under which an agent is stored.
pub(super) fn fingerprint(key: &[u8; 16], bytes: &[u8]) -> u128 {
    let mut hasher = SipHasher24::new_with_key(key);
    hasher.write(bytes);
    hasher.finish128().as_u128()
}
