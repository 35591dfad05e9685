//! How fast the store keeps an event, owes it, hands it out, and opens.
#![allow(missing_docs, reason = "criterion's macros make functions without docs")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use healthy_upstream::alerts::{DeliveryOutcome, NotificationLogEntry};
use healthy_upstream::health::{ProbeCounts, ServiceName};
use healthy_upstream::ids::{ChannelId, GuildId};
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

fn keeping(criterion: &mut Criterion) {
    for name in ["memory", "sled"] {
        let place = Place::new();
        let store = place.open(name);
        let (step, fence) = (step(), place.runtime.block_on(lead(&*store)));
        criterion.bench_function(&format!("{name}: commit an event"), |bench| {
            bench.iter(|| place.runtime.block_on(store.commit(black_box(&step), &fence)).expect("kept"));
        });
        let to: Vec<_> = (0..500).map(|channel| (GuildId(channel / 5), ChannelId(channel))).collect();
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements(500));
        group.bench_function("owe an event to 500 channels", |bench| {
            bench.iter_batched(
                || {
                    place.runtime.block_on(store.commit(&step, &fence)).expect("kept");
                    announced(&place.runtime, &*store)
                },
                |id| place.runtime.block_on(store.enqueue(id, &to, None, true, NOW)).expect("owed"),
                BatchSize::PerIteration,
            );
        });
        group.finish();
    }
}

/// The newest announcement; older ones are expanded already.
fn announced(runtime: &Runtime, store: &dyn Store) -> healthy_upstream::alerts::AnnouncementId {
    let all = runtime.block_on(store.unexpanded(usize::MAX)).expect("read");
    all.last().expect("an announcement").id
}

fn telling(criterion: &mut Criterion) {
    for name in ["memory", "sled"] {
        let place = Place::new();
        let store = place.open(name);
        let fence = place.runtime.block_on(lead(&*store));
        let to: Vec<_> = (0..100).map(|channel| (GuildId(channel / 5), ChannelId(channel))).collect();
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements(100));
        group.bench_function("claim 100 deliveries and settle them, 32 at once", |bench| {
            bench.iter_batched(
                || {
                    place.runtime.block_on(async {
                        store.commit(&step(), &fence).await.expect("kept");
                        for announcement in store.unexpanded(usize::MAX).await.expect("read") {
                            store.enqueue(announcement.id, &to, None, true, NOW).await.expect("owed");
                        }
                    });
                },
                |()| place.runtime.block_on(notify_all(&store)),
                BatchSize::PerIteration,
            );
        });
        group.finish();
    }
}

async fn notify_all(store: &Arc<dyn Store>) {
    let claims = store.claim(100, LEASE, NOW).await.expect("claims");
    assert_eq!(claims.len(), 100);
    let mut sending = tokio::task::JoinSet::new();
    for claim in claims {
        if sending.len() == 32 {
            sending.join_next().await.expect("one").expect("settled");
        }
        let store = Arc::clone(store);
        sending.spawn(async move {
            let told = NotificationLogEntry { revision: 1, ..NotificationLogEntry::default() };
            assert_eq!(
                store.complete(&claim, &DeliveryOutcome::Delivered { log: told }, NOW).await,
                Ok(true)
            );
        });
    }
    while let Some(done) = sending.join_next().await {
        done.expect("settled");
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

/// What `run` notes in a year: each minute the looks at four services, tidied each hour.
async fn find_a_year(store: &Arc<dyn Store>) {
    let services = ["web-api", "login", "apps", "web-player"].map(ServiceName::from);
    let probes = services.map(|service| (service, ProbeCounts { good: 3, ..ProbeCounts::default() }));
    for hour in 0..365 * 24 {
        // The minutes of an hour at once, so that they are made durable together.
        let mut noting = tokio::task::JoinSet::new();
        for minute in 0..60 {
            let (store, probes) = (Arc::clone(store), probes.clone());
            let at = NOW + SignedDuration::from_mins(hour * 60 + minute);
            noting.spawn(async move { store.record_probes(at, &probes).await.expect("kept") });
        }
        while let Some(done) = noting.join_next().await {
            done.expect("kept");
        }
        while store.gc(NOW + SignedDuration::from_hours(hour)).await.expect("tidied") > 0 {}
    }
}

fn a_year(criterion: &mut Criterion) {
    let place = Place::new();
    let store = place.open("sled");
    place.runtime.block_on(find_a_year(&store));
    let (space, counts) = place.runtime.block_on(async { (store.usage().await, store.counts(None).await) });
    eprintln!("a year of looks: {:?}, {:?}", space.expect("read"), counts.expect("read"));
    drop(store);
    criterion.bench_function("sled: open with a year of looks", |bench| {
        bench.iter_with_large_drop(|| drop(place.open("sled")));
    });
}

criterion_group! {
    name = store;
    config = Criterion::default().sample_size(20).warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(4));
    targets = keeping, telling, opening, a_year
}
criterion_main!(store);
