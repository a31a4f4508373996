//! Settings: defaults, then the file, then the environment, then the command line.
//!
//! `config.example.toml` documents every setting with its default; a test holds it to that.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::store::connection::Durability;
use crate::store::writer;
use crate::web::state::PostbackRules;

/// All settings.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub server: Server,
    pub storage: Storage,
    pub postback: Postback,
    pub outbound: Outbound,
    pub proxies: Proxies,
    pub admin: Admin,
    pub bots: Bots,
    pub retention: Retention,
    pub log: Log,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Address and port to listen on; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Threads that serve requests; 0: one per core.
    pub workers: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Storage {
    /// Directory of the database and everything beside it.
    pub data: PathBuf,
    pub durability: DurabilityWord,
    /// How long a click waits for its commit before it goes to the spill file.
    pub ack_timeout_ms: u64,
    /// Room set aside for the spill file.
    pub spill_mb: u64,
    /// Memory for what is remembered of visitors: who is unique, what is bound.
    pub uniqueness_mb: u64,
    /// 0..=63; only different where several servers' files are joined later.
    pub node: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DurabilityWord {
    #[default]
    Process,
    Power,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Postback {
    /// How long a network waits for its answer at most.
    pub timeout_ms: u64,
    /// How long the raw log is kept.
    pub log_days: u64,
    /// Only postbacks with the key of a network are taken.
    pub require_key: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Outbound {
    /// Outgoing calls may go to addresses of private networks.
    pub allow_private: bool,
    /// How long requests and attempts are kept after they have settled.
    pub log_days: u64,
    /// Where bots send messages: Telegram's own server, or one of the operator's.
    pub telegram_api: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Proxies {
    /// Addresses and CIDR ranges whose forwarded headers are believed.
    pub trusted: Vec<String>,
    /// Name of a known proxy provider: its ranges and its header.
    pub preset: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Admin {
    /// Host names on which API and dashboard answer; empty: on all.
    pub hosts: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bots {
    /// Addresses and CIDR ranges held to be bots.
    pub addresses: Vec<String>,
    /// Texts that mark a user agent as a bot's, in any case.
    pub user_agents: Vec<String>,
}

/// Fewest days for which raw clicks are kept: networks call back that late.
pub const CLICK_DAYS_MIN: u64 = 30;

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// How long raw clicks that earned nothing are kept; 0: for ever.
    pub click_days: u64,
}

impl Retention {
    /// `None`: for ever.
    pub fn keeps_days(&self) -> Option<u64> {
        Some(self.click_days).filter(|days| *days > 0)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// `error`, `warn`, `info`, `debug`, or a filter such as `millrace=debug`.
    pub level: String,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            workers: 0,
        }
    }
}

impl Default for Storage {
    fn default() -> Self {
        Self {
            data: PathBuf::from("data"),
            durability: DurabilityWord::Process,
            ack_timeout_ms: 100,
            spill_mb: 64,
            uniqueness_mb: 32,
            node: 0,
        }
    }
}

impl Default for Postback {
    fn default() -> Self {
        Self {
            timeout_ms: 2_000,
            log_days: 90,
            require_key: false,
        }
    }
}

impl Default for Outbound {
    fn default() -> Self {
        Self {
            allow_private: false,
            log_days: 90,
            telegram_api: "https://api.telegram.org".into(),
        }
    }
}

impl Postback {
    pub fn rules(&self) -> PostbackRules {
        PostbackRules {
            timeout: Duration::from_millis(self.timeout_ms),
            require_key: self.require_key,
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self {
            level: "info".into(),
        }
    }
}

/// Why the settings cannot be used, for the operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read {path}: {problem}")]
    Unreadable { path: String, problem: String },
    #[error("{origin}: {problem}")]
    Invalid { origin: String, problem: String },
}

/// Prefix of environment variables: `MILLRACE_SERVER__LISTEN`.
const PREFIX: &str = "MILLRACE_";

impl Config {
    /// Reads `file` (if any) and the given environment. The environment is data, so that tests
    /// can pass their own.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Config, ConfigError> {
        let mut table = toml::Table::new();
        let mut origin = "the built-in defaults".to_owned();
        if let Some(path) = file {
            origin = path.display().to_string();
            let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable {
                path: origin.clone(),
                problem: error.to_string(),
            })?;
            table = text
                .parse()
                .map_err(|error: toml::de::Error| ConfigError::Invalid {
                    origin: origin.clone(),
                    problem: error.to_string().trim_end().to_owned(),
                })?;
            // Problems of the file are told with the file's name and line, before anything of the
            // environment can hide them.
            toml::from_str::<Config>(&text).map_err(|error| ConfigError::Invalid {
                origin: origin.clone(),
                problem: error.to_string().trim_end().to_owned(),
            })?;
        }
        for (name, value) in environment {
            let Some(rest) = name.strip_prefix(PREFIX) else {
                continue;
            };
            let Some((section, key)) = rest.split_once("__") else {
                return Err(ConfigError::Invalid {
                    origin: format!("environment variable {name}"),
                    problem:
                        "is no setting: two underscores stand between section and name, as in \
                              MILLRACE_SERVER__LISTEN"
                            .to_owned(),
                });
            };
            overlay(
                &mut table,
                &section.to_lowercase(),
                &key.to_lowercase(),
                &value,
            );
            table
                .clone()
                .try_into::<Config>()
                .map_err(|error| ConfigError::Invalid {
                    origin: format!("environment variable {name}"),
                    problem: error.message().to_owned(),
                })?;
        }
        let config: Config = table.try_into().map_err(|error| ConfigError::Invalid {
            origin: origin.clone(),
            problem: error.message().to_owned(),
        })?;
        config
            .check()
            .map_err(|problem| ConfigError::Invalid { origin, problem })?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        if self.storage.data.as_os_str().is_empty() {
            return Err("storage.data is empty; it must name a directory".to_owned());
        }
        let is_host = |host: &String| !host.is_empty() && !host.contains(['/', ':', ' ']);
        if let Some(host) = self.admin.hosts.iter().find(|host| !is_host(host)) {
            return Err(format!(
                "admin.hosts has \"{host}\"; it must be a host name alone, such as panel.example.com"
            ));
        }
        if self.storage.node > 63 {
            return Err(format!(
                "storage.node is {}; it must be 0 to 63",
                self.storage.node
            ));
        }
        if !(1..=60_000).contains(&self.storage.ack_timeout_ms) {
            return Err(format!(
                "storage.ack_timeout_ms is {}; it must be 1 to 60000",
                self.storage.ack_timeout_ms
            ));
        }
        if !(1..=65_536).contains(&self.storage.spill_mb) {
            return Err(format!(
                "storage.spill_mb is {}; it must be 1 to 65536",
                self.storage.spill_mb
            ));
        }
        if !(1..=65_536).contains(&self.storage.uniqueness_mb) {
            return Err(format!(
                "storage.uniqueness_mb is {}; it must be 1 to 65536",
                self.storage.uniqueness_mb
            ));
        }
        if !(100..=60_000).contains(&self.postback.timeout_ms) {
            return Err(format!(
                "postback.timeout_ms is {}; it must be 100 to 60000",
                self.postback.timeout_ms
            ));
        }
        if !(1..=36_500).contains(&self.postback.log_days) {
            return Err(format!(
                "postback.log_days is {}; it must be 1 to 36500",
                self.postback.log_days
            ));
        }
        if !(1..=36_500).contains(&self.outbound.log_days) {
            return Err(format!(
                "outbound.log_days is {}; it must be 1 to 36500",
                self.outbound.log_days
            ));
        }
        let days = self.retention.click_days;
        if days > 0 && !(CLICK_DAYS_MIN..=36_500).contains(&days) {
            return Err(format!(
                "retention.click_days is {days}; it must be 0, to keep all clicks, or {CLICK_DAYS_MIN} to 36500"
            ));
        }
        let api = &self.outbound.telegram_api;
        if !api.starts_with("https://") && !api.starts_with("http://") {
            return Err(format!(
                "outbound.telegram_api is \"{api}\"; it must start with https:// or http://"
            ));
        }
        if self.server.workers > 1_024 {
            return Err(format!(
                "server.workers is {}; it must be 0 to 1024",
                self.server.workers
            ));
        }
        Ok(())
    }

    pub fn writer_settings(&self) -> writer::Settings {
        writer::Settings {
            ack_timeout: Duration::from_millis(self.storage.ack_timeout_ms),
            durability: self.durability(),
            spill_bytes: self.storage.spill_mb << 20,
        }
    }

    /// Bytes for what is remembered of visitors.
    pub fn uniqueness_bytes(&self) -> usize {
        usize::try_from(self.storage.uniqueness_mb << 20).unwrap_or(usize::MAX)
    }

    pub fn durability(&self) -> Durability {
        match self.storage.durability {
            DurabilityWord::Process => Durability::Process,
            DurabilityWord::Power => Durability::Power,
        }
    }
}

/// Sets `section.key`. A value that reads as TOML (`8`, `true`, `["a"]`) is taken as such,
/// anything else as text; a comma-separated list may be given without brackets.
fn overlay(table: &mut toml::Table, section: &str, key: &str, value: &str) {
    let lists = ["trusted", "hosts", "addresses", "user_agents"];
    let parsed = format!("value = {value}")
        .parse::<toml::Table>()
        .ok()
        .and_then(|mut parsed| parsed.remove("value"));
    let value = match parsed {
        Some(toml::Value::String(text)) => toml::Value::String(text),
        Some(value) => value,
        None if lists.contains(&key) => value
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| toml::Value::String(part.to_owned()))
            .collect::<Vec<_>>()
            .into(),
        None => toml::Value::String(value.to_owned()),
    };
    let section = table
        .entry(section.to_owned())
        .or_insert_with(|| toml::Value::Table(toml::Table::new()));
    if let toml::Value::Table(section) = section {
        section.insert(key.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(file: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("config.toml");
        std::fs::write(&path, file).expect("written");
        let environment = environment
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        Config::load(Some(&path), environment)
    }

    #[test]
    fn the_example_file_is_the_default() {
        let example = include_str!("../config.example.toml");

        let config = load(example, &[]).expect("readable");

        assert_eq!(config, Config::default());
    }

    #[test]
    fn the_example_file_names_every_setting() {
        let example: toml::Table = include_str!("../config.example.toml")
            .parse()
            .expect("TOML");
        let defaults = toml::Table::try_from(Config::default()).expect("serializable");

        for (section, settings) in defaults {
            for (key, _) in settings.as_table().expect("a section") {
                assert!(
                    example
                        .get(&section)
                        .and_then(|found| found.get(key))
                        .is_some(),
                    "config.example.toml lacks {section}.{key}"
                );
            }
        }
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let config = load(
            "[server]\nworkers = 2\nlisten = \"127.0.0.1:1\"",
            &[
                ("MILLRACE_SERVER__LISTEN", "127.0.0.1:9000"),
                ("MILLRACE_PROXIES__TRUSTED", "127.0.0.1/32, 10.0.0.0/8"),
                ("MILLRACE_STORAGE__DURABILITY", "power"),
                ("HOME", "/nowhere"),
            ],
        )
        .expect("readable");

        assert_eq!(config.server.workers, 2);
        assert_eq!(config.server.listen.port(), 9000);
        assert_eq!(config.proxies.trusted, ["127.0.0.1/32", "10.0.0.0/8"]);
        assert_eq!(config.durability(), Durability::Power);
    }

    #[test]
    fn a_mistake_is_told_with_its_place() {
        type Case = (
            &'static str,
            &'static [(&'static str, &'static str)],
            &'static str,
        );
        let cases: &[Case] = &[
            ("[server]\nlisten = 8080", &[], "line 2"),
            ("[server]\nworker = 2", &[], "worker"),
            (
                "",
                &[("MILLRACE_SERVER__LISTEN", "nowhere")],
                "MILLRACE_SERVER__LISTEN",
            ),
            ("[storage]\nnode = 64", &[], "0 to 63"),
            ("[storage]\nack_timeout_ms = 0", &[], "ack_timeout_ms"),
            ("[storage]\nuniqueness_mb = 0", &[], "uniqueness_mb"),
            ("[storage]\ndata = \"\"", &[], "storage.data"),
            ("[outbound]\nlog_days = 0", &[], "outbound.log_days"),
            ("[retention]\nclick_days = 3", &[], "retention.click_days"),
            ("[outbound]\ntelegram_api = \"t.me\"", &[], "telegram_api"),
            (
                "[admin]\nhosts = [\"https://x.com/\"]",
                &[],
                "host name alone",
            ),
            (
                "",
                &[("MILLRACE_SERVER_LISTEN", "127.0.0.1:1")],
                "two underscores",
            ),
        ];
        for (file, environment, expected) in cases {
            let error = load(file, environment).expect_err(expected).to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
