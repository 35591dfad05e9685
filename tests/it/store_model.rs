//! The outbox against a model that is too simple to be wrong: for any calls in any order, with crashes, the
//! store answers as the model does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use healthy_upstream::alerts::{
    AnnouncementId, Claim, DeliveryOutcome, NotificationLogEntry, Reason, Subscription, SubscriptionEdit,
    Suspension,
};
use healthy_upstream::health::{EventKind, Outage, Update};
use healthy_upstream::ids::ChannelId;
use healthy_upstream::store::{EditResult, MemoryStore, Store, StoreOptions};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use crate::fixtures::{at, bare_outage as outage};
use crate::store_contract::{Backend, GUILD, LEASE, ask, posted, save, step, subscribing};

#[derive(Clone, Debug)]
enum Act {
    Subscribe(u64),
    Unsubscribe(u64),
    Commit(usize, EventKind),
    /// Expand the oldest announcement by this many subscriptions.
    Expand(usize),
    Claim(usize),
    /// Settle the n-th claim that was ever taken.
    Settle(prop::sample::Index, End),
    Heal(u64),
    SetAside(u64),
    Restore,
    Wait(i64),
    Tidy,
    Crash,
}

#[derive(Clone, Debug)]
enum End {
    Done,
    Later(i64, bool),
    Paused(i64),
    Gone,
    GivenUp,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let channel = 1..6_u64;
    let kind = prop_oneof![
        Just(EventKind::Started),
        Just(EventKind::Ended),
        Just(EventKind::Updated(Update::Worse))
    ];
    let end = prop_oneof![
        4 => Just(End::Done),
        2 => (1..90_i64, any::<bool>()).prop_map(|(wait, uncounted)| End::Later(wait, uncounted)),
        1 => (1..200_i64).prop_map(End::Paused),
        1 => Just(End::Gone),
        1 => Just(End::GivenUp),
    ];
    let act = prop_oneof![
        4 => channel.clone().prop_map(Act::Subscribe),
        1 => channel.clone().prop_map(Act::Unsubscribe),
        3 => (0..3_usize, kind).prop_map(|(outage, kind)| Act::Commit(outage, kind)),
        4 => (1..4_usize).prop_map(Act::Expand),
        5 => (1..5_usize).prop_map(Act::Claim),
        6 => (any::<prop::sample::Index>(), end).prop_map(|(which, end)| Act::Settle(which, end)),
        1 => channel.clone().prop_map(Act::Heal),
        1 => channel.prop_map(Act::SetAside),
        1 => Just(Act::Restore),
        3 => (1..100_i64).prop_map(Act::Wait),
        1 => Just(Act::Tidy),
        2 => Just(Act::Crash),
    ];
    prop::collection::vec(act, 1..60)
}

/// One delivery, as the model sees it.
#[derive(Clone, Debug)]
struct Item {
    id: u64,
    announcement: u64,
    outage: usize,
    priority: u8,
    attempts: u32,
    first_tried: Option<Timestamp>,
    due: Timestamp,
    why: Option<Reason>,
    lease: Option<(u64, Timestamp)>,
}

#[derive(Debug, Default)]
struct News {
    outage: usize,
    priority: u8,
    after: Option<u64>,
    expanded: bool,
    pending: Vec<u64>,
}

/// What the store must do, in plain lists.
#[derive(Default)]
struct Model {
    subscribed: BTreeMap<u64, Option<Suspension>>,
    aside: BTreeSet<u64>,
    news: Vec<News>,
    queues: BTreeMap<u64, Vec<Item>>,
    log: BTreeMap<(u64, usize), NotificationLogEntry>,
    /// Channel, outage and number.
    given_up: Vec<(u64, usize, u64)>,
    /// Outages that were committed; none of them ends.
    open: BTreeSet<usize>,
    deliveries: u64,
}

