//! What Discord tells unasked: how the connection is, and which servers and channels come and go.
//!
//! What is to be kept of it is kept in the order in which it came: a server that is left and joined again is joined in the
//! end. While the store is away it is tried again, for nobody tells it twice.
//!
//! Never: a server is taken for left because its gateway, or Discord, is away.

use std::sync::Arc;

use jiff::SignedDuration;
use tokio::sync::{mpsc, watch};

use super::desk::Desk;
use crate::alerts::GuildId;
use crate::discord::{Incoming, Servers};
use crate::store::StoreError;
use crate::watcher::stopped;

/// What could not be kept is tried again after this, and then after twice as long, up to [`SELDOM`].
const SOON: SignedDuration = SignedDuration::from_secs(2);
const SELDOM: SignedDuration = SignedDuration::from_mins(1);

/// Servers that are compared at once with those that a new session names.
const PAGE: usize = 500;

impl Desk {
    /// Hears what needs no keeping; gives back what does.
    pub(super) fn hear(&self, news: Incoming) -> Option<Incoming> {
        match news {
            Incoming::Asked(..) => {}
            Incoming::Unreadable(why) => {
                self.vitals.unreadable();
                tracing::error!(why, "an interaction could not be read; whoever sent it got no answer");
            }
            Incoming::Connected => {
                self.vitals.connected(true);
                // While connections do not stay up, the gateway itself tells how many there were.
                if self.vitals.is_steady() {
                    tracing::info!("connected to Discord");
                } else {
                    tracing::debug!("connected to Discord again");
                }
            }
            Incoming::StandsBy => {
                self.vitals.connected(true); // nothing is amiss: it is ready to take over
                tracing::info!("other copies are connected to Discord; this one stands by");
            }
            Incoming::Disconnected => {
                self.vitals.connected(false);
                tracing::debug!("the connection to Discord is lost; it comes back by itself");
            }
            Incoming::Lost(shard) => self.vitals.lost(shard),
            Incoming::Steady(shard) => self.vitals.steady(shard),
            Incoming::Identified(count) => self.vitals.identified(count.sent, count.most),
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

    /// Keeps what was told, one after the other.
    pub(super) async fn keep_in_order(
        self: Arc<Self>,
        mut told: mpsc::Receiver<Incoming>,
        mut stop: watch::Receiver<bool>,
    ) {
        while let Some(news) = told.recv().await {
            let mut pause = SOON;
            while let Err(error) = self.keep(&news).await {
                let passes = matches!(error, StoreError::Away(_) | StoreError::Full(_));
                if !passes || *stop.borrow() {
                    tracing::error!(%error, "what Discord told could not be kept");
                    break;
                }
                tracing::warn!(%error, "what Discord told could not be kept yet; it is tried again");
                tokio::select! {
                    biased;
                    () = stopped(&mut stop) => {}
                    () = self.clock.sleep(pause) => pause = (pause * 2).min(SELDOM),
                }
            }
        }
    }

    async fn keep(&self, news: &Incoming) -> Result<(), StoreError> {
        let now = self.clock.now();
        match news {
            Incoming::ChannelGone(guild, channel) => self.store.set_aside(*guild, Some(*channel), now).await,
            Incoming::ServerLeft(guild) => self.store.set_aside(*guild, None, now).await,
            Incoming::ServerJoined(guild) => self.restore(*guild).await,
            Incoming::Servers(servers) => self.compare(servers).await,
            _ => Ok(()),
        }
    }

    /// A new session names the servers of its shard. Who invited the bot back, or removed it, while there was none is told
    /// in no other way.
    async fn compare(&self, servers: &Servers) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let page = self.store.servers(after, PAGE).await?;
            for kept in page.iter().filter(|kept| servers.concern(kept.guild)) {
                match servers.name(kept.guild) {
                    true if kept.left => self.restore(kept.guild).await?,
                    false if kept.hears => {
                        tracing::info!(guild = %kept.guild, "removed meanwhile: its subscriptions are set aside");
                        self.store.set_aside(kept.guild, None, self.clock.now()).await?;
                    }
                    _ => {}
                }
            }
            match page.last() {
                Some(last) if page.len() >= PAGE => after = Some(last.guild),
                _ => return Ok(()),
            }
        }
    }

    /// Whoever asks for a server's alerts in it shows that the bot is there, also where no gateway tells so. Gives whether
    /// that was news, and its subscriptions are restored.
    pub(super) async fn is_back_in(&self, guild: GuildId) -> Result<bool, StoreError> {
        let kept = self.store.servers(guild.0.checked_sub(1).map(GuildId), 1).await?;
        let back = kept.first().is_some_and(|kept| kept.guild == guild && kept.left);
        if back {
            self.restore(guild).await?;
        }
        Ok(back)
    }

    async fn restore(&self, guild: GuildId) -> Result<(), StoreError> {
        let back = self.store.restore(guild, self.clock.now()).await?;
        if back > 0 {
            tracing::info!(%guild, back, "invited back: its subscriptions are restored");
        }
        Ok(())
    }
}
