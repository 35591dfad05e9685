//! Who leads in which role, what a shared rate has left, and hints between copies on one shelf.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::broadcast;

use super::super::fading::after;
use super::super::{Fence, Lead};
use super::Books;

/// Leads and shared rates.
#[derive(Default)]
pub(super) struct Leading {
    roles: BTreeMap<String, Held>,
    last_epoch: u64,
    /// When the next slot of each rate is free.
    budgets: BTreeMap<String, Timestamp>,
}

struct Held {
    lead: Lead,
    epoch: u64,
}

impl Leading {
    /// Epochs from here on are larger than this number.
    pub(super) fn begin(&mut self, epoch: u64) {
        self.last_epoch = self.last_epoch.max(epoch);
    }

    /// Takes or keeps the lead; also says whether it is a new one.
    fn lead(&mut self, role: &str, holder: &str, until: Timestamp, now: Timestamp) -> Option<(Fence, bool)> {
        let held = self.roles.get(role).filter(|held| held.lead.until > now);
        if held.is_some_and(|held| held.lead.holder != holder) {
            return None;
        }
        let kept = held.map(|held| held.epoch);
        let epoch = kept.unwrap_or(self.last_epoch + 1);
        self.begin(epoch);
        let (role, holder) = (role.to_owned(), holder.to_owned());
        let lead = Lead { role: role.clone(), holder: holder.clone(), until };
        self.roles.insert(role.clone(), Held { lead, epoch });
        Some((Fence { role, holder, epoch }, kept.is_none()))
    }

    pub(super) fn resign(&mut self, fence: &Fence) {
        if self.is_newest(fence) {
            self.roles.remove(&fence.role);
        }
    }

    /// Whether nobody took the lead over since. A lease that ran out does not matter until somebody does.
    pub(super) fn is_newest(&self, fence: &Fence) -> bool {
        self.roles.get(&fence.role).is_some_and(|held| held.epoch == fence.epoch)
    }

    pub(super) fn leads(&self, prefix: &str, now: Timestamp) -> Vec<Lead> {
        let from = self.roles.range(prefix.to_owned()..).map(|(_, held)| &held.lead);
        let ours = from.take_while(|lead| lead.role.starts_with(prefix));
        ours.filter(|lead| lead.until > now).cloned().collect()
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

/// Tells copies of each other's changes.
#[derive(Clone)]
pub(super) struct Hints(broadcast::Sender<u64>);

impl Default for Hints {
    fn default() -> Self {
        // Who is behind by more has missed nothing but hints.
        Self(broadcast::Sender::new(16))
    }
}

impl Hints {
    pub(super) fn give(&self, by: u64) {
        // Nobody waits: nobody misses it.
        let _ = self.0.send(by);
    }

    /// Waits for a hint of another copy than `own`.
    pub(super) async fn by_another(&self, own: u64) {
        let mut hints = self.0.subscribe();
        while hints.recv().await == Ok(own) {}
    }
}

impl<S> Books<S> {
    pub(super) fn lead(
        &self,
        role: &str,
        holder: &str,
        lease: SignedDuration,
        now: Timestamp,
    ) -> Option<Fence> {
        let (fence, new) = self.leases().leading.lead(role, holder, after(now, lease), now)?;
        if new {
            self.copies.hints.give(self.copy);
        }
        Some(fence)
    }
}
