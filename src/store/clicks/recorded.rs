//! What recorded clicks tell about their visitors, newest first, page by page.

use rusqlite::{Row, named_params};

use super::flags::Flags;
use super::packed::unpack_ip;
use crate::domain::id::Id;
use crate::domain::visitor::BotReason;
use crate::engine::memory::Recorded;
use crate::store::error::StoreError;
use crate::store::readers::Readers;

/// A preview is no visit, and a test that of nobody, so they are left out.
const PAGE: &str = "
    select clicks.id, clicks.at, campaign_id, flow_id, landing_id, offer_id, ip, user_agent,
        visitor, flags
    from clicks
    join routes on routes.id = clicks.route_id
    join agents on agents.id = clicks.agent_id
    where clicks.id between :from and :to and clicks.flags >> 8 & 255 <> :preview
        and clicks.flags >> 5 & 1 = 0
    order by clicks.id desc
    limit :limit";

/// The newest `limit` clicks from `from` to `to`, both included, with the id of each. A short page
/// is the last.
pub fn page(
    readers: &Readers,
    from: Id,
    to: Id,
    limit: usize,
) -> Result<Vec<(Id, Recorded)>, StoreError> {
    let reader = readers.get()?;
    let mut statement = reader.prepare_cached(PAGE)?;
    let values = named_params! {
        ":from": from.to_row(),
        ":to": to.to_row(),
        ":preview": BotReason::Prefetch.code(),
        ":limit": limit as i64,
    };
    let rows = statement.query_map(values, read)?;
    let rows: Vec<_> = rows.collect::<Result<_, _>>()?;
    Ok(rows.into_iter().flatten().collect())
}

fn read(row: &Row<'_>) -> Result<Option<(Id, Recorded)>, rusqlite::Error> {
    let ip: Vec<u8> = row.get(6)?;
    let flags = Flags(row.get(9)?);
    let (Some(id), Some(ip)) = (Id::from_row(row.get(0)?), unpack_ip(&ip)) else {
        return Ok(None);
    };
    let recorded = Recorded {
        at: row.get(1)?,
        campaign_id: row.get(2)?,
        flow_id: row.get(3)?,
        landing_id: row.get(4)?,
        offer_id: row.get(5)?,
        ip,
        user_agent: row.get(7)?,
        visitor: row.get::<_, Option<i64>>(8)?.map(|key| key as u64),
        is_unique_campaign: flags.is_unique_campaign(),
        is_unique_global: flags.is_unique_global(),
    };
    Ok(Some((id, recorded)))
}
