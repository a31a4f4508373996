//! User agent and client hints -> [`Agent`]: device, operating system, browser, app, bot verdict.
//!
//! Real traffic repeats itself: a few thousand combinations of headers make nearly all clicks. So each
//! worker thread keeps the answers (`cache`), and a known visitor costs one hash and one comparison.
//! Only new combinations are taken apart (`parse`).
//!
//! | file | question |
//! |---|---|
//! | `sent` | which headers count, as bytes (the cache key) and as text |
//! | `hints` | what do the client hints say (`Sec-CH-UA-*`) |
//! | `tokens` | reading `Name/1.2 (comment; comment)` |
//! | `os` | operating system and version |
//! | `browser` | browser and version |
//! | `in_app` | which app's web view is it |
//! | `model` | what does the user agent call the Android device |
//! | `brand` | who made that model |
//! | `kind` | desktop, mobile, tablet, TV, console |
//!
//! # What is reported where the browser hides the truth
//!
//! Browsers freeze parts of their user agent. A better source is taken where there is one (client hints,
//! Safari's own version, what an app adds); else the frozen value stays, as in every other tracker, so
//! that filters such as "Android 8 or later" keep accepting: `Android 10; K` is `Android` `10`,
//! `Mac OS X 10_15_7` is `macOS` `10.15.7`, `Windows NT 10.0` is `Windows` `10` (really 10 or 11).
//! An iPad that asks for desktop pages calls itself a Mac; nothing in its headers tells otherwise.
//!
//! iPads run `iOS`, model `iPad`: a flow for iOS is meant to take them.

use std::cell::RefCell;
use std::sync::Arc;

use crate::detect::bot::BotRules;
use crate::detect::request::Headers;
use crate::domain::visitor::Agent;

mod brand;
mod browser;
mod cache;
mod hints;
mod in_app;
mod kind;
mod model;
mod os;
mod parse;
mod sent;
mod tokens;

#[cfg(test)]
mod tests;

/// Turns headers into agents. One per worker thread: it remembers what it has seen, without locks.
pub struct Devices {
    fingerprint_key: [u8; 16],
    crawlers: Arc<BotRules>,
    memory: RefCell<Memory>,
}

struct Memory {
    /// Written anew for each request, so that looking up allocates nothing.
    key: Vec<u8>,
    cache: cache::Cache,
}

impl Devices {
    /// `key` keys the fingerprints: the same secret everywhere, or one agent gets two records.
    pub fn new(key: &[u8; 16], crawlers: Arc<BotRules>) -> Self {
        Self {
            fingerprint_key: *key,
            crawlers,
            memory: RefCell::new(Memory {
                key: Vec::with_capacity(sent::LONGEST_KEY),
                cache: cache::Cache::new(),
            }),
        }
    }

    /// The rules that agents are judged by.
    pub fn rules(&self) -> &Arc<BotRules> {
        &self.crawlers
    }

    /// Judges by other rules from now on; what was remembered is forgotten.
    pub fn replace_rules(&mut self, crawlers: Arc<BotRules>) {
        self.crawlers = crawlers;
        self.memory.get_mut().cache = cache::Cache::new();
    }

    /// What the headers say about the visitor's device. Equal headers get the same `Arc` while it is
    /// remembered.
    pub fn observe(&self, headers: &Headers<'_>) -> Arc<Agent> {
        let sent = sent::Sent::of(headers);
        let mut memory = self.memory.borrow_mut();
        let Memory { key, cache } = &mut *memory;
        sent.write_key(key);
        let hash = cache.hash(key);
        if let Some(agent) = cache.find(hash, key) {
            return Arc::clone(agent);
        }
        let fingerprint = sent::fingerprint(&self.fingerprint_key, key);
        let agent = Arc::new(parse::agent(fingerprint, &sent, &self.crawlers));
        cache.keep(hash, key, Arc::clone(&agent));
        agent
    }
}
