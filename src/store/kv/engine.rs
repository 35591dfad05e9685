//! Storage engines: ordered tables with one atomic write. The built-in backends share this, so that the store's methods
//! are implemented once for them ([`kv`](super)).

use super::super::StoreError;
use super::super::key::RecordKey;
use super::super::table::Table;

/// One row of a batch: a value to store, or `None` to delete it.
pub(in crate::store) type WriteRow = (Table, RecordKey, Option<Vec<u8>>);

pub(in crate::store) type Pair = (RecordKey, Vec<u8>);

/// Ordered tables with one atomic write. There is one writer at a time; readers are never blocked.
pub(in crate::store) trait KvEngine: Send + Sync + 'static {
    /// Whether its calls may block on a disk, so that they need a blocking thread.
    const WAITS: bool;

    fn read(&self, table: Table, key: &RecordKey) -> Result<Option<Vec<u8>>, StoreError>;

    /// Returns rows whose key begins with `prefix`, in order, starting at `from`, at most `most`.
    fn scan(
        &self,
        table: Table,
        prefix: &RecordKey,
        from: &RecordKey,
        most: usize,
    ) -> Result<Vec<Pair>, StoreError>;

    /// Makes the engine writable again after one of its writes failed. Until then reads may miss data. Usually there is
    /// nothing to do.
    fn repair(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Writes all rows or none, and returns the number of this write. Readers see it at once; it is durable after
    /// [`KvEngine::sync`].
    fn write(&self, rows: Vec<WriteRow>) -> Result<u64, StoreError>;

    /// Makes a write durable, and all writes before it.
    fn sync(&self, write: u64) -> Result<(), StoreError>;

    /// Rewrites the files, so that they contain nothing that was deleted before. Readers and the writer go on
    /// meanwhile.
    fn rewrite(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Returns the number of values in a table.
    fn count(&self, table: Table) -> u64;

    /// Returns the bytes that it uses on a disk, or `None` if it uses none.
    fn used(&self) -> Result<Option<u64>, StoreError>;

    /// Returns the bytes that are free, or `None` if there is no limit.
    fn free(&self) -> Result<Option<u64>, StoreError>;
}
