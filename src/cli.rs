//! The command line: `millrace [serve] ...`. Results go to stdout, logs to stderr.

use std::io::Read;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Args, Parser, Subcommand};
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::config::Config;
use crate::control::{self, Request};
use crate::importer::FILE_MAX;
use crate::store::lock::DirectoryLock;
use crate::{app, detect, telemetry};

/// A preview of a large file takes its time.
const PREVIEW_PATIENCE: Duration = Duration::from_secs(600);
/// How often a command looks how far the server is.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// A self-hosted affiliate tracker in one binary.
#[derive(Debug, Parser)]
#[command(name = "millrace", version, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    options: Options,
}

/// Options of every command.
#[derive(Debug, Clone, Default, Args)]
pub struct Options {
    /// Settings file; without one the defaults and the environment count.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Directory of the database and everything beside it.
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the tracker (the default).
    Serve {
        /// Address and port to listen on; port 0 lets the system choose.
        #[arg(long, value_name = "ADDR")]
        listen: Option<SocketAddr>,
    },
    /// Keys for the API.
    #[command(subcommand)]
    ApiKey(ApiKey),
    /// What the geo bases are, and what they say.
    #[command(subcommand)]
    Geoip(Geoip),
    /// Import a file of conversions: CSV, TSV, or the lines of other trackers.
    Import(Box<File>),
    /// What would happen to a made-up visitor: every flow and filter on the way, and where he goes.
    Simulate(Box<Visitor>),
    /// The settings.
    #[command(subcommand, name = "config")]
    Settings(Settings),
}

#[derive(Debug, Subcommand)]
enum ApiKey {
    /// Make a key; it is shown once, as the last word of the output.
    Create {
        /// What the key is for.
        #[arg(long)]
        name: String,
    },
}

#[derive(Debug, Subcommand)]
enum Geoip {
    /// The bases in use: kind, origin, date, size.
    Status,
    /// Everything that the bases say about an address.
    Lookup { ip: IpAddr },
}

/// A visitor to be simulated. Facts such as --country count instead of what detection finds.
#[derive(Debug, Args)]
struct Visitor {
    /// Alias of the campaign, or a whole campaign link with its query.
    link: String,
    #[arg(long, value_name = "ADDRESS")]
    ip: Option<String>,
    #[arg(long, value_name = "TEXT")]
    user_agent: Option<String>,
    #[arg(long, value_name = "URL")]
    referrer: Option<String>,
    /// Accept-Language, such as de-DE,de;q=0.9
    #[arg(long, value_name = "TEXT")]
    accept_language: Option<String>,
    /// More headers, as name: value; may be repeated.
    #[arg(long, value_name = "HEADER")]
    header: Vec<String>,
    /// A fact, as name=value: country=DE, city=Munich, isp=..., os=Android, bot=crawler, ...
    /// ("unknown" takes one away); may be repeated.
    #[arg(long, value_name = "FACT")]
    fact: Vec<String>,
    /// Short for --fact country=...
    #[arg(long, value_name = "CODE")]
    country: Option<String>,
    /// Short for --fact device_type=...
    #[arg(long, value_name = "KIND")]
    device: Option<String>,
    /// Time of the visit, such as 2026-11-21T10:00:00+02:00; now if left out.
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// The campaign has seen this visitor within its window.
    #[arg(long)]
    returning: bool,
    /// How often to decide; the shares count all, the steps tell the last.
    #[arg(long, default_value_t = 1)]
    draws: u64,
    /// The same seed gives the same draws.
    #[arg(long)]
    seed: Option<u64>,
    /// Print everything as JSON.
    #[arg(long)]
    json: bool,
}

/// A file of conversions.
#[derive(Debug, Args)]
struct File {
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
    /// Tell the conversions to traffic sources as well.
    #[arg(long)]
    send_postbacks: bool,
}

#[derive(Debug, Subcommand)]
enum Settings {
    /// Read the settings and say whether they can be used.
    Check,
    /// Print the settings in force, from all sources.
    Print,
    /// The proxy providers that are built in.
    Presets,
}

/// Runs the command line to its end.
pub fn run(cli: Cli, environment: Vec<(String, String)>) -> anyhow::Result<()> {
    let mut config = Config::load(cli.options.config.as_deref(), environment)?;
    if let Some(data) = cli.options.data {
        config.storage.data = data;
    }
    match cli.command.unwrap_or(Command::Serve { listen: None }) {
        Command::Serve { listen } => {
            if let Some(listen) = listen {
                config.server.listen = listen;
            }
            telemetry::start(&config.log.level);
            App::build(config)?.run_until_stopped()
        }
        Command::ApiKey(ApiKey::Create { name }) => {
            let key = create_api_key(&config.storage.data, &config, name)?;
            eprintln!(
                "For the tracker in {}.",
                app::absolute(&config.storage.data)
            );
            println!(
                "The key is shown only now. Send it as \"Authorization: Bearer <key>\": {key}"
            );
            Ok(())
        }
        Command::Geoip(command) => geoip(&config.storage.data, command),
        Command::Import(file) => import(&config, &file),
        Command::Simulate(visitor) => simulate(&config, &visitor),
        Command::Settings(command) => settings(&config, command),
    }
}

