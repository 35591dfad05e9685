//! Which instance runs which shard: each by a lease, in fair shares. A dead instance's shards are resumed by another.
//!
//! While the store is away, a connection goes on, and is resumed if it is lost. If the database itself is away, no other
//! instance can take the shard. If only we are cut off, the new holder resumes the shard again and retains it, because we come
//! back with growing delays. A new session is begun only under a lease that is surely ours.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

use super::SharedLimits;
use crate::clock::{Clock, stopped};

/// Until when a shard's lease is surely ours, in the clock's ticks.
pub type LeaseDeadline = watch::Receiver<Duration>;

/// A range of all shards: `0-3/16`, both ends included, or `2/16`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShardRange {
    /// The first that this process runs.
    pub first: u32,
    pub last: u32,
    /// The number of shards of all processes together.
    pub total: u32,
}

/// A text that is not a [`ShardRange`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a range of shards; write it as \"0-3/16\", counting from 0")]
pub struct ShardRangeError(String);

impl FromStr for ShardRange {
    type Err = ShardRangeError;

    fn from_str(text: &str) -> Result<Self, ShardRangeError> {
        let wrong = || ShardRangeError(text.to_owned());
        let number = |part: &str| part.trim().parse::<u32>().map_err(|_| wrong());
        let (range, total) = text.split_once('/').ok_or_else(wrong)?;
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let shards = Self { first: number(first)?, last: number(last)?, total: number(total)? };
        let fits = shards.first <= shards.last && shards.last < shards.total;
        if fits { Ok(shards) } else { Err(wrong()) }
    }
}

/// What runs the shards: the gateway.
pub trait ShardRunners: Send + Sync {
    /// Runs a shard until `stop` turns true. Returns a text if Discord refuses us for good.
    fn run(
        &self,
        shard: u32,
        until: LeaseDeadline,
        stop: watch::Receiver<bool>,
    ) -> impl Future<Output = Option<String>> + Send + 'static;

    /// Other instances run every shard.
    fn stands_by(&self) -> impl Future<Output = ()> + Send;

    /// Another instance has this shard now.
    fn lost(&self, shard: u32);
}

/// Runs all of these shards. The first one that is refused for good ends the others: they would be refused likewise.
pub async fn run_all(
    runners: impl ShardRunners,
    shards: ShardRange,
    stop: watch::Receiver<bool>,
) -> Option<String> {
    let mut running = JoinSet::new();
    for shard in shards.first..=shards.last {
        running.spawn(runners.run(shard, no_deadline(), stop.clone()));
    }
    while let Some(ended) = running.join_next().await {
        if let Ok(Some(fatal)) = ended {
            return Some(fatal);
        }
    }
    None
}

/// Runs this instance's share of these shards until `stop` turns true. Returns a text if Discord refuses us for good.
pub async fn run_share(
    runners: impl ShardRunners,
    shared_limits: Arc<dyn SharedLimits>,
    clock: Clock,
    shards: ShardRange,
    stop: watch::Receiver<bool>,
) -> Option<String> {
    let (assigned, running) = (BTreeMap::new(), JoinSet::new());
    ShardAssigner { runners, shared_limits, clock, shards, assigned, running }.run(stop).await
}

/// Returns the number of shards of all instances together: the stored one while instances run on it, else Discord's advice.
pub async fn agreed_total(shared_limits: &dyn SharedLimits, stored: Option<u32>, advised: u32) -> u32 {
    match (stored, shared_limits.count("shard/").await) {
        (Some(total), Ok(1..) | Err(_)) if total > 0 => total,
        _ => advised,
    }
}

/// Returns the lease of a shard that is not shared.
pub fn no_deadline() -> LeaseDeadline {
    watch::channel(Duration::MAX).1
}

/// The shards of this instance.
struct ShardAssigner<Runners> {
    runners: Runners,
    shared_limits: Arc<dyn SharedLimits>,
    clock: Clock,
    shards: ShardRange,
    assigned: BTreeMap<u32, AssignedShard>,
    running: JoinSet<(u32, Option<String>)>,
}

struct AssignedShard {
    until: watch::Sender<Duration>,
    stop: watch::Sender<bool>,
    runs: AbortHandle,
}

impl<Runners: ShardRunners> ShardAssigner<Runners> {
    /// Runs this instance's share until `stop` turns true. Returns a text if Discord refuses us for good.
    async fn run(mut self, mut stop: watch::Receiver<bool>) -> Option<String> {
        let mut stood_by = false;
        loop {
            self.rebalance().await;
            if self.assigned.is_empty() && !std::mem::replace(&mut stood_by, true) {
                self.runners.stands_by().await;
            }
            stood_by &= self.assigned.is_empty();
            tokio::select! {
                biased;
                () = stopped(&mut stop) => break,
                Some(ended) = self.running.join_next(), if !self.running.is_empty() => {
                    // An aborted runner has lost its shard already.
                    let Ok((shard, fatal)) = ended else { continue };
                    if fatal.is_some() {
                        return fatal;
                    }
                    self.assigned.remove(&shard);
                    self.shared_limits.give_back(&self.role(shard)).await;
                }
                () = self.clock.sleep(self.shared_limits.renew_interval()) => {}
            }
        }
        self.leave().await;
        None
    }

