//! What the watcher found: the detector's state, outages and their events, and uptime buckets.

use jiff::{SignedDuration, Timestamp};

use super::super::expiry::Expiring;
use super::super::key::RecordKey;
use super::super::record::{AnnouncementRow, Counter, Record as _, WatcherStateRow};
use super::super::retention::{ANNOUNCEMENT, after};
use super::super::tx::{ALL, Lock, Read, Tx};
use super::super::{StoreError, WatcherState, WatcherStep};
use crate::alerts::{Announcement, AnnouncementId, Audience};
use crate::health::{BucketSize, Outage, OutageEvent, OutageId, ProbeCounts, ServiceName, UptimeBucket};

pub(in crate::store) async fn load_state<T: Read>(tx: &mut T) -> Result<WatcherState, StoreError> {
    let state = tx.get::<WatcherStateRow>(&RecordKey::new()).await?.map(|WatcherStateRow(bytes)| bytes);
    Ok(WatcherState { state, open: tx.open_outages().await? })
}

/// Stores a step. `done` are the events of an earlier attempt that got no answer and was stored after all: the caller
/// repeats them, with newer ones after them.
pub(in crate::store) async fn store_step<T: Tx>(
    tx: &mut T,
    step: &WatcherStep,
    done: &[(OutageEvent, Audience)],
) -> Result<(), StoreError> {
    tx.put(&WatcherStateRow(step.state.clone())).await?;
    for outage in &step.outages {
        let stored = tx.get::<Outage>(&outage.key()).await?;
        if stored.is_none_or(|stored| stored.revision <= outage.revision) {
            tx.put(outage).await?;
        }
    }
    for (event, audience) in step.events.strip_prefix(done).unwrap_or(step.events.as_slice()) {
        announce(tx, event, audience.clone(), event.at).await?;
    }
    Ok(())
}

/// Stores an event that is to be announced.
pub(in crate::store) async fn announce<T: Tx>(
    tx: &mut T,
    event: &OutageEvent,
    audience: Audience,
    now: Timestamp,
) -> Result<(), StoreError> {
    let id = AnnouncementId(tx.next_id(Counter::ANNOUNCEMENT).await?);
    let priority = AnnouncementRow::priority_of(&audience, &event.kind);
    let announcement = Announcement { id, event: event.clone(), audience, considered: None };
    let expires_at = after(now, ANNOUNCEMENT);
    tx.put(&AnnouncementRow { announcement, priority, expanded: false, expires_at }).await
}

pub(in crate::store) async fn outage<T: Read>(
    tx: &mut T,
    id: &OutageId,
) -> Result<Option<Outage>, StoreError> {
    tx.get(&RecordKey::new().text(id.as_str())).await
}

/// Whether a stored outage is still open.
pub(in crate::store) async fn is_open<T: Read>(tx: &mut T, id: &OutageId) -> Result<bool, StoreError> {
    Ok(outage(tx, id).await?.is_some_and(|outage| outage.is_open()))
}

pub(in crate::store) async fn record_probes<T: Tx>(
    tx: &mut T,
    at: Timestamp,
    probes: &[(ServiceName, ProbeCounts)],
) -> Result<(), StoreError> {
    tx.lock(Lock::Counting).await?;
    for (service, probes) in probes {
        for span in BucketSize::ALL {
            let from = span.begin(at);
            let of = UptimeBucket { service: service.clone(), span, from, probes: *probes };
            let mut uptime_bucket = Expiring { of, expires_at: after(from, span.retention()) };
            if let Some(stored) = tx.get::<Expiring<UptimeBucket>>(&uptime_bucket.key()).await? {
                uptime_bucket.of.probes = stored.of.probes.plus(*probes);
            }
            tx.put(&uptime_bucket).await?;
        }
    }
    Ok(())
}

pub(in crate::store) async fn uptime_buckets<T: Read>(
    tx: &mut T,
    service: &ServiceName,
    span: BucketSize,
    since: Timestamp,
) -> Result<Vec<UptimeBucket>, StoreError> {
    let all = RecordKey::new().text(service.as_str()).byte(span as u8);
    let before = since.saturating_sub(SignedDuration::from_micros(1)).unwrap_or(since);
    let found = tx.page::<Expiring<UptimeBucket>>(&all, Some(&all.clone().at(before)), ALL).await?;
    Ok(found.into_iter().map(|uptime_bucket| uptime_bucket.of).collect())
}
