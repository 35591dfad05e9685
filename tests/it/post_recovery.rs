//! Discord's response is lost, over real sockets: the notifier reads the channel back before it sends anything again.
//!
//! The bot's clock and Discord's run sixty times as fast as the world's, so that Discord forgets a nonce in seconds.

use std::sync::Arc;

use healthy_upstream::alerts::{Audience, ChannelKind, Subscription, SubscriptionEdit};
use healthy_upstream::clock::Clock;
use healthy_upstream::discord::permissions as may;
use healthy_upstream::discord::simulator::rules::{Fault, RulesChannelKind};
use healthy_upstream::health::{EventKind, Level, Outage, OutageEvent, Update};
use healthy_upstream::ids::{ChannelId, GuildId, InteractionId};
use healthy_upstream::notifier::{Notifier, NotifierOptions, NotifierStats};
use healthy_upstream::store::{MemoryStore, Store, WatcherStep};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::fixtures::catalog;
use crate::fixtures::outage_since as outage;
use crate::loopback::Loopback;
use crate::notifier_harness::{minutes, seconds};

/// How much faster than the world's time.
const RATE: u32 = 60;

/// A notifier that works against a Discord on this machine.
struct Setup {
    discord: Loopback,
    store: Arc<dyn Store>,
    guild: GuildId,
    channel: ChannelId,
    notifier: Notifier,
    stats: Arc<NotifierStats>,
    stop: watch::Sender<bool>,
    work: JoinHandle<()>,
}

impl Setup {
    async fn with(kind: RulesChannelKind) -> Self {
        let clock = Clock::fast("2025-04-16T09:00:00Z".parse().expect("an instant"), RATE);
        let discord = Loopback::start_on(clock.clone()).await;
        let (guild, channel) = {
            let mut model = discord.state.model();
            let guild = model.add_guild("Developers", clock.now());
            (guild, model.add_channel(Some(guild), "ops", kind, clock.now()))
        };
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default().open().expect("empty contents open"));
        let mut subscription = Subscription::new(guild, channel, clock.now());
        subscription.channel_kind = kind.venue().unwrap_or(ChannelKind::Text);
        let change = SubscriptionEdit::Subscribe(Box::new(subscription));
        store.change(&change, InteractionId(1), clock.now()).await.expect("subscribed");
        let catalog = Arc::new(catalog());
        let options = NotifierOptions::new(&catalog);
        let rest = Arc::new(discord.rest());
        let notifier = Notifier::new(Arc::clone(&store), rest, clock, catalog, options);
        let stats = notifier.stats();
        let (stop, stopped) = watch::channel(false);
        let working = notifier.clone();
        let work = tokio::spawn(async move { working.run(stopped).await.expect("the token is good") });
        Self { discord, store, guild, channel, notifier, stats, stop, work }
    }

    /// An outage begins; the answer to its first post is lost, and then Discord is down for this long.
    async fn begins_with_a_lost_answer(&self, fault: Fault, down: jiff::SignedDuration) {
        let now = self.discord.state.clock.now();
        {
            let mut model = self.discord.state.model();
            model.faults.queue(Some(self.channel), fault, 1);
        }
        self.tells(&outage(now - seconds(45)), EventKind::Started).await;
        self.discord.state.sees(|seen| seen.method == "POST" && seen.path.contains("/channels/")).await;
        self.discord.state.model().faults.down(now, now + down);
    }

    /// Something happens to the outage, and is announced.
    async fn tells(&self, outage: &Outage, kind: EventKind) {
        let now = self.discord.state.clock.now();
        let event = OutageEvent { at: now, kind, outage: outage.clone(), why: Vec::new() };
        let events = vec![(event, Audience::Subscribers)];
        let step = WatcherStep { state: Vec::new(), outages: vec![outage.clone()], events };
        let lead = self.store.acquire_lease("watch", "the story", minutes(1), now).await.expect("an answer");
        self.store.commit(&step, &lead.expect("nobody else leads")).await.expect("saved");
        self.notifier.nudge();
    }

    /// An outage begins and is announced.
    async fn begins(&self) -> Outage {
        let outage = outage(self.discord.state.clock.now() - seconds(45));
        self.tells(&outage, EventKind::Started).await;
        self.discord.state.until("the start", |_| self.answered("POST", "/messages") == [200]).await;
        while !self.store.undelivered(self.guild, 10).await.expect("read").is_empty() {
            self.discord.state.clock.sleep(seconds(1)).await;
        }
        outage
    }

    /// The next request to the channel is refused.
    fn refuses(&self, status: u16, code: u32) {
        self.discord.state.model().faults.queue(Some(self.channel), Fault::Refused(status, code), 1);
    }

    /// How requests were answered, in their order.
    fn answered(&self, method: &str, part: &str) -> Vec<u16> {
        let all = self.discord.state.requests();
        let asked = all.iter().filter(|seen| seen.method == method && seen.path.contains(part));
        asked.map(|seen| seen.status).filter(|status| *status != 0).collect()
    }

    /// Waits until nothing is pending; returns the number of messages in the channel and its threads.
    async fn settles(self) -> usize {
        let (store, guild) = (Arc::clone(&self.store), self.guild);
        while !store.undelivered(guild, 10).await.expect("read").is_empty() {
            self.discord.state.clock.sleep(seconds(10)).await;
        }
        self.stop.send_replace(true);
        self.work.await.expect("no panic");
        let model = self.discord.state.model();
        let here =
            |id: &ChannelId, parent: Option<ChannelId>| *id == self.channel || parent == Some(self.channel);
        model.channels.iter().filter(|(id, it)| here(id, it.parent)).map(|(_, it)| it.messages.len()).sum()
    }

    /// How often this was requested from Discord.
    fn asked(&self, method: &str, part: &str) -> usize {
        let all = self.discord.state.requests();
        all.iter().filter(|seen| seen.method == method && seen.path.contains(part)).count()
    }
}

