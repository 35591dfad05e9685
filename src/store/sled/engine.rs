//! Starts sled: what must be done before, and how its failures are caught.

use std::fs;
use std::io;
use std::panic;
use std::path::Path;
use std::sync::Once;
use std::thread;
use std::time::Duration;

use super::super::StoreError;

/// The tree that stores the last write's number, and its key there.
pub(super) const STEPS: &str = "Steps";
pub(super) const LAST: &[u8] = b"last";

/// The thread on which sled starts; its panics become errors.
const STARTER: &str = "opening the store";

/// How often opening is retried, and the pause before each retry. A database that was closed in this process releases
/// its file only when its last background job has ended.
const TRIED_AGAIN: u32 = 1_000;
const PAUSE: Duration = Duration::from_millis(10);

/// Removes half-written snapshots. sled takes every file `snap.*` for a snapshot, also one that it was writing when it
/// was killed, and then never opens again. A snapshot is only an index: the log has everything.
pub(super) fn remove_half_written_snapshots(engine: &Path) -> Result<(), StoreError> {
    let half = |name: &str| name.starts_with("snap.") && name.ends_with(".generating");
    remove_named(engine, half).map_err(|error| {
        StoreError::Away(format!("cannot clean up {} after a crash: {error}", engine.display()))
    })
}

/// Removes all snapshots, which fixes a damaged one. The next opening reads the whole log.
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

/// Opens sled in its folder, which this process has locked already. So if sled's file is in use, a database that was
/// closed here a moment ago is still closing.
pub(super) fn open(engine: &Path, cache: u64) -> Result<sled::Db, sled::Error> {
    keep_its_panics_quiet();
    once_it_is_closed(|| start(engine, cache))
}

/// Retries for a while if the file is in use.
fn once_it_is_closed<T>(mut attempt: impl FnMut() -> Result<T, sled::Error>) -> Result<T, sled::Error> {
    for _ in 0..TRIED_AGAIN {
        match attempt() {
            Err(error) if is_in_use(&error) => thread::sleep(PAUSE),
            done => return done,
        }
    }
    attempt()
}

/// Waits until a closed database has released its file, so that its folder can be renamed: its last jobs write by name.
pub(super) fn wait_until_closed(engine: &Path) -> io::Result<()> {
    let file = fs::File::open(engine.join("db"))?;
    for _ in 0..TRIED_AGAIN {
        match file.try_lock() {
            Ok(()) => return file.unlock(),
            Err(fs::TryLockError::WouldBlock) => thread::sleep(PAUSE),
            Err(fs::TryLockError::Error(error)) => return Err(error),
        }
    }
    Err(io::Error::new(io::ErrorKind::TimedOut, "the database does not release its file"))
}

/// sled has no error kind for this.
fn is_in_use(error: &sled::Error) -> bool {
    matches!(error, sled::Error::Io(error) if error.to_string().starts_with("could not acquire lock"))
}

/// Starts sled. For some damage sled returns an error, for some it panics; both become errors with sled's text.
fn start(engine: &Path, cache: u64) -> Result<sled::Db, sled::Error> {
    let config = sled::Config::new()
        .path(engine)
        .mode(sled::Mode::HighThroughput)
        .cache_capacity(cache)
        .flush_every_ms(Some(500));
    let started = thread::Builder::new().name(STARTER.to_owned()).spawn(move || config.open());
    started?.join().unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(sled::Error::ReportableBug(said.unwrap_or("the database could not read its file").to_owned()))
    })
}

/// Silences sled's panics over a damaged file, which would be printed before our one clear message.
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

/// Returns the number of the last write; 0 for a new database.
pub(super) fn last_step(db: &sled::Db) -> Result<u64, String> {
    if !db.tree_names().iter().any(|name| name == STEPS.as_bytes()) {
        return Ok(0);
    }
    let steps = db.open_tree(STEPS).map_err(|error| error.to_string())?;
    let last = steps.get(LAST).map_err(|error| error.to_string())?;
    let last = last.map(|last| last.as_ref().try_into().map(u64::from_be_bytes));
    last.transpose()
        .map_err(|_| "the number of the last write is unreadable".to_owned())
        .map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Background jobs of a closed database may hold its file a moment longer. Reopening was then sometimes refused
    /// after a repair, a restore or a reopening.
    #[test]
    fn a_database_that_still_closes_is_waited_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut held = Some(start(folder.path(), 1 << 20).expect("opened"));
        let mut tried = 0;
        let opened = once_it_is_closed(|| {
            tried += 1;
            let started = start(folder.path(), 1 << 20);
            held = None; // it releases the file after the first attempt was refused
            started
        });
        assert!(opened.is_ok());
        assert!(tried > 1, "the first was refused");
    }
}
