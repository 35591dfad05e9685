//! The loop that looks: look → judge → commit → publish the picture.
//!
//! Each source is looked at on its own rhythm, one look at a time. What a look changes is kept before anybody hears of
//! it; if it cannot be kept, it is held and kept with the next look, so that a store that is away loses nothing.
//!
//! Never: nothing is sent from here, and whether a message could be sent is not known here.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::alerts::Audience;
use crate::clock::Clock;
use crate::health::{Judge, Observation, Outage, OutageEvent, Picture, Seen, ServiceName, tally};
use crate::spotify::Source;
use crate::store::{Committed, Fence, Step, Store, StoreError};
use crate::vitals::Vitals;

/// A calm tracker is kept this often: nothing in it matters within such a span but that looks went well.
const KEEP_CALM_EVERY: SignedDuration = SignedDuration::from_mins(5);

/// A store that was away is asked again after this long, also when no look is due.
const ASK_STORE_AGAIN: SignedDuration = SignedDuration::from_secs(5);

/// Tallies of looks are kept this often.
const TALLY_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// Looks at every source, judges, keeps, and publishes the picture.
pub struct Watcher {
    clock: Clock,
    store: Arc<dyn Store>,
    fence: Fence,
    judge: Judge,
    sources: Vec<Watched>,
    picture: watch::Sender<Arc<Picture>>,
    owed: Arc<dyn Fn() + Send + Sync>,
    vitals: Vitals,
    unkept: Unkept,
    kept_at: Timestamp,
    tally: BTreeMap<ServiceName, tally::Looks>,
    tallied_at: Timestamp,
}

/// One source and its rhythm.
struct Watched {
    source: Arc<dyn Source>,
    next: Timestamp,
    under_way: bool,
    /// The next look is out of turn: a quick one after a bad one, if the host's budget has room for it.
    again: bool,
}

/// What was judged but is not yet in the store.
#[derive(Default)]
struct Unkept {
    outages: Vec<Outage>,
    events: Vec<(OutageEvent, Audience)>,
    failing: bool,
}

impl Watcher {
    /// The role of the copy that watches.
    pub const ROLE: &str = "watch";

    /// A watcher of these sources, by the lead in [`Watcher::ROLE`]. `owed` is told whenever something new is owed to channels.
    pub fn new(
        clock: Clock,
        (store, fence): (Arc<dyn Store>, Fence),
        judge: Judge,
        sources: Vec<Arc<dyn Source>>,
        picture: watch::Sender<Arc<Picture>>,
        owed: Arc<dyn Fn() + Send + Sync>,
        vitals: Vitals,
    ) -> Self {
        let now = clock.now();
        let sources = sources
            .into_iter()
            .map(|source| Watched { source, next: now, under_way: false, again: false })
            .collect();
        Self {
            clock,
            store,
            fence,
            judge,
            sources,
            picture,
            owed,
            vitals,
            unkept: Unkept::default(),
            kept_at: now,
            tally: BTreeMap::new(),
            tallied_at: now,
        }
    }

    /// Looks until it is told to stop; then keeps what it knows.
    pub async fn run(mut self, mut reports: watch::Receiver<u32>, mut stop: watch::Receiver<bool>) {
        let mut looks: JoinSet<(usize, Option<Observation>)> = JoinSet::new();
        loop {
            let now = self.clock.now();
            for (i, watched) in self.sources.iter_mut().enumerate() {
                if !watched.under_way && watched.next <= now {
                    watched.under_way = true;
                    let (source, again) = (Arc::clone(&watched.source), watched.again);
                    looks.spawn(async move {
                        let looked =
                            if again { source.look_again().await } else { Some(source.look().await) };
                        (i, looked)
                    });
                }
            }
            let wake = self.wake(now);
            tokio::select! {
                biased;
                () = stopped(&mut stop) => break,
                Some(looked) = looks.join_next(), if !looks.is_empty() => match looked {
                    Ok((i, observation)) => self.take(i, observation).await,
                    Err(e) => tracing::error!(error = %e, "a look failed inside; its source is looked at no more until a restart"),
                },
                Ok(()) = reports.changed() => {
                    let people = *reports.borrow_and_update();
                    self.judge.reports(people);
                    self.publish();
                }
                () = self.clock.sleep_until(wake) => self.tick().await,
            }
        }
        looks.shutdown().await;
        self.keep(true).await;
        self.keep_tally(true).await;
    }

    fn wake(&self, now: Timestamp) -> Timestamp {
        let looks = self.sources.iter().filter(|w| !w.under_way).map(|w| w.next).min();
        let again = self.unkept.failing.then(|| now + ASK_STORE_AGAIN);
        [looks, again, self.judge.due()].into_iter().flatten().min().unwrap_or(now + KEEP_CALM_EVERY)
    }

