//! Which editor the dashboard draws for a filter's value.

use serde::Serialize;

/// The editor of a value. Lists may also be sent as one text, an entry a line; where entries are
/// words or addresses, commas part them as well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Input {
    /// Nothing to enter: the value is `true`.
    Flag,
    /// One of these words.
    Choice { choices: Vec<Choice> },
    /// A list of some of these words.
    Choices { choices: Vec<Choice> },
    /// `true` for any, or a list of some of these words.
    FlagOrChoices { choices: Vec<Choice> },
    /// A list of country codes, or `unknown`.
    Countries,
    /// A list of texts, `*masks*`, `/regexps/` and named lists (`{"list_id": 3}`).
    Values {
        /// The click's fact whose known values can be suggested.
        suggest: &'static str,
        /// Usual values.
        usual: &'static [&'static str],
        /// The word for what is not there: `unknown` or `@empty`.
        absent: &'static str,
    },
    /// A list of versions: `10`, `>=10`, `<12.4`, `9-11`, `unknown`.
    Versions,
    /// A list of numbers of autonomous systems, named lists, `unknown`.
    Asns,
    /// A list of addresses, networks, intervals, masks and named lists.
    Addresses,
    /// `{"name", "value"}`: a parameter's name, and a list as for `values`.
    Parameter,
    /// `{"timezone", "hours": {"mon": ["09:00-18:00"], ...}}`
    Schedule,
    /// `{"from", "to", "timezone"}`: local times, of which one may be left out.
    Interval,
    /// `{"per_hour", "per_day", "total", "timezone"}`: whole numbers, at least one of them.
    Limit,
    /// A number above 0 and up to 100.
    Percent,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Choice {
    pub value: &'static str,
    pub label: &'static str,
}

impl Choice {
    /// One for each pair of a word and its label.
    pub(super) fn all(pairs: &[(&'static str, &'static str)]) -> Vec<Choice> {
        let choice = |(value, label): &(&'static str, &'static str)| Choice { value, label };
        pairs.iter().map(choice).collect()
    }
}
