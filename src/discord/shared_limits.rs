//! What several instances of the bot share of one Discord: its shards, its IDENTIFYs, its requests per second.

use async_trait::async_trait;
use jiff::SignedDuration;

/// What the copies share. An error says why nobody can be asked now.
#[async_trait]
pub trait SharedLimits: Send + Sync {
    /// Takes a role, or keeps it for another lease; gives how long it is surely ours from now. None while another copy has
    /// it.
    async fn take(&self, role: &str) -> Result<Option<SignedDuration>, String>;

    /// Gives a role back, so that another copy may have it at once.
    async fn give_back(&self, role: &str);

    /// How many of the roles whose names begin with `prefix` are taken, by whichever copy.
    async fn count(&self, prefix: &str) -> Result<usize, String>;

    /// Takes `slots` of a rate, one each `interval`; gives how long until the first of them.
    async fn reserve(&self, rate: &str, slots: u32, every: SignedDuration) -> Result<SignedDuration, String>;

    /// The name of this copy, which no other has.
    fn name(&self) -> &str;

    /// How often a role is to be taken again so that it stays ours.
    fn rhythm(&self) -> SignedDuration;
}
