//! What is known when a link is built.

use crate::domain::click::ClickCost;
use crate::domain::visitor::Visitor;

/// The facts that macros draw on, borrowed from whoever has them.
#[derive(Clone, Copy)]
pub struct MacroContext<'a> {
    /// The public click id.
    pub click_id: &'a str,
    /// Time of the click, UTC milliseconds.
    pub at: i64,
    /// The campaign that decided, after jumps.
    pub campaign_id: u64,
    pub campaign_name: &'a str,
    pub flow_id: Option<u64>,
    pub landing_id: Option<u64>,
    pub offer_id: Option<u64>,
    pub traffic_source_id: Option<u64>,
    pub visitor: &'a Visitor,
    pub cost: Option<ClickCost>,
    /// Host name of the request, as a link may carry it.
    pub host: &'a str,
    /// A throw of the dice; the same wherever `{random}` stands in one link.
    pub random: u64,
    /// The parameter of the incoming query by its name there. For a step that comes later than
    /// the click, what was kept of it.
    pub parameters: &'a (dyn Fn(&str) -> Option<&'a str> + 'a),
}
