//! What thousands of deliveries of one moment need alike, read from the store once.
//!
//! Never: nothing is believed for longer than a second, nor after something was committed here.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::alerts::{Announcement, AnnouncementId};
use crate::clock::Clock;
use crate::health::{Outage, OutageId};
use crate::store::{Store, StoreError};

/// Announcements held in memory, so that 10,000 deliveries of one do not read it 10,000 times. They never change but for
/// how far they were considered, which no delivery asks.
const HELD: usize = 16;
/// What changes is read again after this long: another copy of the bot may have committed something.
const FRESH: Duration = Duration::from_secs(1);

/// What was read lately.
#[derive(Default)]
pub(super) struct Alike {
    announcements: Mutex<VecDeque<Arc<Announcement>>>,
    outages: Mutex<BTreeMap<OutageId, Read>>,
}

#[derive(Clone)]
struct Read {
    at: Duration,
    outage: Option<Arc<Outage>>,
    awaited: Option<bool>,
}

impl Alike {
    /// Something was committed: outages are to be read anew.
    pub(super) fn forget(&self) {
        self.outages().clear();
    }

    pub(super) async fn announcement(
        &self,
        store: &dyn Store,
        id: AnnouncementId,
    ) -> Result<Option<Arc<Announcement>>, StoreError> {
        let held = || self.announcements.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = held().iter().find(|known| known.id == id) {
            return Ok(Some(Arc::clone(known)));
        }
        let Some(found) = store.announcement(id).await?.map(Arc::new) else { return Ok(None) };
        let mut held = held();
        held.push_front(Arc::clone(&found));
        held.truncate(HELD);
        Ok(Some(found))
    }

    /// An outage as it is now.
    pub(super) async fn outage(
        &self,
        store: &dyn Store,
        clock: &Clock,
        id: &OutageId,
    ) -> Result<Option<Arc<Outage>>, StoreError> {
        let now = clock.ticks();
        let known = self.outages().get(id).filter(|read| now.saturating_sub(read.at) < FRESH).cloned();
        if let Some(known) = known {
            return Ok(known.outage);
        }
        let outage = store.outage(id).await?.map(Arc::new);
        let mut outages = self.outages();
        outages.retain(|_, read| now.saturating_sub(read.at) < FRESH);
        outages.insert(id.clone(), Read { at: now, outage: outage.clone(), awaited: None });
        Ok(outage)
    }

    /// Whether anybody anywhere asked to be told of the end of an outage that is over: nobody can ask any more.
    pub(super) async fn is_awaited(&self, store: &dyn Store, over: &OutageId) -> Result<bool, StoreError> {
        let known = self.outages().get(over).and_then(|read| read.awaited);
        if let Some(awaited) = known {
            return Ok(awaited);
        }
        let awaited = !store.waiting(over, None, None, 1).await?.is_empty();
        if let Some(read) = self.outages().get_mut(over) {
            read.awaited = Some(awaited);
        }
        Ok(awaited)
    }

    fn outages(&self) -> MutexGuard<'_, BTreeMap<OutageId, Read>> {
        self.outages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