    async fn take(&mut self, i: usize, looked: Option<Observation>) {
        let now = self.clock.now();
        let Some(observation) = looked else {
            // No room in the budget for a look out of turn: the regular one comes at its own time.
            let watched = &mut self.sources[i];
            let pace = self.judge.policy().every;
            (watched.under_way, watched.again, watched.next) = (false, false, now + pace);
            return;
        };
        let took = observation.took.max(SignedDuration::ZERO);
        let result = result(&observation.seen);
        tracing::debug!(source = %observation.source, result, took_ms = took.as_millis(), "looked");
        self.vitals.looked(observation.source.as_str(), result, took);
        let began = observation.at;
        let events = self.judge.take(&observation);
        self.count(&observation);
        let watched = &mut self.sources[i];
        let name = watched.source.name();
        watched.under_way = false;
        watched.again = self.judge.wants_recheck(name);
        let pace = self.judge.pace(name).max(watched.source.at_most_every().unwrap_or(SignedDuration::ZERO));
        watched.next = (began + pace).max(now);
        self.hold(events);
        self.keep(false).await;
        self.keep_tally(false).await;
        self.publish();
    }

    /// Counts a look for its service, for uptime and the strip of the day.
    fn count(&mut self, observation: &Observation) {
        let Some(service) = self.judge.profile().service_of(&observation.source) else { return };
        let counted = self.tally.entry(service.name.clone()).or_default();
        let own_network = self.picture.borrow().own_network_down_since.is_some();
        let kind = match &observation.seen {
            Seen::Healthy if observation.took > self.judge.policy().slow => &mut counted.degraded,
            Seen::Healthy => &mut counted.good,
            Seen::Failing(_) => &mut counted.bad,
            Seen::Unreachable(_) if !own_network => &mut counted.bad,
            _ => &mut counted.unknown,
        };
        *kind = kind.saturating_add(1);
    }

    async fn keep_tally(&mut self, at_all: bool) {
        let now = self.clock.now();
        if self.tally.is_empty() || (!at_all && now.duration_since(self.tallied_at) < TALLY_EVERY) {
            return;
        }
        let looks: Vec<_> = std::mem::take(&mut self.tally).into_iter().collect();
        self.tallied_at = now;
        if let Err(error) = self.store.note_looks(now, &looks).await {
            // A minute of a statistic is not worth holding.
            tracing::warn!(%error, "a minute of looks is missing from the tallies");
        }
    }

    async fn tick(&mut self) {
        let events = self.judge.tick(self.clock.now());
        self.hold(events);
        self.keep(false).await;
        self.publish();
    }

    fn hold(&mut self, events: Vec<OutageEvent>) {
        for event in events {
            let name = event.kind.as_str();
            tracing::info!(outage = %event.outage.id, event = name, why = event.why.join("; "), "judged");
            self.unkept.outages.retain(|o| o.id != event.outage.id);
            self.unkept.outages.push(event.outage.clone());
            self.unkept.events.push((event, Audience::Subscribers));
        }
    }

    async fn keep(&mut self, at_all: bool) {
        let now = self.clock.now();
        let calm = self.unkept.events.is_empty() && self.is_calm();
        if calm && !at_all && now.duration_since(self.kept_at) < KEEP_CALM_EVERY {
            return;
        }
        let tracker = match serde_json::to_vec(self.judge.tracker()) {
            Ok(tracker) => tracker,
            Err(e) => {
                return tracing::error!(error = %e, "the tracker cannot be written; this is a bug of ours");
            }
        };
        let step = Step { tracker, outages: self.unkept.outages.clone(), events: self.unkept.events.clone() };
        match self.store.commit(&step, &self.fence).await {
            Ok(Committed::Fenced) => {
                tracing::warn!("another copy of the bot watches by now; what this one judged is dropped");
                self.unkept = Unkept::default();
            }
            Ok(Committed::Kept) => {
                if self.unkept.failing {
                    tracing::info!("the store keeps what is judged again");
                }
                self.kept_at = now;
                self.unkept = Unkept::default();
                if !step.events.is_empty() {
                    (self.owed)();
                }
            }
            Err(e) => self.not_kept(&e),
        }
    }

    /// Whether nothing is open and no look is in doubt.
    fn is_calm(&self) -> bool {
        let picture = self.picture.borrow();
        let doubt = |w: &Watched| w.again;
        picture.open.is_empty() && !self.sources.iter().any(doubt)
    }

    fn not_kept(&mut self, error: &StoreError) {
        if !self.unkept.failing {
            tracing::error!(%error, "what was judged could not be kept; it is held and kept as soon as that works");
        }
        self.unkept.failing = true;
    }

    fn publish(&self) {
        let mut picture = self.judge.picture(self.clock.now());
        picture.next_look = self.sources.iter().filter(|w| !w.under_way).map(|w| w.next).min();
        self.picture.send_replace(Arc::new(picture));
    }
}

/// The word of metrics for what a look told.
fn result(seen: &Seen) -> &'static str {
    match seen {
        Seen::Healthy => "healthy",
        Seen::Failing(symptom) | Seen::Unreachable(symptom) => symptom.class.as_str(),
        Seen::Refused { .. } => "refused",
        Seen::Unclear(_) => "unclear",
        Seen::Page(_) => "page",
    }
}

/// Waits until `stop` turns true, or nobody is left who could turn it.
pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}
