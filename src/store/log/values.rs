//! What stands in a row, as the API writes it.

use chrono::{DateTime, SecondsFormat};
use serde_json::{Map, Value as Json};

use crate::domain::id::{Id, IdCodec};
use crate::domain::money::Micros;

/// A time from UTC milliseconds; `None` where no calendar reaches.
pub(crate) fn rfc3339(at: i64) -> Option<String> {
    let time = DateTime::from_timestamp_millis(at)?;
    Some(time.to_rfc3339_opts(SecondsFormat::Millis, true))
}

/// A time that is one for sure.
pub(crate) fn time(at: i64) -> String {
    rfc3339(at).unwrap_or_default()
}

/// A decimal from micro-units.
pub(crate) fn money(micros: i64) -> String {
    Micros(micros).to_string()
}

/// The public form of a click id.
pub(crate) fn public(codec: &IdCodec, id: Option<i64>) -> Option<String> {
    let id = id.and_then(Id::from_row)?;
    Some(codec.encode(id).to_string())
}

/// A stored JSON object; empty where there is none.
pub(crate) fn object(json: Option<String>) -> Map<String, Json> {
    json.and_then(|json| serde_json::from_str(&json).ok())
        .unwrap_or_default()
}
