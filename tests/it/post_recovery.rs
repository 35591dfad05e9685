//! An answer of Discord's that got lost, over real sockets: the channel is read back before anything is sent again.
//!
//! The bot's clock and Discord's run sixty times as fast as the world's, so that Discord forgets a nonce in seconds.

use std::sync::Arc;

use healthy_upstream::alerts::{Audience, ChannelKind, Subscription, SubscriptionEdit};
use healthy_upstream::clock::Clock;
use healthy_upstream::discord::permissions as may;
use healthy_upstream::discord::simulator::rules::{Fault, RulesChannelKind};
use healthy_upstream::health::{EventKind, OutageEvent};
use healthy_upstream::ids::{ChannelId, GuildId, InteractionId};
use healthy_upstream::notifier::{Notifier, NotifierOptions, NotifierStats};
use healthy_upstream::store::{MemoryStore, Store, WatcherStep};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::loopback::Loopback;
use crate::notifier_harness::{minutes, outage, seconds};
use crate::scene::catalog;

/// How much faster than the world's time.
const RATE: u32 = 60;

/// A notifier that works against a Discord on this machine.
struct Transport {
    discord: Loopback,
    store: Arc<dyn Store>,
    guild: GuildId,
    channel: ChannelId,
    stats: Arc<NotifierStats>,
    stop: watch::Sender<bool>,
    work: JoinHandle<()>,
}

impl Transport {
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
        let work = tokio::spawn(async move { notifier.run(stopped).await.expect("the token is good") });
        Self { discord, store, guild, channel, stats, stop, work }
    }

    /// An outage begins; the answer to its first post is lost, and then Discord is down for so long.
    async fn begins_with_a_lost_answer(&self, fault: Fault, down: jiff::SignedDuration) {
        let now = self.discord.state.clock.now();
        {
            let mut model = self.discord.state.model();
            model.faults.queue(Some(self.channel), fault, 1);
        }
        let outage = outage(now - seconds(45));
        let event =
            OutageEvent { at: now, kind: EventKind::Started, outage: outage.clone(), why: Vec::new() };
        let events = vec![(event, Audience::Subscribers)];
        let step = WatcherStep { state: Vec::new(), outages: vec![outage], events };
        let lead = self.store.acquire_lease("watch", "the story", minutes(1), now).await.expect("an answer");
        self.store.commit(&step, &lead.expect("nobody else leads")).await.expect("kept");
        self.discord.state.sees(|seen| seen.method == "POST" && seen.path.contains("/channels/")).await;
        self.discord.state.model().faults.down(now, now + down);
    }

    /// Waits until nothing is owed any more; gives how many messages stand in the channel and its threads.
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

    /// How often something was asked of Discord.
    fn asked(&self, method: &str, part: &str) -> usize {
        let all = self.discord.state.requests();
        all.iter().filter(|seen| seen.method == method && seen.path.contains(part)).count()
    }
}

#[tokio::test]
async fn marker_prevents_duplicates_after_the_nonce_expired() {
    let transport = Transport::with(RulesChannelKind::Text).await;
    transport.begins_with_a_lost_answer(Fault::CutAfterDoing, minutes(7)).await;
    let (stats, heard) = (Arc::clone(&transport.stats), Arc::clone(&transport.discord.state));
    let read =
        heard.sees(|seen| seen.method == "GET" && seen.path.contains("/messages") && seen.status == 200);
    let (_, messages) = tokio::join!(read, transport.settles());
    assert_eq!(messages, 1, "posted once");
    assert_eq!(stats.of("delivered"), 1);
    assert_eq!(stats.of("possible_duplicate"), 0, "and we know it");
}

#[tokio::test]
async fn forum_without_nonce_is_read_back_at_once() {
    let transport = Transport::with(RulesChannelKind::Forum).await;
    transport.begins_with_a_lost_answer(Fault::CutAfterDoing, seconds(0)).await;
    transport.discord.state.sees(|seen| seen.path.ends_with("/threads/active")).await;
    let (stats, heard) = (Arc::clone(&transport.stats), Arc::clone(&transport.discord.state));
    assert_eq!(transport.settles().await, 1, "one post of the forum with one message");
    assert_eq!((stats.of("delivered"), stats.of("possible_duplicate")), (1, 0));
    let opened = |seen: &crate::loopback::Seen| seen.method == "POST" && seen.path.ends_with("/threads");
    assert_eq!(heard.requests().iter().filter(|seen| opened(seen)).count(), 1);
}

#[tokio::test]
async fn unreadable_forum_prefers_duplicate_to_loss_and_counts_it() {
    let transport = Transport::with(RulesChannelKind::Forum).await;
    transport.discord.state.model().set_own_overwrite(transport.channel, may::READ_MESSAGE_HISTORY, 0);
    transport.begins_with_a_lost_answer(Fault::CutAfterDoing, seconds(0)).await;
    transport.discord.state.until("the second post", |_| transport.asked("POST", "/threads") == 2).await;
    let stats = Arc::clone(&transport.stats);
    assert_eq!(transport.settles().await, 2);
    assert_eq!(stats.of("possible_duplicate"), 1);
}
