//! A set of changes that is written all or nothing. Later reads through it see its own changes.

use std::collections::BTreeMap;

use super::StoreError;
use super::engine::{KvEngine, Pair, Table, WriteRow};
use super::key::RecordKey;
use super::record::Record;

pub(super) struct Tx<'a, S> {
    engine: &'a S,
    changed: BTreeMap<(Table, RecordKey), Option<Vec<u8>>>,
}

impl<'a, S: KvEngine> Tx<'a, S> {
    pub(super) fn new(engine: &'a S) -> Self {
        Self { engine, changed: BTreeMap::new() }
    }

    /// Returns the changes to write.
    pub(super) fn rows(self) -> Vec<WriteRow> {
        self.changed.into_iter().map(|((tree, key), value)| (tree, key, value)).collect()
    }

    /// Returns the record at a key.
    pub(super) fn find<F: Record>(&self, key: &RecordKey) -> Result<Option<F>, StoreError> {
        let value = match self.changed.get(&(F::TREE, key.clone())) {
            Some(value) => value.clone(),
            None => self.engine.read(F::TREE, key)?,
        };
        value.map(|value| F::decode(&value)).transpose()
    }

    /// Stores a record and its index rows, and replaces the one at its key.
    pub(super) fn put<F: Record>(&mut self, record: &F) -> Result<(), StoreError> {
        let key = record.key();
        self.forget_index_rows::<F>(&key)?;
        for (tree, index_row, value) in record.index_rows() {
            self.changed.insert((tree, index_row), Some(value));
        }
        self.changed.insert((F::TREE, key), Some(record.encode()?));
        Ok(())
    }

    /// Deletes the record at a key. Returns whether there was one.
    pub(super) fn forget<F: Record>(&mut self, key: &RecordKey) -> Result<bool, StoreError> {
        let was = self.forget_index_rows::<F>(key)?;
        if was {
            self.changed.insert((F::TREE, key.clone()), None);
        }
        Ok(was)
    }

    fn forget_index_rows<F: Record>(&mut self, key: &RecordKey) -> Result<bool, StoreError> {
        let Some(old) = self.find::<F>(key)? else { return Ok(false) };
        for (tree, index_row, _) in old.index_rows() {
            self.changed.insert((tree, index_row), None);
        }
        Ok(true)
    }

    /// Deletes one index row.
    pub(super) fn forget_index_row(&mut self, tree: Table, key: RecordKey) {
        self.changed.insert((tree, key), None);
    }

    /// Returns records whose key begins with `prefix`, in order, at most `most`.
    pub(super) fn list<F: Record>(&self, prefix: &RecordKey, most: usize) -> Result<Vec<F>, StoreError> {
        self.scan(F::TREE, prefix, prefix, most)?.iter().map(|(_, value)| F::decode(value)).collect()
    }

    /// Returns rows whose key begins with `prefix`, starting at `from`, in order, at most `most`.
    pub(super) fn scan(
        &self,
        tree: Table,
        prefix: &RecordKey,
        from: &RecordKey,
        most: usize,
    ) -> Result<Vec<Pair>, StoreError> {
        let from = from.max(prefix).clone();
        let ours: Vec<_> = self
            .changed
            .range((tree, from.clone())..)
            .take_while(|((of, key), _)| *of == tree && key.0.starts_with(&prefix.0))
            .collect();
        let mut rows: BTreeMap<RecordKey, Vec<u8>> =
            self.engine.scan(tree, prefix, &from, most.saturating_add(ours.len()))?.into_iter().collect();
        for ((_, key), value) in ours {
            match value {
                Some(value) => rows.insert(key.clone(), value.clone()),
                None => rows.remove(key),
            };
        }
        Ok(rows.into_iter().take(most).collect())
    }
}
