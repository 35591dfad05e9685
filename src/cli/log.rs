//! Logs: one line per event, as text or JSON, on standard error.
//!
//! Levels: `error` needs somebody, `warn` may, `info` reports what happened to outages, deliveries and connections, and
//! `debug` reports each check and each answer. A failure is logged once, where it is handled.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

use super::CliError;
use crate::clock::Clock;
use crate::config::LogConfig;

/// Replaces the log filter from now on.
pub(super) type Refilter = Box<dyn Fn(&LogConfig) -> Result<(), CliError> + Send + Sync>;

/// UTC to milliseconds: two lines are rarely closer together than that.
struct ToMilliseconds;

impl FormatTime for ToMilliseconds {
    fn format_time(&self, to: &mut Writer<'_>) -> std::fmt::Result {
        write!(to, "{:.3}", Clock::system().now())
    }
}

/// Starts logging for this process. Returns the function that replaces the filter.
pub(super) fn start(config: &LogConfig) -> Result<Refilter, CliError> {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter(config)?)
        .with_timer(ToMilliseconds)
        .with_writer(std::io::stderr);
    let (started, refilter): (_, Refilter) = if config.json {
        let builder = builder.json().flatten_event(true).with_current_span(false).with_filter_reloading();
        let filters = builder.reload_handle();
        (builder.try_init(), Box::new(move |config| filters.reload(filter(config)?).map_err(|e| cannot(&e))))
    } else {
        let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
        let builder = builder.with_target(false).with_ansi(colours).with_filter_reloading();
        let filters = builder.reload_handle();
        (builder.try_init(), Box::new(move |config| filters.reload(filter(config)?).map_err(|e| cannot(&e))))
    };
    started.map_err(|e| cannot(&e)).map(|()| refilter)
}

/// Parses `log.filter`.
pub(super) fn filter(config: &LogConfig) -> Result<EnvFilter, CliError> {
    EnvFilter::try_new(&config.filter)
        // The error is not shown: it repeats the value, which may be a secret under the wrong key.
        .map_err(|_| {
            CliError::Input(
                "log.filter: cannot be read; such as \"info,healthy_upstream=debug\" is wanted".to_owned(),
            )
        })
}

fn cannot(error: &dyn std::fmt::Display) -> CliError {
    CliError::Input(format!("logging cannot start: {error}"))
}
