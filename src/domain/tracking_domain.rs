//! A host name that campaign links live on.

use serde::Serialize;
use utoipa::ToSchema;

use super::state::State;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TrackingDomain {
    pub id: u64,
    pub version: u64,
    /// Lower-case host name without port: `go.example.com`.
    pub host: String,
    pub state: State,
    /// The campaign that answers `/` and unknown aliases on this host.
    pub index_campaign_id: Option<u64>,
    pub notes: String,
    pub created_at: i64,
    pub updated_at: i64,
}
