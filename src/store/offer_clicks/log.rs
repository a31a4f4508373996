//! Offer clicks as they are listed.

use rusqlite::Row;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::id::IdCodec;
use crate::store::error::StoreError;
use crate::store::log::fields::{Field, Fields, Kind};
use crate::store::log::{self, Found, Ids, Log, Page, Query, values};
use crate::store::readers::Readers;

/// What offer clicks can be filtered on.
pub const FIELDS: Fields = Fields(&[OWN]);

const OWN: &[Field] = &[
    ("click_id", "offer_clicks.click_id", Kind::ClickId),
    ("campaign_id", CAMPAIGN, Kind::Integer),
    ("flow_id", "routes.flow_id", Kind::Integer),
    ("landing_id", "routes.landing_id", Kind::Integer),
    ("offer_id", "offer_clicks.offer_id", Kind::Integer),
    ("n", "offer_clicks.n", Kind::Integer),
    ("is_preview", "(offer_clicks.flags & 1)", Kind::Boolean),
    (
        "is_no_entry",
        "(offer_clicks.no_entry_campaign_id is not null)",
        Kind::Boolean,
    ),
];
const CAMPAIGN: &str = "coalesce(routes.campaign_id, offer_clicks.no_entry_campaign_id)";

/// A step from a landing to an offer.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = OfferClick)]
pub struct LoggedStep {
    /// A number of up to 19 digits, as text.
    pub id: String,
    #[schema(format = DateTime)]
    pub at: String,
    /// `null` where nobody knows which click it was.
    pub click_id: Option<String>,
    pub campaign_id: Option<u64>,
    pub flow_id: Option<u64>,
    pub landing_id: Option<u64>,
    /// `null` where no offer was live and the visitor took the fallback.
    pub offer_id: Option<u64>,
    /// Which offer of the flow was asked for, from 1; `null` for the one that was drawn.
    pub n: Option<u64>,
    /// A preview made it: nobody went on.
    pub is_preview: bool,
    /// It came without a known click.
    pub is_no_entry: bool,
}

const SELECT: &str = "
    select offer_clicks.id, offer_clicks.at, offer_clicks.click_id,
        coalesce(routes.campaign_id, offer_clicks.no_entry_campaign_id) as campaign_id,
        routes.flow_id, routes.landing_id, offer_clicks.offer_id, offer_clicks.n,
        offer_clicks.flags & 1 as is_preview,
        offer_clicks.no_entry_campaign_id is not null as is_no_entry
    from offer_clicks
    left join clicks on clicks.id = offer_clicks.click_id
    left join routes on routes.id = clicks.route_id";

const LOG: Log = Log {
    table: "offer_clicks",
    select: &[SELECT],
    time: "offer_clicks.at",
    ids: Ids::OfTime,
};

/// One page.
pub fn list(
    readers: &Readers,
    codec: &IdCodec,
    query: &Query,
) -> Result<Page<LoggedStep>, StoreError> {
    log::list(readers, &LOG, query, |row| read(row, codec))
}

fn read(row: &Row<'_>, codec: &IdCodec) -> Result<Found<LoggedStep>, rusqlite::Error> {
    let id: i64 = row.get("id")?;
    let step = LoggedStep {
        id: id.to_string(),
        at: values::time(row.get("at")?),
        click_id: values::public(codec, row.get("click_id")?),
        campaign_id: row.get("campaign_id")?,
        flow_id: row.get("flow_id")?,
        landing_id: row.get("landing_id")?,
        offer_id: row.get("offer_id")?,
        n: row.get("n")?,
        is_preview: row.get("is_preview")?,
        is_no_entry: row.get("is_no_entry")?,
    };
    Ok((id, step))
}
