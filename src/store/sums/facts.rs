//! The facts of a click by which questions group, each as the code of its value.
//!
//! Only the columns that are asked for are read. What follows from a route, a user agent or an address
//! is looked up once for each of these, and each fact of a row once for all piles.

use std::collections::HashMap;
use std::fmt::Write;

use ahash::RandomState;
use rusqlite::{Connection, OptionalExtension, Row};

use super::Question;
use super::lookup::Lookup;
use super::plan::{Codes, NO_CODES};
use super::values::{Code, EMPTY, Values};
use crate::detect::referrer;
use crate::domain::documents::Documents;
use crate::domain::id::Id;
use crate::domain::visitor::BotReason;
use crate::report::dimension::{Dimension, Fact, UniqueFor, block};
use crate::store::clicks::flags::Flags;
use crate::store::clicks::packed::{unpack_ip, unpack_sub_id};

/// Columns of a click that are always read, in the order in which [`Facts::seen`] takes them.
const ALWAYS: [&str; 5] = ["id", "route_id", "flags", "cost", "currency_id"];

pub(super) struct Facts<'a> {
    documents: &'a Documents,
    columns: Vec<Column>,
    /// Of `clicks`, in the order in which they are selected.
    selected: Vec<&'static str>,
    routes: HashMap<i64, Route, RandomState>,
    agents: Lookup,
    places: Lookup,
    /// The code of each column for the row at hand, once it is known.
    known: Vec<Option<Code>>,
    address: String,
}

/// A dimension that is asked for.
pub(super) struct Column {
    dimension: &'static Dimension,
    /// Where it stands among what is selected: of the click, or by the lookup.
    place: usize,
    pub(super) values: Values,
}

/// What was decided about a click.
#[derive(Debug, Clone, Copy)]
pub(super) struct Route {
    pub(super) campaign_id: u64,
    pub(super) landing_id: Option<u64>,
    pub(super) offer_id: Option<u64>,
    flow_id: Option<u64>,
    traffic_source_id: Option<u64>,
    domain_id: Option<u64>,
}

/// A click at hand.
pub(super) struct Seen<'r> {
    pub(super) connection: &'r Connection,
    pub(super) row: &'r Row<'r>,
    pub(super) id: i64,
    /// UTC milliseconds.
    pub(super) at: i64,
    pub(super) flags: Flags,
    pub(super) route: Route,
    pub(super) cost: Option<i64>,
    pub(super) currency_id: Option<i64>,
}

const ROUTE: &str = "
    select campaign_id, landing_id, offer_id, flow_id, traffic_source_id, domain_id
    from routes where id = ?1";

impl<'a> Facts<'a> {
    pub(super) fn new(documents: &'a Documents, questions: &[Question]) -> Self {
        let mut facts = Self {
            documents,
            columns: Vec::new(),
            selected: ALWAYS.to_vec(),
            routes: HashMap::default(),
            agents: Lookup::new("agents"),
            places: Lookup::new("places"),
            known: Vec::new(),
            address: String::new(),
        };
        for dimension in questions.iter().flat_map(|question| &question.dimensions) {
            facts.column(dimension);
        }
        facts
    }

    /// The number of a dimension's column.
    pub(super) fn column(&mut self, dimension: &'static Dimension) -> usize {
        let mut columns = self.columns.iter();
        if let Some(column) = columns.position(|column| column.dimension == dimension) {
            return column;
        }
        let column = self.columns.len();
        let place = match dimension.fact {
            Fact::Agent => {
                self.agents.id_at = self.select("agent_id");
                self.agents.add(column, dimension.key)
            }
            Fact::Place => {
                self.places.id_at = self.select("place_id");
                self.places.add(column, dimension.key)
            }
            Fact::Click => self.select(dimension.key),
            Fact::SubId(_) => self.select("sub_ids"),
            Fact::ReferrerHost => self.select("referrer"),
            Fact::Address | Fact::Block { .. } => self.select("ip"),
            Fact::Campaign
            | Fact::CampaignGroup
            | Fact::Flow
            | Fact::Landing
            | Fact::Offer
            | Fact::Network
            | Fact::TrafficSource
            | Fact::Domain
            | Fact::IsUnique(_)
            | Fact::IsBot
            | Fact::BotReason
            | Fact::Time(_)
            | Fact::Event
            | Fact::Status
            | Fact::Tid
            | Fact::Kept => 0,
        };
        self.columns.push(Column {
            dimension,
            place,
            values: Values::default(),
        });
        self.known.push(None);
        column
    }

    fn select(&mut self, name: &'static str) -> usize {
        let place = self.selected.iter().position(|known| *known == name);
        place.unwrap_or_else(|| {
            self.selected.push(name);
            self.selected.len() - 1
        })
    }

    pub(super) fn values(&self, column: usize) -> &Values {
        &self.columns[column].values
    }

    pub(super) fn values_mut(&mut self, column: usize) -> &mut Values {
        &mut self.columns[column].values
    }

    /// `select ... from clicks`, for rows that [`Self::seen`] takes.
    pub(super) fn select_clicks(&self) -> String {
        format!("select {} from clicks", self.selected.join(", "))
    }

