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
pub struct Headers<'a> {
    headers: Vec<(&'a str, &'a [u8])>,
    /// One bit for each name that is there. Detection asks for some twenty headers of which a
    /// visitor sends few; most questions end here.
    present: u64,
}

impl<'a> Headers<'a> {
    pub fn new(headers: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Self {
        let headers: Vec<_> = headers.into_iter().collect();
        let present = headers.iter().fold(0, |bits, (name, _)| bits | bit(name));
        Self { headers, present }
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
        let maybe = if self.present & bit(name) == 0 {
            &[]
        } else {
            self.headers.as_slice()
        };
        maybe
            .iter()
            .filter(move |(header, _)| *header == name)
            .map(|(_, value)| *value)
    }
}

/// The bit of a name: from its length and its ends.
fn bit(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let ends = match bytes {
        [first, .., last] => usize::from(*first) * 31 + usize::from(*last) * 7,
        _ => 0,
    };
    1 << ((ends + bytes.len() * 5) % 64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_found_by_name_in_order_and_absent_ones_are_not() {
        let headers = Headers::new([
            ("x-forwarded-for", &b"1"[..]),
            ("accept", b"2"),
            ("x-forwarded-for", b"3"),
            ("", b"4"),
        ]);

        let all: Vec<_> = headers.all("x-forwarded-for").collect();

        assert_eq!(all, [b"1", b"3"]);
        assert_eq!(headers.bytes("accept"), Some(&b"2"[..]));
        assert_eq!(headers.bytes(""), Some(&b"4"[..]));
        assert_eq!(headers.bytes("accept-language"), None);
        assert_eq!(Headers::default().bytes("accept"), None);
    }
}
