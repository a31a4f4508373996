//! Group of the ad that was shown.

use super::super::text_filter::TextFilter;
use super::super::texts::Absent;

/// Visitors from certain ad groups.
pub(super) static AD_GROUP_ID: TextFilter = TextFilter {
    key: "ad_group_id",
    aliases: &[],
    label: "Ad group id",
    help: "Id of the ad group, as the link carries it. Exact, \"*part*\", \"/regexp/\" or a named list. \"@empty\" is for none",
    example: &["201", "202"],
    usual: &["@empty"],
    absent: Absent::Empty,
    text: |asked| asked.visitor().parameters.ad_group_id.as_deref(),
};
