//! Which instance of the bot does what, if several share a store.
//!
//! Every role is a lease in the store, which is renewed at each third of it. `leases` takes and releases them. `leadership`
//! elects the one instance that checks the sources, and `shards` divides Discord's shards: the instance with the lease
//! `shard/16/3` runs shard 3 of 16. `shared_rate` and `rate_limit_holds` keep limits that all instances must respect together.
//!
//! An instance that dies, is paused or is cut off loses its roles when their leases expire, and another takes them. It
//! counts its own lease from before the request, on a clock that never steps. So it stops before another starts.

mod leadership;
mod leases;
pub mod rate_limit_holds;
pub mod shards;
mod shared_rate;

use async_trait::async_trait;
use jiff::SignedDuration;

pub use leadership::{LeaderState, Leadership, WATCHER_ROLE};
pub use leases::{HeldLease, LeaseManager, take_slot};
pub use shared_rate::SharedRate;

/// Coordinates Discord's limits among instances: shards, IDENTIFYs, requests per second. An error says why the store cannot be
/// reached now.
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
