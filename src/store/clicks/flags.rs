//! Column `flags` of a click: what is yes or no about it, its bot label, its clock.
//!
//! SQLite keeps the numbers 0 and 1 in no bytes at all, so the ordinary click is a 1 and the
//! ordinary repeated one a 0. The bits are told by the migrations of clicks, uniqueness and flags.

use rusqlite::Connection;

use crate::domain::click::Click;
use crate::domain::id::Id;
use crate::domain::visitor::BotReason;

/// The lowest bits where a click is unique for campaign, flow and all.
const UNIQUE_FOR_ALL: i64 = 1;
const UNIQUENESS: i64 = 15;
/// Place of a bit.
const FELL_BACK: u32 = 4;
const TEST: u32 = 5;
const CLEARED: i64 = 1 << 7;

/// As SQL, for filters.
pub(super) const IS_UNIQUE_CAMPAIGN: &str = "(clicks.flags & 15 = 1 or clicks.flags >> 1 & 1)";
pub(super) const IS_UNIQUE_FLOW: &str = "(clicks.flags & 15 = 1 or clicks.flags >> 2 & 1)";
pub(super) const IS_UNIQUE_GLOBAL: &str = "(clicks.flags & 15 = 1 or clicks.flags >> 3 & 1)";

pub(crate) const IS_TEST: &str = "(clicks.flags >> 5 & 1)";

/// The column, as it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) struct Flags(pub(in crate::store) i64);

impl Flags {
    pub(super) fn of(click: &Click) -> Self {
        let uniqueness = match (
            click.is_unique_campaign,
            click.is_unique_flow,
            click.is_unique_global,
        ) {
            (true, true, true) => UNIQUE_FOR_ALL,
            (campaign, flow, global) => {
                i64::from(campaign) << 1 | i64::from(flow) << 2 | i64::from(global) << 3
            }
        };
        let fell_back = click.cost.is_some_and(|cost| cost.fell_back);
        let reason = click.bot_reason.map_or(0, BotReason::code);
        let shift = click.at - click.id.unix_ms();
        Self(
            uniqueness
                | i64::from(fell_back) << FELL_BACK
                | i64::from(click.is_test) << TEST
                | i64::from(reason) << 8
                | shift << 16,
        )
    }

    pub(in crate::store) fn is_unique_campaign(self) -> bool {
        self.is_unique(1)
    }

    pub(in crate::store) fn is_unique_flow(self) -> bool {
        self.is_unique(2)
    }

    pub(in crate::store) fn is_unique_global(self) -> bool {
        self.is_unique(3)
    }

    fn is_unique(self, bit: u32) -> bool {
        self.is_unique_for_all() || self.0 >> bit & 1 == 1
    }

    fn is_unique_for_all(self) -> bool {
        self.0 & UNIQUENESS == UNIQUE_FOR_ALL
    }

    /// The link's cost was unreadable and the fixed value counts.
    pub(super) fn cost_fell_back(self) -> bool {
        let as_before = self.0 & 1 == 1 && !self.is_unique_for_all();
        self.0 >> FELL_BACK & 1 == 1 || as_before
    }

    pub(in crate::store) fn is_test(self) -> bool {
        self.0 >> TEST & 1 == 1
    }

    pub(in crate::store) fn is_bot(self) -> bool {
        self.0 >> 8 & 0xff > 0
    }

    /// How far the click's time lies from that of its id, in milliseconds.
    pub(in crate::store) fn shift(self) -> i64 {
        self.0 >> 16
    }

    pub(in crate::store) fn bot_reason(self) -> Option<BotReason> {
        BotReason::of_code((self.0 >> 8 & 0xff) as u8)
    }

    /// The same with another bot label, or none.
    pub(in crate::store) fn labelled(self, reason: Option<BotReason>) -> Self {
        let code = reason.map_or(0, BotReason::code);
        Self(self.0 & !(0xff << 8) | i64::from(code) << 8)
    }

    /// A person came after the preview, and the label was taken off.
    pub(in crate::store) fn is_cleared(self) -> bool {
        self.0 & CLEARED != 0
    }
}

/// Takes the bot label off a click whose visitor has shown to be a person.
pub(crate) fn clear_label(connection: &Connection, click_id: Id) -> Result<(), rusqlite::Error> {
    const SQL: &str = "
        update clicks set flags = flags & ~(255 << 8) | (1 << 7)
        where id = ?1 and flags >> 8 & 255 > 0";
    connection
        .prepare_cached(SQL)?
        .execute([click_id.to_row()])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::store::entities::tests::database;

    /// Lets the filters and the view say what a row with these flags is: unique for campaign, flow
    /// and all by each, and fallen back.
    fn told_by_sql(connection: &Connection, flags: i64) -> [bool; 9] {
        connection
            .execute("update clicks set flags = ?1", [flags])
            .expect("a row");
        let sql = format!(
            "select {IS_UNIQUE_CAMPAIGN}, {IS_UNIQUE_FLOW}, {IS_UNIQUE_GLOBAL},
                is_unique_campaign, is_unique_flow, is_unique_global, cost_fell_back,
                {IS_TEST}, is_test
            from clicks join clicks_readable using (id)"
        );
        connection
            .query_row(&sql, [], |row| {
                let mut told = [false; 9];
                for (index, one) in told.iter_mut().enumerate() {
                    *one = row.get(index)?;
                }
                Ok(told)
            })
            .expect("a row")
    }

    #[test]
    fn filters_and_view_read_all_flags_as_the_program_does() {
        let connection = database();
        let row = "
            insert into routes (id, campaign_id) values (1, 1);
            insert into agents (id, fingerprint, user_agent, device_type) values (1, x'01', '', '');
            insert into places (id, fingerprint) values (1, x'01');
            insert into clicks (id, route_id, agent_id, place_id, ip, flags)
            values (1, 1, 1, 1, x'01020304', 0)";
        connection.execute_batch(row).expect("inserted");

        for low in 0..256 {
            for flags in [low, low | 3 << 8, low | -5 << 16] {
                let read = Flags(flags);
                let unique = [
                    read.is_unique_campaign(),
                    read.is_unique_flow(),
                    read.is_unique_global(),
                ];
                let told = told_by_sql(&connection, flags);
                assert_eq!(told[..3], unique, "{flags}");
                assert_eq!(told[3..6], unique, "{flags}");
                assert_eq!(told[6], read.cost_fell_back(), "{flags}");
                assert_eq!(told[7..], [read.is_test(); 2], "{flags}");
            }
        }
    }

    /// What the flags of version 9 meant.
    fn meant_before(flags: i64) -> [bool; 4] {
        [1, 2, 3, 0].map(|bit| flags >> bit & 1 == 1)
    }

    #[test]
    fn clicks_of_older_versions_mean_what_they_meant() {
        for before in 0..16 {
            // As the migration leaves them.
            let flags = Flags(if before == 1 { 16 } else { before });
            let read = [
                flags.is_unique_campaign(),
                flags.is_unique_flow(),
                flags.is_unique_global(),
                flags.cost_fell_back(),
            ];
            assert_eq!(read, meant_before(before), "{before}");
        }
    }
}
