//! The ad that was shown.

use super::super::text_filter::TextFilter;
use super::super::texts::Absent;

/// Visitors who saw certain ads.
pub(super) static CREATIVE_ID: TextFilter = TextFilter {
    key: "creative_id",
    aliases: &[],
    label: "Creative id",
    help: "Id of the ad, as the link carries it. Exact, \"*part*\", \"/regexp/\" or a named list. \"@empty\" is for none",
    example: &["1001", "1002"],
    usual: &["@empty"],
    absent: Absent::Empty,
    text: |asked| asked.visitor().parameters.creative_id.as_deref(),
};
