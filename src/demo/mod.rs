//! A throw-away database with a believable month of traffic: what `millrace demo` shows, and what the
//! report benchmark measures.
//!
//! Nothing is invented that the product can work out itself. A made-up visitor with a real user agent
//! comes from a real network; detection, uniqueness, flows, splits, costs, offer clicks and postbacks
//! are the product's own, and so are the rows ([`crate::store::filling`]). The same [`Plan`] gives the
//! same rows: even the secrets of click ids follow from its seed, which is why nobody should put real
//! traffic on such a database.
//!
//! | file | what it knows |
//! |---|---|
//! | `world.toml`, `world.rs`, `documents.rs` | campaigns, sources, offers, landings, networks, and them as documents |
//! | `countries.tsv`, `places.rs` | sixty countries, their real networks, languages, clocks |
//! | `agents.tsv`, `agents.rs`, `people.rs` | user agents, people and robots |
//! | `hours.rs` | when visitors come |
//! | `values.rs`, `push.rs` | placements, creatives, keywords; what they cost and what they are worth |
//! | `story.rs` | what becomes of somebody who takes an offer |
//! | `traffic.rs`, `awaited.rs` | one visit after the other, and what follows from each |
//!
//! Some campaigns earn and some do not, and in most of them a few placements burn the money: there is
//! something to be found.
//!
//! Adding a campaign, a source, an offer: its entry in `world.toml`. Adding a way in which offers pay: 1. a
//! variant of `story::Path` with what it is worth; 2. its story.

mod agents;
mod awaited;
mod chance;
mod documents;
mod hours;
mod people;
mod places;
mod push;
mod story;
#[cfg(test)]
mod tests;
mod traffic;
mod values;
mod world;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};

use chrono_tz::Tz;
use fastrand::Rng;
use sha2::{Digest, Sha256};

use self::agents::Agents;
use self::chance::{DAY, Draw, HOUR, mixed, share};
use self::hours::{Lanes, hours, spread};
use self::people::People;
use self::places::Places;
use self::traffic::{Ground, Traffic};
use self::world::World;
use crate::detect::bot::BotRules;
use crate::domain::id::{IdCodec, IdGenerator};
use crate::domain::money::Currency;
use crate::domain::period;
use crate::domain::rates::Rate;
use crate::engine::Catalog;
use crate::engine::memory::Visitors;
use crate::store::error::StoreError;
use crate::store::filling::{Beginning, Entry, Filling};

/// Entries stored as one transaction.
const PIECE: usize = 10_000;
/// Pieces that may wait for the file.
const WAITING: usize = 4;
/// Memory for who was here before: some days of a demo of millions of clicks.
const MEMORY: usize = 96 << 20;
/// Node of the ids of what follows from postbacks.
const NODE_OF_POSTBACKS: u8 = 1;

/// What is to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    pub clicks: u64,
    pub seed: u64,
    pub days: u32,
    /// When the traffic ends, in UTC milliseconds; it begins so many days before.
    pub until: i64,
}

/// Why there is no demo.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the built-in rules about bots cannot be used")]
    Bots,
    #[error(
        "there is a database in \"{0}\" already; look at it with millrace serve --data, or keep the \
         demo in another directory"
    )]
    InUse(String),
    #[error("stopped")]
    Stopped,
}

