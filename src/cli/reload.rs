//! SIGHUP: what can be taken in while the bot runs is, and the rest is named.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::watch;

use super::log::Refilter;
use super::{CliError, faq};
use crate::config::{Config, ConfigError};
use crate::faq::Faq;

/// Where the configuration of this process comes from.
pub(super) struct ConfigSource {
    pub(super) file: Option<PathBuf>,
    pub(super) environment: Vec<(String, String)>,
    pub(super) set: Vec<String>,
}

impl ConfigSource {
    pub(super) fn load(&self) -> Result<Config, ConfigError> {
        Config::load(self.file.as_deref(), &self.environment, &self.set)
    }
}

/// What a bot that runs can take in.
pub(super) struct Reload<'a> {
    pub(super) origin: &'a ConfigSource,
    /// As the bot was started.
    pub(super) config: &'a Config,
    pub(super) faq: watch::Sender<Arc<Faq>>,
    pub(super) refilter: Refilter,
}

impl Reload<'_> {
    /// Reads everything again, and says what became of it.
    pub(super) fn again(&self) {
        if let Err(error) = self.take_in() {
            tracing::error!(%error, "read again, and nothing was taken in: everything stays as it was");
        }
    }

    fn take_in(&self) -> Result<(), CliError> {
        let fresh = self.origin.load()?;
        let faq = faq::faq(&fresh)?;
        (self.refilter)(&fresh.log)?;
        let entries = faq.entries().len();
        self.faq.send_replace(faq);
        let changed = fresh.changed_since(self.config);
        tracing::info!(
            entries,
            changed = changed.taken.join(", "),
            "read the configuration and the FAQ again"
        );
        if !changed.restart.is_empty() {
            tracing::warn!(keys = changed.restart.join(", "), "these keys changed; they need a restart");
        }
        Ok(())
    }
}