/// Beside a running server the server does it; without one this process does.
fn create_api_key(data: &Path, config: &Config, name: String) -> anyhow::Result<String> {
    app::create_data_directory(data)?;
    match DirectoryLock::take(data)? {
        Some(_lock) => app::create_api_key_offline(config, &name),
        None => control::ask(data, &Request::CreateApiKey { name }),
    }
}

/// Beside a running server the server imports, and clicks go before; without one this process does.
fn import(config: &Config, file: &File) -> anyhow::Result<()> {
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

/// Beside a running server the server answers, with what is remembered and counted there.
fn simulate(config: &Config, visitor: &Visitor) -> anyhow::Result<()> {
    let data = &config.storage.data;
    let question = visitor.question()?;
    if !data.exists() {
        bail!(
            "there is no directory \"{}\"; name the right one with --data",
            app::absolute(data)
        );
    }
    let answer = match DirectoryLock::take(data)? {
        Some(_lock) => app::simulate_offline(config, &question)?,
        None => control::ask(data, &Request::Simulate { question })?,
    };
    let outcome: Value = serde_json::from_str(&answer)?;
    if visitor.json {
        println!("{}", serde_json::to_string_pretty(&outcome)?);
        return Ok(());
    }
    for step in outcome["steps"].as_array().into_iter().flatten() {
        println!("{}", step["text"].as_str().unwrap_or_default());
    }
    let reply = &outcome["reply"];
    match reply["location"].as_str() {
        Some(location) => println!("-> {location}"),
        None => println!("-> {reply}"),
    }
    if visitor.draws > 1 {
        println!("{}", outcome["shares"]);
    }
    Ok(())
}

impl Visitor {
    /// The question as the API takes it.
    fn question(&self) -> anyhow::Result<Value> {
        let mut facts = Map::new();
        for fact in &self.fact {
            let Some((name, value)) = fact.split_once('=') else {
                bail!("--fact {fact} is not of the form name=value, such as country=DE");
            };
            facts.insert(name.to_owned(), number_or_text(name, value));
        }
        let short = [("country", &self.country), ("device_type", &self.device)];
        for (name, value) in short {
            if let Some(value) = value {
                facts.insert(name.to_owned(), json!(value));
            }
        }
        let mut headers = Map::new();
        for header in &self.header {
            let Some((name, value)) = header.split_once(':') else {
                bail!("--header {header} is not of the form name: value");
            };
            headers.insert(name.trim().to_owned(), json!(value.trim()));
        }
        Ok(json!({
            "link": self.link, "ip": self.ip, "user_agent": self.user_agent,
            "referrer": self.referrer, "accept_language": self.accept_language,
            "headers": headers, "facts": facts, "at": self.at,
            "seen": { "in_campaign": self.returning },
            "draws": self.draws, "seed": self.seed,
        }))
    }
}

/// The number of a network is one; all other facts are texts.
fn number_or_text(name: &str, value: &str) -> Value {
    match value.parse::<u64>() {
        Ok(number) if name == "asn" => json!(number),
        _ => json!(value),
    }
}

fn geoip(data: &Path, command: Geoip) -> anyhow::Result<()> {
    let (bases, warnings) = detect::geo::Bases::load(data);
    for warning in warnings {
        eprintln!("{warning}");
    }
    let report = match command {
        Geoip::Status => serde_json::to_string_pretty(&bases.status())?,
        Geoip::Lookup { ip } => serde_json::to_string_pretty(&bases.lookup(ip))?,
    };
    println!("{report}");
    Ok(())
}

fn settings(config: &Config, command: Settings) -> anyhow::Result<()> {
    match command {
        Settings::Check => {
            let problems = app::check_rules(config);
            if !problems.is_empty() {
                let lines: Vec<_> = problems
                    .iter()
                    .map(|problem| format!("{}: {}", problem.field, problem.message))
                    .collect();
                bail!("{}", lines.join("\n"));
            }
            println!("The settings can be used.");
        }
        Settings::Print => print!("{}", toml::to_string_pretty(config)?),
        Settings::Presets => {
            for preset in detect::client_ip::providers::PRESETS {
                println!("{:<12} {}", preset.name, preset.help);
            }
        }
    }
    Ok(())
}
