//! The default store: one folder, one process, everything durable on return.
//!
//! sled 0.34.7 needs the following care (measured):
//!
//! - Its `flush` is no fsync, so the file is synced after it.
//! - A half-written snapshot prevents opening, so it is removed before opening.
//! - It silently opens a truncated file with what is left. So the last acknowledged write is stored beside it and
//!   compared.
//! - Large values would go to files that our sync does not reach, so they are stored in parts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use sled::Transactional as _;
use sled::transaction::{ConflictableTransactionError, TransactionError, TransactionalTree};

use super::key::RecordKey;
use super::kv::engine::{KvEngine, Pair, WriteRow};
use super::kv::{KvStore, SharedHandles};
use super::table::Table;
use super::{Store, StoreError, StoreOptions, record};

mod data_dir;
mod engine;
mod repair;
mod rewriting;

pub use repair::{Repaired, repair, set_aside};

use data_dir::DataDir;

/// The longest value in one piece. sled puts a page of more than 128 KiB into a file of its own, which our sync does
/// not reach; a page contains a few values.
const PIECE: usize = 8 << 10;

/// First byte of a value: `WHOLE` if the value follows, `IN_PARTS` if the number of its parts does.
const WHOLE: u8 = 0;
const IN_PARTS: u8 = 1;

/// Opens or creates the store in a folder. It blocks on the disk.
pub(super) fn open(path: &Path, options: &StoreOptions) -> Result<impl Store + use<>, StoreError> {
    KvStore::open(SledEngine::open(path, options)?, options, SharedHandles::default())
}

struct SledEngine {
    /// `None` after a reopening failed.
    opened: RwLock<Option<Opened>>,
    /// The last durable write; locked while later ones are made durable. Lock order: `opened`, `durable`, `writes`.
    durable: Mutex<u64>,
    writes: Mutex<Writes>,
    // Dropped last: the database must close before the folder's lock is released.
    folder: DataDir,
    options: StoreOptions,
    path: PathBuf,
}

/// Numbers of writes. They only grow, also when the database is reopened.
#[derive(Debug, Default)]
struct Writes {
    last: u64,
    /// Writes after the first number, up to the second, may be lost: they were not durable when the database was
    /// reopened.
    doubtful: (u64, u64),
    /// Why writing is impossible; only reopening helps.
    broken: Option<StoreError>,
    /// What changed since a rewrite of the database began; `None` if there is no rewrite.
    changed: Option<BTreeSet<(Table, RecordKey)>>,
}

/// An open database: one sled tree for each kind of record.
struct Opened {
    db: sled::Db,
    trees: Vec<sled::Tree>,
    /// The parts of long values.
    parts: sled::Tree,
    steps: sled::Tree,
    counts: Vec<AtomicU64>,
}

impl Opened {
    /// Opens the database. Also returns the number of its last write.
    fn open(folder: &DataDir, cache: u64) -> Result<(Self, u64), StoreError> {
        engine::remove_half_written_snapshots(&folder.engine())?;
        folder.examine()?;
        let db = engine::open(&folder.engine(), cache).map_err(|error| folder.refused(&error))?;
        let written = engine::last_step(&db).map_err(|why| folder.damaged(&why))?;
        folder.compare(written)?;
        let mut trees = Vec::new();
        let mut counts = Vec::new();
        for kind in Table::ALL {
            let tree = db.open_tree(kind.name()).map_err(|error| folder.refused(&error))?;
            counts.push(AtomicU64::new(count_readable(folder, kind, &tree)?));
            trees.push(tree);
        }
        let parts = db.open_tree("Parts").map_err(|error| folder.refused(&error))?;
        let steps = db.open_tree(engine::STEPS).map_err(|error| folder.refused(&error))?;
        Ok((Self { db, trees, parts, steps, counts }, written))
    }

    fn tree(&self, tree: Table) -> &sled::Tree {
        &self.trees[tree.index()]
    }

    /// Writes all rows or none, as the write of this number.
    fn write(&self, rows: Vec<WriteRow>, number: u64) -> Result<(), TransactionError<()>> {
        let mut by_tree: BTreeMap<Table, Vec<WriteRow>> = BTreeMap::new();
        for row in rows {
            by_tree.entry(row.0).or_default().push(row);
        }
        let touched: Vec<&sled::Tree> = [&self.steps, &self.parts]
            .into_iter()
            .chain(by_tree.keys().map(|tree| self.tree(*tree)))
            .collect();
        let grown = touched.transaction(|views| {
            let (own, views) = views.split_at(2);
            own[0].insert(engine::LAST, &number.to_be_bytes())?;
            let mut grown = Vec::new();
            for ((tree, rows), view) in by_tree.iter().zip(views) {
                let mut more: i64 = 0;
                for (_, key, value) in rows {
                    more += put(view, &own[1], *tree, key, value.as_deref())?;
                }
                grown.push((*tree, more));
            }
            Ok::<_, ConflictableTransactionError<()>>(grown)
        })?;
        for (tree, more) in grown {
            // Wraps around for a negative number, which makes it a subtraction.
            self.counts[tree.index()].fetch_add(more.cast_unsigned(), Ordering::SeqCst);
        }
        Ok(())
    }
}

