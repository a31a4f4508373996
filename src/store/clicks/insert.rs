//! One click into its row.

use rusqlite::{CachedStatement, Connection, named_params, params};

use super::packed::{Packed, pack_ip, pack_sub_ids};
use crate::domain::click::Click;
use crate::store::dictionary::Dictionary;

const INSERT: &str = "
    insert into clicks (id, at, campaign_id, flow_id, landing_id, offer_id, traffic_source_id,
        domain_id, agent_id, place_id, ip, language, referrer, source, keyword, creative_id,
        ad_group_id, ad_campaign_id, external_id, sub_ids, others, cost, cost_currency,
        cost_fell_back, bot_reason)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    on conflict(id) do nothing";

/// The statement, looked up once for many clicks.
pub(crate) fn prepare(connection: &Connection) -> Result<CachedStatement<'_>, rusqlite::Error> {
    connection.prepare_cached(INSERT)
}

/// Whether a row went in; `false` if the click was there already.
///
/// Bound by position, in the order of the columns: looking 25 names up took a tenth of the
/// writer's time.
pub(crate) fn insert(
    connection: &Connection,
    statement: &mut CachedStatement<'_>,
    dictionary: &mut Dictionary,
    click: &Click,
) -> Result<bool, rusqlite::Error> {
    let agent_id = dictionary.agent(connection, &click.agent)?;
    let place_id = dictionary.place(connection, &click.place)?;
    let others = &click.parameters.others;
    let others = (!others.is_empty()).then(|| serde_json::to_string(others).unwrap_or_default());
    let rows = statement.execute(params![
        click.id.to_row(),
        click.at,
        click.campaign_id,
        click.flow_id,
        click.landing_id,
        click.offer_id,
        click.traffic_source_id,
        click.domain_id,
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
        click.cost.as_ref().map(|cost| cost.currency.as_str()),
        click.cost.and_then(|cost| cost.fell_back.then_some(1)),
        click.bot_reason.map(|reason| reason.as_str()),
    ])?;
    Ok(rows > 0)
}

const SET_ASIDE: &str = "
    insert into set_aside (at, kind, record, error) values (:at, :kind, :record, :error)";

/// Keeps a record that cannot be stored for a reason of its own, with the reason.
pub(crate) fn set_aside(
    connection: &Connection,
    kind: &str,
    record: &str,
    error: &str,
) -> Result<(), rusqlite::Error> {
    connection
        .prepare_cached(SET_ASIDE)?
        .execute(named_params! {
            ":at": crate::clock::now_ms(),
            ":kind": kind,
            ":record": record,
            ":error": error,
        })?;
    Ok(())
}
