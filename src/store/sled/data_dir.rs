//! The folder of a store: whether it is ours, which process has it open, and the last acknowledged write.
//!
//! ```text
//! healthy-upstream.data/
//!   LOCK    locked by the process that has it open; contains its process id
//!   STORE   marks the folder as ours: the version of its layout, and its id
//!   ACKED   the last acknowledged write, and the database's length at that time
//!   sled/   the database
//! ```

use std::fs::{self, File, TryLockError};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::super::dump_file::{backups, backups_beside};
use super::super::{StoreError, StoreOptions};
use super::engine;
use crate::files;

/// The version of the folder's layout.
const LAYOUT: u32 = 1;

const LOCK: &str = "LOCK";
const STORE: &str = "STORE";
const ACKED: &str = "ACKED";
const ENGINE: &str = "sled";
/// The database while it is being rewritten, and the former one.
const REWRITTEN: &str = "sled.rewritten";
const BEFORE: &str = "sled.before";
/// A file that is being written, before it gets its name.
const TEMPORARY: &str = "STORE.tmp";
const OURS: [&str; 7] = [LOCK, STORE, TEMPORARY, ACKED, ENGINE, REWRITTEN, BEFORE];

/// sled's database grows by segments of 512 KiB; it may begin two at once.
const GROWS_BY: usize = 1 << 20;

/// A folder that is ours and locked.
pub(super) struct DataDir {
    path: PathBuf,
    marker: Option<Marker>,
    backups: PathBuf,
    cache: u64,
    acked: Mutex<File>,
    /// The database's file, to be synced; `Some` once it exists.
    log: Mutex<Option<File>>,
    /// Unlocked when it is dropped, which is last.
    _lock: File,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Marker {
    layout: u32,
    id: String,
}

/// The last acknowledged write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Acked {
    step: u64,
    length: u64,
}

impl DataDir {
    /// Checks a folder without changing anything in it, then locks it.
    pub(super) fn enter(path: &Path, options: &StoreOptions) -> Result<Self, StoreError> {
        let cannot = |what: &str, error: &io::Error| {
            StoreError::Away(format!("the store in {} cannot be opened: {what}: {error}", path.display()))
        };
        let new = !path.exists();
        if new {
            create_durably(path).map_err(|error| {
                cannot("the folder cannot be created (store = \"sled:FOLDER\" names another)", &error)
            })?;
        }
        let marker = read_marker(path)?;
        let lock = lock(path)?;
        if marker.is_some() {
            finish_rewriting(path).map_err(|error| cannot("an interrupted rewrite", &error))?;
        }
        if marker.is_some() && !path.join(ENGINE).join("db").is_file() {
            return Err(damaged(path, &backups_of(path, options), "its database is missing"));
        }
        // A folder that an earlier version created may be open to others.
        files::create_private_dir(path).map_err(|error| cannot("the folder", &error))?;
        let acked =
            files::open_private(&path.join(ACKED)).map_err(|error| cannot("the file ACKED", &error))?;
        Ok(Self {
            path: path.to_owned(),
            marker,
            backups: backups_of(path, options),
            cache: options.cache,
            acked: Mutex::new(acked),
            log: Mutex::new(None),
            _lock: lock,
        })
    }

    /// Returns sled's folder.
    pub(super) fn engine(&self) -> PathBuf {
        self.path.join(ENGINE)
    }

    fn log_path(&self) -> PathBuf {
        self.engine().join("db")
    }

    /// Checks whether the database is shorter than it was at the last acknowledged write. It may shrink when it frees
    /// space; a copy of it then has everything. sled itself would open a truncated file with what is left.
    pub(super) fn examine(&self) -> Result<(), StoreError> {
        let Some(acked) = self.acknowledged() else { return Ok(()) };
        let length = self.log_path().metadata().map_or(0, |log| log.len());
        if length >= acked.length {
            return Ok(());
        }
        let found = on_a_copy(&self.path, &self.engine(), |copy| {
            let db = engine::open(copy, self.cache).map_err(|error| error.to_string())?;
            engine::last_step(&db)
        });
        let found = found.map_err(|why| self.damaged(&why))?;
        self.compare(found)
    }

    /// Fails unless the database has everything that was acknowledged.
    pub(super) fn compare(&self, found: u64) -> Result<(), StoreError> {
        match self.acknowledged() {
            Some(acked) if found < acked.step => Err(self.damaged(&format!(
                "its last {} changes are missing (a file was truncated, or replaced by an older copy)",
                acked.step - found
            ))),
            _ => Ok(()),
        }
    }

