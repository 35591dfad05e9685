//! How much is kept, in every store alike, and what is said beyond it.

use super::StoreError;
use crate::alerts::SubscriptionEdit;

/// Below this much free space, what people ask for is refused, so that what is owed can still be told
/// (storage.md 1.4: sled needs space even to open). What only takes away, and what is asked for on their behalf while an
/// outage goes on, is done all the same.
const LEAST_FREE: u64 = 200_000_000;

/// Below this much nothing at all is written: a database that runs out of room in the middle of a write must be opened
/// anew, and needs room for that (measured: two of sled's segments of 512 KiB, and its snapshot).
const LEAST_FREE_FOR_OURS: u64 = 8_000_000;

/// People who wait for one outage in one channel: the end's post can name 100 (experience.md).
pub(super) const MOST_WAITING: usize = 100;

/// Different questions that are kept; beyond it new ones only count.
pub(super) const MOST_QUESTIONS: u64 = 1_000;

/// A named value is at most this long (the trait's promise).
const LONGEST_STORED: usize = 64 << 10;

/// Refuses what people ask for while the disk is nearly full; `free` is none where nobody can know.
pub(super) fn has_room(change: &SubscriptionEdit, free: Option<u64>) -> Result<(), StoreError> {
    match free {
        Some(free) if free < LEAST_FREE && change.needs_room() => Err(StoreError::Full(format!(
            "the disk of the store is nearly full: {} MB are free, changes need {} MB",
            free / 1_000_000,
            LEAST_FREE / 1_000_000
        ))),
        _ => Ok(()),
    }
}

/// Refuses every write while the disk is as good as full: it waits, and nothing is lost.
pub(super) fn has_room_for_ours(free: Option<u64>) -> Result<(), StoreError> {
    match free {
        Some(free) if free < LEAST_FREE_FOR_OURS => {
            Err(StoreError::Full(format!("the disk of the store is full: {} MB are free", free / 1_000_000)))
        }
        _ => Ok(()),
    }
}

/// Refuses to write a store's files anew where the disk would then be nearly full.
pub(super) fn has_room_for_copy(used: Option<u64>, free: Option<u64>) -> Result<(), StoreError> {
    match used.zip(free) {
        Some((used, free)) if free < used.saturating_add(LEAST_FREE) => Err(StoreError::Full(format!(
            "the disk has no room to rewrite the store: {} MB are free, {} MB are needed",
            free / 1_000_000,
            used.saturating_add(LEAST_FREE) / 1_000_000
        ))),
        _ => Ok(()),
    }
}

/// Refuses a named value that is too long.
pub(super) fn fits(name: &str, value: &[u8]) -> Result<(), StoreError> {
    if value.len() <= LONGEST_STORED {
        return Ok(());
    }
    Err(StoreError::Full(format!(
        "\"{name}\" has {} bytes; at most {LONGEST_STORED} are kept under one name",
        value.len()
    )))
}
