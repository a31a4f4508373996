//! Where a link leads that belongs to no campaign.

use super::state::Hot;
use crate::detect::params::{ParameterMap, Query};
use crate::detect::request::ClickRequest;
use crate::domain::tracking_domain::without_port;
use crate::engine::Reply;
use crate::macros::{MacroContext, Template};

/// Where a domain sends those who come by an unknown link. They are no clicks of a campaign.
pub(super) fn fallback(
    hot: &Hot,
    arrived: &ClickRequest<'_>,
    query: &Query<'_>,
    template: &Template,
) -> Reply {
    let visitor = hot
        .detectors
        .observe(arrived, query, &ParameterMap::default_names());
    let mut location = String::new();
    let context = MacroContext {
        click_id: "",
        at: arrived.at,
        campaign_id: 0,
        campaign_name: "",
        flow_id: None,
        landing_id: None,
        offer_id: None,
        traffic_source_id: None,
        visitor: &visitor,
        cost: None,
        host: without_port(arrived.host),
        random: hot.dice.borrow_mut().throw(),
        parameters: &|name| query.get(name),
        parent: None,
        facts: &(),
    };
    template.expand(&context, &mut location);
    Reply::Redirect {
        status: 302,
        location,
    }
}
