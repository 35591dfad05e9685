//! `run --dry-run`: checks and decides like the bot, and logs what it would post. Nothing is sent to Discord. The run works
//! on a copy of the store's records in memory; the store itself is opened once, read and closed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tokio::sync::{mpsc, watch};

use super::run::Signals;
use super::sources::{self, SourceSet};
use super::{CliError, faq, log, print, store};
use crate::app::{App, Deps};
use crate::chat::{Message, Reply};
use crate::clock::Clock;
use crate::cluster::LeaseManager;
use crate::commands::{ChannelFacts, Invoker, Spec};
use crate::config::Config;
use crate::discord::{
    Discord, DiscordError, Identity, InteractionResponse, InteractionToken, PermanentReason, Post, Thread,
    ThreadStart, codec,
};
use crate::ids::{ChannelId, GuildId, MessageId, UserId};
use crate::metrics::Metrics;
use crate::store::{DumpEntry, Store, StoreError};
use crate::throttle::Jitter;

/// Records that are copied at once.
const AT_ONCE: usize = 1_000;

/// Checks and logs until it is stopped.
pub(super) async fn run(config: &Config) -> Result<(), CliError> {
    let _refilter = log::start(&config.log)?;
    let clock = Clock::system();
    let mut signals = Signals::listen()?;
    let (_faq, faq) = watch::channel(faq::faq(config)?);
    let SourceSet { catalog, throttle, sources } = sources::build(config, &clock, |transport| transport)?;
    let store = copy_in_memory(config).await?;
    let subscriptions = count(&*store, "subscription").await?;
    let (_incoming, incoming) = mpsc::channel(1);
    let parts = Deps {
        clock: clock.clone(),
        store: Arc::clone(&store),
        discord: Arc::new(LoggingDiscord::new(clock.clone())),
        incoming,
        sources,
        jitter: Jitter::of_this_process(),
        catalog: Arc::new(catalog),
        policy: config.checks.policy.clone(),
        faq,
        throttle,
        limits: config.limits.clone(),
        language: config.language,
        operator_events: None,
        metrics: Metrics::default(),
        collect_questions: false,
        paste_steps: crate::faq::fuel::PASTE,
        roles: LeaseManager::new(store, clock, config.lease)?,
    };
    let mut app = App::start(parts).await?;
    print(&format!(
        "Dry run: checks run, nothing is sent and nothing is stored. {subscriptions} subscribed {}; what they \
         would get is logged. Stop it with Ctrl-C.",
        if subscriptions == 1 { "channel" } else { "channels" }
    ));
    let stopped = async { while !signals.stop().await {} };
    tokio::select! {
        () = stopped => {}
        why = app.broken() => return Err(CliError::Discord(why)),
    }
    app.stop().await;
    tracing::info!("stopped");
    Ok(())
}

/// Returns a store in memory with the records of the configured one. Opening that brings it to this version, as `run` does.
async fn copy_in_memory(config: &Config) -> Result<Arc<dyn Store>, CliError> {
    let copy = crate::store::open("memory:", &store::options(config)).await?;
    // Opening a folder that does not exist would create it.
    if store::folder(config).is_ok_and(|folder| !folder.exists()) {
        return Ok(copy);
    }
    let real = crate::store::open(&config.store, &store::options(config)).await?;
    let records = Arc::new(Mutex::new(Vec::new()));
    let copied = Arc::clone(&records);
    let take = move |entry: &DumpEntry| -> Result<(), StoreError> {
        if !entry.is_local() {
            copied.lock().unwrap_or_else(PoisonError::into_inner).push(entry.clone());
        }
        Ok(())
    };
    real.dump(Box::new(take)).await?;
    drop(real);
    let records = std::mem::take(&mut *records.lock().unwrap_or_else(PoisonError::into_inner));
    for some in records.chunks(AT_ONCE) {
        copy.load(some.to_vec()).await?;
    }
    Ok(copy)
}

async fn count(store: &dyn Store, kind: &str) -> Result<u64, StoreError> {
    Ok(store.counts(None).await?.into_iter().find(|(name, _)| *name == kind).map_or(0, |(_, count)| count))
}

/// A Discord to which nothing is sent: it logs what would be, and answers as if it had been done.
struct LoggingDiscord {
    clock: Clock,
    /// How many ids were given out.
    ids: AtomicU64,
}

