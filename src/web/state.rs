//! What handlers work with: shared by all worker threads, and one worker's own.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;

use super::download::Downloads;
use super::recent::RecentClicks;
use super::step::StepSigner;
use crate::detect::{Detectors, Rules};
use crate::domain::id::{IdCodec, IdGenerator};
use crate::engine::counters::Counts;
use crate::engine::memory::Visitors;
use crate::engine::{Catalog, Dice};
use crate::evaluator::Evaluating;
use crate::importer::Importer;
use crate::jobs::Jobs;
use crate::keeper::Keeping;
use crate::library::Library;
use crate::reporter::Reporter;
use crate::store::api_keys::ApiKeys;
use crate::store::columns::sealer::Sealing;
use crate::store::rates::RateBook;
use crate::store::readers::Readers;
use crate::store::tallies::Tallies;
use crate::store::writer::{Lane, Writer};
use crate::vault::Vault;

/// Shared by all worker threads.
pub struct Shared {
    pub catalog: Arc<ArcSwap<Catalog>>,
    pub rules: Arc<Rules>,
    pub ids: Arc<IdGenerator>,
    pub codec: IdCodec,
    pub writer: Writer,
    pub readers: Readers,
    pub tallies: Arc<Tallies>,
    /// Limits, caps and budgets.
    pub counts: Arc<Counts>,
    pub rates: Arc<RateBook>,
    /// Clicks whose visitors are on a landing.
    pub recent: RecentClicks,
    pub visitors: Arc<Visitors>,
    /// How the keeping of `visitors` goes.
    pub keeping: Arc<Keeping>,
    pub keys: Arc<ApiKeys>,
    /// Opens the secrets of channels.
    pub vault: Vault,
    /// Secret of the fingerprints of agents and places.
    pub fingerprint_key: [u8; 16],
    pub steps: StepSigner,
    pub library: Library,
    /// How the rounds of rules go.
    pub evaluating: Arc<Evaluating>,
    /// How the sealing of columns goes.
    pub sealing: Arc<Sealing>,
    pub importer: Arc<Importer>,
    pub jobs: Arc<Jobs>,
    pub reporter: Arc<Reporter>,
    pub postbacks: PostbackRules,
    /// Files that are being made for clients.
    pub downloads: Downloads,
    /// Host names on which the API answers; empty: all.
    pub admin_hosts: Vec<String>,
}

/// How postbacks are taken in.
#[derive(Debug, Clone, Copy)]
pub struct PostbackRules {
    /// How long a network waits for its answer at most.
    pub timeout: Duration,
    /// Only those with the key of a network.
    pub require_key: bool,
}

/// One worker thread's own: nothing here is ever waited for.
pub struct Hot {
    pub shared: Arc<Shared>,
    pub detectors: Detectors,
    pub dice: RefCell<Dice>,
    pub lane: Lane,
}

impl Hot {
    /// On the worker thread itself.
    pub fn new(shared: Arc<Shared>) -> Self {
        Self {
            detectors: Detectors::new(Arc::clone(&shared.rules), &shared.fingerprint_key),
            dice: RefCell::new(Dice::new()),
            lane: shared.writer.lane(),
            shared,
        }
    }
}
