//! What visitors come with: user agents of real browsers, taken apart by the product's own detection.

use std::sync::Arc;

use fastrand::Rng;

use super::chance::Draw;
use crate::detect::bot::BotRules;
use crate::detect::device::Devices;
use crate::detect::request::Headers;
use crate::domain::visitor::{Agent, DeviceType};

/// A sample of real traffic, with the share of each; also what the tests and benchmarks click with.
const BROWSERS: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/fixtures/user-agents.tsv"
));
/// What that sample has none of: apps and robots.
const OTHERS: &str = include_str!("agents.tsv");

/// Agents and how often each comes.
#[derive(Default)]
struct Pool {
    agents: Vec<Arc<Agent>>,
    draw: Draw,
}

impl Pool {
    fn new(weighted: Vec<(Arc<Agent>, f64)>) -> Self {
        let (agents, weights): (Vec<_>, Vec<_>) = weighted.into_iter().unzip();
        Self {
            agents,
            draw: Draw::new(&weights),
        }
    }

    fn one(&self, rng: &mut Rng) -> &Arc<Agent> {
        &self.agents[self.draw.one(rng)]
    }
}

pub(super) struct Agents {
    mobile: Pool,
    desktop: Pool,
    /// By the word of `agents.tsv`.
    apps: Vec<(&'static str, Pool)>,
    robots: Pool,
}

impl Agents {
    /// `key` is the secret of the fingerprints.
    pub(super) fn detect(key: &[u8; 16], bots: Arc<BotRules>) -> Self {
        let devices = Devices::new(key, bots);
        let agent = |text: &str| devices.observe(&Headers::new([("user-agent", text.as_bytes())]));
        let browsers = BROWSERS.lines().skip(1).filter_map(|line| {
            let weight: f64 = line.split('\t').next()?.parse().ok()?;
            // Its square root: in the sample one phone is a sixth of everything.
            Some((agent(line.rsplit('\t').next()?), weight.sqrt()))
        });
        let (mobile, desktop) = browsers.partition(|(agent, _)| is_mobile(agent));
        let others: Vec<(&str, &str)> = (OTHERS.lines().skip(1))
            .filter_map(|line| line.split_once('\t'))
            .collect();
        let of = |kind: &str| {
            let texts = others.iter().filter(|(word, _)| *word == kind);
            Pool::new(texts.map(|(_, text)| (agent(text), 1.0)).collect())
        };
        Self {
            mobile: Pool::new(mobile),
            desktop: Pool::new(desktop),
            apps: ["facebook", "tiktok"].map(|app| (app, of(app))).into(),
            robots: of("robot"),
        }
    }

    /// A person's browser. `mobile`: of a hundred; `app`: whose web view it mostly is then.
    pub(super) fn person(&self, mobile: u32, app: Option<&str>, rng: &mut Rng) -> Arc<Agent> {
        let app = app.and_then(|app| self.apps.iter().find(|(word, _)| *word == app));
        let pool = match (rng.u32(..100) < mobile, app) {
            (true, Some((_, pool))) if rng.u8(..4) > 0 => pool,
            (true, _) => &self.mobile,
            (false, _) => &self.desktop,
        };
        Arc::clone(pool.one(rng))
    }

    pub(super) fn robot(&self, rng: &mut Rng) -> Arc<Agent> {
        Arc::clone(self.robots.one(rng))
    }
}

fn is_mobile(agent: &Agent) -> bool {
    matches!(agent.device_type, DeviceType::Mobile | DeviceType::Tablet)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::visitor::BotReason;

    fn agents() -> Agents {
        let rules = BotRules::compile(&[], &[]).unwrap();
        Agents::detect(&[7; 16], Arc::new(rules))
    }

    #[test]
    fn people_are_no_robots_and_robots_give_themselves_away() {
        let agents = agents();

        let people = [&agents.mobile, &agents.desktop]
            .into_iter()
            .chain(agents.apps.iter().map(|(_, pool)| pool));
        for agent in people.flat_map(|pool| &pool.agents) {
            assert_eq!(agent.bot, None, "{}", agent.user_agent);
        }
        let mut reasons = Vec::new();
        for agent in &agents.robots.agents {
            let bot = agent.bot.as_ref();
            reasons.push(bot.unwrap_or_else(|| panic!("{}", agent.user_agent)).reason);
        }
        for reason in [
            BotReason::Crawler,
            BotReason::Tool,
            BotReason::EmptyUserAgent,
        ] {
            assert!(reasons.contains(&reason), "{reason:?}");
        }
    }

    #[test]
    fn an_app_shows_pages_in_its_own_browser() {
        let agents = agents();
        for (app, pool) in &agents.apps {
            for agent in &pool.agents {
                let found = agent.in_app.as_deref();
                let is_its = found == Some(app) || found == Some("instagram");
                assert!(is_its && is_mobile(agent), "{app}: {}", agent.user_agent);
            }
        }
    }
}