impl SledEngine {
    fn open(path: &Path, options: &StoreOptions) -> Result<Self, StoreError> {
        let folder = DataDir::enter(path, options)?;
        let (opened, last) = Opened::open(&folder, options.cache)?;
        let engine = Self {
            opened: RwLock::new(Some(opened)),
            durable: Mutex::new(last),
            writes: Mutex::new(Writes { last, ..Writes::default() }),
            folder,
            options: options.clone(),
            path: path.to_owned(),
        };
        if last == 0 {
            let first = engine.write(Vec::new())?; // so that a database that was emptied later is detected
            engine.sync(first)?;
        }
        engine.folder.mark()?;
        Ok(engine)
    }

    fn writes(&self) -> MutexGuard<'_, Writes> {
        // Plain numbers: a panic elsewhere cannot leave half of them.
        self.writes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn durable(&self) -> MutexGuard<'_, u64> {
        self.durable.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn last_write(&self) -> u64 {
        self.writes().last
    }

    /// Runs `work` on the database. Fails if it is closed because it could not be reopened.
    fn with<T>(&self, work: impl FnOnce(&Opened) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let opened = self.opened.read().unwrap_or_else(PoisonError::into_inner);
        match &*opened {
            Some(opened) => work(opened),
            None => Err(self
                .writes()
                .broken
                .clone()
                .unwrap_or_else(|| self.folder.damaged("the database is closed"))),
        }
    }

    /// Stops writing until the database is reopened: acknowledged writes are durable, later ones would not be.
    fn fail(&self, error: &sled::Error) -> StoreError {
        let error = self.folder.refused(error);
        let mut writes = self.writes();
        // Writes that fail together are one failure and logged once.
        if writes.broken.is_none() {
            tracing::error!(%error, "the store cannot write; it is reopened as soon as its disk accepts writes");
            writes.broken = Some(error.clone());
        }
        error
    }

    fn whole(
        &self,
        opened: &Opened,
        tree: Table,
        key: &RecordKey,
        value: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        match value.split_first() {
            Some((&WHOLE, value)) => Ok(value.to_vec()),
            Some((&IN_PARTS, count)) => {
                let mut whole = Vec::new();
                for part in 0..number(count) {
                    let piece = opened
                        .parts
                        .get(part_key(tree, key, part))
                        .map_err(|error| self.folder.refused(&error))?;
                    let piece = piece.ok_or_else(|| self.folder.damaged("a part of a record is missing"))?;
                    whole.extend_from_slice(&piece);
                }
                Ok(whole)
            }
            _ => Err(self.folder.damaged("a value begins with an unknown byte")),
        }
    }
}

impl KvEngine for SledEngine {
    const WAITS: bool = true;

    fn read(&self, tree: Table, key: &RecordKey) -> Result<Option<Vec<u8>>, StoreError> {
        self.with(|opened| {
            let value = opened.tree(tree).get(&key.0).map_err(|error| self.folder.refused(&error))?;
            value.map(|value| self.whole(opened, tree, key, &value)).transpose()
        })
    }

    fn scan(
        &self,
        tree: Table,
        prefix: &RecordKey,
        from: &RecordKey,
        most: usize,
    ) -> Result<Vec<Pair>, StoreError> {
        self.with(|opened| {
            let mut found = Vec::new();
            for row in opened.tree(tree).range(from.0.clone()..).take(most) {
                let (key, value) = row.map_err(|error| self.folder.refused(&error))?;
                if !key.starts_with(&prefix.0) {
                    break;
                }
                let key = RecordKey(key.to_vec());
                let value = self.whole(opened, tree, &key, &value)?;
                found.push((key, value));
            }
            Ok(found)
        })
    }

    /// sled writes nothing after its first failed write. Once the disk accepts writes, the database is reopened with
    /// everything that was acknowledged.
    fn repair(&self) -> Result<(), StoreError> {
        let Some(broken) = self.writes().broken.clone() else { return Ok(()) };
        // Nobody reads or writes from here on.
        let mut opened = self.opened.write().unwrap_or_else(PoisonError::into_inner);
        if self.folder.takes_more().is_err() {
            return Err(broken);
        }
        *opened = None; // closes the database's file
        let (anew, _) = Opened::open(&self.folder, self.options.cache)?;
        *opened = Some(anew);
        let durable = *self.durable();
        let mut writes = self.writes();
        let before = if writes.doubtful == (0, 0) { durable } else { writes.doubtful.0.min(durable) };
        (writes.broken, writes.doubtful) = (None, (before, writes.last));
        tracing::info!("the disk accepts writes again; the store was reopened");
        Ok(())
    }

