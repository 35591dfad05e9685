//! The store in memory: for trying things, for the demo, and as the twin of the durable stores in tests.
//!
//! Its contents outlive a handle: a test drops everything that ran ("the process was killed") and opens the same
//! contents again.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::key::RecordKey;
use super::kv::engine::{KvEngine, Pair, WriteRow};
use super::kv::{KvStore, SharedHandles};
use super::table::Table;
use super::{Store, StoreError, StoreOptions};

/// The contents of a store in memory. A clone shares the same contents.
#[derive(Clone)]
pub struct MemoryStore {
    contents: Arc<Mutex<Contents>>,
    options: StoreOptions,
}

#[derive(Default)]
struct Contents {
    tables: Vec<BTreeMap<Vec<u8>, Vec<u8>>>,
    /// The opening that may write. Earlier ones belong to a process that is dead.
    opening: u64,
    /// State that all handles with the right to write share.
    instances: SharedHandles,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::with(&StoreOptions::default())
    }
}

impl MemoryStore {
    /// Creates empty contents.
    pub fn with(options: &StoreOptions) -> Self {
        let tables = vec![BTreeMap::new(); Table::ALL.len()];
        let contents = Contents { tables, opening: 0, instances: SharedHandles::default() };
        Self { contents: Arc::new(Mutex::new(contents)), options: options.clone() }
    }

    /// Opens the contents as a process that starts would. Handles that were opened before can no longer write, as if
    /// their process had been killed, and their claims are free.
    pub fn open(&self) -> Result<impl Store + use<>, StoreError> {
        let mut contents = self.lock();
        contents.opening += 1;
        contents.instances = SharedHandles::default();
        drop(contents);
        self.join(false)
    }

    /// Opens the contents for another instance of the bot, beside those that use them. All instances see each other's
    /// claims, leases and shared rates. The others go on when an instance is dropped, as if its process had been
    /// killed.
    pub fn beside(&self) -> Result<impl Store + use<>, StoreError> {
        self.join(true)
    }

    fn join(&self, shared: bool) -> Result<impl Store + use<>, StoreError> {
        let contents = self.lock();
        let (opening, instances) = (contents.opening, contents.instances.clone());
        drop(contents);
        let instances = if shared { instances.shared() } else { instances };
        KvStore::open(Opened { memory: self.clone(), opening }, &self.options, instances)
    }

    fn lock(&self) -> MutexGuard<'_, Contents> {
        // A panic elsewhere cannot leave a batch half applied: nothing in `write` panics.
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Opened {
    memory: MemoryStore,
    opening: u64,
}

impl KvEngine for Opened {
    const WAITS: bool = false;

    fn read(&self, table: Table, key: &RecordKey) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.memory.lock().tables[table.index()].get(&key.0).cloned())
    }

    fn scan(
        &self,
        table: Table,
        prefix: &RecordKey,
        from: &RecordKey,
        most: usize,
    ) -> Result<Vec<Pair>, StoreError> {
        let contents = self.memory.lock();
        let rows = contents.tables[table.index()].range(from.0.clone()..);
        let ours = rows.take_while(|(key, _)| key.starts_with(&prefix.0)).take(most);
        Ok(ours.map(|(key, value)| (RecordKey(key.clone()), value.clone())).collect())
    }

    fn write(&self, rows: Vec<WriteRow>) -> Result<u64, StoreError> {
        let mut contents = self.memory.lock();
        if contents.opening != self.opening {
            return Err(StoreError::InUse("the contents were opened again by another handle".to_owned()));
        }
        for (table, key, value) in rows {
            let table = &mut contents.tables[table.index()];
            match value {
                Some(value) => table.insert(key.0, value),
                None => table.remove(&key.0),
            };
        }
        Ok(0)
    }

    fn sync(&self, _: u64) -> Result<(), StoreError> {
        Ok(())
    }

    fn count(&self, table: Table) -> u64 {
        self.memory.lock().tables[table.index()].len() as u64
    }

    fn used(&self) -> Result<Option<u64>, StoreError> {
        Ok(None)
    }

    fn free(&self) -> Result<Option<u64>, StoreError> {
        let Some(free) = &self.memory.options.free_space else { return Ok(None) };
        free(Path::new("memory:")).map(Some).map_err(|error| StoreError::Away(error.to_string()))
    }
}
