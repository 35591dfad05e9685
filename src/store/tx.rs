//! What the rules of a store need from an engine: typed records that are read, stored and deleted in one write.
//!
//! `kv` implements this over ordered keys, `postgres` over tables. On ordered keys nothing waits, and there is one writer
//! at a time. In a database others write meanwhile: what a rule is about to change it reads with `get_for_update` or
//! `list_for_update`. To prevent deadlocks, a channel's subscription is locked before its deliveries.

use super::StoreError;
use super::key::RecordKey;
use super::record::{PendingDelivery, Record};
use crate::alerts::AnnouncementId;
use crate::health::Outage;
use crate::ids::GuildId;

/// All records of a kind, or all that match: a limit that nothing reaches.
pub(super) const ALL: usize = usize::MAX;

/// Records that one write touches at most, if there can be many: sled loses nothing at a power cut while a transaction
/// stays far below one of its segments (measured: 500 small records are safe, 3,000 are not).
pub(super) const CHUNK: usize = 250;

/// Reads records.
pub(super) trait Read: Send {
    /// Returns the record at a key.
    fn get<R: Record>(
        &mut self,
        key: &RecordKey,
    ) -> impl Future<Output = Result<Option<R>, StoreError>> + Send;

    /// Returns records whose key begins with `prefix`, in the order of keys, after the key `after`, at most `most`.
    fn page<R: Record>(
        &mut self,
        prefix: &RecordKey,
        after: Option<&RecordKey>,
        most: usize,
    ) -> impl Future<Output = Result<Vec<R>, StoreError>> + Send;

    /// Returns all records whose key begins with `prefix`.
    fn list<R: Record>(
        &mut self,
        prefix: &RecordKey,
    ) -> impl Future<Output = Result<Vec<R>, StoreError>> + Send {
        self.page(prefix, None, ALL)
    }

    /// Returns the number of records whose key begins with `prefix`, or `most` if there are more.
    fn count<R: Record>(
        &mut self,
        prefix: &RecordKey,
        most: usize,
    ) -> impl Future<Output = Result<usize, StoreError>> + Send;

    /// Returns the records of a guild, in the order of keys, at most `most`.
    fn of_guild<R: Record>(
        &mut self,
        guild: GuildId,
        most: usize,
    ) -> impl Future<Output = Result<Vec<R>, StoreError>> + Send;

    /// Returns the outages that are open, ordered by id.
    fn open_outages(&mut self) -> impl Future<Output = Result<Vec<Outage>, StoreError>> + Send;
}

/// One write: all of it is stored, or nothing. Later reads through it see its own changes.
pub(super) trait Tx: Read {
    /// Returns the record at a key, which nobody else changes until the write ends.
    fn get_for_update<R: Record>(
        &mut self,
        key: &RecordKey,
    ) -> impl Future<Output = Result<Option<R>, StoreError>> + Send;

    /// Returns records whose key begins with `prefix`, at most `most`, which nobody else changes until the write ends.
    fn list_for_update<R: Record>(
        &mut self,
        prefix: &RecordKey,
        most: usize,
    ) -> impl Future<Output = Result<Vec<R>, StoreError>> + Send;

    /// Stores a record and replaces the one at its key.
    fn put<R: Record>(&mut self, record: &R) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Stores a record unless there is one at its key. Returns whether it was stored.
    fn put_new<R: Record>(&mut self, record: &R) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Deletes the record at a key. Returns whether there was one.
    fn delete<R: Record>(&mut self, key: &RecordKey)
    -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Deletes records of a guild, at most `most`. Returns how many.
    fn delete_of_guild<R: Record>(
        &mut self,
        guild: GuildId,
        most: usize,
    ) -> impl Future<Output = Result<usize, StoreError>> + Send;

    /// Deletes the dedup rows of an announcement whose deliveries are finished, at most [`CHUNK`]. Returns how many, and
    /// whether any are left.
    fn delete_finished_marks(
        &mut self,
        announcement: AnnouncementId,
    ) -> impl Future<Output = Result<(usize, bool), StoreError>> + Send;

    /// Increments a counter and returns its new value: an id that was issued once is never issued again.
    fn next_id(&mut self, counter: &str) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// Raises a counter to a value, if it is lower.
    fn raise_counter(
        &mut self,
        counter: &str,
        value: u64,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Ends the claim of a delivery that stays. A deleted delivery has none.
    fn unclaim(&mut self, delivery: &PendingDelivery) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Lets one write at a time work on something, until it ends.
    fn lock(&mut self, what: Lock) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// What only one write at a time works on.
#[derive(Clone, Copy, Debug)]
pub(super) enum Lock {
    /// Counters and salts whose record may not exist yet: two writes that began one at once would lose a count.
    Counting,
    /// How many records a guild or a channel has, by its id, so that a limit holds.
    LimitOf(u64),
}
