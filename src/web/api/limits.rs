//! How far caps and budgets are: `GET /offers/{id}/cap`, `GET /campaigns/{id}/budget`.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Endpoint, openapi};
use crate::clock;
use crate::domain::campaign::{Campaign, WhenSpent};
use crate::domain::entity::Entity;
use crate::domain::money::{Currency, Micros};
use crate::domain::offer::Offer;
use crate::domain::period;
use crate::editor::Editor;
use crate::engine::budget;
use crate::engine::visit::{Counted, Counter, Counters};
use crate::herald::budgets::told_at;
use crate::store::budgets;
use crate::web::error::{ApiError, BODY_MAX};
use crate::web::state::Shared;

/// How many conversions an offer has today, and may have.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CapState {
    pub offer_id: u64,
    /// First conversions of the day.
    pub count: u64,
    /// `null` without a cap.
    pub daily: Option<u64>,
    pub left: Option<u64>,
    /// Its visitors go elsewhere.
    pub is_full: bool,
    #[schema(example = "2026-01-31")]
    pub day: String,
    /// IANA zone of the day.
    pub timezone: String,
    /// When the next day begins, in UTC milliseconds.
    pub resets_at: i64,
    pub overflow_offer_id: Option<u64>,
}

/// What a campaign has spent, and may spend; amounts in the currency of its cost.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BudgetState {
    pub campaign_id: u64,
    #[schema(value_type = String, example = "USD")]
    pub currency: Currency,
    #[schema(value_type = Option<String>)]
    pub daily: Option<Micros>,
    #[schema(value_type = Option<String>)]
    pub total: Option<Micros>,
    /// Today.
    #[schema(value_type = String)]
    pub spent: Micros,
    /// Since the campaign's first click.
    #[schema(value_type = String)]
    pub spent_total: Micros,
    /// What may still be spent now; `null` without a budget.
    #[schema(value_type = Option<String>)]
    pub left: Option<Micros>,
    pub state: SpendingState,
    pub when_spent: WhenSpent,
    #[schema(example = "2026-01-31")]
    pub day: String,
    /// IANA zone of the day.
    pub timezone: String,
    /// When a spent budget is open again, in UTC milliseconds; `null` if it is not spent, or
    /// spent for good.
    pub resets_at: Option<i64>,
    /// When the messages about a spent budget were put into the outbox, in UTC milliseconds; `null`
    /// if it is not spent, or nobody hears of it.
    pub told_at: Option<i64>,
}

/// Whether a budget is spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum SpendingState {
    /// There is no budget.
    NoBudget,
    Open,
    /// It is spent, and visitors go on as before.
    Spent,
    /// It is spent, and visitors go to the fallback.
    Diverting,
}

pub(super) fn endpoints() -> Vec<Endpoint> {
    let operation = |path: &str, id: &str, summary: &str, schema: &str| {
        json!({
            "tags": [path],
            "operationId": id,
            "summary": summary,
            "parameters": [{ "name": "id", "in": "path", "required": true,
                "schema": { "type": "integer", "format": "int64", "minimum": 1 } }],
            "responses": openapi::responses("200", openapi::reference(schema), &["401", "403", "404"]),
        })
    };
    vec![
        Endpoint {
            path: "/offers/{id}/cap".to_owned(),
            method: Method::GET,
            body_max: BODY_MAX,
            operation: operation(
                "offers",
                "cap_of_offer",
                "How far an offer's cap is today",
                "CapState",
            ),
            route: || web::get().to(cap),
        },
        Endpoint {
            path: "/campaigns/{id}/budget".to_owned(),
            method: Method::GET,
            body_max: BODY_MAX,
            operation: operation(
                "campaigns",
                "budget_of_campaign",
                "What a campaign has spent and may still spend",
                "BudgetState",
            ),
            route: || web::get().to(budget_of),
        },
    ]
}

async fn cap(
    shared: web::Data<Arc<Shared>>,
    editor: web::Data<Editor>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let offer = find::<Offer>(&editor, &id)?;
    let cap = offer.cap.as_ref();
    let timezone = cap.map_or("UTC", |cap| cap.timezone.as_str());
    let (at, zone) = (clock::now_ms(), period::zone(timezone));
    let counter = Counter::at(Counted::OfferConversionsPerDay, offer.id, at, zone);
    let count = shared.counts.count(counter);
    let daily = cap.map(|cap| u64::from(cap.daily));
    Ok(HttpResponse::Ok().json(CapState {
        offer_id: offer.id,
        count,
        daily,
        left: daily.map(|daily| daily.saturating_sub(count)),
        is_full: daily.is_some_and(|daily| count >= daily),
        day: period::date(counter.period).to_string(),
        timezone: timezone.to_owned(),
        resets_at: period::day_start(counter.period + 1, zone),
        overflow_offer_id: cap.and_then(|cap| cap.overflow_offer_id),
    }))
}

async fn budget_of(
    shared: web::Data<Arc<Shared>>,
    editor: web::Data<Editor>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let campaign = find::<Campaign>(&editor, &id)?;
    let now = clock::now_ms();
    let spending = budget::spending(&campaign, &*shared.counts, now);
    let reached = budget::reached(&campaign, &*shared.counts, now);
    let (readers, id) = (shared.readers.clone(), campaign.id);
    let told = web::block(move || budgets::told(&readers, Some(id))).await??;
    let limits = &campaign.budget;
    let state = match (spending.left, spending.is_spent, limits.when_spent) {
        (None, ..) => SpendingState::NoBudget,
        (_, false, _) => SpendingState::Open,
        (_, true, WhenSpent::Notify) => SpendingState::Spent,
        (_, true, WhenSpent::Divert) => SpendingState::Diverting,
    };
    Ok(HttpResponse::Ok().json(BudgetState {
        campaign_id: campaign.id,
        currency: campaign.cost.currency,
        daily: limits.daily,
        total: limits.total,
        spent: spending.today,
        spent_total: spending.ever,
        left: spending.left,
        state,
        when_spent: limits.when_spent,
        day: period::date(spending.day).to_string(),
        timezone: campaign.timezone.clone(),
        resets_at: spending.resets_at,
        told_at: told_at(&told, &campaign, &reached),
    }))
}

fn find<E: Entity>(editor: &Editor, id: &str) -> Result<Arc<E>, ApiError> {
    let found = id.parse().ok().and_then(|id| editor.find::<E>(id));
    found.ok_or_else(|| {
        let id: String = id.chars().take(100).collect();
        ApiError::NotFound(format!("There is no {} {id}.", E::WORD))
    })
}
