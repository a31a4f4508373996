//! The conversion log over a real database.

use serde_json::{Value, json};

use super::{Case, Conversion, NOW, Postback, Rows, walk};
use crate::domain::basis::Basis;
use crate::domain::id::Id;
use crate::store::clicks::log as clicks;
use crate::store::conversions::log::{FIELDS, LoggedConversion, find, list};
use crate::store::log::Query;

const DAY: i64 = 24 * 3_600_000;

fn all(rows: &Rows, query: &Query, basis: Basis) -> Vec<LoggedConversion> {
    walk(query.clone(), |query| {
        list(&rows.readers, &rows.codec, query, basis)
    })
}

fn ids(found: &[LoggedConversion]) -> Vec<Id> {
    let ids = found.iter().map(|one| one.id.parse().unwrap());
    ids.filter_map(Id::from_row).collect()
}

fn filtered(rows: &Rows, filters: &[(&str, &str)]) -> Vec<Id> {
    let query = rows.query(&FIELDS, filters);
    ids(&all(rows, &query, Basis::default()))
}

#[test]
fn a_conversion_is_told_with_the_facts_of_its_click() {
    let mut rows = Rows::new();
    let click_id = rows.click(NOW);
    let conversion = Conversion {
        click_id: Some(click_id),
        tid: Some("t1"),
        original_status: Some("Approved"),
        status_at: NOW + 2 * DAY,
        flags: 0b1001,
        ..rows.some_conversion(NOW + DAY)
    };
    rows.conversion(&conversion);

    let found = all(&rows, &rows.query(&FIELDS, &[]), Basis::default());

    let expected = json!({
        "id": conversion.id.to_row().to_string(), "click_id": rows.public(click_id),
        "at": "2026-09-22T14:13:20.000Z", "status_at": "2026-09-23T14:13:20.000Z",
        "click_at": "2026-09-21T14:13:20.000Z", "campaign_id": 1, "flow_id": 2, "landing_id": 3,
        "offer_id": 40, "network_id": 6, "traffic_source_id": 5, "event": "conversion",
        "tid": "t1", "status": "sale", "previous_status": "lead", "original_status": "Approved",
        "payout": "12.5", "currency": "EUR", "rate": "1.1", "revenue": "13.75",
        "sale_amount": null, "cost": "2", "cost_currency": "USD", "is_repeat": true,
        "is_correction": false, "is_test": false, "is_payout_unread": true,
        "kept": {"level": "gold"}, "other_parameters": {"x": "1"},
        "source": "zone7", "creative_id": "cr-8", "external_id": "ext-1", "sub_id_1": "free1",
        "sub_id_30": "free30", "country": "DE", "ip": "203.0.113.9", "user_agent": "Mozilla/5.0",
        "referrer_host": "www.google.com", "is_bot": false, "bot_reason": null,
    });
    let item = json!(found[0]);
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(item.get(name), Some(value), "{name} of {item:#}");
    }
    for name in ["cost_fell_back", clicks::PARENT] {
        assert_eq!(item.get(name), None, "{name} is the click's alone");
    }
    assert_eq!(found.len(), 1);
}

#[test]
fn a_test_without_a_click_and_an_unmapped_word_are_told_too() {
    let rows = Rows::new();
    let test = Conversion {
        flags: 0b100,
        ..rows.some_conversion(NOW)
    };
    rows.conversion(&test);
    let unmapped = Conversion {
        status: None,
        // Its click is not in the file.
        click_id: Some(rows.ids.next(NOW)),
        ..rows.some_conversion(NOW)
    };
    rows.conversion(&unmapped);

    let found = all(&rows, &rows.query(&FIELDS, &[]), Basis::default());

    let items: Vec<Value> = found.iter().map(|one| json!(one)).collect();
    assert_eq!(ids(&found), [unmapped.id, test.id]);
    assert_eq!(items[0]["status"], Value::Null);
    assert_eq!(
        items[0]["click_id"],
        rows.public(unmapped.click_id.unwrap())
    );
    for name in ["click_id", "click_at", "flow_id", "traffic_source_id"] {
        assert_eq!(items[1][name], Value::Null, "{name}");
    }
    assert_eq!(items[1]["campaign_id"], 1);
    assert_eq!(items[1]["is_test"], true);
}

