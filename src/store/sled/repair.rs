//! Repairs a store or sets it aside, only when an operator asks for it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::super::{StoreError, StoreOptions};
use super::data_dir::{beside, copy_folder, lock, sync_folder};
use super::engine;

/// The result of a repair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repaired {
    /// Where the former store is.
    pub former: PathBuf,
    /// Acknowledged changes that the repaired store lacks; 0 if nothing was lost.
    pub missing: u64,
}

/// Repairs a store that cannot be read: on a copy, whose start-up index is rebuilt. The former folder stays beside it.
/// If that does not help, it fails and changes nothing.
pub fn repair(path: &Path, options: &StoreOptions, now: Timestamp) -> Result<Repaired, StoreError> {
    let cannot =
        |error: &io::Error| StoreError::Away(format!("{} cannot be repaired: {error}", path.display()));
    let held = lock(path)?;
    let copy = beside(path, &format!("mending-{}", std::process::id()));
    let attempt = || -> Result<u64, StoreError> {
        copy_folder(path, &copy).map_err(|error| cannot(&error))?;
        engine::remove_snapshots(&copy.join("sled")).map_err(|error| cannot(&error))?;
        let acked = fs::read(copy.join("ACKED")).ok();
        // The file ACKED belongs to the copy from now on: what is missing is reported once.
        if acked.is_some() {
            fs::remove_file(copy.join("ACKED")).map_err(|error| cannot(&error))?;
        }
        let found = { super::SledEngine::open(&copy, options)?.last_write() };
        let before = acked.and_then(|acked| acked.get(..8)?.try_into().ok()).map_or(0, u64::from_be_bytes);
        Ok(before.saturating_sub(found))
    };
    let missing = attempt().inspect_err(|_| {
        let _ = fs::remove_dir_all(&copy); // the attempt failed; the store itself is untouched
    })?;
    let former = move_aside(path, now).map_err(|error| cannot(&error))?;
    fs::rename(&copy, path).and_then(|()| sync_parent(path)).map_err(|error| cannot(&error))?;
    drop(held);
    Ok(Repaired { former, missing })
}

/// Moves a store's folder aside, so that the next start creates a new one or a backup can be restored. Returns its new
/// path. Fails while the store is in use.
pub fn set_aside(path: &Path, now: Timestamp) -> Result<PathBuf, StoreError> {
    let _held = lock(path)?;
    move_aside(path, now)
        .map_err(|error| StoreError::Away(format!("{} cannot be set aside: {error}", path.display())))
}

fn move_aside(path: &Path, now: Timestamp) -> io::Result<PathBuf> {
    let aside = beside(path, &format!("aside-{}", now.strftime("%Y%m%dT%H%M%SZ")));
    if aside.exists() {
        return Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            format!("{} already exists", aside.display()),
        ));
    }
    fs::rename(path, &aside)?;
    sync_parent(path)?;
    Ok(aside)
}

fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync_folder(parent),
        _ => sync_folder(Path::new(".")),
    }
}
