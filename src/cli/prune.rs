//! `millrace prune`: raw clicks that are old are dropped, reports keep their numbers.

use std::path::Path;
use std::time::Duration;

use anyhow::bail;
use clap::Args;
use serde_json::Value;

use crate::app;
use crate::config::Config;
use crate::control::{self, Request};
use crate::jobs::prune_now;
use crate::store::lock::DirectoryLock;

/// How often a command looks how far the server is.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Which clicks are old.
#[derive(Debug, Args)]
pub(super) struct Age {
    /// Clicks that came before so many days; those with conversions stay.
    #[arg(long, value_name = "DAYS")]
    days: u64,
}

/// Beside a running server the server does it, and clicks go before; without one this process does.
pub(super) fn prune(config: &Config, age: &Age) -> anyhow::Result<()> {
    let data = &config.storage.data;
    if !data.exists() {
        bail!(
            "there is no directory \"{}\"; name the right one with --data",
            app::absolute(data)
        );
    }
    let job = match DirectoryLock::take(data)? {
        Some(_lock) => app::with_storage(config, |writer, readers| {
            Ok(serde_json::to_value(prune_now(writer, readers, age.days)?)?)
        })?,
        None => prune_beside_the_server(data, age.days)?,
    };
    if let Some(error) = job["error"].as_str() {
        bail!("{error}");
    }
    let result = &job["result"];
    println!(
        "{} raw clicks that earned nothing were dropped, in {} old segments; reports keep their numbers.",
        result["clicks"], result["segments"]
    );
    if result["skipped"] != 0 {
        println!(
            "{} segments were changed meanwhile and are left for the next time.",
            result["skipped"]
        );
    }
    Ok(())
}

fn prune_beside_the_server(data: &Path, days: u64) -> anyhow::Result<Value> {
    let mut job: Value = serde_json::from_str(&control::ask(data, &Request::Prune { days })?)?;
    while matches!(job["state"].as_str(), Some("queued" | "running")) {
        let id = job["id"].as_u64().unwrap_or_default();
        std::thread::sleep(LOOK_AGAIN);
        job = serde_json::from_str(&control::ask(data, &Request::JobProgress { id })?)?;
    }
    Ok(job)
}
