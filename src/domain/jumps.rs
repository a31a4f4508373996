//! Campaigns that lead on to campaigns, by a flow's target or by their fallback: whether visitors
//! can ever leave them.
//!
//! A visit enters no campaign twice, and passes at most [`MAX_JUMPS`] of them; then the fallback
//! of the one that wanted to send it on has to do. So a circle costs nobody his visit, and only
//! what is certainly wrong is refused: campaigns from which no way leads out, or only one that is
//! too long. A circle that a visitor *may* enter is worth a warning.

use std::collections::{BTreeMap, BTreeSet};

use super::campaign::{Campaign, Fallback};
use super::documents::Documents;
use super::flow::{Flow, FlowKind};
use super::problem::Problem;
use super::target::Target;

/// How often a visit may be sent on to another campaign.
pub const MAX_JUMPS: usize = 8;

/// Where the visitors of a campaign may go.
struct Ways {
    /// Somewhere that is no campaign: an address, an offer, a reply, "not found".
    has_end: bool,
    /// (field, campaign)
    campaigns: Vec<(String, u64)>,
}

/// The ways that the flows and the fallback of a campaign leave open. Landings and offers count
/// as ends whether they are active or not: that changes without the campaign being saved.
fn ways(campaign: &Campaign) -> Ways {
    let mut ways = Ways {
        has_end: false,
        campaigns: Vec::new(),
    };
    let mut takes_everybody = false;
    if campaign.state.is_active() {
        for (index, flow) in campaign.flows.iter().enumerate() {
            if !flow.state.is_active() {
                continue;
            }
            takes_everybody |= is_open(flow);
            match &flow.target {
                Target::Campaign { campaign_id } => {
                    let field = format!("flows[{index}].target.campaign_id");
                    ways.campaigns.push((field, *campaign_id));
                }
                _ => ways.has_end = true,
            }
        }
    }
    if !takes_everybody {
        match campaign.fallback {
            Fallback::Campaign { campaign_id } => {
                let field = "fallback.campaign_id".to_owned();
                ways.campaigns.push((field, campaign_id));
            }
            _ => ways.has_end = true,
        }
    }
    ways
}

fn is_open(flow: &Flow) -> bool {
    flow.kind == FlowKind::Default || (flow.filters.is_empty() && flow.weight > 0)
}

/// What is certainly wrong with the jumps of a campaign that is to stand among the others.
pub(super) fn problems(campaign: &Campaign, documents: &Documents) -> Vec<Problem> {
    let own = ways(campaign);
    let mut problems = Vec::new();
    for (field, id) in flow_jumps(campaign) {
        if id == campaign.id && id != 0 {
            problems.push(Problem::new(
                field,
                "loop",
                "The flow leads to its own campaign, so it decides nothing. Choose another campaign.",
            ));
        }
    }
    if !problems.is_empty() || own.has_end {
        return problems;
    }
    let problem = match distance_to_an_end(campaign, documents) {
        Some(jumps) if jumps <= MAX_JUMPS => return problems,
        Some(jumps) => (
            "too_long",
            format!(
                "Visitors would be sent on through {jumps} campaigns; more than {MAX_JUMPS} are \
                 not possible. Shorten the chain."
            ),
        ),
        None => (
            "loop",
            "From there every way leads back, from campaign to campaign without an end. Let one \
             of them lead to an address or an offer."
                .to_owned(),
        ),
    };
    let at = |(field, _): (String, u64)| Problem::new(field, problem.0, problem.1.as_str());
    problems.extend(own.campaigns.into_iter().map(at));
    problems
}

/// What may be meant: flows from whose campaign a visitor can come back to this one.
pub(super) fn doubts(campaign: &Campaign, documents: &Documents) -> Vec<Problem> {
    let mut doubts = Vec::new();
    for (field, first) in flow_jumps(campaign) {
        let reached = reachable(first, campaign, documents);
        if reached.contains(&campaign.id) {
            doubts.push(Problem::new(
                field,
                "may_loop",
                format!(
                    "From campaign {first} visitors may be sent back to this one. Nobody enters a \
                     campaign twice in one visit: they get the fallback of the campaign that \
                     sends them back."
                ),
            ));
        }
    }
    doubts
}

/// The jumps of all flows, each with its field.
fn flow_jumps(campaign: &Campaign) -> impl Iterator<Item = (String, u64)> {
    let flows = campaign.flows.iter().enumerate();
    flows.filter_map(|(index, flow)| match flow.target {
        Target::Campaign { campaign_id } => {
            Some((format!("flows[{index}].target.campaign_id"), campaign_id))
        }
        _ => None,
    })
}

/// The fewest jumps after which a visitor of the campaign can be somewhere; `None` if never.
fn distance_to_an_end(campaign: &Campaign, documents: &Documents) -> Option<usize> {
    let mut seen = BTreeSet::from([campaign.id]);
    let mut now = ways(campaign);
    let mut jumps = 0;
    while !now.has_end {
        let mut next = Ways {
            has_end: false,
            campaigns: Vec::new(),
        };
        for (_, id) in now.campaigns {
            if !seen.insert(id) {
                continue;
            }
            match documents.campaigns.get(&id) {
                Some(found) => {
                    let found = ways(found);
                    next.has_end |= found.has_end;
                    next.campaigns.extend(found.campaigns);
                }
                // Not there: the visitor stays with the fallback of who sent him.
                None => next.has_end = true,
            }
        }
        if !next.has_end && next.campaigns.is_empty() {
            return None;
        }
        now = next;
        jumps += 1;
    }
    Some(jumps)
}

