//! The command line: `millrace [serve] ...`. Results go to stdout, logs to stderr.

mod columns;
mod demo;
mod import;
mod prune;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::{Args, Parser, Subcommand};
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::config::Config;
use crate::control::{self, Request};
use crate::store::lock::DirectoryLock;
use crate::{app, detect, telemetry};

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
    /// Look around: a throw-away database with a month of made-up traffic, served on this machine.
    Demo(demo::Demo),
    /// Keys for the API.
    #[command(subcommand)]
    ApiKey(ApiKey),
    /// The columns that reports are read from.
    #[command(subcommand)]
    Columns(columns::Columns),
    /// What the geo bases are, and what they say.
    #[command(subcommand)]
    Geoip(Geoip),
    /// Import a file of conversions: CSV, TSV, or the lines of other trackers.
    Import(Box<import::File>),
    /// Drop raw clicks that are old; reports keep their numbers.
    Prune(prune::Age),
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
    if let Some(data) = &cli.options.data {
        config.storage.data.clone_from(data);
    }
    match cli.command.unwrap_or(Command::Serve { listen: None }) {
        Command::Serve { listen } => {
            if let Some(listen) = listen {
                config.server.listen = listen;
            }
            telemetry::start(&config.log.level);
            App::build(config)?.run_until_stopped()
        }
        Command::Demo(demo) => demo::demo(config, &demo, cli.options.data.as_deref()),
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
        Command::Columns(command) => columns::columns(&config, &command),
        Command::Geoip(command) => geoip(&config.storage.data, command),
        Command::Import(file) => import::import(&config, &file),
        Command::Prune(age) => prune::prune(&config, &age),
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
