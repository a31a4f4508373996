//! Every document that routing needs, at one moment.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::campaign::Campaign;
use super::landing::Landing;
use super::network::Network;
use super::offer::Offer;
use super::tracking_domain::TrackingDomain;

/// All documents by id. Cheap to copy, so a change is tried on a copy before it is kept.
#[derive(Debug, Clone, Default)]
pub struct Documents {
    pub campaigns: BTreeMap<u64, Arc<Campaign>>,
    pub offers: BTreeMap<u64, Arc<Offer>>,
    pub landings: BTreeMap<u64, Arc<Landing>>,
    pub networks: BTreeMap<u64, Arc<Network>>,
    pub domains: BTreeMap<u64, Arc<TrackingDomain>>,
}
