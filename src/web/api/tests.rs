//! The API over HTTP messages, without a socket, on a database in memory.

use std::collections::BTreeSet;

use actix_web::dev::Service;
use actix_web::http::StatusCode;
use actix_web::test::{TestRequest, init_service, read_body};
use actix_web::{App, web};
use serde_json::{Value, json};

use super::*;
use crate::domain::documents::Documents;
use crate::editor::Editor;
use crate::store::api_keys::{self, ApiKeys};
use crate::store::entities::tests::database;
use crate::store::writer::Writer;

/// A service of the whole API, and a key for it.
macro_rules! api {
    () => {{
        let connection = database();
        let key = api_keys::create(&connection, "tests", 0).unwrap();
        let keys = ApiKeys::load(&connection).unwrap();
        let writer = Writer::over(connection);
        let editor = Editor::open(
            writer,
            Documents::default(),
            0,
            |_| ((), Vec::new()),
            |()| (),
        );
        let app = App::new()
            .app_data(web::Data::new(editor))
            .app_data(web::Data::new(keys))
            .configure(|config| configure(config, Vec::new()));
        (init_service(app).await, key)
    }};
}

/// Sends a request with the key; its status and its JSON answer.
macro_rules! send {
    ($app:expr, $key:expr, $method:expr, $path:expr, $body:expr) => {{
        let request = request($key, $method, $path, $body).to_request();
        let response = $app.call(request).await.unwrap();
        let status = response.status();
        assert_eq!(response.headers().get("cache-control").unwrap(), "no-store");
        let answer: Value = serde_json::from_slice(&read_body(response).await).unwrap();
        (status, answer)
    }};
}

fn request(key: &str, method: &str, path: &str, body: Option<&Value>) -> TestRequest {
    let request = TestRequest::default()
        .method(method.parse().unwrap())
        .uri(&format!("{BASE}{path}"))
        .insert_header(("Authorization", format!("Bearer {key}")));
    match body {
        Some(body) => request.set_json(body),
        None => request,
    }
}

/// The campaign of the design, whole.
fn example() -> Value {
    json!({ "name": "US push", "alias": "us-push", "state": "active", "domain_id": null, "traffic_source_id": 1,
      "rotation": "position", "bind": "none",
      "uniqueness": { "by": "ip_ua", "window_hours": 24, "cookies": true },
      "cost": { "model": "cpc", "value": "0.015", "currency": "USD", "from_url": true, "traffic_loss": "0" },
      "timezone": "Europe/Kyiv", "budget": { "daily": "50", "total": null, "when_spent": "notify", "channel_ids": [] }, "bind_hours": 24, "choose_offer": "at_landing",
      "fallback": { "kind": "redirect", "url": "https://example.com/other" }, "parameters": {}, "postbacks": [], "version": 7,
      "flows": [
        { "name": "phones", "kind": "regular", "state": "active", "weight": 100, "match": "all",
          "filters": [ { "key": "country", "mode": "accept", "value": ["US", "CA"] } ],
          "target": { "kind": "split", "landings": [ { "landing_id": 1, "weight": 50 } ],
                                         "offers":   [ { "offer_id": 1, "weight": 100 } ] } },
        { "name": "rest", "kind": "default",
          "target": { "kind": "redirect", "redirect": "http", "url": "https://example.com/?c={click_id}" } } ] })
}

#[actix_web::test]
async fn the_example_campaign_is_stored_and_sent_back_as_it_was() {
    let (app, key) = api!();
    let offer = json!({ "name": "O", "url": "https://o.example/", "network_id": null, "cap": null,
        "payout": { "kind": "fixed", "value": "5", "currency": "USD" } });
    let landing = json!({ "name": "L", "url": "https://l.example/" });
    assert_eq!(send!(app, &key, "POST", "/offers", Some(&offer)).0, 201);
    assert_eq!(send!(app, &key, "POST", "/landings", Some(&landing)).0, 201);
    let source = json!({ "name": "S" });
    let made = send!(app, &key, "POST", "/traffic-sources", Some(&source));
    assert_eq!(made.0, 201);

    let (status, created) = send!(app, &key, "POST", "/campaigns", Some(&example()));

    assert_eq!(status, 201, "{created}");
    assert_eq!(
        (&created["id"], &created["version"]),
        (&json!(1), &json!(1))
    );
    for (field, sent) in example().as_object().unwrap() {
        if field != "flows" && field != "version" {
            assert_eq!(&created[field], sent, "{field}");
        }
    }
    assert_eq!(
        created["flows"][0]["target"],
        example()["flows"][0]["target"]
    );
    assert_eq!(created["flows"][1]["weight"], 100);
    assert_eq!(created["warnings"][0]["field"], "budget.when_spent");
    assert_eq!(created["warnings"][0]["code"], "nobody_hears");
    assert_eq!(
        created["warnings"].as_array().unwrap().len(),
        1,
        "{created}"
    );

    let (status, read) = send!(app, &key, "GET", "/campaigns/1", None);
    assert_eq!((status, &read), (StatusCode::OK, &created));
    let (status, saved) = send!(app, &key, "PUT", "/campaigns/1", Some(&read));
    assert_eq!(status, 200, "what is read can be sent back: {saved}");
    assert_eq!(saved["version"], 2);
    assert_eq!(saved["flows"], read["flows"]);
}

