//! Exports, imports and backups of a whole store, as dump files.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

pub use super::dump_file::{Dump, backups, backups_beside, verify};
use super::dump_file::{Reading, Writing, backup_files, cannot};
use super::{Deletions, DumpEntry, Store, StoreError, StoreOptions, open, set_aside};
use crate::files;

/// Records that are loaded in one write.
const AT_ONCE: usize = 500;

/// Backups that are retained; a new one removes older ones (storage.md 1.4: hourly, 24).
const BACKUPS: usize = 24;

/// The result of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    pub dump: Dump,
    pub loaded: u64,
    /// Records that were left out because no store loads them from a file: gateway sessions, salts and reports, which
    /// older versions exported.
    pub local: u64,
    /// Records that were left out because their guild or user had them deleted after the file was made.
    pub deleted: u64,
}

/// The result of a restore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// What the new store contains.
    pub imported: Imported,
    /// Where the former store is; `None` if there was none.
    pub former: Option<PathBuf>,
}

/// Receives how many records are done, and the total if it is known.
pub type DumpProgress = Box<dyn FnMut(u64, Option<u64>) + Send>;

/// Exports everything that is stored to a file, which appears when it is complete.
pub async fn export(
    store: &dyn Store,
    file: &Path,
    now: Timestamp,
    mut progress: DumpProgress,
) -> Result<Dump, StoreError> {
    let writing = Arc::new(Mutex::new(Writing::begin(file, now)?));
    let lines = Arc::clone(&writing);
    let take = move |entry: &DumpEntry| {
        if entry.is_local() {
            return Ok(());
        }
        let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.line(entry)?;
        progress(lines.records, None);
        Ok(())
    };
    let dumped = store.dump(Box::new(take)).await;
    let file = file.to_owned();
    let finish = move || {
        let mut writing = writing.lock().unwrap_or_else(PoisonError::into_inner);
        match dumped {
            Ok(_) => {
                let records = writing.records;
                writing.end(&file).map(|()| Dump { path: file, at: now, records })
            }
            Err(error) => {
                writing.abandon();
                Err(error)
            }
        }
    };
    blocking(finish).await
}

/// Imports a dump. A store that is not empty requires `merge`: records with the same key are then replaced.
pub async fn import(
    store: &dyn Store,
    file: &Path,
    merge: bool,
    mut progress: DumpProgress,
) -> Result<Imported, StoreError> {
    let path = file.to_owned();
    let dump = blocking(move || verify(&path)).await?;
    let held: u64 = store.counts(None).await?.iter().map(|(_, count)| count).sum();
    if held > 0 && !merge {
        return Err(StoreError::Address(format!(
            "the store holds {held} records already: import into an empty one, or say with --merge that the records of {} are to \
             replace those with the same keys",
            file.display()
        )));
    }
    let deletions = store.deletions().await?;
    let mut reading = Reading::begin(file)?;
    let (mut loaded, mut deleted) = (0, 0);
    loop {
        let (back, entries) = blocking(move || {
            let entries = reading.entries(AT_ONCE)?;
            Ok((reading, entries))
        })
        .await?;
        reading = back;
        if entries.is_empty() {
            return Ok(Imported { dump, loaded, local: reading.local, deleted });
        }
        let read = entries.len();
        let mut entries: Vec<DumpEntry> =
            entries.into_iter().filter_map(|entry| entry.without(&deletions, dump.at)).collect();
        deleted += (read - entries.len()) as u64;
        // The store's own mark is the newer one.
        entries.retain(|entry| entry.mark().is_none_or(|mark| !deletions.knows(mark)));
        loaded += entries.len() as u64;
        store.load(entries).await?;
        progress(loaded + deleted + reading.local, Some(dump.records));
    }
}