#[test]
fn every_filter_tells_one_conversion_from_another() {
    let mut rows = Rows::new();
    let click_id = rows.click(NOW);
    let with_click = Conversion {
        click_id: Some(click_id),
        tid: Some("t1"),
        original_status: Some("Approved"),
        flags: 0b1001,
        ..rows.some_conversion(NOW)
    };
    rows.conversion(&with_click);
    let other = Conversion {
        status: None,
        flags: 0b110,
        ..rows.some_conversion(NOW)
    };
    rows.conversion(&other);
    let public = rows.public(click_id);
    let (first, second) = (vec![with_click.id], vec![other.id]);
    let both = vec![other.id, with_click.id];

    let cases: &[Case<'_>] = &[
        (&[], &both),
        (&[("campaign_id", "1")], &both),
        (&[("campaign_id", "2")], &vec![]),
        (&[("offer_id", "40")], &both),
        (&[("offer_id", "4")], &vec![]),
        (&[("network_id", "6"), ("event", "conversion")], &both),
        (&[("flow_id", "2")], &first),
        (&[("landing_id", "3"), ("traffic_source_id", "5")], &first),
        (&[("status", "sale")], &first),
        (&[("status", "unmapped")], &second),
        (&[("status", "sale"), ("status", "unmapped")], &both),
        (&[("status", "lead")], &vec![]),
        (&[("original_status", "approved")], &first),
        (&[("original_status", "APPROVED")], &first),
        (&[("tid", "t1")], &first),
        (&[("tid", "T1")], &vec![]),
        (&[("click_id", &public)], &first),
        (&[("click_id", &public.to_uppercase())], &first),
        (&[("currency", "eur")], &both),
        (&[("currency", "USD")], &vec![]),
        (&[("country", "de"), ("source", "zone7")], &first),
        (&[("sub_id_1", "free1"), ("sub_id_30", "free30")], &first),
        (&[("sub_id_2", "free1")], &vec![]),
        (&[("ip", "203.0.113.9"), ("is_bot", "false")], &first),
        (&[("is_repeat", "true")], &first),
        (&[("is_correction", "true")], &second),
        (&[("is_test", "1")], &second),
        (&[("is_payout_unread", "0")], &second),
    ];
    for (filters, expected) in cases {
        assert_eq!(filtered(&rows, filters), **expected, "{filters:?}");
    }
}

#[test]
fn a_period_is_about_the_time_that_the_basis_names() {
    let mut rows = Rows::new();
    let click_id = rows.click(NOW);
    let one = Conversion {
        click_id: Some(click_id),
        status_at: NOW + 40 * DAY,
        ..rows.some_conversion(NOW + 3 * DAY)
    };
    rows.conversion(&one);
    // Credited long after its first postback came: its id is that much younger.
    let late = Conversion {
        at: NOW + 3 * DAY,
        ..rows.some_conversion(NOW + 30 * DAY)
    };
    rows.conversion(&late);
    let (one, late) = (one.id, late.id);

    let cases: &[(Basis, i64, Vec<Id>)] = &[
        (Basis::Click, 0, vec![one]),
        (Basis::Click, 3, vec![]),
        (Basis::Conversion, 3, vec![late, one]),
        (Basis::Conversion, 30, vec![]),
        (Basis::Status, 3, vec![]),
        (Basis::Status, 30, vec![late]),
        (Basis::Status, 40, vec![one]),
    ];
    for (basis, day, expected) in cases {
        let query = Query {
            from: Some(NOW + day * DAY),
            to: Some(NOW + day * DAY + 1),
            ..rows.query(&FIELDS, &[])
        };
        let found = ids(&all(&rows, &query, *basis));
        assert_eq!(found, *expected, "{basis:?}, day {day}");
    }
}

#[test]
fn pages_tell_every_conversion_once_over_the_ends_of_pieces() {
    let rows = Rows::new();
    let made: Vec<Conversion> = (0..23)
        .map(|number| Conversion {
            status: Some(1 + number % 3),
            ..rows.some_conversion(NOW + number)
        })
        .collect();
    made.iter().for_each(|row| rows.conversion(row));

    for status in [&[][..], &["lead"], &["sale", "rejected"], &["trash"]] {
        let filters: Vec<_> = status.iter().map(|word| ("status", *word)).collect();
        let codes: Vec<i64> = (1..)
            .zip(["lead", "sale", "rejected"])
            .filter(|(_, word)| status.is_empty() || status.contains(word))
            .map(|(code, _)| code)
            .collect();
        let wanted = made.iter().rev();
        let wanted = wanted.filter(|row| row.status.is_some_and(|code| codes.contains(&code)));
        let wanted: Vec<Id> = wanted.map(|row| row.id).collect();
        for limit in [1, 3, 4, 5, 100] {
            let query = Query {
                limit,
                ..rows.query(&FIELDS, &filters)
            };
            let found = ids(&all(&rows, &query, Basis::default()));
            assert_eq!(found, wanted, "{status:?}, {limit} at a time");
        }
    }
}

