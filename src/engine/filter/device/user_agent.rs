//! User agent as sent.

use super::super::text_filter::TextFilter;
use super::super::texts::Absent;

/// Visitors with certain user agents.
pub(super) static USER_AGENT: TextFilter = TextFilter {
    key: "user_agent",
    aliases: &[],
    label: "User agent",
    help: "The whole header as the browser sends it. Exact, \"*part*\", \"/regexp/\" or a named list. \"@empty\" is for none",
    example: &["*Chrome/1*", "/SamsungBrowser\\/2[0-9]/"],
    usual: &[],
    absent: Absent::Empty,
    text: |asked| Some(asked.visitor().agent.user_agent.as_str()),
};