impl Model {
    fn enqueue(&mut self, number: usize, channels: &[u64], now: Timestamp) {
        for &channel in channels {
            let news = &mut self.news[number];
            if news.pending.contains(&channel) {
                continue;
            }
            news.pending.push(channel);
            self.deliveries += 1;
            let paused = self.subscribed.get(&channel).and_then(Option::as_ref);
            self.queues.entry(channel).or_default().push(Item {
                id: self.deliveries,
                announcement: number as u64 + 1,
                outage: news.outage,
                priority: news.priority,
                attempts: 0,
                first_tried: None,
                due: paused.map_or(now, |paused| paused.retry.max(now)),
                why: None,
                lease: None,
            });
        }
    }

    /// Due heads that nobody holds: highest priority, then longest due, then oldest.
    fn claim(&mut self, most: usize, now: Timestamp) -> Vec<(u64, Item)> {
        let mut due: Vec<_> = self
            .queues
            .iter()
            .filter_map(|(channel, queue)| Some((*channel, queue.first()?)))
            .filter(|(_, item)| item.due <= now && item.lease.is_none_or(|(_, until)| until <= now))
            .map(|(channel, item)| ((item.priority, item.due, item.id), channel))
            .collect();
        due.sort_unstable();
        due.truncate(most);
        let mut claimed = Vec::new();
        for (_, channel) in due {
            let item = &mut self.queues.get_mut(&channel).expect("a queue")[0];
            item.attempts += 1;
            item.first_tried.get_or_insert(now);
            claimed.push((channel, item.clone()));
        }
        claimed
    }

    fn next_due(&self, now: Timestamp) -> Option<Timestamp> {
        let heads = self.queues.values().filter_map(|queue| queue.first());
        heads
            .map(|item| item.lease.filter(|(_, until)| *until > now).map_or(item.due, |(_, until)| until))
            .min()
    }

    fn settle(&mut self, claim: &Claim, end: &End, now: Timestamp) -> bool {
        let channel = claim.delivery.channel.0;
        let Some(item) = self.queues.get_mut(&channel).and_then(|queue| queue.first_mut()) else {
            return false;
        };
        if item.id != claim.delivery.id.0 || item.lease.is_none_or(|(token, _)| token != claim.token) {
            return false;
        }
        item.lease = None;
        match end {
            End::Done => {
                let item = self.pop(channel, now);
                self.log.insert((channel, item.outage), posted(item.id));
                if item.priority == CATCH_UP {
                    self.given_up.retain(|lost| (lost.0, lost.1) != (channel, item.outage));
                }
            }
            End::Later(wait, uncounted) => {
                if *uncounted {
                    item.attempts -= 1;
                    item.first_tried = item.first_tried.filter(|_| item.attempts > 0);
                }
                item.due = now + SignedDuration::from_secs(*wait);
                item.why = Some(Reason::Other("later".to_owned()));
            }
            End::Paused(wait) => {
                item.due = now + SignedDuration::from_secs(*wait);
                item.why = Some(Reason::Other("paused".to_owned()));
                if let Some(paused) = self.subscribed.get_mut(&channel) {
                    *paused = Some(pause(*wait, now));
                }
            }
            End::Gone => self.drop_channel(channel),
            End::GivenUp => {
                let item = self.pop(channel, now);
                self.given_up.push((channel, item.outage, item.id));
            }
        }
        true
    }

    fn pop(&mut self, channel: u64, now: Timestamp) -> Item {
        let queue = self.queues.get_mut(&channel).expect("a queue");
        let gone = queue.remove(0);
        if let Some(next) = queue.first_mut() {
            let paused = self.subscribed.get(&channel).and_then(Option::as_ref);
            next.due = next.due.min(paused.map_or(now, |paused| paused.retry));
        }
        gone
    }

    fn drop_channel(&mut self, channel: u64) {
        if self.subscribed.remove(&channel).is_some() {
            self.aside.insert(channel);
        }
        let queue = self.queues.remove(&channel).unwrap_or_default();
        self.given_up.extend(queue.iter().map(|item| (channel, item.outage, item.id)));
    }

