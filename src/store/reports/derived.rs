//! What each dimension follows from: a column of the segments, and what becomes of its values.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::tables::Named;
use crate::detect::referrer;
use crate::domain::conversion::{Kept, Status};
use crate::domain::documents::Documents;
use crate::domain::visitor::BotReason;
use crate::report::calendar::Unit;
use crate::report::columns::Value;
use crate::report::dimension::{DimensionRef, Fact, UniqueFor, block};
use crate::store::clicks::flags::Flags;
use crate::store::clicks::packed::unpack_ip;
use crate::store::columns::{Column, Kind};

/// Writes the text that is made of a value; nothing where that is empty.
type Made<'a> = Box<dyn Fn(Value<'_>, &mut String) + Send + Sync + 'a>;

/// Where the values of a dimension come from.
pub(super) enum Derived<'a> {
    /// What clocks and calendar show at the time of the row.
    Time(Unit),
    /// A column of the segments.
    Column(Column, Shown<'a>),
}

/// What is shown of the values of a column.
pub(super) struct Shown<'a> {
    /// What they are ids of, if they are.
    pub(super) table: Option<Named>,
    /// What is made of them; `None`: they are shown as they are.
    pub(super) made: Option<Made<'a>>,
}

impl<'a> Derived<'a> {
    pub(super) fn of(dimension: &'a DimensionRef, documents: &'a Documents) -> Self {
        let key = dimension.dimension().key;
        match dimension.dimension().fact {
            Fact::Time(unit) => Derived::Time(unit),
            Fact::Campaign => of_table(Column::Route, "routes", "campaign_id"),
            Fact::Flow => of_table(Column::Route, "routes", "flow_id"),
            Fact::Landing => of_table(Column::Route, "routes", "landing_id"),
            Fact::TrafficSource => of_table(Column::Route, "routes", "traffic_source_id"),
            Fact::Domain => of_table(Column::Route, "routes", "domain_id"),
            Fact::Place => of_table(Column::Place, "places", key),
            Fact::Agent => of_table(Column::Agent, "agents", key),
            Fact::CampaignGroup => Derived::Column(
                Column::Route,
                Shown {
                    table: Some(CAMPAIGN),
                    made: Some(Box::new(|campaign, out| {
                        let campaign = id(campaign).and_then(|id| documents.campaigns.get(&id));
                        push_id(out, campaign.and_then(|campaign| campaign.group_id));
                    })),
                },
            ),
            Fact::Offer => stored(Column::Offer),
            Fact::Network => made(Column::Offer, |offer, out| {
                let offer = id(offer).and_then(|id| documents.offers.get(&id));
                push_id(out, offer.and_then(|offer| offer.network_id));
            }),
            Fact::Click => stored(column(key)),
            Fact::SubId(number) => stored(Column::SubId(number)),
            Fact::ReferrerHost => made(Column::Referrer, |referrer, out| {
                if let Value::Text(referrer) = referrer {
                    out.push_str(referrer::host(referrer).unwrap_or_default());
                }
            }),
            Fact::Address => made(Column::Ip, |ip, out| {
                if let Value::Bytes(bytes) = ip
                    && let Some(ip) = unpack_ip(bytes)
                {
                    let _ = write!(out, "{ip}");
                }
            }),
            Fact::Block { v4, v6 } => made(Column::Ip, move |ip, out| {
                if let Value::Bytes(bytes) = ip
                    && let Some(ip) = unpack_ip(bytes)
                {
                    out.push_str(&block(ip, v4, v6));
                }
            }),
            Fact::IsUnique(scope) => of_flags(move |flags| {
                yes_or_no(match scope {
                    UniqueFor::Campaign => flags.is_unique_campaign(),
                    UniqueFor::Flow => flags.is_unique_flow(),
                    UniqueFor::All => flags.is_unique_global(),
                })
            }),
            Fact::IsBot => of_flags(|flags| yes_or_no(flags.is_bot())),
            Fact::BotReason => of_flags(|flags| {
                let cleared = if flags.is_cleared() { "converted" } else { "" };
                flags.bot_reason().map_or(cleared, BotReason::as_str)
            }),
            Fact::Event => stored(Column::Event),
            Fact::Tid => stored(Column::Tid),
            Fact::Status => made(Column::Status, |status, out| {
                let status = number(status).and_then(Status::from_code);
                out.push_str(status.map_or("", Status::as_str));
            }),
            Fact::Kept => made(Column::Kept, |kept, out| {
                let all = kept_of(kept);
                let one = dimension.kept().and_then(|name| all.get(name));
                if let Some(Kept::Text(text)) = one {
                    out.push_str(text);
                }
            }),
        }
    }

