//! Starting sled itself: what must be done before, and how its failures are caught.
//!
//! Never: no record.

use std::fs;
use std::io;
use std::panic;
use std::path::Path;
use std::sync::Once;
use std::thread;

use super::super::StoreError;

/// The tree of the last write's number, and its key there.
pub(super) const STEPS: &str = "Steps";
pub(super) const LAST: &[u8] = b"last";

/// The thread on which sled starts; its panics are told as errors.
const STARTER: &str = "opening the store";

/// sled takes every file `snap.*` for a snapshot, also one that it was writing when it was killed, and then never opens
/// again. A snapshot is only an index: the log has everything.
pub(super) fn remove_half_written_snapshots(engine: &Path) -> Result<(), StoreError> {
    let half = |name: &str| name.starts_with("snap.") && name.ends_with(".generating");
    remove_named(engine, half).map_err(|error| {
        StoreError::Away(format!("cannot clean up {} after a crash: {error}", engine.display()))
    })
}

/// Removes all snapshots: the cure for one that is damaged. The next opening reads the whole log.
pub(super) fn remove_snapshots(engine: &Path) -> io::Result<()> {
    remove_named(engine, |name| name.starts_with("snap."))
}

fn remove_named(folder: &Path, which: impl Fn(&str) -> bool) -> io::Result<()> {
    let files = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        files => files?,
    };
    for file in files {
        let file = file?;
        if file.file_name().to_str().is_some_and(&which) {
            fs::remove_file(file.path())?;
        }
    }
    Ok(())
}

/// Starts sled in its folder. Of some damage it makes an error, of some a panic; both are told in its words.
pub(super) fn open(engine: &Path, cache: u64) -> Result<sled::Db, sled::Error> {
    keep_its_panics_quiet();
    let config = sled::Config::new()
        .path(engine)
        .mode(sled::Mode::HighThroughput)
        .cache_capacity(cache)
        .flush_every_ms(Some(500));
    let started = thread::Builder::new().name(STARTER.to_owned()).spawn(move || config.open());
    started?.join().unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(sled::Error::ReportableBug(
            said.unwrap_or("the database could not make sense of its file").to_owned(),
        ))
    })
}

/// What sled prints when it panics over a damaged file would stand before our one clear message.
fn keep_its_panics_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let former = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if thread::current().name() != Some(STARTER) {
                former(info);
            }
        }));
    });
}

/// The number of the last write; 0 for a new database.
pub(super) fn last_step(db: &sled::Db) -> Result<u64, String> {
    if !db.tree_names().iter().any(|name| name == STEPS.as_bytes()) {
        return Ok(0);
    }
    let steps = db.open_tree(STEPS).map_err(|error| error.to_string())?;
    let last = steps.get(LAST).map_err(|error| error.to_string())?;
    let last = last.map(|last| last.as_ref().try_into().map(u64::from_be_bytes));
    last.transpose()
        .map_err(|_| "the number of the last write is not one".to_owned())
        .map(Option::unwrap_or_default)
}
