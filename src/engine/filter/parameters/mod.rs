//! What the link brings: filters on click parameters and the page before.

mod ad_campaign_id;
mod ad_group_id;
mod creative_id;
mod empty_referrer;
mod keyword;
mod parameter;
mod referrer;
mod source;
mod sub_id;

use super::FilterKind;

pub(super) use sub_id::SUB_IDS;

/// In the order in which pickers show them.
pub(super) static ALL: &[&dyn FilterKind] = &[
    &source::SOURCE,
    &keyword::KEYWORD,
    &creative_id::CREATIVE_ID,
    &ad_group_id::AD_GROUP_ID,
    &ad_campaign_id::AD_CAMPAIGN_ID,
    &referrer::REFERRER,
    &empty_referrer::EMPTY_REFERRER,
    &parameter::ParameterFilter,
];
