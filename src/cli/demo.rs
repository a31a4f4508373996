//! `millrace demo`: a throw-away database of made-up traffic, served on this machine only.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use chrono::{DateTime, NaiveDate};
use clap::Args;

use crate::app::{self, App};
use crate::clock;
use crate::config::Config;
use crate::demo::{DemoError, Plan};
use crate::telemetry;

/// SIGINT and SIGTERM, everywhere.
const SIGNALS: [i32; 2] = [2, 15];
const DAY_MS: i64 = 24 * 3_600_000;
const LOOK_AGAIN: Duration = Duration::from_millis(300);

/// A demo.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// How many clicks to make up.
    #[arg(long, default_value_t = 200_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    clicks: u64,
    /// The same seed, clicks, days and end give the same rows.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many days the traffic lasts.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3_650))]
    days: u32,
    /// When the traffic ends: a day, which is its end in UTC, or a time such as
    /// 2026-11-20T18:00:00Z; now if left out.
    #[arg(long, value_name = "DAY_OR_TIME")]
    until: Option<String>,
    /// Make it in this directory and leave it there at the end.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Address and port to listen on, of this machine only; port 0 lets the system choose.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
}

/// Makes the database, serves it, and removes it unless it is to be kept.
pub(super) fn demo(mut config: Config, demo: &Demo, data: Option<&Path>) -> anyhow::Result<()> {
    if let Some(data) = data {
        bail!(
            "a demo has a directory of its own; to choose it write --keep {}",
            data.display()
        );
    }
    if !demo.listen.ip().is_loopback() {
        bail!(
            "a demo listens on this machine only, and {} is not one of its own addresses; use 127.0.0.1",
            demo.listen.ip()
        );
    }
    let plan = demo.plan()?;
    let directory = Directory::make(demo.keep.as_deref())?;
    config.storage.data = directory.path.clone();
    config.server.listen = demo.listen;
    telemetry::start(&config.log.level);
    let began = Instant::now();
    let stop = stop_flag()?;
    if !make(&config.storage.data, &plan, &stop)? {
        return Ok(());
    }
    insist(stop);
    let key = app::create_api_key_offline(&config, "demo")?;
    println!(
        "This is a demo: {} made-up clicks of {} days (seed {}), made in {:.1} s.",
        plan.clicks,
        plan.days,
        plan.seed,
        began.elapsed().as_secs_f64()
    );
    println!(
        "Its data is in {}{}",
        app::absolute(&directory.path),
        match directory.is_kept {
            true => "; look at it again with millrace serve --data DIR.",
            false => ", and is removed when it ends.",
        }
    );
    println!("Send this key to its API as \"Authorization: Bearer <key>\": {key}");
    App::build(config)?.run_until_stopped()
}

/// `false` where somebody wanted it to stop.
fn make(data: &Path, plan: &Plan, stop: &AtomicBool) -> anyhow::Result<bool> {
    let made = app::make_demo(data, plan, stop, |made| {
        let percent = made * 100 / plan.clicks;
        eprint!("\rmaking up clicks: {percent} %");
    });
    eprintln!();
    match made {
        Ok(()) => Ok(!stop.load(Ordering::Relaxed)),
        Err(DemoError::Stopped) => Ok(false),
        Err(error) => Err(error).context("cannot make the demo"),
    }
}

/// Whether somebody wants it to stop; a signal no longer ends the process by itself.
fn stop_flag() -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in SIGNALS {
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    Ok(stop)
}

/// A signal that comes before the server listens to signals would be lost: it is sent again.
fn insist(stop: Arc<AtomicBool>) {
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(LOOK_AGAIN);
            if stop.load(Ordering::Relaxed) {
                let _ = signal_hook::low_level::raise(SIGNALS[1]);
            }
        }
    });
}

impl Demo {
    fn plan(&self) -> anyhow::Result<Plan> {
        Ok(Plan {
            clicks: self.clicks,
            seed: self.seed,
            days: self.days,
            until: match &self.until {
                Some(text) => end(text)?,
                None => clock::now_ms(),
            },
        })
    }
}

fn end(text: &str) -> anyhow::Result<i64> {
    if let Ok(day) = text.parse::<NaiveDate>() {
        let begins = day.and_time(chrono::NaiveTime::MIN).and_utc();
        return Ok(begins.timestamp_millis() + DAY_MS);
    }
    match DateTime::parse_from_rfc3339(text) {
        Ok(time) => Ok(time.timestamp_millis()),
        Err(_) => bail!(
            "--until {text} is neither a day such as 2026-11-20 nor a time such as 2026-11-20T18:00:00Z"
        ),
    }
}

/// Where the demo lives. Unless it is kept it goes with this value.
struct Directory {
    path: PathBuf,
    is_kept: bool,
}

impl Directory {
    fn make(keep: Option<&Path>) -> anyhow::Result<Self> {
        let directory = match keep {
            Some(path) => Self {
                path: path.to_owned(),
                is_kept: true,
            },
            None => Self {
                path: temporary(),
                is_kept: false,
            },
        };
        app::create_data_directory(&directory.path)?;
        Ok(directory)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        if self.is_kept {
            return;
        }
        if let Err(error) = std::fs::remove_dir_all(&self.path) {
            tracing::warn!("{} is left: {error}", app::absolute(&self.path));
        }
    }
}

/// A name that nobody has and nobody could have guessed.
fn temporary() -> PathBuf {
    let name: String = (0..12).map(|_| fastrand::alphanumeric()).collect();
    std::env::temp_dir().join(format!("millrace-demo-{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demo_ends_with_a_day_or_at_a_time() {
        assert_eq!(end("2026-11-20").unwrap(), 1_795_219_200_000);
        assert_eq!(end("2026-11-21T02:00:00+02:00").unwrap(), 1_795_219_200_000);
        let refused = end("yesterday").unwrap_err().to_string();
        assert!(refused.contains("yesterday"), "{refused}");
    }

    #[test]
    fn what_is_not_kept_goes_with_its_last_user() {
        let directory = Directory::make(None).unwrap();
        let path = directory.path.clone();
        std::fs::write(path.join("millrace.db"), "x").unwrap();

        drop(directory);

        assert!(!path.exists());
    }
}
