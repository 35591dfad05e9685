//! Handles gateway events: the state of the connection, and which servers and channels come and go.
//!
//! Events that change the store are saved in the order in which they arrived: a server that is left and joined again ends
//! up joined. While the store is away, saving is retried, because Discord does not repeat an event.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, watch};

use crate::clock::{Clock, stopped};
use crate::discord::{Discord, Incoming, ShardGuilds};
use crate::ids::GuildId;
use crate::interactions::restore;
use crate::metrics::Metrics;
use crate::store::{Store, StoreError};

/// First delay before saving is retried; it doubles up to [`SELDOM`].
const SOON: SignedDuration = SignedDuration::from_secs(2);
const SELDOM: SignedDuration = SignedDuration::from_mins(1);

/// Stored servers that are compared per step with those that a new session names.
const PAGE: usize = 500;

/// Pace of the requests for servers that no session names: two of Discord's 50 requests in a second.
const ASK_EVERY: SignedDuration = SignedDuration::from_millis(500);

/// Servers with subscriptions that a new session did not name. Discord's list can be cut or empty during an incident, so
/// each server is requested before its absence has any effect.
struct Unlisted {
    queue: VecDeque<GuildId>,
    queued: BTreeSet<GuildId>,
    next: Timestamp,
}

impl Unlisted {
    fn add(&mut self, guild: GuildId) {
        if self.queued.insert(guild) {
            self.queue.push_back(guild);
        }
    }

    /// Removes a server about which an event arrived: the event is newer than the list.
    fn forget(&mut self, news: &Incoming) {
        if let Incoming::ServerJoined(guild) | Incoming::ServerLeft(guild) = news {
            self.queued.remove(guild);
        }
    }

    /// Returns the next server to request. A server that was named meanwhile is skipped.
    fn take(&mut self, now: Timestamp) -> Option<GuildId> {
        let guild = loop {
            let guild = self.queue.pop_front()?;
            if self.queued.remove(&guild) {
                break guild;
            }
        };
        self.next = now.checked_add(ASK_EVERY).unwrap_or(now);
        Some(guild)
    }
}

/// Events that wait to be saved.
const WAITING: usize = 1_000;

/// Handles gateway events.
pub(super) struct GatewayEvents {
    pub(super) clock: Clock,
    pub(super) store: Arc<dyn Store>,
    pub(super) discord: Arc<dyn Discord>,
    pub(super) metrics: Metrics,
    pub(super) fatal: watch::Sender<Option<String>>,
}

impl GatewayEvents {
    /// Starts to save events in order. Returns what handles each event, without waiting, and the task, which ends after the
    /// handler is dropped.
    pub(super) fn start(
        self,
        stop: watch::Receiver<bool>,
    ) -> (impl Fn(Incoming) + Send + Sync + 'static, impl Future<Output = ()> + Send + 'static) {
        let (reported, report) = mpsc::channel(WAITING);
        let events = Arc::new(self);
        let saving = Arc::clone(&events);
        let handle = move |event| {
            let Some(event) = events.handle(event) else { return };
            if reported.try_send(event).is_err() {
                tracing::error!("the store does not keep up with gateway events; some are lost");
            }
        };
        (handle, async move { saving.keep_in_order(report, stop).await })
    }

    /// Handles events that need no store, and returns the others.
    fn handle(&self, news: Incoming) -> Option<Incoming> {
        match news {
            Incoming::Interaction(..) => {}
            Incoming::Unreadable(why) => {
                self.metrics.unreadable();
                tracing::error!(why, "an interaction could not be read; its user got no answer");
            }
            Incoming::Connected => {
                self.metrics.connected(true);
                // While connections do not stay up, the gateway itself logs how many there were.
                if self.metrics.is_steady() {
                    tracing::info!("connected to Discord");
                } else {
                    tracing::debug!("connected to Discord again");
                }
            }
            Incoming::Standby => {
                self.metrics.connected(true); // healthy: it is ready to take over
                tracing::info!("other instances are connected to Discord; this one stands by");
            }
            Incoming::Disconnected => {
                self.metrics.connected(false);
                tracing::debug!("connection to Discord lost; reconnecting");
            }
            Incoming::Lost(shard) => self.metrics.lost(shard),
            Incoming::Steady(shard) => self.metrics.steady(shard),
            Incoming::Identified(count) => self.metrics.identified(count.sent, count.most),
            Incoming::Fatal(why) => {
                self.fatal.send_replace(Some(why));
            }
            news @ (Incoming::ChannelGone(..)
            | Incoming::ServerLeft(_)
            | Incoming::ServerJoined(_)
            | Incoming::Servers(_)) => return Some(news),
        }
        None
    }

