//! `millrace columns`: the columns that reports are read from, made anew or compared with the rows.

use anyhow::bail;
use clap::Subcommand;

use crate::app;
use crate::clock;
use crate::config::Config;
use crate::control::{self, Request};
use crate::store::columns::{self, Cursor, Rebuilt, Verified};
use crate::store::lock::DirectoryLock;

#[derive(Debug, Subcommand)]
pub(super) enum Columns {
    /// Make all of them anew from the rows; archived ones, whose rows are gone, stay.
    Rebuild,
    /// Compare all of them with the rows. What differs is named, and dropped unless it is archived:
    /// reports then read the rows themselves until it is made anew.
    Verify,
}

/// Beside a running server the server does it, a step at a time; without one this process does.
pub(super) fn columns(config: &Config, command: &Columns) -> anyhow::Result<()> {
    let data = &config.storage.data;
    if !data.exists() {
        bail!(
            "there is no directory \"{}\"; name the right one with --data",
            app::absolute(data)
        );
    }
    match (DirectoryLock::take(data)?, command) {
        (Some(_lock), Columns::Rebuild) => app::with_storage(config, |writer, readers| {
            rebuild(|at| Ok(columns::rebuild(writer, readers, at, clock::now_ms())?))
        }),
        (Some(_lock), Columns::Verify) => app::with_storage(config, |writer, readers| {
            verify(|at| Ok(columns::verify(writer, readers, at)?))
        }),
        (None, Columns::Rebuild) => rebuild(|at| {
            let answer = control::ask(data, &Request::RebuildColumns { at })?;
            Ok(serde_json::from_str(&answer)?)
        }),
        (None, Columns::Verify) => verify(|at| {
            let answer = control::ask(data, &Request::VerifyColumns { at })?;
            Ok(serde_json::from_str(&answer)?)
        }),
    }
}

fn rebuild(step: impl Fn(Cursor) -> anyhow::Result<Rebuilt>) -> anyhow::Result<()> {
    let (mut segments, mut rows) = (0, 0);
    let mut at = Some(Cursor::START);
    while let Some(cursor) = at {
        let done = step(cursor)?;
        segments += u64::from(done.rows > 0);
        rows += done.rows;
        at = done.next;
    }
    println!("Made {segments} segments of {rows} rows.");
    Ok(())
}

fn verify(step: impl Fn(Cursor) -> anyhow::Result<Verified>) -> anyhow::Result<()> {
    let (mut segments, mut rows, mut faults) = (0, 0, 0);
    let mut at = Some(Cursor::START);
    while let Some(cursor) = at {
        let done = step(cursor)?;
        segments += u64::from(done.rows.is_some());
        rows += done.rows.unwrap_or(0);
        if let Some(fault) = &done.fault {
            faults += 1;
            println!("{fault}");
        }
        at = done.next;
    }
    if faults > 0 {
        bail!(
            "{faults} of {segments} segments are damaged; those that are not archived were dropped, \
               and are made anew by themselves or by \"millrace columns rebuild\""
        );
    }
    println!("{segments} segments of {rows} rows say what the rows say.");
    Ok(())
}
