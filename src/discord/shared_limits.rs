//! Limits of Discord that several instances of the bot share: shards, IDENTIFYs, requests per second.

use async_trait::async_trait;
use jiff::SignedDuration;

/// Coordinates Discord's limits among instances. An error says why the store cannot be reached now.
#[async_trait]
pub trait SharedLimits: Send + Sync {
    /// Acquires or renews a lease. Returns how long it is surely ours from now, or `None` if another instance has it.
    async fn take(&self, role: &str) -> Result<Option<SignedDuration>, String>;

    /// Releases a lease, so that another instance can have it at once.
    async fn give_back(&self, role: &str);

    /// Returns how many leases whose names begin with `prefix` are held, by any instance.
    async fn count(&self, prefix: &str) -> Result<usize, String>;

    /// Reserves `slots` of a rate, one each `every`. Returns how long until the first of them.
    async fn reserve(&self, rate: &str, slots: u32, every: SignedDuration) -> Result<SignedDuration, String>;

    /// Returns the unique name of this instance.
    fn name(&self) -> &str;

    /// Returns how often a lease must be renewed to stay ours.
    fn renew_interval(&self) -> SignedDuration;
}
