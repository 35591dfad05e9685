//! Which copy of the bot runs which shard: each by a lease, in fair shares, and a dead copy's shards are resumed by another.
//!
//! While the store says nothing a connection goes on, and is resumed where it is lost: if the database is away, nobody else can
//! have the shard, and if only we are cut off from it, whoever has the shard resumes it again, and keeps it, for we come back ever more
//! seldom. A new session is begun only by a lease that is surely ours.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};

use super::Shards;
use super::shard::Runner;
use crate::clock::Clock;
use crate::discord::Incoming;
use crate::discord::commons::Commons;

/// Until when a shard is surely ours, in the clock's ticks.
pub(super) type Until = watch::Receiver<Duration>;

/// The shards of this copy.
pub(super) struct Seating<Make> {
    pub(super) commons: Arc<dyn Commons>,
    pub(super) clock: Clock,
    pub(super) shards: Shards,
    /// Makes the runner of a shard.
    pub(super) make: Make,
    incoming: mpsc::Sender<Incoming>,
    seats: BTreeMap<u32, Seat>,
    running: JoinSet<(u32, Option<String>)>,
}

struct Seat {
    until: watch::Sender<Duration>,
    stop: watch::Sender<bool>,
    runs: AbortHandle,
}

impl<Make: Fn(u32, Until) -> Runner> Seating<Make> {
    pub(super) fn new(
        commons: Arc<dyn Commons>,
        clock: Clock,
        shards: Shards,
        make: Make,
        incoming: mpsc::Sender<Incoming>,
    ) -> Self {
        Self { commons, clock, shards, make, incoming, seats: BTreeMap::new(), running: JoinSet::new() }
    }

    /// Runs this copy's share until it is stopped; gives a text if Discord refuses us for good.
    pub(super) async fn run(mut self, mut stop: watch::Receiver<bool>) -> Option<String> {
        let mut stood_by = false;
        loop {
            self.share_out().await;
            if self.seats.is_empty() && !std::mem::replace(&mut stood_by, true) {
                let _ = self.incoming.send(Incoming::StandsBy).await;
            }
            stood_by &= self.seats.is_empty();
            tokio::select! {
                biased;
                () = super::stopped(&mut stop) => break,
                Some(ended) = self.running.join_next(), if !self.running.is_empty() => {
                    // A runner that was aborted lost its seat, and is not missed.
                    let Ok((shard, fatal)) = ended else { continue };
                    if fatal.is_some() {
                        return fatal;
                    }
                    self.seats.remove(&shard);
                    self.commons.give_back(&self.role(shard)).await;
                }
                () = self.clock.sleep(self.commons.rhythm()) => {}
            }
        }
        self.leave().await;
        None
    }

    fn role(&self, shard: u32) -> String {
        format!("shard/{}/{shard}", self.shards.total)
    }

    fn presence(&self) -> String {
        format!("copy/{}", self.commons.name())
    }

    /// Keeps what is ours, takes what is free up to a fair share, and gives back what is more than that.
    async fn share_out(&mut self) {
        for shard in self.seats.keys().copied().collect::<Vec<_>>() {
            let asked = self.clock.ticks();
            match self.commons.take(&self.role(shard)).await {
                Ok(Some(left)) => {
                    let until = asked + Duration::try_from(left).unwrap_or_default();
                    if let Some(seat) = self.seats.get(&shard) {
                        seat.until.send_replace(until);
                    }
                }
                Ok(None) => self.lose(shard),
                Err(error) => tracing::debug!(error, shard, "a shard's lease could not be renewed"),
            }
        }
        let Ok(fair) = self.fair_share().await else { return };
        if self.seats.len() > fair {
            self.hand_over().await;
        }
        // Each copy begins elsewhere, so that they do not all ask for the same.
        let (first, many) = (self.shards.first, self.shards.last - self.shards.first + 1);
        let begin =
            self.commons.name().bytes().fold(0, |sum: u32, byte| sum.wrapping_mul(31) + u32::from(byte));
        for nth in 0..many {
            if self.seats.len() >= fair {
                return;
            }
            let shard = first + (begin % many + nth) % many;
            if !self.seats.contains_key(&shard) && !self.sit_down(shard).await {
                return;
            }
        }
    }

    /// As many shards as each copy runs when all are shared out; an error where nobody can be asked.
    async fn fair_share(&self) -> Result<usize, String> {
        self.commons.take(&self.presence()).await?;
        let copies = self.commons.count("copy/").await?.max(1);
        Ok((self.shards.last - self.shards.first + 1) as usize).map(|many| many.div_ceil(copies))
    }

    /// Takes a shard if it is free; `false` where nobody can be asked.
    async fn sit_down(&mut self, shard: u32) -> bool {
        let asked = self.clock.ticks();
        let left = match self.commons.take(&self.role(shard)).await {
            Ok(Some(left)) => left,
            Ok(None) => return true,
            Err(_) => return false,
        };
        tracing::info!(shard, total = self.shards.total, "this copy runs the shard");
        let (until, surely) = watch::channel(asked + Duration::try_from(left).unwrap_or_default());
        let (stop, stopping) = watch::channel(false);
        let runner = (self.make)(shard, surely);
        let runs = self.running.spawn(async move { (shard, runner.run(stopping).await) });
        self.seats.insert(shard, Seat { until, stop, runs });
        true
    }

    /// Another copy has it: its session is that copy's by now, and nothing of ours is kept over it.
    fn lose(&mut self, shard: u32) {
        if let Some(seat) = self.seats.remove(&shard) {
            tracing::warn!(shard, "another copy runs the shard now");
            seat.runs.abort();
            // Whether it is connected is no longer our business.
            let _ = self.incoming.try_send(Incoming::Steady(shard));
        }
    }

    /// Gives one shard to a copy that has fewer: its session is kept, and resumed there.
    async fn hand_over(&mut self) {
        let Some((shard, seat)) = self.seats.pop_last() else { return };
        tracing::info!(shard, "the shard is handed over to another copy");
        seat.stop.send_replace(true);
        while !seat.runs.is_finished() {
            match self.running.join_next().await {
                // Another that ended meanwhile is taken up again, and refused again if it was.
                Some(Ok((ended, _))) => drop(self.seats.remove(&ended)),
                Some(Err(_)) => {}
                None => break,
            }
        }
        self.commons.give_back(&self.role(shard)).await;
    }

    /// Parks every shard's session and gives all back, so that others resume them at once.
    async fn leave(&mut self) {
        for seat in self.seats.values() {
            seat.stop.send_replace(true);
        }
        while self.running.join_next().await.is_some() {}
        for shard in std::mem::take(&mut self.seats).into_keys() {
            self.commons.give_back(&self.role(shard)).await;
        }
        self.commons.give_back(&self.presence()).await;
    }
}

/// The lease of a shard that nobody shares.
pub(super) fn for_ever() -> Until {
    watch::channel(Duration::MAX).1
}

/// How long IDENTIFYs of one bucket stand apart (reference, "Rate limiting": `max_concurrency` in five seconds).
pub(super) const IDENTIFY_EVERY: SignedDuration = SignedDuration::from_secs(5);
