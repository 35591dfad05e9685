//! The leases of one instance: taken, renewed and released in the store.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use super::SharedLimits;
use crate::clock::Clock;
use crate::store::{FencingToken, Leases, StoreError};

/// The leases of one instance. Cheap to clone.
#[derive(Clone)]
pub struct LeaseManager {
    pub(super) store: Arc<dyn Leases>,
    pub(super) clock: Clock,
    holder: Arc<str>,
    lease: SignedDuration,
    /// The leases that were taken by name alone, as [`SharedLimits`].
    held: Arc<Mutex<BTreeMap<String, FencingToken>>>,
}

/// A role that this instance has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldLease {
    /// The proof that the store checks.
    pub fence: FencingToken,
    /// Until when the lease is surely valid, in the clock's ticks.
    pub(super) until: Duration,
}

impl HeldLease {
    /// Returns how long the lease is surely valid from now.
    pub fn left(&self, clock: &Clock) -> SignedDuration {
        SignedDuration::try_from(self.until.saturating_sub(clock.ticks())).unwrap_or_default()
    }

    /// Whether the lease has not expired.
    pub fn is_ours(&self, clock: &Clock) -> bool {
        clock.ticks() < self.until
    }
}

impl LeaseManager {
    /// Creates it with a random holder name, so that no other instance has the same.
    pub fn new(store: Arc<dyn Leases>, clock: Clock, lease: SignedDuration) -> Result<Self, StoreError> {
        let mut name = [0; 8];
        getrandom::fill(&mut name)
            .map_err(|e| StoreError::Away(format!("no randomness from the system: {e}")))?;
        let holder = format!("{:016x}", u64::from_be_bytes(name)).into();
        Ok(Self { store, clock, holder, lease, held: Arc::default() })
    }

    /// Returns the limits that this instance shares with others, or `None` if the store is its own.
    pub fn shared(&self) -> Option<Arc<dyn SharedLimits>> {
        self.store.is_shared().then(|| Arc::new(self.clone()) as Arc<dyn SharedLimits>)
    }

    /// Returns this instance's name.
    pub fn holder(&self) -> &str {
        &self.holder
    }

    /// Returns how often a role is renewed or requested: two renewals may fail before it is lost.
    pub fn renew_interval(&self) -> SignedDuration {
        self.lease / 3
    }

    /// Acquires or renews a role. Returns `None` while another instance has it. Fails if the store does not answer
    /// within a third of the lease.
    pub async fn take(&self, role: &str) -> Result<Option<HeldLease>, StoreError> {
        let until = self.clock.ticks() + Duration::try_from(self.lease).unwrap_or_default();
        let lease = self.store.acquire_lease(role, &self.holder, self.lease, self.clock.now());
        Ok(self.in_time(lease).await?.map(|fence| HeldLease { fence, until }))
    }

    /// Releases a role, so that another instance gets it at once. If that fails, it is free when its lease expires.
    pub async fn give_back(&self, fence: &FencingToken) {
        let given = self.clock.timeout(self.renew_interval(), self.store.release_lease(fence)).await;
        if let Some(Err(error)) = given {
            tracing::debug!(%error, role = fence.role, "a role could not be released; it is free when its lease expires");
        }
    }

    /// Returns the store's answer, which must come within a third of the lease.
    async fn in_time<T>(&self, asked: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let silent = || Err(StoreError::Away("the store does not answer in time".to_owned()));
        self.clock.timeout(self.renew_interval(), asked).await.unwrap_or_else(silent)
    }

    fn note(&self, role: &str, fence: Option<FencingToken>) -> Option<FencingToken> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        match fence {
            Some(fence) => held.insert(role.to_owned(), fence),
            None => held.remove(role),
        }
    }
}

#[async_trait]
impl SharedLimits for LeaseManager {
    async fn take(&self, role: &str) -> Result<Option<SignedDuration>, String> {
        let taken = Self::take(self, role).await.map_err(|error| error.to_string())?;
        let left = taken.as_ref().map(|held| held.left(&self.clock));
        self.note(role, taken.map(|held| held.fence));
        Ok(left)
    }

    async fn give_back(&self, role: &str) {
        if let Some(fence) = self.note(role, None) {
            Self::give_back(self, &fence).await;
        }
    }

    async fn count(&self, prefix: &str) -> Result<usize, String> {
        let asked = self.in_time(self.store.leases(prefix, self.clock.now())).await;
        asked.map(|leases| leases.len()).map_err(|error| error.to_string())
    }

    async fn reserve(&self, rate: &str, slots: u32, every: SignedDuration) -> Result<SignedDuration, String> {
        let asked = self.in_time(self.store.reserve(rate, slots, every, self.clock.now())).await;
        asked.map_err(|error| error.to_string())
    }

    fn name(&self) -> &str {
        self.holder()
    }

    fn renew_interval(&self) -> SignedDuration {
        self.renew_interval()
    }
}

/// Takes one of `most` slots in a period that all instances share, and returns whether one was free. A slot is a lease that is
/// never released; the same holder gets the same slot again.
pub async fn take_slot(
    store: &dyn Leases,
    name: &str,
    (most, period): (usize, SignedDuration),
    holder: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    for slot in 0..most {
        if store.acquire_lease(&format!("{name}/{slot}"), holder, period, now).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}
