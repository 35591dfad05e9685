//! How fast one announcement reaches 10,000 channels: expanded, claimed, planned, worded, posted and settled, on the
//! store in memory and a rehearsal without limits. What Discord's limit of 50 requests in a second costs is not in it.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use healthy_upstream::alerts::{Audience, Change, GuildId, InteractionId, Subscription};
use healthy_upstream::clock::Clock;
use healthy_upstream::courier::{Courier, Options};
use healthy_upstream::discord::model::ChannelKind;
use healthy_upstream::discord::rehearsal::Rehearsal;
use healthy_upstream::health::{
    Class, EventKind, Hit, Kind, Level, Outage, OutageEvent, OutageId, Profile, Symptom,
};
use healthy_upstream::store::{Memory, Step, Store};
use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Runtime;
use tokio::sync::watch;

/// As many as issue 5 names.
const CHANNELS: usize = 10_000;
/// A server may have 100 subscriptions.
const PER_SERVER: usize = 100;

fn profile() -> Profile {
    Profile {
        display: "Spotify".to_owned(),
        whole: "spotify".into(),
        services: Vec::new(),
        pages: Vec::new(),
        control: None,
        ignored_components: Vec::new(),
        place: "Frankfurt".to_owned(),
    }
}

fn outage(since: Timestamp) -> Outage {
    let detail = "no healthy upstream".to_owned();
    let symptom = Some(Symptom { class: Class::NoHealthyUpstream, status: Some(503), detail });
    let hit =
        Hit { level: Level::Outage, worst: Level::Outage, since, until: None, symptom, failed_looks: 3 };
    Outage {
        id: OutageId("web-api-20250416T122005Z".to_owned()),
        kind: Kind::Outage,
        level: Level::Outage,
        worst: Level::Outage,
        since,
        until: None,
        services: BTreeMap::from([("web-api".into(), hit)]),
        seen: Some(since),
        page: Vec::new(),
        flaps: 0,
        ongoing_at_first_look: false,
        timeline: Vec::new(),
        revision: 1,
    }
}

/// 10,000 subscribed channels, nothing owed.
async fn subscribed(clock: &Clock) -> (Arc<dyn Store>, Rehearsal) {
    let store: Arc<dyn Store> = Arc::new(Memory::default().open().expect("empty contents open"));
    let discord = Rehearsal::new(clock.clone());
    discord.has_no_limits();
    let mut guild = GuildId(0);
    for nth in 0..CHANNELS {
        if nth % PER_SERVER == 0 {
            guild = discord.server(&format!("Server {nth}"));
        }
        let channel = discord.arrange(|model| {
            model.add_channel(Some(guild), format!("#ops-{nth}").as_str(), ChannelKind::Text, clock.now())
        });
        let change = Change::Subscribe(Box::new(Subscription::new(guild, channel, clock.now())));
        let asked = InteractionId(u64::try_from(nth).expect("a small number") + 1);
        store.change(&change, asked, clock.now()).await.expect("kept");
    }
    (store, discord)
}

/// Commits a start and works until everybody was told.
async fn tell(store: Arc<dyn Store>, discord: Rehearsal, clock: Clock) {
    let now = clock.now();
    let outage = outage(now);
    let event = OutageEvent { at: now, kind: EventKind::Started, outage: outage.clone(), why: Vec::new() };
    let events = vec![(event, Audience::Subscribers)];
    let lead = store.lead("watch", "bench", SignedDuration::from_secs(60), clock.now()).await;
    let fence = lead.expect("an answer").expect("nobody else leads");
    let news = Step { tracker: Vec::new(), outages: vec![outage], events };
    store.commit(&news, &fence).await.expect("kept");
    let profile = Arc::new(profile());
    let options = Options::new(&profile);
    let courier = Courier::new(store, Arc::new(discord), clock, profile, options);
    let stats = courier.stats();
    let (stop, stopped) = watch::channel(false);
    let work = tokio::spawn(async move { courier.run(stopped).await });
    while stats.of("delivered") < u64::try_from(CHANNELS).expect("a small number") {
        tokio::task::yield_now().await;
    }
    stop.send_replace(true);
    work.await.expect("no panic").expect("the token is good");
}

fn fan_out(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let mut group = criterion.benchmark_group("fan_out");
    group.sample_size(10);
    group.throughput(Throughput::Elements(u64::try_from(CHANNELS).expect("a small number")));
    group.bench_function("10,000 channels", |bencher| {
        bencher.iter_batched(
            || {
                let clock = runtime.block_on(async { Clock::owned(Timestamp::UNIX_EPOCH) });
                let (store, discord) = runtime.block_on(subscribed(&clock));
                (store, discord, clock)
            },
            |(store, discord, clock)| runtime.block_on(tell(black_box(store), discord, clock)),
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

criterion_group!(benches, fan_out);
criterion_main!(benches);
