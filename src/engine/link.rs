//! Which campaign a link belongs to.

use std::sync::Arc;

use super::catalog::{Catalog, Link};
use super::compiled::CompiledCampaign;
use crate::detect::params::Query;
use crate::domain::check;

/// What names the campaign on `/click`; `key` is what other trackers call it.
const CAMPAIGN_ID: [&str; 2] = ["campaign_id", "key"];

/// What answers a link: the campaign of the path's alias or of `/click?campaign_id=`, the index
/// campaign of the host, or what the host has for unknown links.
pub fn link<'c>(catalog: &'c Catalog, host: &str, path: &str, query: &Query<'_>) -> Link<'c> {
    let alias = path.strip_prefix('/').unwrap_or(path);
    let alias = alias.strip_suffix('/').unwrap_or(alias);
    if is_click_path(path) {
        let name = CAMPAIGN_ID.iter().find_map(|name| query.get(name));
        let found = name.and_then(|name| campaign_named(catalog, host, name));
        return found.map_or_else(|| catalog.unknown_link(host), Link::Campaign);
    }
    if alias.contains('.') {
        return Link::NotFound; // A file that somebody looks for: favicon.ico, .well-known, ...
    }
    let first = alias.split('/').next().unwrap_or_default();
    if first != "click" && check::RESERVED.contains(&first) {
        return Link::NotFound; // Ours, though nothing answers there: a lost postback is no visitor.
    }
    let found = match alias {
        "" => catalog.index_campaign(host), // Archived, it is none: then as an unknown link.
        _ => catalog.campaign(host, alias),
    };
    found.map_or_else(|| catalog.unknown_link(host), Link::Campaign)
}

/// The address that names its campaign in the query; the second spelling is other trackers'.
fn is_click_path(path: &str) -> bool {
    matches!(path, "/click" | "/click/" | "/click.php")
}

/// The campaign of this id or alias.
pub fn campaign_named<'c>(
    catalog: &'c Catalog,
    host: &str,
    name: &str,
) -> Option<&'c Arc<CompiledCampaign>> {
    match name.parse() {
        Ok(id) => catalog.campaign_by_id(id),
        Err(_) => catalog.campaign(host, name),
    }
}

/// Whether a parameter of the query is part of the address, not of the visit.
pub fn is_of_address(path: &str, name: &str) -> bool {
    is_click_path(path) && CAMPAIGN_ID.contains(&name)
}
