//! The raw log over a real database.

use serde_json::json;

use super::{Case, NOW, Postback, Rows, walk};
use crate::domain::id::Id;
use crate::store::log::Query;
use crate::store::postbacks::log::{self, FIELDS, find, list};
use crate::store::postbacks::unmapped;

fn all(rows: &Rows, query: &Query) -> Vec<Id> {
    let found = walk(query.clone(), |query| {
        list(&rows.readers, &rows.codec, query)
    });
    let ids = found.iter().map(|one| one.id.parse().unwrap());
    ids.filter_map(Id::from_row).collect()
}

#[test]
fn a_postback_is_told_as_it_came_in() {
    let rows = Rows::new();
    let click_id = rows.ids.next(NOW);
    let row = Postback {
        click_id: Some(click_id),
        conversion_id: Some(rows.ids.next(NOW)),
        network_id: Some(6),
        parameters: vec![("b", "2"), ("a", "\"1\""), ("b", "3")],
        unmapped: Some("status:won"),
        flags: 0b100,
        ..rows.some_postback(NOW)
    };
    rows.postback(&row);
    let sql = "insert into parked (postback_id, click_id) values (?1, ?2)";
    let parked = [row.id.to_row(), click_id.to_row()];
    rows.connection.execute(sql, parked).unwrap();

    let found = find(&rows.readers, &rows.codec, row.id).unwrap();

    let expected = json!({
        "id": row.id.to_row().to_string(), "at": "2026-09-21T14:13:20.000Z", "ip": "203.0.113.9",
        "method": "GET", "network_key": null, "network_id": 6,
        "parameters": [["b", "2"], ["a", "\"1\""], ["b", "3"]],
        "click_id": rows.public(click_id), "found_in": "subid", "verdict": "stored",
        "reason": "because", "conversion_id": row.conversion_id.unwrap().to_row().to_string(),
        "unmapped": "status:won", "is_replayed": true, "is_parked": true,
    });
    assert_eq!(json!(found), expected);
    let listed = list(&rows.readers, &rows.codec, &rows.query(&FIELDS, &[])).unwrap();
    assert_eq!(json!(listed.items), json!([expected]));
    let nobody = rows.ids.next(NOW);
    assert_eq!(find(&rows.readers, &rows.codec, nobody).unwrap(), None);
}

#[test]
fn every_filter_tells_one_postback_from_another() {
    let rows = Rows::new();
    let click_id = rows.ids.next(NOW);
    let conversion_id = rows.ids.next(NOW);
    let one = Postback {
        click_id: Some(click_id),
        conversion_id: Some(conversion_id),
        network_id: Some(6),
        ip: "2001:db8::1".parse().unwrap(),
        parameters: vec![("Goal", "50% \"Off\""), ("name", "Привет")],
        unmapped: Some("status:won"),
        verdict: "unmapped_status",
        flags: 0b100,
        ..rows.some_postback(NOW)
    };
    rows.postback(&one);
    let other = Postback {
        unmapped: Some("event:won"),
        ..rows.some_postback(NOW)
    };
    rows.postback(&other);
    let (public, conversion) = (rows.public(click_id), conversion_id.to_row().to_string());
    let (first, second) = (vec![one.id], vec![other.id]);
    let both = vec![other.id, one.id];

    let cases: &[Case<'_>] = &[
        (&[], &both),
        (&[("network_id", "6")], &first),
        (&[("verdict", "stored")], &second),
        (&[("verdict", "unmapped_status")], &first),
        (
            &[("verdict", "stored"), ("verdict", "unmapped_status")],
            &both,
        ),
        (&[("click_id", &public)], &first),
        (&[("conversion_id", &conversion)], &first),
        (&[("ip", "2001:db8:0::1")], &first),
        (&[("ip", "203.0.113.9")], &second),
        (&[("method", "GET")], &both),
        (&[("method", "POST")], &vec![]),
        (&[("unmapped", "WON")], &both),
        (&[("unmapped", "status:won")], &first),
        (&[("unmapped", "event:won")], &second),
        (&[("unmapped", "wo")], &vec![]),
        (&[("q", "goal")], &first),
        (&[("q", "50% \"oFF\"")], &first),
        (&[("q", "Привет")], &first),
        (&[("q", "sale")], &second),
        (&[("q", "sale"), ("q", "off")], &both),
        (&[("q", "5_%")], &vec![]),
        (&[("is_replayed", "true")], &first),
        (&[("is_parked", "false")], &both),
        (&[("network_key", "abc")], &vec![]),
    ];
    for (filters, expected) in cases {
        let found = all(&rows, &rows.query(&FIELDS, filters));
        assert_eq!(found, **expected, "{filters:?}");
    }
}

