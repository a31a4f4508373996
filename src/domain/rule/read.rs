//! A rule as it is read from its document.

use super::condition::Condition;
use super::{Minimum, Moment, Rule, RuleAction, Scope, Window};
use crate::domain::basis::Basis;
use crate::domain::check;
use crate::domain::conversion::Status;
use crate::domain::entity::{Head, read_head};
use crate::domain::form::{Form, MOST};
use crate::domain::money::Micros;
use crate::domain::revenue_kind::RevenueKind;

const SCOPE_MAX: usize = 10_000;
const DIMENSIONS_MAX: usize = 3;
const ACTIONS_MAX: usize = 20;
const WORDS_MAX: usize = 200;
/// A day, in minutes.
const DAY: u64 = 24 * 60;

pub(super) fn rule(form: &mut Form<'_>) -> Rule {
    let Head {
        id,
        version,
        state,
        created_at,
        updated_at,
    } = read_head(form);
    let name = check::read_name(form);
    let moment = form.object("moment", moment).unwrap_or_default();
    // A rule at conversions is about each of them.
    let cooldown = match moment {
        Moment::Every { .. } => 60,
        Moment::Conversion { .. } => 0,
    };
    Rule {
        id,
        version,
        name,
        state,
        scope: form.object("scope", scope).unwrap_or_default(),
        moment,
        group_by: group_by(form),
        window: form.object("window", Window::read).unwrap_or_default(),
        basis: form.choice("basis", Basis::ALL, Basis::Click),
        revenue: form.choice("revenue", RevenueKind::ALL, RevenueKind::default()),
        without_bots: form.boolean("without_bots", false),
        minimum: form.object("minimum", minimum).unwrap_or_default(),
        conditions: form
            .object("conditions", Condition::read)
            .unwrap_or_default(),
        actions: actions(form),
        cooldown_minutes: form.integer("cooldown_minutes", 0..=366 * DAY, cooldown),
        max_per_day: form.integer("max_per_day", 1..=1_000_000, 10_000),
        timezone: timezone(form),
        dry_run: form.boolean("dry_run", false),
        notes: check::read_notes(form),
        created_at,
        updated_at,
    }
}

fn scope(form: &mut Form<'_>) -> Scope {
    Scope {
        campaign_ids: form.ids("campaign_ids", SCOPE_MAX),
        traffic_source_ids: form.ids("traffic_source_ids", SCOPE_MAX),
        offer_ids: form.ids("offer_ids", SCOPE_MAX),
    }
}

fn moment(form: &mut Form<'_>) -> Moment {
    #[derive(Clone, Copy)]
    enum Kind {
        Every,
        Conversion,
    }
    const KINDS: &[(&str, Kind)] = &[("every", Kind::Every), ("conversion", Kind::Conversion)];
    const EARNING: &[Status] = &[Status::Lead, Status::Sale];
    match form.choice("kind", KINDS, Kind::Every) {
        Kind::Every => Moment::Every {
            minutes: form.integer("minutes", 1..=31 * DAY, 10),
        },
        Kind::Conversion => Moment::Conversion {
            statuses: match form.choices("statuses", Status::ALL, EARNING) {
                none if none.is_empty() => Status::ALL.iter().map(|(_, status)| *status).collect(),
                statuses => statuses,
            },
            events: form.texts("events", WORDS_MAX),
        },
    }
}

fn group_by(form: &mut Form<'_>) -> Vec<String> {
    let sent = form.texts("group_by", DIMENSIONS_MAX);
    let mut dimensions: Vec<String> = Vec::with_capacity(sent.len());
    for one in sent {
        if dimensions.contains(&one) {
            let message = format!("{one} stands there twice.");
            form.problem("group_by", "invalid", message);
        } else {
            dimensions.push(one);
        }
    }
    dimensions
}

fn minimum(form: &mut Form<'_>) -> Minimum {
    const MANY: u64 = 1_000_000_000;
    Minimum {
        clicks: form.integer("clicks", 0..=MANY, 0),
        conversions: form.integer("conversions", 0..=MANY, 0),
        cost: form
            .amount("cost", Micros::ZERO..=MOST)
            .unwrap_or(Micros::ZERO),
    }
}

fn actions(form: &mut Form<'_>) -> Vec<RuleAction> {
    let actions = form.list("actions", ACTIONS_MAX, |form, _| RuleAction::read(form));
    if actions.is_empty() && !form.has("actions") {
        form.missing(
            "actions",
            "What is to be done? Send actions: [{\"key\": \"pause_campaign\"}].",
        );
    }
    actions
}

fn timezone(form: &mut Form<'_>) -> Option<String> {
    let is_sent = form.has("timezone");
    let zone = check::read_timezone(form);
    is_sent.then_some(zone)
}
