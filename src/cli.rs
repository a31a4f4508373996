//! The command line: `millrace [serve] ...`. Results go to stdout, logs to stderr.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::{Args, Parser, Subcommand};

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
    /// Keys for the API.
    #[command(subcommand)]
    ApiKey(ApiKey),
    /// What the geo bases are, and what they say.
    #[command(subcommand)]
    Geoip(Geoip),
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
