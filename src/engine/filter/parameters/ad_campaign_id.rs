//! Campaign in the traffic source.

use super::super::text_filter::TextFilter;
use super::super::texts::Absent;

/// Visitors from certain campaigns of the traffic source.
pub(super) static AD_CAMPAIGN_ID: TextFilter = TextFilter {
    key: "ad_campaign_id",
    aliases: &[],
    label: "Ad campaign id",
    help: "Id of the campaign in the traffic source, as the link carries it. Exact, \"*part*\", \"/regexp/\" or a named list. \"@empty\" is for none",
    example: &["301", "302"],
    usual: &["@empty"],
    absent: Absent::Empty,
    text: |asked| asked.visitor().parameters.ad_campaign_id.as_deref(),
};
