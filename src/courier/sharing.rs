//! What a courier does where other copies of the bot work on the same store.
//!
//! Deliveries are claimed by all of them; reports, boards and reminders are made by the one on duty.
//!
//! Never: a hint is relied on; the courier looks by itself as well.

use std::sync::atomic::Ordering;

use jiff::SignedDuration;

use super::{Inner, OperatorNotice};
use crate::roles::Duty;
use crate::store::StoreError;

/// Hints that come within this are one.
const HINTED: SignedDuration = SignedDuration::from_millis(50);

impl Inner {
    /// Does something for ever that only one copy of the bot may do.
    pub(super) fn on_duty<F>(
        &self,
        chore: impl Fn() -> F + Send + 'static,
    ) -> impl Future<Output = ()> + Send + 'static
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let duty = self.options.duty.clone();
        async move {
            match duty {
                Some(duty) => duty.during(chore).await,
                None => chore().await,
            }
        }
    }

    /// Whether this is the copy that does what only one may do.
    pub(super) fn is_on_duty(&self) -> bool {
        self.options.duty.as_ref().is_none_or(Duty::is_ours)
    }

    /// Waits until another copy kept something; not sooner again than in a moment, however much it keeps.
    pub(super) async fn hint(&self) {
        self.store.changed().await;
        self.clock.sleep(HINTED).await;
    }

    /// The store failed, which every errand of every copy sees; it is said once, and one copy tells the operator.
    pub(super) fn store_failed(&self, error: &StoreError) {
        if self.store_is_away.swap(true, Ordering::Relaxed) {
            tracing::debug!(%error, "alerts wait in the store");
            return;
        }
        let notice = OperatorNotice::Store { why: error.to_string() };
        if self.options.duty.as_ref().is_none_or(Duty::leads) {
            self.notice(notice);
        } else {
            tracing::warn!("{notice}");
        }
    }

    /// The store did what the courier's turn asks of it.
    pub(super) fn store_works(&self) {
        if self.store_is_away.swap(false, Ordering::Relaxed) {
            tracing::info!("the store works again; alerts go out");
        }
    }
}
