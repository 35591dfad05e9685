//! The election of the leader: the one instance that checks the sources, and does all else that only one may do.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::{Notify, watch};

use super::leases::{HeldLease, LeaseManager};
use crate::clock::Clock;
use crate::store::{FencingToken, StoreError};

/// The instance with this role checks the sources, and does all else that only one instance may do.
pub const WATCHER_ROLE: &str = "watch";

/// The delay before a notification is followed, so that many changes do not cause a request each.
const DEBOUNCE: SignedDuration = SignedDuration::from_millis(200);

impl LeaseManager {
    /// Requests [`WATCHER_ROLE`] and reports on it from then on; [`LeaderState::stand`] renews it. An instance that
    /// gets no answer in time follows and asks again: what delays the answer may be over in a moment.
    pub async fn campaign(self) -> Result<(LeaderState, Leadership), StoreError> {
        let held = match self.take(WATCHER_ROLE).await {
            Err(StoreError::Away(why)) => {
                tracing::warn!(why, "the store does not say yet which instance leads; this one follows");
                None
            }
            said => said?,
        };
        let (held, told) = watch::channel(held);
        let doubt = Arc::new(Notify::new());
        let leadership = Leadership { clock: self.clock.clone(), held: told, doubt: Arc::clone(&doubt) };
        Ok((LeaderState { roles: self, held, doubt }, leadership))
    }
}

/// This instance's part in the election of the leader.
pub struct LeaderState {
    roles: LeaseManager,
    /// The store's last answer; it stays while the store is away.
    held: watch::Sender<Option<HeldLease>>,
    doubt: Arc<Notify>,
}

impl LeaderState {
    /// Acquires the role when it is free and renews it while `work` runs. Then releases it.
    pub async fn stand(self, work: impl Future<Output = ()>) {
        tokio::select! {
            () = work => {}
            () = self.keep_asking() => {}
        }
        let fence = self.held.borrow().as_ref().map(|held| held.fence.clone());
        if let Some(fence) = fence {
            self.roles.give_back(&fence).await;
        }
    }

    async fn keep_asking(&self) {
        let (clock, mut away) = (&self.roles.clock, false);
        loop {
            let leads = self.held.borrow().is_some();
            tokio::select! {
                () = clock.sleep(self.roles.renew_interval()) => {}
                () = self.doubt.notified() => {}
                // The leader may have released the role.
                () = self.hint(), if !leads => {}
            }
            match self.roles.take(WATCHER_ROLE).await {
                Ok(now) => {
                    away = false;
                    self.held.send_if_modified(|last| {
                        let fence = |held: &Option<HeldLease>| held.as_ref().map(|held| held.fence.clone());
                        let lapsed = last.as_ref().is_some_and(|held| !held.is_ours(clock));
                        let news = lapsed || fence(last) != fence(&now);
                        *last = now;
                        news
                    });
                }
                Err(error) if !std::mem::replace(&mut away, true) => {
                    tracing::warn!(%error, "the store does not say which instance leads");
                }
                Err(_) => {}
            }
        }
    }

    async fn hint(&self) {
        self.roles.store.wait_for_change().await;
        // Changes during the delay are covered too.
        self.roles.clock.sleep(DEBOUNCE.min(self.roles.renew_interval())).await;
    }
}

/// Whether this instance is the leader: it has [`WATCHER_ROLE`], as far as it can know.
#[derive(Clone, Debug)]
pub struct Leadership {
    clock: Clock,
    held: watch::Receiver<Option<HeldLease>>,
    doubt: Arc<Notify>,
}

impl Leadership {
    /// Returns the token of the last lease from the store. Another instance may hold it by now: only the store can
    /// decide.
    pub fn fence(&self) -> Option<FencingToken> {
        self.held.borrow().as_ref().map(|held| held.fence.clone())
    }

    /// Whether this instance leads by the store's last answer. While the store is away that answer stays, here and
    /// perhaps elsewhere.
    pub fn leads(&self) -> bool {
        self.held.borrow().is_some()
    }

    /// Waits until the store gives a different answer on who leads. Returns `false` if there will be none.
    pub async fn changed(&mut self) -> bool {
        self.held.changed().await.is_ok()
    }

    /// Makes the store be asked at once, because a refused write shows that another instance may lead.
    pub fn ask_again(&self) {
        self.doubt.notify_one();
    }

    /// Whether this instance is surely the leader: its lease has not expired.
    pub fn is_ours(&self) -> bool {
        self.held.borrow().as_ref().is_some_and(|held| held.is_ours(&self.clock))
    }

    /// Runs `chore` during each leadership, and drops it at any point when the leadership ends.
    pub async fn during<F: Future<Output = ()>>(mut self, chore: impl Fn() -> F) {
        loop {
            self.begins().await;
            let mut ending = self.clone();
            tokio::select! {
                () = ending.ends() => {}
                () = chore() => {
                    // The chore is finished for this leadership.
                    self.ends().await;
                }
            }
        }
    }

    async fn begins(&mut self) {
        while !self.is_ours() {
            if !self.changed().await {
                std::future::pending::<()>().await;
            }
        }
    }

    async fn ends(&mut self) {
        loop {
            let until = self.held.borrow_and_update().as_ref().map_or(Duration::ZERO, |held| held.until);
            let left = until.saturating_sub(self.clock.ticks());
            if left.is_zero() {
                return;
            }
            tokio::select! {
                // A renewal extends the lease without a notification, so it is checked again.
                () = self.clock.sleep(SignedDuration::try_from(left).unwrap_or_default()) => {}
                more = self.held.changed() => if more.is_err() { return },
            }
        }
    }
}
