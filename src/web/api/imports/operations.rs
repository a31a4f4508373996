//! The OpenAPI operations of imports.

use serde_json::{Map, Value, json};

use super::super::openapi;
use super::{LIMIT_DEFAULT, LIMIT_MAX};
use crate::postback::verdict::Verdict;

pub(super) fn page(item: &str) -> Value {
    json!({ "type": "object", "required": ["items", "next"], "properties": {
        "items": { "type": "array", "items": openapi::reference(item) },
        "next": { "type": ["string", "null"], "description": "The cursor of the next page." } } })
}

fn parameter(name: &str, schema: Value, help: &str) -> Value {
    json!({ "name": name, "in": "query", "required": false, "schema": schema, "description": help })
}

pub(super) fn describe_import() -> Value {
    let text = json!({ "type": "string" });
    let flag = json!({ "type": "boolean", "default": false });
    let statuses = json!({ "type": ["string", "null"],
        "enum": ["lead", "sale", "rejected", "trash", null] });
    let options = [
        (
            "network_id",
            json!({ "type": ["integer", "null"], "minimum": 1 }),
            "Whose words count, and among whose conversions transaction ids are looked for.",
        ),
        (
            "timezone",
            json!({ "type": "string", "default": "UTC" }),
            "IANA zone of times that name none.",
        ),
        (
            "columns",
            json!({ "type": ["array", "null"], "items": text }),
            "Names of the columns instead of a header; \"-\" passes one over. In a query: \
             separated by commas.",
        ),
        (
            "delimiter",
            json!({ "type": ["string", "null"] }),
            "comma, semicolon, tab, colon or pipe; found out where it is left out.",
        ),
        (
            "preview",
            flag.clone(),
            "Only say what would become of each row.",
        ),
        (
            "send_postbacks",
            flag,
            "Whether the conversions are to be told to traffic sources.",
        ),
        (
            "default_status",
            statuses,
            "Of rows that tell no status; left out: as for postbacks.",
        ),
    ];
    let parameters: Vec<Value> = options
        .iter()
        .map(|(name, schema, help)| parameter(name, schema.clone(), help))
        .collect();
    let mut properties = Map::new();
    properties.insert(
        "text".to_owned(),
        json!({ "type": "string", "description": "The file." }),
    );
    for (name, schema, help) in &options {
        let mut schema = schema.clone();
        schema["description"] = json!(help);
        properties.insert((*name).to_owned(), schema);
    }
    let mut responses = openapi::responses(
        "202",
        openapi::reference("Import"),
        &["400", "401", "403", "409", "413", "422", "503"],
    );
    let preview = json!({ "description": "A preview: nothing was changed.", "content": {
        "application/json": { "schema": openapi::reference("Preview") } } });
    if let Some(responses) = responses.as_object_mut() {
        responses.shift_insert(0, "200".to_owned(), preview);
    }
    json!({
        "tags": ["conversions"],
        "operationId": "import_conversions",
        "summary": "Reads a file of conversions, each row as a postback; 100,000 rows at most",
        "parameters": parameters,
        "requestBody": { "required": true, "content": {
            "application/json": {
                "schema": { "type": "object", "required": ["text"], "properties": properties },
                "example": { "text": "click_id,payout,tid,status\n6g8r4m0dn2xvzq1k5t7w,5.00,77,approved",
                    "network_id": 1, "preview": true } },
            "text/csv": { "schema": { "type": "string" } },
            "text/plain": { "schema": { "type": "string" } } } },
        "responses": responses,
    })
}

pub(super) fn describe_rows() -> Value {
    let words: Vec<&str> = Verdict::ALL.iter().map(|(word, _)| *word).collect();
    let limit = json!({ "type": "integer", "minimum": 1, "maximum": LIMIT_MAX,
        "default": LIMIT_DEFAULT });
    json!({
        "tags": ["conversions"],
        "operationId": "list_import_rows",
        "summary": "What became of each row of an import, in their order; kept for 30 days",
        "parameters": [
            openapi::id_parameter(),
            parameter("verdict", json!({ "type": "string", "enum": words }),
                "Only rows with this verdict."),
            parameter("cursor", json!({ "type": "string" }), "`next` of the page before."),
            parameter("limit", limit, "How many at most."),
        ],
        "responses": openapi::responses("200", page("ImportRow"),
            &["401", "403", "404", "422", "503"]),
    })
}