    /// Saves events one after the other, and requests unlisted servers in between.
    async fn keep_in_order(&self, mut reported: mpsc::Receiver<Incoming>, mut stop: watch::Receiver<bool>) {
        let now = self.clock.now();
        let mut unlisted = Unlisted { queue: VecDeque::new(), queued: BTreeSet::new(), next: now };
        loop {
            tokio::select! {
                biased;
                news = reported.recv() => {
                    let Some(news) = news else { return };
                    unlisted.forget(&news);
                    self.keep_surely(&news, &mut unlisted, &mut stop).await;
                }
                () = self.clock.sleep_until(unlisted.next), if !unlisted.queue.is_empty() => {
                    if let Some(guild) = unlisted.take(self.clock.now()) {
                        self.ask_for(guild, &mut unlisted, &mut stop).await;
                    }
                }
            }
        }
    }

    /// Saves an event, and retries while the store is away.
    async fn keep_surely(&self, news: &Incoming, unlisted: &mut Unlisted, stop: &mut watch::Receiver<bool>) {
        let mut pause = SOON;
        while let Err(error) = self.save(news, unlisted).await {
            let passes = matches!(error, StoreError::Away(_) | StoreError::Full(_));
            if !passes || *stop.borrow() {
                tracing::error!(%error, "a gateway event could not be saved");
                break;
            }
            tracing::warn!(%error, "a gateway event could not be saved yet; retrying");
            tokio::select! {
                biased;
                () = stopped(stop) => {}
                () = self.clock.sleep(pause) => pause = (pause * 2).min(SELDOM),
            }
        }
    }

    async fn save(&self, news: &Incoming, unlisted: &mut Unlisted) -> Result<(), StoreError> {
        let now = self.clock.now();
        match news {
            Incoming::ChannelGone(guild, channel) => {
                self.store.soft_delete(*guild, Some(*channel), now).await
            }
            Incoming::ServerLeft(guild) => self.store.soft_delete(*guild, None, now).await,
            Incoming::ServerJoined(guild) => restore(&*self.store, *guild, now).await,
            Incoming::Servers(servers) => self.compare(servers, unlisted).await,
            _ => Ok(()),
        }
    }

    /// Compares the stored servers with those that a new session names. Joins and removals between two sessions are reported in
    /// no other way.
    async fn compare(&self, servers: &ShardGuilds, unlisted: &mut Unlisted) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let page = self.store.servers(after, PAGE).await?;
            for stored in page.iter().filter(|stored| servers.concern(stored.guild)) {
                match servers.name(stored.guild) {
                    true => {
                        unlisted.queued.remove(&stored.guild);
                        if stored.left {
                            restore(&*self.store, stored.guild, self.clock.now()).await?;
                        }
                    }
                    false if stored.subscribed => unlisted.add(stored.guild),
                    false => {}
                }
            }
            match page.last() {
                Some(last) if page.len() >= PAGE => after = Some(last.guild),
                _ => return Ok(()),
            }
        }
    }

    /// Asks Discord whether the bot is still in a server that no session named. Without a clear "no", nothing changes.
    async fn ask_for(&self, guild: GuildId, unlisted: &mut Unlisted, stop: &mut watch::Receiver<bool>) {
        let answer = tokio::select! {
            biased;
            () = stopped(stop) => return,
            answer = self.discord.is_in(guild) => answer,
        };
        match answer {
            Ok(true) => {
                tracing::warn!(%guild, "the gateway did not list a server that the bot is in; its subscriptions stay");
            }
            Ok(false) => {
                tracing::info!(%guild, "removed meanwhile; its subscriptions are soft-deleted");
                self.keep_surely(&Incoming::ServerLeft(guild), unlisted, stop).await;
            }
            Err(error) => {
                tracing::info!(%guild, %error, "it is not known whether the bot is still in a server; its subscriptions stay");
            }
        }
    }
}
