//! What a segment keeps of a row, and where that stands in the raw rows.

use super::Kind;
use crate::domain::visitor::SUB_IDS;
use crate::store::conversions::rows::makes_customer;

/// A column of a segment. Values are those of the raw row, so texts that are plain numbers are
/// numbers; an empty text is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::store) enum Column {
    /// That of the click.
    Id,
    /// The time of the click minus that of its id, in milliseconds.
    Shift,
    Route,
    Agent,
    Place,
    /// 4 or 16 bytes.
    Ip,
    Language,
    Referrer,
    Source,
    Keyword,
    CreativeId,
    AdGroupId,
    AdCampaignId,
    ExternalId,
    /// Micro-units as stated.
    Cost,
    Currency,
    /// The low 16 bits of the flags of the click.
    Flags,
    /// Steps to offers that were no previews.
    Steps,
    /// The offer that was clicked last, else that of the route.
    Offer,
    /// From 1.
    SubId(u8),
    ConversionId,
    ConversionAt,
    StatusAt,
    Event,
    /// Its code; empty while the network's word is not mapped.
    Status,
    Tid,
    ConversionFlags,
    /// Its own, else that of its click.
    ConversionOffer,
    /// In the reporting currency, as is what it cost.
    Revenue,
    ConversionCost,
    /// 1 for the first sale of its click, else 0.
    MakesCustomer,
    /// JSON objects.
    Kept,
    Others,
    ClickAt,
}

/// Where the value of a column comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// An expression over the raw row.
    Sql(&'static str),
    SubId(u8),
}

// A preview's step is nobody's.
const STEPS: &str = "(
    select count(*) from offer_clicks where click_id = clicks.id and flags & 1 = 0)";

/// That which was clicked last, else that of the route.
macro_rules! offer {
    () => {
        "(select offer_id from offer_clicks
            where click_id = clicks.id and flags & 1 = 0 and offer_id is not null
            order by id desc limit 1),
        (select offer_id from routes where routes.id = clicks.route_id)"
    };
}

/// Columns of a click, with their numbers in the file.
const OF_CLICKS: [(Column, u8, Origin); 19] = [
    (Column::Id, 1, Origin::Sql("clicks.id")),
    (Column::Shift, 2, Origin::Sql("clicks.flags >> 16")),
    (Column::Route, 3, Origin::Sql("clicks.route_id")),
    (Column::Agent, 4, Origin::Sql("clicks.agent_id")),
    (Column::Place, 5, Origin::Sql("clicks.place_id")),
    (Column::Ip, 6, Origin::Sql("clicks.ip")),
    (Column::Language, 7, Origin::Sql("clicks.language")),
    (Column::Referrer, 8, Origin::Sql("clicks.referrer")),
    (Column::Source, 9, Origin::Sql("clicks.source")),
    (Column::Keyword, 10, Origin::Sql("clicks.keyword")),
    (Column::CreativeId, 11, Origin::Sql("clicks.creative_id")),
    (Column::AdGroupId, 12, Origin::Sql("clicks.ad_group_id")),
    (
        Column::AdCampaignId,
        13,
        Origin::Sql("clicks.ad_campaign_id"),
    ),
    (Column::ExternalId, 14, Origin::Sql("clicks.external_id")),
    (Column::Cost, 15, Origin::Sql("clicks.cost")),
    (Column::Currency, 16, Origin::Sql("clicks.currency_id")),
    (Column::Flags, 17, Origin::Sql("clicks.flags & 65535")),
    (Column::Steps, 18, Origin::Sql(STEPS)),
    (
        Column::Offer,
        19,
        Origin::Sql(concat!("coalesce(", offer!(), ")")),
    ),
];

/// Further ones of a conversion.
const OF_CONVERSIONS: [(Column, u8, Origin); 14] = [
    (Column::ConversionId, 40, Origin::Sql("conversions.id")),
    (Column::ConversionAt, 41, Origin::Sql("conversions.at")),
    (Column::StatusAt, 42, Origin::Sql("conversions.status_at")),
    (Column::Event, 43, Origin::Sql("conversions.event")),
    (Column::Status, 44, Origin::Sql("conversions.status")),
    (Column::Tid, 45, Origin::Sql("conversions.tid")),
    (
        Column::ConversionFlags,
        46,
        Origin::Sql("conversions.flags"),
    ),
    (
        Column::ConversionOffer,
        47,
        Origin::Sql(concat!("coalesce(conversions.offer_id, ", offer!(), ")")),
    ),
    (Column::Revenue, 48, Origin::Sql("conversions.revenue")),
    (Column::ConversionCost, 49, Origin::Sql("conversions.cost")),
    (Column::MakesCustomer, 50, Origin::Sql(makes_customer!())),
    (Column::Kept, 51, Origin::Sql("conversions.kept")),
    (Column::Others, 52, Origin::Sql("conversions.others")),
    (Column::ClickAt, 53, Origin::Sql("clicks.at")),
];

/// Number of sub id 1.
const FIRST_SUB_ID: u8 = 101;

impl Column {
    /// Every column of a kind.
    pub(in crate::store) fn all(kind: Kind) -> Vec<Column> {
        let own: &[_] = match kind {
            Kind::Clicks => &[],
            Kind::Conversions => &OF_CONVERSIONS,
        };
        let named = OF_CLICKS.iter().chain(own).map(|(column, ..)| *column);
        named
            .chain((1..=SUB_IDS as u8).map(Column::SubId))
            .collect()
    }

    /// What it is called in the file. A published number keeps its meaning.
    pub(super) fn number(self) -> u8 {
        match self {
            Column::SubId(number) => FIRST_SUB_ID + number - 1,
            named => named.row().1,
        }
    }

    pub(super) fn origin(self) -> Origin {
        match self {
            Column::SubId(number) => Origin::SubId(number),
            named => named.row().2,
        }
    }

    fn row(self) -> &'static (Column, u8, Origin) {
        let mut rows = OF_CLICKS.iter().chain(&OF_CONVERSIONS);
        rows.find(|(column, ..)| *column == self)
            .expect("every column but the sub ids stands in a table")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_has_a_number_of_its_own() {
        let all = Column::all(Kind::Conversions);
        let mut numbers: Vec<u8> = all.iter().map(|column| column.number()).collect();
        numbers.sort_unstable();
        numbers.dedup();

        assert_eq!(numbers.len(), 19 + 14 + SUB_IDS);
        assert!(Column::all(Kind::Clicks).len() == 19 + SUB_IDS);
    }
}
