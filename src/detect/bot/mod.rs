//! Who is a bot, and why we say so.
//!
//! Three questions, in the order in which [`BotRules::request`] asks them: is the address on the
//! operator's list, does the user agent give itself away, do the headers announce a preview. The
//! answer about a user agent is worked out once per user agent (it lives in [`Agent::bot`], which
//! `detect::device` caches); only addresses and preview headers are looked at for every click.
//!
//! A label costs a buyer money if it is wrong, so every rule here names something that says about
//! itself that it is not a person's browser. Nothing is inferred from what merely looks unusual.
//!
//! | file | question |
//! |---|---|
//! | `addresses` | is this address on the operator's list? |
//! | `crawlers` | does the user agent name a crawler? |
//! | `tools` | is it an HTTP library, a script or a driven browser? |
//! | `preview` | do the headers say that nobody is looking yet? |
//!
//! Adding one: 1 a tool is a row of `tools::TOOLS`; 2 a crawler comes with a newer `crawlers.json`;
//! 3 a crawler pattern that hits real visitors is a row of `crawlers::CORRECTIONS`, with a test.

use std::net::IpAddr;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use crate::detect::request::Headers;
use crate::domain::problem::Problem;
use crate::domain::visitor::{Agent, Bot, BotReason};

mod addresses;
mod crawlers;
mod preview;
mod tools;

#[cfg(test)]
mod tests;

pub use preview::{is_browser_prefetch, is_preview};

/// A shorter entry of the operator's user agent list would hit people at random.
const SHORTEST_ENTRY: usize = 3;
/// Longest user agent entry; we keep no more of a user agent than this.
const LONGEST_ENTRY: usize = 1024;
/// How nearly every browser begins: an entry found in here would hit everybody.
const EVERYBODY: &str = "mozilla/5.0 (";

/// All rules about bots: the built-in ones and the operator's lists. Immutable; shared by `Arc`.
#[derive(Debug)]
pub struct BotRules {
    /// The operator's words, found in any letter case; absent if there are none.
    user_agents: Option<AhoCorasick>,
    /// The entries as the operator wrote them, by the automaton's pattern number.
    user_agent_entries: Vec<Box<str>>,
    addresses: addresses::Addresses,
}

impl BotRules {
    /// Compiles the operator's lists beside the built-in rules.
    ///
    /// `operator_user_agents` are parts of user agents, in any letter case. `operator_addresses` are
    /// addresses (`203.0.113.7`), networks (`203.0.113.0/24`, `2001:db8::/32`) or ranges
    /// (`203.0.113.7-203.0.113.19`). Blank entries and entries that begin with `#` are passed over.
    /// Reports every unusable entry, as `user_agents[n]` or `addresses[n]`.
    pub fn compile(
        operator_user_agents: &[String],
        operator_addresses: &[String],
    ) -> Result<BotRules, Vec<Problem>> {
        let mut problems = Vec::new();

        let mut user_agent_entries: Vec<Box<str>> = Vec::new();
        for (number, entry) in operator_user_agents.iter().enumerate() {
            let entry = entry.trim();
            if is_remark(entry) {
                continue;
            }
            match check_user_agent_entry(entry) {
                Ok(()) => user_agent_entries.push(entry.into()),
                Err(message) => problems.push(Problem::new(
                    format!("user_agents[{number}]"),
                    "invalid",
                    message,
                )),
            }
        }
        let user_agents = if user_agent_entries.is_empty() {
            None
        } else {
            AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .kind(Some(AhoCorasickKind::ContiguousNFA))
                .build(user_agent_entries.iter().map(|entry| entry.as_bytes()))
                .map_err(|error| {
                    problems.push(Problem::new(
                        "user_agents",
                        "invalid",
                        format!("The list of user agents is too large: {error}. Shorten it."),
                    ));
                })
                .ok()
        };

        let addresses = match addresses::Addresses::parse(operator_addresses) {
            Ok(addresses) => addresses,
            Err(wrong) => {
                problems.extend(wrong);
                addresses::Addresses::default()
            }
        };

        if problems.is_empty() {
            Ok(BotRules {
                user_agents,
                user_agent_entries,
                addresses,
            })
        } else {
            Err(problems)
        }
    }

    /// What a user agent alone says: empty, on the operator's list, a tool, a crawler.
    pub fn user_agent(&self, user_agent: &str) -> Option<Bot> {
        if user_agent.trim().is_empty() {
            return Some(bot(BotReason::EmptyUserAgent, ""));
        }
        if let Some(list) = &self.user_agents
            && let Some(hit) = list.find(user_agent)
        {
            let entry = &self.user_agent_entries[hit.pattern().as_usize()];
            return Some(bot(BotReason::UserAgentList, entry));
        }
        if let Some(tool) = tools::find(user_agent) {
            return Some(bot(BotReason::Tool, tool));
        }
        crawlers::find(user_agent).map(|crawler| bot(BotReason::Crawler, crawler))
    }

    /// The verdict about one request: the operator's addresses, then the agent, then previews.
    pub fn request(&self, headers: &Headers<'_>, ip: IpAddr, agent: &Agent) -> Option<Bot> {
        if let Some(entry) = self.addresses.find(ip) {
            return Some(bot(BotReason::IpList, entry));
        }
        if let Some(known) = &agent.bot {
            return Some(known.clone());
        }
        preview::find(headers).map(|header| bot(BotReason::Prefetch, header))
    }

    /// The verdict about a click that was labelled once, by the rules as they are now. Its headers are
    /// gone: what was a preview stays one.
    pub fn again(
        &self,
        ip: IpAddr,
        of_user_agent: Option<BotReason>,
        label: Option<BotReason>,
    ) -> Option<BotReason> {
        let listed = self.addresses.find(ip).map(|_| BotReason::IpList);
        let preview = label.filter(|label| *label == BotReason::Prefetch);
        listed.or(of_user_agent).or(preview)
    }
}

fn bot(reason: BotReason, detail: &str) -> Bot {
    Bot {
        reason,
        detail: detail.to_owned(),
    }
}

/// Lists are often pasted with blank lines and headings.
fn is_remark(entry: &str) -> bool {
    entry.is_empty() || entry.starts_with('#')
}

fn check_user_agent_entry(entry: &str) -> Result<(), String> {
    if entry.chars().count() < SHORTEST_ENTRY {
        return Err(format!(
            "\"{entry}\" is too short and would match people at random; give at least {SHORTEST_ENTRY} characters."
        ));
    }
    if entry.len() > LONGEST_ENTRY {
        let start: String = entry.chars().take(40).collect();
        return Err(format!(
            "The entry that begins with \"{start}\" is {} bytes long; give at most {LONGEST_ENTRY}.",
            entry.len()
        ));
    }
    if EVERYBODY.contains(&entry.to_ascii_lowercase()) {
        return Err(format!(
            "\"{entry}\" is part of every browser's user agent; give the part that only the bot has."
        ));
    }
    Ok(())
}
