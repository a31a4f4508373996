//! What an effect comes to, given what stands there now.

use serde_json::json;

use super::drafts::Drafts;
use super::spot::{Spot, Worth};
use crate::domain::campaign::Campaign;
use crate::domain::documents::Documents;
use crate::domain::flow::{Flow, Target};
use crate::domain::form::{Form, WEIGHT_MAX};
use crate::domain::list;
use crate::domain::money::Micros;
use crate::domain::state::State;
use crate::rules::{Change, Effect, What};

/// All, in micro-units of a percent.
const ALL: i64 = 100_000_000;

/// What a field is to become.
pub(super) struct Wanted {
    pub(super) spot: Spot,
    pub(super) before: Worth,
    pub(super) after: Worth,
    /// Why it stays as it is, where that is not plain.
    pub(super) remark: Option<String>,
}

/// The fields that an effect is about and what they are to become; why there is nothing that could
/// be done. Messages and notes have no fields.
pub(super) fn resolve(
    effect: &Effect,
    documents: &Documents,
    drafts: &mut Drafts<'_>,
) -> Result<Vec<Wanted>, String> {
    let spots = spots(effect, documents)?.into_iter();
    let wanted = spots.map(|spot| {
        let before = drafts.read(&spot)?;
        let (after, remark) = wanted(effect, before)?;
        Ok(Wanted {
            spot,
            before,
            after,
            remark,
        })
    });
    wanted.collect()
}

fn spots(effect: &Effect, documents: &Documents) -> Result<Vec<Spot>, String> {
    Ok(match effect {
        Effect::State { what, id, .. } => vec![Spot::State(*what, *id)],
        Effect::Weight {
            what: What::Flow,
            id,
            ..
        } => vec![Spot::FlowWeight(*id)],
        Effect::Weight {
            what,
            id,
            campaign_ids,
            ..
        } => in_splits(*what, *id, campaign_ids, documents)?,
        Effect::Budget { campaign_id, .. } => vec![Spot::Budget(*campaign_id)],
        Effect::List { list_id, value, .. } => vec![Spot::Listed {
            list_id: *list_id,
            value: listed(value)?,
        }],
        Effect::Tell(_) | Effect::Note(_) => Vec::new(),
    })
}

/// Where a landing or an offer has a weight.
fn in_splits(
    what: What,
    id: u64,
    campaign_ids: &[u64],
    documents: &Documents,
) -> Result<Vec<Spot>, String> {
    let is_meant = |campaign: &Campaign| match campaign_ids {
        [] => campaign.state != State::Archived,
        chosen => chosen.contains(&campaign.id),
    };
    let campaigns = documents.campaigns.values();
    let campaigns = campaigns.filter(|campaign| is_meant(campaign));
    let flows = campaigns.flat_map(|campaign| &campaign.flows);
    let spots: Vec<Spot> = flows
        .filter(|flow| has(flow, what, id))
        .map(|flow| Spot::SplitWeight {
            what,
            id,
            flow_id: flow.id,
        })
        .collect();
    match spots.is_empty() {
        true => Err(format!(
            "The {} {id} stands in no split there, so it has no weight.",
            what.as_str()
        )),
        false => Ok(spots),
    }
}

fn has(flow: &Flow, what: What, id: u64) -> bool {
    let Target::Split {
        landings, offers, ..
    } = &flow.target
    else {
        return false;
    };
    match what {
        What::Landing => landings.iter().any(|one| one.landing_id == id),
        What::Offer => offers.iter().any(|one| one.offer_id == id),
        What::Campaign | What::Flow => false,
    }
}

/// A value as a list keeps it.
fn listed(value: &str) -> Result<String, String> {
    let sent = json!({ "values": [value] });
    let read = Form::read(&sent, list::read_values);
    let values = read.map_err(|problems| {
        let words = problems.into_iter().map(|one| one.message);
        words.collect::<Vec<_>>().join(" ")
    })?;
    let value = values.into_iter().next();
    value.ok_or_else(|| "The value is empty: there is nothing to put on a list.".to_owned())
}

