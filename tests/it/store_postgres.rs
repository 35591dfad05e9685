//! PostgreSQL as the shared store: starting, faults, and what an operator reads of them. On real time, because its
//! sockets run on it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use healthy_upstream::alerts::{DeliveryOutcome, Reason, SubscriptionEdit};
use healthy_upstream::clock::Clock;
use healthy_upstream::health::EventKind;
use healthy_upstream::ids::{ChannelId, InteractionId};
use healthy_upstream::store::{Committed, EditResult, Store, StoreError, StoreOptions, open};
use jiff::SignedDuration;
use tokio::task::JoinSet;

use crate::faulty_proxy::{Line, Weather};
use crate::fixtures::{at, bare_outage as outage};
use crate::postgres::{self, Care, PASSWORD};
use crate::store_contract::{
    GUILD, LEASE, ask, ended, fan_out, lead, posted, save, step, subscribe, subscribing,
};

fn options() -> StoreOptions {
    StoreOptions {
        password: Some(PASSWORD.to_owned()),
        subscriptions_per_guild: 1_000,
        ..StoreOptions::default()
    }
}

async fn opened(address: &str) -> Arc<dyn Store> {
    open(address, &options()).await.expect("a store")
}

/// What an operator reads when this address is opened; the password is never in it.
async fn refused(address: &str, options: &StoreOptions) -> StoreError {
    let Err(error) = open(address, options).await else { panic!("{address} opened") };
    assert!(!format!("{error} {error:?} {options:?}").contains("hunter2"), "{error}");
    error
}

#[tokio::test]
async fn concurrent_starts_migrate_once() {
    let Some(cluster) = postgres::shared() else { return };
    let address = cluster.address();
    let mut starting = JoinSet::new();
    for _ in 0..6 {
        let address = address.clone();
        starting.spawn(async move { opened(&address).await });
    }
    let all = starting.join_all().await;
    subscribe(&*all[0], 1..3, at("09:00:00")).await;
    assert_eq!(all[5].subscriptions(None, None, 9).await.expect("read").len(), 2);
    assert_eq!(postgres::value(&address, "select count(*) from schema_version").await, "3");
}

#[tokio::test]
async fn newer_schema_is_refused_and_left_unchanged() {
    let Some(cluster) = postgres::shared() else { return };
    let address = cluster.address();
    drop(opened(&address).await);
    postgres::sql(&address, "insert into schema_version values (99)").await;
    let StoreError::TooNew(text) = refused(&address, &options()).await else { panic!("opened") };
    assert!(text.contains("tables of version 99"), "{text}");
    assert_eq!(postgres::value(&address, "select max(version) from schema_version").await, "99");
}

#[tokio::test]
async fn database_errors_give_advice_without_the_password() {
    let Some(cluster) = postgres::shared() else { return };
    let good = cluster.address();
    let with = |password: Option<&str>| StoreOptions {
        password: password.map(str::to_owned),
        ..StoreOptions::default()
    };
    let (ours, port) = (options(), cluster.port);
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("an address").port()
    };
    postgres::sql(&good, "do $$ begin create role visitor login password 'planted-hunter2'; exception when duplicate_object then null; end $$").await;
    for (address, options, words) in [
        (good.clone(), with(Some("wrong-hunter2")), "refuses the user or its password"),
        (good.clone(), with(None), "wants a password: give HEALTHY_UPSTREAM_STORE_PASSWORD"),
        (good.replace("/postgres?", "/nowhere?"), ours.clone(), "there is no such database"),
        (good.replace("healthy@", "visitor@"), ours.clone(), "grant the bot's user \"create\""),
        (good.replace("disable", "require"), ours.clone(), "?sslrootcert=FILE"),
        (postgres::address(closed, "story"), ours.clone(), "cannot be reached"),
        (good.replace(&port.to_string(), "0"), ours.clone(), "cannot be reached"),
        (
            format!("{good}&options=-c%20default_transaction_read_only%3Don"),
            ours.clone(),
            "accepts no changes",
        ),
        (format!("{good}&colour=red"), ours.clone(), "is not understood"),
        (good.replace("postgres://", "mysql://root:hunter2@"), ours, "is not understood"),
    ] {
        let error = refused(&address, &options).await.to_string();
        assert!(error.contains(words), "{words}: {error}");
    }
}

