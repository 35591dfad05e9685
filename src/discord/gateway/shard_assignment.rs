//! Assigns shards to instances of the bot: each by a lease, in fair shares. A dead instance's shards are resumed by another.
//!
//! While the store is away, a connection goes on, and is resumed if it is lost. If the database itself is away, no other
//! instance can take the shard. If only we are cut off, the new holder resumes the shard again and retains it, because we come
//! back with growing delays. A new session is begun only under a lease that is surely ours.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};

use super::ShardRange;
use super::shard_runner::ShardRunner;
use crate::clock::Clock;
use crate::discord::Incoming;
use crate::discord::shared_limits::SharedLimits;

/// Until when a shard's lease is surely ours, in the clock's ticks.
pub(super) type LeaseDeadline = watch::Receiver<Duration>;

/// The shards of this instance.
pub(super) struct ShardAssigner<Make> {
    pub(super) shared_limits: Arc<dyn SharedLimits>,
    pub(super) clock: Clock,
    pub(super) shards: ShardRange,
    /// Creates the runner of a shard.
    pub(super) make: Make,
    incoming: mpsc::Sender<Incoming>,
    assigned: BTreeMap<u32, AssignedShard>,
    running: JoinSet<(u32, Option<String>)>,
}

struct AssignedShard {
    until: watch::Sender<Duration>,
    stop: watch::Sender<bool>,
    runs: AbortHandle,
}

impl<Make: Fn(u32, LeaseDeadline) -> ShardRunner> ShardAssigner<Make> {
    pub(super) fn new(
        shared_limits: Arc<dyn SharedLimits>,
        clock: Clock,
        shards: ShardRange,
        make: Make,
        incoming: mpsc::Sender<Incoming>,
    ) -> Self {
        Self {
            shared_limits,
            clock,
            shards,
            make,
            incoming,
            assigned: BTreeMap::new(),
            running: JoinSet::new(),
        }
    }

    /// Runs this instance's share until `stop` turns true. Returns a text if Discord refuses us for good.
    pub(super) async fn run(mut self, mut stop: watch::Receiver<bool>) -> Option<String> {
        let mut stood_by = false;
        loop {
            self.rebalance().await;
            if self.assigned.is_empty() && !std::mem::replace(&mut stood_by, true) {
                let _ = self.incoming.send(Incoming::Standby).await;
            }
            stood_by &= self.assigned.is_empty();
            tokio::select! {
                biased;
                () = super::stopped(&mut stop) => break,
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
        let runner = (self.make)(shard, surely);
        let runs = self.running.spawn(async move { (shard, runner.run(stopping).await) });
        self.assigned.insert(shard, AssignedShard { until, stop, runs });
        true
    }

    /// Drops a shard that another instance has: the session is that instance's by now, and ours is not stored over it.
    fn lose(&mut self, shard: u32) {
        if let Some(assigned_shard) = self.assigned.remove(&shard) {
            tracing::warn!(shard, "another instance runs the shard now");
            assigned_shard.runs.abort();
            // Its connection is no longer ours to report.
            let _ = self.incoming.try_send(Incoming::Steady(shard));
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

/// Returns the lease of a shard that is not shared.
pub(super) fn no_deadline() -> LeaseDeadline {
    watch::channel(Duration::MAX).1
}

/// The interval between IDENTIFYs of one bucket (reference, "Rate limiting": `max_concurrency` in five seconds).
pub(super) const IDENTIFY_EVERY: SignedDuration = SignedDuration::from_secs(5);
