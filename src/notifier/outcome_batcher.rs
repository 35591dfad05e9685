//! Stores outcomes: those that arrive together are stored in one write.
//!
//! Each outcome must be durable before its delivery is over, and each durable write waits for the disk. Without batches, 64
//! channels that are sent to in parallel would wait for it one after the other.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::oneshot;

use crate::alerts::{Claim, DeliveryOutcome};
use crate::store::{Store, StoreError};

/// Outcomes per write: each touches about eight records, and the store safely writes some hundred at once.
const TOGETHER: usize = 25;

/// Outcomes on their way into the store.
#[derive(Default)]
pub(super) struct OutcomeBatcher {
    waiting: Mutex<Vec<Waiting>>,
    turn: tokio::sync::Mutex<()>,
    held: AtomicUsize,
}

/// Counts an outcome that the store could not take yet, as long as this value lives.
pub(super) struct Pending<'a>(&'a AtomicUsize);

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

struct Waiting {
    settled: (Claim, DeliveryOutcome),
    report: oneshot::Sender<Result<bool, StoreError>>,
}

impl OutcomeBatcher {
    /// Notes an outcome that the store could not take yet.
    pub(super) fn hold(&self) -> Pending<'_> {
        self.held.fetch_add(1, Ordering::Relaxed);
        Pending(&self.held)
    }

    /// Returns whether any outcome waits for the store.
    pub(super) fn is_held_up(&self) -> bool {
        self.held.load(Ordering::Relaxed) > 0
    }

    /// Stores the outcome of a claim. Returns `false` if the claim is no longer ours.
    pub(super) async fn settle(
        &self,
        store: &dyn Store,
        settled: (Claim, DeliveryOutcome),
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (report, mut log) = oneshot::channel();
        self.waiting().push(Waiting { settled, report });
        let _turn = self.turn.lock().await;
        loop {
            match log.try_recv() {
                Ok(stored) => return stored,
                Err(oneshot::error::TryRecvError::Empty) => self.settle_some(store, now).await,
                // The task that had taken our outcome was cancelled while it stored it.
                Err(oneshot::error::TryRecvError::Closed) => {
                    return Err(StoreError::Away("storing it was interrupted".to_owned()));
                }
            }
        }
    }

    async fn settle_some(&self, store: &dyn Store, now: Timestamp) {
        let some: Vec<Waiting> = {
            let mut waiting = self.waiting();
            let some = waiting.len().min(TOGETHER);
            waiting.drain(..some).collect()
        };
        let (settled, report): (Vec<_>, Vec<_>) = some.into_iter().map(|it| (it.settled, it.report)).unzip();
        let stored = store.complete_all(&settled, now).await;
        for (nth, report) in report.into_iter().enumerate() {
            let stored = match &stored {
                Ok(stored) => Ok(stored.get(nth).copied().unwrap_or(false)),
                Err(error) => Err(error.clone()),
            };
            // The waiting task may be gone: the outcome is stored anyway.
            let _ = report.send(stored);
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
