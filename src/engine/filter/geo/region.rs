//! Region of the visitor.

use super::super::text_filter::TextFilter;
use super::super::texts::Absent;

/// Visitors from certain regions.
pub(super) static REGION: TextFilter = TextFilter {
    key: "region",
    aliases: &[],
    label: "Region",
    help: "State or region of the address, by its English name. Exact, \"*part*\", \"/regexp/\" or a named list. Needs a city base",
    example: &["California", "Texas"],
    usual: &[],
    absent: Absent::Unknown,
    text: |asked| asked.visitor().place.region.as_deref(),
};
