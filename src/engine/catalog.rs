//! Everything that deciding needs, compiled: one immutable snapshot.
//!
//! Whoever changes a document compiles a catalog of the documents with the change in them, keeps
//! the change if its campaign has no problems, and puts the new catalog in the old one's place.
//! Lookups allocate nothing, unless a host is written in capitals.

use std::borrow::Cow;
use std::collections::hash_map;
use std::sync::Arc;

use ahash::{AHashMap, AHashSet};

use super::compile::{self, Shelf};
use super::compiled::{CompiledCampaign, CompiledFallback, CompiledLanding, CompiledOffer};
use crate::domain::campaign::{Bind, Campaign};
use crate::domain::documents::Documents;
use crate::domain::entity::Reference;
use crate::domain::network::Network;
use crate::domain::problem::Problem;
use crate::domain::state::State;
use crate::domain::tracking_domain::{TrackingDomain, without_port};
use crate::domain::traffic_source::TrafficSource;
use crate::macros::Template;

/// All campaigns, ready to decide.
#[derive(Debug, Default)]
pub struct Catalog {
    /// What it was compiled from.
    documents: Documents,
    campaigns: AHashMap<u64, Entry>,
    /// Links of campaigns without a domain.
    everywhere: Links,
    hosts: AHashMap<Box<str>, Host>,
    shelf: Shelf,
    longest_hours: u32,
}

/// A campaign, and what is to be known to take it over into the next catalog.
#[derive(Debug, Clone)]
struct Entry {
    campaign: Arc<CompiledCampaign>,
    problems: Arc<[Problem]>,
    /// Everything it was compiled from, itself included.
    depends_on: Arc<[Reference]>,
}

type Links = AHashMap<Box<str>, Arc<CompiledCampaign>>;

#[derive(Debug)]
struct Host {
    domain: Arc<TrackingDomain>,
    /// What answers unknown links, if the domain says so.
    fallback: Option<CompiledFallback>,
    links: Links,
}

/// What answers a link.
#[derive(Debug, Clone, Copy)]
pub enum Link<'c> {
    Campaign(&'c Arc<CompiledCampaign>),
    Redirect(&'c Template),
    NotFound,
}

/// What keeps one campaign from working as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignProblems {
    pub campaign_id: u64,
    /// Fields are relative to the campaign's document.
    pub problems: Vec<Problem>,
}

impl Catalog {
    /// Compiles all or nothing.
    pub fn compile(documents: &Documents) -> Result<Catalog, Vec<CampaignProblems>> {
        let (catalog, problems) = Self::compile_lenient(documents);
        if problems.is_empty() {
            Ok(catalog)
        } else {
            Err(problems)
        }
    }

    /// Compiles what can be compiled: a flow with problems is passed over, so its visitors go to
    /// the other flows or to the fallback, and no campaign suffers from another. The problems are
    /// for the log.
    pub fn compile_lenient(documents: &Documents) -> (Catalog, Vec<CampaignProblems>) {
        Self::default().recompile(documents)
    }

    /// The same for documents of which most are still those of this catalog: only what depends on
    /// a changed one is compiled again.
    pub fn recompile(&self, documents: &Documents) -> (Catalog, Vec<CampaignProblems>) {
        let changed: AHashSet<Reference> = documents
            .changed_since(&self.documents)
            .into_iter()
            .collect();
        let changed = |reference: Reference| changed.contains(&reference);
        let mut problems = Vec::new();
        let mut catalog = Catalog {
            documents: documents.clone(),
            shelf: Shelf::after(&self.shelf, documents, changed),
            campaigns: AHashMap::with_capacity(documents.campaigns.len()),
            everywhere: AHashMap::with_capacity(documents.campaigns.len()),
            hosts: hosts(documents),
            longest_hours: longest_hours(documents),
        };
        for (id, document) in &documents.campaigns {
            let is_same = |entry: &&Entry| !entry.depends_on.iter().any(|one| changed(*one));
            let entry = match self.campaigns.get(id).filter(is_same) {
                Some(entry) => entry.clone(),
                None => {
                    let (compiled, found) = compile::campaign(document, documents, &catalog.shelf);
                    Entry {
                        campaign: Arc::new(compiled),
                        problems: found.into(),
                        depends_on: documents.reached_from(Reference::Campaign(*id)).into(),
                    }
                }
            };
            let mut found = entry.problems.to_vec();
            found.extend(catalog.add(entry, documents));
            if !found.is_empty() {
                problems.push(CampaignProblems {
                    campaign_id: *id,
                    problems: found,
                });
            }
        }
        (catalog, problems)
    }

