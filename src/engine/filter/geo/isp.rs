//! Internet provider of the visitor.

use super::super::text_filter::TextFilter;
use super::super::texts::Absent;

/// Visitors of certain internet providers.
pub(super) static ISP: TextFilter = TextFilter {
    key: "isp",
    aliases: &["operator"],
    label: "Internet provider",
    help: "Provider or mobile operator of the address. Exact, \"*part*\", \"/regexp/\" or a named list.",
    example: &["*T-Mobile*", "Kyivstar*"],
    usual: &[],
    absent: Absent::Unknown,
    text: |asked| asked.visitor().place.isp.as_deref(),
};