/// All campaigns that a visitor of `first` can come to; `changed` stands in for its stored form.
fn reachable(first: u64, changed: &Campaign, documents: &Documents) -> BTreeSet<u64> {
    let mut reached = BTreeSet::new();
    let mut waiting = vec![first];
    let mut known: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    while let Some(id) = waiting.pop() {
        if !reached.insert(id) || id == changed.id {
            continue;
        }
        let next = known.entry(id).or_insert_with(|| {
            let found = documents.campaigns.get(&id);
            let ways = found.map(|found| ways(found).campaigns).unwrap_or_default();
            ways.into_iter().map(|(_, id)| id).collect()
        });
        waiting.extend(next.iter());
    }
    reached
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::flow::{Filter, Match, Mode};
    use crate::domain::state::State;

    fn to_campaign(campaign_id: u64) -> Target {
        Target::Campaign { campaign_id }
    }

    fn away() -> Target {
        Target::Reply {
            reply: Default::default(),
            status: None,
            body: String::new(),
        }
    }

    fn flow(kind: FlowKind, target: Target) -> Flow {
        let filter = Filter {
            key: "country".to_owned(),
            mode: Mode::Accept,
            value: (&serde_json::json!(["US"])).into(),
        };
        Flow {
            id: 1,
            name: String::new(),
            kind,
            state: State::Active,
            weight: 100,
            r#match: Match::All,
            filters: match kind {
                FlowKind::Default => Vec::new(),
                _ => vec![filter],
            },
            target,
        }
    }

    fn campaign(id: u64, flows: Vec<Flow>) -> Campaign {
        Campaign {
            id,
            flows,
            ..Campaign::default()
        }
    }

    fn among(campaigns: &[Campaign]) -> Documents {
        let mut documents = Documents::default();
        for one in campaigns {
            documents.campaigns.insert(one.id, Arc::new(one.clone()));
        }
        documents
    }

    fn found(problems: Vec<Problem>) -> Vec<(String, &'static str)> {
        problems
            .into_iter()
            .map(|one| (one.field, one.code))
            .collect()
    }

    #[test]
    fn a_circle_without_a_way_out_is_refused_at_its_field() {
        use FlowKind::{Default, Regular};
        let one = campaign(
            1,
            vec![flow(Regular, to_campaign(2)), flow(Default, to_campaign(3))],
        );
        let two = campaign(2, vec![flow(Default, to_campaign(1))]);
        let three = campaign(3, vec![flow(Default, to_campaign(2))]);
        let documents = among(&[one.clone(), two, three.clone()]);

        let loops = |fields: &[&str]| -> Vec<_> {
            fields
                .iter()
                .map(|field| ((*field).to_owned(), "loop"))
                .collect()
        };
        assert_eq!(
            found(problems(&one, &documents)),
            loops(&["flows[0].target.campaign_id", "flows[1].target.campaign_id"])
        );
        assert_eq!(
            found(problems(&three, &documents)),
            loops(&["flows[0].target.campaign_id"])
        );
        let own = campaign(
            7,
            vec![flow(Regular, to_campaign(7)), flow(Default, away())],
        );
        assert_eq!(
            found(problems(&own, &documents)),
            loops(&["flows[0].target.campaign_id"])
        );
    }

    #[test]
    fn a_circle_with_a_way_out_is_a_warning() {
        let one = campaign(
            1,
            vec![
                flow(FlowKind::Regular, to_campaign(2)),
                flow(FlowKind::Default, away()),
            ],
        );
        let two = campaign(2, vec![flow(FlowKind::Default, to_campaign(1))]);
        let documents = among(&[one.clone(), two.clone()]);
        let expected = [("flows[0].target.campaign_id".to_owned(), "may_loop")];

        for campaign in [&one, &two] {
            assert_eq!(found(problems(campaign, &documents)), []);
            assert_eq!(found(doubts(campaign, &documents)), expected);
        }
    }

    #[test]
    fn a_fallback_is_a_way_where_no_flow_takes_everybody() {
        let mut one = campaign(1, vec![flow(FlowKind::Regular, to_campaign(2))]);
        let mut two = campaign(2, vec![flow(FlowKind::Default, to_campaign(1))]);
        assert_eq!(problems(&one, &among(&[two.clone()])), []);

        one.fallback = Fallback::Campaign { campaign_id: 2 };
        let fields: Vec<_> = found(problems(&one, &among(&[two.clone()])));
        assert_eq!(
            fields,
            [
                ("flows[0].target.campaign_id".to_owned(), "loop"),
                ("fallback.campaign_id".to_owned(), "loop"),
            ]
        );

        two.state = State::Paused;
        assert_eq!(problems(&one, &among(&[two])), []);
    }

    #[test]
    fn a_chain_is_as_long_as_a_visit_can_be() {
        let link = |id| campaign(id, vec![flow(FlowKind::Default, to_campaign(id + 1))]);
        let last = MAX_JUMPS as u64 + 2;
        let mut chain: Vec<_> = (1..last).map(link).collect();
        chain.push(campaign(last, vec![flow(FlowKind::Default, away())]));
        let documents = among(&chain);

        assert_eq!(
            found(problems(&chain[0], &documents)),
            [("flows[0].target.campaign_id".to_owned(), "too_long")]
        );
        assert_eq!(problems(&chain[1], &documents), []);
    }
}