    /// What is odd about a campaign, though it works: macros that look mistyped, links whose host
    /// anybody could choose.
    pub fn campaign_warnings(campaign: &Campaign) -> Vec<Problem> {
        compile::warnings(campaign)
    }

    /// The campaign of a link. The domain's own alias wins over one without a domain. Campaigns
    /// in every state are found: a paused or archived one answers with its fallback.
    pub fn campaign(&self, host: &str, alias: &str) -> Option<&Arc<CompiledCampaign>> {
        self.host(host)
            .and_then(|host| host.links.get(alias))
            .or_else(|| self.everywhere.get(alias))
    }

    pub fn campaign_by_id(&self, id: u64) -> Option<&Arc<CompiledCampaign>> {
        self.campaigns.get(&id).map(|entry| &entry.campaign)
    }

    /// The campaign that answers `/` on a host, while its domain is active. (Links that already
    /// run on a domain that is paused go on working.)
    pub fn index_campaign(&self, host: &str) -> Option<&Arc<CompiledCampaign>> {
        self.index_of(self.active_host(host)?)
    }

    /// What answers a link that no campaign has: the domain's fallback if it has one, else its
    /// index campaign. Nothing does where the domain is unknown or not active.
    pub fn unknown_link(&self, host: &str) -> Link<'_> {
        let Some(host) = self.active_host(host) else {
            return Link::NotFound;
        };
        let campaign = match &host.fallback {
            None => self.index_of(host),
            Some(CompiledFallback::Campaign(id)) => self.campaign_by_id(*id),
            Some(CompiledFallback::Redirect(template)) => return Link::Redirect(template),
            Some(CompiledFallback::NotFound) => None,
        };
        campaign.map_or(Link::NotFound, Link::Campaign)
    }

    fn active_host(&self, host: &str) -> Option<&Host> {
        let is_active = |host: &&Host| host.domain.state.is_active();
        self.host(host).filter(is_active)
    }

    fn index_of(&self, host: &Host) -> Option<&Arc<CompiledCampaign>> {
        let campaign = self.campaign_by_id(host.domain.index_campaign_id?)?;
        (campaign.document.state != State::Archived).then_some(campaign)
    }

    /// The domain that a host belongs to, in whatever state.
    pub fn domain(&self, host: &str) -> Option<&Arc<TrackingDomain>> {
        self.host(host).map(|host| &host.domain)
    }

    pub fn landing(&self, id: u64) -> Option<&Arc<CompiledLanding>> {
        self.shelf.landings.get(&id)
    }

    pub fn offer(&self, id: u64) -> Option<&Arc<CompiledOffer>> {
        self.shelf.offers.get(&id)
    }

    /// What a flow is called, in whatever campaign it is. Looks at all of them.
    pub fn flow_name(&self, id: u64) -> Option<&str> {
        let mut flows = self
            .campaigns
            .values()
            .flat_map(|entry| &entry.campaign.document.flows);
        flows
            .find(|flow| flow.id == id)
            .map(|flow| flow.name.as_str())
    }

    pub fn network(&self, id: u64) -> Option<&Arc<Network>> {
        self.documents.networks.get(&id)
    }

    pub fn traffic_source(&self, id: u64) -> Option<&Arc<TrafficSource>> {
        self.documents.traffic_sources.get(&id)
    }

    /// The longest time for which a campaign remembers visitors, in hours.
    pub fn longest_hours(&self) -> u32 {
        self.longest_hours
    }

    fn host(&self, host: &str) -> Option<&Host> {
        self.hosts.get(&*normal_host(host))
    }

    /// Enters a campaign under its id and its link. Of two with the same link the one that is not
    /// archived has it, else the older one.
    fn add(&mut self, entry: Entry, documents: &Documents) -> Option<Problem> {
        let campaign = Arc::clone(&entry.campaign);
        let document = Arc::clone(&campaign.document);
        self.campaigns.insert(document.id, entry);
        let links = match document.domain_id {
            None => &mut self.everywhere,
            Some(id) => {
                let domain = documents.domains.get(&id)?;
                &mut self.hosts.get_mut(&*normal_host(&domain.host))?.links
            }
        };
        let is_archived = |campaign: &Campaign| campaign.state == State::Archived;
        match links.get(document.alias.as_str()) {
            Some(_) if is_archived(&document) => None,
            Some(other) if !is_archived(&other.document) => Some(Problem::new(
                "alias",
                "alias_taken",
                format!(
                    "The alias \"{}\" already belongs to campaign {}.",
                    document.alias, other.document.id
                ),
            )),
            _ => {
                links.insert(document.alias.as_str().into(), campaign);
                None
            }
        }
    }
}