    fn acknowledged(&self) -> Option<Acked> {
        let mut bytes = [0; 24];
        let mut file = self.acked.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(0)).and_then(|_| file.read_exact(&mut bytes)).ok()?;
        Acked::decode(&bytes)
    }

    /// Makes the database's file durable, then stores what is thereby acknowledged.
    pub(super) fn sync(&self, step: u64) -> io::Result<()> {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let log = match log.take() {
            Some(known) => log.insert(known),
            None => log.insert(File::open(self.log_path())?),
        };
        log.sync_data()?;
        // Not synced: a file that is older than the database refuses nothing, and it is never newer.
        let acked = Acked { step, length: log.metadata()?.len() };
        let mut file = self.acked.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&acked.encode())
    }

    /// Creates an empty folder for the rewritten database.
    pub(super) fn begin_rewriting(&self) -> io::Result<PathBuf> {
        let place = self.path.join(REWRITTEN);
        remove_folder(&place)?;
        fs::create_dir(&place)?;
        Ok(place)
    }

    /// Aborts a rewrite while the database is still in its folder.
    pub(super) fn give_up_rewriting(&self) -> io::Result<()> {
        if self.log_path().is_file() { remove_folder(&self.path.join(REWRITTEN)) } else { Ok(()) }
    }

    /// Replaces the database with the rewritten one, which is durable, and removes the former. Both are closed.
    pub(super) fn end_rewriting(&self) -> io::Result<()> {
        *self.log.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let (rewritten, before) = (self.path.join(REWRITTEN), self.path.join(BEFORE));
        sync_folder(&rewritten)?;
        fs::rename(self.engine(), &before)?;
        if let Err(error) = fs::rename(&rewritten, self.engine()) {
            fs::rename(&before, self.engine())?;
            return Err(error);
        }
        finish_rewriting(&self.path)
    }

    /// Marks the folder as ours, once its database exists and is durable.
    pub(super) fn mark(&self) -> Result<(), StoreError> {
        if self.marker.is_some() {
            return Ok(());
        }
        let id = RandomState::new().build_hasher().finish();
        let marker = Marker { layout: LAYOUT, id: format!("{id:016x}") };
        let write = || -> io::Result<()> {
            sync_folder(&self.engine())?;
            let temporary = self.path.join(TEMPORARY);
            let mut file = files::create_private(&temporary)?;
            serde_json::to_writer(&mut file, &marker)?;
            file.sync_all()?;
            fs::rename(&temporary, self.path.join(STORE))?;
            sync_folder(&self.path)
        };
        write().map_err(|error| {
            StoreError::Away(format!(
                "the store in {} cannot be marked as ours: {error}",
                self.path.display()
            ))
        })
    }

    /// Returns the error for a store that cannot be read, with advice for the operator.
    pub(super) fn damaged(&self, why: &str) -> StoreError {
        damaged(&self.path, &self.backups, why)
    }

    /// Converts an error of the engine.
    pub(super) fn refused(&self, error: &sled::Error) -> StoreError {
        match error {
            sled::Error::Io(error) => self.refused_by_disk(error),
            sled::Error::ReportableBug(said) => self.damaged(said),
            error => self.damaged(&error.to_string()),
        }
    }

    /// Converts an error of the disk.
    pub(super) fn refused_by_disk(&self, error: &io::Error) -> StoreError {
        let path = self.path.display();
        match error.kind() {
            io::ErrorKind::StorageFull => {
                StoreError::Full(format!("the disk of the store in {path} is full: free some space"))
            }
            io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => StoreError::Full(format!(
                "the store in {path} may not use more of its disk (a quota or a file size limit): raise it"
            )),
            io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData => self.damaged(&error.to_string()),
            _ => StoreError::Away(format!("the store in {path} is unavailable: {error}")),
        }
    }

    /// Checks whether the disk accepts writes again. It writes a sparse file that is as long as the database would be
    /// when it next grows.
    pub(super) fn takes_more(&self) -> io::Result<()> {
        let trial = self.path.join(TEMPORARY);
        let write = || -> io::Result<()> {
            let mut file = files::create_private(&trial)?;
            file.seek(SeekFrom::Start(self.log_path().metadata()?.len()))?;
            file.write_all(&vec![1; GROWS_BY])?;
            file.sync_data()
        };
        let written = write();
        fs::remove_file(&trial).and(written)
    }
}

impl Acked {
    fn encode(self) -> [u8; 24] {
        let mut bytes = [0; 24];
        bytes[..8].copy_from_slice(&self.step.to_be_bytes());
        bytes[8..16].copy_from_slice(&self.length.to_be_bytes());
        let check = blake3::hash(&bytes[..16]);
        bytes[16..].copy_from_slice(&check.as_bytes()[..8]);
        bytes
    }

    /// Returns `None` for a file that was half written when the machine stopped; it then proves nothing.
    fn decode(bytes: &[u8; 24]) -> Option<Self> {
        let step = u64::from_be_bytes(bytes[..8].try_into().ok()?);
        let length = u64::from_be_bytes(bytes[8..16].try_into().ok()?);
        let acked = Self { step, length };
        (acked.encode() == *bytes).then_some(acked)
    }
}

