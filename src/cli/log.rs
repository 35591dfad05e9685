//! Logs: one line an event, as text or JSON, on standard error.
//!
//! Levels: `error` needs somebody, `warn` may, `info` tells what happened to outages, deliveries and connections, `debug` each look
//! and each answer. A failure is logged once, where it is handled.
//!
//! Never: no token, no text and no id of a person.

use tracing_subscriber::EnvFilter;

use super::Failure;
use crate::config::LogConfig;

/// Starts logging for this process.
pub(super) fn start(config: &LogConfig) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&config.filter)
        .map_err(|e| Failure::Input(format!("log.filter: \"{}\" cannot be read: {e}", config.filter)))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = if config.json {
        builder.json().flatten_event(true).with_current_span(false).try_init()
    } else {
        builder.with_target(false).with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).try_init()
    };
    started.map_err(|e| Failure::Input(format!("logging cannot start: {e}")))
}
