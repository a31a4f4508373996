//! Logs: one line each, to stderr; results go to stdout.

use tracing_subscriber::EnvFilter;

/// Starts logging. `level` is a filter such as `info` or `millrace=debug`; never fails, because a
/// tracker that does not start over a typo in a log level loses clicks.
pub fn start(level: &str) {
    let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info"));
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .try_init();
}
