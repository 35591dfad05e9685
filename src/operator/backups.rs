//! Backups of the live store: one each hour, and one before a new version of the program uses the store. Also purges
//! what people had deleted from the store's files and from these backups.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use crate::clock::Clock;
use crate::clock::stopped;
use crate::metrics::Metrics;
use crate::store::{Store, StoreError, dump};

/// How often the store is backed up: the last 24 backups cover each hour of the last day.
const EVERY: SignedDuration = SignedDuration::from_hours(1);
/// How often deletions are checked for: `/alerts delete-data` promises that the data is gone within an hour.
const CHECK_EVERY: SignedDuration = SignedDuration::from_mins(10);
/// The store's files are rewritten at least this often: they contain expired records, and the salts of outages that are
/// over.
const PURGE_EVERY: SignedDuration = SignedDuration::from_hours(24);
/// The name of the stored time of the last purge.
const PURGED: &str = "purged";
/// The name of the stored version that last ran.
const VERSION: &str = "version";

#[derive(Clone)]
pub struct Backups {
    pub clock: Clock,
    pub store: Arc<dyn Store>,
    /// The folder of the backups.
    pub folder: PathBuf,
    /// Records when the newest backup was made.
    pub metrics: Metrics,
}

impl Backups {
    /// Backs up if another version of the program ran last, so that the backup has the store as that version left it.
    /// After an error the next start tries again.
    pub async fn before_upgrade(&self) -> Result<(), StoreError> {
        let ours = env!("CARGO_PKG_VERSION").as_bytes();
        let last = self.store.get_meta(VERSION).await?;
        if last.as_deref() == Some(ours) {
            return Ok(());
        }
        if last.is_some() {
            self.make().await?;
        }
        self.store.put_meta(VERSION, Some(ours)).await
    }

    /// Backs up each hour until `stop` turns true.
    pub async fn keep_up(self, mut stop: watch::Receiver<bool>) {
        let folder = self.folder.clone();
        let newest = tokio::task::spawn_blocking(move || dump::backups(&folder).next()).await.ok().flatten();
        let mut next = self.clock.now();
        if let Some(newest) = newest {
            self.metrics.backed_up(newest.at);
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

    /// Purges deleted records from the store's files and the backups until `stop` turns true.
    pub async fn purge(self, mut stop: watch::Receiver<bool>) {
        loop {
            if let Err(error) = self.purge_if_due().await {
                tracing::error!(%error, "deleted records could not be purged from files and backups; it is retried");
            }
            tokio::select! {
                biased;
                () = stopped(&mut stop) => return,
                () = self.clock.sleep(CHECK_EVERY) => {}
            }
        }
    }

    /// Purges if something was deleted, or a day after the last purge.
    pub async fn purge_if_due(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let last = self.store.get_meta(PURGED).await?;
        let last: Option<Timestamp> = last.and_then(|last| std::str::from_utf8(&last).ok()?.parse().ok());
        let is_old = last.is_none_or(|last| now.duration_since(last) >= PURGE_EVERY);
        if !is_old && self.store.deletions().await?.remaining().is_empty() {
            return Ok(());
        }
        dump::purge(&*self.store, &self.folder).await?;
        tracing::info!("purged deleted records from files and backups");
        self.store.put_meta(PURGED, Some(now.to_string().as_bytes())).await
    }

    async fn make(&self) -> Result<(), StoreError> {
        let dump = dump::backup(&*self.store, &self.folder, self.clock.now()).await?;
        self.metrics.backed_up(dump.at);
        tracing::info!(records = dump.records, file = %dump.path.display(), "backed up");
        Ok(())
    }
}
