//! What the watcher found: the detector's state, outages, uptime buckets, and small named values of the machinery.

use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;

use super::super::expiry::{ANNOUNCEMENT, Expiring, after};
use super::super::quotas::fits;
use super::super::record::{AnnouncementRow, Counter, KvEntry, WatcherStateRow};
use super::super::{Committed, FencingToken, StoreError, WatcherState, WatcherStep};
use super::leases::{commit_if_held, holds};
use super::row::{ask, find, list, put, run};
use crate::alerts::{Announcement, AnnouncementId, Audience};
use crate::health::{BucketSize, Outage, OutageEvent, ProbeCounts, ServiceName, UptimeBucket};

/// The lock for counters whose row may not exist yet: if two transactions began a counter at once, one count would be
/// lost.
pub(super) const COUNTING: i64 = 1;

pub(super) async fn load_state(on: &impl GenericClient) -> Result<WatcherState, StoreError> {
    let state: Option<WatcherStateRow> = find(on, "where body is not null", &[]).await?;
    let open = list(on, "where until is null order by id", &[]).await?;
    Ok(WatcherState { state: state.map(|WatcherStateRow(bytes)| bytes), open })
}

/// A commit that got no answer: it was applied or not.
#[derive(Clone)]
pub(super) struct InDoubtCommit {
    /// Is in the database if the commit was applied.
    pub(super) mark: Vec<u8>,
    pub(super) events: Vec<(OutageEvent, Audience)>,
}

/// Stores a step in its own transaction, whose last statement is `hint`. If this fails, the caller must close the
/// connection: its transaction may still be open.
pub(super) async fn commit(
    on: &impl GenericClient,
    (step, fence): (&WatcherStep, &FencingToken),
    mark: &[u8],
    unsure: &[InDoubtCommit],
    hint: impl Future<Output = Result<(), StoreError>>,
) -> Result<Committed, StoreError> {
    if !holds(on, fence).await? {
        return Ok(Committed::Fenced);
    }
    on.batch_execute("begin").await?;
    // Waits for a commit that may still be in flight: afterwards its mark is visible, or it never arrives.
    let last = ask(on, "select mark from tracker for update", &[]).await?;
    let last: Option<Vec<u8>> = last.first().map(|row| row.try_get(0)).transpose()?.flatten();
    let done = unsure.iter().find(|unsure| last.as_ref() == Some(&unsure.mark));
    let done = done.map_or(&[][..], |done| &done.events);
    put(on, &WatcherStateRow(step.state.clone())).await?;
    run(on, "update tracker set mark = $1", &[&mark]).await?;
    for outage in &step.outages {
        let stored: Option<Outage> = find(on, "where id = $1", &[&outage.id.as_str()]).await?;
        if stored.is_none_or(|stored| stored.revision <= outage.revision) {
            put(on, outage).await?;
        }
    }
    // The caller repeats a commit that got no answer, with newer events after it.
    for (event, audience) in step.events.strip_prefix(done).unwrap_or(step.events.as_slice()) {
        announce(on, event, audience.clone(), event.at).await?;
    }
    hint.await?;
    Ok(if commit_if_held(on, fence).await? { Committed::Stored } else { Committed::Fenced })
}

pub(super) async fn announce(
    on: &impl GenericClient,
    event: &OutageEvent,
    audience: Audience,
    now: Timestamp,
) -> Result<(), StoreError> {
    let counted = "insert into counter values ($1, 1) on conflict (name) do update set value = counter.value + 1 returning value";
    let rows = ask(on, counted, &[&Counter::ANNOUNCEMENT]).await?;
    let id = rows.first().map(|row| row.try_get::<_, i64>(0)).transpose()?.unwrap_or_default();
    let priority = AnnouncementRow::priority_of(&audience, &event.kind);
    let id = AnnouncementId(id.cast_unsigned());
    let announcement = Announcement { id, event: event.clone(), audience, considered: None };
    put(
        on,
        &AnnouncementRow { announcement, priority, expanded: false, expires_at: after(now, ANNOUNCEMENT) },
    )
    .await
}

pub(super) async fn outages(
    on: &impl GenericClient,
    since: Timestamp,
    most: i64,
) -> Result<Vec<Outage>, StoreError> {
    list(on, "where since >= $1 order by since desc, id limit $2", &[&since, &most]).await
}

pub(super) async fn record_probes(
    on: &Transaction<'_>,
    at: Timestamp,
    probes: &[(ServiceName, ProbeCounts)],
) -> Result<(), StoreError> {
    run(on, "select pg_advisory_xact_lock($1)", &[&COUNTING]).await?;
    for (service, probes) in probes {
        for span in BucketSize::ALL {
            let from = span.begin(at);
            let of = UptimeBucket { service: service.clone(), span, from, probes: *probes };
            let mut uptime_bucket = Expiring { of, expires_at: after(from, span.retention()) };
            let stored: Option<Expiring<UptimeBucket>> = find(
                on,
                "where service = $1 and span = $2 and begins = $3",
                &[&service.as_str(), &i16::from(span as u8), &from],
            )
            .await?;
            if let Some(stored) = stored {
                uptime_bucket.of.probes = stored.of.probes.plus(*probes);
            }
            put(on, &uptime_bucket).await?;
        }
    }
    Ok(())
}

pub(super) async fn uptime_buckets(
    on: &impl GenericClient,
    service: &ServiceName,
    span: BucketSize,
    since: Timestamp,
) -> Result<Vec<UptimeBucket>, StoreError> {
    let found: Vec<Expiring<UptimeBucket>> = list(
        on,
        "where service = $1 and span = $2 and begins >= $3 order by begins",
        &[&service.as_str(), &i16::from(span as u8), &since],
    )
    .await?;
    Ok(found.into_iter().map(|uptime_bucket| uptime_bucket.of).collect())
}

pub(super) async fn save(
    on: &impl GenericClient,
    name: &str,
    value: Option<&[u8]>,
) -> Result<(), StoreError> {
    match value {
        Some(value) => {
            fits(name, value)?;
            put(on, &KvEntry { name: name.to_owned(), value: value.to_owned() }).await
        }
        None => run(on, "delete from kept where name = $1", &[&name]).await.map(drop),
    }
}

/// Returns the named values whose names begin with `beginning`. The names are ASCII.
pub(super) async fn named(on: &impl GenericClient, beginning: &str) -> Result<Vec<KvEntry>, StoreError> {
    let beyond = format!("{beginning}\u{7f}");
    list(on, "where name >= $1 and name < $2 order by name", &[&beginning, &beyond]).await
}

pub(super) async fn stored(on: &impl GenericClient, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let stored: Option<KvEntry> = find(on, "where name = $1", &[&name]).await?;
    Ok(stored.map(|stored| stored.value))
}