/// What a field becomes, and why not what was asked for.
fn wanted(effect: &Effect, now: Worth) -> Result<(Worth, Option<String>), String> {
    match (effect, now) {
        (Effect::State { state, .. }, Worth::State(State::Archived)) => match state {
            State::Active => Err("It is archived: restore it first.".to_owned()),
            _ => Ok((now, Some("It is archived.".to_owned()))),
        },
        (Effect::State { state, .. }, _) => Ok((Worth::State(*state), None)),
        (Effect::List { is_added, .. }, _) => Ok((Worth::Listed(*is_added), None)),
        (Effect::Weight { change, .. }, Worth::Weight(weight)) => {
            let now = Micros(i64::from(weight) * Micros::ONE.0);
            let (amount, remark) = changed(*change, now)?;
            let whole = amount.scaled(1, Micros::ONE.0).map(|whole| whole.0);
            let whole = whole.and_then(|whole| u32::try_from(whole).ok());
            let whole = whole.filter(|whole| u64::from(*whole) <= WEIGHT_MAX);
            let whole =
                whole.ok_or_else(|| format!("{amount} is not a weight: 0 to {WEIGHT_MAX} are."))?;
            Ok((Worth::Weight(whole), remark))
        }
        (Effect::Budget { change, .. }, Worth::Amount(amount)) => {
            let (amount, remark) = match (change, amount) {
                (Change::Set(amount), _) => (*amount, None),
                (change, Some(now)) => changed(*change, now)?,
                (_, None) => {
                    return Err(
                        "The campaign has no daily budget that could be changed: set one first."
                            .to_owned(),
                    );
                }
            };
            match amount > Micros::ZERO {
                true => Ok((Worth::Amount(Some(amount)), remark)),
                false => Err(format!(
                    "{amount} is not a daily budget: it has to be more than 0. Pause the campaign instead."
                )),
            }
        }
        (effect, now) => Err(format!("{now:?} cannot become what {effect:?} asks for.")),
    }
}

/// A raise never lowers, and the other way round: what is beyond a bound already stays.
fn changed(change: Change, now: Micros) -> Result<(Micros, Option<String>), String> {
    let (percent, least, most) = match change {
        Change::Set(amount) => return Ok((amount, None)),
        Change::Percent {
            percent,
            least,
            most,
        } => (percent, least, most),
    };
    let changed = ALL
        .checked_add(percent.0)
        .and_then(|share| now.scaled(share, ALL))
        .ok_or_else(|| format!("{percent} % of {now} is too large."))?;
    let is_raise = percent >= Micros::ZERO;
    let bound = if is_raise { most } else { least };
    let bounded = match bound {
        Some(bound) if is_raise => changed.min(bound).max(now),
        Some(bound) => changed.max(bound).min(now),
        None => changed,
    };
    let remark = bound.filter(|_| bounded == now && changed != now);
    Ok((
        bounded,
        remark.map(|bound| format!("Its bound is {bound}.")),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn percent(percent: &str, least: Option<&str>, most: Option<&str>) -> Change {
        let amount = |text: &str| text.parse().unwrap();
        Change::Percent {
            percent: amount(percent),
            least: least.map(amount),
            most: most.map(amount),
        }
    }

    #[test]
    fn a_percentage_keeps_within_its_bounds_and_never_goes_the_other_way() {
        let cases = [
            ("50", percent("20", None, None), "60"),
            ("50", percent("-20", None, None), "40"),
            ("0.000003", percent("50", None, None), "0.000004"),
            ("50", percent("20", Some("70"), Some("55")), "55"),
            ("50", percent("20", None, Some("45")), "50"),
            ("50", percent("-20", Some("45"), Some("1")), "45"),
            ("50", percent("-20", Some("55"), None), "50"),
            ("50", percent("0", Some("60"), Some("40")), "50"),
            ("50", Change::Set(Micros(7)), "0.000007"),
        ];
        for (now, change, expected) in cases {
            let (amount, _) = changed(change, now.parse().unwrap()).unwrap();
            assert_eq!(amount.to_string(), expected, "{now} {change:?}");
        }
    }

    #[test]
    fn a_weight_is_whole_and_a_budget_is_more_than_nothing() {
        let weight = |change, now| {
            let effect = Effect::Weight {
                what: What::Flow,
                id: 1,
                campaign_ids: Vec::new(),
                change,
            };
            wanted(&effect, Worth::Weight(now)).map(|(worth, _)| worth)
        };
        let budget = |change, now: Option<&str>| {
            let effect = Effect::Budget {
                campaign_id: 1,
                change,
            };
            let now = now.map(|text| text.parse().unwrap());
            wanted(&effect, Worth::Amount(now)).map(|(worth, _)| worth)
        };

        assert_eq!(weight(percent("10", None, None), 25), Ok(Worth::Weight(28)));
        assert_eq!(weight(percent("10", None, None), 15), Ok(Worth::Weight(16)));
        assert_eq!(weight(percent("1", None, None), 7), Ok(Worth::Weight(7)));
        assert_eq!(weight(percent("-100", None, None), 7), Ok(Worth::Weight(0)));
        assert!(weight(percent("-150", None, None), 7).is_err());
        assert!(weight(percent("10", None, None), 1_000_000).is_err());
        assert!(budget(percent("-100", None, None), Some("5")).is_err());
        assert!(budget(percent("10", None, None), None).is_err());
        assert_eq!(
            budget(Change::Set(Micros(5)), None),
            Ok(Worth::Amount(Some(Micros(5))))
        );
    }
}
