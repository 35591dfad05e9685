//! What the watcher found: its tracker, outages, tallies of looks, and small named values of the machinery.

use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;

use super::super::bounds::fits;
use super::super::fading::{ANNOUNCEMENT, Fading, after};
use super::super::record::{Announced, Counter, Kept, Tracker};
use super::super::{Committed, Fence, Remembered, Step, StoreError};
use super::leading::{commit_if_held, holds};
use super::row::{ask, find, list, put, run};
use crate::alerts::{Announcement, AnnouncementId, Audience};
use crate::health::{Looks, Outage, OutageEvent, ServiceName, Span, Tally};

/// Held while something is counted that may not be there yet: of two who begin a count at once, one would be lost.
pub(super) const COUNTING: i64 = 1;

pub(super) async fn recall(on: &impl GenericClient) -> Result<Remembered, StoreError> {
    let tracker: Option<Tracker> = find(on, "where body is not null", &[]).await?;
    let open = list(on, "where until is null order by id", &[]).await?;
    Ok(Remembered { tracker: tracker.map(|Tracker(bytes)| bytes), open })
}

/// A commit of which no answer came: it was carried out or not.
#[derive(Clone)]
pub(super) struct Unsure {
    /// Stands in the database if it was.
    pub(super) mark: Vec<u8>,
    pub(super) events: Vec<(OutageEvent, Audience)>,
}

/// Keeps a step in a transaction of its own, whose last statement is `hint`. A connection on which this fails must be closed:
/// its transaction may still be open.
pub(super) async fn commit(
    on: &impl GenericClient,
    (step, fence): (&Step, &Fence),
    mark: &[u8],
    unsure: &[Unsure],
    hint: impl Future<Output = Result<(), StoreError>>,
) -> Result<Committed, StoreError> {
    if !holds(on, fence).await? {
        return Ok(Committed::Fenced);
    }
    on.batch_execute("begin").await?;
    // Waits here for a commit that may still be on its way: then its mark is seen, or it never comes.
    let last = ask(on, "select mark from tracker for update", &[]).await?;
    let last: Option<Vec<u8>> = last.first().map(|row| row.try_get(0)).transpose()?.flatten();
    let done = unsure.iter().find(|unsure| last.as_ref() == Some(&unsure.mark));
    let done = done.map_or(&[][..], |done| &done.events);
    put(on, &Tracker(step.tracker.clone())).await?;
    run(on, "update tracker set mark = $1", &[&mark]).await?;
    for outage in &step.outages {
        let kept: Option<Outage> = find(on, "where id = $1", &[&outage.id.as_str()]).await?;
        if kept.is_none_or(|kept| kept.revision <= outage.revision) {
            put(on, outage).await?;
        }
    }
    // What was not answered is asked again, with what came since behind it.
    for (event, audience) in step.events.strip_prefix(done).unwrap_or(step.events.as_slice()) {
        announce(on, event, audience.clone(), event.at).await?;
    }
    hint.await?;
    Ok(if commit_if_held(on, fence).await? { Committed::Kept } else { Committed::Fenced })
}

/// Enqueues an announcement.
pub(super) async fn announce(
    on: &impl GenericClient,
    event: &OutageEvent,
    audience: Audience,
    now: Timestamp,
) -> Result<(), StoreError> {
    let counted = "insert into counter values ($1, 1) on conflict (name) do update set value = counter.value + 1 returning value";
    let rows = ask(on, counted, &[&Counter::ANNOUNCEMENT]).await?;
    let id = rows.first().map(|row| row.try_get::<_, i64>(0)).transpose()?.unwrap_or_default();
    let haste = Announced::haste_of(&audience, &event.kind);
    let id = AnnouncementId(id.cast_unsigned());
    let announcement = Announcement { id, event: event.clone(), audience, considered: None };
    put(on, &Announced { announcement, haste, expanded: false, fades: after(now, ANNOUNCEMENT) }).await
}

pub(super) async fn outages(
    on: &impl GenericClient,
    since: Timestamp,
    most: i64,
) -> Result<Vec<Outage>, StoreError> {
    list(on, "where since >= $1 order by since desc, id limit $2", &[&since, &most]).await
}

pub(super) async fn note_looks(
    on: &Transaction<'_>,
    at: Timestamp,
    looks: &[(ServiceName, Looks)],
) -> Result<(), StoreError> {
    run(on, "select pg_advisory_xact_lock($1)", &[&COUNTING]).await?;
    for (service, looks) in looks {
        for span in Span::ALL {
            let from = span.begin(at);
            let of = Tally { service: service.clone(), span, from, looks: *looks };
            let mut tally = Fading { of, fades: after(from, span.kept_for()) };
            let kept: Option<Fading<Tally>> = find(
                on,
                "where service = $1 and span = $2 and begins = $3",
                &[&service.as_str(), &i16::from(span as u8), &from],
            )
            .await?;
            if let Some(kept) = kept {
                tally.of.looks = kept.of.looks.plus(*looks);
            }
            put(on, &tally).await?;
        }
    }
    Ok(())
}

pub(super) async fn tallies(
    on: &impl GenericClient,
    service: &ServiceName,
    span: Span,
    since: Timestamp,
) -> Result<Vec<Tally>, StoreError> {
    let found: Vec<Fading<Tally>> = list(
        on,
        "where service = $1 and span = $2 and begins >= $3 order by begins",
        &[&service.as_str(), &i16::from(span as u8), &since],
    )
    .await?;
    Ok(found.into_iter().map(|tally| tally.of).collect())
}

pub(super) async fn keep(
    on: &impl GenericClient,
    name: &str,
    value: Option<&[u8]>,
) -> Result<(), StoreError> {
    match value {
        Some(value) => {
            fits(name, value)?;
            put(on, &Kept { name: name.to_owned(), value: value.to_owned() }).await
        }
        None => run(on, "delete from kept where name = $1", &[&name]).await.map(drop),
    }
}

/// The small values whose names begin so. The names are ASCII.
pub(super) async fn named(on: &impl GenericClient, beginning: &str) -> Result<Vec<Kept>, StoreError> {
    let beyond = format!("{beginning}\u{7f}");
    list(on, "where name >= $1 and name < $2 order by name", &[&beginning, &beyond]).await
}

pub(super) async fn kept(on: &impl GenericClient, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let kept: Option<Kept> = find(on, "where name = $1", &[&name]).await?;
    Ok(kept.map(|kept| kept.value))
}
