//! The check loop: probe → detect → publish the snapshot → store.
//!
//! If several instances of the bot share a store, one leads: it probes, and its lease allows it to store the results. The
//! others probe nothing. They build their snapshot from what the leader stores, so that all instances say the same.
//!
//! What a check changes is posted only once it is stored. If it cannot be stored, it is held and stored as soon as that works.
//! So an unavailable store loses nothing, and probing continues meanwhile. It is dropped only if another instance has led
//! since: then the other's state counts.

mod pending_commits;
mod probe_schedule;
mod uptime_counters;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use crate::clock::{Clock, stopped};
use crate::cluster::Leadership;
use crate::health::{Detector, DetectorState, OutageEvent, Outcome, StatusSnapshot};
use crate::metrics::Metrics;
use crate::probe::Source;
use crate::store::{FencingToken, Store, StoreError, WatcherState};
use crate::throttle::Jitter;
use pending_commits::{CommitDecision, CommitResult, PendingCommits};
use probe_schedule::{ProbeSchedule, Probed};
use uptime_counters::UptimeCounters;

/// How often the state is stored while all is calm and no other instance reads it. In calm times only passed checks change
/// it.
const KEEP_CALM_EVERY: SignedDuration = SignedDuration::from_mins(5);

/// A failed store is tried again after this long, even if no check is due.
const ASK_STORE_AGAIN: SignedDuration = SignedDuration::from_secs(5);

/// How often a following instance reads the leader's state. Notifications make it earlier, but can be lost.
const FOLLOW_EVERY: SignedDuration = SignedDuration::from_secs(2);

/// The shortest time between two reads of the leader's state, however many notifications arrive.
const FOLLOW_AT_MOST: SignedDuration = SignedDuration::from_millis(250);

/// The longest read of the leader's state. After that the store counts as unavailable.
const LOADS_WITHIN: SignedDuration = SignedDuration::from_secs(5);

/// The dependencies of a watcher.
pub struct Deps {
    pub clock: Clock,
    pub store: Arc<dyn Store>,
    /// The detector, resumed from the stored state.
    pub detector: Detector,
    /// Whether this instance leads. Requested before the stored state was read.
    pub leadership: Leadership,
    pub sources: Vec<Arc<dyn Source>>,
    /// Prevents many bots from probing at the same instant.
    pub jitter: Jitter,
    pub snapshot: watch::Sender<Arc<StatusSnapshot>>,
    /// Called whenever new announcements are pending.
    pub pending: Arc<dyn Fn() + Send + Sync>,
    pub metrics: Metrics,
}

/// Probes every source, runs the detector, publishes the snapshot and stores the state.
pub struct Watcher {
    clock: Clock,
    store: Arc<dyn Store>,
    detector: Detector,
    leadership: Leadership,
    /// The lease under which we probe; `None` while another instance leads.
    lead: Option<FencingToken>,
    schedule: ProbeSchedule,
    keeping: PendingCommits,
    counters: UptimeCounters,
    snapshot: watch::Sender<Arc<StatusSnapshot>>,
    pending: Arc<dyn Fn() + Send + Sync>,
    metrics: Metrics,
    people: u32,
    followed_at: Timestamp,
    /// The leader stored something new.
    hinted: bool,
    /// The leader's state could not be read.
    blind: bool,
}

impl Watcher {
    /// Returns a watcher of these sources, which continues from its detector's state.
    pub fn new(parts: Deps) -> Self {
        let Deps { clock, store, detector, leadership, sources, jitter, snapshot, pending, metrics } = parts;
        let now = clock.now();
        let lead = leadership.fence();
        metrics.watching(lead.is_some());
        if lead.is_some() && store.is_shared() {
            tracing::info!("this instance leads now");
        }
        Self {
            schedule: ProbeSchedule::at(sources, jitter, now),
            keeping: PendingCommits::new(store.clone(), clock.clone()),
            counters: UptimeCounters::new(store.clone(), clock.clone()),
            clock,
            store,
            detector,
            leadership,
            lead,
            snapshot,
            pending,
            metrics,
            people: 0,
            followed_at: now,
            hinted: false,
            blind: false,
        }
    }

