//! The OpenAPI operations of a resource: one for each endpoint that all resources have.

use serde_json::{Value, json};

use super::openapi::{id_parameter, reference, responses};
use super::page::SortKey;

pub(super) fn list(path: &str, word: &str, schema: &str, id_fields: &[&str]) -> Value {
    let parameter = |name: &str, schema: Value, description: &str| {
        json!({ "name": name, "in": "query", "required": false, "schema": schema,
            "description": description })
    };
    let item = match schema {
        "List" => "ListBrief",
        _ => schema,
    };
    let page = json!({
        "type": "object",
        "required": ["items", "next"],
        "properties": {
            "items": { "type": "array", "items": reference(item) },
            "next": { "type": ["string", "null"], "description": "The cursor of the next page." },
        },
    });
    let mut parameters = vec![
        parameter(
            "limit",
            json!({ "type": "integer", "minimum": 1, "maximum": 500, "default": 100 }),
            "How many at most.",
        ),
        parameter(
            "cursor",
            json!({ "type": "string" }),
            "`next` of the page before; it belongs to its sort.",
        ),
        parameter("sort", sort(), "What by; a \"-\" turns the order round."),
        parameter(
            "state",
            json!({ "type": "string", "enum": ["active", "paused", "archived", "all"] }),
            "Left out: active and paused.",
        ),
        parameter(
            "search",
            json!({ "type": "string" }),
            &format!("A part of a {word}'s texts, or its id."),
        ),
    ];
    parameters.extend(id_fields.iter().map(|field| {
        parameter(
            field,
            json!({ "type": "string", "pattern": "^([0-9]+|none)$" }),
            "Only those that name this id; `none`: those that name no id there.",
        )
    }));
    json!({
        "tags": [path],
        "operationId": operation_id("list", path),
        "summary": format!("{path}, by id unless sorted otherwise"),
        "parameters": parameters,
        "responses": responses("200", page, &["401", "403", "422"]),
    })
}

fn sort() -> Value {
    let words = SortKey::ALL.iter().map(|(word, _)| *word);
    let words: Vec<String> = words
        .flat_map(|word| [word.to_owned(), format!("-{word}")])
        .collect();
    json!({ "type": "string", "enum": words, "default": "id" })
}

/// `list_traffic_sources`
fn operation_id(verb: &str, noun: &str) -> String {
    format!("{verb}_{}", noun.replace([' ', '-'], "_"))
}

pub(super) fn create(path: &str, word: &str, schema: &str) -> Value {
    json!({
        "tags": [path],
        "operationId": operation_id("create", word),
        "summary": format!("Make a {word}"),
        "requestBody": sent(schema),
        "responses": responses("201", stored(schema), &["400", "401", "403", "413", "415", "422", "503"]),
    })
}

pub(super) fn read(path: &str, word: &str, schema: &str) -> Value {
    one(
        path,
        "read",
        word,
        "Read",
        stored(schema),
        &["401", "403", "404"],
    )
}

pub(super) fn replace(path: &str, word: &str, schema: &str) -> Value {
    let errors = [
        "400", "401", "403", "404", "409", "413", "415", "422", "503",
    ];
    let mut operation = one(path, "replace", word, "Save", stored(schema), &errors);
    operation["requestBody"] = sent(schema);
    operation["description"] = json!(
        "The whole document; `version` is the one that was read. If another was stored meanwhile, \
         the answer is 409 with the differences."
    );
    operation
}

pub(super) fn patch(path: &str, word: &str, schema: &str) -> Value {
    let errors = [
        "400", "401", "403", "404", "409", "413", "415", "422", "503",
    ];
    let mut operation = one(
        path,
        "patch",
        word,
        "Change some fields",
        stored(schema),
        &errors,
    );
    operation["requestBody"] = merge_patch(true);
    operation["description"] = json!(
        "A JSON merge patch (RFC 7396): fields left out stay, null sets a field to its default, \
         lists are replaced whole. With `version`, the answer is 409 if another was stored meanwhile."
    );
    operation
}

pub(super) fn copy(path: &str, word: &str, schema: &str) -> Value {
    let errors = ["400", "401", "403", "404", "413", "415", "422", "503"];
    let mut operation = one(path, "clone", word, "Copy", stored(schema), &errors);
    operation["requestBody"] = merge_patch(false);
    operation["description"] = json!(
        "The copy has an id of its own, so have its flows, and a name that tells it from the first \
         one. The body, if there is one, is a JSON merge patch over the copy."
    );
    let responses = operation["responses"].as_object_mut();
    if let Some(responses) = responses
        && let Some(done) = responses.shift_remove("200")
    {
        responses.shift_insert(0, "201".to_owned(), done);
    }
    operation
}

fn merge_patch(is_required: bool) -> Value {
    let schema = json!({ "type": "object" });
    json!({ "required": is_required, "content": {
        "application/merge-patch+json": { "schema": schema },
        "application/json": { "schema": schema } } })
}

pub(super) fn archive(path: &str, word: &str, schema: &str) -> Value {
    let errors = ["401", "403", "404", "409", "422", "503"];
    let mut operation = one(path, "archive", word, "Archive", stored(schema), &errors);
    operation["description"] = json!(
        "What others name is not archived: 409 with the code in_use lists them. With force it is \
         archived all the same; they keep naming it and get nothing from it."
    );
    if let Some(parameters) = operation["parameters"].as_array_mut() {
        parameters.push(json!({ "name": "force", "in": "query", "required": false,
            "schema": { "type": "boolean", "default": false } }));
    }
    operation
}

pub(super) fn restore(path: &str, word: &str, schema: &str) -> Value {
    let errors = ["401", "403", "404", "422", "503"];
    one(
        path,
        "restore",
        word,
        "Restore from the archive",
        stored(schema),
        &errors,
    )
}

/// An operation on one entity.
fn one(path: &str, verb: &str, word: &str, summary: &str, answer: Value, errors: &[&str]) -> Value {
    json!({
        "tags": [path],
        "operationId": operation_id(verb, word),
        "summary": format!("{summary}: {word}"),
        "parameters": [id_parameter()],
        "responses": responses("200", answer, errors),
    })
}

fn sent(schema: &str) -> Value {
    let schema = reference(&format!("{schema}Draft"));
    json!({ "required": true, "content": { "application/json": { "schema": schema } } })
}

/// The stored entity with its warnings.
fn stored(schema: &str) -> Value {
    let warnings = json!({ "type": "object", "required": ["warnings"], "properties": {
        "warnings": { "type": "array", "items": reference("Problem"),
            "description": "What is stored but has no effect, or a surprising one." } } });
    json!({ "allOf": [reference(schema), warnings] })
}
