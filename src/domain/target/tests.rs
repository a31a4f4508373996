//! Targets as they are sent and stored.

use serde_json::{Value, json};

use super::*;

fn read(document: Value) -> Result<Target, Vec<(String, &'static str)>> {
    let problems = |found: Vec<Problem>| {
        let pair = |problem: Problem| (problem.field, problem.code);
        found.into_iter().map(pair).collect()
    };
    Form::read(&document, Target::read).map_err(problems)
}

#[test]
fn a_target_reads_back_as_it_is_written() {
    for document in [
        json!({"kind": "redirect", "redirect": "meta", "url": "https://x/"}),
        json!({"kind": "redirect", "redirect": "http", "status": 307, "url": "https://x/"}),
        json!({"kind": "split", "redirect": "no_referrer", "landings": [],
            "offers": [{"offer_id": 1, "weight": 100}]}),
        json!({"kind": "reply", "reply": "html", "status": 403, "body": " <p>{country}</p>\n"}),
        json!({"kind": "split", "landings": [], "offers": [{"offer_id": 1, "weight": 100}]}),
        json!({"kind": "reply", "reply": "blank"}),
        json!({"kind": "campaign", "campaign_id": 7}),
    ] {
        let target = read(document.clone()).expect("readable");
        assert_eq!(serde_json::to_value(target).expect("written"), document);
    }
}

#[test]
fn targets_of_earlier_versions_take_the_plain_way() {
    let old = json!({"kind": "split", "offers": [{"offer_id": 1}]});

    assert_eq!(read(old).map(|target| target.way()), Ok(Way::default()));
}

#[test]
fn every_problem_of_a_target_is_told_at_its_field() {
    let long = "x".repeat(BODY_MAX + 1);
    let cases = [
        (
            json!({"kind": "redirect", "redirect": "meat", "url": "https://x/"}),
            vec![("redirect", "invalid")],
        ),
        (
            json!({"kind": "redirect", "redirect": "meta", "status": 304}),
            vec![
                ("status", "not_allowed"),
                ("status", "invalid"),
                ("url", "required"),
            ],
        ),
        (
            json!({"kind": "reply", "status": 204, "body": 7}),
            vec![
                ("reply", "required"),
                ("status", "invalid"),
                ("body", "invalid"),
            ],
        ),
        (
            json!({"kind": "reply", "reply": "html"}),
            vec![("body", "required")],
        ),
        (
            json!({"kind": "reply", "reply": "text", "body": long}),
            vec![("body", "out_of_range")],
        ),
        (
            json!({"kind": "reply", "reply": "not_found", "status": 410, "body": "x"}),
            vec![("status", "not_allowed"), ("body", "not_allowed")],
        ),
        (
            json!({"kind": "campaign"}),
            vec![("campaign_id", "required")],
        ),
        (
            json!({"kind": "campaign", "campaign_id": 7, "url": "https://x/"}),
            vec![("url", "unknown_field")],
        ),
    ];
    for (document, expected) in cases {
        let shown = document.to_string().chars().take(80).collect::<String>();
        let expected = expected.into_iter().map(|(f, c)| (f.to_owned(), c));
        assert_eq!(read(document), Err(expected.collect()), "{shown}");
    }
}

#[test]
fn a_permanent_redirect_is_remarked_on() {
    let of = |status| Target::Redirect {
        redirect: RedirectKind::Http,
        status,
        url: "https://x/".to_owned(),
    };
    let codes = |target: Target| -> Vec<_> {
        let remarks = target.remarks().into_iter();
        remarks.map(|one| (one.field, one.code)).collect()
    };

    assert_eq!(
        codes(of(Some(301))),
        [("status".to_owned(), "kept_by_browsers")]
    );
    assert_eq!(codes(of(Some(302))), []);
    assert_eq!(codes(of(None)), []);
}
