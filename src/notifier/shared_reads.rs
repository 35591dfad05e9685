//! Reads that thousands of simultaneous deliveries share: each is made once, and the others wait for it. Separate reads took
//! a thread each, and the memory of 64 threads stayed.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;

use crate::alerts::{Announcement, AnnouncementId};
use crate::clock::Clock;
use crate::health::{Outage, OutageId};
use crate::store::{Store, StoreError};

/// Announcements in memory, so that 10,000 deliveries of one do not read it 10,000 times. Only their expansion progress ever
/// changes, which no delivery needs.
const HELD: usize = 16;
/// Outages are read again after this long: another instance of the bot may have committed something.
const FRESH: Duration = Duration::from_secs(1);

#[derive(Default)]
pub(super) struct ReadCache {
    announcements: Mutex<VecDeque<Arc<Announcement>>>,
    outages: Mutex<BTreeMap<OutageId, CachedRead>>,
    /// Grows with each commit: reads from before the newest commit are stale.
    commits: AtomicU64,
}

struct CachedRead {
    at: Duration,
    commits: u64,
    outage: Option<Arc<Outage>>,
    awaited: Option<bool>,
}

impl ReadCache {
    /// Invalidates outages after a commit.
    pub(super) fn forget(&self) {
        self.commits.fetch_add(1, Ordering::Release);
    }

    pub(super) async fn announcement(
        &self,
        store: &dyn Store,
        id: AnnouncementId,
    ) -> Result<Option<Arc<Announcement>>, StoreError> {
        let mut held = self.announcements.lock().await;
        if let Some(known) = held.iter().find(|known| known.id == id) {
            return Ok(Some(Arc::clone(known)));
        }
        let Some(found) = store.announcement(id).await?.map(Arc::new) else { return Ok(None) };
        held.push_front(Arc::clone(&found));
        held.truncate(HELD);
        Ok(Some(found))
    }

    /// Returns an outage in its current state.
    pub(super) async fn outage(
        &self,
        store: &dyn Store,
        clock: &Clock,
        id: &OutageId,
    ) -> Result<Option<Arc<Outage>>, StoreError> {
        let mut outages = self.outages.lock().await;
        let (at, commits) = (clock.ticks(), self.commits.load(Ordering::Acquire));
        outages.retain(|_, read| read.commits == commits && at.saturating_sub(read.at) < FRESH);
        if let Some(read) = outages.get(id) {
            return Ok(read.outage.clone());
        }
        let outage = store.outage(id).await?.map(Arc::new);
        outages.insert(id.clone(), CachedRead { at, commits, outage: outage.clone(), awaited: None });
        Ok(outage)
    }

    /// Returns whether anybody anywhere waits for the recovery of an outage that is over. Nobody can ask any longer.
    pub(super) async fn is_awaited(&self, store: &dyn Store, over: &OutageId) -> Result<bool, StoreError> {
        let mut outages = self.outages.lock().await;
        if let Some(awaited) = outages.get(over).and_then(|read| read.awaited) {
            return Ok(awaited);
        }
        let awaited = !store.waiting(over, None, None, 1).await?.is_empty();
        if let Some(read) = outages.get_mut(over) {
            read.awaited = Some(awaited);
        }
        Ok(awaited)
    }
}