/// An authority's certificate, and a certificate of localhost that it signed, with its key.
fn certificates() -> (String, String, String) {
    let key = rcgen::KeyPair::generate().expect("a key");
    let mut authority = rcgen::CertificateParams::new(Vec::new()).expect("no names");
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let root = authority.self_signed(&key).expect("a certificate").pem();
    let issuer = rcgen::Issuer::new(authority, key);
    let own = rcgen::KeyPair::generate().expect("a key");
    let named = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    (root, named.signed_by(&own, &issuer).expect("signed").pem(), own.serialize_pem())
}

#[tokio::test]
async fn a_readable_password_is_sent_over_verified_tls_only() {
    let Some(cluster) = postgres::own(Care::Quick) else { return };
    let good = cluster.address();
    let roles = "set password_encryption = 'md5'; create role old login password 'planted-hunter2';
        set password_encryption = 'scram-sha-256'; create role clear login password 'planted-hunter2';
        grant create on database postgres to old, clear";
    postgres::sql(&good, roles).await;
    let (root, certificate, key) = certificates();
    let access = "host all old 127.0.0.1/32 md5\nhost all clear 127.0.0.1/32 password";
    cluster.offers_tls(&good, &certificate, &key, access).await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("root.pem");
    std::fs::write(&file, root).expect("written");
    for (user, how) in [("old", "MD5"), ("clear", "clear-text")] {
        let plain = good.replace("healthy@", &format!("{user}@"));
        for address in [plain.clone(), plain.replace("sslmode=disable&", "")] {
            let error = refused(&address, &options()).await.to_string();
            assert!(error.contains(&format!("asks for a {how} password without TLS")), "{error}");
            assert!(error.contains("scram-sha-256") && error.contains("sslrootcert"), "{error}");
        }
        let tls = plain.replace("127.0.0.1", "localhost");
        let verified = tls.replace("disable", &format!("verify-full&sslrootcert={}", file.display()));
        let schema = postgres::schema(&good);
        drop(opened(&verified.replace(schema, &format!("{schema}_{user}"))).await);
        // A stranger's certificate, and one that names another host.
        for address in [tls.replace("disable", "require"), verified.replace("localhost", "127.0.0.1")] {
            let error = refused(&address, &options()).await.to_string();
            assert!(error.contains("sslrootcert=FILE") && !error.contains("disable"), "{error}");
        }
    }
    drop(opened(&good).await); // SCRAM proves the password without sending it
}

#[tokio::test]
async fn server_requesting_a_readable_password_gets_nothing() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    for request in [&b"R\0\0\0\x08\0\0\0\x03"[..], b"R\0\0\0\x0c\0\0\0\x05salt"] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let server = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.expect("somebody");
            let length = socket.read_u32().await.expect("a start packet");
            let mut start = vec![0; length as usize - 4];
            socket.read_exact(&mut start).await.expect("a start packet");
            socket.write_all(request).await.expect("written");
            let mut heard = Vec::new();
            let _cut = socket.read_to_end(&mut heard).await;
            heard
        });
        let address = postgres::address(port, "story");
        let error = refused(&address, &options()).await.to_string();
        assert!(error.contains("was not sent"), "{error}");
        assert_eq!(server.await.expect("it ends"), b"", "not a byte after its request");
    }
}

#[tokio::test]
async fn full_disk_rolls_back_the_whole_change() {
    let Some(cluster) = postgres::shared() else { return };
    let address = cluster.address();
    let store = opened(&address).await;
    // As PostgreSQL says it when a write finds no room.
    let full = "create function full_disk() returns trigger language plpgsql as
        $$ begin raise exception 'could not extend file: No space left on device' using errcode = 'disk_full'; end $$;
        create trigger full_disk before insert on subscription execute function full_disk()";
    postgres::sql(&address, full).await;
    let now = at("09:00:00");
    let refused = store.change(&subscribing(GUILD, 1, now), InteractionId(5), now).await;
    let Err(StoreError::Full(text)) = refused else { panic!("{refused:?}") };
    assert!(text.contains("the disk of the database is full"), "{text}");
    postgres::sql(&address, "drop trigger full_disk on subscription").await;
    assert_eq!(ask(&*store, subscribing(GUILD, 1, now), 5, now).await, EditResult::Now, "asked again");
}

