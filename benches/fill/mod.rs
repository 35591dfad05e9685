//! What the store benches store, and an outage to announce.

use std::collections::BTreeMap;

use healthy_upstream::alerts::{Audience, Subscription};
use healthy_upstream::health::{EventKind, Level, Outage, OutageEvent, OutageId, OutageKind};
use healthy_upstream::ids::{ChannelId, GuildId};
use healthy_upstream::store::{DumpEntry, FencingToken, Store, WatcherStep};
use jiff::{SignedDuration, Timestamp};

pub(crate) const LEASE: SignedDuration = SignedDuration::from_secs(60);
pub(crate) const NOW: Timestamp = Timestamp::UNIX_EPOCH;

/// Stores subscriptions of this many channels, `per_server` in each guild, as an import does.
pub(crate) async fn fill(store: &dyn Store, subscriptions: u64, per_server: u64) {
    for page in (1..=subscriptions).collect::<Vec<_>>().chunks(1_000) {
        let entries = page.iter().map(|channel| {
            let subscription =
                Subscription::new(GuildId(1 + (channel - 1) / per_server), ChannelId(*channel), NOW);
            let line = serde_json::json!({ "kind": "subscription", "record": subscription });
            serde_json::from_value::<DumpEntry>(line).expect("an entry")
        });
        store.load(entries.collect()).await.expect("stored");
    }
}

/// Returns the step in which an outage starts.
pub(crate) fn step() -> WatcherStep {
    let outage = Outage {
        id: OutageId("web-api-1".to_owned()),
        kind: OutageKind::Outage,
        level: Level::Outage,
        worst: Level::Outage,
        since: NOW,
        until: None,
        services: BTreeMap::new(),
        seen: Some(NOW),
        page: Vec::new(),
        flaps: 0,
        flapping: false,
        ongoing_at_first_probe: false,
        timeline: Vec::new(),
        revision: 1,
    };
    let why = vec!["web-api: 503".to_owned()];
    let event = OutageEvent { at: NOW, kind: EventKind::Started, outage: outage.clone(), why };
    WatcherStep { state: vec![7; 4_000], outages: vec![outage], events: vec![(event, Audience::Subscribers)] }
}

/// Acquires the lease under which steps are committed.
pub(crate) async fn lead(store: &dyn Store) -> FencingToken {
    store.acquire_lease("watch", "bench", LEASE, NOW).await.expect("an answer").expect("nobody else leads")
}
