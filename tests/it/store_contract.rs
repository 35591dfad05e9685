//! The contract of every store, as tests that run on every backend.
//!
//! To add a backend, add a row to [`Backend::all`].

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use healthy_upstream::alerts::{
    Announcement, Audience, Claim, Delivery, DeliveryOutcome, NotificationLogEntry, PermanentReason, Reason,
    Subscription, SubscriptionEdit, Suspension,
};
use healthy_upstream::health::{
    BucketSize, EventKind, Level, Outage, OutageEvent, ProbeCounts, ServiceName, Update,
};
use healthy_upstream::ids::{ChannelId, GuildId, InteractionId, MessageId, UserId};
use healthy_upstream::store::{
    Committed, EditResult, FencingToken, FreeSpace, LiveStatusMessage, MemoryStore, Meta as _, Store,
    StoreError, StoreOptions, Subscriptions as _, WatcherState, WatcherStep, open,
};
use jiff::{SignedDuration, Timestamp};

use crate::fixtures::{at, bare_outage as outage};
use crate::postgres;

pub(crate) const LEASE: SignedDuration = SignedDuration::from_secs(60);
pub(crate) const GUILD: GuildId = GuildId(7);

/// A store whose process can be killed.
pub(crate) enum Backend {
    Memory(MemoryStore),
    Sled(tempfile::TempDir, StoreOptions),
    Postgres(Shared),
}

/// A schema of its own in the tests' PostgreSQL, whose time the test owns.
pub(crate) struct Shared {
    pub(crate) address: String,
    options: StoreOptions,
    opened: AtomicBool,
}

impl Backend {
    /// Every backend; PostgreSQL only if it is installed.
    pub(crate) fn all(options: &StoreOptions) -> Vec<(&'static str, Self)> {
        let mut all =
            vec![("memory", Self::Memory(MemoryStore::with(options))), ("sled", Self::sled(options))];
        all.extend(Self::postgres(options).map(|postgres| ("postgres", postgres)));
        all
    }

    pub(crate) fn sled(options: &StoreOptions) -> Self {
        Self::Sled(tempfile::tempdir().expect("a folder"), options.clone())
    }

    pub(crate) fn postgres(options: &StoreOptions) -> Option<Self> {
        let options = StoreOptions { password: Some(postgres::PASSWORD.to_owned()), ..options.clone() };
        let address = postgres::shared()?.address();
        Some(Self::Postgres(Shared { address, options, opened: AtomicBool::new(false) }))
    }

    /// Starts, as a process does; what was opened before must have been dropped.
    pub(crate) async fn open(&self) -> Arc<dyn Store> {
        match self {
            Self::Memory(memory) => Arc::new(memory.open().expect("a store")),
            Self::Sled(folder, options) => {
                let address = format!("sled:{}", folder.path().join("data").display());
                open(&address, options).await.expect("a store")
            }
            Self::Postgres(Shared { address, options, opened }) => {
                let store = open(address, options).await.expect("a store");
                if opened.swap(true, Ordering::SeqCst) {
                    // The claims of a dead process are free when their leases end: the test continues from then on.
                    postgres::sql(address, "update delivery set token = null, lease_until = null").await;
                } else {
                    let owned =
                        "create table story_time (now timestamptz); insert into story_time values (null);
                        create or replace function hu_now() returns timestamptz language sql volatile
                        as 'select now from story_time'";
                    postgres::sql(address, owned).await;
                    self.it_is(at("09:00:00")).await;
                }
                store
            }
        }
    }

    /// Sets the time of a shared store. A store of one process gets the time with each call.
    pub(crate) async fn it_is(&self, now: Timestamp) {
        if let Self::Postgres(Shared { address, .. }) = self {
            postgres::sql(address, &format!("update story_time set now = '{now}'")).await;
        }
    }

    /// Opens the store for another instance. `None` if the backend allows only one.
    pub(crate) async fn beside(&self) -> Option<Arc<dyn Store>> {
        match self {
            Self::Memory(memory) => Some(Arc::new(memory.beside().expect("a store"))),
            Self::Sled(..) => None,
            Self::Postgres(Shared { address, options, .. }) => {
                Some(open(address, options).await.expect("a store"))
            }
        }
    }
}

