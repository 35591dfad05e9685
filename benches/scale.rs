//! How the durable stores handle a million subscriptions: sled and PostgreSQL side by side.
//!
//! `cargo bench --bench scale` takes seconds. `-- --subscriptions 1000000 --deliveries 100000` is the size of a large host. The
//! database is a scratch cluster on loopback with the durability of a real one (`fsync` is on).
#![allow(clippy::disallowed_methods, reason = "a stopwatch reads a clock")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use healthy_upstream::alerts::{DeliveryOutcome, NotificationLogEntry};
use healthy_upstream::ids::GuildId;
use healthy_upstream::store::{Store, StoreOptions, open};
use tokio::task::JoinSet;

use fill::{LEASE, NOW, fill, lead, step};

mod fill;

#[path = "../tests/it/postgres.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod postgres;

/// Subscriptions of one guild.
const PER_GUILD: u64 = 10;
/// Subscriptions per step of a fan-out, as in the notifier.
const PAGE: usize = 500;
/// Deliveries that one notifier claims at once and sends in parallel, as in the notifier.
const PARALLEL: usize = 64;
const NOTIFIERS: usize = 4;

struct Sizes {
    subscriptions: u64,
    deliveries: u64,
}

fn main() {
    let asked: Vec<String> = std::env::args().collect();
    let size = |name: &str, default: u64| {
        let place = asked.iter().position(|argument| argument == name);
        place.and_then(|place| asked.get(place + 1)?.parse().ok()).unwrap_or(default)
    };
    let subscriptions = size("--subscriptions", 20_000);
    let sizes = Sizes { subscriptions, deliveries: size("--deliveries", 2_000).min(subscriptions) };
    println!(
        "{} subscriptions in {} servers, an event for {} channels, {NOTIFIERS} notifiers",
        sizes.subscriptions,
        sizes.subscriptions / PER_GUILD,
        sizes.deliveries
    );
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let sled = format!("sled:{}", folder.path().join("data").display());
    let only = |name: &str| !asked.contains(&"--only".to_owned()) || asked.contains(&name.to_owned());
    if only("postgres")
        && let Some(cluster) = postgres::own(postgres::Care::Safe)
    {
        let options =
            StoreOptions { password: Some(postgres::PASSWORD.to_owned()), ..StoreOptions::default() };
        println!("{}", runtime.block_on(measured("PostgreSQL", &cluster.address(), &options, &sizes)));
    }
    if only("sled") {
        println!("{}", runtime.block_on(measured("sled", &sled, &StoreOptions::default(), &sizes)));
    }
}

async fn measured(name: &str, address: &str, options: &StoreOptions, sizes: &Sizes) -> String {
    let store = open(address, options).await.expect("a store");
    let ((), filled) = timed(fill(&*store, sizes.subscriptions, PER_GUILD)).await;
    let lists = lists(&*store, sizes.subscriptions).await;
    let ((), expanded) = timed(announce(&*store, sizes.deliveries)).await;
    let notifiers: Vec<Arc<dyn Store>> = if name == "sled" {
        vec![store; NOTIFIERS]
    } else {
        let mut notifiers = vec![store];
        while notifiers.len() < NOTIFIERS {
            notifiers.push(open(address, options).await.expect("another instance"));
        }
        notifiers
    };
    let (delivered, took) = timed(notify(notifiers)).await;
    assert_eq!(delivered, sizes.deliveries, "each once");
    let memory = most_memory() / 1_024;
    let beside =
        if name == "sled" { String::new() } else { claims_beside_others(address, options, sizes).await };
    format!(
        "{name:<12} filled in {:.1} s · a server's list p50 {:.2} ms, p99 {:.2} ms · event to {} deliveries {:.2} s · \
         claimed and completed {:.0}/s · memory at most {memory} MB{beside}",
        filled.as_secs_f64(),
        millis(lists[lists.len() / 2]),
        millis(lists[lists.len() * 99 / 100]),
        sizes.deliveries,
        expanded.as_secs_f64(),
        f64::from(u32::try_from(delivered).expect("small")) / took.as_secs_f64(),
    )
}

