//! The ways to send a visitor on, answers of our own, and jumps to other campaigns.

use serde_json::{Value, json};

use crate::tracker::{Options, Tracker, spawn};
use crate::visitor::Answer;

/// What somebody could put into a parameter to break out of a header, an attribute or a script.
const HOSTILE: &str =
    "%22%3E%3C/script%3E%3Cscript%3Ealert(1)%3C/script%3E'%60%0d%0aSet-Cookie:a%3Db%E2%80%A8";
/// The same as it stands in an address; line ends became spaces when it was read.
const ENCODED: &str = "%22%3E%3C%2Fscript%3E%3Cscript%3Ealert%281%29%3C%2Fscript%3E%27%60%20%20Set-Cookie%3Aa%3Db%E2%80%A8";

/// A campaign of one default flow with this target; the stored document.
fn to(tracker: &Tracker, alias: &str, target: Value) -> Value {
    let document = json!({"name": alias, "alias": alias,
        "flows": [{"kind": "default", "target": target}]});
    let (status, stored) = tracker.post("/api/v1/campaigns", &document);
    assert_eq!(status, 201, "{stored:#}");
    stored
}

fn text(answer: &Answer) -> String {
    String::from_utf8(answer.body.clone()).unwrap()
}

/// The 20 characters behind `mark` in a page.
fn click_id(page: &str, mark: &str) -> String {
    let at = page
        .find(mark)
        .unwrap_or_else(|| panic!("no {mark}: {page}"));
    page[at + mark.len()..][..20].to_owned()
}

/// (field, code) of each warning of a stored document.
fn warnings(stored: &Value) -> Vec<(String, String)> {
    let all = stored["warnings"].as_array().cloned().unwrap_or_default();
    all.iter().map(field_and_code).collect()
}

/// (field, code) of each problem of a refused document.
fn problems(answer: &Value) -> Vec<(String, String)> {
    let all = answer["problems"].as_array().cloned();
    let all = all.unwrap_or_else(|| vec![answer["error"].clone()]);
    all.iter().map(field_and_code).collect()
}

fn field_and_code(problem: &Value) -> (String, String) {
    let word = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
    (word("field"), word("code"))
}

fn pair(field: &str, code: &str) -> (String, String) {
    (field.to_owned(), code.to_owned())
}

#[test]
fn every_page_leads_on_and_holds_no_more_than_is_ours() {
    let tracker = spawn();
    let address = "http://127.0.0.1:9/?c={click_id}&q={probe}";
    let cases = [
        (
            "meta",
            "<meta http-equiv=\"refresh\" content=\"0;url=http://127.0.0.1:9/?c=",
            "&amp;q=",
        ),
        (
            "js",
            "<script>location.replace(\"http://127.0.0.1:9/?c=",
            "\\u0026q=",
        ),
        ("iframe", "<iframe src=\"http://127.0.0.1:9/?c=", "&amp;q="),
        (
            "no_referrer",
            "<meta http-equiv=\"refresh\" content=\"0;url=http://127.0.0.1:9/?c=",
            "&amp;q=",
        ),
    ];
    for (kind, before, between) in cases {
        to(
            &tracker,
            kind,
            json!({"kind": "redirect", "redirect": kind, "url": address}),
        );

        let answer = tracker.click(&format!("/{kind}?probe={HOSTILE}"), &[]);

        let page = text(&answer);
        assert_eq!(answer.status, 200, "{kind}");
        assert_eq!(
            answer.header("content-type"),
            Some("text/html; charset=utf-8"),
            "{kind}"
        );
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{kind}");
        assert_eq!(
            answer.header("x-content-type-options"),
            Some("nosniff"),
            "{kind}"
        );
        assert_eq!(answer.header("location"), None, "{kind}");
        assert_eq!(answer.cookie_names(), ["mr_visitor"], "{kind}");
        let policy = (kind == "no_referrer").then_some("no-referrer");
        assert_eq!(answer.header("referrer-policy"), policy, "{kind}");
        let id = click_id(&page, before);
        assert!(
            page.contains(&format!("{before}{id}{between}{ENCODED}\"")),
            "{kind}: {page}"
        );
        let (status, click) = tracker.get(&format!("/api/v1/clicks/{id}"));
        assert_eq!(
            (status, &click["parent_click_id"]),
            (200, &Value::Null),
            "{kind}"
        );
    }
}

