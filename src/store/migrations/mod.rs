//! The schema's history: numbered files, each applied in one transaction, counted in
//! `user_version`. A published file is never changed.
//!
//! Adding one: 1. write `NNNN_what.sql` here; 2. add its row to `MIGRATIONS`.

use std::path::Path;

use rusqlite::Connection;

use super::error::StoreError;

/// Every migration, oldest first; its place in this list plus one is its `user_version`.
const MIGRATIONS: &[(&str, &str)] = &[
    ("0001_entities", include_str!("0001_entities.sql")),
    ("0002_clicks", include_str!("0002_clicks.sql")),
    ("0003_routing", include_str!("0003_routing.sql")),
    ("0004_entities", include_str!("0004_entities.sql")),
    ("0005_uniqueness", include_str!("0005_uniqueness.sql")),
    ("0006_counters", include_str!("0006_counters.sql")),
    ("0007_offer_clicks", include_str!("0007_offer_clicks.sql")),
    ("0008_jumps", include_str!("0008_jumps.sql")),
    ("0009_changes", include_str!("0009_changes.sql")),
    ("0010_flags", include_str!("0010_flags.sql")),
    ("0011_conversions", include_str!("0011_conversions.sql")),
    ("0012_network_keys", include_str!("0012_network_keys.sql")),
    ("0013_imports", include_str!("0013_imports.sql")),
    (
        "0014_rate_fractions",
        include_str!("0014_rate_fractions.sql"),
    ),
    ("0015_test_clicks", include_str!("0015_test_clicks.sql")),
    ("0016_outbox", include_str!("0016_outbox.sql")),
    ("0017_channels", include_str!("0017_channels.sql")),
    ("0018_rules", include_str!("0018_rules.sql")),
    ("0019_summaries", include_str!("0019_summaries.sql")),
    ("0020_status_at", include_str!("0020_status_at.sql")),
    ("0021_columns", include_str!("0021_columns.sql")),
    ("0022_jobs", include_str!("0022_jobs.sql")),
    ("0023_saved_reports", include_str!("0023_saved_reports.sql")),
    ("0024_metrics", include_str!("0024_metrics.sql")),
    ("0025_ad_names", include_str!("0025_ad_names.sql")),
];

