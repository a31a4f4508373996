//! The page before the offer.

use serde::Serialize;
use utoipa::ToSchema;

use super::state::State;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Landing {
    pub id: u64,
    pub version: u64,
    pub name: String,
    pub state: State,
    /// URL template of the page; the click id is appended under `click_id_parameter` unless the
    /// template names `{click_id}` itself.
    pub url: String,
    /// Name under which the page gets the click id.
    pub click_id_parameter: String,
    pub notes: String,
    pub created_at: i64,
    pub updated_at: i64,
}