/// The domains by their host, still without links.
fn hosts(documents: &Documents) -> AHashMap<Box<str>, Host> {
    let mut hosts = AHashMap::with_capacity(documents.domains.len());
    for domain in documents.domains.values() {
        let host = Host {
            domain: Arc::clone(domain),
            fallback: domain.fallback.as_ref().and_then(CompiledFallback::new),
            links: Links::default(),
        };
        // An archived domain may have the host of one that is in use.
        let is_archived = domain.state == State::Archived;
        match hosts.entry(normal_host(&domain.host).into()) {
            hash_map::Entry::Occupied(_) if is_archived => {}
            hash_map::Entry::Occupied(mut older) => {
                older.insert(host);
            }
            hash_map::Entry::Vacant(free) => {
                free.insert(host);
            }
        }
    }
    hosts
}

fn longest_hours(documents: &Documents) -> u32 {
    let campaigns = documents.campaigns.values();
    let hours = campaigns.map(|campaign| match campaign.bind {
        Bind::None => campaign.uniqueness.window_hours,
        _ => campaign.uniqueness.window_hours.max(campaign.bind_hours),
    });
    hours.max().unwrap_or(0)
}

/// Lower case, without port and final dot.
fn normal_host(host: &str) -> Cow<'_, str> {
    let name = without_port(host);
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::detect::params::Query;
    use crate::domain::campaign::Fallback;
    use crate::domain::entity::Entity;
    use crate::domain::flow::{FlowKind, Mode};
    use crate::domain::money::Micros;
    use crate::domain::traffic_source::TrafficSource;
    use crate::engine::testing::{World, campaign, filter, flow, redirect, split};

    fn found(catalog: &Catalog, host: &str, alias: &str) -> Option<u64> {
        catalog.campaign(host, alias).map(|found| found.document.id)
    }

    #[test]
    fn hosts_are_compared_without_case_port_and_final_dot() {
        for (host, expected) in [
            ("go.example.com", "go.example.com"),
            ("Go.Example.COM:8080", "go.example.com"),
            ("go.example.com.", "go.example.com"),
            ("go.example.com.:443", "go.example.com"),
            ("[::1]:8080", "[::1]"),
            ("[::1]", "[::1]"),
            ("", ""),
            (":", ""),
        ] {
            assert_eq!(normal_host(host), expected, "{host}");
        }
    }

    #[test]
    fn the_alias_of_the_domain_wins_over_one_without_a_domain() {
        let mut own = campaign(2, "push", vec![]);
        own.domain_id = Some(1);
        let world = World::new()
            .domain(1, "go.example.com", None)
            .campaign(campaign(1, "push", vec![]))
            .campaign(campaign(3, "Push", vec![]))
            .campaign(own);
        let catalog = world.catalog();

        assert_eq!(found(&catalog, "GO.example.com:80", "push"), Some(2));
        assert_eq!(found(&catalog, "other.example.com", "push"), Some(1));
        assert_eq!(found(&catalog, "go.example.com", "Push"), Some(3));
        assert_eq!(found(&catalog, "go.example.com", "absent"), None);
        assert_eq!(catalog.domain("go.example.com:1").map(|d| d.id), Some(1));
    }

    #[test]
    fn an_archived_domain_does_not_take_the_host_of_one_in_use() {
        for archived in [1, 2] {
            let mut world = World::new()
                .campaign(campaign(7, "a", Vec::new()))
                .domain(1, "go.example.com", Some(7))
                .domain(2, "go.example.com", Some(7));
            let domains = &mut world.documents.domains;
            let mut domain = (*domains[&archived]).clone();
            domain.state = State::Archived;
            domains.insert(archived, Arc::new(domain));

            let catalog = world.catalog();

            let found = catalog.domain("go.example.com").map(|domain| domain.id);
            assert_eq!(found, Some(3 - archived));
            assert!(catalog.index_campaign("go.example.com").is_some());
        }
    }

    #[test]
    fn an_active_domain_has_its_index_campaign() {
        let world = World::new()
            .domain(1, "go.example.com", Some(1))
            .campaign(campaign(1, "push", vec![]));

        let catalog = world.clone().catalog();
        let id = catalog
            .index_campaign("go.example.com")
            .map(|c| c.document.id);
        assert_eq!(id, Some(1));
        assert!(catalog.index_campaign("x.example.com").is_none());

        let paused = world.pause_domain(1).catalog();
        assert!(paused.index_campaign("go.example.com").is_none());
    }

    #[test]
    fn unknown_links_go_to_the_fallback_of_the_domain_else_to_its_index_campaign() {
        let to_other = Fallback::Campaign { campaign_id: 2 };
        let away = Fallback::Redirect {
            url: "https://x/".to_owned(),
        };
        let cases = [
            (State::Active, Some(1), None, "campaign 1"),
            (State::Active, Some(1), Some(to_other), "campaign 2"),
            (State::Active, Some(1), Some(away.clone()), "https://x/"),
            (State::Active, Some(1), Some(Fallback::NotFound), ""),
            (State::Active, None, None, ""),
            (State::Active, None, Some(away.clone()), "https://x/"),
            (State::Paused, Some(1), Some(away.clone()), ""),
            (State::Archived, Some(1), Some(away), ""),
        ];
        for (state, index, fallback, expected) in cases {
            let mut world = World::new()
                .campaign(campaign(1, "a", vec![]))
                .campaign(campaign(2, "b", vec![]))
                .domain(1, "go.example.com", index);
            let mut domain = (*world.documents.domains[&1]).clone();
            (domain.state, domain.fallback) = (state, fallback.clone());
            world.documents.domains.insert(1, Arc::new(domain));
            let catalog = world.catalog();

            let found = match catalog.unknown_link("Go.example.com:80") {
                Link::Campaign(found) => format!("campaign {}", found.document.id),
                Link::Redirect(template) => template.text().to_owned(),
                Link::NotFound => String::new(),
            };

            assert_eq!(found, expected, "{state:?} {index:?} {fallback:?}");
            let elsewhere = catalog.unknown_link("x.example.com");
            assert!(matches!(elsewhere, Link::NotFound));
        }
    }

    #[test]
    fn a_campaign_has_the_names_and_the_loss_of_its_source_where_it_has_none_of_its_own() {
        let source = json!({ "id": 1, "name": "S", "traffic_loss": "20", "parameters": {
            "source": { "name": "zone", "macro": "{z}" }, "cost": { "name": "price" } } });
        let source = TrafficSource::read(&source).unwrap();
        let mut plain = campaign(1, "a", vec![]);
        plain.traffic_source_id = Some(1);
        let mut own = campaign(2, "b", vec![]);
        own.traffic_source_id = Some(1);
        own.cost.traffic_loss = Micros(5_000_000);
        let name = json!({ "name": "C", "parameters": { "source": { "name": "site" } } });
        own.parameters = Campaign::read(&name).unwrap().parameters;
        let mut world = World::new().campaign(plain).campaign(own);
        world.documents.traffic_sources.insert(1, Arc::new(source));
        let catalog = world.catalog();

        for (id, expected, loss) in [(1, "z", 20_000_000), (2, "s", 5_000_000)] {
            let campaign = catalog.campaign_by_id(id).unwrap();
            let query = Query::parse("zone=z&site=s&price=2");
            let parameters = campaign.parameters.claim(&query);
            assert_eq!(parameters.source.as_deref(), Some(expected));
            assert_eq!(parameters.cost.as_deref(), Some("2"));
            assert_eq!(campaign.cost.traffic_loss, Micros(loss));
        }
    }

    #[test]
    fn an_archived_campaign_gives_its_alias_away() {
        for (archived, live) in [(1, 2), (2, 1)] {
            let mut old = campaign(archived, "push", vec![]);
            old.state = State::Archived;
            let world = World::new()
                .campaign(old)
                .campaign(campaign(live, "push", vec![]));

            assert_eq!(found(&world.catalog(), "h", "push"), Some(live));
        }
    }

    #[test]
    fn two_campaigns_with_one_link_are_a_problem() {
        let world = World::new()
            .campaign(campaign(1, "push", vec![]))
            .campaign(campaign(2, "push", vec![]));

        let problems = Catalog::compile(&world.documents).expect_err("one alias too many");

        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].campaign_id, 2);
        assert_eq!(problems[0].problems[0].code, "alias_taken");
    }

    /// What keeps a campaign from working among these documents.
    fn problems_of(world: &World, campaign: Campaign) -> Vec<Problem> {
        let id = campaign.id;
        let world = world.clone().campaign(campaign);
        let problems = Catalog::compile_lenient(&world.documents).1;
        let own = problems.into_iter().find(|found| found.campaign_id == id);
        own.map_or(Vec::new(), |found| found.problems)
    }

    #[test]
    fn problems_name_their_field_in_the_document() {
        let mut bad = campaign(
            1,
            "push",
            vec![
                flow(1, FlowKind::Regular, redirect("https://x/")).filtered(filter(
                    "contry",
                    Mode::Accept,
                    json!(["US"]),
                )),
                flow(2, FlowKind::Regular, split(&[(9, 1)], &[(8, 1)])),
                flow(3, FlowKind::Regular, redirect(" ")),
                flow(4, FlowKind::Regular, split(&[], &[])),
                flow(5, FlowKind::Default, redirect("https://x/")).filtered(filter(
                    "country",
                    Mode::Accept,
                    json!(["US"]),
                )),
            ],
        );
        bad.domain_id = Some(7);
        bad.fallback = Fallback::Campaign { campaign_id: 6 };

        let problems = problems_of(&World::new(), bad);

        let fields: Vec<_> = problems
            .iter()
            .map(|p| (p.field.as_str(), p.code))
            .collect();
        assert_eq!(
            fields,
            [
                ("flows[0].filters[0].key", "unknown"),
                ("flows[1].target.landings[0].landing_id", "unknown"),
                ("flows[1].target.offers[0].offer_id", "unknown"),
                ("flows[2].target.url", "required"),
                ("flows[3].target", "required"),
                ("flows[4].filters", "not_allowed"),
                ("domain_id", "unknown"),
                ("fallback.campaign_id", "unknown"),
            ]
        );
    }

    #[test]
    fn a_chain_of_fallbacks_that_comes_back_is_a_problem() {
        let leads_to = |id, next| {
            let mut campaign = campaign(id, &format!("c{id}"), vec![]);
            campaign.fallback = Fallback::Campaign { campaign_id: next };
            campaign
        };
        let world = World::new()
            .campaign(leads_to(1, 2))
            .campaign(leads_to(2, 3))
            .campaign(leads_to(3, 1))
            .campaign(leads_to(4, 1));

        for (campaign, code) in [
            (leads_to(1, 2), "loop"),
            (leads_to(5, 5), "loop"),
            (leads_to(4, 1), "too_long"),
        ] {
            let id = campaign.id;
            let problems = problems_of(&world, campaign);
            assert_eq!(problems.len(), 1, "{id}");
            assert_eq!(problems[0].code, code, "{id}");
        }
    }

    #[test]
    fn warnings_name_their_field_and_hinder_nothing() {
        let mut odd = campaign(
            1,
            "push",
            vec![flow(
                1,
                FlowKind::Default,
                redirect("https://x/?a={contry}"),
            )],
        );
        odd.fallback = Fallback::Redirect {
            url: "https://{x}/".to_owned(),
        };

        let warnings = Catalog::campaign_warnings(&odd);

        assert_eq!(problems_of(&World::new(), odd), []);
        let fields: Vec<_> = warnings
            .iter()
            .map(|w| (w.field.as_str(), w.code))
            .collect();
        assert_eq!(
            fields,
            [
                ("flows[0].target.url", "unknown_macro"),
                ("fallback.url", "unknown_macro"),
                ("fallback.url", "open_redirect"),
            ]
        );
    }

    #[test]
    fn links_get_the_click_id_unless_they_have_it() {
        let world = World::new()
            .network(1, "sub1={click_id}&sub2={source}")
            .landing(1, "https://page/?a=1#top")
            .landing(2, "https://page/?id={subid}")
            .offer(1, "https://offer/?sub1=&sub2=fixed", Some(1))
            .offer(2, "https://offer/", Some(1))
            .offer(3, "https://offer/", None);
        let catalog = world.catalog();

        let page = |id| catalog.landing(id).map(|found| found.template.text());
        assert_eq!(page(1), Some("https://page/?a=1&click_id={click_id}#top"));
        assert_eq!(page(2), Some("https://page/?id={subid}"));
        let offer = |id| catalog.offer(id).map(|found| found.template.text());
        assert_eq!(offer(1), Some("https://offer/?sub1={click_id}&sub2=fixed"));
        assert_eq!(
            offer(2),
            Some("https://offer/?sub1={click_id}&sub2={source}")
        );
        assert_eq!(offer(3), Some("https://offer/"));
    }
}
