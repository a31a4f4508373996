//! What the macros of an outgoing postback draw on.

use crate::domain::campaign::Campaign;
use crate::domain::click::{Click, ClickCost};
use crate::domain::conversion::{Conversion, Kept, Status};
use crate::domain::documents::Documents;
use crate::domain::id::PublicId;
use crate::domain::money::{Currency, Micros};
use crate::domain::offer::{Payout, PayoutKind};
use crate::domain::outgoing::OutgoingPostback;
use crate::domain::period;
use crate::domain::rates::Rates;
use crate::domain::visitor::Visitor;
use crate::macros::{Body, Expanded, Facts, MacroContext, Named, Outgoing, Parent, Told, Within};

const ALL: i64 = 100_000_000;

/// A conversion and its click.
pub(in crate::store) struct Subject<'a> {
    pub(in crate::store) row: &'a Conversion,
    pub(in crate::store) click: &'a Click,
    /// The public id of the click.
    pub(in crate::store) click_id: &'a str,
    pub(in crate::store) documents: &'a Documents,
    pub(in crate::store) rates: &'a Rates,
}

impl Subject<'_> {
    pub(super) fn campaign(&self) -> Option<&Campaign> {
        let campaign = self.documents.campaigns.get(&self.click.campaign_id);
        campaign.map(AsRef::as_ref)
    }

    /// The request that tells of it.
    pub(super) fn expand(
        &self,
        postback: &OutgoingPostback,
        templates: &Outgoing,
        parent: Option<&(u64, PublicId)>,
    ) -> Expanded {
        let payout = self.payout(postback);
        self.with_context(payout, parent, |context| templates.expand(context))
    }

    /// A text about it, with all that it pays.
    pub(in crate::store) fn expand_text(&self, template: &Body) -> String {
        let revenue = &self.row.revenue;
        let payout = Some((revenue.amount, revenue.currency));
        let mut text = String::new();
        self.with_context(payout, None, |context| template.expand(context, &mut text));
        text
    }

    /// Lends what macros draw on; `payout` is what is told of its revenue.
    fn with_context<T>(
        &self,
        payout: Option<(Micros, Currency)>,
        parent: Option<&(u64, PublicId)>,
        with: impl FnOnce(&MacroContext<'_>) -> T,
    ) -> T {
        let (row, click) = (self.row, self.click);
        let visitor = Visitor {
            ip: click.ip,
            place: click.place.clone(),
            agent: click.agent.clone(),
            language: click.language,
            referrer: click.referrer.clone(),
            bot: None,
            parameters: click.parameters.clone(),
        };
        let id = row.id.to_row().to_string();
        let cost = self.cost();
        let facts = TellingFacts {
            subject: self,
            payout: payout.map(|(value, currency)| Payout {
                kind: PayoutKind::Fixed,
                value,
                currency,
            }),
            told: Told {
                id: &id,
                at: row.at,
                status_at: row.status_at,
                event: &row.event,
                status: row.status.map_or("", Status::as_str),
                previous_status: row.previous_status.map(Status::as_str),
                original_status: row.original_status.as_deref(),
                tid: row.tid.as_deref(),
                revenue: payout,
                profit: self.profit(payout, cost),
                sale_amount: row.sale_amount.map(|sum| (sum, row.revenue.currency)),
            },
        };
        let kept: Vec<(&str, String)> = kept(row);
        let domain = click
            .domain_id
            .and_then(|id| self.documents.domains.get(&id));
        with(&MacroContext {
            click_id: self.click_id,
            at: click.at,
            campaign_id: click.campaign_id,
            campaign_name: self.campaign().map_or("", |campaign| &campaign.name),
            flow_id: click.flow_id,
            landing_id: click.landing_id,
            offer_id: row.offer_id.or(click.offer_id),
            traffic_source_id: click.traffic_source_id,
            parent: parent.map(|(campaign_id, click_id)| Parent {
                campaign_id: *campaign_id,
                click_id: click_id.as_str(),
            }),
            visitor: &visitor,
            cost,
            host: domain.map_or("", |domain| &domain.host),
            random: spread(row.id.to_row() as u64),
            parameters: &|name| {
                let of_click = click.parameters.others.iter();
                let of_click = of_click.map(|(known, value)| (known.as_str(), value.as_str()));
                let of_row = kept.iter().map(|(known, value)| (*known, value.as_str()));
                let mut all = of_click.chain(of_row);
                all.find(|(known, _)| *known == name)
                    .map(|(_, value)| value)
            },
            facts: &facts,
        })
    }

    /// What is told of its revenue; `None` without a rate.
    fn payout(&self, postback: &OutgoingPostback) -> Option<(Micros, Currency)> {
        let revenue = &self.row.revenue;
        let share = revenue.amount.scaled(postback.payout_share.0, ALL)?;
        let wanted = postback.currency.unwrap_or(revenue.currency);
        let amount = self.converted(share, revenue.currency, wanted)?;
        Some((amount, wanted))
    }

    /// Of the conversion, where traffic is paid by results; else of the click.
    fn cost(&self) -> Option<ClickCost> {
        let of_conversion = self.row.cost.as_ref().map(|cost| ClickCost {
            amount: cost.amount,
            currency: cost.currency,
            fell_back: false,
        });
        of_conversion.or(self.click.cost)
    }

    fn profit(
        &self,
        payout: Option<(Micros, Currency)>,
        cost: Option<ClickCost>,
    ) -> Option<(Micros, Currency)> {
        let (revenue, currency) = payout?;
        let cost = match cost {
            Some(cost) => self.converted(cost.amount, cost.currency, currency)?,
            None => Micros::ZERO,
        };
        Some((Micros(revenue.0.checked_sub(cost.0)?), currency))
    }

    /// At the rate of the conversion's day.
    fn converted(&self, amount: Micros, from: Currency, to: Currency) -> Option<Micros> {
        let day = period::day(self.row.at, chrono_tz::Tz::UTC);
        self.rates.convert(amount, from, to, day)
    }
}

