//! What the notifier does when other instances of the bot work on the same store.
//!
//! All of them claim deliveries; the leader makes reports, live status messages and reminders.

use std::sync::atomic::Ordering;

use jiff::SignedDuration;

use super::{Inner, OperatorEvent};
use crate::alerts::Delivery;
use crate::cluster::{Leadership, take_slot};
use crate::store::StoreError;

/// Store notifications within this time count as one.
const HINTED: SignedDuration = SignedDuration::from_millis(50);
/// Messages that one announcement channel may publish in an hour, as observed of Discord (it is not documented).
const PUBLISHED_PER_HOUR: usize = 10;
const HOUR: SignedDuration = SignedDuration::from_hours(1);

impl Inner {
    /// Runs forever something that only one instance of the bot may do.
    pub(super) fn while_leader<F>(
        &self,
        chore: impl Fn() -> F + Send + 'static,
    ) -> impl Future<Output = ()> + Send + 'static
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let leadership = self.options.leadership.clone();
        async move {
            match leadership {
                Some(leadership) => leadership.during(chore).await,
                None => chore().await,
            }
        }
    }

    /// Returns whether this instance is the leader.
    pub(super) fn is_leader(&self) -> bool {
        self.options.leadership.as_ref().is_none_or(Leadership::is_ours)
    }

    /// Waits until another instance committed something, and then a moment more, which limits the rate.
    pub(super) async fn hint(&self) {
        self.store.wait_for_change().await;
        self.clock.sleep(HINTED).await;
    }

    /// Returns whether an announcement channel may publish one more message now, from whichever instance. While the
    /// store is away nothing is withheld: Discord refuses what exceeds its limit.
    pub(super) async fn may_publish(&self, delivery: &Delivery) -> bool {
        let (name, holder) = (format!("published/{}", delivery.channel), delivery.id.0.to_string());
        let slots = (PUBLISHED_PER_HOUR, HOUR);
        take_slot(&*self.store, &name, slots, &holder, self.clock.now()).await.unwrap_or_else(|error| {
            self.store_failed(&error);
            true
        })
    }

    /// Handles a store failure, which every delivery task of every instance sees. It is logged once, and the leader reports it.
    pub(super) fn store_failed(&self, error: &StoreError) {
        if self.store_is_away.swap(true, Ordering::Relaxed) {
            tracing::debug!(%error, "alerts wait in the store");
            return;
        }
        let event = OperatorEvent::Store { why: error.to_string() };
        if self.options.leadership.as_ref().is_none_or(Leadership::leads) {
            self.event(event);
        } else {
            event.log();
        }
    }

    /// Ends the failure, after a turn of the notifier succeeded on the store.
    pub(super) fn store_works(&self) {
        if self.store_is_away.swap(false, Ordering::Relaxed) {
            tracing::info!("the store works again; alerts go out");
        }
    }
}