    /// Probes while this instance leads and follows while another does, until it is stopped. Then stores its state.
    pub async fn run(mut self, mut reports: watch::Receiver<u32>, mut stop: watch::Receiver<bool>) {
        let mut leadership = self.leadership.clone();
        loop {
            let now = self.clock.now();
            if self.lead.is_some() {
                self.schedule.begin(now);
            }
            let (wake, unaware) = (self.wake(now), self.lead.is_none() && !self.hinted);
            tokio::select! {
                biased;
                () = stopped(&mut stop) => break,
                true = leadership.changed() => self.stand().await,
                done = self.keeping.done() => self.settle(&done),
                probed = self.schedule.probed() => self.take(probed).await,
                Ok(()) = reports.changed() => {
                    self.people = *reports.borrow_and_update();
                    self.detector.reports(self.people);
                    self.publish();
                }
                () = self.store.wait_for_change(), if unaware => self.hinted = true,
                () = self.clock.sleep_until(wake) => {
                    if self.follows() && self.follow_at() <= self.clock.now() {
                        self.follow().await;
                    }
                    if self.lead.is_some() {
                        self.tick();
                    }
                }
            }
        }
        self.keep_last().await;
    }

    fn wake(&self, now: Timestamp) -> Timestamp {
        let follow = self.follows().then(|| self.follow_at());
        if self.lead.is_none() {
            return follow.unwrap_or(now);
        }
        let again = (self.keeping.failing && !self.keeping.is_under_way()).then(|| now + ASK_STORE_AGAIN);
        let dues = [self.schedule.next(), again, self.detector.due(), follow];
        dues.into_iter().flatten().min().unwrap_or(now + KEEP_CALM_EVERY)
    }

    /// Whether the stored state must be read: another instance leads, or our lease is new.
    fn follows(&self) -> bool {
        self.lead.is_none() || self.lead != self.leadership.fence()
    }

    fn follow_at(&self) -> Timestamp {
        self.followed_at + if self.hinted { FOLLOW_AT_MOST } else { FOLLOW_EVERY }
    }

    /// Reacts to a change of the leader.
    async fn stand(&mut self) {
        match self.leadership.fence() {
            None => self.step_down(),
            Some(fence) if self.lead.as_ref() == Some(&fence) => {}
            Some(_) => self.follow().await,
        }
    }

    /// Another instance leads: drops our state, which no longer counts.
    fn step_down(&mut self) {
        if self.lead.take().is_none() {
            return;
        }
        tracing::warn!("another instance leads now; this one follows");
        self.metrics.watching(false);
        self.schedule.stop(self.clock.now());
        self.keeping.drop_all();
        self.counters.clear();
        self.hinted = true;
    }

    /// Reads the leader's state, and begins to lead if this instance is the leader.
    async fn follow(&mut self) {
        let lead = self.leadership.fence();
        (self.followed_at, self.hinted) = (self.clock.now(), false);
        let loaded = self.clock.timeout(LOADS_WITHIN, self.store.load_state()).await;
        let silent = || Err(StoreError::Away("the store does not answer in time".to_owned()));
        match loaded.unwrap_or_else(silent) {
            Ok(remembered) => {
                if std::mem::take(&mut self.blind) {
                    tracing::info!("the leader's state can be read again");
                }
                self.adopt(&remembered);
                self.begin_to_lead(lead);
            }
            Err(error) if !std::mem::replace(&mut self.blind, true) => {
                tracing::error!(%error, "the leader's state cannot be read; the snapshot becomes old");
            }
            Err(_) => {}
        }
        self.publish();
    }

    /// Continues from the stored state, unless it is ours: then no other instance has decided anything.
    fn adopt(&mut self, remembered: &WatcherState) {
        let Some(state) = &remembered.state else { return };
        if self.keeping.knows(state) {
            return;
        }
        match serde_json::from_slice::<DetectorState>(state) {
            Ok(theirs) => {
                self.step_down();
                let (catalog, policy) = (self.detector.catalog().clone(), self.detector.policy().clone());
                self.detector = Detector::resume(catalog, policy, theirs);
                self.detector.reports(self.people);
                self.keeping.goes_on_from(state);
            }
            Err(e) => {
                tracing::error!(error = %e, "the stored detector state cannot be read; ours stays in use");
            }
        }
    }