#[test]
fn a_form_carries_the_parameters_as_fields() {
    let tracker = spawn();
    let url = "http://127.0.0.1:9/form?c={click_id}&q={probe}";
    to(
        &tracker,
        "form",
        json!({"kind": "redirect", "redirect": "form_post", "url": url}),
    );

    let answer = tracker.click(&format!("/form?probe={HOSTILE}"), &[]);

    let page = text(&answer);
    assert_eq!(answer.cookie_names(), ["mr_visitor"]);
    assert!(
        page.contains("<form method=\"post\" action=\"http://127.0.0.1:9/form\">"),
        "{page}"
    );
    let id = click_id(&page, "name=\"c\" value=\"");
    assert_eq!(tracker.get(&format!("/api/v1/clicks/{id}")).0, 200);
    let value = "name=\"q\" value=\"&quot;&gt;&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#39;&#96;  Set-Cookie:a=b\u{2028}\"";
    assert!(page.contains(value), "{page}");
}

#[test]
fn double_meta_passes_a_second_page_that_only_the_tracker_can_make() {
    let tracker = spawn();
    let url = "http://127.0.0.1:9/?c={click_id}&q={probe}";
    to(
        &tracker,
        "twice",
        json!({"kind": "redirect", "redirect": "double_meta", "url": url}),
    );
    let refresh = "<meta http-equiv=\"refresh\" content=\"0;url=";
    let next = |answer: &Answer| -> String {
        let page = text(answer);
        let (_, behind) = page.split_once(refresh).expect("a refresh");
        let (address, _) = behind.split_once('"').expect("its end");
        address.replace("&amp;", "&")
    };

    let first = tracker.click("/twice?probe=a%26b", &[]);
    let second_address = next(&first);
    let second = tracker.click(&second_address, &[]);
    let address = next(&second);

    assert!(second_address.starts_with("/r/"), "{second_address}");
    for answer in [&first, &second] {
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("referrer-policy"), Some("strict-origin"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    let id = click_id(&address, "?c=");
    assert_eq!(address, format!("http://127.0.0.1:9/?c={id}&q=a%26b"));
    assert_eq!(tracker.get(&format!("/api/v1/clicks/{id}")).0, 200);
    assert_eq!(tracker.count_clicks(), 1, "the second page is no click");
    let (seal, query) = second_address.split_once('?').expect("a query");
    for forged in [
        format!("{seal}?https%3A%2F%2Fevil.example%2F"),
        format!("{seal}0?{query}"),
        seal.to_owned(),
        "/r/x?y".to_owned(),
    ] {
        let answer = tracker.click(&forged, &[]);
        assert_eq!((answer.status, answer.location()), (404, ""), "{forged}");
    }
}

#[test]
fn a_redirect_goes_out_with_its_status() {
    let tracker = spawn();
    let target = |status: Value| json!({"kind": "redirect", "redirect": "http", "status": status, "url": "http://127.0.0.1:9/?q={probe}"});
    for status in [301, 302, 303, 307] {
        let alias = format!("s{status}");
        let stored = to(&tracker, &alias, target(json!(status)));

        let answer = tracker.click(&format!("/{alias}?probe={HOSTILE}"), &[]);

        assert_eq!(answer.status, status);
        assert_eq!(
            answer.location(),
            format!("http://127.0.0.1:9/?q={ENCODED}")
        );
        assert_eq!(answer.cookie_names(), ["mr_visitor"]);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let warned =
            warnings(&stored).contains(&pair("flows[0].target.status", "kept_by_browsers"));
        assert_eq!(warned, status == 301, "{stored:#}");
    }
    let bad = json!({"name": "bad", "flows": [
        {"target": {"kind": "redirect", "redirect": "meat", "status": 304, "url": "x"}},
        {"target": {"kind": "reply", "reply": "html", "status": 302}},
        {"target": {"kind": "campaign", "campaign_id": 99}}]});
    let (status, answer) = tracker.post("/api/v1/campaigns", &bad);
    assert_eq!(status, 422);
    assert_eq!(
        problems(&answer),
        [
            pair("flows[0].target.redirect", "invalid"),
            pair("flows[0].target.status", "invalid"),
            pair("flows[0].target.url", "invalid"),
            pair("flows[1].target.status", "invalid"),
            pair("flows[1].target.body", "required"),
            pair("flows[2].target.campaign_id", "unknown_reference"),
        ],
        "{answer:#}"
    );
}

#[test]
fn a_split_takes_its_way_to_landings_and_to_offers() {
    let tracker = spawn();
    let url = "http://127.0.0.1:9/offer?c={click_id}";
    let offer = tracker.create("/api/v1/offers", &json!({"name": "o", "url": url}));
    let url = "http://127.0.0.1:9/landing";
    let landing = tracker.create("/api/v1/landings", &json!({"name": "l", "url": url}));
    let offers = json!([{"offer_id": offer, "weight": 100}]);
    let landings = json!([{"landing_id": landing, "weight": 100}]);
    to(
        &tracker,
        "offer",
        json!({"kind": "split", "redirect": "meta", "offers": offers}),
    );
    to(
        &tracker,
        "landing",
        json!({"kind": "split", "redirect": "js", "landings": landings, "offers": offers}),
    );

    let by_meta = text(&tracker.click("/offer", &[]));
    let by_script = text(&tracker.click("/landing", &[]));

    assert!(
        by_meta.contains("content=\"0;url=http://127.0.0.1:9/offer?c="),
        "{by_meta}"
    );
    assert!(
        by_script.contains("location.replace(\"http://127.0.0.1:9/landing?click_id="),
        "{by_script}"
    );
}

#[test]
fn replies_show_what_the_operator_wrote() {
    let tracker = spawn();
    let html = "<style>p{color:red}</style><p title=\"{zone}\">{click_id} {nothing}</p>";
    let document = json!({"name": "html", "alias": "html",
        "parameters": {"source": {"name": "zone", "macro": "{zoneid}"}},
        "flows": [{"kind": "default", "target": {"kind": "reply", "reply": "html", "status": 403, "body": html}}]});
    tracker.create("/api/v1/campaigns", &document);
    to(
        &tracker,
        "text",
        json!({"kind": "reply", "reply": "text", "body": "Hello {device_type}"}),
    );
    to(
        &tracker,
        "blank",
        json!({"kind": "reply", "reply": "blank"}),
    );
    to(
        &tracker,
        "none",
        json!({"kind": "reply", "reply": "not_found"}),
    );

    let answer = tracker.click("/html?zone=%22%3E%3Cscript%3E", &[]);

    assert_eq!(answer.status, 403);
    assert_eq!(
        answer.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    let sandbox = "sandbox allow-scripts allow-forms allow-popups allow-top-navigation";
    assert_eq!(answer.header("content-security-policy"), Some(sandbox));
    let page = text(&answer);
    assert!(
        page.starts_with("<style>p{color:red}</style><p title=\"&quot;&gt;&lt;script&gt;\">"),
        "{page}"
    );
    assert!(page.ends_with(" {nothing}</p>"), "{page}");
    let id = click_id(&page, ";\">");
    let (_, click) = tracker.get(&format!("/api/v1/clicks/{id}"));
    assert_eq!(click["source"], "\"><script>");

    let answer = tracker.click("/text", &[]);
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
    assert_eq!(
        (answer.status, text(&answer).as_str()),
        (200, "Hello mobile")
    );
    let answer = tracker.click("/blank", &[]);
    assert_eq!((answer.status, text(&answer).as_str()), (200, ""));
    assert_eq!(tracker.click("/none", &[]).status, 404);
    assert_eq!(tracker.count_clicks(), 4, "each is a click");
}

#[test]
fn pages_of_operators_are_boxed_only_beside_the_dashboard() {
    let tracker = Options::default()
        .set("ADMIN__HOSTS", "[\"127.0.0.1\"]")
        .spawn();
    to(
        &tracker,
        "page",
        json!({"kind": "reply", "reply": "html", "body": "<p>x</p>"}),
    );
    let policy = |host: &str| {
        let request = format!("GET /page HTTP/1.1\r\nHost: {host}\r\nUser-Agent: x\r\n\r\n");
        let answer = tracker.visitor().raw(request.as_bytes(), false).unwrap();
        assert_eq!(answer.status, 200);
        answer.header("content-security-policy").is_some()
    };

    assert!(policy("127.0.0.1:80"));
    assert!(!policy("go.example.com"));
}

#[test]
fn a_jump_is_a_click_of_both_campaigns_and_costs_once() {
    let tracker = spawn();
    let url = "http://127.0.0.1:9/?c={click_id}&parent={parent_click_id}&from={parent_campaign_id}&cost={cost}";
    let second = to(&tracker, "second", json!({"kind": "redirect", "url": url}));
    let first = tracker.create(
        "/api/v1/campaigns",
        &json!({"name": "first", "alias": "first", "cost": {"model": "cpc", "value": "0.02"},
            "flows": [{"kind": "default", "target": {"kind": "campaign", "campaign_id": second["id"]}}]}),
    );

    let answer = tracker.click("/first?source=zone7&external_id=abc", &[]);

    let id = answer.click_id().expect("a click id").to_owned();
    let (_, last) = tracker.get(&format!("/api/v1/clicks/{id}"));
    let parent_id = last["parent_click_id"]
        .as_str()
        .expect("a parent")
        .to_owned();
    assert_eq!(
        answer.location(),
        format!("http://127.0.0.1:9/?c={id}&parent={parent_id}&from={first}&cost=0.02")
    );
    let (_, parent) = tracker.get(&format!("/api/v1/clicks/{parent_id}"));
    let facts = |click: &Value| {
        [
            "campaign_id",
            "cost",
            "source",
            "external_id",
            "parent_click_id",
        ]
        .map(|name| click[name].clone())
    };
    assert_eq!(
        facts(&parent),
        [
            json!(first),
            json!("0.02"),
            json!("zone7"),
            json!("abc"),
            Value::Null
        ]
    );
    assert_eq!(
        facts(&last),
        [
            second["id"].clone(),
            Value::Null,
            json!("zone7"),
            json!("abc"),
            json!(parent_id)
        ]
    );
    assert!(parent["flow_id"].is_u64() && last["flow_id"].is_u64());
    let listed = tracker.get("/api/v1/clicks").1;
    let listed: Vec<&Value> = listed["items"].as_array().unwrap().iter().collect();
    assert_eq!(listed.len(), 2);
    assert_eq!(
        (&listed[0]["click_id"], &listed[0]["parent_click_id"]),
        (&json!(id), &json!(parent_id))
    );
    let readable: i64 = tracker
        .database()
        .query_row(
            "select count(*) from clicks_readable as one join clicks_readable as other on other.id = one.parent_click_id",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(readable, 1);
    let answer = tracker.visitor().send("HEAD", "/first", &[]).unwrap();
    assert_eq!(answer.status, 302);
    assert_eq!(tracker.count_clicks(), 2, "HEAD is no click");
}

#[test]
fn a_circle_is_refused_where_it_has_no_way_out_and_else_ends_in_the_fallback() {
    let tracker = spawn();
    let away = json!({"kind": "redirect", "url": "http://127.0.0.1:9/away"});
    let jump = |id: &Value| json!({"kind": "campaign", "campaign_id": id});
    let filters = json!([{"key": "device_type", "value": ["mobile"]}]);
    let first = to(&tracker, "first", away.clone());
    let second = to(&tracker, "second", jump(&first["id"]));
    let path = format!("/api/v1/campaigns/{}", first["id"]);
    let mut document = first.clone();

    document["flows"] = json!([{"kind": "default", "target": jump(&second["id"])}]);
    let (status, refused) = tracker.put(&path, &document);
    assert_eq!(status, 422);
    assert_eq!(
        problems(&refused),
        [pair("flows[0].target.campaign_id", "loop")]
    );

    document["flows"] = json!([
        {"kind": "regular", "filters": filters, "target": jump(&second["id"])},
        {"kind": "default", "target": away}]);
    let (status, stored) = tracker.put(&path, &document);
    assert_eq!(status, 200, "{stored:#}");
    assert!(
        warnings(&stored).contains(&pair("flows[0].target.campaign_id", "may_loop")),
        "{stored:#}"
    );
    let fallback = json!({"kind": "redirect", "url": "http://127.0.0.1:9/fallback"});
    let second_path = format!("/api/v1/campaigns/{}", second["id"]);
    let mut document = second.clone();
    document["fallback"] = fallback;
    assert_eq!(tracker.put(&second_path, &document).0, 200);

    let phone = tracker.click("/first", &[]);
    assert_eq!(phone.location(), "http://127.0.0.1:9/fallback");
    assert_eq!(
        tracker.count_clicks(),
        2,
        "each campaign counts the visit once"
    );
}

#[test]
fn an_archived_campaign_is_no_target_and_its_flows_are_passed_over() {
    let tracker = spawn();
    let away = json!({"kind": "redirect", "url": "http://127.0.0.1:9/away"});
    let target = to(&tracker, "target", away.clone());
    let jump = json!({"kind": "campaign", "campaign_id": target["id"]});
    tracker.create(
        "/api/v1/campaigns",
        &json!({"name": "first", "alias": "first", "flows": [
            {"kind": "regular", "target": jump}, {"kind": "default", "target": {"kind": "redirect", "url": "http://127.0.0.1:9/rest"}}]}),
    );
    assert_eq!(
        tracker.click("/first", &[]).location(),
        "http://127.0.0.1:9/away"
    );

    let path = format!("/api/v1/campaigns/{}?force=true", target["id"]);
    let (status, _) = tracker.api("DELETE", &path, None, Some(&tracker.key));
    assert!((200..300).contains(&status), "{status}");

    assert_eq!(
        tracker.click("/first", &[]).location(),
        "http://127.0.0.1:9/rest"
    );
    let document = json!({"name": "other", "flows": [{"kind": "default", "target": jump}]});
    let (status, refused) = tracker.post("/api/v1/campaigns", &document);
    assert_eq!(status, 422);
    assert_eq!(
        problems(&refused),
        [pair("flows[0].target.campaign_id", "archived_reference")]
    );
}

#[test]
fn pickers_know_every_way_and_every_reply() {
    let tracker = spawn();

    let (_, options) = tracker.get("/api/v1/options");

    let keys = |list: &str| -> Vec<String> {
        let all = options[list].as_array().unwrap().iter();
        all.map(|one| {
            for field in ["label", "help"] {
                assert!(
                    one[field].as_str().is_some_and(|text| !text.is_empty()),
                    "{one}"
                );
            }
            one["key"].as_str().unwrap().to_owned()
        })
        .collect()
    };
    assert_eq!(
        keys("redirects"),
        [
            "http",
            "meta",
            "double_meta",
            "js",
            "form_post",
            "iframe",
            "no_referrer"
        ]
    );
    assert_eq!(keys("replies"), ["not_found", "text", "html", "blank"]);
    let status = &options["redirects"][0]["settings"][0];
    assert_eq!(
        (&status["key"], &status["left_out"]),
        (&json!("status"), &json!(302))
    );
}

#[test]
fn whatever_byte_a_parameter_holds_an_answer_has_only_our_headers() {
    let tracker = spawn();
    let url = "http://127.0.0.1:9/?c={click_id}&q={_probe}";
    for (kind, own) in [("http", "location"), ("js", "x-content-type-options")] {
        to(
            &tracker,
            kind,
            json!({"kind": "redirect", "redirect": kind, "url": url}),
        );
        let mut visitor = tracker.visitor();
        let plain = text(&visitor.click(&format!("/{kind}?probe=x"), &[]).unwrap());
        for byte in 0..=255u8 {
            let target =
                format!("/{kind}?probe=a%{byte:02x}Set-Cookie:b%{byte:02x}%0d%0aLocation:%20x");

            let answer = visitor.click(&target, &[]).unwrap();

            let names = answer.header_names();
            let mut expected = vec![
                "accept-ch",
                "cache-control",
                "content-length",
                "date",
                own,
                "set-cookie",
            ];
            if kind != "http" {
                expected.push("content-type");
            }
            expected.sort_unstable();
            assert_eq!(names, expected, "{target}");
            assert_eq!(answer.cookie_names(), ["mr_visitor"], "{target}");
            let page = text(&answer);
            for sign in ["<", ">", "\"", "\n"] {
                let count = |page: &str| page.matches(sign).count();
                assert_eq!(count(&page), count(&plain), "{target}: {page}");
            }
        }
    }
}