/// Runs a test on every backend.
macro_rules! on_every_store {
    ($(#[$doc:meta])* $name:ident, |$backend:ident, $store:ident| $story:block) => {
        on_every_store!($(#[$doc])* $name, StoreOptions::default(), |$backend, $store| $story);
    };
    ($(#[$doc:meta])* $name:ident, $options:expr, |$backend:ident, $store:ident| $story:block) => {
        #[tokio::test]
        async fn $name() {
            for (name, backend) in Backend::all(&$options) {
                eprintln!("on {name}");
                let $backend = &backend;
                #[allow(unused_mut, reason = "some stories open it again")]
                let mut $store = $backend.open().await;
                $story
            }
        }
    };
}

pub(crate) fn ended(outage: &Outage, until: Timestamp) -> Outage {
    Outage { until: Some(until), level: Level::Up, revision: outage.revision + 1, ..outage.clone() }
}

pub(crate) fn event(outage: &Outage, kind: EventKind, at: Timestamp) -> OutageEvent {
    OutageEvent { at, kind, outage: outage.clone(), why: vec!["web-api: 503".to_owned()] }
}

pub(crate) fn step(outage: &Outage, kind: EventKind, at: Timestamp) -> WatcherStep {
    WatcherStep {
        state: b"tracker".to_vec(),
        outages: vec![outage.clone()],
        events: vec![(event(outage, kind, at), Audience::Subscribers)],
    }
}

/// Acquires the watcher's lease, for a test with one process.
pub(crate) async fn lead(store: &dyn Store) -> FencingToken {
    let lead =
        store.acquire_lease("watch", "the story's process", LEASE, at("00:00:00")).await.expect("an answer");
    lead.expect("nobody else leads")
}

/// Commits a step as the leader.
pub(crate) async fn save(store: &dyn Store, step: WatcherStep) {
    let fence = lead(store).await;
    assert_eq!(store.commit(&step, &fence).await, Ok(Committed::Stored));
}

/// Requests a change, as a new interaction.
pub(crate) async fn ask(store: &dyn Store, change: SubscriptionEdit, id: u64, now: Timestamp) -> EditResult {
    store.change(&change, InteractionId(id), now).await.expect("an answer")
}

pub(crate) fn subscribing(guild: GuildId, channel: u64, now: Timestamp) -> SubscriptionEdit {
    SubscriptionEdit::Subscribe(Box::new(Subscription::new(guild, ChannelId(channel), now)))
}

pub(crate) async fn subscribe(store: &dyn Store, channels: std::ops::Range<u64>, now: Timestamp) {
    for channel in channels {
        let change = subscribing(GUILD, channel, now);
        assert_eq!(ask(store, change, 1_000_000 + channel, now).await, EditResult::Now);
    }
}

/// Enqueues every announcement for every subscription, as the notifier does.
pub(crate) async fn fan_out(store: &dyn Store, now: Timestamp) {
    for Announcement { id, audience, .. } in store.unexpanded(10).await.expect("announcements") {
        if let Audience::Preview(guild, channel) | Audience::CatchUp(guild, channel) = audience {
            store.enqueue(id, &[(guild, channel)], None, true, now).await.expect("enqueued");
            continue;
        }
        let all = store.subscriptions(None, None, 1_000).await.expect("subscriptions");
        let to: Vec<_> = all.iter().map(|it| (it.guild, it.channel)).collect();
        store.enqueue(id, &to, to.last().copied(), true, now).await.expect("enqueued");
    }
}

pub(crate) async fn claim(store: &dyn Store, now: Timestamp) -> Vec<Claim> {
    store.claim(100, LEASE, now).await.expect("claims")
}

pub(crate) async fn notify(store: &dyn Store, claim: &Claim, log: NotificationLogEntry, now: Timestamp) {
    assert_eq!(store.complete(claim, &DeliveryOutcome::Delivered { log }, now).await, Ok(true));
}

pub(crate) fn posted(message: u64) -> NotificationLogEntry {
    NotificationLogEntry { start: Some(MessageId(message)), ..NotificationLogEntry::default() }
}

pub(crate) fn channels(claims: &[Claim]) -> Vec<u64> {
    claims.iter().map(|claim| claim.delivery.channel.0).collect()
}

mod edits;
mod leases;
mod outbox;
mod repairs;
mod watcher_state;
