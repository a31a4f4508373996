//! Spent budgets: a message to the campaign's channels, and a call that pauses it at its source.
//!
//! Told once for each day or total. A larger budget that is spent again is told again; a smaller one
//! is not, as it was spent before. While there is nobody to hear it nothing counts as told.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, SecondsFormat};
use serde_json::json;

use crate::domain::campaign::{Campaign, Limit, WhenSpent};
use crate::domain::documents::Documents;
use crate::domain::message::{Message, Recipient};
use crate::domain::money::Micros;
use crate::domain::period;
use crate::engine::budget::{self, Reached};
use crate::library::Desk;
use crate::macros::words;
use crate::store::budgets::{self, Spent, Told};
use crate::store::error::StoreError;

/// Sees when a budget is spent.
pub struct Watcher {
    desk: Desk,
    /// Up to which amount each was told.
    told: HashMap<Spent, Micros>,
}

impl Watcher {
    /// Goes on from what was told before.
    pub fn open(desk: Desk) -> Result<Watcher, StoreError> {
        let told = budgets::told(&desk.readers, None)?;
        let told = told.into_iter().map(|one| (one.spent, one.amount));
        Ok(Watcher {
            told: told.collect(),
            desk,
        })
    }

    /// Tells what was spent since the round before. What fails is told in the next one.
    pub fn round(&mut self, now: i64) {
        let documents = self.desk.library.editor.documents();
        let campaigns = documents.campaigns.values();
        for campaign in campaigns.filter(|campaign| campaign.state.is_active()) {
            for reached in budget::reached(campaign, &*self.desk.library.counts, now) {
                if let Err(error) = self.tell(&documents, campaign, reached, now) {
                    let campaign = campaign.id;
                    tracing::warn!(%error, campaign, "a spent budget is told in the next round");
                }
            }
        }
    }

    fn tell(
        &mut self,
        documents: &Arc<Documents>,
        campaign: &Campaign,
        reached: Reached,
        now: i64,
    ) -> Result<(), StoreError> {
        let spent = spent(campaign, &reached);
        if self
            .told
            .get(&spent)
            .is_some_and(|told| *told >= reached.amount)
        {
            return Ok(());
        }
        let messages = messages(documents, campaign, &reached, now);
        if messages.is_empty() {
            return Ok(());
        }
        let told = Told {
            spent,
            amount: reached.amount,
            at: now,
        };
        let ids = Arc::clone(&self.desk.library.ids);
        budgets::tell(
            &self.desk.writer,
            ids,
            Arc::clone(documents),
            told,
            messages,
        )?;
        self.told.insert(spent, reached.amount);
        Ok(())
    }
}

fn spent(campaign: &Campaign, reached: &Reached) -> Spent {
    Spent {
        campaign_id: campaign.id,
        limit: reached.limit,
        period: reached.period,
    }
}

/// When the budgets that are spent now were told; the latest of both.
pub fn told_at(told: &[Told], campaign: &Campaign, reached: &[Reached]) -> Option<i64> {
    let is_told = |told: &&Told| {
        let mut reached = reached.iter();
        reached.any(|one| told.spent == spent(campaign, one) && told.amount >= one.amount)
    };
    told.iter().filter(is_told).map(|told| told.at).max()
}

/// One to each channel, and the call to the source.
fn messages(
    documents: &Documents,
    campaign: &Campaign,
    reached: &Reached,
    now: i64,
) -> Vec<Message> {
    let (text, data) = (text(campaign, reached), data(campaign, reached, now));
    let period = match reached.limit {
        Limit::Daily => format!("daily:{}", period::date(reached.period)),
        Limit::Total => "total".to_owned(),
    };
    let message = |to: Recipient, whom: &str| Message {
        to,
        text: text.clone(),
        data: data.clone(),
        key: format!("budget:{}:{period}:{}:{whom}", campaign.id, reached.amount),
        campaign_id: Some(campaign.id),
        conversion_id: None,
        click_id: None,
        rule_id: None,
        run_id: None,
    };
    let channels = campaign.budget_channels(documents).into_iter();
    let channels = channels.map(|id| message(Recipient::Channel(id), &format!("channel {id}")));
    let mut messages: Vec<Message> = channels.collect();
    if let Some(call) = campaign.pause_call(documents) {
        let request = words::expand_call(call, &|word| value(campaign, reached, now, word));
        messages.push(message(Recipient::Call(request), "pause"));
    }
    messages
}

/// What a word of the pause webhook stands for.
fn value(campaign: &Campaign, reached: &Reached, now: i64, word: &str) -> Option<String> {
    Some(match word {
        "campaign_id" => campaign.id.to_string(),
        "campaign_name" => campaign.name.clone(),
        "traffic_source_id" => campaign.traffic_source_id?.to_string(),
        "cost" => reached.spent.to_string(),
        "reason" => reason(campaign, reached),
        "at" => moment(now),
        _ => return None,
    })
}

fn reason(campaign: &Campaign, reached: &Reached) -> String {
    format!(
        "{} budget spent: {} of {} {}",
        reached.limit.as_str(),
        reached.spent,
        reached.amount,
        campaign.cost.currency.as_str()
    )
}

fn text(campaign: &Campaign, reached: &Reached) -> String {
    let currency = campaign.cost.currency.as_str();
    let when = match reached.limit {
        Limit::Daily => format!(
            "on {} ({})",
            period::date(reached.period),
            campaign.timezone
        ),
        Limit::Total => "in all".to_owned(),
    };
    let then = match campaign.budget.when_spent {
        WhenSpent::Notify => "Visitors go on as before.",
        WhenSpent::Divert => "Visitors go to the fallback.",
    };
    format!(
        "The {} budget of \"{}\" (campaign {}) is spent.\nSpent {} {currency} of {} {currency} {when}.\n{then}",
        reached.limit.as_str(),
        campaign.name,
        campaign.id,
        reached.spent,
        reached.amount
    )
}

fn data(campaign: &Campaign, reached: &Reached, now: i64) -> serde_json::Value {
    let is_daily = reached.limit == Limit::Daily;
    json!({
        "type": "budget_spent",
        "at": moment(now),
        "campaign_id": campaign.id,
        "campaign_name": campaign.name,
        "traffic_source_id": campaign.traffic_source_id,
        "budget": reached.limit.as_str(),
        "amount": reached.amount,
        "spent": reached.spent,
        "currency": campaign.cost.currency,
        "day": is_daily.then(|| period::date(reached.period).to_string()),
        "timezone": campaign.timezone,
        "when_spent": campaign.budget.when_spent,
    })
}

fn moment(at: i64) -> String {
    let at = DateTime::from_timestamp_millis(at).unwrap_or_default();
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
