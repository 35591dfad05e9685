//! What a notifier does where other instances of the bot work on the same store.
//!
//! Deliveries are claimed by all of them; reports, boards and reminders are made by the one on duty.

use std::sync::atomic::Ordering;

use jiff::SignedDuration;

use super::{Inner, OperatorEvent};
use crate::alerts::Delivery;
use crate::lease_manager::Leadership;
use crate::store::StoreError;

/// Hints that come within this are one.
const HINTED: SignedDuration = SignedDuration::from_millis(50);
/// Messages that one announcement channel may publish in an hour, by what Discord was seen to do (it is not documented).
const PUBLISHED_PER_HOUR: usize = 10;
const HOUR: SignedDuration = SignedDuration::from_hours(1);

impl Inner {
    /// Does something forever that only one instance of the bot may do.
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
        self.options.duty.as_ref().is_none_or(Leadership::is_ours)
    }

    /// Waits until another copy kept something; not sooner again than in a moment, however much it keeps.
    pub(super) async fn hint(&self) {
        self.store.wait_for_change().await;
        self.clock.sleep(HINTED).await;
    }

    /// Whether an announcement channel may publish one more message now, whichever copy brings it: an hour has so many places,
    /// and each is a lease that nobody gives back. While the store is away nothing is withheld; Discord refuses what is too
    /// much.
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

    /// The store failed, which every delivery task of every copy sees; it is said once, and one copy tells the operator.
    pub(super) fn store_failed(&self, error: &StoreError) {
        if self.store_is_away.swap(true, Ordering::Relaxed) {
            tracing::debug!(%error, "alerts wait in the store");
            return;
        }
        let event = OperatorEvent::Store { why: error.to_string() };
        if self.options.duty.as_ref().is_none_or(Leadership::leads) {
            self.event(event);
        } else {
            event.log();
        }
    }

    /// The store did what the notifier's turn asks of it.
    pub(super) fn store_works(&self) {
        if self.store_is_away.swap(false, Ordering::Relaxed) {
            tracing::info!("the store works again; alerts go out");
        }
    }
}