#[actix_web::test]
async fn problems_come_all_at_once_with_their_fields() {
    let (app, key) = api!();
    let document = json!({ "name": "x", "rotatoin": 1, "flows": [{ "kind": "default",
        "filters": [{ "key": "country", "value": ["US"], "mode": "acept" }], "target": { "kind": "redirect" } }] });

    let (status, answer) = send!(app, &key, "POST", "/campaigns", Some(&document));

    assert_eq!(status, 422);
    let problems: Vec<(&str, &str)> = answer["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["field"].as_str().unwrap(),
                one["code"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        problems,
        [
            ("flows[0].filters[0].mode", "invalid"),
            ("flows[0].target.url", "required"),
            ("flows[0].filters", "invalid"),
            ("rotatoin", "unknown_field"),
        ]
    );
    assert_eq!(answer["error"]["field"], "flows[0].filters[0].mode");
    let message = answer["problems"][3]["message"].as_str().unwrap();
    assert!(message.contains("Did you mean \"rotation\"?"), "{message}");
}

#[actix_web::test]
async fn a_save_over_a_newer_version_is_a_conflict() {
    let (app, key) = api!();
    let named = |name: &str, version: u64| json!({ "name": name, "version": version });
    send!(app, &key, "POST", "/networks", Some(&named("A", 0)));
    send!(app, &key, "PUT", "/networks/1", Some(&named("B", 1)));

    let (status, answer) = send!(app, &key, "PUT", "/networks/1", Some(&named("C", 1)));

    assert_eq!(status, 409);
    let error = &answer["error"];
    assert_eq!(error["code"], "version_conflict");
    assert_eq!(error["current"]["name"], "B");
    assert_eq!(
        error["differences"],
        json!([{ "field": "name", "yours": "C", "theirs": "B" }])
    );
}

#[actix_web::test]
async fn a_list_is_paged_searched_and_hides_the_archive() {
    let (app, key) = api!();
    for name in ["Alpha", "Beta", "Gamma", "alphabet"] {
        send!(
            app,
            &key,
            "POST",
            "/networks",
            Some(&json!({ "name": name }))
        );
    }
    let (status, archived) = send!(app, &key, "DELETE", "/networks/2", None);
    assert_eq!(
        (status, &archived["state"]),
        (StatusCode::OK, &json!("archived"))
    );
    let cases = [
        ("", vec![1, 3, 4], Value::Null),
        ("?limit=2", vec![1, 3], json!("3")),
        ("?limit=2&cursor=3", vec![4], Value::Null),
        ("?search=ALPHA", vec![1, 4], Value::Null),
        ("?search=3", vec![3], Value::Null),
        ("?state=archived", vec![2], Value::Null),
        ("?state=all&limit=4", vec![1, 2, 3, 4], Value::Null),
        ("?cursor=18446744073709551615", vec![], Value::Null),
    ];
    for (query, expected, next) in cases {
        let (status, page) = send!(app, &key, "GET", &format!("/networks{query}"), None);
        assert_eq!(status, 200, "{query}: {page}");
        let ids: Vec<u64> = page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["id"].as_u64().unwrap())
            .collect();
        assert_eq!((ids, &page["next"]), (expected, &next), "{query}");
    }

    let (_, restored) = send!(app, &key, "POST", "/networks/2/restore", None);
    assert_eq!(restored["state"], "active");
}

#[actix_web::test]
async fn an_unknown_query_parameter_is_named() {
    let (app, key) = api!();

    let (status, answer) = send!(app, &key, "GET", "/offers?serch=a&limit=0", None);

    assert_eq!(status, 422);
    assert_eq!(answer["problems"][0]["field"], "serch");
    assert!(
        answer["problems"][0]["message"]
            .as_str()
            .unwrap()
            .contains("\"search\"")
    );
    assert_eq!(answer["problems"][1]["field"], "limit");
}

#[actix_web::test]
async fn what_is_no_json_request_is_told_so_in_json() {
    let (app, key) = api!();
    let large = format!("{{\"name\":\"{}\"}}", "a".repeat(BODY_MAX));
    let long = format!("{{\"name\":\"{}\"", "a".repeat(100_000));
    let cases = [
        ("application/json", "{\"name\":", 400, "malformed"),
        ("application/json", "", 400, "malformed"),
        ("application/json", long.as_str(), 400, "malformed"),
        ("text/plain", "{}", 415, "not_json"),
        ("application/json", large.as_str(), 413, "too_large"),
        ("application/json", "[]", 422, "invalid"),
    ];
    for (content_type, body, status, code) in cases {
        let request = TestRequest::post()
            .uri("/api/v1/networks")
            .insert_header(("Authorization", format!("Bearer {key}")))
            .insert_header(("Content-Type", content_type))
            .set_payload(body.to_owned());
        let response = app.call(request.to_request()).await.unwrap();
        assert_eq!(response.status(), status, "{code}");
        let answer: Value = serde_json::from_slice(&read_body(response).await).unwrap();
        assert_eq!(answer["error"]["code"], code);
    }
}