    /// A row at hand; `None` for a test, which counts nowhere.
    pub(super) fn seen<'r>(
        &mut self,
        connection: &'r Connection,
        row: &'r Row<'r>,
    ) -> Result<Option<Seen<'r>>, rusqlite::Error> {
        let flags = Flags(row.get(2)?);
        let id: i64 = row.get(0)?;
        let Some(made) = Id::from_row(id).filter(|_| !flags.is_test()) else {
            return Ok(None);
        };
        let Some(route) = self.route(connection, row.get(1)?)? else {
            return Ok(None);
        };
        self.known.fill(None);
        Ok(Some(Seen {
            connection,
            row,
            id,
            at: made.unix_ms() + flags.shift(),
            flags,
            route,
            cost: row.get(3)?,
            currency_id: row.get(4)?,
        }))
    }

    fn route(
        &mut self,
        connection: &Connection,
        id: i64,
    ) -> Result<Option<Route>, rusqlite::Error> {
        if let Some(route) = self.routes.get(&id) {
            return Ok(Some(*route));
        }
        let mut statement = connection.prepare_cached(ROUTE)?;
        let found = statement.query_row([id], |row| {
            Ok(Route {
                campaign_id: row.get(0)?,
                landing_id: row.get(1)?,
                offer_id: row.get(2)?,
                flow_id: row.get(3)?,
                traffic_source_id: row.get(4)?,
                domain_id: row.get(5)?,
            })
        });
        let found = found.optional()?;
        self.routes.extend(found.map(|route| (id, route)));
        Ok(found)
    }

    /// The codes of some columns, for a click or a conversion of it that is about this offer.
    pub(super) fn codes(
        &mut self,
        columns: &[usize],
        seen: &Seen<'_>,
        offer_id: Option<u64>,
    ) -> Result<Codes, rusqlite::Error> {
        let mut codes = NO_CODES;
        for (code, column) in codes.iter_mut().zip(columns) {
            *code = self.code(*column, seen, offer_id)?;
        }
        Ok(codes)
    }

    /// The codes of some columns, for what is of a campaign and of no click.
    pub(super) fn codes_of_campaign(&mut self, columns: &[usize], campaign_id: u64) -> Codes {
        let mut codes = NO_CODES;
        for (code, column) in codes.iter_mut().zip(columns) {
            let column = &mut self.columns[*column];
            *code = match column.dimension.fact {
                Fact::Campaign => column.values.id(Some(campaign_id)),
                Fact::CampaignGroup => {
                    let campaign = self.documents.campaigns.get(&campaign_id);
                    column.values.id(campaign.and_then(|one| one.group_id))
                }
                _ => EMPTY,
            };
        }
        codes
    }

    fn code(
        &mut self,
        index: usize,
        seen: &Seen<'_>,
        offer_id: Option<u64>,
    ) -> Result<Code, rusqlite::Error> {
        let column = &mut self.columns[index];
        let values = &mut column.values;
        if let Some(code) = self.known[index] {
            return Ok(code);
        }
        let route = &seen.route;
        let code = match column.dimension.fact {
            // These two are not kept: the conversions of a click differ in them.
            Fact::Offer => return Ok(values.id(offer_id)),
            Fact::Network => {
                let offer = offer_id.and_then(|id| self.documents.offers.get(&id));
                return Ok(values.id(offer.and_then(|offer| offer.network_id)));
            }
            Fact::Campaign => values.id(Some(route.campaign_id)),
            Fact::CampaignGroup => {
                let campaign = self.documents.campaigns.get(&route.campaign_id);
                values.id(campaign.and_then(|campaign| campaign.group_id))
            }
            Fact::Flow => values.id(route.flow_id),
            Fact::Landing => values.id(route.landing_id),
            Fact::TrafficSource => values.id(route.traffic_source_id),
            Fact::Domain => values.id(route.domain_id),
            Fact::Click => values.stored(seen.row.get_ref(column.place)?),
            Fact::SubId(number) => {
                let json = seen.row.get_ref(column.place)?.as_str_or_null()?;
                let value = json.and_then(|json| unpack_sub_id(json, number));
                value.map_or(EMPTY, |value| values.text(&value))
            }
            Fact::ReferrerHost => {
                let referrer = seen.row.get_ref(column.place)?.as_str_or_null()?;
                values.text(referrer.and_then(referrer::host).unwrap_or_default())
            }
            Fact::Address => {
                let bytes = seen.row.get_ref(column.place)?.as_blob()?;
                self.address.clear();
                if let Some(ip) = unpack_ip(bytes) {
                    let _ = write!(self.address, "{ip}");
                }
                values.text(&self.address)
            }
            Fact::Block { v4, v6 } => {
                let ip = unpack_ip(seen.row.get_ref(column.place)?.as_blob()?);
                ip.map_or(EMPTY, |ip| values.text(&block(ip, v4, v6)))
            }
            Fact::IsUnique(scope) => values.text(yes_or_no(match scope {
                UniqueFor::Campaign => seen.flags.is_unique_campaign(),
                UniqueFor::Flow => seen.flags.is_unique_flow(),
                UniqueFor::All => seen.flags.is_unique_global(),
            })),
            Fact::IsBot => values.text(yes_or_no(seen.flags.is_bot())),
            Fact::BotReason => {
                let reason = seen.flags.bot_reason().map(BotReason::as_str);
                let cleared = seen.flags.is_cleared().then_some("converted");
                values.text(reason.or(cleared).unwrap_or_default())
            }
            Fact::Agent => {
                let place = column.place;
                self.agents.code(seen, place, &mut self.columns)?
            }
            Fact::Place => {
                let place = column.place;
                self.places.code(seen, place, &mut self.columns)?
            }
            // Of no click: rules are not grouped by these.
            Fact::Time(_) | Fact::Event | Fact::Status | Fact::Tid | Fact::Kept => EMPTY,
        };
        self.known[index] = Some(code);
        Ok(code)
    }
}

fn yes_or_no(is: bool) -> &'static str {
    match is {
        true => "true",
        false => "false",
    }
}
