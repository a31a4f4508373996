//! Who pays and sends postbacks.

use serde::Serialize;
use utoipa::ToSchema;

use super::state::State;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Network {
    pub id: u64,
    pub version: u64,
    pub name: String,
    pub state: State,
    /// Template of the query that carries our click id to the network: `sub1={click_id}`.
    /// Appended to the URL of every offer of the network.
    pub offer_param: String,
    pub notes: String,
    pub created_at: i64,
    pub updated_at: i64,
}