    /// Begins to probe, or continues under a newer lease.
    fn begin_to_lead(&mut self, lead: Option<FencingToken>) {
        let Some(lead) = lead else { return };
        if self.lead.is_none() {
            tracing::info!("this instance leads now");
            self.schedule.stop(self.clock.now());
        }
        self.lead = Some(lead);
        self.metrics.watching(true);
    }

    async fn take(&mut self, Probed { i, observation, panicked }: Probed) {
        let now = self.clock.now();
        if panicked {
            self.metrics.probe_panicked();
        }
        let Some(observation) = observation else {
            return self.schedule.put_off(i, self.detector.policy().interval, now);
        };
        let took = observation.took.max(SignedDuration::ZERO);
        let result = result(&observation.seen);
        tracing::debug!(source = %observation.source, result, took_ms = took.as_millis(), "probed");
        self.metrics.probed(observation.source.as_str(), result, took);
        let events = self.detector.take(&observation);
        let own_network_down = self.snapshot.borrow().own_network_down_since.is_some();
        self.counters.count(&observation, &self.detector, own_network_down);
        self.schedule.plan(i, &self.detector, observation.at, now);
        self.hold(events);
        self.save();
        self.counters.save(false).await;
        self.publish();
    }

    fn tick(&mut self) {
        let events = self.detector.tick(self.clock.now());
        self.hold(events);
        self.save();
        self.publish();
    }

    fn hold(&mut self, events: Vec<OutageEvent>) {
        for event in events {
            let name = event.kind.as_str();
            tracing::info!(outage = %event.outage.id, event = name, why = event.why.join("; "), "outage changed");
            self.keeping.hold(event);
        }
    }

    /// Stores the state: events at once; in calm periodically, or after each check if other instances read it.
    fn save(&mut self) {
        let calm = !self.keeping.holds_news() && self.is_calm() && !self.store.is_shared();
        if calm && self.clock.now().duration_since(self.keeping.stored_at) < KEEP_CALM_EVERY {
            return;
        }
        self.keep_now();
    }

    fn keep_now(&mut self) {
        let Some(fence) = self.lead.clone() else { return };
        match serde_json::to_vec(self.detector.tracker()) {
            Ok(state) => self.keeping.begin(state, fence),
            Err(e) => tracing::error!(error = %e, "the detector state cannot be serialized; this is a bug"),
        }
    }

    /// Handles the result of a commit.
    fn settle(&mut self, done: &CommitResult) {
        match self.keeping.settle(done) {
            CommitDecision::Stored { pending } => {
                if pending {
                    (self.pending)();
                }
                if self.keeping.is_behind() {
                    self.keep_now();
                }
            }
            // It was made under an expired lease, and the store gave us a newer one.
            CommitDecision::Fenced if self.lead.as_ref() != Some(&done.fence) => self.keep_now(),
            // Either another instance leads, or our own lease expired and is new: the store knows which.
            CommitDecision::Fenced => self.leadership.ask_again(),
            CommitDecision::Failed => {}
        }
    }

    /// Waits for the running commit and stores everything, before the end.
    async fn keep_last(&mut self) {
        self.schedule.stop(self.clock.now());
        while self.keeping.is_under_way() {
            let done = self.keeping.done().await;
            self.settle(&done);
        }
        self.keep_now();
        if self.keeping.is_under_way() {
            let done = self.keeping.done().await;
            self.settle(&done);
        }
        self.counters.save(true).await;
    }

    /// Whether nothing is open and no check is in doubt.
    fn is_calm(&self) -> bool {
        self.snapshot.borrow().open.is_empty() && !self.schedule.is_in_doubt()
    }

    fn publish(&self) {
        let mut snapshot = self.detector.snapshot(self.clock.now());
        if self.lead.is_some() {
            snapshot.next_check = self.schedule.next();
        }
        self.snapshot.send_replace(Arc::new(snapshot));
    }
}

/// Returns the word of metrics for the result of a check.
fn result(seen: &Outcome) -> &'static str {
    match seen {
        Outcome::Healthy => "healthy",
        Outcome::Failing(failure) | Outcome::Unreachable(failure) => failure.class.as_str(),
        Outcome::Refused { .. } => "refused",
        Outcome::Unclear(_) => "unclear",
        Outcome::Page(_) => "page",
    }
}
