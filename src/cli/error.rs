//! How a subcommand fails: one text, and the exit code that scripts rely on.

use std::fmt;

use crate::config::ConfigError;
use crate::discord::{DiscordError, PermanentReason};
use crate::store::StoreError;

/// Why a subcommand failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CliError {
    /// Something that was checked is not up, and `--exit-code` was given. Exit code 1.
    NotUp(String),
    /// A mistake in the configuration or on the command line. Exit code 2.
    Input(String),
    /// The store. Exit code 3.
    Store(String),
    /// Discord refuses the bot. Exit code 4.
    Discord(String),
    /// The network. Exit code 5.
    Network(String),
}

impl CliError {
    pub fn code(&self) -> u8 {
        match self {
            Self::NotUp(_) => 1,
            Self::Input(_) => 2,
            Self::Store(_) => 3,
            Self::Discord(_) => 4,
            Self::Network(_) => 5,
        }
    }
}

impl CliError {
    /// Joins several failures, one per line, with the exit code of the first. Returns `Ok` if there are none.
    pub fn all(failures: Vec<Self>) -> Result<(), Self> {
        let lines: Vec<String> = failures.iter().map(ToString::to_string).collect();
        let text = lines.join("\n");
        match failures.into_iter().next() {
            None => Ok(()),
            Some(Self::NotUp(_)) => Err(Self::NotUp(text)),
            Some(Self::Input(_)) => Err(Self::Input(text)),
            Some(Self::Store(_)) => Err(Self::Store(text)),
            Some(Self::Discord(_)) => Err(Self::Discord(text)),
            Some(Self::Network(_)) => Err(Self::Network(text)),
        }
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::NotUp(text)
        | Self::Input(text)
        | Self::Store(text)
        | Self::Discord(text)
        | Self::Network(text)) = self;
        f.write_str(text)
    }
}

impl std::error::Error for CliError {}

impl From<ConfigError> for CliError {
    fn from(e: ConfigError) -> Self {
        let hint = "\n(healthy-upstream check --print-default shows every key)";
        Self::Input(format!("{e}{}", if e.names_unknown_keys() { hint } else { "" }))
    }
}

impl From<StoreError> for CliError {
    fn from(e: StoreError) -> Self {
        match e {
            StoreError::Address(why) => Self::Input(format!("store: {why}")),
            e => Self::Store(e.to_string()),
        }
    }
}

impl From<DiscordError> for CliError {
    fn from(e: DiscordError) -> Self {
        match e {
            DiscordError::Transient { why, .. } => Self::Network(format!(
                "Discord cannot be reached: {why}. Check this machine's network and DNS, then \
                 https://discordstatus.com."
            )),
            DiscordError::Permanent(PermanentReason::Unauthorized) => Self::Discord(
                "Discord refuses the token. Copy it again: developer portal → your application → Bot → Reset Token."
                    .to_owned(),
            ),
            DiscordError::Permanent(why) => Self::Discord(format!("Discord refuses: {why}")),
        }
    }
}
