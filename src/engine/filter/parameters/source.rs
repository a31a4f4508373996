//! Site or zone inside the traffic source.

use super::super::text_filter::TextFilter;
use super::super::texts::Absent;

/// Visitors from certain sites or zones.
pub(super) static SOURCE: TextFilter = TextFilter {
    key: "source",
    aliases: &[],
    label: "Source",
    help: "Site, zone or placement inside the traffic source, as the link carries it. Exact, \"*part*\", \"/regexp/\" or a named list. \"@empty\" is for none",
    example: &["zone7", "12*"],
    usual: &["@empty"],
    absent: Absent::Empty,
    text: |asked| asked.visitor().parameters.source.as_deref(),
};
