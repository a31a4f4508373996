//! Money for which there was no click.

use rusqlite::{Connection, named_params};
use sha2::{Digest, Sha256};

use super::LineFound;
use crate::domain::cost_update::{CostLine, Which};

/// Stores the money of a line without any click, and takes away what was said before about the same
/// clicks, whether there were some by now or not. How many rows that makes.
pub fn leave(
    connection: &Connection,
    update_id: u64,
    found: &LineFound,
) -> Result<usize, rusqlite::Error> {
    const REPLACE: &str = "
        update unassigned_costs set replaced_by = :update
        where selection = :selection and replaced_by is null and update_id <> :update";
    const INSERT: &str = "
        insert into unassigned_costs (update_id, selection, campaign_id, at, amount, currency)
        values (:update, :selection, :campaign_id, :at, :amount, :currency)";
    // What is said about all clicks of a campaign and time is said about those of a part of it, too.
    const REPLACE_WITHIN: &str = "
        update unassigned_costs set replaced_by = :update
        where campaign_id = :campaign_id and at >= :from and at < :to
            and replaced_by is null and update_id <> :update";
    if found.line.which == Which::All && found.line.filters.is_empty() {
        let mut replace = connection.prepare_cached(REPLACE_WITHIN)?;
        for campaign_id in &found.line.campaign_ids {
            replace.execute(named_params! {
                ":update": update_id, ":campaign_id": campaign_id,
                ":from": found.line.from, ":to": found.line.to,
            })?;
        }
    }
    let selection = selection(&found.line);
    let values = named_params! { ":update": update_id, ":selection": selection };
    connection.prepare_cached(REPLACE)?.execute(values)?;
    if found.clicks > 0 {
        return Ok(0);
    }
    let rows = found.line.unassigned();
    let mut insert = connection.prepare_cached(INSERT)?;
    for row in &rows {
        insert.execute(named_params! {
            ":update": update_id, ":selection": selection, ":campaign_id": row.campaign_id,
            ":at": row.at, ":amount": row.amount.0, ":currency": found.line.currency.as_str(),
        })?;
    }
    Ok(rows.len())
}

/// Takes the money of an update away again; what it had replaced counts as before.
pub(super) fn take_back(connection: &Connection, update_id: u64) -> Result<(), rusqlite::Error> {
    const DELETE: &str = "delete from unassigned_costs where update_id = :update";
    const RESTORE: &str = "
        update unassigned_costs set replaced_by = null where replaced_by = :update";
    for sql in [DELETE, RESTORE] {
        let values = named_params! { ":update": update_id };
        connection.prepare_cached(sql)?.execute(values)?;
    }
    Ok(())
}

/// Of all that says which clicks a line is about.
fn selection(line: &CostLine) -> [u8; 32] {
    let CostLine {
        campaign_ids,
        from,
        to,
        which,
        filters,
        ..
    } = line;
    let said = serde_json::json!([campaign_ids, from, to, which, filters]);
    Sha256::digest(said.to_string().as_bytes()).into()
}
