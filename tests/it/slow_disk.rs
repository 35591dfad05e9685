//! A disk whose every access takes as long as the test says.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use healthy_upstream::alerts::{
    Announcement, AnnouncementId, Change, ChannelId, Claim, Delivery, GuildId, InteractionId, MessageId,
    Outcome, Paused, Subscription, UserId, Waiting,
};
use healthy_upstream::clock::Clock;
use healthy_upstream::health::{Looks, Outage, OutageId, ServiceName, Span, Tally};

use healthy_upstream::store::{
    Board, Changed, Committed, Entry, Fence, Lead, Question, Remembered, Space, Step, Store, StoreError,
    Take, Votes,
};
use jiff::{SignedDuration, Timestamp};

/// How long each access takes, for every store that was opened on it. A clone is the same disk.
#[derive(Clone, Default)]
pub(crate) struct Disk(Arc<Mutex<SignedDuration>>);

impl Disk {
    /// From now on.
    pub(crate) fn takes(&self, span: SignedDuration) {
        *self.0.lock().expect("nobody panicked") = span;
    }

    /// A store that lies on it.
    pub(crate) fn holds(&self, store: impl Store + 'static, clock: &Clock) -> OnDisk {
        OnDisk { disk: self.clone(), clock: clock.clone(), store: Arc::new(store) }
    }
}

/// A store on such a disk.
pub(crate) struct OnDisk {
    disk: Disk,
    clock: Clock,
    store: Arc<dyn Store>,
}

impl OnDisk {
    async fn wait(&self) {
        let span = *self.disk.0.lock().expect("nobody panicked");
        self.clock.sleep(span).await;
    }
}

/// Every verb waits for the disk, and is then carried out.
macro_rules! wait_for_the_disk {
    ($($verb:ident($($part:ident: $kind:ty),*) -> $gives:ty;)*) => {
        #[async_trait]
        impl Store for OnDisk {
            $(async fn $verb(&self $(, $part: $kind)*) -> Result<$gives, StoreError> {
                self.wait().await;
                self.store.$verb($($part),*).await
            })*

            async fn changed(&self) {
                self.store.changed().await;
            }
        }
    };
}

wait_for_the_disk! {
    recall() -> Remembered;
    lead(role: &str, holder: &str, lease: SignedDuration, now: Timestamp) -> Option<Fence>;
    resign(fence: &Fence) -> ();
    leads(prefix: &str, now: Timestamp) -> Vec<Lead>;
    commit(step: &Step, fence: &Fence) -> Committed;
    reserve(budget: &str, slots: u32, every: SignedDuration, now: Timestamp) -> SignedDuration;
    outage(id: &OutageId) -> Option<Outage>;
    outages(since: Timestamp, most: usize) -> Vec<Outage>;
    change(change: &Change, asked: InteractionId, now: Timestamp) -> Changed;
    subscription(guild: GuildId, channel: ChannelId) -> Option<Subscription>;
    subscriptions(of: Option<GuildId>, after: Option<(GuildId, ChannelId)>, most: usize) -> Vec<Subscription>;
    unexpanded(most: usize) -> Vec<Announcement>;
    announcement(id: AnnouncementId) -> Option<Announcement>;
    owe(announcement: AnnouncementId, to: &[(GuildId, ChannelId)], considered: Option<(GuildId, ChannelId)>, done: bool, now: Timestamp) -> ();
    claim(most: usize, lease: SignedDuration, now: Timestamp) -> Vec<Claim>;
    settle(claim: &Claim, outcome: &Outcome, now: Timestamp) -> bool;
    next_due() -> Option<Timestamp>;
    undelivered(guild: GuildId, most: usize) -> Vec<Delivery>;
    waiting(outage: &OutageId, of: Option<ChannelId>, after: Option<(ChannelId, UserId)>, most: usize) -> Vec<Waiting>;
    boards(after: Option<GuildId>, most: usize) -> Vec<Board>;
    note_board(guild: GuildId, channel: ChannelId, message: Option<MessageId>) -> bool;
    reports(outage: Option<&OutageId>, since: Timestamp) -> u64;
    votes() -> Vec<Votes>;
    questions(most: usize) -> Vec<Question>;
    note_looks(at: Timestamp, looks: &[(ServiceName, Looks)]) -> ();
    tallies(service: &ServiceName, span: Span, since: Timestamp) -> Vec<Tally>;
    pause(guild: GuildId, channel: ChannelId, paused: Option<Paused>) -> ();
    set_aside(guild: GuildId, channel: Option<ChannelId>, now: Timestamp) -> ();
    restore(guild: GuildId, now: Timestamp) -> usize;
    keep(name: &str, value: Option<&[u8]>) -> ();
    kept(name: &str) -> Option<Vec<u8>>;
    tidy(now: Timestamp) -> usize;
    dump(take: Take) -> u64;
    load(entries: Vec<Entry>) -> ();
    space() -> Space;
    counts(of: Option<GuildId>) -> Vec<(&'static str, u64)>;
}
