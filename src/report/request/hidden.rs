//! What is not for everybody who looks at a report.

use super::Request;
use crate::report::Needs;

/// Money that others are not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hidden {
    Cost,
    Revenue,
    /// Whatever puts both together: profit, ROI, ...
    Profit,
}

impl Hidden {
    pub const ALL: &'static [(&'static str, Hidden)] = &[
        ("cost", Hidden::Cost),
        ("revenue", Hidden::Revenue),
        ("profit", Hidden::Profit),
    ];

    pub fn word(self) -> &'static str {
        let found = Self::ALL.iter().find(|(_, hidden)| *hidden == self);
        found.map_or("", |(word, _)| word)
    }

    /// The one that this word stands for.
    pub fn find(word: &str) -> Option<Hidden> {
        let found = Self::ALL.iter().find(|(known, _)| *known == word);
        found.map(|(_, hidden)| *hidden)
    }

    /// Whether a number that follows from this would tell it.
    fn covers(self, needs: &Needs) -> bool {
        match self {
            Hidden::Cost => needs.cost,
            Hidden::Revenue => needs.revenue,
            Hidden::Profit => needs.cost && needs.revenue,
        }
    }
}

impl Request {
    /// Takes out every metric from which something hidden could be told. Rows are chosen and sorted as
    /// before.
    pub fn hide(&mut self, hidden: &[Hidden]) {
        let view = self.view;
        self.metrics.retain(|metric| {
            let needs = metric.needs(view);
            !hidden.iter().any(|one| one.covers(&needs))
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::documents::Documents;

    fn shown(hidden: &[Hidden]) -> Vec<String> {
        let body = json!({ "metrics": ["clicks", "cr", "cost", "cpa", "revenue", "epc",
            "revenue_hold", "profit", "roi", "running:profit"] });
        let mut request = Request::read(&body, &Documents::default()).expect("readable");
        request.hide(hidden);
        request.metrics.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn no_metric_is_left_from_which_the_hidden_one_follows() {
        for (hidden, expected) in [
            (
                &[Hidden::Cost][..],
                &["clicks", "cr", "revenue", "epc", "revenue_hold"][..],
            ),
            (&[Hidden::Revenue], &["clicks", "cr", "cost", "cpa"]),
            (
                &[Hidden::Profit],
                &[
                    "clicks",
                    "cr",
                    "cost",
                    "cpa",
                    "revenue",
                    "epc",
                    "revenue_hold",
                ],
            ),
            (&[Hidden::Cost, Hidden::Revenue], &["clicks", "cr"]),
        ] {
            assert_eq!(shown(hidden), expected, "{hidden:?}");
        }
        assert_eq!(shown(&[]).len(), 10);
    }
}
