//! Offer clicks in the file: how one is written, what it changes in its click, how they are read.

pub mod log;

use rusqlite::{CachedStatement, Connection, OptionalExtension, named_params, params};
use serde::Serialize;

use super::clicks::flags;
use super::dictionary::{Dictionary, Route};
use super::error::StoreError;
use crate::domain::id::Id;
use crate::domain::offer_click::OfferClick;
use crate::domain::visitor::BotReason;

const INSERT: &str = "
    insert into offer_clicks (id, click_id, offer_id, n, no_entry_campaign_id, flags)
    values (?, ?, ?, ?, ?, ?)
    on conflict(id) do nothing";

/// The statement, looked up once for many offer clicks.
pub(crate) fn prepare(connection: &Connection) -> Result<CachedStatement<'_>, rusqlite::Error> {
    connection.prepare_cached(INSERT)
}

/// Whether a row went in; `false` if the offer click was there already, and then nothing changes.
///
/// The first one fills the empty offer of its click, and one that a person made takes the label
/// "prefetch" off it: somebody saw the page after all.
pub(crate) fn insert(
    connection: &Connection,
    statement: &mut CachedStatement<'_>,
    dictionary: &mut Dictionary,
    step: &OfferClick,
) -> Result<bool, rusqlite::Error> {
    let shift = step.at - step.id.unix_ms();
    let rows = statement.execute(params![
        step.id.to_row(),
        step.click_id.map(Id::to_row),
        step.offer_id,
        step.n,
        step.no_entry_campaign_id,
        i64::from(step.is_preview) | shift << 16,
    ])?;
    if rows > 0
        && let Some(click_id) = step.click_id
        && !step.is_preview
    {
        touch_click(connection, dictionary, click_id, step.offer_id)?;
    }
    Ok(rows > 0)
}

const FIND_CLICK: &str = "
    select clicks.flags, routes.campaign_id, routes.flow_id, routes.landing_id, routes.offer_id,
        routes.traffic_source_id, routes.domain_id
    from clicks join routes on routes.id = clicks.route_id
    where clicks.id = ?1";
const FILL_OFFER: &str = "update clicks set route_id = :route_id where id = :id";

fn touch_click(
    connection: &Connection,
    dictionary: &mut Dictionary,
    click_id: Id,
    offer_id: Option<u64>,
) -> Result<(), rusqlite::Error> {
    let id = click_id.to_row();
    let found = connection
        .prepare_cached(FIND_CLICK)?
        .query_row([id], |row| {
            Ok((row.get::<_, i64>(0)?, Route::read(row, 1)?))
        })
        .optional()?;
    let Some((bits, route)) = found else {
        return Ok(());
    };
    let prefetch = BotReason::Prefetch.code();
    if (bits >> 8 & 0xff) as u8 == prefetch {
        flags::clear_label(connection, click_id)?;
    }
    if let Some(offer_id) = offer_id
        && let Some(filled) = route.filled(offer_id)
    {
        let route_id = dictionary.route(connection, &filled)?;
        connection
            .prepare_cached(FILL_OFFER)?
            .execute(named_params! { ":id": id, ":route_id": route_id })?;
    }
    Ok(())
}

/// One step of a click, as the API shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// RFC 3339.
    pub at: Option<String>,
    pub offer_id: Option<u64>,
    pub n: Option<u32>,
    /// A preview made it.
    pub is_preview: bool,
}

/// More steps of one click than this are a robot's.
const MOST: usize = 200;

const OF_CLICK: &str = "
    select at, offer_id, n, flags & 1 from offer_clicks
    where click_id = ?1 order by id limit ?2";

