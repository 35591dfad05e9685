//! What was judged, until it is in the store: one step under way at a time, while looking goes on.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;

use crate::alerts::Audience;
use crate::clock::Clock;
use crate::health::{Outage, OutageEvent};
use crate::store::{Committed, FencingToken, Store, StoreError, WatcherStep};

/// A store that takes longer to keep a step counts as away; what became of the step is then not known. One that takes two
/// seconds for each of a handful of statements is slow, and works.
const KEEPS_WITHIN: SignedDuration = SignedDuration::from_secs(20);
/// Steps whose end we do not know, at most: with one each five seconds, those of twenty minutes.
const IN_DOUBT: usize = 240;

/// What was judged and is not kept yet.
pub(super) struct PendingCommits {
    store: Arc<dyn Store>,
    clock: Clock,
    outages: Vec<Outage>,
    events: Vec<(OutageEvent, Audience)>,
    under_way: JoinSet<CommitResult>,
    /// There is something newer than what is under way.
    newer: bool,
    /// The last step failed.
    pub(super) failing: bool,
    /// When a step was kept last.
    pub(super) stored_at: Timestamp,
    /// The trackers that may stand in the store, and that we go on from: ours, or the leader's that we read last.
    ours: VecDeque<u64>,
}

/// A step that came to its end.
pub(super) struct CommitResult {
    step: WatcherStep,
    /// By which lead it was made.
    pub(super) fence: FencingToken,
    result: Result<Committed, StoreError>,
}

/// What a step's end means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CommitDecision {
    /// It is kept; something is owed to channels, or not.
    Stored {
        /// Something is to be told.
        pending: bool,
    },
    /// The lead that it was made by is another's by now, or an older one of ours: it is not kept.
    Fenced,
    /// It is tried again.
    Failed,
}

impl PendingCommits {
    pub(super) fn new(store: Arc<dyn Store>, clock: Clock) -> Self {
        Self {
            store,
            stored_at: clock.now(),
            clock,
            outages: Vec::new(),
            events: Vec::new(),
            under_way: JoinSet::new(),
            newer: false,
            failing: false,
            ours: VecDeque::new(),
        }
    }

    /// Holds an event until it is kept.
    pub(super) fn hold(&mut self, event: OutageEvent) {
        self.outages.retain(|held| held.id != event.outage.id);
        self.outages.push(event.outage.clone());
        self.events.push((event, Audience::Subscribers));
    }

    /// Whether anything is held that was judged.
    pub(super) fn holds_news(&self) -> bool {
        !self.events.is_empty()
    }

    /// Whether a step is on its way to the store.
    pub(super) fn is_under_way(&self) -> bool {
        !self.under_way.is_empty()
    }

    /// Whether something came since the step that is on its way.
    pub(super) fn is_behind(&self) -> bool {
        self.newer
    }

    /// Begins to keep all that is held, with this tracker; after the step that is under way, if one is.
    pub(super) fn begin(&mut self, state: Vec<u8>, fence: FencingToken) {
        if self.is_under_way() {
            self.newer = true;
            return;
        }
        self.newer = false;
        self.ours.push_back(print(&state));
        if self.ours.len() > IN_DOUBT {
            self.ours.pop_front();
        }
        let step = WatcherStep { state, outages: self.outages.clone(), events: self.events.clone() };
        let (store, clock) = (Arc::clone(&self.store), self.clock.clone());
        self.under_way.spawn(async move {
            let stored = clock.timeout(KEEPS_WITHIN, store.commit(&step, &fence)).await;
            let result = stored
                .unwrap_or_else(|| Err(StoreError::Away("the store does not answer in time".to_owned())));
            CommitResult { step, fence, result }
        });
    }

    /// Waits for the end of the step that is under way; forever if none is.
    pub(super) async fn done(&mut self) -> CommitResult {
        loop {
            match self.under_way.join_next().await {
                Some(Ok(done)) => return done,
                Some(Err(error)) => {
                    tracing::error!(%error, "keeping broke on a bug of ours; it is tried again");
                }
                None => std::future::pending().await,
            }
        }
    }

    /// Takes in the end of a step.
    pub(super) fn settle(&mut self, done: &CommitResult) -> CommitDecision {
        match &done.result {
            Ok(Committed::Stored) => {
                if std::mem::take(&mut self.failing) {
                    tracing::info!("the store keeps what is judged again");
                }
                self.stored_at = self.clock.now();
                self.ours = VecDeque::from([print(&done.step.state)]);
                self.events.drain(..done.step.events.len().min(self.events.len()));
                let stored = |held: &Outage| {
                    done.step.outages.iter().any(|o| o.id == held.id && o.revision == held.revision)
                };
                self.outages.retain(|held| !stored(held));
                CommitDecision::Stored { pending: !done.step.events.is_empty() }
            }
            Ok(Committed::Fenced) => CommitDecision::Fenced,
            Err(error) => {
                if !std::mem::replace(&mut self.failing, true) {
                    tracing::error!(%error, "what was judged could not be kept; it is held and kept as soon as that works");
                }
                CommitDecision::Failed
            }
        }
    }

    /// Whether a tracker that stands in the store is one that we go on from: then nobody else decided anything since.
    pub(super) fn knows(&self, state: &[u8]) -> bool {
        self.ours.contains(&print(state))
    }

    /// From here on we go on from another copy's tracker.
    pub(super) fn goes_on_from(&mut self, state: &[u8]) {
        self.ours = VecDeque::from([print(state)]);
    }

    /// Drops everything: another copy's word counts.
    pub(super) fn drop_all(&mut self) {
        if self.holds_news() {
            tracing::warn!(events = self.events.len(), "another copy leads; what this one judged is dropped");
        }
        *self = Self::new(Arc::clone(&self.store), self.clock.clone());
    }
}

/// Tells trackers apart.
fn print(state: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    state.hash(&mut hasher);
    hasher.finish()
}