#[tokio::test]
async fn older_schema_is_migrated_and_logged() {
    let Some(cluster) = postgres::shared() else { return };
    let (address, now) = (cluster.address(), at("09:00:00"));
    // What version 1 of the tables held when it was stopped: two deliveries of one channel, the first in somebody's hands.
    let store = opened(&address).await;
    subscribe(&*store, 1..2, now).await;
    save(&*store, step(&outage("web-api-1", now), EventKind::Started, now)).await;
    save(&*store, step(&outage("login-1", now), EventKind::Started, now)).await;
    fan_out(&*store, now).await;
    drop(store);
    let back = "drop index delivery_free, delivery_behind; alter table delivery drop column behind_until;
        create index delivery_due on delivery (haste, due, id); delete from schema_version where version > 1;
        alter table aside drop column was_left;
        update delivery set token = 1, lease_until = now() - interval '1 second' where id = 1";
    postgres::sql(&address, back).await;
    let store = opened(&address).await;
    let mut delivered = Vec::new();
    while let Some(claim) = store.claim(9, LEASE, now).await.expect("claims").pop() {
        assert_eq!(
            store.complete(&claim, &DeliveryOutcome::Delivered { log: posted(1) }, now).await,
            Ok(true)
        );
        delivered.push(claim.delivery.outage.to_string());
    }
    assert_eq!(delivered, ["web-api-1", "login-1"]);
    assert_eq!(postgres::value(&address, "select max(version) from schema_version").await, "3");
}

#[tokio::test]
async fn claim_examines_blocked_deliveries_once_until_they_are_free() {
    let Some(cluster) = postgres::shared() else { return };
    let (address, now) = (cluster.address(), at("09:00:00"));
    let store = opened(&address).await;
    subscribe(&*store, 1..201, now).await;
    save(&*store, step(&outage("web-api-1", now), EventKind::Started, now)).await;
    save(&*store, step(&outage("login-1", now), EventKind::Started, now)).await;
    fan_out(&*store, now).await;
    let first = store.claim(200, LEASE, now).await.expect("claims");
    assert_eq!(first.len(), 200);
    assert_eq!(store.claim(200, LEASE, now).await.expect("claims").len(), 0, "the others stand behind them");
    let marked = "select count(*) from delivery where behind_until > now()";
    assert_eq!(postgres::value(&address, marked).await, "200");
    let mut ends = first.iter();
    let done = DeliveryOutcome::Delivered { log: posted(1) };
    for claim in ends.by_ref().take(100) {
        assert_eq!(store.complete(claim, &done, now).await, Ok(true));
    }
    let later = DeliveryOutcome::Failed { why: Reason::Other("no".to_owned()) };
    for claim in ends {
        assert_eq!(store.complete(claim, &later, now).await, Ok(true));
    }
    assert_eq!(postgres::value(&address, marked).await, "0");
    assert_eq!(store.next_due().await, Ok(Some(now)));
    assert_eq!(store.claim(250, LEASE, now).await.expect("claims").len(), 200, "at once");
}

#[tokio::test]
async fn four_notifiers_claim_each_delivery_once() {
    let Some(cluster) = postgres::shared() else { return };
    let address = cluster.address();
    let now = at("09:00:00");
    let store = opened(&address).await;
    subscribe(&*store, 1..401, now).await;
    save(&*store, step(&outage("web-api-1", now), EventKind::Started, now)).await;
    save(&*store, step(&outage("login-1", now), EventKind::Started, now)).await;
    fan_out(&*store, now).await;
    let mut notifiers = JoinSet::new();
    for _ in 0..4 {
        let store = opened(&address).await;
        notifiers.spawn(async move {
            let mut delivered = Vec::new();
            loop {
                let claims = store.claim(7, LEASE, now).await.expect("claims");
                if claims.is_empty() && store.next_due().await.expect("read").is_none() {
                    return delivered;
                }
                for claim in claims {
                    let outcome = DeliveryOutcome::Delivered { log: posted(1) };
                    assert_eq!(store.complete(&claim, &outcome, now).await, Ok(true));
                    delivered.push((claim.delivery.channel, claim.delivery.outage.clone()));
                }
            }
        });
    }
    let delivered: Vec<_> = notifiers.join_all().await.into_iter().flatten().collect();
    let different: BTreeSet<_> =
        delivered.iter().map(|(channel, outage)| (channel.0, outage.as_str())).collect();
    assert_eq!((delivered.len(), different.len()), (800, 800));
}

