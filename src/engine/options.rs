//! The registries as pickers and editors need them: `GET /api/v1/options`.

use serde::Serialize;

use super::filter::{self, FilterOption};
use super::redirect::{self, RedirectOption};
use super::reply::{self, ReplyOption};
use crate::macros::table::{self, Macro};
use crate::report::dimension::{self, Dimension};
use crate::report::metric::{self, Metric};

/// Everything that can be chosen in a campaign and in a rule.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = EngineOptions)]
pub struct Options {
    pub filters: Vec<FilterOption>,
    pub redirects: Vec<RedirectOption>,
    pub replies: Vec<ReplyOption>,
    pub macros: Vec<&'static Macro>,
    /// What outgoing postbacks have beside these; of the same name they win there.
    pub outgoing_macros: Vec<&'static Macro>,
    /// What rules can group clicks and their conversions by.
    pub dimensions: Vec<&'static Dimension>,
    pub metrics: Vec<&'static Metric>,
    /// Each about one of the operator's own events, whose key follows a colon: `event:registration`.
    pub event_metrics: Vec<&'static Metric>,
    /// Each about one number that networks are told to keep, whose name follows a colon:
    /// `kept_sum:weight`.
    pub kept_metrics: Vec<&'static Metric>,
}

pub fn options() -> Options {
    Options {
        filters: filter::options(),
        redirects: redirect::options(),
        replies: reply::options(),
        macros: table::all().collect(),
        outgoing_macros: table::outgoing().collect(),
        dimensions: dimension::of_clicks().collect(),
        metrics: metric::all().collect(),
        event_metrics: metric::of_events().collect(),
        kept_metrics: metric::of_kept().collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::flow::ReplyKind;

    #[test]
    fn every_registry_is_served_whole() {
        let json = serde_json::to_value(options()).expect("it serialises");

        assert_eq!(
            json["filters"].as_array().map(Vec::len),
            Some(filter::all().count())
        );
        assert_eq!(json["filters"][0]["key"], "country");
        assert_eq!(json["filters"][0]["input"]["kind"], "countries");
        let filters = json["filters"].as_array().into_iter().flatten();
        let device_type = filters.into_iter().find(|one| one["key"] == "device_type");
        let device_type = device_type.expect("it is there");
        assert_eq!(device_type["group"], "device");
        assert_eq!(device_type["input"]["choices"][0]["value"], "desktop");
        assert_eq!(json["redirects"][0]["key"], "http");
        assert_eq!(json["redirects"][0]["settings"][0]["key"], "status");
        assert_eq!(
            json["replies"].as_array().map(Vec::len),
            Some(ReplyKind::ALL.len())
        );
        assert_eq!(json["macros"][0]["name"], "click_id");
        assert_eq!(json["macros"][0]["argument"], serde_json::Value::Null);
        let macros = json["macros"].as_array().expect("a list");
        let date = macros.iter().find(|entry| entry["name"] == "date");
        let argument = &date.expect("a date")["argument"];
        assert_eq!(argument["kind"], "date_format");
        assert_eq!(argument["required"], false);
        assert_eq!(argument["example"], "Y-m-d H:i:s,Europe/Kyiv");
        assert_eq!(argument["gives"], "2026-01-02%2005%3A04%3A05");
        assert_eq!(
            json["macros"].as_array().map(Vec::len),
            Some(table::all().count())
        );
        let country = json!({ "key": "country", "label": "Country", "example": "DE",
            "help": "Country of the address.", "input": { "kind": "country" }, "of": "click" });
        let dimensions = json["dimensions"].as_array().expect("a list");
        assert!(dimensions.contains(&country));
        assert_eq!(dimensions.len(), dimension::of_clicks().count());
        let roi = json!({ "key": "roi", "label": "ROI", "help": "Profit for a hundred spent.",
            "formula": "(revenue - cost) / cost × 100", "format": "percent", "better": "up" });
        let metrics = json["metrics"].as_array().expect("a list");
        assert!(metrics.contains(&roi));
        assert_eq!(metrics.len(), metric::all().count());
        assert_eq!(json["event_metrics"][0]["key"], "event");
        assert_eq!(json["kept_metrics"][0]["key"], "kept_sum");
    }
}
