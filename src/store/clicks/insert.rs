//! One click into its row.

use rusqlite::{CachedStatement, Connection, params};

use super::flags::Flags;
use super::packed::{Packed, pack_ip, pack_sub_ids};
use crate::domain::click::Click;
use crate::store::dictionary::{Dictionary, Route};

const INSERT: &str = "
    insert into clicks (id, route_id, agent_id, place_id, ip, language, referrer, source,
        keyword, creative_id, ad_group_id, ad_campaign_id, external_id, sub_ids, others, cost,
        currency_id, flags, visitor)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    on conflict(id) do nothing";

/// Few clicks come from another campaign, so that is no column of all of them.
const INSERT_JUMP: &str = "
    insert into jumps (click_id, parent_id) values (?, ?)
    on conflict(click_id) do nothing";

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
        Flags::of(click).0,
        click.visitor.map(|key| key as i64),
    ])?;
    if rows > 0 {
        dictionary
            .ad_names
            .note(connection, click.at, &click.parameters)?;
    }
    if let (true, Some(parent_id)) = (rows > 0, click.parent_id) {
        connection
            .prepare_cached(INSERT_JUMP)?
            .execute([click.id.to_row(), parent_id.to_row()])?;
    }
    Ok(rows > 0)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::click::ClickCost;
    use crate::domain::id::IdGenerator;
    use crate::domain::money::{Currency, Micros};
    use crate::domain::visitor::BotReason;
    use crate::store::entities::tests::database;

    #[test]
    fn time_cost_and_bot_reason_read_back_whatever_the_clock_did() {
        let connection = database();
        let mut dictionary = Dictionary::new();
        let mut statement = prepare(&connection).unwrap();
        let ids = IdGenerator::new(0, None);
        let now = 1_790_000_000_000;
        let reasons = BotReason::ALL.iter().map(|(_, reason)| Some(*reason));
        // Each click is an hour before the one it follows: ids go on, times go back.
        for (index, bot_reason) in reasons.chain([None]).enumerate() {
            let at = now - index as i64 * 3_600_000;
            let click = Click {
                id: ids.next(at),
                at,
                campaign_id: 1,
                flow_id: None,
                landing_id: None,
                offer_id: None,
                traffic_source_id: None,
                domain_id: None,
                ip: [1, 2, 3, 4].into(),
                agent: Arc::default(),
                place: Arc::default(),
                language: None,
                referrer: None,
                bot_reason,
                parameters: Default::default(),
                cost: Some(ClickCost {
                    amount: Micros(1_500),
                    currency: Currency::parse("EUR").unwrap(),
                    fell_back: index % 2 == 1,
                }),
                parent_id: None,
                visitor: (index > 2).then_some(u64::MAX - index as u64),
                is_unique_campaign: index % 2 == 0,
                is_unique_flow: index % 3 == 0,
                is_unique_global: index % 5 == 0,
                is_test: false,
            };
            insert(&connection, &mut statement, &mut dictionary, &click).unwrap();

            let (read_at, fell_back, currency, word, ip): (
                i64,
                i64,
                String,
                Option<String>,
                String,
            ) = connection
                .query_row(
                    "select clicks.at, cost_fell_back, cost_currency, bot_reason, readable.ip
                         from clicks join clicks_readable as readable using (id)
                         where id = ?1",
                    [click.id.to_row()],
                    |row| {
                        Ok((
                            row.get(0)?,
                            row.get(1)?,
                            row.get(2)?,
                            row.get(3)?,
                            row.get(4)?,
                        ))
                    },
                )
                .unwrap();
            assert_eq!(read_at, at);
            assert_eq!(fell_back, index as i64 % 2);
            assert_eq!(currency, "EUR");
            assert_eq!(word.as_deref(), bot_reason.map(BotReason::as_str));
            assert_eq!(ip, "1.2.3.4");
            let unique: (bool, bool, bool, Option<i64>) = connection
                .query_row(
                    "select is_unique_campaign, is_unique_flow, is_unique_global, visitor
                     from clicks join clicks_readable using (id) where id = ?1",
                    [click.id.to_row()],
                    |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
                )
                .unwrap();
            let visitor = click.visitor.map(|key| key as i64);
            assert_eq!(
                unique,
                (index % 2 == 0, index % 3 == 0, index % 5 == 0, visitor)
            );
        }
    }
}
