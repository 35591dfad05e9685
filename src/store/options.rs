//! What can be configured about a store.

use std::path::{Path, PathBuf};
use std::sync::Arc;

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
