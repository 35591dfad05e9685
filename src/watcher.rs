//! The loop that looks: look → judge → publish the picture → keep.
//!
//! Where several instances of the bot share a store, one leads: it looks, and what it judges is kept by right of its lead. The
//! others look at nothing; they draw their picture from what the leader keeps, so that every copy says the same.
//!
//! What a check changes is told only once it is kept; if it cannot be kept, it is held, and kept as soon as that works. So a
//! store that is away loses nothing, and looking goes on meanwhile. Only when another copy has led since is it dropped:
//! then the other's word counts.

mod pending_commits;
mod probe_schedule;
mod uptime_counters;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use crate::clock::Clock;
use crate::health::{Detector, DetectorState, OutageEvent, Outcome, StatusSnapshot};
use crate::lease_manager::Leadership;
use crate::metrics::Metrics;
use crate::probe::Source;
use crate::store::{FencingToken, Store, StoreError, WatcherState};
use crate::throttle::Jitter;
use pending_commits::{CommitDecision, CommitResult, PendingCommits};
use probe_schedule::{ProbeSchedule, Probed};
use uptime_counters::UptimeCounters;

/// A calm tracker is kept this often where nobody else reads it: nothing in it matters within such a span but that looks
/// went well.
const KEEP_CALM_EVERY: SignedDuration = SignedDuration::from_mins(5);

/// A store that was away is asked again after this long, also when no check is due.
const ASK_STORE_AGAIN: SignedDuration = SignedDuration::from_secs(5);

/// A copy that follows reads what the leader kept this often; hints make it sooner, and can be lost.
const FOLLOW_EVERY: SignedDuration = SignedDuration::from_secs(2);

/// However many hints come, what the leader kept is read no more often than this.
const FOLLOW_AT_MOST: SignedDuration = SignedDuration::from_millis(250);

/// Reading what the leader kept takes no longer, or the store counts as away.
const RECALLS_WITHIN: SignedDuration = SignedDuration::from_secs(5);

/// What a watcher is made of.
pub struct Deps {
    pub clock: Clock,
    /// Where things are kept.
    pub store: Arc<dyn Store>,
    /// The judge, as what is remembered has it.
    pub detector: Detector,
    /// Whether this instance leads; asked for before what is remembered was read.
    pub duty: Leadership,
    pub sources: Vec<Arc<dyn Source>>,
    /// What keeps many bots from looking at the same instant.
    pub jitter: Jitter,
    /// Where the picture goes.
    pub snapshot: watch::Sender<Arc<StatusSnapshot>>,
    /// Told whenever something new is owed to channels.
    pub pending: Arc<dyn Fn() + Send + Sync>,
    pub metrics: Metrics,
}

/// Inspects every source, judges, publishes the picture, and keeps.
pub struct Watcher {
    clock: Clock,
    store: Arc<dyn Store>,
    detector: Detector,
    duty: Leadership,
    /// The lead that we look by; none while another instance leads.
    lead: Option<FencingToken>,
    schedule: ProbeSchedule,
    keeping: PendingCommits,
    counters: UptimeCounters,
    snapshot: watch::Sender<Arc<StatusSnapshot>>,
    pending: Arc<dyn Fn() + Send + Sync>,
    metrics: Metrics,
    people: u32,
    followed_at: Timestamp,
    /// The leader kept something new.
    hinted: bool,
    /// What the leader kept could not be read.
    blind: bool,
}

