//! What two versions of one document differ in, field by field.

use serde::Serialize;
use serde_json::Value;

/// One field in which an edit differs from what is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Difference {
    /// Path of the field, as in problems.
    pub field: String,
    /// What was sent; `null` if it is not there.
    #[schema(value_type = Object, nullable)]
    pub yours: Value,
    /// What is stored; `null` if it is not there.
    #[schema(value_type = Object, nullable)]
    pub theirs: Value,
}

/// Fields of the document itself that always differ.
const OWN: &[&str] = &["id", "version", "created_at", "updated_at"];

/// Every field that differs. Lists of different lengths differ as a whole.
pub fn differences(yours: &Value, theirs: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    walk(String::new(), yours, theirs, &mut found);
    found.retain(|one| !OWN.contains(&one.field.as_str()));
    found
}

fn walk(field: String, yours: &Value, theirs: &Value, found: &mut Vec<Difference>) {
    match (yours, theirs) {
        (Value::Object(mine), Value::Object(other)) => {
            let inner = |key: &str| match field.is_empty() {
                true => key.to_owned(),
                false => format!("{field}.{key}"),
            };
            for (key, value) in mine {
                let other = other.get(key).unwrap_or(&Value::Null);
                walk(inner(key), value, other, found);
            }
            for (key, value) in other.iter().filter(|(key, _)| !mine.contains_key(*key)) {
                walk(inner(key), &Value::Null, value, found);
            }
        }
        (Value::Array(mine), Value::Array(other)) if mine.len() == other.len() => {
            for (index, (mine, other)) in mine.iter().zip(other).enumerate() {
                walk(format!("{field}[{index}]"), mine, other, found);
            }
        }
        _ if yours == theirs => {}
        _ => found.push(Difference {
            field,
            yours: yours.clone(),
            theirs: theirs.clone(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_field_that_differs_is_listed_with_both_values() {
        let yours = json!({ "version": 1, "name": "a", "cost": { "value": "1", "model": "cpc" },
            "flows": [{ "weight": 1 }], "filters": [1] });
        let theirs = json!({ "version": 2, "name": "b", "cost": { "value": "2", "model": "cpc" },
            "flows": [{ "weight": 2 }], "filters": [1, 2] });

        let found = differences(&yours, &theirs);

        let fields: Vec<&str> = found.iter().map(|one| one.field.as_str()).collect();
        assert_eq!(fields, ["name", "cost.value", "flows[0].weight", "filters"]);
        assert_eq!(found[0].yours, json!("a"));
        assert_eq!(found[0].theirs, json!("b"));
    }

    #[test]
    fn what_is_equal_has_no_differences() {
        let document = json!({ "name": "a", "flows": [{ "weight": 1 }] });
        assert_eq!(differences(&document, &document), []);
    }
}
