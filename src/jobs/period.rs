//! Campaigns and a time, as people state them.

use chrono_tz::Tz;

use crate::domain::check::read_timezone;
use crate::domain::documents::Documents;
use crate::domain::form::Form;
use crate::domain::period;
use crate::postback::batch::time;

/// Campaigns that can be named at once.
const CAMPAIGNS: usize = 500;

/// Of some campaigns, from a time to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) campaign_ids: Vec<u64>,
    /// UTC milliseconds.
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) timezone: String,
}

impl Period {
    /// Reads `campaign_ids`, `from`, `to` and `timezone`. A date as `to` is meant with its whole day.
    pub(super) fn read(form: &mut Form<'_>, documents: &Documents, needs_campaign: bool) -> Self {
        let mut campaign_ids = form.ids("campaign_ids", CAMPAIGNS);
        campaign_ids.sort_unstable();
        campaign_ids.dedup();
        if needs_campaign && campaign_ids.is_empty() {
            let message = "Name the campaigns: a list of ids.";
            form.missing("campaign_ids", message);
        }
        for id in &campaign_ids {
            if !documents.campaigns.contains_key(id) {
                let message = format!("There is no campaign {id}.");
                form.problem("campaign_ids", "unknown_id", message);
            }
        }
        let timezone = read_timezone(form);
        let zone = period::zone(&timezone);
        let from = read_moment(form, "from", zone, false);
        let to = read_moment(form, "to", zone, true);
        if let (Some(from), Some(to)) = (from, to)
            && from >= to
        {
            let message = "The period ends before it begins.";
            form.problem("to", "invalid", message);
        }
        Self {
            campaign_ids,
            from: from.unwrap_or(0),
            to: to.unwrap_or(1),
            timezone,
        }
    }
}

fn read_moment(form: &mut Form<'_>, key: &'static str, zone: Tz, is_end: bool) -> Option<i64> {
    let text = form.text(key);
    if text.is_empty() {
        form.missing(
            key,
            "A time is missing: a date such as 2026-11-20, or with a time of day, 2026-11-20 14:00.",
        );
        return None;
    }
    form.checked(key, moment(text, zone, is_end).map(Some), || None)
}

/// A date is its first moment, or as an end that of the next day.
pub(super) fn moment(text: &str, zone: Tz, is_end: bool) -> Result<i64, String> {
    let at = time::read(text, zone)?;
    let is_date = !text.trim().contains([' ', 'T', ':']) && text.contains(['-', '.', '/']);
    if !is_date {
        return Ok(at);
    }
    // Where clocks skip midnight it is not what `time` makes of it.
    let day = period::day(at, zone) + i64::from(is_end);
    Ok(period::day_start(day, zone))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_a_whole_day_of_the_zone_however_long_it_is() {
        let hours = |date: &str, zone: &str| {
            let zone = period::zone(zone);
            let (from, to) = (moment(date, zone, false), moment(date, zone, true));
            (to.expect("a date") - from.expect("a date")) / 3_600_000
        };

        assert_eq!(hours("2026-10-24", "Europe/Kyiv"), 24);
        assert_eq!(hours("2026-10-25", "Europe/Kyiv"), 25);
        assert_eq!(hours("29.03.2026", "Europe/Kyiv"), 23);
        // Clocks skip midnight.
        assert_eq!(hours("2025-03-30", "Asia/Beirut"), 23);
    }

    #[test]
    fn a_time_of_day_is_that_moment_as_beginning_and_as_end() {
        let zone = period::zone("Asia/Kolkata");

        assert_eq!(
            moment("2026-11-20 02:00", zone, false),
            moment("2026-11-20 02:00", zone, true)
        );
        assert_eq!(
            moment("2026-11-20 00:00", zone, false),
            moment("2026-11-20", zone, false)
        );
        assert_eq!(
            moment("2026-11-19T20:30:00Z", zone, true),
            moment("2026-11-20 02:00", zone, true)
        );
        assert!(moment("yesterday", zone, true).is_err());
    }
}
