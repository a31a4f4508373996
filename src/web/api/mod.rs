//! The JSON API under `/api/v1`, for the dashboard and for scripts.
//!
//! Every address is one [`Endpoint`]: what answers it and its description stand together, so the
//! OpenAPI document cannot miss one.
//!
//! Adding a resource: 1. its document in `domain`, with its map in `Documents` and its arm in
//! `Reference`; 2. its table, and its line in `store/entities.rs`; 3. implement
//! [`resource::Resource`] for it; 4. add it to [`endpoints`] and to `openapi::schemas`. Adding another address: a file with its handler and its `Endpoint`,
//! and a row in [`endpoints`].

mod api_keys;
mod body;
mod bulk;
mod channels;
mod clicks;
mod conversion_edits;
mod conversions;
mod facts;
mod gone;
mod handlers;
mod imports;
mod jobs;
mod limits;
mod links;
mod lists;
mod log_files;
mod log_query;
mod observed;
mod offer_clicks;
pub mod openapi;
mod operations;
mod outbox;
mod page;
mod postback_url;
mod postbacks;
mod presets;
mod query;
mod rates;
mod report_files;
mod report_links;
mod reports;
pub mod resource;
mod row_query;
mod rule_runs;
mod rule_trials;
mod shared_reports;
mod simulate;
mod summaries;

use std::collections::BTreeMap;

use actix_web::guard::{GuardContext, fn_guard};
use actix_web::http::{Method, header};
use actix_web::middleware::from_fn;
use actix_web::{HttpRequest, HttpResponse, Route, web};
use serde_json::Value;

use self::body::BodyMax;
use super::auth;
use super::error::{ApiError, BODY_MAX};
use crate::domain::campaign::Campaign;
use crate::domain::channel::Channel;
use crate::domain::event::Event;
use crate::domain::group::Group;
use crate::domain::landing::Landing;
use crate::domain::list::List;
use crate::domain::network::Network;
use crate::domain::offer::Offer;
use crate::domain::own_metric::OwnMetric;
use crate::domain::rule::Rule;
use crate::domain::saved_report::SavedReport;
use crate::domain::summary::Summary;
use crate::domain::tracking_domain::{TrackingDomain, without_port};
use crate::domain::traffic_source::TrafficSource;

/// Where all of it is.
pub const BASE: &str = "/api/v1";

/// One method at one address.
pub struct Endpoint {
    /// Below [`BASE`], with `{id}` where an id stands.
    pub path: String,
    pub method: Method,
    /// Its OpenAPI operation object.
    pub operation: Value,
    /// Makes the route that answers it.
    pub route: fn() -> Route,
    /// The largest body that is read, in bytes.
    pub body_max: usize,
}

/// Every address of the API.
pub fn endpoints() -> Vec<Endpoint> {
    let mut endpoints = vec![openapi::endpoint()];
    endpoints.extend(resource::endpoints::<Campaign>());
    endpoints.extend(resource::endpoints::<Offer>());
    endpoints.extend(resource::endpoints::<Landing>());
    endpoints.extend(resource::endpoints::<Network>());
    endpoints.extend(resource::endpoints::<TrafficSource>());
    endpoints.extend(resource::endpoints::<TrackingDomain>());
    endpoints.extend(resource::endpoints::<List>());
    endpoints.extend(resource::endpoints::<Group>());
    endpoints.extend(resource::endpoints::<Event>());
    endpoints.extend(resource::endpoints::<Rule>());
    endpoints.extend(resource::endpoints::<Channel>());
    endpoints.extend(resource::endpoints::<Summary>());
    endpoints.extend(resource::endpoints::<SavedReport>());
    endpoints.extend(resource::endpoints::<OwnMetric>());
    endpoints.extend(summaries::endpoints());
    endpoints.extend(channels::endpoints());
    endpoints.extend(lists::endpoints());
    endpoints.push(links::endpoint());
    endpoints.push(postback_url::endpoint());
    endpoints.extend(api_keys::endpoints());
    endpoints.extend(clicks::endpoints());
    endpoints.extend(offer_clicks::endpoints());
    endpoints.extend(conversions::endpoints());
    endpoints.extend(conversion_edits::endpoints());
    endpoints.extend(postbacks::endpoints());
    endpoints.extend(outbox::endpoints());
    endpoints.extend(rule_runs::endpoints());
    endpoints.extend(rule_trials::endpoints());
    endpoints.extend(facts::endpoints());
    endpoints.extend(bulk::endpoints());
    endpoints.extend(simulate::endpoints());
    endpoints.extend(imports::endpoints());
    endpoints.extend(jobs::endpoints());
    endpoints.extend(limits::endpoints());
    endpoints.extend(rates::endpoints());
    endpoints.extend(reports::endpoints());
    endpoints.push(report_files::endpoint());
    endpoints.extend(report_links::endpoints());
    endpoints.push(shared_reports::endpoint());
    endpoints.extend(presets::endpoints());
    endpoints
}

/// Whether an address is answered without a key.
pub fn is_public(path: &str) -> bool {
    let path = path.strip_prefix(BASE);
    path.is_some_and(|path| path == openapi::PATH || path.starts_with(shared_reports::PATH))
}

/// Mounts the API, on these hosts only if there are any. Among the application's data have to be `web::Data<Editor>`,
/// `web::Data<ApiKeys>` and `web::Data<Arc<Shared>>`.
pub fn configure(config: &mut web::ServiceConfig, hosts: Vec<String>) {
    let mut by_path = BTreeMap::<String, Vec<Endpoint>>::new();
    for endpoint in endpoints() {
        by_path
            .entry(endpoint.path.clone())
            .or_default()
            .push(endpoint);
    }
    let mut scope = web::scope(BASE)
        .guard(fn_guard(move |context| is_admin(&hosts, context)))
        .app_data(BodyMax(BODY_MAX));
    for (path, endpoints) in by_path {
        let methods: Vec<&str> = endpoints.iter().map(|one| one.method.as_str()).collect();
        let allowed = methods.join(", ");
        let body_max = endpoints.iter().map(|one| one.body_max).max();
        let mut resource = web::resource(path).app_data(BodyMax(body_max.unwrap_or(BODY_MAX)));
        for endpoint in endpoints {
            resource = resource.route((endpoint.route)());
        }
        let other_method = move || {
            let error = ApiError::MethodNotAllowed(allowed.clone());
            async move { Err::<HttpResponse, _>(error) }
        };
        scope = scope.service(resource.default_service(web::to(other_method)));
    }
    let nothing =
        async |request: HttpRequest| Err::<HttpResponse, _>(ApiError::no_address(request.path()));
    config.service(
        scope
            .default_service(web::to(nothing))
            .wrap(from_fn(auth::guard)),
    );
}

fn is_admin(hosts: &[String], context: &GuardContext<'_>) -> bool {
    let host = context.head().headers().get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok());
    is_admin_host(hosts, host.unwrap_or_default())
}

/// Once hosts are named for administration, API and dashboard answer on no other.
pub(crate) fn is_admin_host(hosts: &[String], host: &str) -> bool {
    let host = without_port(host);
    hosts.is_empty() || hosts.iter().any(|admin| admin.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests;
