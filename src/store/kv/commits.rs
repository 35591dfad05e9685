//! Commits of the watcher, and the outages by time.

use jiff::Timestamp;

use super::super::key::RecordKey;
use super::super::record::WatcherStateRow;
use super::super::rules::outages::store_step;
use super::super::table::Table;
use super::super::{Committed, FencingToken, StoreError, WatcherStep};
use super::engine::KvEngine;
use super::transaction::{KvTx, run};
use super::{InDoubtCommit, Inner};
use crate::alerts::Audience;
use crate::health::{Outage, OutageEvent};

/// Failed commits that are remembered; at most one of them is the newest that was stored. A commit is tried every five
/// seconds.
const MOST_UNSURE: usize = 24;

impl<S: KvEngine> Inner<S> {
    pub(super) fn commit(&self, step: &WatcherStep, fence: &FencingToken) -> Result<Committed, StoreError> {
        let committed = self.change_inner(|tx, leases| {
            if !leases.leading.is_newest(fence) {
                return Ok(Committed::Fenced);
            }
            let done = already_stored(tx, &leases.unsure)?;
            run(store_step(tx, step, &done))?;
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
        let tx = self.read();
        let mut found = Vec::new();
        for (_, key) in tx.scan(Table::OutageByTime, &RecordKey::new(), &RecordKey::new(), most)? {
            let Some(outage) = tx.find::<Outage>(&RecordKey(key))? else { continue };
            if outage.since < since {
                break; // newest first: all that follow began earlier
            }
            found.push(outage);
        }
        Ok(found)
    }
}

/// Returns the events of a failed commit that is on the disk after all; an empty list if there is none.
fn already_stored<S: KvEngine>(
    tx: &KvTx<'_, S>,
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
