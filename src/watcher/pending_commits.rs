//! Events and state until they are in the store: one commit at a time, while probing continues.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;

use crate::alerts::Audience;
use crate::clock::Clock;
use crate::health::{Outage, OutageEvent};
use crate::store::{Committed, FencingToken, Outages, StoreError, WatcherStep};

/// The longest commit. After that the store counts as unavailable, and the commit is in doubt. A store that takes two seconds
/// for each of a handful of statements is slow, but works.
const KEEPS_WITHIN: SignedDuration = SignedDuration::from_secs(20);
/// How many commits in doubt are remembered: with one each five seconds, those of twenty minutes.
const IN_DOUBT: usize = 240;

/// Events and outages that are not stored yet.
pub(super) struct PendingCommits {
    store: Arc<dyn Outages>,
    clock: Clock,
    outages: Vec<Outage>,
    events: Vec<(OutageEvent, Audience)>,
    under_way: JoinSet<CommitResult>,
    /// There is something newer than the running commit.
    newer: bool,
    /// The last commit failed.
    pub(super) failing: bool,
    /// When a commit was last stored.
    pub(super) stored_at: Timestamp,
    /// Hashes of the states that may be in the store and that we continue from: ours, or the leader's that we last read.
    ours: VecDeque<u64>,
}

/// The result of a commit.
pub(super) struct CommitResult {
    step: WatcherStep,
    /// The lease under which it was made.
    pub(super) fence: FencingToken,
    result: Result<Committed, StoreError>,
}

/// What a commit's result means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CommitDecision {
    /// It is stored; announcements may be pending.
    Stored {
        /// Something is to be posted.
        pending: bool,
    },
    /// Its lease is now another instance's, or an older one of ours: it is not stored.
    Fenced,
    /// It is tried again.
    Failed,
}

impl PendingCommits {
    pub(super) fn new(store: Arc<dyn Outages>, clock: Clock) -> Self {
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

    /// Holds an event until it is stored.
    pub(super) fn hold(&mut self, event: OutageEvent) {
        self.outages.retain(|held| held.id != event.outage.id);
        self.outages.push(event.outage.clone());
        self.events.push((event, Audience::Subscribers));
    }

    /// Whether any event is held.
    pub(super) fn holds_news(&self) -> bool {
        !self.events.is_empty()
    }

    /// Whether a commit is running.
    pub(super) fn is_under_way(&self) -> bool {
        !self.under_way.is_empty()
    }

    /// Whether something came since the running commit.
    pub(super) fn is_behind(&self) -> bool {
        self.newer
    }

    /// Begins to store all that is held, with this state. If a commit is running, that comes first.
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

    /// Waits for the end of the running commit; forever if there is none.
    pub(super) async fn done(&mut self) -> CommitResult {
        loop {
            match self.under_way.join_next().await {
                Some(Ok(done)) => return done,
                Some(Err(error)) => {
                    tracing::error!(%error, "the commit panicked; it is tried again");
                }
                None => std::future::pending().await,
            }
        }
    }

    /// Takes in the result of a commit.
    pub(super) fn settle(&mut self, done: &CommitResult) -> CommitDecision {
        match &done.result {
            Ok(Committed::Stored) => {
                if std::mem::take(&mut self.failing) {
                    tracing::info!("outage changes are stored again");
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
                    tracing::error!(%error, "outage changes cannot be stored; they are held until the store works");
                }
                CommitDecision::Failed
            }
        }
    }

    /// Whether a stored state is one that we continue from: then no other instance has decided anything since.
    pub(super) fn knows(&self, state: &[u8]) -> bool {
        self.ours.contains(&print(state))
    }

    /// Continues from another instance's state.
    pub(super) fn goes_on_from(&mut self, state: &[u8]) {
        self.ours = VecDeque::from([print(state)]);
    }

    /// Drops everything, because another instance's state counts.
    pub(super) fn drop_all(&mut self) {
        if self.holds_news() {
            tracing::warn!(
                events = self.events.len(),
                "another instance leads; unstored events of this one are dropped"
            );
        }
        *self = Self::new(Arc::clone(&self.store), self.clock.clone());
    }
}

/// Returns a hash that distinguishes states.
fn print(state: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    state.hash(&mut hasher);
    hasher.finish()
}
