//! A request as plain data: what `web` hands to detection, free of the web framework.

use std::borrow::Cow;
use std::net::IpAddr;

/// One visit to a campaign link.
#[derive(Debug, Clone)]
pub struct ClickRequest<'a> {
    /// When it arrived, UTC milliseconds.
    pub at: i64,
    /// The other end of the connection; a proxy's address where one stands in front.
    pub peer: IpAddr,
    /// Host name of the request as sent, with port.
    pub host: &'a str,
    /// The raw query, without `?`; percent-encoded, possibly nonsense.
    pub query: &'a str,
    pub headers: Headers<'a>,
}

/// The request's headers in the order they came; names in lower case, values raw bytes.
#[derive(Debug, Clone, Default)]
pub struct Headers<'a>(Vec<(&'a str, &'a [u8])>);

impl<'a> Headers<'a> {
    pub fn new(headers: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Self {
        Self(headers.into_iter().collect())
    }

    /// The first value of a header, by its lower-case name.
    pub fn bytes(&self, name: &str) -> Option<&'a [u8]> {
        self.all(name).next()
    }

    /// The first value of a header as text; invalid UTF-8 becomes U+FFFD.
    pub fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        self.bytes(name).map(String::from_utf8_lossy)
    }

    /// All values of a header that may be repeated, in order.
    pub fn all(&self, name: &str) -> impl DoubleEndedIterator<Item = &'a [u8]> {
        self.0
            .iter()
            .filter(move |(header, _)| *header == name)
            .map(|(_, value)| *value)
    }
}
