//! An instance's connection to the store. The test makes it healthy, cut, silent or slow.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use healthy_upstream::alerts::{
    Announcement, AnnouncementId, Claim, Delivery, DeliveryOutcome, RecoverySubscriber, Remains,
    Subscription, SubscriptionEdit, Suspension,
};
use healthy_upstream::clock::Clock;
use healthy_upstream::health::{BucketSize, Outage, OutageId, ProbeCounts, ServiceName, UptimeBucket};
use healthy_upstream::ids::{ChannelId, GuildId, InteractionId, MessageId, UserId};
use healthy_upstream::store::{
    Committed, Deletions, DumpEntry, EditResult, FencingToken, GuildSummary, Lease, Leases,
    LiveStatusMessage, Meta, Outages, Outbox, Stats, Store, StoreError, Subscriptions, Take,
    UnansweredQuestion, Usage, Votes, WatcherState, WatcherStep,
};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

/// The state of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Well,
    /// Every request fails at once.
    Cut,
    /// Every request waits until the connection is healthy again, and is then carried out.
    Silent,
    /// Every request is carried out after this delay.
    Slow(SignedDuration),
    /// Edits are stored, but their answer is lost.
    ChangesUnheard,
    /// Edits never reach the store.
    ChangesLost,
}

pub(crate) struct Line {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) state: watch::Receiver<State>,
    /// The time of the store's machine. Leases end by it.
    pub(crate) clock: Clock,
    /// Whether the store reports that time, as a database does.
    pub(crate) tells_time: bool,
    /// Set when a step was stored although another instance was already the leader.
    pub(crate) stale: Arc<AtomicBool>,
    pub(crate) crowd: Crowd,
}

