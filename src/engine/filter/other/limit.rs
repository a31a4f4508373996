//! How many clicks a flow may take.

use serde_json::{Value, json};

use super::super::zone;
use super::super::{Condition, FilterKind, Input, Lists};
use crate::domain::flow::Flow;
use crate::domain::form::Form;
use crate::domain::problem::Problem;
use crate::engine::visit::{Asked, Counted, Counter};
use chrono_tz::Tz;

/// Visitors until the flow has taken so many clicks.
pub(super) struct LimitFilter;

/// More clicks than anybody buys.
const MOST: u64 = 1_000_000_000_000;

impl FilterKind for LimitFilter {
    fn key(&self) -> &'static str {
        "limit"
    }

    fn label(&self) -> &'static str {
        "Limit of clicks"
    }

    fn help(&self) -> &'static str {
        "The flow takes so many clicks per hour, per day and in all; hours and days are those of the time zone. Visitors whom it does not take are not counted"
    }

    fn example(&self) -> Value {
        json!({"per_day": 1000, "timezone": "Europe/Kyiv"})
    }

    fn input(&self) -> Input {
        Input::Limit
    }

    fn uses_up(&self) -> bool {
        true
    }

    fn compile(&self, value: &Value, _: &Lists) -> Result<Box<dyn Condition>, Vec<Problem>> {
        Ok(Box::new(Limit::read(value)?))
    }
}

/// What the limits of a flow count, each in its zone.
pub fn limits(flow: &Flow) -> Vec<(Counted, Tz)> {
    let mut counted = Vec::new();
    for filter in &flow.filters {
        if filter.key != LimitFilter.key() {
            continue;
        }
        let Ok(limit) = Limit::read(&filter.value.parsed()) else {
            continue;
        };
        counted.extend(limit.parts().map(|(what, _)| (what, limit.zone)));
    }
    counted
}

struct Limit {
    per_hour: Option<u64>,
    per_day: Option<u64>,
    total: Option<u64>,
    zone: Tz,
}

impl Limit {
    fn read(value: &Value) -> Result<Self, Vec<Problem>> {
        Form::read(value, |form| {
            let mut number = |key| {
                let is_there = form.value(key).is_some();
                is_there.then(|| form.integer(key, 1..=MOST, 1))
            };
            let (per_hour, per_day) = (number("per_hour"), number("per_day"));
            let total = number("total");
            if per_hour.or(per_day).or(total).is_none() {
                form.missing(
                    "per_day",
                    "Enter how many clicks: per_hour, per_day or total.",
                );
            }
            Limit {
                per_hour,
                per_day,
                total,
                zone: zone::read(form, per_day.is_some()),
            }
        })
    }

    /// What is counted, with how much there may be.
    fn parts(&self) -> impl Iterator<Item = (Counted, u64)> {
        [
            (Counted::FlowClicksPerHour, self.per_hour),
            (Counted::FlowClicksPerDay, self.per_day),
            (Counted::FlowClicks, self.total),
        ]
        .into_iter()
        .filter_map(|(what, most)| Some((what, most?)))
    }

    /// The same at the time of a visit.
    fn counters(&self, asked: &Asked<'_>) -> impl Iterator<Item = (Counter, u64)> {
        let (id, at, zone) = (asked.flow_id, asked.visit.at, self.zone);
        self.parts()
            .map(move |(what, most)| (Counter::at(what, id, at, zone), most))
    }
}

impl Condition for Limit {
    fn matches(&self, asked: &Asked<'_>) -> bool {
        asked.visit.reserve_all(self.counters(asked))
    }

    fn seen(&self, asked: &Asked<'_>) -> String {
        let parts = self.counters(asked).map(|(counter, most)| {
            let period = match counter.what {
                Counted::FlowClicksPerHour => " this hour",
                Counted::FlowClicksPerDay => " today",
                _ => " in all",
            };
            format!("{} of {most}{period}", asked.visit.count(counter))
        });
        parts.collect::<Vec<_>>().join(", ")
    }
}