#[actix_web::test]
async fn unknown_addresses_ids_and_methods_are_answered_in_json() {
    let (app, key) = api!();
    let cases = [
        ("GET", "/nothing", 404, "not_found"),
        ("GET", "", 404, "not_found"),
        ("GET", "/campaigns/12", 404, "not_found"),
        ("GET", "/campaigns/x", 404, "not_found"),
        ("PUT", "/campaigns/-1", 404, "not_found"),
        ("DELETE", "/campaigns/12", 404, "not_found"),
        ("DELETE", "/campaigns", 405, "method_not_allowed"),
        ("PATCH", "/offers/1", 404, "not_found"),
        ("PATCH", "/offers", 405, "method_not_allowed"),
        ("POST", "/lists/1/values", 422, "required"),
        ("GET", "/offers/1/restore", 405, "method_not_allowed"),
    ];
    for (method, path, status, code) in cases {
        let body = json!({});
        let (found, answer) = send!(app, &key, method, path, Some(&body));
        assert_eq!(
            (found.as_u16(), &answer["error"]["code"]),
            (status, &json!(code)),
            "{method} {path}"
        );
    }
}

#[actix_web::test]
async fn nobody_gets_in_without_a_key_or_from_another_site() {
    let (app, key) = api!();
    let cases = [
        (None, None, 401),
        (Some("mr_wrong"), None, 401),
        (Some(key.as_str()), Some("https://evil.example"), 403),
        (Some(key.as_str()), Some("http://localhost:8080"), 200),
    ];
    for (key, origin, status) in cases {
        let mut request = TestRequest::get()
            .uri("/api/v1/offers")
            .insert_header(("Host", "localhost:8080"));
        if let Some(key) = key {
            request = request.insert_header(("Authorization", format!("Bearer {key}")));
        }
        if let Some(origin) = origin {
            request = request.insert_header(("Origin", origin));
        }
        let response = app.call(request.to_request()).await.unwrap();
        assert_eq!(response.status(), status, "{key:?} {origin:?}");
        assert_eq!(
            response.headers().contains_key("WWW-Authenticate"),
            status == 401
        );
    }
}

#[actix_web::test]
async fn the_openapi_document_needs_no_key_and_describes_what_is_mounted() {
    let (app, key) = api!();
    let unsigned = TestRequest::get().uri("/api/v1/openapi.json").to_request();
    let response = app.call(unsigned).await.unwrap();
    assert_eq!(response.status(), 200);
    let document: Value = serde_json::from_slice(&read_body(response).await).unwrap();

    let paths = document["paths"].as_object().unwrap();
    let mounted: BTreeSet<String> = endpoints().into_iter().map(|one| one.path).collect();
    assert!(mounted.iter().eq(paths.keys().collect::<BTreeSet<_>>()));
    for (path, item) in paths {
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH"] {
            let is_described = item.get(method.to_lowercase()).is_some();
            let path = path.replace("{id}", "1").replace("{click_id}", "1");
            let request = request(&key, method, &path, None).to_request();
            let status = app.call(request).await.unwrap().status();
            assert_eq!(status != 405, is_described, "{method} {path}");
        }
    }
}

#[test]
fn every_reference_of_the_openapi_document_leads_somewhere() {
    let document: Value = serde_json::from_str(openapi::document()).unwrap();
    assert!(
        !openapi::document().contains(":null"),
        "no keyword of OpenAPI may be null"
    );
    let mut wanted = BTreeSet::new();
    collect_references(&document, &mut wanted);
    assert!(wanted.len() > 20, "{wanted:?}");
    for reference in wanted {
        let pointer = reference.trim_start_matches('#');
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    let drafts = &document["components"]["schemas"];
    assert_eq!(drafts["CampaignDraft"]["required"], json!(["name"]));
    assert!(
        drafts["CampaignDraft"]["properties"]
            .get("created_at")
            .is_none()
    );
    assert!(drafts["FlowDraft"]["properties"].get("id").is_some());
}

fn collect_references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(target)) = fields.get("$ref") {
                found.insert(target.clone());
            }
            fields
                .values()
                .for_each(|inner| collect_references(inner, found));
        }
        Value::Array(items) => items
            .iter()
            .for_each(|inner| collect_references(inner, found)),
        _ => {}
    }
}

#[actix_web::test]
async fn warnings_name_macros_that_look_mistyped() {
    let (app, key) = api!();
    let offer = json!({ "name": "O", "url": "https://o.example/?c={clik_id}" });

    let (status, created) = send!(app, &key, "POST", "/offers", Some(&offer));

    assert_eq!(status, 201);
    assert_eq!(created["warnings"][0]["field"], "url");
    assert_eq!(created["warnings"][0]["code"], "unknown_macro");
}
