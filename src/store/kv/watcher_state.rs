//! What the watcher found: the detector's state, outages, uptime buckets, and small named values of the machinery.

use jiff::Timestamp;

use super::super::engine::{KvEngine, Table};
use super::super::expiry::{ANNOUNCEMENT, Expiring, after};
use super::super::key::RecordKey;
use super::super::quotas::fits;
use super::super::record::{AnnouncementRow, Counter, KvEntry, Record as _, WatcherStateRow};
use super::super::transaction::Tx;
use super::super::{Committed, FencingToken, StoreError, WatcherState, WatcherStep};
use super::{InDoubtCommit, Inner, count_up};
use crate::alerts::{Announcement, AnnouncementId, Audience};
use crate::health::{BucketSize, Outage, OutageEvent, ProbeCounts, ServiceName, UptimeBucket};

/// Failed commits that are remembered; at most one of them is the newest that was stored. A commit is tried every five
/// seconds.
const MOST_UNSURE: usize = 24;

impl<S: KvEngine> Inner<S> {
    pub(super) fn load_state(&self) -> Result<WatcherState, StoreError> {
        let probe = self.read();
        let state = probe.find::<WatcherStateRow>(&RecordKey::new())?.map(|WatcherStateRow(bytes)| bytes);
        Ok(WatcherState { state, open: open_outages(&probe)? })
    }

    pub(super) fn commit(&self, step: &WatcherStep, fence: &FencingToken) -> Result<Committed, StoreError> {
        let committed = self.change_inner(|tx, leases| {
            if !leases.leading.is_newest(fence) {
                return Ok(Committed::Fenced);
            }
            let done = already_stored(tx, &leases.unsure)?;
            // The caller repeats a commit that got no answer, with newer events after it.
            let events = step.events.strip_prefix(done.as_slice()).unwrap_or(step.events.as_slice());
            tx.put(&WatcherStateRow(step.state.clone()))?;
            for outage in &step.outages {
                let stored = tx.find::<Outage>(&outage.key())?;
                if stored.is_none_or(|stored| stored.revision <= outage.revision) {
                    tx.put(outage)?;
                }
            }
            for (event, audience) in events {
                announce(tx, event, audience.clone(), event.at)?;
            }
            Ok(Committed::Stored)
        });
        match &committed {
            Ok(Committed::Stored) => {
                self.leases().unsure.clear();
                self.hint();
            }
            Ok(Committed::Fenced) => {}
            Err(_) => {
                let unsure = &mut self.leases().unsure;
                if unsure.len() == MOST_UNSURE {
                    unsure.remove(0);
                }
                unsure.push(InDoubtCommit { state: step.state.clone(), events: step.events.clone() });
            }
        }
        committed
    }

    pub(super) fn outages(&self, since: Timestamp, most: usize) -> Result<Vec<Outage>, StoreError> {
        let probe = self.read();
        let mut found = Vec::new();
        for (_, key) in probe.scan(Table::OutageByTime, &RecordKey::new(), &RecordKey::new(), most)? {
            let Some(outage) = probe.find::<Outage>(&RecordKey(key))? else { continue };
            if outage.since < since {
                break; // newest first: all that follow began earlier
            }
            found.push(outage);
        }
        Ok(found)
    }

    pub(super) fn record_probes(
        &self,
        at: Timestamp,
        probes: &[(ServiceName, ProbeCounts)],
    ) -> Result<(), StoreError> {
        self.change_inner(|tx, _| {
            for (service, probes) in probes {
                for span in BucketSize::ALL {
                    let from = span.begin(at);
                    let of = UptimeBucket { service: service.clone(), span, from, probes: *probes };
                    let mut uptime_bucket = Expiring { of, expires_at: after(from, span.retention()) };
                    if let Some(stored) = tx.find::<Expiring<UptimeBucket>>(&uptime_bucket.key())? {
                        uptime_bucket.of.probes = stored.of.probes.plus(*probes);
                    }
                    tx.put(&uptime_bucket)?;
                }
            }
            Ok(())
        })
    }

    pub(super) fn uptime_buckets(
        &self,
        service: &ServiceName,
        span: BucketSize,
        since: Timestamp,
    ) -> Result<Vec<UptimeBucket>, StoreError> {
        let prefix = RecordKey::new().text(service.as_str()).byte(span as u8);
        let from = prefix.clone().at(since);
        let rows = self.read().scan(Table::UptimeBucket, &prefix, &from, usize::MAX)?;
        rows.iter().map(|(_, value)| Ok(Expiring::<UptimeBucket>::decode(value)?.of)).collect()
    }

    pub(super) fn save(&self, name: &str, value: Option<Vec<u8>>) -> Result<(), StoreError> {
        self.change_inner(|tx, _| match value {
            Some(value) => {
                fits(name, &value)?;
                tx.put(&KvEntry { name: name.to_owned(), value })
            }
            None => tx.forget::<KvEntry>(&RecordKey::new().text(name)).map(drop),
        })
    }

    pub(super) fn stored(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.read().find::<KvEntry>(&RecordKey::new().text(name))?.map(|stored| stored.value))
    }
}

/// Returns the events of a failed commit that is on the disk after all; an empty list if there is none.
fn already_stored<S: KvEngine>(
    tx: &Tx<'_, S>,
    unsure: &[InDoubtCommit],
) -> Result<Vec<(OutageEvent, Audience)>, StoreError> {
    if unsure.is_empty() {
        return Ok(Vec::new());
    }
    let Some(WatcherStateRow(last)) = tx.find::<WatcherStateRow>(&RecordKey::new())? else {
        return Ok(Vec::new());
    };
    let stored = unsure.iter().find(|unsure| unsure.state == last);
    Ok(stored.map(|unsure| unsure.events.clone()).unwrap_or_default())
}

pub(super) fn open_outages<S: KvEngine>(tx: &Tx<'_, S>) -> Result<Vec<Outage>, StoreError> {
    let mut open = Vec::new();
    for (key, _) in tx.scan(Table::OpenOutage, &RecordKey::new(), &RecordKey::new(), usize::MAX)? {
        open.extend(tx.find::<Outage>(&key)?);
    }
    Ok(open)
}

pub(super) fn announce<S: KvEngine>(
    tx: &mut Tx<'_, S>,
    event: &OutageEvent,
    audience: Audience,
    now: Timestamp,
) -> Result<(), StoreError> {
    let id = AnnouncementId(count_up(tx, Counter::ANNOUNCEMENT)?);
    let priority = AnnouncementRow::priority_of(&audience, &event.kind);
    let announcement = Announcement { id, event: event.clone(), audience, considered: None };
    tx.put(&AnnouncementRow { announcement, priority, expanded: false, expires_at: after(now, ANNOUNCEMENT) })
}
