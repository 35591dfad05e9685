//! Backups of the live store: one each hour, and one before a new version of the program touches what is kept.
//!
//! Never: no backup is read, restored or thrown away here but those beyond the newest 24, by `dump::backup`.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::SignedDuration;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::store::{Store, StoreError, dump};
use crate::vitals::Vitals;
use crate::watcher::stopped;

/// How often the store is backed up: with 24 kept, any hour of the last day can be gone back to.
const EVERY: SignedDuration = SignedDuration::from_hours(1);
/// The name under which the version that last ran is kept.
const VERSION: &str = "version";

/// What is backed up, and where to.
#[derive(Clone)]
pub struct Backups {
    /// The clock.
    pub clock: Clock,
    /// The store.
    pub store: Arc<dyn Store>,
    /// The folder of the backups.
    pub folder: PathBuf,
    /// Hears when the newest was made.
    pub vitals: Vitals,
}

impl Backups {
    /// Backs up if another version of the program ran last: what is kept is then as that version left it. Where it
    /// fails, the next start tries again.
    pub async fn before_upgrade(&self) -> Result<(), StoreError> {
        let ours = env!("CARGO_PKG_VERSION").as_bytes();
        let last = self.store.kept(VERSION).await?;
        if last.as_deref() == Some(ours) {
            return Ok(());
        }
        if last.is_some() {
            self.make().await?;
        }
        self.store.keep(VERSION, Some(ours)).await
    }

    /// Backs up each hour until it is told to stop.
    pub async fn keep_up(self, mut stop: watch::Receiver<bool>) {
        let folder = self.folder.clone();
        let newest = tokio::task::spawn_blocking(move || dump::backups(&folder).next()).await.ok().flatten();
        let mut next = self.clock.now();
        if let Some(newest) = newest {
            self.vitals.backed_up(newest.at);
            next = newest.at + EVERY;
        }
        loop {
            tokio::select! {
                biased;
                () = stopped(&mut stop) => return,
                () = self.clock.sleep_until(next) => {}
            }
            if let Err(error) = self.make().await {
                tracing::error!(%error, "the store could not be backed up");
            }
            next = self.clock.now() + EVERY;
        }
    }

    async fn make(&self) -> Result<(), StoreError> {
        let dump = dump::backup(&*self.store, &self.folder, self.clock.now()).await?;
        self.vitals.backed_up(dump.at);
        tracing::info!(records = dump.records, file = %dump.path.display(), "backed up");
        Ok(())
    }
}
