//! SIGHUP: applies what can change while the bot runs, and names the keys that need a restart.

use std::path::PathBuf;

use tokio::sync::watch;

use super::log::Refilter;
use super::{CliError, faq};
use crate::config::{Config, ConfigError};
use crate::faq::SharedFaq;

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

/// What a running bot can reload.
pub(super) struct Reload<'a> {
    pub(super) origin: &'a ConfigSource,
    /// The configuration that the bot was started with.
    pub(super) config: &'a Config,
    pub(super) faq: watch::Sender<SharedFaq>,
    pub(super) refilter: Refilter,
}

impl Reload<'_> {
    /// Reads everything again, and logs the result.
    pub(super) fn again(&self) {
        if let Err(error) = self.take_in() {
            tracing::error!(%error, "reload failed; nothing changed");
        }
    }

    fn take_in(&self) -> Result<(), CliError> {
        let fresh = self.origin.load()?;
        let faq = faq::faq(&fresh)?;
        (self.refilter)(&fresh.log)?;
        let entries = faq.entries().len();
        self.faq.send_replace(faq);
        let changed = fresh.changed_since(self.config);
        tracing::info!(entries, changed = changed.taken.join(", "), "configuration and FAQ reloaded");
        if !changed.restart.is_empty() {
            tracing::warn!(keys = changed.restart.join(", "), "these keys changed; they need a restart");
        }
        Ok(())
    }
}
