//! The real binary with its own data directory.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::disk::Disk;
use crate::load::Promise;
use crate::visitor::{Answer, Visitor};

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_millrace");

/// How long a start, a stop or a replay may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running tracker; killed when it goes out of scope.
pub(crate) struct Tracker {
    /// Holds the log, and the data unless `data` lies elsewhere.
    scratch: TempDir,
    data: PathBuf,
    settings: Vec<(String, String)>,
    process: Option<Child>,
    address: String,
    pub(crate) key: String,
    pub(crate) disk: Disk,
}

/// What differs from the defaults.
#[derive(Default)]
pub(crate) struct Options {
    settings: Vec<(String, String)>,
    data: Option<PathBuf>,
}

impl Options {
    /// A setting by its environment name: `STORAGE__SPILL_MB`.
    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        self.settings
            .push((format!("MILLRACE_{name}"), value.to_owned()));
        self
    }

    /// Another place for the data, such as a small file system.
    pub(crate) fn data(mut self, data: &Path) -> Self {
        self.data = Some(data.to_owned());
        self
    }

    pub(crate) fn spawn(self) -> Tracker {
        let scratch = tempfile::tempdir().unwrap();
        let data = self.data.unwrap_or_else(|| scratch.path().join("data"));
        fs::create_dir_all(&data).unwrap();
        let mut tracker = Tracker {
            disk: Disk::below(scratch.path()),
            settings: self.settings,
            process: None,
            address: String::new(),
            key: String::new(),
            scratch,
            data,
        };
        tracker.key = tracker.create_key("tests");
        tracker.start();
        tracker
    }
}

/// A tracker with the defaults, on a free port, with an API key.
pub(crate) fn spawn() -> Tracker {
    Options::default().spawn()
}