#[tokio::test]
async fn in_doubt_commit_is_not_posted_twice() {
    let Some(cluster) = postgres::shared() else { return };
    let address = cluster.address();
    let line = Line::to(cluster.port).await;
    let store = opened(&postgres::address(line.port, postgres::schema(&address))).await;
    let now = at("09:00:00");
    let web = outage("web-api-1", now);
    let fence = lead(&*store).await;
    line.turns(Weather::DeafAfter(b"COMMIT"));
    let started = step(&web, EventKind::Started, now);
    let lost = store.commit(&started, &fence).await;
    assert!(matches!(lost, Err(StoreError::Away(_))), "{lost:?}");
    line.turns(Weather::Fair);
    // The watcher retries the failed commit together with the later events.
    let end = step(&ended(&web, now), EventKind::Ended, now);
    let both = [started.events, end.events].concat();
    let again = healthy_upstream::store::WatcherStep { events: both, ..end };
    assert_eq!(store.commit(&again, &fence).await, Ok(Committed::Stored));
    let kinds: Vec<_> =
        store.unexpanded(9).await.expect("read").into_iter().map(|it| it.event.kind).collect();
    assert_eq!(kinds, [EventKind::Started, EventKind::Ended]);
}

#[tokio::test]
async fn stalled_commit_does_not_block_a_new_leader() {
    let Some(cluster) = postgres::shared() else { return };
    let address = cluster.address();
    let line = Line::to(cluster.port).await;
    let paused = opened(&postgres::address(line.port, postgres::schema(&address))).await;
    let other = opened(&address).await;
    let (now, lease) = (at("09:00:00"), SignedDuration::from_secs(1));
    let ask = async || other.acquire_lease("watch", "b", lease, now).await;
    let fence =
        paused.acquire_lease("watch", "a", lease, now).await.expect("an answer").expect("nobody leads");
    // The last thing of the transaction before its end: nothing that comes back from it arrives.
    line.turns(Weather::DeafAfter(b"pg_notify"));
    let step = step(&outage("web-api-1", now), EventKind::Started, now);
    let (stopped, theirs) = (Arc::clone(&paused), (step.clone(), fence.clone()));
    let stalled_commit = tokio::spawn(async move { stopped.commit(&theirs.0, &theirs.1).await });
    let idle = "select count(*) from pg_stat_activity where state = 'idle in transaction' and query like '%pg_notify%'";
    while postgres::value(&address, idle).await == "0" {}

    // An error would end an instance that starts now.
    let newer = loop {
        if let Some(fence) = ask().await.expect("an answer, whatever the other does") {
            break fence;
        }
    };
    assert!(newer.epoch > fence.epoch);
    let lost = stalled_commit.await.expect("no panic");
    assert!(matches!(lost, Err(StoreError::Away(_))), "{lost:?}");
    line.turns(Weather::Fair);
    assert_eq!(paused.commit(&step, &fence).await, Ok(Committed::Fenced), "another leads");
    assert_eq!(other.unexpanded(9).await, Ok(vec![]), "nothing of it was stored");
    assert_eq!(other.commit(&step, &newer).await, Ok(Committed::Stored));
}

#[tokio::test]
async fn stalled_start_of_one_instance_blocks_no_other() {
    let Some(cluster) = postgres::own(Care::Quick) else { return };
    let (address, clock) = (cluster.address(), Clock::system());
    let minute = SignedDuration::from_mins(1);
    // One instance stalls while it creates the tables.
    let line = Line::to(cluster.port).await;
    line.turns(Weather::DeafAfter(b"create schema"));
    let through = postgres::address(line.port, postgres::schema(&address));
    let stalled_start = tokio::spawn(async move { opened(&through).await });
    let holds = "select count(*) from pg_locks where locktype = 'advisory' and granted";
    while postgres::value(&address, holds).await == "0" {}
    let store = clock.timeout(minute, open(&address, &options())).await.expect("in time").expect("a store");
    subscribe(&*store, 1..3, at("09:00:00")).await;
    stalled_start.abort();
    // If the tables exist, nobody waits for the holder of the lock.
    let lock = "select pg_advisory_lock(7522525871029647649), pg_sleep(600)";
    let held = tokio::spawn({
        let address = address.clone();
        async move { postgres::sql(&address, lock).await }
    });
    while postgres::value(&address, holds).await == "0" {}
    let again = clock.timeout(minute, open(&address, &options())).await.expect("in time").expect("a store");
    assert_eq!(again.subscriptions(None, None, 9).await.expect("read").len(), 2);
    assert!(!held.is_finished());
    held.abort();
}