    fn role(&self, shard: u32) -> String {
        format!("shard/{}/{shard}", self.shards.total)
    }

    fn presence(&self) -> String {
        format!("copy/{}", self.shared_limits.name())
    }

    /// Renews our leases, takes free shards up to a fair share, and hands over what exceeds it.
    async fn rebalance(&mut self) {
        for shard in self.assigned.keys().copied().collect::<Vec<_>>() {
            let asked = self.clock.ticks();
            match self.shared_limits.take(&self.role(shard)).await {
                Ok(Some(left)) => {
                    let until = asked + Duration::try_from(left).unwrap_or_default();
                    if let Some(assigned_shard) = self.assigned.get(&shard) {
                        assigned_shard.until.send_replace(until);
                    }
                }
                Ok(None) => self.lose(shard),
                Err(error) => tracing::debug!(error, shard, "a shard's lease could not be renewed"),
            }
        }
        let Ok(fair) = self.fair_share().await else { return };
        if self.assigned.len() > fair {
            self.hand_over().await;
        }
        // Each instance starts at another shard, so that they do not all request the same.
        let (first, many) = (self.shards.first, self.shards.last - self.shards.first + 1);
        let begin = self
            .shared_limits
            .name()
            .bytes()
            .fold(0, |sum: u32, byte| sum.wrapping_mul(31) + u32::from(byte));
        for nth in 0..many {
            if self.assigned.len() >= fair {
                return;
            }
            let shard = first + (begin % many + nth) % many;
            if !self.assigned.contains_key(&shard) && !self.claim(shard).await {
                return;
            }
        }
    }

    /// Returns how many shards each instance runs when all are shared out. Returns an error if the store is away.
    async fn fair_share(&self) -> Result<usize, String> {
        self.shared_limits.take(&self.presence()).await?;
        let instances = self.shared_limits.count("copy/").await?.max(1);
        Ok((self.shards.last - self.shards.first + 1) as usize).map(|many| many.div_ceil(instances))
    }

    /// Takes a shard if it is free. Returns `false` if the store is away.
    async fn claim(&mut self, shard: u32) -> bool {
        let asked = self.clock.ticks();
        let left = match self.shared_limits.take(&self.role(shard)).await {
            Ok(Some(left)) => left,
            Ok(None) => return true,
            Err(_) => return false,
        };
        tracing::info!(shard, total = self.shards.total, "this instance runs the shard");
        let (until, surely) = watch::channel(asked + Duration::try_from(left).unwrap_or_default());
        let (stop, stopping) = watch::channel(false);
        let runner = self.runners.run(shard, surely, stopping);
        let runs = self.running.spawn(async move { (shard, runner.await) });
        self.assigned.insert(shard, AssignedShard { until, stop, runs });
        true
    }

    /// Drops a shard that another instance has: the session is that instance's by now, and ours is not stored over it.
    fn lose(&mut self, shard: u32) {
        if let Some(assigned_shard) = self.assigned.remove(&shard) {
            tracing::warn!(shard, "another instance runs the shard now");
            assigned_shard.runs.abort();
            self.runners.lost(shard);
        }
    }

    /// Gives one shard to an instance that has fewer: its session is stored, and resumed there.
    async fn hand_over(&mut self) {
        let Some((shard, assigned_shard)) = self.assigned.pop_last() else { return };
        tracing::info!(shard, "the shard is handed over to another instance");
        assigned_shard.stop.send_replace(true);
        while !assigned_shard.runs.is_finished() {
            match self.running.join_next().await {
                // Another shard that ended meanwhile is taken up again, and refused again if it was.
                Some(Ok((ended, _))) => drop(self.assigned.remove(&ended)),
                Some(Err(_)) => {}
                None => break,
            }
        }
        self.shared_limits.give_back(&self.role(shard)).await;
    }

    /// Stores every shard's session and releases all leases, so that other instances resume them at once.
    async fn leave(&mut self) {
        for assigned_shard in self.assigned.values() {
            assigned_shard.stop.send_replace(true);
        }
        while self.running.join_next().await.is_some() {}
        for shard in std::mem::take(&mut self.assigned).into_keys() {
            self.shared_limits.give_back(&self.role(shard)).await;
        }
        self.shared_limits.give_back(&self.presence()).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shard_range_counts_from_zero_and_includes_both_ends() {
        assert_eq!("0-1/3".parse(), Ok(ShardRange { first: 0, last: 1, total: 3 }));
        assert_eq!("2/3".parse(), Ok(ShardRange { first: 2, last: 2, total: 3 }));
        for wrong in ["", "3/3", "1-0/3", "0-3/3", "a-b/c", "0-1", "/3"] {
            assert!(wrong.parse::<ShardRange>().is_err(), "{wrong}");
        }
    }
}