#[tokio::test]
async fn marker_prevents_duplicates_after_the_nonce_expired() {
    let setup = Setup::with(RulesChannelKind::Text).await;
    setup.begins_with_a_lost_answer(Fault::CutAfterDoing, minutes(7)).await;
    let (stats, heard) = (Arc::clone(&setup.stats), Arc::clone(&setup.discord.state));
    let read =
        heard.sees(|seen| seen.method == "GET" && seen.path.contains("/messages") && seen.status == 200);
    let (_, messages) = tokio::join!(read, setup.settles());
    assert_eq!(messages, 1, "posted once");
    assert_eq!(stats.of("delivered"), 1);
    assert_eq!(stats.of("possible_duplicate"), 0, "and we know it");
}

#[tokio::test]
async fn forum_without_nonce_is_read_back_at_once() {
    let setup = Setup::with(RulesChannelKind::Forum).await;
    setup.begins_with_a_lost_answer(Fault::CutAfterDoing, seconds(0)).await;
    setup.discord.state.sees(|seen| seen.path.ends_with("/threads/active")).await;
    let (stats, heard) = (Arc::clone(&setup.stats), Arc::clone(&setup.discord.state));
    assert_eq!(setup.settles().await, 1, "one post of the forum with one message");
    assert_eq!((stats.of("delivered"), stats.of("possible_duplicate")), (1, 0));
    let opened = |seen: &crate::loopback::Seen| seen.method == "POST" && seen.path.ends_with("/threads");
    assert_eq!(heard.requests().iter().filter(|seen| opened(seen)).count(), 1);
}

#[tokio::test]
async fn unreadable_forum_prefers_duplicate_to_loss_and_counts_it() {
    let setup = Setup::with(RulesChannelKind::Forum).await;
    setup.discord.state.model().set_own_overwrite(setup.channel, may::READ_MESSAGE_HISTORY, 0);
    setup.begins_with_a_lost_answer(Fault::CutAfterDoing, seconds(0)).await;
    setup.discord.state.until("the second post", |_| setup.asked("POST", "/threads") == 2).await;
    let stats = Arc::clone(&setup.stats);
    assert_eq!(setup.settles().await, 2);
    assert_eq!(stats.of("possible_duplicate"), 1);
}

/// The outage, over by now.
fn over(outage: &Outage, setup: &Setup) -> Outage {
    let now = setup.discord.state.clock.now();
    let mut over =
        Outage { level: Level::Up, until: Some(now), revision: outage.revision + 1, ..outage.clone() };
    for hit in over.services.values_mut() {
        (hit.level, hit.until) = (Level::Up, Some(now));
    }
    over
}

/// Discord refuses to edit an old message (30046, with 429), or refuses with an unknown code. The recovery waited behind
/// the edit.
#[tokio::test]
async fn recovery_never_waits_for_a_refused_edit() {
    for (status, code) in [(429, 30046), (400, 99_999)] {
        let setup = Setup::with(RulesChannelKind::Text).await;
        let outage = setup.begins().await;
        setup.refuses(status, code);
        let better = Outage { level: Level::Degraded, revision: outage.revision + 1, ..outage };
        setup.tells(&better, EventKind::Updated(Update::Better)).await;
        let heard = Arc::clone(&setup.discord.state);
        heard.until("the refused edit", |_| setup.answered("PATCH", "/messages/") == [status]).await;
        setup.tells(&over(&better, &setup), EventKind::Ended).await;
        heard.until("the end", |_| setup.answered("POST", "/messages") == [200, 200]).await;
        heard.until("the edit", |_| setup.answered("PATCH", "/messages/").last() == Some(&200)).await;
        assert_eq!(setup.settles().await, 2, "start and end, each once: {code}");
    }
}

/// Regression: Discord refuses a reply to a deleted message, and the recovery was given up.
#[tokio::test]
async fn recovery_refused_as_a_reply_is_posted_without_reply() {
    let setup = Setup::with(RulesChannelKind::Text).await;
    let outage = setup.begins().await;
    setup.refuses(404, 10008);
    setup.tells(&over(&outage, &setup), EventKind::Ended).await;
    let heard = Arc::clone(&setup.discord.state);
    heard.until("the end", |_| setup.answered("POST", "/messages") == [200, 404, 200]).await;
    let posts: Vec<bool> = heard
        .requests()
        .iter()
        .filter(|seen| seen.method == "POST" && seen.path.contains("/messages"))
        .map(|seen| seen.body["message_reference"].is_object())
        .collect();
    assert_eq!(posts, [false, true, false], "the second try is no reply");
    assert_eq!(setup.settles().await, 2);
}
