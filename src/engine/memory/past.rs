//! One visitor's past with one campaign, in 28 bytes.

use super::super::visit::{Choices, Seen, Unique};

/// Times are minutes since 1970; 0 is never. Ids that do not fit 32 bits are not remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Past {
    /// The click that was unique.
    pub(super) minute: u32,
    /// When the choices were made.
    pub(super) bound: u32,
    /// 0 is none.
    pub(super) flow_id: u32,
    pub(super) landing_id: u32,
    pub(super) offer_id: u32,
    /// Bits of [`Seen::bit`], in two halves: an entry is smaller without the alignment of 64 bits.
    pub(super) flows: [u32; 2],
}

/// Whether `now` lies within `window` minutes of `since`. A little before it counts too, as after
/// the clock was set back.
pub(super) fn is_within(since: u32, now: u32, window: u32) -> bool {
    since.abs_diff(now) < window
}

impl Past {
    pub(super) fn flows(&self) -> u64 {
        u64::from(self.flows[0]) | u64::from(self.flows[1]) << 32
    }

    fn set_flows(&mut self, flows: u64) {
        self.flows = [flows as u32, (flows >> 32) as u32];
    }

    pub(super) fn add_flow(&mut self, flow_id: Option<u64>) {
        self.set_flows(self.flows() | flow_id.map_or(0, Seen::bit));
    }

    /// What of it still holds.
    pub(super) fn seen(&self, now: u32, window: u32) -> Seen {
        if !is_within(self.minute, now, window) {
            return Seen::default();
        }
        Seen {
            in_campaign: true,
            flows: self.flows(),
            ..Seen::default()
        }
    }

    /// One more click; for what it is the first.
    pub(super) fn click(&mut self, now: u32, window: u32, flow_id: Option<u64>) -> Unique {
        let unique = self.seen(now, window).unique(flow_id);
        if unique.in_campaign {
            self.minute = now;
            self.flows = [0; 2];
        }
        self.add_flow(flow_id);
        unique
    }

    /// What was chosen, while it binds.
    pub(super) fn bound(&self, now: u32, window: u32) -> Option<Choices> {
        let id = |id: u32| (id != 0).then_some(u64::from(id));
        let flow_id = id(self.flow_id)?;
        is_within(self.bound, now, window).then(|| Choices {
            flow_id,
            landing_id: id(self.landing_id),
            offer_id: id(self.offer_id),
        })
    }

    /// Keeps what was chosen now. The time of a binding runs from the first choice of its flow.
    /// Says whether it begins.
    pub(super) fn bind(&mut self, now: u32, window: u32, chosen: Choices) -> bool {
        let stands = self.bound(now, window);
        let begins = stands.is_none_or(|stands| stands.flow_id != chosen.flow_id);
        if begins {
            self.bound = now;
        }
        self.choose(chosen);
        begins
    }

    /// The offer of an earlier visit, where the later ones took none.
    pub(super) fn fill_offer(&mut self, earlier: Choices) {
        if self.offer_id == 0 && u64::from(self.flow_id) == earlier.flow_id {
            self.choose(Choices {
                landing_id: Some(u64::from(self.landing_id)),
                ..earlier
            });
        }
    }

    pub(super) fn choose(&mut self, chosen: Choices) {
        let small = |id: Option<u64>| id.and_then(|id| u32::try_from(id).ok()).unwrap_or(0);
        self.flow_id = small(Some(chosen.flow_id));
        self.landing_id = small(chosen.landing_id);
        self.offer_id = small(chosen.offer_id);
    }
}
