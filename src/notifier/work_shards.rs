//! What the notifier does when other instances of the bot work on the same store.
//!
//! All of them claim deliveries; the leader makes reports, live status messages and reminders.

use std::sync::atomic::Ordering;

use jiff::SignedDuration;

use super::{Inner, OperatorEvent};
use crate::alerts::Delivery;
use crate::lease_manager::Leadership;
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

    /// Returns whether an announcement channel may publish one more message now, from whichever instance. An hour has a fixed
    /// number of slots, and each is a lease that is never released. While the store is away nothing is withheld: Discord
    /// refuses what exceeds its limit.
    pub(super) async fn may_publish(&self, delivery: &Delivery) -> bool {
        let (channel, holder) = (delivery.channel, delivery.id.0.to_string());
        for target in 0..PUBLISHED_PER_HOUR {
            let role = format!("published/{channel}/{target}");
            match self.store.acquire_lease(&role, &holder, HOUR, self.clock.now()).await {
                Ok(Some(_)) => return true,
                Ok(None) => {}
                Err(error) => {
                    self.store_failed(&error);
                    return true;
                }
            }
        }
        false
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