/// Parameters that came with the conversion.
fn kept(row: &Conversion) -> Vec<(&str, String)> {
    let kept = row.kept.iter().map(|(name, value)| {
        let value = match value {
            Kept::Number(number) => number.to_string(),
            Kept::Text(text) => text.clone(),
        };
        (name.as_str(), value)
    });
    let others = row.others.iter();
    let others = others.map(|(name, value)| (name.as_str(), value.clone()));
    kept.chain(others).collect()
}

struct TellingFacts<'a> {
    subject: &'a Subject<'a>,
    payout: Option<Payout>,
    told: Told<'a>,
}

impl Facts for TellingFacts<'_> {
    fn name(&self, of: Named) -> Option<&str> {
        let Subject {
            row,
            click,
            documents,
            ..
        } = self.subject;
        let offer = || documents.offers.get(&row.offer_id.or(click.offer_id)?);
        Some(match of {
            Named::Flow => {
                let mut flows = self.subject.campaign()?.flows.iter();
                &flows.find(|flow| Some(flow.id) == click.flow_id)?.name
            }
            Named::Landing => &documents.landings.get(&click.landing_id?)?.name,
            Named::Offer => &offer()?.name,
            Named::Network => &documents.networks.get(&offer()?.network_id?)?.name,
            Named::TrafficSource => {
                &documents
                    .traffic_sources
                    .get(&click.traffic_source_id?)?
                    .name
            }
        })
    }

    fn payout(&self) -> Option<&Payout> {
        self.payout.as_ref()
    }

    fn is_unique(&self, within: Within) -> Option<bool> {
        let click = self.subject.click;
        Some(match within {
            Within::Campaign => click.is_unique_campaign,
            Within::Flow => click.is_unique_flow,
            Within::Everywhere => click.is_unique_global,
        })
    }

    fn conversion(&self) -> Option<&Told<'_>> {
        Some(&self.told)
    }

    fn converted(&self, amount: Micros, from: Currency, to: Currency) -> Option<Micros> {
        self.subject.converted(amount, from, to)
    }
}

/// SplitMix64: <https://prng.di.unimi.it/splitmix64.c>
pub(super) fn spread(seed: u64) -> u64 {
    let state = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