/// Measures a claim while notifiers hold half of the pending deliveries and as many more wait behind these, and a claim when
/// nothing is left.
async fn claims_beside_others(address: &str, options: &StoreOptions, sizes: &Sizes) -> String {
    let store = open(address, options).await.expect("a store");
    announce(&*store, sizes.deliveries).await;
    let mut held = 0;
    while held < sizes.deliveries / 2 {
        held += store.claim(250, LEASE, NOW).await.expect("claims").len() as u64;
    }
    announce(&*store, sizes.deliveries).await;
    let mut beside = Vec::new();
    for _ in 0..50 {
        beside.push(timed(store.claim(PARALLEL, LEASE, NOW)).await.1);
    }
    while !store.claim(250, LEASE, NOW).await.expect("claims").is_empty() {}
    let mut after = Vec::new();
    for _ in 0..50 {
        after.push(timed(store.claim(PARALLEL, LEASE, NOW)).await.1);
    }
    let shown = |mut spans: Vec<Duration>| {
        spans.sort_unstable();
        let most = spans.last().copied().unwrap_or_default();
        format!("p50 {:.2} ms, most {:.2} ms", millis(spans[spans.len() / 2]), millis(most))
    };
    format!(
        " · a claim beside {held} held ones and {} behind others {}, and when nothing is left {}",
        sizes.deliveries,
        shown(beside),
        shown(after)
    )
}

async fn timed<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let begin = Instant::now();
    (work.await, begin.elapsed())
}

fn millis(span: Duration) -> f64 {
    span.as_secs_f64() * 1_000.0
}

/// Returns the peak memory of this process in KiB.
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or_default()
}

async fn lists(store: &dyn Store, subscriptions: u64) -> Vec<Duration> {
    let mut took = Vec::new();
    for turn in 0..500 {
        let guild = GuildId(1 + turn * 7_919 % (subscriptions / PER_GUILD - 1));
        let (page, span) = timed(store.subscriptions(Some(guild), None, 100)).await;
        assert_eq!(page.expect("read").len() as u64, PER_GUILD);
        took.push(span);
    }
    took.sort_unstable();
    took
}

/// Commits an event and enqueues it for `deliveries` channels, step by step, as the notifier does.
async fn announce(store: &dyn Store, deliveries: u64) {
    let fence = lead(store).await;
    store.commit(&step(), &fence).await.expect("stored");
    let mut pending = 0;
    while let Some(announcement) = store.unexpanded(1).await.expect("read").pop() {
        let left = usize::try_from(deliveries - pending).expect("small");
        let page = store.subscriptions(None, announcement.considered, PAGE.min(left)).await.expect("read");
        let to: Vec<_> = page.iter().map(|one| (one.guild, one.channel)).collect();
        pending += to.len() as u64;
        let done = pending == deliveries;
        store.enqueue(announcement.id, &to, to.last().copied(), done, NOW).await.expect("enqueued");
    }
}

/// Completes all pending deliveries with one task per notifier. Returns how many there were.
async fn notify(notifiers: Vec<Arc<dyn Store>>) -> u64 {
    let mut work = JoinSet::new();
    for store in notifiers {
        work.spawn(async move {
            let mut delivered = 0;
            loop {
                let claims = store.claim(PARALLEL, LEASE, NOW).await.expect("claims");
                if claims.is_empty() {
                    return delivered;
                }
                delivered += claims.len() as u64;
                let done = |claim| {
                    (
                        claim,
                        DeliveryOutcome::Delivered {
                            log: NotificationLogEntry { revision: 1, ..NotificationLogEntry::default() },
                        },
                    )
                };
                let completed: Vec<_> = claims.into_iter().map(done).collect();
                // At the beginning sixteen connections are opened at once. A task that waits too long for one tries again, as the
                // notifier does, which completes everything sent meanwhile in one step.
                while store.complete_all(&completed, NOW).await.is_err() {}
            }
        });
    }
    work.join_all().await.into_iter().sum()
}
