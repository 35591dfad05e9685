//! Rewrites the database, so that its files contain nothing that was deleted.
//!
//! sled appends to a log: deleted records stay in it until their space is reused, which may be never. So the records
//! are copied into a new database that replaces the old one. Readers and the writer go on during the copy. They wait
//! only while changes that were made meanwhile are copied again and the two are swapped.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::PoisonError;

use super::super::StoreError;
use super::super::key::RecordKey;
use super::super::kv::engine::KvEngine as _;
use super::super::rules::quotas::has_room_for_copy;
use super::super::table::Table;
use super::{Opened, SledEngine, engine, part_key};

/// Rows that are copied at once: far below a segment of sled's log.
const AT_ONCE: usize = 250;

/// Bytes of memory that the copy may use as a cache.
const CACHE: u64 = 8 << 20;

impl SledEngine {
    pub(super) fn rewrite_database(&self) -> Result<(), StoreError> {
        self.repair()?;
        has_room_for_copy(self.used()?, self.free()?)?;
        {
            // Nobody writes now: writes from here on are recorded.
            let _nobody = self.opened.write().unwrap_or_else(PoisonError::into_inner);
            self.writes().changed = Some(BTreeSet::new());
        }
        let rewritten = self.copy_and_swap();
        self.writes().changed = None;
        if rewritten.is_err() {
            // The next attempt or the next start removes what is left of this one.
            let _ = self.folder.give_up_rewriting();
        }
        rewritten
    }

    fn copy_and_swap(&self) -> Result<(), StoreError> {
        let place = self.folder.begin_rewriting().map_err(|error| self.folder.refused_by_disk(&error))?;
        let copy = Copy::begin(&place, CACHE).map_err(|error| self.folder.refused(&error))?;
        for tree in Table::ALL {
            self.with(|opened| {
                copy_rows(opened.tree(tree), copy.opened.tree(tree))
                    .map_err(|error| self.folder.refused(&error))
            })?;
        }
        self.with(|opened| {
            copy_rows(&opened.parts, &copy.opened.parts).map_err(|error| self.folder.refused(&error))
        })?;
        // Nobody reads or writes from here on.
        let mut opened = self.opened.write().unwrap_or_else(PoisonError::into_inner);
        let mut durable = self.durable();
        let changed = self.writes().changed.take().unwrap_or_default();
        let (last, broken) = {
            let writes = self.writes();
            (writes.last, writes.broken.clone())
        };
        let (Some(old), None) = (&*opened, &broken) else {
            return Err(broken.unwrap_or_else(|| self.folder.damaged("the database is closed")));
        };
        let finish = || -> Result<(), sled::Error> {
            for (tree, key) in &changed {
                copy.row(old, *tree, key)?;
            }
            copy.opened.steps.insert(engine::LAST, &last.to_be_bytes())?;
            copy.opened.db.flush()?;
            File::open(place.join("db")).and_then(|file| file.sync_all()).map_err(sled::Error::Io)
        };
        finish().map_err(|error| self.folder.refused(&error))?;
        drop(copy);
        *opened = None;
        let swap = || -> io::Result<()> {
            engine::wait_until_closed(&place)?;
            engine::wait_until_closed(&self.folder.engine())?;
            self.folder.end_rewriting()?;
            self.folder.sync(last)
        };
        // Either of the two that is in place now has everything.
        let swapped = swap();
        let again = Opened::open(&self.folder, self.options.cache);
        let mut writes = self.writes();
        match again {
            Ok((anew, _)) => *opened = Some(anew),
            Err(error) => {
                writes.broken = Some(error.clone());
                return Err(error);
            }
        }
        swapped.map_err(|error| self.folder.refused_by_disk(&error))?;
        *durable = last;
        Ok(())
    }
}

struct Copy {
    opened: Opened,
}

impl Copy {
    fn begin(place: &Path, cache: u64) -> Result<Self, sled::Error> {
        let db = engine::open(place, cache)?;
        let trees = Table::ALL.iter().map(|kind| db.open_tree(kind.name())).collect::<Result<_, _>>()?;
        let (parts, steps) = (db.open_tree("Parts")?, db.open_tree(engine::STEPS)?);
        Ok(Self { opened: Opened { db, trees, parts, steps, counts: Vec::new() } })
    }

    /// Makes one row and its parts equal to those of the old database.
    fn row(&self, old: &Opened, tree: Table, key: &RecordKey) -> Result<(), sled::Error> {
        match old.tree(tree).get(&key.0)? {
            Some(value) => self.opened.tree(tree).insert(&key.0, value)?,
            None => self.opened.tree(tree).remove(&key.0)?,
        };
        // A part's key is the row's key and a number of four bytes.
        let first = part_key(tree, key, 0);
        let prefix = first.get(..first.len() - 4).unwrap_or_default();
        let is_part = |part: &sled::IVec| part.len() == first.len();
        for part in self.opened.parts.scan_prefix(prefix).keys() {
            let part = part?;
            if is_part(&part) {
                self.opened.parts.remove(part)?;
            }
        }
        for part in old.parts.scan_prefix(prefix) {
            let (part, value) = part?;
            if is_part(&part) {
                self.opened.parts.insert(part, value)?;
            }
        }
        Ok(())
    }
}

fn copy_rows(from: &sled::Tree, to: &sled::Tree) -> Result<(), sled::Error> {
    let mut batch = sled::Batch::default();
    for (copied, row) in from.iter().enumerate() {
        let (key, value) = row?;
        batch.insert(key, value);
        if copied % AT_ONCE == AT_ONCE - 1 {
            to.apply_batch(std::mem::take(&mut batch))?;
        }
    }
    to.apply_batch(batch)
}
