//! Keyword of the link.

use super::super::text_filter::TextFilter;
use super::super::texts::Absent;

/// Visitors with certain keywords.
pub(super) static KEYWORD: TextFilter = TextFilter {
    key: "keyword",
    aliases: &[],
    label: "Keyword",
    help: "The keyword that the link carries. Exact, \"*part*\", \"/regexp/\" or a named list. \"@empty\" is for none",
    example: &["shoes", "*buy*"],
    usual: &["@empty"],
    absent: Absent::Empty,
    text: |asked| asked.visitor().parameters.keyword.as_deref(),
};