/// Finishes a rewrite, wherever it was interrupted: the former database is removed only when the rewritten one is
/// complete and durable.
fn finish_rewriting(path: &Path) -> io::Result<()> {
    let (engine, rewritten, before) = (path.join(ENGINE), path.join(REWRITTEN), path.join(BEFORE));
    if !rewritten.exists() && !before.exists() {
        return Ok(());
    }
    match (engine.exists(), rewritten.exists()) {
        (false, true) => fs::rename(&rewritten, &engine)?,
        (false, false) => fs::rename(&before, &engine)?,
        (true, _) => remove_folder(&rewritten)?,
    }
    sync_folder(path)?;
    remove_folder(&before)?;
    sync_folder(path)
}

/// Removes a folder if it exists.
fn remove_folder(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Reads the marker of the folder. Returns `None` if the folder is empty, or if its creation was never finished.
fn read_marker(path: &Path) -> Result<Option<Marker>, StoreError> {
    let not_ours = |why: &str| {
        StoreError::Damaged(format!(
            "{} is not a store of this program ({why}); nothing in it was changed. Name an empty or a new folder",
            path.display()
        ))
    };
    let names = fs::read_dir(path).map_err(|error| not_ours(&error.to_string()))?;
    for name in names {
        let name = name.map_err(|error| not_ours(&error.to_string()))?.file_name();
        if !name.to_str().is_some_and(|name| OURS.contains(&name)) {
            return Err(not_ours(&format!("it holds \"{}\"", name.display())));
        }
    }
    let text = match fs::read(path.join(STORE)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        text => text.map_err(|error| not_ours(&error.to_string()))?,
    };
    let marker: Marker =
        serde_json::from_slice(&text).map_err(|_| not_ours("its file STORE cannot be read"))?;
    if marker.layout > LAYOUT {
        return Err(StoreError::TooNew(format!(
            "the store in {} was written by a newer version of this program (layout {}, this program knows {LAYOUT}): \
             start that version again, or import one of its exports into a new folder",
            path.display(),
            marker.layout
        )));
    }
    Ok(Some(marker))
}

/// Locks a folder for this process, until the returned file is dropped.
pub(super) fn lock(path: &Path) -> Result<File, StoreError> {
    let cannot = |error: &io::Error| {
        StoreError::Away(format!("the store in {} cannot be locked: {error}", path.display()))
    };
    let mut lock = files::open_private(&path.join(LOCK)).map_err(|error| cannot(&error))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let holder = match lock.read_to_string(&mut holder) {
                Ok(1..) => format!("process {}", holder.trim()),
                _ => "another process".to_owned(),
            };
            return Err(StoreError::InUse(format!(
                "the store in {} is in use by {holder}: only one instance of the bot can run on it. Stop that one, or give \
                 this one a store of its own",
                path.display()
            )));
        }
        Err(TryLockError::Error(error)) => return Err(cannot(&error)),
    }
    let note = lock.set_len(0).and_then(|()| write!(lock, "{}", std::process::id()));
    note.map_err(|error| cannot(&error)).map(|()| lock)
}

/// Returns the folder of a store's backups.
pub(super) fn backups_of(path: &Path, options: &StoreOptions) -> PathBuf {
    options.backups.clone().unwrap_or_else(|| backups_beside(path))
}

fn damaged(path: &Path, folder: &Path, why: &str) -> StoreError {
    let backup = match backups(folder).next() {
        Some(backup) => format!("The newest good backup is {}", backup.path.display()),
        None => format!("There is no good backup in {}", folder.display()),
    };
    StoreError::Damaged(format!(
        "the store in {} cannot be read: {why}. Nothing in it was changed. {backup}. `healthy-upstream store repair` \
         tries to repair a copy; `healthy-upstream store restore FILE` sets this one aside and starts from a backup",
        path.display()
    ))
}

/// Runs an attempt on a copy of the database and removes the copy afterwards.
pub(super) fn on_a_copy<T>(
    path: &Path,
    engine: &Path,
    attempt: impl FnOnce(&Path) -> Result<T, String>,
) -> Result<T, String> {
    let copy = beside(path, &format!("copy-{}", std::process::id()));
    let copied =
        copy_folder(engine, &copy).map_err(|error| format!("a copy to check cannot be made: {error}"));
    let done = copied.and_then(|()| attempt(&copy));
    // A copy that stays is a nuisance, not a danger; the result matters more.
    let _ = fs::remove_dir_all(&copy);
    done
}

/// Returns a name beside a store's folder: `healthy-upstream.data.NAME`.
pub(super) fn beside(path: &Path, name: &str) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".");
    beside.push(name);
    PathBuf::from(beside)
}

/// Copies a folder recursively.
pub(super) fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    files::create_private_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), &to)?;
        }
    }
    Ok(())
}

fn create_durably(path: &Path) -> io::Result<()> {
    files::create_private_dir(path)?;
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync_folder(parent),
        _ => sync_folder(Path::new(".")),
    }
}

/// Makes the names in a folder durable.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}
