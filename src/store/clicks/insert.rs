//! One click into its row.

use rusqlite::{CachedStatement, Connection, params};

use super::packed::{Packed, pack_ip, pack_sub_ids};
use crate::domain::click::Click;
use crate::domain::visitor::BotReason;
use crate::store::dictionary::{Dictionary, Route};

const INSERT: &str = "
    insert into clicks (id, at_shift, route_id, agent_id, place_id, ip, language, referrer, source,
        keyword, creative_id, ad_group_id, ad_campaign_id, external_id, sub_ids, others, cost,
        currency_id, flags)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    on conflict(id) do nothing";

/// Column `flags`: see the migration that made it.
fn flags(click: &Click) -> i64 {
    let fell_back = click.cost.is_some_and(|cost| cost.fell_back);
    let reason = click.bot_reason.map_or(0, BotReason::code);
    i64::from(fell_back) | i64::from(reason) << 8
}

/// The statement, looked up once for many clicks.
pub(crate) fn prepare(connection: &Connection) -> Result<CachedStatement<'_>, rusqlite::Error> {
    connection.prepare_cached(INSERT)
}

/// Whether a row went in; `false` if the click was there already.
///
/// Bound by position, in the order of the columns: looking the names up took a tenth of the
/// writer's time.
pub(crate) fn insert(
    connection: &Connection,
    statement: &mut CachedStatement<'_>,
    dictionary: &mut Dictionary,
    click: &Click,
) -> Result<bool, rusqlite::Error> {
    let route_id = dictionary.route(connection, &Route::of(click))?;
    let currency_id = match &click.cost {
        Some(cost) => Some(dictionary.currency(connection, cost.currency)?),
        None => None,
    };
    let agent_id = dictionary.agent(connection, &click.agent)?;
    let place_id = dictionary.place(connection, &click.place)?;
    let others = &click.parameters.others;
    let others = (!others.is_empty()).then(|| serde_json::to_string(others).unwrap_or_default());
    let rows = statement.execute(params![
        click.id.to_row(),
        click.at - click.id.unix_ms(),
        route_id,
        agent_id,
        place_id,
        pack_ip(&click.ip),
        click.language.as_ref().map(|language| language.as_str()),
        click.referrer,
        Packed(click.parameters.source.as_deref()),
        Packed(click.parameters.keyword.as_deref()),
        Packed(click.parameters.creative_id.as_deref()),
        Packed(click.parameters.ad_group_id.as_deref()),
        Packed(click.parameters.ad_campaign_id.as_deref()),
        Packed(click.parameters.external_id.as_deref()),
        pack_sub_ids(&click.parameters.sub_ids),
        others,
        click.cost.map(|cost| cost.amount.0),
        currency_id,
        flags(click),
    ])?;
    Ok(rows > 0)
}
