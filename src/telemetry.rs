//! Logs: one line each, to stderr; results go to stdout.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// What the server framework says at every start is of no use to an operator.
const QUIET: &str = ",actix_server=warn,actix_http=warn,mio=warn";

/// Starts logging. `level` is a filter such as `info` or `millrace=debug`; never fails, because a
/// tracker that does not start over a typo in a log level loses clicks.
pub fn start(level: &str) {
    let filter = EnvFilter::try_new(format!("{level}{QUIET}"))
        .unwrap_or_else(|_| EnvFilter::new(format!("info{QUIET}")));
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .try_init();
}
