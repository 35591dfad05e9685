//! How fast the store commits an event, enqueues it, hands out deliveries, and opens.
#![allow(missing_docs, reason = "criterion's macros make functions without docs")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use healthy_upstream::alerts::plan::{MessageKind, MessagePlan};
use healthy_upstream::alerts::{DeliveryOutcome, InDoubt, NotificationLogEntry};
use healthy_upstream::health::{ProbeCounts, ServiceName};
use healthy_upstream::ids::{ChannelId, GuildId, MessageId};
use healthy_upstream::store::{MemoryStore, Store, StoreOptions, open};
use jiff::SignedDuration;
use tokio::runtime::Runtime;

use fill::{LEASE, NOW, fill, lead, step};

mod fill;

struct Place {
    runtime: Runtime,
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { runtime: Runtime::new().expect("a runtime"), folder: tempfile::tempdir().expect("a folder") }
    }

    fn open(&self, name: &str) -> Arc<dyn Store> {
        if name == "memory" {
            return Arc::new(MemoryStore::default().open().expect("a store"));
        }
        let address = format!("sled:{}", self.folder.path().join("data").display());
        self.runtime.block_on(open(&address, &StoreOptions::default())).expect("a store")
    }
}

fn committing(criterion: &mut Criterion) {
    for name in ["memory", "sled"] {
        let place = Place::new();
        let store = place.open(name);
        let (step, fence) = (step(), place.runtime.block_on(lead(&*store)));
        criterion.bench_function(&format!("{name}: commit an event"), |bench| {
            bench.iter(|| place.runtime.block_on(store.commit(black_box(&step), &fence)).expect("stored"));
        });
        let to: Vec<_> = (1..=500).map(|channel| (GuildId(1 + channel / 5), ChannelId(channel))).collect();
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements(500));
        group.bench_function("enqueue an event for 500 channels", |bench| {
            bench.iter_batched(
                || {
                    place.runtime.block_on(store.commit(&step, &fence)).expect("stored");
                    announced(&place.runtime, &*store)
                },
                |id| place.runtime.block_on(store.enqueue(id, &to, None, true, NOW)).expect("enqueued"),
                BatchSize::PerIteration,
            );
        });
        group.finish();
    }
}

/// Returns the newest announcement; older ones are expanded already.
fn announced(runtime: &Runtime, store: &dyn Store) -> healthy_upstream::alerts::AnnouncementId {
    let all = runtime.block_on(store.unexpanded(usize::MAX)).expect("read");
    all.last().expect("an announcement").id
}

fn delivering(criterion: &mut Criterion) {
    for name in ["memory", "sled"] {
        let place = Place::new();
        let store = place.open(name);
        let fence = place.runtime.block_on(lead(&*store));
        let to: Vec<_> = (1..=100).map(|channel| (GuildId(1 + channel / 5), ChannelId(channel))).collect();
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements(100));
        let variants = [
            ("claim 100 deliveries and complete them, 32 at once", Intent::Unstored),
            ("claim 100 deliveries, store each intent and complete them, 32 at once", Intent::Stored),
        ];
        for (name, intent) in variants {
            group.bench_function(name, |bench| {
                bench.iter_batched(
                    || {
                        place.runtime.block_on(async {
                            store.commit(&step(), &fence).await.expect("stored");
                            for announcement in store.unexpanded(usize::MAX).await.expect("read") {
                                store.enqueue(announcement.id, &to, None, true, NOW).await.expect("enqueued");
                            }
                        });
                    },
                    |()| place.runtime.block_on(notify_all(&store, intent)),
                    BatchSize::PerIteration,
                );
            });
        }
        group.finish();
    }
}

/// Whether the intent is stored before sending, as for each new message. Edits don't need it.
#[derive(Clone, Copy)]
enum Intent {
    Stored,
    Unstored,
}

