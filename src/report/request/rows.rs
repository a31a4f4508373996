//! The rows behind a report: what is asked of a log in the words of reports.

use chrono_tz::Tz;

use super::{FILTERS_MAX, Interval, Range, read};
use crate::domain::form::Form;
use crate::report::filter::Filter;

/// Which rows of a log are meant.
#[derive(Debug, Clone)]
pub struct Rows {
    /// `None`: of all time.
    pub range: Option<Range>,
    pub zone: Tz,
    /// All have to hold.
    pub filters: Vec<Filter>,
}

impl Rows {
    /// `{"range", "timezone", "filters"}` as in a report, without filters of metrics.
    pub fn from_form(form: &mut Form<'_>) -> Rows {
        let zone = read::zone(form);
        let mut filters = Vec::new();
        form.list("filters", FILTERS_MAX, |form, _| {
            filters.extend(Filter::read(form));
        });
        Rows {
            range: form.object("range", |form| Range::read(form, zone)),
            zone,
            filters,
        }
    }

    /// The time that is meant.
    pub fn interval(&self, now: i64) -> Option<Interval> {
        self.range
            .as_ref()
            .map(|range| range.interval(now, self.zone))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_are_asked_for_as_a_report_is() {
        let body = json!({ "range": { "from": "2026-01-01", "to": "2026-01-01" },
            "timezone": "Asia/Kolkata",
            "filters": [{ "dimension": "country", "operator": "in", "value": ["DE", "AT"] }] });

        let rows = Form::read(&body, Rows::from_form).expect("readable");

        let day = rows.interval(0).expect("a day");
        assert_eq!(day.to - day.from, 86_400_000);
        // Midnight in Kolkata is half past six in the evening.
        assert_eq!(day.from.rem_euclid(86_400_000), 18 * 3_600_000 + 1_800_000);
        assert!(rows.filters[0].holds(Some("AT")) && !rows.filters[0].holds(Some("CH")));
    }

    #[test]
    fn every_problem_is_told_with_its_field() {
        let body = json!({ "range": { "preset": "yesterdy" }, "timezone": "Kiev/Europe",
            "filters": [{ "dimension": "contry", "operator": "is" }] });

        let problems = Form::read(&body, Rows::from_form).expect_err("four problems");

        let fields: Vec<_> = problems.iter().map(|one| one.field.as_str()).collect();
        let expected = [
            "timezone",
            "filters[0].dimension",
            "filters[0].operator",
            "range.preset",
        ];
        assert_eq!(fields, expected);
    }
}
