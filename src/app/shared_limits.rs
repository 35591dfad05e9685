//! The share of Discord's limits that the instances of the bot coordinate through their store.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use jiff::SignedDuration;

use crate::clock::Clock;
use crate::discord::shared_limits::SharedLimits;
use crate::lease_manager::LeaseManager;
use crate::store::{FencingToken, Store, StoreError};

/// The store through which the instances coordinate Discord's limits.
pub struct StoreSharedLimits {
    store: Arc<dyn Store>,
    roles: LeaseManager,
    clock: Clock,
    held: Mutex<BTreeMap<String, FencingToken>>,
}

impl StoreSharedLimits {
    /// Returns what this instance shares with others, or `None` if the store is its own.
    pub fn of(store: &Arc<dyn Store>, roles: LeaseManager, clock: &Clock) -> Option<Arc<Self>> {
        let shared = store.is_shared();
        let held = Mutex::default();
        shared.then(|| Arc::new(Self { store: Arc::clone(store), roles, clock: clock.clone(), held }))
    }

    async fn ask<T>(&self, asking: impl Future<Output = Result<T, StoreError>>) -> Result<T, String> {
        let asked = self.clock.timeout(self.roles.renew_interval(), asking).await;
        asked
            .unwrap_or_else(|| Err(StoreError::Away("the store does not answer in time".to_owned())))
            .map_err(|e| e.to_string())
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
impl SharedLimits for StoreSharedLimits {
    async fn take(&self, role: &str) -> Result<Option<SignedDuration>, String> {
        let taken = self.roles.take(role).await.map_err(|error| error.to_string())?;
        let left = taken.as_ref().map(|held| held.left(&self.clock));
        self.note(role, taken.map(|held| held.fence));
        Ok(left)
    }

    async fn give_back(&self, role: &str) {
        if let Some(fence) = self.note(role, None) {
            self.roles.give_back(&fence).await;
        }
    }

    async fn count(&self, prefix: &str) -> Result<usize, String> {
        self.ask(self.store.leases(prefix, self.clock.now())).await.map(|leads| leads.len())
    }

    async fn reserve(&self, rate: &str, slots: u32, every: SignedDuration) -> Result<SignedDuration, String> {
        self.ask(self.store.reserve(rate, slots, every, self.clock.now())).await
    }

    fn name(&self) -> &str {
        self.roles.holder()
    }

    fn renew_interval(&self) -> SignedDuration {
        self.roles.renew_interval()
    }
}
