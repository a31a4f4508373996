//! The query of a campaign link: its pairs, and which of them are click parameters.
//!
//! [`query`] reads the pairs, whatever a browser, a messenger or an ad network did to them;
//! [`names`] knows what every click parameter may be called and claims the pairs; `kept` finds them again; [`unexpanded`]
//! recognises a macro that the traffic source forgot to fill in.

mod kept;
pub mod names;
pub mod query;
pub mod unexpanded;

pub use self::names::{MAX_OTHERS, ParameterMap};
pub use self::query::{MAX_NAME, MAX_PAIRS, MAX_QUERY, MAX_VALUE, Query};
pub use self::unexpanded::looks_like_macro;

/// Marks a visit as the operator's own, for a test: `millrace_test=1`. No traffic source calls
/// anything so.
pub const TEST: &str = "millrace_test";

/// Whether the link says that the visit is a test.
pub fn is_test(query: &Query<'_>) -> bool {
    let yes = ["1", "true", "yes"];
    query
        .get(TEST)
        .is_some_and(|value| yes.iter().any(|word| value.eq_ignore_ascii_case(word)))
}
