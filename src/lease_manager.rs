//! Roles that one instance of the bot plays at a time, where several share a store: held by a lease, renewed each third of it.
//!
//! A copy that dies, is paused or is cut off loses its roles when their lease is over, and another takes them. It counts its own
//! lease from before it asked, on a clock that never steps, so that it stops before another begins.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::{Notify, watch};

use crate::clock::Clock;
use crate::store::{FencingToken, Store, StoreError};

/// The copy that plays this one watches, and does whatever only one copy may do.
pub const WATCHER_ROLE: &str = "watch";

/// A hint is followed after this: under many changes the store is not asked for each.
const DEBOUNCE: SignedDuration = SignedDuration::from_millis(200);

/// This copy's hand in the roles.
#[derive(Clone)]
pub struct LeaseManager {
    store: Arc<dyn Store>,
    clock: Clock,
    holder: Arc<str>,
    lease: SignedDuration,
}

/// A role that this copy plays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldLease {
    /// What the store checks.
    pub fence: FencingToken,
    /// Until when it is ours for sure, in the clock's ticks.
    until: Duration,
}

impl LeaseManager {
    /// The hand of a copy with a random name, so that no other has it.
    pub fn new(store: Arc<dyn Store>, clock: Clock, lease: SignedDuration) -> Result<Self, StoreError> {
        let mut name = [0; 8];
        getrandom::fill(&mut name)
            .map_err(|e| StoreError::Away(format!("the system gives no randomness: {e}")))?;
        let holder = format!("{:016x}", u64::from_be_bytes(name)).into();
        Ok(Self { store, clock, holder, lease })
    }

    /// The name of this copy.
    pub fn holder(&self) -> &str {
        &self.holder
    }

    /// How often a role is renewed, or asked for: two renewals may fail before it is lost.
    pub fn renew_interval(&self) -> SignedDuration {
        self.lease / 3
    }

    /// Takes a role, or keeps it for another lease; none while another copy plays it. An error where the store does not
    /// answer within a third of the lease.
    pub async fn take(&self, role: &str) -> Result<Option<HeldLease>, StoreError> {
        let until = self.clock.ticks() + Duration::try_from(self.lease).unwrap_or_default();
        let lease = self.store.acquire_lease(role, &self.holder, self.lease, self.clock.now());
        let silent = || Err(StoreError::Away("the store does not answer in time".to_owned()));
        let fence = self.clock.timeout(self.renew_interval(), lease).await.unwrap_or_else(silent)?;
        Ok(fence.map(|fence| HeldLease { fence, until }))
    }

    /// Asks for [`WATCHER_ROLE`], and tells of it from here on; [`LeaderState::stand`] keeps it. An instance that does not learn in
    /// time who leads follows, and asks again: what keeps the answer may be over in a moment.
    pub async fn stand_for_duty(self) -> Result<(LeaderState, Leadership), StoreError> {
        let held = match self.take(WATCHER_ROLE).await {
            Err(StoreError::Away(why)) => {
                tracing::warn!(why, "the store does not say yet which instance leads; this one follows");
                None
            }
            said => said?,
        };
        let (held, told) = watch::channel(held);
        let doubt = Arc::new(Notify::new());
        let duty = Leadership { clock: self.clock.clone(), held: told, doubt: Arc::clone(&doubt) };
        Ok((LeaderState { roles: self, held, doubt }, duty))
    }

    /// Gives a role back, so that another copy has it at once. Where that fails, it is free when its lease is over.
    pub async fn give_back(&self, fence: &FencingToken) {
        let given = self.clock.timeout(self.renew_interval(), self.store.release_lease(fence)).await;
        if let Some(Err(error)) = given {
            tracing::debug!(%error, role = fence.role, "a role could not be given back; it is free when its lease is over");
        }
    }
}

/// This copy stands for the duty.
pub struct LeaderState {
    roles: LeaseManager,
    /// What the store said last; while it is away, what it said before.
    held: watch::Sender<Option<HeldLease>>,
    doubt: Arc<Notify>,
}

impl LeaderState {
    /// Takes the duty when it is free, and renews it, as long as `work` lasts; then gives it back.
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
                // Perhaps whoever leads has resigned.
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
                    tracing::warn!(%error, "the store does not say which copy leads");
                }
                Err(_) => {}
            }
        }
    }

    async fn hint(&self) {
        self.roles.store.wait_for_change().await;
        // Whatever comes meanwhile is seen as well.
        self.roles.clock.sleep(DEBOUNCE.min(self.roles.renew_interval())).await;
    }
}

impl HeldLease {
    /// How long it is surely ours from now.
    pub fn left(&self, clock: &Clock) -> SignedDuration {
        SignedDuration::try_from(self.until.saturating_sub(clock.ticks())).unwrap_or_default()
    }

    /// Whether the lease is not over.
    pub fn is_ours(&self, clock: &Clock) -> bool {
        clock.ticks() < self.until
    }
}

/// Whether this copy is on duty: plays [`WATCHER_ROLE`], as far as it can know.
#[derive(Clone, Debug)]
pub struct Leadership {
    clock: Clock,
    held: watch::Receiver<Option<HeldLease>>,
    doubt: Arc<Notify>,
}

impl Leadership {
    /// The lead that the store gave last, which may be another's by now: only the store can tell.
    pub fn fence(&self) -> Option<FencingToken> {
        self.held.borrow().as_ref().map(|held| held.fence.clone())
    }

    /// Whether this instance leads by the store's last word. While the store is away that stays so, here and perhaps elsewhere.
    pub fn leads(&self) -> bool {
        self.held.borrow().is_some()
    }

    /// Waits until the store gives another word on who leads; `false` when nobody is left who could tell.
    pub async fn changed(&mut self) -> bool {
        self.held.changed().await.is_ok()
    }

    /// What the store did not keep says that another may lead: it is asked at once.
    pub fn ask_again(&self) {
        self.doubt.notify_one();
    }

    /// Whether this copy is surely the one: the lease that the store gave is not over.
    pub fn is_ours(&self) -> bool {
        self.held.borrow().as_ref().is_some_and(|held| held.is_ours(&self.clock))
    }

    /// Does something over and over while on duty; it is dropped wherever it stands when the duty ends.
    pub async fn during<F: Future<Output = ()>>(mut self, chore: impl Fn() -> F) {
        loop {
            self.begins().await;
            let mut ending = self.clone();
            tokio::select! {
                () = ending.ends() => {}
                () = chore() => {
                    // It has nothing to do any more as long as this duty lasts.
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
                // A renewal makes it longer without a word, so it is checked again.
                () = self.clock.sleep(SignedDuration::try_from(left).unwrap_or_default()) => {}
                more = self.held.changed() => if more.is_err() { return },
            }
        }
    }
}
