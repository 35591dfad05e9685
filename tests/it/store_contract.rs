//! What every store promises, told as stories and run on every backend.

use std::collections::BTreeMap;

use healthy_upstream::alerts::{
    Announcement, Audience, Change, ChannelId, GuildId, InteractionId, MessageId, Outcome, Paused,
    Subscription, Told, UserId,
};
use healthy_upstream::health::{EventKind, Kind, Level, Outage, OutageEvent, OutageId, Update};
use healthy_upstream::store::{Changed, Memory, Step, Store};
use jiff::{SignedDuration, Timestamp};

const LEASE: SignedDuration = SignedDuration::from_secs(60);
const GUILD: GuildId = GuildId(7);

fn at(clock: &str) -> Timestamp {
    format!("2025-04-16T{clock}Z").parse().expect("an instant")
}

fn outage(name: &str, since: Timestamp) -> Outage {
    Outage {
        id: OutageId(name.to_owned()),
        kind: Kind::Outage,
        level: Level::Outage,
        worst: Level::Outage,
        since,
        until: None,
        services: BTreeMap::new(),
        seen: Some(since),
        page: Vec::new(),
        flaps: 0,
        ongoing_at_first_look: false,
        timeline: Vec::new(),
        revision: 1,
    }
}

fn event(outage: &Outage, kind: EventKind, at: Timestamp) -> OutageEvent {
    OutageEvent { at, kind, outage: outage.clone(), why: vec!["web-api: 503".to_owned()] }
}

fn step(outage: &Outage, kind: EventKind, at: Timestamp) -> Step {
    Step {
        tracker: b"tracker".to_vec(),
        outages: vec![outage.clone()],
        events: vec![(event(outage, kind, at), Audience::Subscribers)],
    }
}

async fn subscribe(store: &dyn Store, channels: std::ops::Range<u64>, now: Timestamp) {
    for channel in channels {
        let subscription = Subscription::new(GUILD, ChannelId(channel), now);
        let asked = InteractionId(1_000 + channel);
        let change = Change::Subscribe(Box::new(subscription));
        assert_eq!(store.change(&change, asked, now).await, Ok(Changed::Now));
    }
}

/// Owes every announcement to every subscription, as the courier does.
async fn expand(store: &dyn Store, now: Timestamp) {
    for Announcement { id, .. } in store.unexpanded(10).await.expect("announcements") {
        let all = store.subscriptions(None, None, 1_000).await.expect("subscriptions");
        let to: Vec<_> = all.iter().map(|it| (it.guild, it.channel)).collect();
        store.owe(id, &to, to.last().copied(), true, now).await.expect("owed");
    }
}

#[tokio::test(start_paused = true)]
async fn a_start_is_owed_once_and_what_was_told_is_known_at_the_end() {
    let store = Memory::default().open().expect("a store");
    let (start, end) = (at("09:00:00"), at("09:07:00"));
    subscribe(&store, 1..4, start).await;
    let mut web = outage("web-api-1", start);
    store.commit(&step(&web, EventKind::Started, start)).await.expect("kept");
    expand(&store, start).await;
    let claims = store.claim(10, LEASE, start).await.expect("claims");
    assert_eq!(claims.len(), 3);
    assert!(store.claim(10, LEASE, start).await.expect("claims").is_empty(), "all are taken");
    for claim in &claims {
        let told = Told { start: Some(MessageId(claim.delivery.channel.0 * 10)), ..Told::default() };
        assert_eq!(store.settle(claim, &Outcome::Done { told }, start).await, Ok(true));
    }
    assert_eq!(store.next_due().await, Ok(None));

    (web.until, web.level, web.revision) = (Some(end), Level::Up, 2);
    store.commit(&step(&web, EventKind::Ended, end)).await.expect("kept");
    expand(&store, end).await;
    let claims = store.claim(10, LEASE, end).await.expect("claims");
    assert_eq!(claims.len(), 3);
    assert_eq!(claims[2].told.start, Some(MessageId(30)));
    assert!(store.recall().await.expect("recalled").open.is_empty());
}
