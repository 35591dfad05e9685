//! Keeping outcomes: those that come together are kept in one write.
//!
//! Each outcome must be durable before its delivery is over, and each durable write waits for the disk: 64 channels that
//! are sent to at once would wait for it one after the other.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::oneshot;

use crate::alerts::{Claim, DeliveryOutcome};
use crate::store::{Store, StoreError};

/// Outcomes kept in one write: each touches about eight records, and the store writes some hundred safely at once.
const TOGETHER: usize = 25;

/// Outcomes on their way into the store.
#[derive(Default)]
pub(super) struct Settling {
    waiting: Mutex<Vec<Waiting>>,
    turn: tokio::sync::Mutex<()>,
    held: AtomicUsize,
}

/// An outcome that the store could not keep yet, as long as this lives.
pub(super) struct Held<'a>(&'a AtomicUsize);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

struct Waiting {
    settled: (Claim, DeliveryOutcome),
    tell: oneshot::Sender<Result<bool, StoreError>>,
}

impl Settling {
    /// Notes an outcome that the store could not keep yet.
    pub(super) fn hold(&self) -> Held<'_> {
        self.held.fetch_add(1, Ordering::Relaxed);
        Held(&self.held)
    }

    /// Whether there are any.
    pub(super) fn is_held_up(&self) -> bool {
        self.held.load(Ordering::Relaxed) > 0
    }

    /// Stores what became of a claim; `false` if it is no longer ours.
    pub(super) async fn settle(
        &self,
        store: &dyn Store,
        settled: (Claim, DeliveryOutcome),
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (tell, mut told) = oneshot::channel();
        self.waiting().push(Waiting { settled, tell });
        let _turn = self.turn.lock().await;
        loop {
            match told.try_recv() {
                Ok(kept) => return kept,
                Err(oneshot::error::TryRecvError::Empty) => self.settle_some(store, now).await,
                // Whoever had taken ours was stopped in the middle of it.
                Err(oneshot::error::TryRecvError::Closed) => {
                    return Err(StoreError::Away("keeping it was interrupted".to_owned()));
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
        let (settled, tell): (Vec<_>, Vec<_>) = some.into_iter().map(|it| (it.settled, it.tell)).unzip();
        let kept = store.complete_all(&settled, now).await;
        for (nth, tell) in tell.into_iter().enumerate() {
            let kept = match &kept {
                Ok(kept) => Ok(kept.get(nth).copied().unwrap_or(false)),
                Err(error) => Err(error.clone()),
            };
            // Whoever waited may be gone: what is kept is kept.
            let _ = tell.send(kept);
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