/// Makes the database at `path`, where there is none yet; geo bases beside it count. Tells how many
/// clicks there are so far, now and then.
pub fn make(
    path: &Path,
    plan: &Plan,
    stop: &AtomicBool,
    tell: impl FnMut(u64),
) -> Result<(), DemoError> {
    let world = World::read();
    let codec = IdCodec::new(&secret(plan.seed, CLICK_IDS));
    let begins = plan.until - i64::from(plan.days) * DAY;
    let documents = documents::documents(&world, begins - DAY);
    let (catalog, _) = Catalog::compile_lenient(&documents);
    let mut filling = Filling::begin(
        path,
        Beginning {
            secrets: [CLICK_IDS, FINGERPRINTS]
                .map(|name| (name, secret(plan.seed, name)))
                .into(),
            documents,
            rates: rates(plan),
            codec: codec.clone(),
            ids: IdGenerator::new(NODE_OF_POSTBACKS, None),
        },
    )?;
    let people = people(path.parent().unwrap_or(Path::new(".")), plan.seed)?;
    let traffic = Traffic::new(Ground {
        world: &world,
        people,
        catalog,
        visitors: Visitors::new(MEMORY, &secret(plan.seed, "visitors")),
        codec,
        seed: plan.seed,
        until: plan.until,
    });
    std::thread::scope(|scope| {
        let (pieces, waiting) = sync_channel::<Vec<Entry>>(WAITING);
        let storing = scope.spawn(move || -> Result<(), StoreError> {
            waiting.iter().try_for_each(|piece| filling.store(&piece))
        });
        let ran = run(traffic, plan, &pieces, stop, tell);
        drop(pieces);
        let stored = storing.join().expect("storing does not panic");
        stored?;
        ran
    })
}

/// Hour by hour, each with its share of the clicks. Ends early where nobody stores the pieces any
/// more: who did says why.
fn run(
    mut traffic: Traffic<'_>,
    plan: &Plan,
    pieces: &SyncSender<Vec<Entry>>,
    stop: &AtomicBool,
    mut tell: impl FnMut(u64),
) -> Result<(), DemoError> {
    let lanes = Lanes::new(&traffic, plan);
    let hours: Vec<i64> = hours(plan.until, plan.days).collect();
    let weights: Vec<f64> = hours
        .iter()
        .map(|hour| lanes.weights(*hour).iter().sum())
        .collect();
    let (mut made, mut times) = (0, Vec::new());
    for (hour, count) in hours.iter().zip(spread(plan.clicks, &weights)) {
        let draw = Draw::new(&lanes.weights(*hour));
        times.clear();
        times.extend((0..count).map(|_| hour + traffic.rng.i64(0..HOUR)));
        times.sort_unstable();
        for at in &times {
            let (number, country) = lanes.at(draw.one(&mut traffic.rng));
            traffic.visit(*at, number, country);
            made += 1;
            if traffic.waits() < PIECE {
                continue;
            }
            if stop.load(Ordering::Relaxed) {
                return Err(DemoError::Stopped);
            }
            tell(made);
            if pieces.send(traffic.entries()).is_err() {
                return Ok(());
            }
        }
    }
    traffic.pass(plan.until);
    let _ = pieces.send(traffic.entries());
    Ok(())
}

fn people(data: &Path, seed: u64) -> Result<People, DemoError> {
    let key = secret(seed, FINGERPRINTS);
    let bots = BotRules::compile(&[], &[]).map_err(|_| DemoError::Bots)?;
    let mut rng = Rng::with_seed(mixed(&[seed, 3]));
    Ok(People {
        places: Places::find(data, &key, &mut rng),
        agents: Agents::detect(&key, Arc::new(bots)),
    })
}

/// Names of the settings whose secrets the rows depend on.
const CLICK_IDS: &str = "click_id_secret";
const FINGERPRINTS: &str = "fingerprint_secret";

fn secret(seed: u64, name: &str) -> [u8; 16] {
    let digest = Sha256::digest(format!("millrace demo {seed} {name}"));
    let (first, _) = digest.split_first_chunk().expect("32 bytes have 16");
    *first
}

/// What a euro was worth on each day, in dollars.
fn rates(plan: &Plan) -> Vec<(Currency, i64, Rate)> {
    let euro = Currency::parse("EUR").expect("three letters");
    let last = period::day(plan.until, Tz::UTC);
    let days = last - i64::from(plan.days) - 1..=last;
    days.filter_map(|day| {
        let off = (share(&[plan.seed, day as u64]) * 30_000_000.0) as i64;
        Some((
            euro,
            day,
            Rate::from_nanos(1_075_000_000 + off / 100_000 * 100_000)?,
        ))
    })
    .collect()
}
