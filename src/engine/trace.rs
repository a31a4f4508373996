//! How a decision explains itself.
//!
//! The one code that decides also tells its steps. On the click path nobody listens: [`Silent`]
//! takes closures and never calls them, so after compilation nothing is left of them. The
//! simulator passes a [`Story`].

use serde::Serialize;

use crate::domain::flow::{FlowKind, Mode, ReplyKind};
use crate::domain::state::State;

/// Somebody who may want to hear the steps.
pub trait Trace {
    /// Whether steps are heard at all; for steps that take a loop to tell.
    fn listens(&self) -> bool;

    fn step(&mut self, step: impl FnOnce() -> Step);
}

/// Nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Trace for Silent {
    #[inline]
    fn listens(&self) -> bool {
        false
    }

    #[inline]
    fn step(&mut self, _: impl FnOnce() -> Step) {}
}

/// All steps in order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Story {
    pub steps: Vec<Step>,
}

impl Trace for Story {
    fn listens(&self) -> bool {
        true
    }

    fn step(&mut self, step: impl FnOnce() -> Step) {
        self.steps.push(step());
    }
}

/// One step of a decision.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// A campaign begins to decide.
    Campaign {
        campaign_id: u64,
    },
    /// The campaign is not active; its fallback takes over.
    CampaignNotActive {
        campaign_id: u64,
        state: State,
    },
    /// The campaign's budget is spent, and it diverts; its fallback takes over.
    CampaignSpent {
        campaign_id: u64,
    },
    /// The flow takes no part, whoever comes.
    FlowPassedOver {
        flow_id: u64,
        why: PassedOver,
    },
    /// The flow is asked: its turn in the order, or drawn with `weight` among `of`.
    FlowConsidered {
        flow_id: u64,
        kind: FlowKind,
        drawn: Option<Odds>,
    },
    /// A filter was asked.
    Filter {
        flow_id: u64,
        /// Place among the flow's filters, from 0.
        index: usize,
        key: &'static str,
        mode: Mode,
        /// What the visitor has there.
        visitor: String,
        /// Whether the visitor may stay, with the mode applied.
        accepts: bool,
    },
    FlowRejected {
        flow_id: u64,
    },
    FlowChosen {
        flow_id: u64,
    },
    /// The visitor is bound to the flow, so it is asked before any is drawn.
    BoundFlow {
        flow_id: u64,
    },
    /// The visitor is bound to the landing, so none is drawn.
    BoundLanding {
        landing_id: u64,
    },
    BoundOffer {
        offer_id: u64,
    },
    /// The visitor was bound, and is bound anew to what comes out now.
    BindingDropped {
        of: Bound,
        id: u64,
        why: Dropped,
    },
    LandingDrawn {
        landing_id: u64,
        odds: Odds,
    },
    OfferDrawn {
        offer_id: u64,
        odds: Odds,
    },
    /// The offer has all the conversions that its cap lets it have today.
    OfferFull {
        offer_id: u64,
    },
    /// The visitors of a full offer go to this one, which may be full too.
    OverflowOffer {
        offer_id: u64,
    },
    /// All offers of the chosen flow are full; the next flow is asked.
    FlowFull {
        flow_id: u64,
    },
    /// The flow answers by itself.
    Reply {
        reply: ReplyKind,
    },
    /// The flow sends the visitor on to another campaign, which begins to decide.
    Jump {
        flow_id: u64,
        campaign_id: u64,
    },
    /// The flow would send the visitor to a campaign where he was already, or once too often: the
    /// next flow is asked.
    JumpRefused {
        flow_id: u64,
        campaign_id: u64,
    },
    /// No flow took the visitor.
    NoFlow {
        campaign_id: u64,
    },
    /// The fallback sends the visitor to another campaign.
    FallbackCampaign {
        campaign_id: u64,
    },
    FallbackRedirect,
    NotFound {
        why: NotFound,
    },
}

/// A weight among the sum of those that could be drawn at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Odds {
    pub weight: u64,
    pub of: u64,
}

/// What a visitor can be bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    Flow,
    Landing,
    Offer,
}

/// Why a binding does not hold any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Dropped {
    /// It is paused, archived, without a live target, or not in the campaign any more.
    NotLive,
    /// The filters of the flow reject the visitor now.
    Rejected,
}

/// Why a flow takes no part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PassedOver {
    Paused,
    Archived,
    /// Weight 0 in a campaign that rotates by weight.
    NoWeight,
    /// All its landings, or all its offers, are paused, archived or of weight 0; or the campaign
    /// that it leads to is archived.
    NoLiveTarget,
    /// It has problems, which saving would have refused.
    Broken,
}

/// Why nothing answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NotFound {
    /// The campaign wants it so.
    Chosen,
    /// The campaign of the fallback is not there.
    MissingCampaign,
    /// Flows and fallbacks lead from campaign to campaign without end.
    TooManyJumps,
}