impl LoggingDiscord {
    fn new(clock: Clock) -> Self {
        Self { clock, ids: AtomicU64::new(0) }
    }

    /// Returns an id as Discord would give now.
    fn id(&self) -> u64 {
        codec::posted_before(self.clock.now()).0 + 1 + self.ids.fetch_add(1, Ordering::Relaxed)
    }
}

/// Nobody can ask anything in a dry run, so no interaction is answered.
fn unasked<T>() -> Result<T, DiscordError> {
    let why = "a dry run answers nobody".to_owned();
    Err(DiscordError::Permanent(PermanentReason::Other { status: 0, code: 0, why }))
}

#[async_trait]
impl Discord for LoggingDiscord {
    async fn post(&self, post: &Post) -> Result<MessageId, DiscordError> {
        let (id, text) = (MessageId(self.id()), &post.message.text);
        tracing::info!(channel = %post.channel, %id, reply_to = post.reply_to.map(|it| it.0), text, "would post");
        Ok(id)
    }

    async fn edit(&self, channel: ChannelId, id: MessageId, message: &Message) -> Result<(), DiscordError> {
        tracing::info!(%channel, %id, text = message.text, "would edit");
        Ok(())
    }

    async fn delete(&self, channel: ChannelId, id: MessageId) -> Result<(), DiscordError> {
        tracing::info!(%channel, %id, "would delete");
        Ok(())
    }

    async fn publish(&self, channel: ChannelId, id: MessageId) -> Result<(), DiscordError> {
        tracing::info!(%channel, %id, "would publish to followers");
        Ok(())
    }

    async fn open_thread(
        &self,
        channel: ChannelId,
        name: &str,
        start: ThreadStart,
    ) -> Result<Thread, DiscordError> {
        let thread = ChannelId(self.id());
        let (first, text) = match &start {
            ThreadStart::On(_) => (None, None),
            ThreadStart::ForumPost(message) => (Some(MessageId(thread.0)), Some(message.text.as_str())),
        };
        tracing::info!(%channel, %thread, name, text, "would open a thread");
        Ok(Thread { channel: thread, first })
    }

    async fn rename_thread(&self, thread: ChannelId, name: &str) -> Result<(), DiscordError> {
        tracing::info!(%thread, name, "would rename the thread");
        Ok(())
    }

    async fn find_own(&self, _: ChannelId, _: MessageId, _: &str) -> Result<Option<MessageId>, DiscordError> {
        Ok(None)
    }

    async fn find_own_post(
        &self,
        _: (GuildId, ChannelId),
        _: MessageId,
        _: &str,
    ) -> Result<Option<Thread>, DiscordError> {
        Ok(None)
    }

    async fn fetch_channel_facts(
        &self,
        _: GuildId,
        _: ChannelId,
        _: &Invoker,
    ) -> Result<ChannelFacts, DiscordError> {
        unasked()
    }

    async fn fetch_server_facts(&self, _: GuildId, _: &Invoker) -> Result<u64, DiscordError> {
        unasked()
    }

    async fn is_in(&self, _: GuildId) -> Result<bool, DiscordError> {
        Ok(true)
    }

    async fn open_direct(&self, person: UserId) -> Result<ChannelId, DiscordError> {
        tracing::info!(user = %person, "would open a direct conversation");
        Ok(ChannelId(self.id()))
    }

    async fn answer(
        &self,
        _: &InteractionToken,
        _: &InteractionResponse,
    ) -> Result<Option<MessageId>, DiscordError> {
        unasked()
    }

    async fn follow_up(&self, _: &InteractionToken, _: &Reply) -> Result<MessageId, DiscordError> {
        unasked()
    }

    async fn edit_answer(&self, _: &InteractionToken, _: &Message) -> Result<MessageId, DiscordError> {
        unasked()
    }

    async fn delete_answer(&self, _: &InteractionToken) -> Result<(), DiscordError> {
        unasked()
    }

    async fn read_file(&self, _: &str, _: usize) -> Result<Vec<u8>, DiscordError> {
        unasked()
    }

    async fn register(&self, _: &[Spec], _: Option<GuildId>) -> Result<usize, DiscordError> {
        Ok(0)
    }

    async fn who_am_i(&self) -> Result<Identity, DiscordError> {
        unasked()
    }
}