#[tokio::test]
async fn slow_or_silent_database_never_hangs_a_command() {
    let Some(cluster) = postgres::shared() else { return };
    let address = cluster.address();
    let line = Line::to(cluster.port).await;
    let store = opened(&postgres::address(line.port, postgres::schema(&address))).await;
    let (clock, now) = (Clock::system(), at("09:00:00"));
    let mut asked = 0;
    for weather in [Weather::Slow(SignedDuration::from_secs(2)), Weather::Silent, Weather::Cut] {
        line.turns(weather.clone());
        asked += 1;
        let (before, change) = (clock.now(), subscribing(GUILD, asked, now));
        let refused = store.change(&change, InteractionId(asked), now).await;
        let took = clock.now().duration_since(before);
        assert!(matches!(&refused, Err(StoreError::Away(_))), "{weather:?}: {refused:?}");
        assert!(took < SignedDuration::from_secs(3), "{weather:?}: {took}");
        line.turns(Weather::Fair);
        let stored = store.change(&change, InteractionId(asked), now).await;
        assert!(matches!(stored, Ok(EditResult::Now | EditResult::Before)), "{weather:?}: {stored:?}");
        assert_eq!(store.subscriptions(None, None, 9).await.expect("read").len() as u64, asked);
    }
}

#[tokio::test]
async fn long_lock_wait_is_reported() {
    let Some(cluster) = postgres::shared() else { return };
    let address = cluster.address();
    let store = opened(&address).await;
    let held = tokio::spawn({
        let address = address.clone();
        async move { postgres::sql(&address, "begin; lock table subscription; select pg_sleep(4); commit").await }
    });
    while postgres::value(&address, "select count(*) from pg_locks where mode = 'AccessExclusiveLock' and relation = 'subscription'::regclass").await == "0" {}
    let now = at("09:00:00");
    let refused = store.change(&subscribing(GUILD, 1, now), InteractionId(1), now).await;
    assert!(matches!(refused, Err(StoreError::Away(_))), "{refused:?}");
    held.await.expect("held");
    assert_eq!(ask(&*store, subscribing(GUILD, 1, now), 1, now).await, EditResult::Now);
}

#[tokio::test]
async fn database_crash_under_load_loses_nothing_acknowledged() {
    let Some(cluster) = postgres::own(Care::Safe) else { return };
    let address = cluster.address();
    let store = opened(&address).await;
    let other = opened(&address).await;
    let now = at("09:00:00");
    let (stop, next) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(1)));
    let mut asking = JoinSet::new();
    for _ in 0..8 {
        let (store, stop, next) = (Arc::clone(&store), Arc::clone(&stop), Arc::clone(&next));
        asking.spawn(async move {
            let (mut stored, mut refused) = (Vec::new(), 0);
            while !stop.load(Ordering::SeqCst) {
                let channel = next.fetch_add(1, Ordering::SeqCst);
                let guild = healthy_upstream::ids::GuildId(channel);
                match store.change(&subscribing(guild, channel, now), InteractionId(channel), now).await {
                    Ok(changed) => stored.push((channel, changed)),
                    Err(StoreError::Away(_)) => refused += 1,
                    Err(other) => panic!("{other:?}"),
                }
            }
            (stored, refused)
        });
    }
    let cluster = Arc::new(cluster);
    for _ in 0..3 {
        let enough = next.load(Ordering::SeqCst) + 300;
        while next.load(Ordering::SeqCst) < enough {
            tokio::task::yield_now().await;
        }
        let fault = Arc::clone(&cluster);
        tokio::task::spawn_blocking(move || {
            fault.dies();
            fault.comes_back();
        })
        .await
        .expect("came back");
    }
    stop.store(true, Ordering::SeqCst);
    let (mut answered, mut refusals) = (Vec::new(), 0);
    for (stored, refused) in asking.join_all().await {
        answered.extend(stored);
        refusals += refused;
    }
    assert!(refusals > 0, "it was away for a while");
    for (channel, changed) in &answered {
        assert_eq!(*changed, EditResult::Now);
        let guild = healthy_upstream::ids::GuildId(*channel);
        assert!(
            store.subscription(guild, ChannelId(*channel)).await.expect("read").is_some(),
            "{channel} is lost"
        );
    }
    // The hints come back too.
    let hint = tokio::spawn(async move { other.wait_for_change().await });
    let mut asked = 9_000_000;
    while !hint.is_finished() {
        asked += 1;
        ask(&*store, SubscriptionEdit::Vote { entry: "nhu".to_owned(), helped: true }, asked, now).await;
        tokio::task::yield_now().await;
    }
}
