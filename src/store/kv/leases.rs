//! Leases of roles, shared rates, and notifications between instances on one engine.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::broadcast;

use super::super::retention::after;
use super::super::{FencingToken, Lease};

#[derive(Default)]
pub(super) struct LeaseTable {
    roles: BTreeMap<String, HeldLeaseRow>,
    last_epoch: u64,
    /// When the next slot of each rate is free.
    budgets: BTreeMap<String, Timestamp>,
}

struct HeldLeaseRow {
    lease: Lease,
    epoch: u64,
}

impl LeaseTable {
    /// Makes later epochs larger than this number.
    pub(super) fn begin(&mut self, epoch: u64) {
        self.last_epoch = self.last_epoch.max(epoch);
    }

    /// Acquires or renews a lease; also returns whether it is a new one.
    pub(super) fn lead(
        &mut self,
        role: &str,
        holder: &str,
        until: Timestamp,
        now: Timestamp,
    ) -> Option<(FencingToken, bool)> {
        let held = self.roles.get(role).filter(|held| held.lease.until > now);
        if held.is_some_and(|held| held.lease.holder != holder) {
            return None;
        }
        let stored = held.map(|held| held.epoch);
        let epoch = stored.unwrap_or(self.last_epoch + 1);
        self.begin(epoch);
        let (role, holder) = (role.to_owned(), holder.to_owned());
        let lease = Lease { role: role.clone(), holder: holder.clone(), until };
        self.roles.insert(role.clone(), HeldLeaseRow { lease, epoch });
        Some((FencingToken { role, holder, epoch }, stored.is_none()))
    }

    pub(super) fn release_lease(&mut self, fence: &FencingToken) {
        if self.is_newest(fence) {
            self.roles.remove(&fence.role);
        }
    }

    /// Whether nobody took over the lease since. An expired lease stays valid until somebody does.
    pub(super) fn is_newest(&self, fence: &FencingToken) -> bool {
        self.roles.get(&fence.role).is_some_and(|held| held.epoch == fence.epoch)
    }

    pub(super) fn leads(&self, prefix: &str, now: Timestamp) -> Vec<Lease> {
        let from = self.roles.range(prefix.to_owned()..).map(|(_, held)| &held.lease);
        let ours = from.take_while(|lease| lease.role.starts_with(prefix));
        ours.filter(|lease| lease.until > now).cloned().collect()
    }

    pub(super) fn reserve(
        &mut self,
        budget: &str,
        slots: u32,
        every: SignedDuration,
        now: Timestamp,
    ) -> SignedDuration {
        let free = self.budgets.entry(budget.to_owned()).or_insert(now);
        let first = (*free).max(now);
        *free = after(first, every.saturating_mul(i32::try_from(slots).unwrap_or(i32::MAX)));
        first.duration_since(now)
    }
}

/// Notifies instances of each other's changes.
#[derive(Clone)]
pub(super) struct ChangeHints(broadcast::Sender<u64>);

impl Default for ChangeHints {
    fn default() -> Self {
        // A receiver that lags further behind missed only notifications.
        Self(broadcast::Sender::new(16))
    }
}

impl ChangeHints {
    pub(super) fn give(&self, by: u64) {
        // Without a receiver nobody misses it.
        let _ = self.0.send(by);
    }

    /// Waits for a notification from an instance other than `own`.
    pub(super) async fn by_another(&self, own: u64) {
        let mut hints = self.0.subscribe();
        while hints.recv().await == Ok(own) {}
    }
}