/// For each store method: how many calls run now, and the most that ever ran at once.
#[derive(Clone, Default)]
pub(crate) struct Crowd(Arc<Mutex<BTreeMap<&'static str, (usize, usize)>>>);

impl Crowd {
    /// Returns the most calls of this method that ever ran at once.
    pub(crate) fn most(&self, verb: &str) -> usize {
        self.0.lock().expect("whole").get(verb).map_or(0, |(_, most)| *most)
    }

    fn joins(&self, verb: &'static str) -> Asking {
        let mut crowd = self.0.lock().expect("whole");
        let (now, most) = crowd.entry(verb).or_default();
        *now += 1;
        *most = (*most).max(*now);
        Asking(self.clone(), verb)
    }
}

/// Guard of one running call.
struct Asking(Crowd, &'static str);

impl Drop for Asking {
    fn drop(&mut self) {
        if let Some((now, _)) = self.0.0.lock().expect("whole").get_mut(self.1) {
            *now -= 1;
        }
    }
}

impl Line {
    async fn pass(&self) -> Result<(), StoreError> {
        let mut state = self.state.clone();
        loop {
            let now = *state.borrow_and_update();
            match now {
                State::Well | State::ChangesUnheard | State::ChangesLost => return Ok(()),
                State::Cut => return Err(StoreError::Away("the database is away".to_owned())),
                State::Slow(by) => {
                    self.clock.sleep(by).await;
                    return Ok(());
                }
                State::Silent => {
                    if state.changed().await.is_err() {
                        std::future::pending::<()>().await; // the test is over, so no answer ever comes
                    }
                }
            }
        }
    }
}

macro_rules! over_the_line {
    ($($part:ident { $(fn $verb:ident($($name:ident: $what:ty),*) -> $gives:ty;)* { $($own:tt)* } })*) => {$(
        #[async_trait]
        impl $part for Line {
            $(async fn $verb(&self, $($name: $what),*) -> Result<$gives, StoreError> {
                let _asks = self.crowd.joins(stringify!($verb));
                self.pass().await?;
                let (changes, lost) = (stringify!($verb) == "change", || StoreError::Away("the connection broke".to_owned()));
                if changes && *self.state.borrow() == State::ChangesLost {
                    return Err(lost());
                }
                let done = self.store.$verb($($name),*).await;
                let unheard = changes && *self.state.borrow() == State::ChangesUnheard;
                if unheard { Err(lost()) } else { done }
            })*

            $($own)*
        }
    )*};
}

over_the_line! {
    Leases {
        fn release_lease(fence: &FencingToken) -> ();
        fn reserve(budget: &str, slots: u32, every: SignedDuration, now: Timestamp) -> SignedDuration;
        {
            async fn acquire_lease(
                &self,
                role: &str,
                holder: &str,
                lease: SignedDuration,
                _: Timestamp,
            ) -> Result<Option<FencingToken>, StoreError> {
                self.pass().await?;
                self.store.acquire_lease(role, holder, lease, self.clock.now()).await
            }

            async fn leases(&self, prefix: &str, _: Timestamp) -> Result<Vec<Lease>, StoreError> {
                self.pass().await?;
                self.store.leases(prefix, self.clock.now()).await
            }

            async fn server_time(&self) -> Result<Option<Timestamp>, StoreError> {
                self.pass().await?;
                Ok(self.tells_time.then(|| self.clock.now()))
            }

            async fn wait_for_change(&self) {
                loop {
                    self.store.wait_for_change().await;
                    if *self.state.borrow() == State::Well {
                        return;
                    }
                }
            }
        }
    }
    Outages {
        fn load_state() -> WatcherState;
        fn outage(id: &OutageId) -> Option<Outage>;
        fn outages(since: Timestamp, most: usize) -> Vec<Outage>;
        {
            async fn commit(&self, step: &WatcherStep, fence: &FencingToken) -> Result<Committed, StoreError> {
                self.pass().await?;
                let committed = self.store.commit(step, fence).await;
                if committed == Ok(Committed::Stored) {
                    let leases = self.store.leases(&fence.role, self.clock.now()).await?;
                    let stale = leases.iter().any(|lease| lease.holder != fence.holder);
                    self.stale.fetch_or(stale, Ordering::SeqCst);
                }
                committed
            }
        }
    }
    Subscriptions {
        fn change(change: &SubscriptionEdit, asked: InteractionId, now: Timestamp) -> EditResult;
        fn subscription(guild: GuildId, channel: ChannelId) -> Option<Subscription>;
        fn subscriptions(of: Option<GuildId>, after: Option<(GuildId, ChannelId)>, most: usize) -> Vec<Subscription>;
        fn pause(guild: GuildId, channel: ChannelId, paused: Option<Suspension>) -> ();
        fn soft_delete(guild: GuildId, channel: Option<ChannelId>, now: Timestamp) -> ();
        fn servers(after: Option<GuildId>, most: usize) -> Vec<GuildSummary>;
        fn undelete(guild: GuildId, now: Timestamp) -> usize;
        fn waiting(
            outage: &OutageId,
            of: Option<ChannelId>,
            after: Option<(ChannelId, UserId)>,
            most: usize
        ) -> Vec<RecoverySubscriber>;
        fn stop_waiting(outage: &OutageId, channel: ChannelId, people: &[UserId]) -> ();
        fn live_messages(after: Option<GuildId>, most: usize) -> Vec<LiveStatusMessage>;
        fn save_live_message(guild: GuildId, channel: ChannelId, message: Option<MessageId>) -> bool;
        {}
    }
    Outbox {
        fn unexpanded(most: usize) -> Vec<Announcement>;
        fn announcement(id: AnnouncementId) -> Option<Announcement>;
        fn enqueue(
            announcement: AnnouncementId,
            to: &[(GuildId, ChannelId)],
            considered: Option<(GuildId, ChannelId)>,
            done: bool,
            now: Timestamp
        ) -> ();
        fn claim(most: usize, lease: SignedDuration, now: Timestamp) -> Vec<Claim>;
        fn complete(claim: &Claim, outcome: &DeliveryOutcome, now: Timestamp) -> bool;
        fn next_due() -> Option<Timestamp>;
        fn longest_waiting() -> Option<Delivery>;
        fn undelivered(guild: GuildId, most: usize) -> Vec<Delivery>;
        {}
    }
    Stats {
        fn reports(outage: Option<&OutageId>, since: Timestamp) -> u64;
        fn votes() -> Vec<Votes>;
        fn questions(most: usize) -> Vec<UnansweredQuestion>;
        fn record_probes(at: Timestamp, probes: &[(ServiceName, ProbeCounts)]) -> ();
        fn uptime_buckets(service: &ServiceName, span: BucketSize, since: Timestamp) -> Vec<UptimeBucket>;
        fn counts(of: Option<GuildId>) -> Vec<(&'static str, u64)>;
        fn usage() -> Usage;
        {}
    }
    Meta {
        fn put_meta(name: &str, value: Option<&[u8]>) -> ();
        fn get_meta(name: &str) -> Option<Vec<u8>>;
        fn gc(now: Timestamp) -> usize;
        fn deletions() -> Deletions;
        fn settle_deletions(deletions: &Deletions) -> ();
        fn note_deletions(deletions: &Deletions) -> ();
        fn rewrite() -> ();
        fn records_of(guild: GuildId, most: usize) -> Vec<DumpEntry>;
        fn dump(take: Take) -> u64;
        fn load(entries: Vec<DumpEntry>) -> ();
        {
            fn remains(&self) -> Remains {
                self.store.remains()
            }
        }
    }
}