    /// The column that has to be read of rows of a kind.
    pub(super) fn column(&self, kind: Kind) -> Option<Column> {
        match self {
            Derived::Time(_) => None,
            Derived::Column(column, _) => Some(of_kind(*column, kind)),
        }
    }
}

/// A conversion may have an offer of its own.
pub(super) fn of_kind(column: Column, kind: Kind) -> Column {
    match (column, kind) {
        (Column::Offer, Kind::Conversions) => Column::ConversionOffer,
        (column, _) => column,
    }
}

const CAMPAIGN: Named = Named {
    table: "routes",
    column: "campaign_id",
};

fn stored<'a>(column: Column) -> Derived<'a> {
    let shown = Shown {
        table: None,
        made: None,
    };
    Derived::Column(column, shown)
}

fn made<'a>(
    column: Column,
    made: impl Fn(Value<'_>, &mut String) + Send + Sync + 'a,
) -> Derived<'a> {
    let shown = Shown {
        table: None,
        made: Some(Box::new(made)),
    };
    Derived::Column(column, shown)
}

fn of_table<'a>(column: Column, table: &'static str, name: &'static str) -> Derived<'a> {
    let shown = Shown {
        table: Some(Named {
            table,
            column: name,
        }),
        made: None,
    };
    Derived::Column(column, shown)
}

fn of_flags<'a>(text: impl Fn(Flags) -> &'static str + Send + Sync + 'a) -> Derived<'a> {
    made(Column::Flags, move |flags, out| {
        out.push_str(text(Flags(number(flags).unwrap_or_default())));
    })
}

/// The column of what is stored under the key of its dimension.
fn column(key: &str) -> Column {
    match key {
        "language" => Column::Language,
        "referrer" => Column::Referrer,
        "source" => Column::Source,
        "keyword" => Column::Keyword,
        "creative_id" => Column::CreativeId,
        "ad_group_id" => Column::AdGroupId,
        "ad_campaign_id" => Column::AdCampaignId,
        "external_id" => Column::ExternalId,
        _ => unreachable!("no column of clicks is called {key}"),
    }
}

/// A value that is to be a number.
pub(super) fn number(value: Value<'_>) -> Option<i64> {
    match value {
        Value::Number(number) => Some(number),
        _ => None,
    }
}

/// A value that is an id, as a column or as a table has it.
fn id(value: Value<'_>) -> Option<u64> {
    match value {
        Value::Number(number) => u64::try_from(number).ok(),
        Value::Text(text) => text.parse().ok(),
        _ => None,
    }
}

fn push_id(out: &mut String, id: Option<u64>) {
    if let Some(id) = id {
        let _ = write!(out, "{id}");
    }
}

/// What networks were told to keep, as it is stored.
pub(super) fn kept_of(value: Value<'_>) -> BTreeMap<String, Kept> {
    match value {
        Value::Text(json) => serde_json::from_str(json).unwrap_or_default(),
        _ => BTreeMap::new(),
    }
}

fn yes_or_no(is: bool) -> &'static str {
    match is {
        true => "true",
        false => "false",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::dimension;

    #[test]
    fn every_dimension_follows_from_something_that_segments_keep() {
        let documents = Documents::default();
        let kept = dimension::of_kept().map(|one| format!("{}:plan", one.key));
        let keys = dimension::all().map(|one| one.key.to_owned());
        for key in keys.chain(kept) {
            let dimension = DimensionRef::parse(&key).unwrap();
            let derived = Derived::of(&dimension, &documents);
            let column = derived.column(Kind::Conversions);
            let is_time = matches!(derived, Derived::Time(_));
            let is_kept = column.is_some_and(|one| Column::all(Kind::Conversions).contains(&one));
            assert!(is_time || is_kept, "{key}");
        }
    }
}