/// Brings the database up to date. A database that already has data is copied to
/// `<database>.before-v<N>` first.
pub fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let known = MIGRATIONS.len() as i64;
    let found: i64 = connection.query_row("pragma user_version", [], |row| row.get(0))?;
    if found > known {
        return Err(StoreError::NewerDatabase { found, known });
    }
    if found > 0 && found < known {
        let mut copy = path.as_os_str().to_owned();
        copy.push(format!(".before-v{known}"));
        connection.backup("main", &copy, None)?;
    }
    for (index, (name, sql)) in MIGRATIONS.iter().enumerate().skip(found as usize) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "user_version", index as i64 + 1)?;
        transaction.commit()?;
        tracing::info!(migration = name, "schema updated");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_of_a_newer_program_is_refused_and_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("millrace.db");
        let mut connection = Connection::open(&path).unwrap();
        connection.pragma_update(None, "user_version", 999).unwrap();

        let refused = migrate(&mut connection, &path).unwrap_err().to_string();

        assert!(refused.contains("version 999"), "{refused}");
        let tables: i64 = connection
            .query_row("select count(*) from sqlite_schema", [], |row| row.get(0))
            .unwrap();
        assert_eq!(tables, 0);
    }

    #[test]
    fn an_upgrade_copies_the_database_first_and_a_fresh_one_is_not_copied() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("millrace.db");
        let mut connection = Connection::open(&path).unwrap();
        connection.execute_batch(MIGRATIONS[0].1).unwrap();
        connection
            .execute_batch("insert into settings values ('mark', x'07')")
            .unwrap();
        connection.pragma_update(None, "user_version", 1).unwrap();

        migrate(&mut connection, &path).unwrap();

        let name = format!("millrace.db.before-v{}", MIGRATIONS.len());
        let copy = Connection::open(directory.path().join(name)).unwrap();
        let marks: i64 = copy
            .query_row("select count(*) from settings", [], |row| row.get(0))
            .unwrap();
        let version: i64 = copy
            .query_row("pragma user_version", [], |row| row.get(0))
            .unwrap();
        assert_eq!((marks, version), (1, 1));

        let fresh = directory.path().join("fresh.db");
        migrate(&mut Connection::open(&fresh).unwrap(), &fresh).unwrap();
        let files = std::fs::read_dir(directory.path()).unwrap().flatten();
        let copies =
            files.filter(|file| file.file_name().to_string_lossy().starts_with("fresh.db."));
        assert_eq!(copies.count(), 0);
    }

    #[test]
    fn campaigns_of_older_versions_show_their_traffic_source() {
        let mut connection = Connection::open_in_memory().unwrap();
        for (_, sql) in &MIGRATIONS[..3] {
            connection.execute_batch(sql).unwrap();
        }
        connection.pragma_update(None, "user_version", 3).unwrap();
        let campaigns = r#"
            insert into campaigns (id, name, alias, state, version, document, created_at, updated_at)
            values (1, 'A', 'a', 'active', 1, '{"traffic_source_id": 7}', 0, 0),
                   (2, 'B', 'b', 'active', 1, '{"traffic_source_id": null}', 0, 0)"#;
        connection.execute_batch(campaigns).unwrap();
        let directory = tempfile::tempdir().unwrap();

        migrate(&mut connection, &directory.path().join("old.db")).unwrap();

        let sources: Vec<Option<i64>> = connection
            .prepare("select traffic_source_id from campaigns order by id")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert_eq!(sources, [Some(7), None]);
    }

    #[test]
    fn networks_of_older_versions_get_a_key_of_their_own() {
        let mut connection = Connection::open_in_memory().unwrap();
        for (_, sql) in &MIGRATIONS[..11] {
            connection.execute_batch(sql).unwrap();
        }
        connection.pragma_update(None, "user_version", 11).unwrap();
        let networks = r#"
            insert into networks (id, name, state, version, document, created_at, updated_at)
            values (1, 'A', 'active', 1, '{"name": "A"}', 0, 0),
                   (2, 'B', 'archived', 1, '{"name": "B", "key": ""}', 0, 0),
                   (3, 'C', 'active', 1, '{"name": "C", "key": "chosen"}', 0, 0)"#;
        connection.execute_batch(networks).unwrap();
        let directory = tempfile::tempdir().unwrap();

        migrate(&mut connection, &directory.path().join("old.db")).unwrap();

        let keys: Vec<String> = connection
            .prepare("select document ->> '$.key' from networks order by id")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert_eq!((keys[0].len(), keys[1].len()), (16, 16));
        assert_ne!(keys[0], keys[1]);
        assert_eq!(keys[2], "chosen");
    }

    #[test]
    fn clicks_of_older_versions_are_unique_and_fell_back_as_before() {
        let mut connection = Connection::open_in_memory().unwrap();
        for (_, sql) in &MIGRATIONS[..9] {
            connection.execute_batch(sql).unwrap();
        }
        connection.pragma_update(None, "user_version", 9).unwrap();
        let dictionaries = "
            insert into routes (id, campaign_id) values (1, 1);
            insert into agents (id, fingerprint, user_agent, device_type) values (1, x'01', '', '');
            insert into places (id, fingerprint) values (1, x'01')";
        connection.execute_batch(dictionaries).unwrap();
        // With nothing else, with a bot's label, with a clock set back.
        let flags = |id: i64| (id % 16) | [0, 2 << 8, -70_000 << 16][id as usize / 16];
        for id in 0..48 {
            connection
                .execute(
                    "insert into clicks (id, route_id, agent_id, place_id, ip, flags)
                    values (?1, 1, 1, 1, x'01020304', ?2)",
                    [id, flags(id)],
                )
                .unwrap();
        }
        type Facts = [i64; 6];
        let facts = |connection: &Connection| -> Vec<Facts> {
            let sql = "
                select is_unique_campaign, is_unique_flow, is_unique_global, cost_fell_back, is_bot,
                    clicks.at
                from clicks join clicks_readable using (id) order by id";
            let mut statement = connection.prepare(sql).unwrap();
            let rows = statement.query_map([], |row| {
                let mut facts = Facts::default();
                for (index, fact) in facts.iter_mut().enumerate() {
                    *fact = row.get(index)?;
                }
                Ok(facts)
            });
            rows.unwrap().map(Result::unwrap).collect()
        };
        let before = facts(&connection);
        assert_eq!(before[5][..4], [0, 1, 0, 1]);
        let directory = tempfile::tempdir().unwrap();

        migrate(&mut connection, &directory.path().join("old.db")).unwrap();

        assert_eq!(facts(&connection), before);
    }

    #[test]
    fn calls_of_older_versions_stay_in_the_outbox() {
        const CALLS: &str = "
            insert into outbox (id, at, conversion_id, click_id, campaign_id, event, status, target,
                method, url, host, headers, body, success_contains, success_lacks, state, attempts,
                next_at)
            values (7, 1, 2, 3, 4, 'conversion', 'sale', 't', 'GET', 'http://h/', 'h', '[]', '', '',
                    '', 'sent', 2, 5),
                (8, 1, 2, 3, 4, 'conversion', 'lead', 't', 'GET', 'http://h/', 'h', '[]', '', '',
                    '', 'waiting', 1, 6);
            insert into outbox_attempts (outbox_id, number, at, possibly_repeated)
            values (7, 1, 0, 0)";
        let mut connection = Connection::open_in_memory().unwrap();
        for (_, sql) in &MIGRATIONS[..16] {
            connection.execute_batch(sql).unwrap();
        }
        connection.pragma_update(None, "user_version", 16).unwrap();
        connection.execute_batch(CALLS).unwrap();
        let directory = tempfile::tempdir().unwrap();

        migrate(&mut connection, &directory.path().join("old.db")).unwrap();

        let text =
            |sql: &str| -> String { connection.query_row(sql, [], |row| row.get(0)).unwrap() };
        let rows = "
            select group_concat(concat_ws(' ', id, kind, conversion_id, click_id, status, url, state,
                attempts, next_at), '; ') from (select * from outbox order by id)";
        assert_eq!(
            text(rows),
            "7 postback 2 3 sale http://h/ sent 2 5; 8 postback 2 3 lead http://h/ waiting 1 6"
        );
        assert_eq!(text("select count(*) || '' from outbox_attempts"), "1");
        let again = "
            insert into outbox (id, at, kind, conversion_id, status, target, method, url, host,
                headers, body, success_contains, success_lacks, state, next_at)
            values (9, 1, 'postback', 2, 'sale', 't', 'GET', '', '', '', '', '', '', 'waiting', 0)";
        assert!(connection.execute(again, []).is_err(), "it is told once");
        let index = "
            select group_concat(name, ' ') from
            (select name from sqlite_schema where tbl_name = 'outbox' and sql is not null
                and type = 'index' order by name)";
        assert_eq!(text(index), "outbox_key outbox_waiting");
    }
}
