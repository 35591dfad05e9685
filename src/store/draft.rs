//! A set of changes that is written whole or not at all; what it changed is seen by its own later reads.

use std::collections::BTreeMap;

use super::StoreError;
use super::key::Key;
use super::record::Form;
use super::shelf::{Pair, Row, Shelf, Tree};

/// Changes not yet written.
pub(super) struct Draft<'a, S> {
    shelf: &'a S,
    changed: BTreeMap<(Tree, Key), Option<Vec<u8>>>,
}

impl<'a, S: Shelf> Draft<'a, S> {
    pub(super) fn new(shelf: &'a S) -> Self {
        Self { shelf, changed: BTreeMap::new() }
    }

    /// The changes, to be written.
    pub(super) fn rows(self) -> Vec<Row> {
        self.changed.into_iter().map(|((tree, key), value)| (tree, key, value)).collect()
    }

    /// The record at a key.
    pub(super) fn find<F: Form>(&self, key: &Key) -> Result<Option<F>, StoreError> {
        let value = match self.changed.get(&(F::TREE, key.clone())) {
            Some(value) => value.clone(),
            None => self.shelf.read(F::TREE, key)?,
        };
        value.map(|value| F::decode(&value)).transpose()
    }

    /// Keeps a record in place of the one at its key, and the ways to find it.
    pub(super) fn put<F: Form>(&mut self, record: &F) -> Result<(), StoreError> {
        let key = record.key();
        self.forget_ways::<F>(&key)?;
        for (tree, way, value) in record.ways() {
            self.changed.insert((tree, way), Some(value));
        }
        self.changed.insert((F::TREE, key), Some(record.encode()?));
        Ok(())
    }

    /// Forgets the record at a key; gives whether there was one.
    pub(super) fn forget<F: Form>(&mut self, key: &Key) -> Result<bool, StoreError> {
        let was = self.forget_ways::<F>(key)?;
        if was {
            self.changed.insert((F::TREE, key.clone()), None);
        }
        Ok(was)
    }

    fn forget_ways<F: Form>(&mut self, key: &Key) -> Result<bool, StoreError> {
        let Some(old) = self.find::<F>(key)? else { return Ok(false) };
        for (tree, way, _) in old.ways() {
            self.changed.insert((tree, way), None);
        }
        Ok(true)
    }

    /// Forgets one way to find a record.
    pub(super) fn forget_way(&mut self, tree: Tree, key: Key) {
        self.changed.insert((tree, key), None);
    }

    /// Records whose key begins with `prefix`, in order, at most `most`.
    pub(super) fn list<F: Form>(&self, prefix: &Key, most: usize) -> Result<Vec<F>, StoreError> {
        self.scan(F::TREE, prefix, prefix, most)?.iter().map(|(_, value)| F::decode(value)).collect()
    }

    /// Rows whose key begins with `prefix`, from `from` on, in order, at most `most`.
    pub(super) fn scan(
        &self,
        tree: Tree,
        prefix: &Key,
        from: &Key,
        most: usize,
    ) -> Result<Vec<Pair>, StoreError> {
        let from = from.max(prefix).clone();
        let ours: Vec<_> = self
            .changed
            .range((tree, from.clone())..)
            .take_while(|((of, key), _)| *of == tree && key.0.starts_with(&prefix.0))
            .collect();
        let mut rows: BTreeMap<Key, Vec<u8>> =
            self.shelf.scan(tree, prefix, &from, most.saturating_add(ours.len()))?.into_iter().collect();
        for ((_, key), value) in ours {
            match value {
                Some(value) => rows.insert(key.clone(), value.clone()),
                None => rows.remove(key),
            };
        }
        Ok(rows.into_iter().take(most).collect())
    }
}