impl Watcher {
    /// A watcher of these sources, which goes on where its judge stands.
    pub fn new(parts: Deps) -> Self {
        let Deps { clock, store, detector, duty, sources, jitter, snapshot, pending, metrics } = parts;
        let now = clock.now();
        let lead = duty.fence();
        metrics.watching(lead.is_some());
        if lead.is_some() && store.is_shared() {
            tracing::info!("this copy of the bot watches now");
        }
        Self {
            schedule: ProbeSchedule::at(sources, jitter, now),
            keeping: PendingCommits::new(Arc::clone(&store), clock.clone()),
            counters: UptimeCounters::new(Arc::clone(&store), clock.clone()),
            clock,
            store,
            detector,
            duty,
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

    /// Looks while it leads, and follows while another copy does, until it is told to stop; then keeps what it knows.
    pub async fn run(mut self, mut reports: watch::Receiver<u32>, mut stop: watch::Receiver<bool>) {
        let mut duty = self.duty.clone();
        loop {
            let now = self.clock.now();
            if self.lead.is_some() {
                self.schedule.begin(now);
            }
            let (wake, unaware) = (self.wake(now), self.lead.is_none() && !self.hinted);
            tokio::select! {
                biased;
                () = stopped(&mut stop) => break,
                true = duty.changed() => self.stand().await,
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

    /// Whether what is kept is to be read: another instance leads, or the lead is new.
    fn follows(&self) -> bool {
        self.lead.is_none() || self.lead != self.duty.fence()
    }

    fn follow_at(&self) -> Timestamp {
        self.followed_at + if self.hinted { FOLLOW_AT_MOST } else { FOLLOW_EVERY }
    }

    /// The store gave another word on who leads.
    async fn stand(&mut self) {
        match self.duty.fence() {
            None => self.step_down(),
            Some(fence) if self.lead.as_ref() == Some(&fence) => {}
            Some(_) => self.follow().await,
        }
    }

    /// Another copy leads: what we hold is worth nothing any more.
    fn step_down(&mut self) {
        if self.lead.take().is_none() {
            return;
        }
        tracing::warn!("another copy of the bot watches now; this one follows");
        self.metrics.watching(false);
        self.schedule.stop(self.clock.now());
        self.keeping.drop_all();
        self.counters.clear();
        self.hinted = true;
    }

    /// Reads what the leader kept; begins to lead if that is us.
    async fn follow(&mut self) {
        let lead = self.duty.fence();
        (self.followed_at, self.hinted) = (self.clock.now(), false);
        let recalled = self.clock.timeout(RECALLS_WITHIN, self.store.load_state()).await;
        let silent = || Err(StoreError::Away("the store does not answer in time".to_owned()));
        match recalled.unwrap_or_else(silent) {
            Ok(remembered) => {
                if std::mem::take(&mut self.blind) {
                    tracing::info!("what the leading copy keeps can be read again");
                }
                self.adopt(&remembered);
                self.begin_to_lead(lead);
            }
            Err(error) if !std::mem::replace(&mut self.blind, true) => {
                tracing::error!(%error, "what the leading copy keeps cannot be read; the picture grows old");
            }
            Err(_) => {}
        }
        self.publish();
    }

    /// Goes on from what is kept, unless we do already: then nobody else has decided anything.
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
            Err(e) => tracing::error!(error = %e, "the tracker in the store cannot be read; ours stays"),
        }
    }

    /// Begins to look, or goes on with it by a newer lead.
    fn begin_to_lead(&mut self, lead: Option<FencingToken>) {
        let Some(lead) = lead else { return };
        if self.lead.is_none() {
            tracing::info!("this copy of the bot watches now");
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
            return self.schedule.put_off(i, self.detector.policy().every, now);
        };
        let took = observation.took.max(SignedDuration::ZERO);
        let result = result(&observation.seen);
        tracing::debug!(source = %observation.source, result, took_ms = took.as_millis(), "looked");
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
            tracing::info!(outage = %event.outage.id, event = name, why = event.why.join("; "), "judged");
            self.keeping.hold(event);
        }
    }

    /// Keeps what there is to keep: news at once; in calm now and then, or each check where other copies read it.
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
            Err(e) => tracing::error!(error = %e, "the tracker cannot be written; this is a bug of ours"),
        }
    }

    /// A step came to its end.
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
            // It was made by a lead that ran out, and the store gave us a newer one.
            CommitDecision::Fenced if self.lead.as_ref() != Some(&done.fence) => self.keep_now(),
            // Either another instance leads, or our own lead ran out and is new: the store says which.
            CommitDecision::Fenced => self.duty.ask_again(),
            CommitDecision::Failed => {}
        }
    }

    /// Before the end: waits for what is under way, and keeps all that there is.
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

/// The word of metrics for what a check told.
fn result(seen: &Outcome) -> &'static str {
    match seen {
        Outcome::Healthy => "healthy",
        Outcome::Failing(failure) | Outcome::Unreachable(failure) => failure.class.as_str(),
        Outcome::Refused { .. } => "refused",
        Outcome::Unclear(_) => "unclear",
        Outcome::Page(_) => "page",
    }
}

/// Waits until `stop` turns true, or nobody is left who could turn it.
pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}
