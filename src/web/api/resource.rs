//! What all editable entities answer to: list, create, read, replace, patch, clone, archive, restore.

use actix_web::http::Method;
use actix_web::web;
use serde_json::Value;

use super::{Endpoint, handlers, operations};
use crate::domain::campaign::{Campaign, CostModel, Fallback};
use crate::domain::channel::Channel;
use crate::domain::documents::Documents;
use crate::domain::event::Event;
use crate::domain::form::quoted;
use crate::domain::group::Group;
use crate::domain::landing::Landing;
use crate::domain::list::List;
use crate::domain::money::Currency;
use crate::domain::nearest::nearest;
use crate::domain::network::Network;
use crate::domain::offer::Offer;
use crate::domain::own_metric::OwnMetric;
use crate::domain::problem::Problem;
use crate::domain::rule::Rule;
use crate::domain::saved_report::SavedReport;
use crate::domain::summary::Summary;
use crate::domain::tracking_domain::TrackingDomain;
use crate::domain::traffic_source::TrafficSource;
use crate::editor::as_json;
use crate::engine::Catalog;
use crate::macros::Template;
use crate::presets;
use crate::report::own;
use crate::rules;
use crate::store::entities::Stored;
use crate::web::error::{BODY_MAX, LIST_BODY_MAX};

/// An entity with an address.
pub trait Resource: Stored {
    /// Plural noun of its path: `campaigns`.
    const PATH: &'static str;

    /// The largest body of a request about it, in bytes.
    const BODY_MAX: usize = BODY_MAX;

    /// How it stands in a list of its kind.
    fn brief(&self) -> Value {
        as_json(self)
    }

    /// What is odd about its links, though they work: mistyped macros above all.
    fn link_warnings(&self) -> Vec<Problem> {
        Vec::new()
    }

    /// What may have a surprising effect, as far as `domain` cannot tell ([`Entity::doubts`]).
    ///
    /// [`Entity::doubts`]: crate::domain::entity::Entity::doubts
    fn doubts_beyond(&self, _documents: &Documents) -> Vec<Problem> {
        Vec::new()
    }

    /// The currency of its amounts, and the field that says so.
    fn currency(&self) -> Option<(&'static str, Currency)> {
        None
    }
}

impl Resource for Campaign {
    const PATH: &'static str = "campaigns";

    fn link_warnings(&self) -> Vec<Problem> {
        Catalog::campaign_warnings(self)
    }

    fn currency(&self) -> Option<(&'static str, Currency)> {
        let is_paid = self.cost.model != CostModel::None;
        is_paid.then_some(("cost.currency", self.cost.currency))
    }
}

impl Resource for Offer {
    const PATH: &'static str = "offers";

    fn link_warnings(&self) -> Vec<Problem> {
        template_warnings("url", &self.url)
    }

    fn currency(&self) -> Option<(&'static str, Currency)> {
        Some(("payout.currency", self.payout.currency))
    }
}

impl Resource for Landing {
    const PATH: &'static str = "landings";

    fn link_warnings(&self) -> Vec<Problem> {
        template_warnings("url", &self.url)
    }
}

impl Resource for Network {
    const PATH: &'static str = "networks";

    fn link_warnings(&self) -> Vec<Problem> {
        let mut warnings = template_warnings("offer_param", &self.offer_param);
        warnings.extend(unknown_preset(self));
        warnings
    }

    fn currency(&self) -> Option<(&'static str, Currency)> {
        Some(("currency", self.currency?))
    }
}

impl Resource for TrafficSource {
    const PATH: &'static str = "traffic-sources";
}

impl Resource for TrackingDomain {
    const PATH: &'static str = "domains";

    fn link_warnings(&self) -> Vec<Problem> {
        match &self.fallback {
            Some(Fallback::Redirect { url }) => template_warnings("fallback.url", url),
            _ => Vec::new(),
        }
    }
}

impl Resource for List {
    const PATH: &'static str = "lists";
    const BODY_MAX: usize = LIST_BODY_MAX;

    fn brief(&self) -> Value {
        super::lists::brief(self)
    }
}

impl Resource for Group {
    const PATH: &'static str = "groups";
}

impl Resource for Event {
    const PATH: &'static str = "events";
}

impl Resource for Rule {
    const PATH: &'static str = "rules";

    fn doubts_beyond(&self, documents: &Documents) -> Vec<Problem> {
        rules::doubts(self, documents)
    }
}

impl Resource for Summary {
    const PATH: &'static str = "summaries";
}

impl Resource for SavedReport {
    const PATH: &'static str = "saved-reports";
}

impl Resource for OwnMetric {
    const PATH: &'static str = "metrics";

    fn doubts_beyond(&self, documents: &Documents) -> Vec<Problem> {
        own::doubts(self, documents)
    }
}

impl Resource for Channel {
    const PATH: &'static str = "channels";
}

/// A preset that this version does not have.
fn unknown_preset(network: &Network) -> Option<Problem> {
    let slug = network.preset.as_deref()?;
    if presets::find_network(slug).is_some() {
        return None;
    }
    let slugs = presets::networks()
        .iter()
        .map(|preset| preset.slug.as_str());
    let mut message = format!(
        "There is no network preset {}, so the postback URL has placeholders instead of its macros.",
        quoted(slug)
    );
    if let Some(near) = nearest(slug, slugs) {
        message.push_str(&format!(" Did you mean \"{near}\"?"));
    }
    Some(Problem::new("preset", "unknown_preset", message))
}

fn template_warnings(field: &str, template: &str) -> Vec<Problem> {
    let warnings = Template::parse(template).1.into_iter();
    warnings.map(|warning| warning.under(field)).collect()
}

/// The endpoints of a resource.
pub(super) fn endpoints<R: Resource>() -> Vec<Endpoint> {
    let (path, word) = (R::PATH, R::WORD);
    let schema = R::name();
    let all = format!("/{path}");
    let one = format!("/{path}/{{id}}");
    let endpoint = |path: &str, method, operation, route| Endpoint {
        path: path.to_owned(),
        method,
        operation,
        route,
        body_max: R::BODY_MAX,
    };
    vec![
        endpoint(
            &all,
            Method::GET,
            operations::list(path, word, &schema, R::ID_FIELDS),
            || web::get().to(handlers::list::<R>),
        ),
        endpoint(
            &all,
            Method::POST,
            operations::create(path, word, &schema),
            || web::post().to(handlers::create::<R>),
        ),
        endpoint(
            &one,
            Method::GET,
            operations::read(path, word, &schema),
            || web::get().to(handlers::read::<R>),
        ),
        endpoint(
            &one,
            Method::PUT,
            operations::replace(path, word, &schema),
            || web::put().to(handlers::replace::<R>),
        ),
        endpoint(
            &one,
            Method::PATCH,
            operations::patch(path, word, &schema),
            || web::patch().to(handlers::patch::<R>),
        ),
        endpoint(
            &one,
            Method::DELETE,
            operations::archive(path, word, &schema),
            || web::delete().to(handlers::archive::<R>),
        ),
        endpoint(
            &format!("{one}/restore"),
            Method::POST,
            operations::restore(path, word, &schema),
            || web::post().to(handlers::restore::<R>),
        ),
        endpoint(
            &format!("{one}/clone"),
            Method::POST,
            operations::copy(path, word, &schema),
            || web::post().to(handlers::copy::<R>),
        ),
    ]
}