    fn write(&self, rows: Vec<WriteRow>) -> Result<u64, StoreError> {
        self.with(|opened| {
            let number = {
                let mut writes = self.writes();
                if let Some(broken) = &writes.broken {
                    return Err(broken.clone());
                }
                if let Some(changed) = &mut writes.changed {
                    changed.extend(rows.iter().map(|(tree, key, _)| (*tree, key.clone())));
                }
                writes.last + 1
            };
            opened.write(rows, number).map_err(|error| match error {
                TransactionError::Storage(error) => self.fail(&error),
                TransactionError::Abort(()) => self.folder.damaged("a write was aborted"),
            })?;
            self.writes().last = number;
            Ok(number)
        })
    }

    fn sync(&self, write: u64) -> Result<(), StoreError> {
        self.with(|opened| {
            let mut durable = self.durable();
            let upto = {
                let writes = self.writes();
                if writes.doubtful.0 < write && write <= writes.doubtful.1 {
                    return Err(StoreError::Away(
                        "the store was reopened; it is unknown whether this was stored".to_owned(),
                    ));
                }
                if *durable >= write {
                    return Ok(()); // a later write's sync included this one
                }
                if let Some(broken) = &writes.broken {
                    return Err(broken.clone());
                }
                writes.last
            };
            opened.db.flush().map_err(|error| self.fail(&error))?;
            self.folder.sync(upto).map_err(|error| self.fail(&sled::Error::Io(error)))?;
            *durable = upto;
            Ok(())
        })
    }

    fn rewrite(&self) -> Result<(), StoreError> {
        self.rewrite_database()
    }

    fn count(&self, tree: Table) -> u64 {
        self.with(|opened| Ok(opened.counts[tree.index()].load(Ordering::SeqCst))).unwrap_or(0)
    }

    fn used(&self) -> Result<Option<u64>, StoreError> {
        self.with(|opened| opened.db.size_on_disk().map(Some).map_err(|error| self.folder.refused(&error)))
    }

    fn free(&self) -> Result<Option<u64>, StoreError> {
        let free = match &self.options.free_space {
            Some(free) => free(&self.path),
            None => fs4::available_space(&self.path),
        };
        free.map(Some).map_err(|error| {
            StoreError::Away(format!(
                "the free space of the disk of {} is unknown: {error}",
                self.path.display()
            ))
        })
    }
}

/// Counts a tree's values. Fails if one is of an unknown version.
fn count_readable(folder: &DataDir, kind: Table, tree: &sled::Tree) -> Result<u64, StoreError> {
    let mut count = 0;
    for row in tree {
        let (_, value) = row.map_err(|error| folder.refused(&error))?;
        if let [WHOLE, version, ..] = *value
            && version > record::VERSION
            && kind.holds_records()
        {
            return Err(record::too_new(version));
        }
        count += 1;
    }
    Ok(count)
}

/// Stores or deletes one value. Returns by how many the tree grew.
fn put(
    tree: &TransactionalTree,
    parts: &TransactionalTree,
    of: Table,
    key: &RecordKey,
    value: Option<&[u8]>,
) -> Result<i64, ConflictableTransactionError<()>> {
    let pieces =
        value.filter(|value| value.len() > PIECE).map(|value| value.chunks(PIECE)).into_iter().flatten();
    let mut count: u32 = 0;
    for piece in pieces {
        parts.insert(part_key(of, key, count), piece)?;
        count += 1;
    }
    let old = match value {
        None => tree.remove(key.0.as_slice())?,
        Some(_) if count > 0 => {
            tree.insert(key.0.as_slice(), [&[IN_PARTS], count.to_be_bytes().as_slice()].concat())?
        }
        Some(value) => tree.insert(key.0.as_slice(), [&[WHOLE], value].concat())?,
    };
    if let Some((&IN_PARTS, old)) = old.as_deref().and_then(<[u8]>::split_first) {
        for part in count..number(old) {
            parts.remove(part_key(of, key, part))?;
        }
    }
    Ok(i64::from(value.is_some()) - i64::from(old.is_some()))
}

fn part_key(tree: Table, key: &RecordKey, part: u32) -> Vec<u8> {
    [&[tree as u8], key.0.as_slice(), &part.to_be_bytes()].concat()
}

fn number(bytes: &[u8]) -> u32 {
    bytes.try_into().map_or(0, u32::from_be_bytes)
}