#[test]
fn one_conversion_tells_what_became_of_it_oldest_first() {
    let mut rows = Rows::new();
    let click_id = rows.click(NOW);
    let row = Conversion {
        click_id: Some(click_id),
        ..rows.some_conversion(NOW)
    };
    rows.conversion(&row);
    let about = |click_id, conversion_id| Postback {
        click_id,
        conversion_id,
        ..rows.some_postback(NOW)
    };
    let first = about(Some(click_id), Some(row.id));
    let elsewhere = about(Some(click_id), Some(rows.ids.next(NOW)));
    let unchanged = about(Some(click_id), Some(row.id));
    // Found by network and transaction id: it named no click.
    let approval = about(None, Some(row.id));
    for postback in [&first, &elsewhere, &unchanged, &approval] {
        rows.postback(postback);
    }
    rows.change(row.id, Some(first.id), NOW, 1);
    rows.change(elsewhere.conversion_id.unwrap(), Some(elsewhere.id), NOW, 3);
    rows.change(row.id, Some(approval.id), NOW + DAY, 2);

    let found = find(&rows.readers, &rows.codec, row.id).unwrap().unwrap();

    let found = json!(found);
    assert_eq!(found["id"], row.id.to_row().to_string());
    assert_eq!(
        found["changes"],
        json!([
            { "at": "2026-09-21T14:13:20.000Z", "origin": "postback",
              "postback_id": first.id.to_row().to_string(), "status": "lead",
              "original_status": "ok", "payout": "12.5", "currency": "EUR", "revenue": "13.75",
              "tid": "t1", "offer_id": 40 },
            { "at": "2026-09-22T14:13:20.000Z", "origin": "postback",
              "postback_id": approval.id.to_row().to_string(), "status": "sale",
              "original_status": "ok", "payout": "12.5", "currency": "EUR", "revenue": "13.75",
              "tid": "t1", "offer_id": 40 },
        ])
    );
    let postbacks = found["postbacks"].as_array().unwrap().iter();
    let postbacks: Vec<_> = postbacks.map(|one| one["id"].as_str().unwrap()).collect();
    let expected = [first.id, unchanged.id, approval.id].map(|id| id.to_row().to_string());
    assert_eq!(postbacks, expected);
    let nobody = rows.ids.next(NOW);
    assert_eq!(find(&rows.readers, &rows.codec, nobody).unwrap(), None);
}

#[test]
fn a_click_tells_its_conversions() {
    let mut rows = Rows::new();
    let (click_id, other) = (rows.click(NOW), rows.click(NOW));
    let made = [
        (Some(click_id), 0),
        (Some(other), 0),
        (Some(click_id), 0b101),
    ];
    let made = made.map(|(click_id, flags)| Conversion {
        click_id,
        flags,
        ..rows.some_conversion(NOW)
    });
    made.iter().for_each(|row| rows.conversion(row));

    let click = clicks::find(&rows.readers, &rows.codec, click_id).unwrap();

    let click = json!(click.unwrap());
    let told = click["conversions"].as_array().unwrap();
    assert_eq!(told.len(), 2, "{told:#?}");
    assert_eq!(told[0]["id"], made[0].id.to_row().to_string());
    assert_eq!(told[1]["id"], made[2].id.to_row().to_string());
    assert_eq!(
        (
            &told[1]["is_repeat"],
            &told[1]["is_test"],
            &told[1]["payout"]
        ),
        (&json!(true), &json!(true), &json!("12.5"))
    );
}

#[test]
fn the_highest_id_is_that_of_any_row() {
    let mut rows = Rows::new();
    assert_eq!(clicks::highest_id(&rows.readers).unwrap(), None);
    let click_id = rows.click(NOW);
    assert_eq!(clicks::highest_id(&rows.readers).unwrap(), Some(click_id));

    let conversion = rows.some_conversion(NOW);
    rows.conversion(&conversion);
    let highest = clicks::highest_id(&rows.readers).unwrap();
    assert_eq!(highest, Some(conversion.id));

    let postback = rows.some_postback(NOW);
    rows.postback(&postback);
    let highest = clicks::highest_id(&rows.readers).unwrap();
    assert_eq!(highest, Some(postback.id));

    rows.change(conversion.id, None, NOW, 2);
    let highest = clicks::highest_id(&rows.readers).unwrap();
    assert_eq!(highest, Some(rows.ids.last()));
    assert!(highest > Some(postback.id));
}