/// Removes deleted records from the older backups in a folder. Each backup is rewritten beside itself and then
/// replaced: an interrupted one stays as it was and is rewritten the next time.
fn forget(folder: &Path, deletions: &Deletions) -> Result<(), StoreError> {
    remove_unfinished(folder)?;
    for file in backup_files(folder) {
        match rewritten(&file, deletions) {
            Ok(0) => {}
            Ok(gone) => {
                tracing::info!(gone, file = %file.display(), "removed deleted records from a backup");
            }
            Err(StoreError::Damaged(why)) => {
                // Nothing can be restored from it, and it may contain anything.
                tracing::warn!(why, "removing a damaged backup that may contain deleted records");
                fs::remove_file(&file).map_err(|error| cannot(&file, "be removed", &error))?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Rewrites one backup without deleted records. Returns how many it removed.
fn rewritten(file: &Path, deletions: &Deletions) -> Result<u64, StoreError> {
    let mut reading = Reading::begin(file)?;
    if deletions.is_before(reading.at) {
        return Ok(0);
    }
    let mut writing = Writing::begin(file, reading.at)?;
    let mut rewrite = || -> Result<u64, StoreError> {
        let mut gone = 0;
        loop {
            let entries = reading.entries(AT_ONCE)?;
            if entries.is_empty() {
                return Ok(gone + reading.local);
            }
            for entry in entries {
                let before = entry.clone();
                let after = entry.without(deletions, reading.at);
                gone += u64::from(after.as_ref() != Some(&before));
                after.map_or(Ok(()), |entry| writing.line(&entry))?;
            }
        }
    };
    let gone = rewrite().inspect_err(|_| writing.abandon())?;
    if gone == 0 {
        writing.abandon();
        return Ok(0);
    }
    writing.end(file)?;
    Ok(gone)
}

/// Removes files of interrupted backups.
fn remove_unfinished(folder: &Path) -> Result<(), StoreError> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with("backup-") && name.ends_with(".jsonl.tmp") {
            fs::remove_file(&path).map_err(|error| cannot(&path, "be removed", &error))?;
        }
    }
    Ok(())
}

/// Backs up a live store to a folder, and removes the oldest backups beyond 24.
pub async fn backup(store: &dyn Store, folder: &Path, now: Timestamp) -> Result<Dump, StoreError> {
    files::create_private_dir(folder).map_err(|error| cannot(folder, "be created", &error))?;
    let file = folder.join(format!("backup-{}.jsonl", now.strftime("%Y%m%dT%H%M%SZ")));
    let dump = export(store, &file, now, Box::new(|_, _| {})).await?;
    for old in backup_files(folder).into_iter().skip(BACKUPS) {
        fs::remove_file(&old).map_err(|error| cannot(&old, "be removed", &error))?;
    }
    Ok(dump)
}

/// Removes everything that was deleted from a store's files and its backups, and stores that this was done. An
/// interrupted purge is repeated.
pub async fn purge(store: &dyn Store, folder: &Path) -> Result<(), StoreError> {
    let remaining = store.deletions().await?.remaining();
    store.rewrite().await?;
    let (folder, deletions) = (folder.to_owned(), remaining.clone());
    blocking(move || forget(&folder, &deletions)).await?;
    store.settle_deletions(&remaining).await
}

/// Sets an existing store aside and creates a new one from a dump.
pub async fn restore(
    address: &str,
    file: &Path,
    options: &StoreOptions,
    now: Timestamp,
    progress: DumpProgress,
) -> Result<Restored, StoreError> {
    let path = file.to_owned();
    blocking(move || verify(&path)).await?;
    let deletions = deletions_of(address, options).await;
    let former = match address.strip_prefix("sled:").map(PathBuf::from) {
        Some(folder) if folder.exists() => Some(blocking(move || set_aside(&folder, now)).await?),
        _ => None,
    };
    let store = open(address, options).await?;
    // Only a store that was set aside has any: the new one contains nothing else.
    let merge = !deletions.is_empty();
    if merge {
        store.note_deletions(&deletions).await?;
    }
    let imported = import(&*store, file, merge, progress).await?;
    Ok(Restored { imported, former })
}

/// Returns the deletions of a store that is about to be set aside; none if it is missing or unreadable.
async fn deletions_of(address: &str, options: &StoreOptions) -> Deletions {
    if !address.strip_prefix("sled:").is_some_and(|folder| Path::new(folder).exists()) {
        return Deletions::default();
    }
    let read = async { open(address, options).await?.deletions().await };
    read.await.unwrap_or_else(|error| {
        tracing::warn!(%error, "deletions of the last hour are unknown: the former store cannot be read");
        Deletions::default()
    })
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(StoreError::Away(format!("the task did not finish: {error}"))))
}
