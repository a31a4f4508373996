//! `millrace demo`: starts, shows itself, and leaves nothing behind.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

use crate::tracker::BINARY;
use crate::visitor::Visitor;

const HERE: &str = "127.0.0.1:0";

/// A small demo that uses `scratch` for whatever is temporary.
fn demo(scratch: &Path, listen: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command
        .args(["demo", "--clicks", "2000", "--listen", listen])
        .args(arguments)
        .env("TMPDIR", scratch)
        .env("MILLRACE_SERVER__WORKERS", "1");
    command
}

/// Killed when it goes out of scope.
struct Running {
    process: Child,
    /// All that it said up to the address.
    words: String,
    address: String,
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let command = command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut running = Self {
            process: command.spawn().unwrap(),
            words: String::new(),
            address: String::new(),
        };
        let lines = BufReader::new(running.process.stdout.take().unwrap()).lines();
        for line in lines.map_while(Result::ok) {
            running.words += &(line.clone() + "\n");
            if let Some(address) = line.strip_prefix("listening on http://") {
                running.address = address.trim_end_matches('/').to_owned();
                return running;
            }
        }
        panic!("the demo ended before it listened: {}", running.words);
    }

    fn get(&self, path: &str) -> Value {
        let key = self.words.lines().find(|line| line.contains("Bearer"));
        let key = key.and_then(|line| line.split_whitespace().last()).unwrap();
        let authorization = format!("Bearer {key}");
        let headers = [("Authorization", authorization.as_str())];
        let answer = Visitor::new(&self.address).click(path, &headers).unwrap();
        serde_json::from_slice(&answer.body).unwrap()
    }

    fn stop(mut self) {
        let pid = self.process.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(sent.unwrap().success());
        let status = self.process.wait().unwrap();
        assert!(status.success(), "a demo ended with {status}");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn entries(directory: &Path) -> usize {
    std::fs::read_dir(directory).unwrap().count()
}

fn refused(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn demo_serves_made_up_traffic_and_removes_it_at_the_end() {
    let scratch = tempfile::tempdir().unwrap();

    let running = Running::start(&mut demo(scratch.path(), HERE, &[]));

    let words = running.words.clone();
    assert!(
        words.contains("This is a demo: 2000 made-up clicks"),
        "{words}"
    );
    assert!(words.contains(scratch.path().to_str().unwrap()), "{words}");
    assert_eq!(entries(scratch.path()), 1);
    let clicks = running.get("/api/v1/clicks?limit=50");
    assert_eq!(clicks["items"].as_array().map(Vec::len), Some(50));
    let campaigns = running.get("/api/v1/campaigns?limit=50");
    assert_eq!(campaigns["items"].as_array().map(Vec::len), Some(20));
    let link = Visitor::new(&running.address).click("/push-keto-de?zoneid=1", &[]);
    assert_eq!(link.unwrap().status, 302);
    running.stop();
    assert_eq!(entries(scratch.path()), 0, "the demo left something behind");
}

#[test]
fn a_demo_that_is_kept_stays_and_is_not_made_twice() {
    let scratch = tempfile::tempdir().unwrap();
    let kept = scratch.path().join("kept");
    let keep = ["--keep", kept.to_str().unwrap()];

    Running::start(&mut demo(scratch.path(), HERE, &keep)).stop();

    assert!(kept.join("millrace.db").exists());
    let words = refused(&demo(scratch.path(), HERE, &keep).output().unwrap());
    assert!(words.contains("there is a database in"), "{words}");
    assert!(kept.join("millrace.db").exists());
}

#[test]
fn a_demo_is_for_this_machine_only_and_has_its_own_directory() {
    let scratch = tempfile::tempdir().unwrap();
    let directory = scratch.path().join("data");
    let data = ["--data", directory.to_str().unwrap()];

    let far = refused(&demo(scratch.path(), "0.0.0.0:0", &[]).output().unwrap());
    let elsewhere = refused(&demo(scratch.path(), HERE, &data).output().unwrap());

    assert!(far.contains("0.0.0.0"), "{far}");
    assert!(elsewhere.contains("--keep"), "{elsewhere}");
    assert_eq!(entries(scratch.path()), 0);
}
