//! The limits that every store shares, and the errors beyond them.

use super::super::StoreError;
use crate::alerts::SubscriptionEdit;

/// Below this much free space the store refuses what people request, so that pending deliveries can still be sent
/// (storage.md 1.4: sled needs space even to open). Edits that only remove data, and those made on a user's behalf
/// during an outage, are still applied.
const LEAST_FREE: u64 = 200_000_000;

/// Below this much free space nothing is written. A database that runs out of space during a write must be reopened,
/// and needs space for that (measured: two of sled's segments of 512 KiB, and its snapshot).
const LEAST_FREE_FOR_OURS: u64 = 8_000_000;

/// Users who wait for one outage in one channel: the post about its end can name 100 (experience.md).
pub(in crate::store) const MOST_WAITING: usize = 100;

/// Different questions that are stored; beyond this number new ones are only counted.
pub(in crate::store) const MOST_QUESTIONS: usize = 1_000;

/// Bytes of a named value (promised by the trait).
const LONGEST_STORED: usize = 64 << 10;

/// Refuses edits while the disk is nearly full; `free` is `None` if unknown.
pub(in crate::store) fn has_room(change: &SubscriptionEdit, free: Option<u64>) -> Result<(), StoreError> {
    match free {
        Some(free) if free < LEAST_FREE && change.needs_room() => Err(StoreError::Full(format!(
            "the disk of the store is nearly full: {} MB are free, changes need {} MB",
            free / 1_000_000,
            LEAST_FREE / 1_000_000
        ))),
        _ => Ok(()),
    }
}

/// Refuses every write while the disk is full. The caller retries later, and nothing is lost.
pub(in crate::store) fn has_room_for_ours(free: Option<u64>) -> Result<(), StoreError> {
    match free {
        Some(free) if free < LEAST_FREE_FOR_OURS => {
            Err(StoreError::Full(format!("the disk of the store is full: {} MB are free", free / 1_000_000)))
        }
        _ => Ok(()),
    }
}

/// Refuses to rewrite a store's files if the disk would then be nearly full.
pub(in crate::store) fn has_room_for_copy(used: Option<u64>, free: Option<u64>) -> Result<(), StoreError> {
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
pub(in crate::store) fn fits(name: &str, value: &[u8]) -> Result<(), StoreError> {
    if value.len() <= LONGEST_STORED {
        return Ok(());
    }
    Err(StoreError::Full(format!("\"{name}\" has {} bytes; the limit is {LONGEST_STORED}", value.len())))
}
