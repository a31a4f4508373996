//! When visitors come: the hours of their own countries, weekends, and how long a campaign runs.

use std::ops::Range;

use chrono::{Datelike, TimeZone, Timelike};
use chrono_tz::Tz;

use super::Plan;
use super::chance::{DAY, HOUR, share};
use super::traffic::Traffic;

/// A day, hour by hour, on the visitor's own clock.
const CURVE: [f64; 24] = [
    0.62, 0.44, 0.33, 0.27, 0.26, 0.31, 0.45, 0.66, 0.83, 0.94, 1.02, 1.07, 1.12, 1.13, 1.10, 1.08,
    1.10, 1.18, 1.29, 1.42, 1.52, 1.48, 1.24, 0.90,
];

/// Campaigns and countries, and how much comes from each at a time.
pub(super) struct Lanes {
    seed: u64,
    all: Vec<Lane>,
}

struct Lane {
    /// Of the campaign.
    number: usize,
    country: usize,
    weight: f64,
    zone: Tz,
    weekend: u32,
    /// When the campaign runs.
    during: Range<i64>,
}

impl Lanes {
    pub(super) fn new(traffic: &Traffic<'_>, plan: &Plan) -> Self {
        let span = i64::from(plan.days) * DAY;
        let begins = plan.until - span;
        let at = |percent: u32| begins + span / 100 * i64::from(percent);
        let mut all = Vec::new();
        for (number, push) in traffic.pushes.iter().enumerate() {
            let during = at(push.plan.from)..if push.plan.to == 100 {
                plan.until
            } else {
                at(push.plan.to)
            };
            all.extend(push.countries.iter().map(|(country, weight)| Lane {
                number,
                country: *country,
                weight: weight * f64::from(push.plan.clicks),
                zone: traffic.ground.people.places.countries[*country].zone,
                weekend: push.source.weekend,
                during: during.clone(),
            }));
        }
        Self {
            seed: plan.seed,
            all,
        }
    }

    /// The numbers of the campaign and the country.
    pub(super) fn at(&self, place: usize) -> (usize, usize) {
        (self.all[place].number, self.all[place].country)
    }

    /// How much comes from each in the hour that begins then.
    pub(super) fn weights(&self, hour: i64) -> Vec<f64> {
        let of = |lane: &Lane| match lane.during.contains(&hour) {
            true => {
                let weather = weather(self.seed, lane.number, hour.div_euclid(DAY));
                lane.weight * weather * liveliness(hour, lane.zone, lane.weekend)
            }
            false => 0.0,
        };
        self.all.iter().map(of).collect()
    }
}

/// How lively the hour that begins then is there. `weekend`: traffic of a Saturday or Sunday, in
/// percent of another day's.
fn liveliness(hour: i64, zone: Tz, weekend: u32) -> f64 {
    let Some(local) = zone.timestamp_millis_opt(hour).earliest() else {
        return 0.0;
    };
    let is_weekend = local.weekday().number_from_monday() > 5;
    let of_day = if is_weekend {
        f64::from(weekend)
    } else {
        100.0
    };
    CURVE[local.hour() as usize] * of_day / 100.0
}

/// How a day went for one campaign: budgets, bids, competitors.
fn weather(seed: u64, campaign: usize, day: i64) -> f64 {
    0.8 + 0.4 * share(&[seed, campaign as u64, day as u64])
}

/// As many clicks as there shall be, over hours of these weights: each hour gets its share, and the
/// remainders add up.
pub(super) fn spread(clicks: u64, weights: &[f64]) -> Vec<u64> {
    let total: f64 = weights.iter().sum();
    let (mut sum, mut given) = (0.0, 0);
    let mut counts: Vec<u64> = weights
        .iter()
        .map(|weight| {
            sum += weight;
            let due = (clicks as f64 * sum / total).round() as u64;
            let count = due.saturating_sub(given);
            given += count;
            count
        })
        .collect();
    if let Some(last) = counts.last_mut() {
        *last += clicks.saturating_sub(given);
    }
    counts
}

/// The beginnings of the hours of some days that end at `until`.
pub(super) fn hours(until: i64, days: u32) -> impl Iterator<Item = i64> {
    let count = i64::from(days) * 24;
    (0..count).map(move |number| until - (count - number) * HOUR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_click_has_its_hour() {
        for clicks in [0, 1, 7, 1_000, 123_457] {
            let counts = spread(clicks, &[1.0, 0.0, 3.5, 2.25]);
            assert_eq!(counts.iter().sum::<u64>(), clicks);
            assert_eq!(counts[1], 0);
        }
        assert_eq!(spread(8, &[1.0, 3.0]), [2, 6]);
    }

    #[test]
    fn evenings_are_livelier_than_nights_on_the_visitors_own_clock() {
        // 2026-11-18, a Wednesday, at 20:00 UTC.
        let evening = 1_795_032_000_000;
        let in_zone = |zone: Tz| liveliness(evening, zone, 120);

        assert!(in_zone(Tz::UTC) > 4.0 * in_zone(Tz::Asia__Tokyo));
        let saturday = evening + 3 * 24 * HOUR;
        let ratio = liveliness(saturday, Tz::UTC, 120) / in_zone(Tz::UTC);
        assert!((ratio - 1.2).abs() < 1e-9, "{ratio}");
    }
}
