//! The decision: a visitor and a campaign in, a destination out. Pure.
//!
//! # Life of a click
//!
//! `ClickRequest -> Visitor -> Decision -> Click -> Writer`, then a plain [`Reply`].
//!
//! 1. `web/click.rs` turns the request of the web framework into a plain
//!    [`ClickRequest`](crate::detect::request::ClickRequest) and finds the campaign of the link in
//!    the [`Catalog`]: by host and alias, the domain's own alias first.
//! 2. [`detect`](crate::detect) observes the [`Visitor`](crate::domain::visitor::Visitor): address,
//!    place, device, bot verdict, language, referrer, parameters.
//! 3. [`decide()`] asks the flows of the campaign. **Forced** flows come first, in their order.
//!    Then the **regular** flows: by position, the first whose filters accept; or by weight, drawing
//!    again among the rest when the filters of the drawn one reject. Then the **default** flow,
//!    which takes everybody. Of the chosen flow it draws the landing and the offer by weight; the
//!    visitor goes to the landing if there is one, and the offer waits behind it.
//!
//!    Or the flow answers by itself (`reply.rs`), or **jumps**: it leaves the visitor to another
//!    campaign, which begins anew. Then the visit is a click of both, the later one with the
//!    earlier as its parent; what the visit costs is booked with the first.
//!
//!    Whom no flow takes, the campaign's **fallback** gets: an address, another campaign, which
//!    begins anew, or "not found". A campaign that is paused, archived, or diverts because its
//!    budget is spent asks no flow and answers with its fallback at once. There are at most
//!    [`MAX_JUMPS`] ways on from campaign to campaign, and no flow leads back to one that has passed
//!    the visitor on: then the next flow is asked. The visitors of an
//!    offer whose cap is reached go to its overflow offer; without one its weight goes to the rest,
//!    and a flow with nothing open is passed over.
//! 4. The visitor and what was chosen are remembered ([`memory`]), which says for what the click is
//!    unique. [`cost::at_click`] says what it costs; it is recorded and handed to the writer.
//! 5. [`Decision::reply`] expands the macros of the destination into an address. The reply leaves
//!    once the click is stored.
//!
//! Nothing of this can fail, and nothing of it waits, allocates for long or looks anything up
//! outside the catalog. Whatever can be wrong with a document was found when the catalog was
//! compiled: a save with problems is refused, and at the program's start a flow with problems is
//! passed over.
//!
//! **Only what is active takes part.** A flow, landing or offer that is paused, archived or of
//! weight 0 is left out when compiling, so its share goes to the rest. (Weight 0 is kept where the
//! campaign binds, and never drawn.) A flow that has nothing left to send visitors to is passed
//! over.
//!
//! **A returning visitor finds the same again** where the campaign binds: in a campaign that
//! rotates by weight the bound flow is asked before any other is drawn, after the forced ones; in
//! a flow, the bound landing and offer are taken instead of drawing. What was given weight 0 in
//! the meantime still gets the visitors that are bound to it; what was paused or archived does
//! not, and the visitor is bound anew.
//!
//! **It can explain itself.** The same code tells its steps to a [`trace::Trace`]; on the click
//! path that is [`trace::Silent`], of which the compiler leaves nothing.
//!
//! # The files
//!
//! | file | what it knows |
//! |---|---|
//! | `catalog.rs` | all that is compiled; finding a campaign |
//! | `compile.rs`, `compiled.rs` | a document becomes ready to decide |
//! | `decide.rs`, `target.rs` | the order of flows, targets and fallbacks |
//! | `link.rs` | which campaign a link belongs to |
//! | `onward.rs` | from the landing to the offer |
//! | `pass_query.rs` | the visitor's own query for the landing |
//! | `visit.rs` | what a decision may ask about a visit, and what it remembers and counts |
//! | `memory/` | who was here before, and what was chosen then |
//! | `rotation.rs`, `dice.rs` | drawing by weight, and chance |
//! | `filter/` | conditions on the visitor, one file each, in groups |
//! | `redirect/` | ways to send a visitor on, one file each |
//! | `reply.rs` | answers of our own |
//! | `passages.rs` | a visit that went through several campaigns becomes several clicks |
//! | `facts.rs` | what macros ask about a decision |
//! | `cost.rs` | what a click costs when it arrives |
//! | `counters.rs`, `budget.rs` | what is counted outside the catalog, and what was spent |
//! | `trace.rs` | the steps of a decision, as data |
//! | `options.rs` | the registries as the dashboard gets them |
//!
//! # Adding a filter
//!
//! 1. A file in its group's folder under `filter/` with a unit struct that implements
//!    [`filter::FilterKind`]: its key, label, help, example, input and what it compiles to. The
//!    table in `filter/mod.rs` tells who reads the usual values.
//! 2. Its line in the group's `ALL`, from which [`filter::ALL`] is made.
//! 3. `UPDATE_README=1 cargo test --test readme` writes it into the README.
//!
//! That is all: saving checks its values, the dashboard draws its editor, the simulator explains
//! it, and the registry's tests try its example.

pub mod budget;
pub mod catalog;
mod compile;
mod compiled;
pub mod cost;
pub mod counters;
mod decide;
mod dice;
mod facts;
pub mod filter;
pub mod link;
pub mod memory;
pub mod onward;
mod options;
mod pass_query;
mod passages;
pub mod redirect;
pub mod reply;
mod rotation;
mod target;
pub mod trace;
pub mod visit;

#[cfg(test)]
mod bound;
#[cfg(test)]
mod capped;
#[cfg(test)]
mod cases;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod recompiling;
#[cfg(test)]
pub(crate) mod testing;

pub use catalog::{CampaignProblems, Catalog, Link};
pub use compiled::{CompiledCampaign, CompiledLanding, CompiledOffer};
pub use decide::{Decision, Destination, MAX_JUMPS, Passage, decide, send};
pub use dice::Dice;
pub use facts::Chosen;
pub use options::{Options, options};
pub use pass_query::pass_query;
pub use passages::Marks;
pub use redirect::Reply;