    fn heal(&mut self, channel: u64) {
        let Some(paused) = self.subscribed.get_mut(&channel).and_then(Option::take) else { return };
        let head = self.queues.get_mut(&channel).and_then(|queue| queue.first_mut());
        if let Some(head) = head.filter(|head| head.due == paused.retry) {
            head.due = paused.since;
        }
    }
}

fn pause(wait: i64, now: Timestamp) -> Suspension {
    let retry = now + SignedDuration::from_secs(wait);
    Suspension { since: now, why: Reason::Other("paused".to_owned()), retry, tries: 1 }
}

/// The priority of a delivery that catches a channel up with the present state.
const CATCH_UP: u8 = 0;

fn priority(kind: &EventKind) -> u8 {
    match kind {
        EventKind::Started => 1,
        EventKind::Ended => 2,
        _ => 3,
    }
}

async fn play(backend: &Backend, acts: Vec<Act>) {
    let mut store: Arc<dyn Store> = backend.open().await;
    backend.it_is(at("09:00:00")).await;
    let mut model = Model::default();
    let mut claims: Vec<Claim> = Vec::new();
    let mut now = at("09:00:00");
    let outages: Vec<Outage> = ["a", "b", "c"].map(|name| outage(name, now)).into();
    for (number, act) in acts.into_iter().enumerate() {
        let asked = number as u64;
        match act {
            Act::Subscribe(channel) => {
                assert_eq!(ask(&*store, subscribing(GUILD, channel, now), asked, now).await, EditResult::Now);
                model.heal(channel);
                if model.subscribed.insert(channel, None).is_none() {
                    let news = |&outage| News { outage, priority: CATCH_UP, ..News::default() };
                    model.news.extend(model.open.iter().map(news));
                }
            }
            Act::Unsubscribe(channel) => {
                let change = SubscriptionEdit::Unsubscribe(GUILD, ChannelId(channel));
                let was = model.subscribed.remove(&channel).is_some();
                if was {
                    model.queues.remove(&channel);
                }
                let expected = if was { EditResult::Now } else { EditResult::Nothing };
                assert_eq!(ask(&*store, change, asked, now).await, expected);
            }
            Act::Commit(outage, kind) => {
                let priority = priority(&kind);
                save(&*store, step(&outages[outage], kind, now)).await;
                model.open.insert(outage);
                model.news.push(News { outage, priority, ..News::default() });
            }
            Act::Expand(most) => {
                let oldest = store.unexpanded(1).await.expect("read").pop();
                let expected = model.news.iter().position(|news| !news.expanded);
                assert_eq!(oldest.as_ref().map(|it| it.id.0), expected.map(|it| it as u64 + 1));
                let Some((oldest, expected)) = oldest.zip(expected) else { continue };
                let page = store.subscriptions(None, oldest.considered, most).await.expect("read");
                let after = model.news[expected].after;
                let channels: Vec<u64> =
                    model.subscribed.keys().copied().filter(|it| Some(*it) > after).take(most).collect();
                assert_eq!(page.iter().map(|it| it.channel.0).collect::<Vec<_>>(), channels);
                let to: Vec<_> = page.iter().map(|it| (it.guild, it.channel)).collect();
                let done = to.is_empty();
                store.enqueue(oldest.id, &to, to.last().copied(), done, now).await.expect("enqueued");
                model.enqueue(expected, &channels, now);
                model.news[expected].after = channels.last().copied().or(after);
                model.news[expected].expanded = done;
            }
            Act::Claim(most) => {
                let taken = store.claim(most, LEASE, now).await.expect("claims");
                let expected = model.claim(most, now);
                assert_eq!(taken.len(), expected.len());
                for (claim, (channel, item)) in taken.iter().zip(&expected) {
                    let it = &claim.delivery;
                    assert_eq!(
                        (it.channel.0, it.id.0, it.announcement.0),
                        (*channel, item.id, item.announcement)
                    );
                    assert_eq!((it.attempts, it.first_tried), (item.attempts, item.first_tried));
                    assert_eq!(it.last_error, item.why);
                    let log = model.log.get(&(*channel, item.outage)).cloned().unwrap_or_default();
                    assert_eq!(claim.log, log);
                    let stored = claim.subscription.as_ref().map(|it: &Subscription| it.paused.clone());
                    assert_eq!(stored, model.subscribed.get(channel).cloned());
                    assert!(
                        store.announcement(AnnouncementId(item.announcement)).await.expect("read").is_some()
                    );
                    let queue = model.queues.get_mut(channel).expect("a queue");
                    queue[0].lease = Some((claim.token, now + LEASE));
                }
                claims.extend(taken);
            }
            Act::Settle(which, end) => {
                if claims.is_empty() {
                    continue;
                }
                let claim = which.get(&claims);
                let outcome = match &end {
                    End::Done => DeliveryOutcome::Delivered { log: posted(claim.delivery.id.0) },
                    End::Later(wait, uncounted) => DeliveryOutcome::Retry {
                        due: now + SignedDuration::from_secs(*wait),
                        why: Reason::Other("later".to_owned()),
                        uncounted: *uncounted,
                        log: None,
                    },
                    End::Paused(wait) => DeliveryOutcome::Suspended { paused: pause(*wait, now) },
                    End::Gone => DeliveryOutcome::ChannelGone { why: Reason::Other("gone".to_owned()) },
                    End::GivenUp => DeliveryOutcome::Failed { why: Reason::Other("given up".to_owned()) },
                };
                let settled = store.complete(claim, &outcome, now).await.expect("settled");
                assert_eq!(settled, model.settle(claim, &end, now), "{end:?}");
            }
            Act::Heal(channel) => {
                store.pause(GUILD, ChannelId(channel), None).await.expect("healed");
                model.heal(channel);
            }
            Act::SetAside(channel) => {
                store.soft_delete(GUILD, Some(ChannelId(channel)), now).await.expect("set aside");
                model.drop_channel(channel);
            }
            Act::Restore => {
                let back = store.undelete(GUILD, now).await.expect("restored");
                let mut expected = 0;
                for channel in std::mem::take(&mut model.aside) {
                    expected += usize::from(!model.subscribed.contains_key(&channel));
                    model.subscribed.entry(channel).or_default();
                }
                assert_eq!(back, expected);
            }
            Act::Wait(seconds) => {
                now += SignedDuration::from_secs(seconds);
                backend.it_is(now).await;
            }
            Act::Tidy => {
                store.gc(now).await.expect("tidied");
            }
            Act::Crash => {
                drop(store);
                store = backend.open().await;
                model.queues.values_mut().flatten().for_each(|item| item.lease = None);
            }
        }
        let next = store.next_due().await.expect("read");
        // A lease that is over is forgotten at the next claim; until then its end is what is due.
        assert_eq!(next.map(|next| next.max(now)), model.next_due(now).map(|next| next.max(now)));
        let left = store.undelivered(GUILD, 999).await.expect("read");
        let mut left: Vec<_> = left.iter().map(|it| (it.given_up.is_some(), it.id.0)).collect();
        let pending = model.queues.values().flatten().map(|item| (false, item.id));
        let mut expected: Vec<_> = pending.chain(model.given_up.iter().map(|lost| (true, lost.2))).collect();
        left.sort_unstable();
        expected.sort_unstable();
        assert_eq!(left, expected);
    }
}

fn run(backend: &Backend, acts: Vec<Act>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(play(backend, acts));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn memory_store_behaves_like_the_model(acts in acts()) {
        run(&Backend::Memory(MemoryStore::default()), acts);
    }
}

proptest! {
    // Each case opens and closes a database on the disk, each crash again.
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sled_store_behaves_like_the_model(acts in acts()) {
        run(&Backend::sled(&StoreOptions::default()), acts);
    }

    #[test]
    fn postgres_store_behaves_like_the_model(acts in acts()) {
        if let Some(postgres) = Backend::postgres(&StoreOptions::default()) {
            run(&postgres, acts);
        }
    }
}
