//! `millrace import`: a file of conversions.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use serde_json::{Value, json};

use crate::app;
use crate::config::Config;
use crate::control::{self, Request};
use crate::importer::FILE_MAX;
use crate::store::lock::DirectoryLock;

/// A preview of a large file takes its time.
const PREVIEW_PATIENCE: Duration = Duration::from_secs(600);
/// How often a command looks how far the server is.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// A file of conversions.
#[derive(Debug, Args)]
pub(super) struct File {
    /// The file; "-" reads standard input.
    file: PathBuf,
    /// The network that the file comes from: its name or its id.
    #[arg(long, value_name = "NAME_OR_ID")]
    network: Option<String>,
    /// IANA zone of times that name none; UTC if left out.
    #[arg(long, value_name = "ZONE")]
    timezone: Option<String>,
    /// Only say what would become of each row.
    #[arg(long)]
    preview: bool,
    /// Names of the columns instead of a header, such as click_id,payout,tid; "-" passes one over.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    columns: Vec<String>,
    /// comma, semicolon, tab, colon or pipe; found out if left out.
    #[arg(long, value_name = "WORD")]
    delimiter: Option<String>,
    /// Of rows that tell no status: lead, sale, rejected or trash.
    #[arg(long, value_name = "STATUS")]
    default_status: Option<String>,
    /// Tell the conversions to traffic sources as well. Noted; not yet acted on.
    #[arg(long)]
    send_postbacks: bool,
}

/// Beside a running server the server imports, and clicks go before; without one this process does.
pub(super) fn import(config: &Config, file: &File) -> anyhow::Result<()> {
    let data = &config.storage.data;
    let bytes = file.read()?;
    let order = file.order();
    if !data.exists() {
        bail!(
            "there is no directory \"{}\"; name the right one with --data",
            app::absolute(data)
        );
    }
    let answer = match DirectoryLock::take(data)? {
        Some(_lock) => app::import_offline(config, &bytes, &order, progress)?,
        None => import_beside_the_server(data, &bytes, order)?,
    };
    report(&answer);
    let rows = answer["rows"].as_u64();
    if rows == answer["totals"]["unreadable"].as_u64() {
        bail!("no row could be read");
    }
    match answer["error"].as_str() {
        Some(error) => bail!("{error}"),
        None => Ok(()),
    }
}

fn import_beside_the_server(data: &Path, bytes: &[u8], order: Value) -> anyhow::Result<Value> {
    let request = Request::Import {
        order,
        bytes: bytes.len() as u64,
    };
    let answer = control::ask_with(data, &request, bytes, PREVIEW_PATIENCE)?;
    let mut answer: Value = serde_json::from_str(&answer)?;
    while answer["state"] == "running" {
        let id = answer["id"].as_u64().unwrap_or_default();
        std::thread::sleep(LOOK_AGAIN);
        answer = serde_json::from_str(&control::ask(data, &Request::ImportProgress { id })?)?;
        let count = |name: &str| answer[name].as_u64().unwrap_or_default();
        progress(count("done"), count("rows"));
    }
    Ok(answer)
}

fn progress(done: u64, rows: u64) {
    let end = if done == rows { "\n" } else { "" };
    eprint!("\r{done} of {rows} rows{end}");
}

/// The rows of a preview, then the totals.
fn report(answer: &Value) {
    let texts = |list: &Value| -> Vec<String> {
        let list = list.as_array().into_iter().flatten();
        list.filter_map(|text| text.as_str().map(str::to_owned))
            .collect()
    };
    for row in answer["items"].as_array().into_iter().flatten() {
        let text = |name: &str| row[name].as_str().unwrap_or_default();
        let (verdict, reason) = (text("verdict"), text("reason"));
        println!("{}: {verdict}: {} {reason}", row["line"], text("raw"));
    }
    for remark in texts(&answer["remarks"]) {
        eprintln!("{remark}");
    }
    if let Some(id) = answer["id"].as_u64() {
        println!("import {id}");
    }
    let format = answer["format"].as_str().unwrap_or_default();
    println!("format {format} {}", texts(&answer["columns"]).join(","));
    println!("rows {}", answer["rows"]);
    for (verdict, count) in answer["totals"].as_object().into_iter().flatten() {
        println!("{verdict} {count}");
    }
}

impl File {
    fn read(&self) -> anyhow::Result<Vec<u8>> {
        // One byte more than is taken tells that there is more.
        let most = FILE_MAX as u64 + 1;
        let mut bytes = Vec::new();
        if self.file.as_os_str() == "-" {
            std::io::stdin().take(most).read_to_end(&mut bytes)?;
        } else {
            let context = || format!("cannot read {}", self.file.display());
            let file = std::fs::File::open(&self.file).with_context(context)?;
            file.take(most)
                .read_to_end(&mut bytes)
                .with_context(context)?;
        }
        if bytes.len() > FILE_MAX {
            bail!("the file is larger than {FILE_MAX} bytes; import it in several pieces");
        }
        Ok(bytes)
    }

    /// The options as the API takes them.
    fn order(&self) -> Value {
        json!({
            "network": self.network, "timezone": self.timezone, "preview": self.preview,
            "columns": (!self.columns.is_empty()).then_some(&self.columns),
            "delimiter": self.delimiter, "default_status": self.default_status,
            "send_postbacks": self.send_postbacks,
        })
    }
}