/// The log of a channel whose start was posted, and the one before that, with the start in doubt.
fn log_and_intent() -> (NotificationLogEntry, NotificationLogEntry) {
    let log = NotificationLogEntry {
        revision: 1,
        start: Some(MessageId(1)),
        last: Some(NOW),
        ..NotificationLogEntry::default()
    };
    let doubt = InDoubt {
        at: NOW,
        planned: Some(MessagePlan::plain(MessageKind::Start)),
        revision: 1,
        marker: "web-api-20250416T122005Z/start".to_owned(),
        nonce: "n".repeat(25),
        channel: Some(ChannelId(1)),
        log: NotificationLogEntry { start: Some(InDoubt::MESSAGE), ..log.clone() },
    };
    (log, NotificationLogEntry { in_doubt: Some(Box::new(doubt)), ..NotificationLogEntry::default() })
}

async fn notify_all(store: &Arc<dyn Store>, intent: Intent) {
    let claims = store.claim(100, LEASE, NOW).await.expect("claims");
    assert_eq!(claims.len(), 100);
    let mut sending = tokio::task::JoinSet::new();
    for claim in claims {
        if sending.len() == 32 {
            sending.join_next().await.expect("one").expect("completed");
        }
        let store = Arc::clone(store);
        sending.spawn(async move {
            let (log, intended) = log_and_intent();
            if matches!(intent, Intent::Stored) {
                assert_eq!(
                    store.complete(&claim, &DeliveryOutcome::Noted { log: intended }, NOW).await,
                    Ok(true)
                );
            }
            assert_eq!(store.complete(&claim, &DeliveryOutcome::Delivered { log }, NOW).await, Ok(true));
        });
    }
    while let Some(done) = sending.join_next().await {
        done.expect("completed");
    }
}

fn opening(criterion: &mut Criterion) {
    let place = Place::new();
    let store = place.open("sled");
    place.runtime.block_on(fill(&*store, 10_000, 5));
    drop(store);
    criterion.bench_function("sled: open with 10,000 subscriptions", |bench| {
        bench.iter_with_large_drop(|| {
            let store = place.open("sled");
            drop(store);
        });
    });
    let store = place.open("sled");
    criterion.bench_function("sled: one server's subscriptions of 10,000", |bench| {
        bench.iter(|| {
            let page = place.runtime.block_on(store.subscriptions(Some(GuildId(77)), None, 100));
            assert_eq!(page.expect("read").len(), 5);
        });
    });
}

/// Records what `run` records in a year: the checks of four services every minute, with a cleanup every hour.
async fn record_a_year(store: &Arc<dyn Store>) {
    let services = ["web-api", "login", "apps", "web-player"].map(ServiceName::from);
    let probes = services.map(|service| (service, ProbeCounts { good: 3, ..ProbeCounts::default() }));
    for hour in 0..365 * 24 {
        // The minutes of an hour are recorded concurrently, so that they become durable together.
        let mut recording = tokio::task::JoinSet::new();
        for minute in 0..60 {
            let (store, probes) = (Arc::clone(store), probes.clone());
            let at = NOW + SignedDuration::from_mins(hour * 60 + minute);
            recording.spawn(async move { store.record_probes(at, &probes).await.expect("stored") });
        }
        while let Some(done) = recording.join_next().await {
            done.expect("stored");
        }
        while store.gc(NOW + SignedDuration::from_hours(hour)).await.expect("cleaned up") > 0 {}
    }
}

fn a_year(criterion: &mut Criterion) {
    let place = Place::new();
    let store = place.open("sled");
    place.runtime.block_on(record_a_year(&store));
    let (space, counts) = place.runtime.block_on(async { (store.usage().await, store.counts(None).await) });
    eprintln!("a year of checks: {:?}, {:?}", space.expect("read"), counts.expect("read"));
    drop(store);
    criterion.bench_function("sled: open with a year of checks", |bench| {
        bench.iter_with_large_drop(|| drop(place.open("sled")));
    });
}

criterion_group! {
    name = store;
    config = Criterion::default().sample_size(20).warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(4));
    targets = committing, delivering, opening, a_year
}
criterion_main!(store);
