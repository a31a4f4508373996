//! What is wrong with a saved report in the words of reports.

use serde_json::Value;

use super::Request;
use super::read::figure;
use crate::domain::documents::Documents;
use crate::domain::problem::Problem;
use crate::domain::saved_report::SavedReport;
use crate::report::dimension::DimensionRef;

/// Problems of its request, and keys of columns and colours that nothing has.
pub fn problems_of(report: &SavedReport, documents: &Documents) -> Vec<Problem> {
    let mut problems = Vec::new();
    // What is no object was told already.
    if let Value::Object(_) = report.request
        && let Err(found) = Request::read(&report.request, documents)
    {
        problems.extend(found.into_iter().map(|problem| problem.under("request")));
    }
    for (index, column) in report.columns.iter().enumerate() {
        if DimensionRef::parse(&column.key).is_err() {
            let field = format!("columns[{index}].key");
            problems.extend(unknown(field, &column.key, documents));
        }
    }
    for (index, rule) in report.colours.iter().enumerate() {
        let field = format!("colours[{index}].metric");
        problems.extend(unknown(field, &rule.metric, documents));
    }
    problems
}

fn unknown(field: String, key: &str, documents: &Documents) -> Option<Problem> {
    let message = figure(key, documents).err()?;
    Some(Problem::new(field, "unknown_field", message))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::entity::Entity;

    fn fields(document: Value) -> Vec<String> {
        let report = SavedReport::read(&document).expect("whole");
        let problems = problems_of(&report, &Documents::default()).into_iter();
        problems.map(|problem| problem.field).collect()
    }

    #[test]
    fn a_saved_report_is_checked_as_a_request_is() {
        let whole = json!({ "name": "R", "request": { "dimensions": ["source"], "metrics": ["roi"] },
            "columns": [{ "key": "source" }, { "key": "roi" }],
            "colours": [{ "metric": "roi", "operator": "less", "value": "0", "colour": "red" }] });
        let wrong = json!({ "name": "R",
            "request": { "dimensions": ["sorce"], "metrics": ["roi"], "limt": 5 },
            "columns": [{ "key": "roi" }, { "key": "clcks" }],
            "colours": [{ "metric": "source", "operator": "less", "value": "0", "colour": "red" }] });

        assert_eq!(fields(whole), [""; 0]);
        let expected = [
            "request.dimensions[0]",
            "request.limt",
            "columns[1].key",
            "colours[0].metric",
        ];
        assert_eq!(fields(wrong), expected);
    }
}
