//! How the day went, told to a channel once a day.

mod schedule;

use serde::Serialize;
use utoipa::ToSchema;

use super::check;
use super::entity::{Entity, Head, Reference, heads, read_head};
use super::form::Form;
use super::state::State;

pub use schedule::Due;

const CAMPAIGNS_MAX: usize = 1_000;
const TOP_MAX: u64 = 10;

/// Clicks, money and conversions of a day, compared with the day before, with the best and the worst
/// campaigns.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct Summary {
    pub id: u64,
    pub version: u64,
    pub name: String,
    pub state: State,
    /// IANA zone of the time below and of the days that are counted.
    #[schema(example = "Europe/Kyiv")]
    pub timezone: String,
    /// When it is sent, on the clocks of the zone: 0 to 23. A time that clocks skip is taken at the
    /// first moment after it; of one that they show twice the first counts.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// Who hears it.
    pub channel_id: u64,
    /// Only of these campaigns; empty for all.
    pub campaign_ids: Vec<u64>,
    pub of: SummaryOf,
    /// So many of the best campaigns are named, and of the worst: 0 to 10.
    pub top: u8,
    pub notes: String,
    pub created_at: i64,
    pub updated_at: i64,
}

/// Which day is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SummaryOf {
    /// The whole day before the one on which it is sent.
    #[default]
    Yesterday,
    /// That day so far, compared with the same stretch of the day before.
    Today,
}

impl SummaryOf {
    pub const ALL: &'static [(&'static str, SummaryOf)] = &[
        ("yesterday", SummaryOf::Yesterday),
        ("today", SummaryOf::Today),
    ];
}

impl Entity for Summary {
    const WORD: &'static str = "summary";

    heads!(summaries, Summary, name);

    const ID_FIELDS: &'static [&'static str] = &["channel_id"];

    fn id_in(&self, field: &str) -> Option<u64> {
        (field == "channel_id").then_some(self.channel_id)
    }

    fn from_form(form: &mut Form<'_>) -> Self {
        let Head {
            id,
            version,
            state,
            created_at,
            updated_at,
        } = read_head(form);
        Summary {
            id,
            version,
            name: check::read_name(form),
            state,
            timezone: check::read_timezone(form),
            hour: form.integer("hour", 0..=23, 9) as u8,
            minute: form.integer("minute", 0..=59, 0) as u8,
            channel_id: form.required_id("channel_id"),
            campaign_ids: form.ids("campaign_ids", CAMPAIGNS_MAX),
            of: form.choice("of", SummaryOf::ALL, SummaryOf::default()),
            top: form.integer("top", 0..=TOP_MAX, 3) as u8,
            notes: check::read_notes(form),
            created_at,
            updated_at,
        }
    }

    fn search_texts(&self) -> Vec<&str> {
        vec![&self.name]
    }

    fn references(&self) -> Vec<(String, Reference)> {
        let channel = ("channel_id".to_owned(), Reference::Channel(self.channel_id));
        let campaigns = self.campaign_ids.iter().enumerate();
        let campaigns = campaigns.map(|(index, id)| {
            let field = format!("campaign_ids[{index}]");
            (field, Reference::Campaign(*id))
        });
        std::iter::once(channel).chain(campaigns).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_and_a_channel_are_enough() {
        let read = Summary::read(&json!({ "name": "Morning", "channel_id": 3 })).unwrap();

        assert_eq!((read.hour, read.minute, read.top), (9, 0, 3));
        assert_eq!(read.of, SummaryOf::Yesterday);
        assert_eq!(read.references().len(), 1);
        let again = Summary::read(&serde_json::to_value(&read).unwrap());
        assert_eq!(again, Ok(read));
    }

    #[test]
    fn all_problems_come_at_once() {
        let document = json!({ "hour": 24, "minute": 60, "timezone": "Kyiv", "of": "week",
            "campaign_ids": [0], "top": 11 });

        let problems = Summary::read(&document).unwrap_err();

        let mut fields: Vec<_> = problems.iter().map(|one| one.field.as_str()).collect();
        fields.sort_unstable();
        let expected = [
            "campaign_ids[0]",
            "channel_id",
            "hour",
            "minute",
            "name",
            "of",
            "timezone",
            "top",
        ];
        assert_eq!(fields, expected);
    }
}