/// The steps of a click, the first ones in their order.
pub(super) fn of_click(connection: &Connection, click_id: Id) -> Result<Vec<Step>, StoreError> {
    let mut statement = connection.prepare_cached(OF_CLICK)?;
    let rows = statement.query_map(params![click_id.to_row(), MOST], |row| {
        Ok(Step {
            at: super::log::values::rfc3339(row.get(0)?),
            offer_id: row.get(1)?,
            n: row.get(2)?,
            is_preview: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::click::Click;
    use crate::domain::id::IdGenerator;
    use crate::store::clicks::insert as click_insert;
    use crate::store::entities::tests::database;

    const AT: i64 = 1_790_000_000_000;

    struct Table {
        connection: Connection,
        dictionary: Dictionary,
        ids: IdGenerator,
    }

    impl Table {
        /// With one click, whose label and offer these are.
        fn new(bot_reason: Option<BotReason>, offer_id: Option<u64>) -> (Self, Id) {
            let mut table = Self {
                connection: database(),
                dictionary: Dictionary::new(),
                ids: IdGenerator::new(0, None),
            };
            let id = table.ids.next(AT);
            let click = Click {
                parent_id: None,
                visitor: None,
                is_unique_campaign: false,
                is_unique_flow: false,
                is_unique_global: false,
                is_test: false,
                id,
                at: AT,
                campaign_id: 1,
                flow_id: Some(2),
                landing_id: Some(3),
                offer_id,
                traffic_source_id: None,
                domain_id: None,
                ip: [203, 0, 113, 9].into(),
                agent: Default::default(),
                place: Default::default(),
                language: None,
                referrer: None,
                bot_reason,
                parameters: Default::default(),
                cost: None,
            };
            let mut statement = click_insert::prepare(&table.connection).unwrap();
            click_insert::insert(
                &table.connection,
                &mut statement,
                &mut table.dictionary,
                &click,
            )
            .unwrap();
            drop(statement);
            (table, id)
        }

        fn step(&self, click_id: Id, offer_id: Option<u64>) -> OfferClick {
            OfferClick {
                id: self.ids.next(AT + 5),
                at: AT + 5,
                click_id: Some(click_id),
                offer_id,
                n: None,
                no_entry_campaign_id: None,
                is_preview: false,
            }
        }

        fn insert(&mut self, step: &OfferClick) -> bool {
            let mut statement = prepare(&self.connection).unwrap();
            insert(&self.connection, &mut statement, &mut self.dictionary, step).unwrap()
        }

        /// (offer of the click, its bot reason)
        fn click(&self) -> (Option<u64>, Option<String>) {
            self.connection
                .query_row(
                    "select offer_id, bot_reason from clicks_readable",
                    [],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .unwrap()
        }
    }

    #[test]
    fn the_first_step_to_an_offer_fills_the_click_and_later_ones_do_not() {
        let (mut table, click_id) = Table::new(None, None);
        let nowhere = table.step(click_id, None);
        let first = table.step(click_id, Some(7));
        let second = table.step(click_id, Some(8));

        assert!(table.insert(&nowhere));
        assert_eq!(table.click().0, None);
        assert!(table.insert(&first));
        assert!(table.insert(&second));

        assert_eq!(table.click().0, Some(7));
        let steps = of_click(&table.connection, click_id).unwrap();
        let offers: Vec<_> = steps.iter().map(|step| step.offer_id).collect();
        assert_eq!(offers, [None, Some(7), Some(8)]);
        assert_eq!(steps[0].at.as_deref(), Some("2026-09-21T14:13:20.005Z"));
    }

    #[test]
    fn a_replay_changes_nothing() {
        let (mut table, click_id) = Table::new(None, None);
        let step = table.step(click_id, Some(7));
        assert!(table.insert(&step));

        let replayed = OfferClick {
            offer_id: Some(9),
            ..step
        };

        assert!(!table.insert(&replayed));
        assert_eq!(table.click().0, Some(7));
    }

    #[test]
    fn only_the_label_of_a_preview_comes_off_and_only_for_a_person() {
        let word = |reason: BotReason| Some(reason.as_str().to_owned());
        for (reason, is_preview, left) in [
            (BotReason::Prefetch, false, Some("converted".to_owned())),
            (BotReason::Prefetch, true, word(BotReason::Prefetch)),
            (BotReason::Crawler, false, word(BotReason::Crawler)),
            (BotReason::IpList, false, word(BotReason::IpList)),
        ] {
            let (mut table, click_id) = Table::new(Some(reason), Some(7));
            let mut step = table.step(click_id, Some(7));
            step.is_preview = is_preview;

            table.insert(&step);

            assert_eq!(table.click(), (Some(7), left), "{reason:?}");
        }
    }

    #[test]
    fn a_step_without_a_stored_click_is_kept() {
        let (mut table, _) = Table::new(None, None);
        let unknown = table.ids.next(AT);
        let step = OfferClick {
            no_entry_campaign_id: Some(1),
            ..table.step(unknown, Some(7))
        };

        assert!(table.insert(&step));

        let no_entry: (u64, bool) = table
            .connection
            .query_row(
                "select campaign_id, no_entry from offer_clicks_readable",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .unwrap();
        assert_eq!(no_entry, (1, true));
    }
}
