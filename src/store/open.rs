//! Opens a store by its address, and defines why opening, reading or writing can fail.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{MemoryStore, Store, postgres, sled};

/// What an operator can configure about a store, and what a test replaces.
#[derive(Clone)]
pub struct StoreOptions {
    /// Subscriptions that one guild may have. More are refused with [`EditResult::Full`](super::EditResult::Full).
    pub subscriptions_per_guild: usize,
    /// Bytes of memory that the store may use as a cache.
    pub cache: u64,
    /// The backup folder, which is named in the error if the store cannot be read. `None` means beside the store.
    pub backups: Option<PathBuf>,
    /// The password of a database whose address contains none. It is never shown.
    pub password: Option<String>,
    /// Measures the free bytes of a disk. `None` asks the system (and treats memory as unlimited).
    pub free_space: Option<FreeSpace>,
}

/// Returns how many bytes are free on the disk that holds a path.
pub type FreeSpace = Arc<dyn Fn(&Path) -> std::io::Result<u64> + Send + Sync>;

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            subscriptions_per_guild: 100, // recording.md, [limits]
            cache: 64 << 20,              // measured: 16 MiB is too small for a million subscriptions
            backups: None,
            password: None,
            free_space: None,
        }
    }
}

impl std::fmt::Debug for StoreOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("subscriptions_per_server", &self.subscriptions_per_guild)
            .field("cache", &self.cache)
            .field("backups", &self.backups)
            .finish_non_exhaustive()
    }
}

enum Named {
    Memory,
    Sled(PathBuf),
    Postgres,
}

fn named(address: &str) -> Result<Named, StoreError> {
    let (scheme, rest) = address.split_once(':').unwrap_or((address, ""));
    match scheme {
        "memory" if rest.is_empty() => Ok(Named::Memory),
        "sled" if !rest.is_empty() => Ok(Named::Sled(PathBuf::from(rest))),
        "postgres" | "postgresql" => Ok(Named::Postgres),
        _ => {
            // The address is not shown: it may be a password, or the token.
            Err(StoreError::Address(
                "the store's address is not understood: write \"sled:FOLDER\" to keep everything in a folder, \
                 \"postgres://USER@HOST/DATABASE\" to share it between machines, or \"memory:\" for trying things"
                    .to_owned(),
            ))
        }
    }
}

/// Checks whether an address is valid. It opens nothing and connects to nothing.
pub fn check(address: &str, options: &StoreOptions) -> Result<(), StoreError> {
    match named(address)? {
        Named::Memory | Named::Sled(_) => Ok(()),
        Named::Postgres => postgres::check(address, options),
    }
}

/// Opens the store at an address: `memory:`, `sled:PATH` or `postgres://USER@HOST/DATABASE`. A store that cannot be
/// read is left exactly as it is.
pub async fn open(address: &str, options: &StoreOptions) -> Result<Arc<dyn Store>, StoreError> {
    match named(address)? {
        Named::Memory => Ok(Arc::new(MemoryStore::with(options).open()?)),
        Named::Sled(path) => {
            let options = options.clone();
            let opening = move || Ok(Arc::new(sled::open(&path, &options)?) as Arc<dyn Store>);
            let opened = tokio::task::spawn_blocking(opening).await;
            opened.unwrap_or_else(|error| {
                Err(StoreError::Damaged(format!("{address} cannot be opened: {error}")))
            })
        }
        Named::Postgres => Ok(Arc::new(postgres::open(address, options).await?)),
    }
}

/// Why something could not be stored or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another instance of the bot has this store open.
    #[error("{0}")]
    InUse(String),
    /// It cannot be read, or another program wrote it. Nothing in it was changed.
    #[error("{0}")]
    Damaged(String),
    /// It was written by a newer version of this program.
    #[error("{0}")]
    TooNew(String),
    /// The disk is full or nearly full.
    #[error("{0}")]
    Full(String),
    /// It cannot be reached now; retry.
    #[error("{0}")]
    Away(String),
    /// The address of the store is invalid.
    #[error("{0}")]
    Address(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_is_not_understood_is_not_shown() {
        for wrong in ["planted", "memory:planted", "mysql://bot:planted@db/x", "redis://db/planted", "sled:"]
        {
            let Err(StoreError::Address(log)) = check(wrong, &StoreOptions::default()) else {
                panic!("{wrong}")
            };
            assert!(log.contains("is not understood") && !log.contains("planted"), "{log}");
        }
    }
}