impl Tracker {
    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// What it has said on stderr.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.scratch.path().join("log")).unwrap_or_default()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.as_ref().unwrap().id()
    }

    /// `127.0.0.1:port`
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// A command of the binary on this data directory, the settings included.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command
            .args(arguments)
            .arg("--data")
            .arg(&self.data)
            .env("MILLRACE_SERVER__WORKERS", "2")
            .env("MILLRACE_PROXIES__TRUSTED", "[\"127.0.0.1/32\"]")
            .envs(self.settings.iter().cloned());
        command
    }

    /// `millrace api-key create`: the key is the last word of its output.
    pub(crate) fn create_key(&self, name: &str) -> String {
        let output = self
            .command(&["api-key", "create", "--name", name])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(
            output.status.success(),
            "{text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        text.split_whitespace().last().unwrap().to_owned()
    }

    /// Another setting from the next start on.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.settings
            .push((format!("MILLRACE_{name}"), value.to_owned()));
    }

    pub(crate) fn start(&mut self) {
        assert!(self.process.is_none(), "it runs already");
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.scratch.path().join("log"))
            .unwrap();
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0"]);
        self.disk.under(&mut command, &self.data);
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();

        let (found, address) = mpsc::channel();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        self.process = Some(child);
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if let Some((_, address)) = line.split_once("listening on http://") {
                    let address = address.split_whitespace().next().unwrap_or_default();
                    let _ = found.send(address.trim_end_matches('/').to_owned());
                }
            }
        });
        self.address = address
            .recv_timeout(PATIENCE)
            .expect("the server did not say where it listens");
    }

    /// `kill -9`: nothing is said, nothing is flushed.
    pub(crate) fn kill_9(&mut self) {
        let mut process = self.process.take().unwrap();
        process.kill().unwrap();
        process.wait().unwrap();
    }

    /// `SIGTERM`, without waiting.
    pub(crate) fn terminate(&self) {
        let sent = Command::new("kill")
            .arg("-TERM")
            .arg(self.pid().to_string())
            .status();
        assert!(sent.unwrap().success());
    }

    /// Waits for the end of the process.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.process.as_mut().unwrap().try_wait().unwrap() {
                self.process = None;
                return status;
            }
            assert!(Instant::now() < deadline, "the server does not stop");
            thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn stop(&mut self) {
        self.terminate();
        let status = self.wait();
        assert!(status.success(), "a graceful stop ended with {status}");
    }

    pub(crate) fn visitor(&self) -> Visitor {
        Visitor::new(&self.address)
    }

    /// One click on a connection of its own.
    pub(crate) fn click(&self, target: &str, headers: &[(&str, &str)]) -> Answer {
        self.visitor().click(target, headers).unwrap()
    }

    pub(crate) fn get(&self, path: &str) -> (u16, Value) {
        self.api("GET", path, None, Some(&self.key))
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.api("POST", path, Some(body), Some(&self.key))
    }

    pub(crate) fn patch(&self, path: &str, body: &Value) -> (u16, Value) {
        self.api("PATCH", path, Some(body), Some(&self.key))
    }

    pub(crate) fn put(&self, path: &str, body: &Value) -> (u16, Value) {
        self.api("PUT", path, Some(body), Some(&self.key))
    }

    /// Any request to the API; the body is `null` where none came.
    pub(crate) fn api(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        key: Option<&str>,
    ) -> (u16, Value) {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(PATIENCE))
            .build()
            .into();
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.address));
        if let Some(key) = key {
            request = request.header("Authorization", format!("Bearer {key}"));
        }
        let mut answer = match body {
            Some(body) => {
                let request = request.header("Content-Type", "application/json");
                agent.run(request.body(body.to_string()).unwrap())
            }
            None => agent.run(request.body(()).unwrap()),
        }
        .unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        (
            answer.status().as_u16(),
            serde_json::from_str(&text).unwrap_or_default(),
        )
    }

    /// Creates something that must be accepted; its id.
    pub(crate) fn create(&self, path: &str, body: &Value) -> u64 {
        let (status, stored) = self.post(path, body);
        assert!(
            (200..300).contains(&status),
            "POST {path} answered {status}: {stored:#}"
        );
        stored["id"]
            .as_u64()
            .unwrap_or_else(|| panic!("no id in {stored:#}"))
    }

    /// Enters the rate of a currency, from long ago on.
    pub(crate) fn rate(&self, currency: &str, rate: &str) {
        let rates = json!([{"day": "2020-01-01", "currency": currency, "rate": rate}]);
        let (status, answer) = self.put("/api/v1/currency-rates", &rates);
        assert_eq!(status, 200, "{answer:#}");
    }

    /// An offer and a campaign `alias` that sends everybody to it; the campaign's id.
    pub(crate) fn simple_campaign(&self, alias: &str) -> u64 {
        let offer = self.create(
            "/api/v1/offers",
            &json!({"name": format!("offer of {alias}"), "url": "http://127.0.0.1:9/?c={click_id}"}),
        );
        self.create("/api/v1/campaigns", &campaign(alias, offer))
    }

    /// Rows of the table `clicks`.
    pub(crate) fn count_clicks(&self) -> u64 {
        self.database()
            .query_row("select count(*) from clicks", [], |row| {
                row.get::<_, i64>(0)
            })
            .unwrap() as u64
    }

    /// A connection of our own that cannot write.
    pub(crate) fn database(&self) -> Connection {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(self.data.join("millrace.db"), flags).unwrap();
        connection.busy_timeout(Duration::from_secs(5)).unwrap();
        connection
    }

    /// Waits until all promised clicks are rows, then checks that none is there twice.
    pub(crate) fn assert_stored(&self, promises: &[Promise]) {
        assert!(
            !promises.is_empty(),
            "nobody was answered, so nothing was tested"
        );
        let deadline = Instant::now() + PATIENCE;
        while self.process.is_some() && self.missing(promises).0 > 0 && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(50));
        }

        let (missing, example) = self.missing(promises);

        assert_eq!(
            missing,
            0,
            "{missing} of {} answered clicks are not in the database, such as {example:?}",
            promises.len()
        );
        let twice: i64 = self
            .database()
            .query_row(
                "select count(*) from (select 1 from clicks where external_id is not null
                 group by external_id having count(*) > 1)",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(twice, 0, "clicks that are stored more than once");
    }

    /// How many promised clicks are no rows yet, and one of them.
    fn missing(&self, promises: &[Promise]) -> (usize, Option<Promise>) {
        let database = self.database();
        let mut statement = database
            .prepare(
                "select id, cast(external_id as text) from clicks where external_id is not null",
            )
            .unwrap();
        let rows: HashMap<i64, String> = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let mut missing = promises
            .iter()
            .filter(|promise| rows.get(&promise.row_id()) != Some(&promise.external_id));
        let example = missing.next().cloned();
        (missing.count() + usize::from(example.is_some()), example)
    }
}

impl Drop for Tracker {
    fn drop(&mut self) {
        self.disk.heal();
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
        if thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            eprintln!(
                "--- the server's last words\n{}",
                lines[lines.len().saturating_sub(40)..].join("\n")
            );
        }
    }
}

/// The smallest campaign: everybody to one offer.
pub(crate) fn campaign(alias: &str, offer_id: u64) -> Value {
    json!({
        "name": format!("campaign {alias}"),
        "alias": alias,
        "flows": [{
            "name": "everybody", "kind": "default",
            "target": {"kind": "split", "landings": [], "offers": [{"offer_id": offer_id, "weight": 100}]}
        }]
    })
}
