//! Commits of the watcher, and the outages by time.

use deadpool_postgres::GenericClient;
use jiff::Timestamp;

use super::super::rules::outages::store_step;
use super::super::{Committed, FencingToken, StoreError, WatcherStep};
use super::leases::{commit_if_held, holds};
use super::tx::{PgTx, ask, id, run};
use crate::alerts::Audience;
use crate::health::{Outage, OutageEvent};

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
    let last: Option<Vec<u8>> = last.first().map(|row| row.try_get("mark")).transpose()?.flatten();
    let done = unsure.iter().find(|unsure| last.as_ref() == Some(&unsure.mark));
    store_step(&mut PgTx(on), step, done.map_or(&[], |done| &done.events)).await?;
    run(on, "update tracker set mark = $1", &[&mark]).await?;
    hint.await?;
    Ok(if commit_if_held(on, fence).await? { Committed::Stored } else { Committed::Fenced })
}

pub(super) async fn outages(
    on: &impl GenericClient,
    since: Timestamp,
    most: usize,
) -> Result<Vec<Outage>, StoreError> {
    let rest = "where since >= $1 order by since desc, id limit $2";
    PgTx(on).select(rest, &[&since, &id(most as u64)]).await
}