#[test]
fn a_period_holds_what_came_in_it_though_the_clock_was_set_back() {
    let rows = Rows::new();
    let made: Vec<Postback> = [0, 10, 20, 5, 30]
        .map(|minute| rows.some_postback(NOW + minute * 60_000))
        .into();
    made.iter().for_each(|row| rows.postback(row));

    let query = Query {
        from: Some(NOW + 5 * 60_000),
        to: Some(NOW + 20 * 60_000),
        limit: 1,
        ..rows.query(&FIELDS, &[])
    };

    assert_eq!(all(&rows, &query), [made[3].id, made[1].id]);
}

#[test]
fn words_that_nobody_has_mapped_are_counted_by_network() {
    let rows = Rows::new();
    let send = |minute: i64, network_id, unmapped| {
        let row = Postback {
            network_id,
            unmapped,
            ..rows.some_postback(NOW + minute * 60_000)
        };
        rows.postback(&row);
        row.id.to_row().to_string()
    };
    send(0, Some(6), Some("status:won"));
    let event = send(1, Some(6), Some("event:won"));
    let nobody = send(2, None, Some("status:won"));
    let latest = send(3, Some(6), Some("status:won"));
    send(4, Some(6), None);
    let odd = send(5, Some(7), Some("status:a:b"));

    let found = unmapped::words(&rows.readers).unwrap();

    let (at_0, at_1) = ("2026-09-21T14:13:20.000Z", "2026-09-21T14:14:20.000Z");
    let (at_2, at_3) = ("2026-09-21T14:15:20.000Z", "2026-09-21T14:16:20.000Z");
    let at_5 = "2026-09-21T14:18:20.000Z";
    assert_eq!(
        json!(found),
        json!([
            { "network_id": 7, "kind": "status", "word": "a:b", "count": 1,
              "first_at": at_5, "last_at": at_5, "example_postback_id": odd },
            { "network_id": 6, "kind": "status", "word": "won", "count": 2,
              "first_at": at_0, "last_at": at_3, "example_postback_id": latest },
            { "network_id": null, "kind": "status", "word": "won", "count": 1,
              "first_at": at_2, "last_at": at_2, "example_postback_id": nobody },
            { "network_id": 6, "kind": "event", "word": "won", "count": 1,
              "first_at": at_1, "last_at": at_1, "example_postback_id": event },
        ])
    );
}

#[test]
fn the_words_are_counted_over_the_index_alone() {
    let rows = Rows::new();
    let sql = format!("explain query plan {}", unmapped::WORDS);
    let mut statement = rows.connection.prepare(&sql).unwrap();
    let plan = statement.query_map([10], |row| row.get::<_, String>("detail"));
    let plan: Vec<String> = plan.unwrap().map(Result::unwrap).collect();
    let covered = "USING COVERING INDEX postbacks_unmapped";
    assert!(plan.iter().any(|step| step.contains(covered)), "{plan:#?}");
}

#[test]
fn the_postbacks_of_a_conversion_are_found_over_indexes() {
    let rows = Rows::new();
    let sql = format!("explain query plan {}", log::of_conversion_sql());
    let mut statement = rows.connection.prepare(&sql).unwrap();
    let plan = statement.query_map([1, 2], |row| row.get::<_, String>("detail"));
    let plan: Vec<String> = plan.unwrap().map(Result::unwrap).collect();
    assert!(
        !plan.iter().any(|step| step.starts_with("SCAN")),
        "{plan:#?}"
    );
}
