//! All documents an operator edits, in memory: what the catalogue is compiled from.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::campaign::Campaign;
use super::landing::Landing;
use super::network::Network;
use super::offer::Offer;
use super::tracking_domain::TrackingDomain;

/// Every document by its id, archived ones too. Cheap to clone: the documents are shared.
#[derive(Debug, Clone, Default)]
pub struct Documents {
    pub campaigns: BTreeMap<u64, Arc<Campaign>>,
    pub offers: BTreeMap<u64, Arc<Offer>>,
    pub landings: BTreeMap<u64, Arc<Landing>>,
    pub networks: BTreeMap<u64, Arc<Network>>,
    pub domains: BTreeMap<u64, Arc<TrackingDomain>>,
}
