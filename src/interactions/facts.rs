//! Fetches the facts that an answer needs.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use crate::alerts::{Delivery, Reason};
use crate::chat::replies::about::{BudgetLine, Sessions};
use crate::clock::Clock;
use crate::commands::{
    AnswerCache, ChannelFacts, Facts, Invocation, Need, ServerRecords, StandingAnswer, UndeliveredAlert,
};
use crate::discord::{Discord, DiscordError};
use crate::faq::SharedFaq;
use crate::faq::fuel::Fuel;
use crate::health::{BucketSize, ServiceCatalog, StatusSnapshot};
use crate::i18n::Language;
use crate::ids::{ChannelId, GuildId};
use crate::metrics::Metrics;
use crate::store::{DumpEntry, Store, StoreError};
use crate::throttle::{BudgetView, Throttle};

/// How long the read and the write that an answer needs may take each. With the way to Discord that stays below the 3 seconds
/// that an answer has.
const STORE_ANSWERS: SignedDuration = SignedDuration::from_secs(1);
/// Suggestions while typing come at once or not at all: the next letter is on its way.
const WHILE_TYPING: SignedDuration = SignedDuration::from_millis(300);
/// An attached file is read up to this size: 1 MiB of text.
const FILE_BYTES: usize = 1 << 20;
/// Subscriptions of one server that are read for an answer: more than any sensible limit.
const SUBSCRIPTIONS: usize = 1_000;
/// Outages that are read for a list.
const OUTAGES: usize = 100;
/// Records of one server that are exported to a file, and the largest size of that file. Discord takes 10 MiB from a bot
/// without boosts (reference, "Uploading Files"); half of it is read into memory once.
const RECORDS: usize = 20_000;
const RECORDS_BYTES: usize = 5 << 20;
/// Deliveries of one server that are read to find the undelivered ones: a hundred for each of a hundred channels. Most pending
/// deliveries are on their way or queued behind another one of their channel.
const UNDELIVERED: usize = 10_000;

/// One subscribed channel is checked per this interval. Each check takes three requests, so a server with many channels uses
/// five of our fifty requests per second.
const CHECK_EVERY: SignedDuration = SignedDuration::from_millis(600);
/// A channel about which Discord answers nothing within this time is unknown.
const CHECKED_WITHIN: SignedDuration = SignedDuration::from_secs(5);
/// All channels of a server are checked within this time: a hundred of them if Discord is quick.
const ALL_CHECKED_WITHIN: SignedDuration = SignedDuration::from_secs(90);

/// Where facts come from: memory, the store, and Discord.
pub(super) struct FactSources {
    pub(super) clock: Clock,
    pub(super) store: Arc<dyn Store>,
    pub(super) discord: Arc<dyn Discord>,
    pub(super) catalog: Arc<ServiceCatalog>,
    pub(super) faq: watch::Receiver<SharedFaq>,
    pub(super) snapshot: watch::Receiver<Arc<StatusSnapshot>>,
    pub(super) throttle: Arc<Throttle>,
    pub(super) metrics: Metrics,
    pub(super) subscriptions_per_guild: usize,
    pub(super) language: Language,
    pub(super) collect_questions: bool,
    pub(super) paste_steps: u64,
    /// Texts that many people ask for, rendered once.
    pub(super) said: Arc<AnswerCache>,
}

impl FactSources {
    /// Returns the facts that are in memory, without waiting.
    pub(super) fn in_memory(&self, recent_answers: Vec<StandingAnswer>) -> Facts {
        let now = self.clock.now();
        let (snapshot, catalog) = (self.snapshot.borrow().clone(), self.catalog.clone());
        Facts {
            recent_answers,
            subscriptions_allowed: self.subscriptions_per_guild,
            language: self.language,
            remains: self.store.remains(),
            collects_questions: self.collect_questions,
            said: Arc::clone(&self.said),
            fuel: Fuel::new(self.paste_steps),
            ..Facts::in_memory(now, snapshot, catalog, self.faq.borrow().clone())
        }
    }

    /// Fetches the further facts that an answer needs.
    pub(super) async fn fetch(
        &self,
        asked: &Invocation,
        facts: &mut Facts,
        needs: &[Need],
    ) -> Result<(), StoreError> {
        for need in needs {
            match need {
                Need::Subscriptions(guild) => {
                    let read = || self.store.subscriptions(Some(*guild), None, SUBSCRIPTIONS);
                    // Both run at once, so that nobody waits for the rare case.
                    let both =
                        async { tokio::try_join!(read(), is_back_in(&*self.store, *guild, facts.now)) };
                    let (subscriptions, back) = self.ask(both).await?;
                    facts.subscriptions = if back { self.ask(read()).await? } else { subscriptions };
                }
                Need::Subscription(guild, channel) => {
                    facts.subscriptions.extend(self.ask(self.store.subscription(*guild, *channel)).await?);
                }
                Need::Channel(guild, channel) => {
                    let inspected = self.discord.fetch_channel_facts(*guild, *channel, &asked.invoker).await;
                    facts.channel = Some(inspected.map_err(|e| e.reason()));
                }
                Need::SubscribedChannels(guild) => {
                    let subscribed = facts.subscriptions.iter().filter(|it| it.guild == *guild);
                    let channels: Vec<_> = subscribed.map(|it| it.channel).collect();
                    facts.channels = self.check_channels(*guild, channels, asked).await;
                }
                Need::Server(guild) => {
                    let inspected = self.discord.fetch_server_facts(*guild, &asked.invoker).await;
                    facts.server = Some(inspected.map_err(|e| e.reason()));
                }
                Need::Outage(id) => facts.outage = self.ask(self.store.outage(id)).await?,
                Need::Outages { days } => {
                    let since = facts.now.checked_sub(SignedDuration::from_hours(24 * i64::from(*days)));
                    let since = since.unwrap_or(Timestamp::UNIX_EPOCH);
                    facts.outages = self.ask(self.store.outages(since, OUTAGES)).await?;
                }
                Need::UptimeBuckets { days } => {
                    let (span, since) = BucketSize::covering(*days, facts.now);
                    for service in &self.catalog.services {
                        let uptime_buckets =
                            self.ask(self.store.uptime_buckets(&service.name, span, since)).await?;
                        facts.uptime_buckets.push((service.name.clone(), uptime_buckets));
                    }
                }
                Need::Direct(person) => {
                    let opened = self.discord.open_direct(*person).await;
                    facts.direct = Some(opened.map_err(|e| e.reason()));
                }
                Need::File(file) => facts.files.push(self.read_file(&file.url).await),
                Need::Undelivered(guild) => {
                    let pending = self.ask(self.store.undelivered(*guild, UNDELIVERED)).await?;
                    // A delivery that met no error yet is on its way.
                    let failed = |it: Delivery| {
                        Some(UndeliveredAlert {
                            channel: it.channel,
                            outage: it.outage,
                            why: it.last_error?,
                            given_up: it.given_up.is_some(),
                        })
                    };
                    facts.undelivered = pending.into_iter().filter_map(failed).collect();
                }
                Need::Budgets => {
                    facts.budgets = self.throttle.views().into_iter().map(budget).collect();
                    facts.sessions = self.metrics.identifies().map(|(begun, most)| Sessions { begun, most });
                }
                Need::Records(guild) => {
                    let records = self.ask(self.store.records_of(*guild, RECORDS + 1)).await?;
                    facts.records = Some(server_records(*guild, facts.now, records));
                }
                Need::Counts(guild) => {
                    let counts = self.ask(self.store.counts(Some(*guild))).await?;
                    facts.counts = counts.into_iter().map(|(kind, count)| (kind.to_owned(), count)).collect();
                }
            }
        }
        Ok(())
    }

    /// Checks channels one after the other. Channels for which there was no time are left out.
    async fn check_channels(
        &self,
        guild: GuildId,
        channels: Vec<ChannelId>,
        asked: &Invocation,
    ) -> Vec<(ChannelId, Result<ChannelFacts, DiscordError>)> {
        let mut inspected = Vec::with_capacity(channels.len());
        let checking = async {
            for channel in channels {
                if !inspected.is_empty() {
                    self.clock.sleep(CHECK_EVERY).await;
                }
                let asking = self.discord.fetch_channel_facts(guild, channel, &asked.invoker);
                let silent = || DiscordError::Transient {
                    after: None,
                    why: Reason::NoAnswer,
                    perhaps_done: false,
                    unreached: false,
                };
                let facts = self.clock.timeout(CHECKED_WITHIN, asking).await;
                inspected.push((channel, facts.unwrap_or_else(|| Err(silent()))));
            }
        };
        if self.clock.timeout(ALL_CHECKED_WITHIN, checking).await.is_none() {
            tracing::info!(%guild, "not every subscribed channel could be checked in time");
        }
        inspected
    }

    /// Fetches what suggestions need, if the store answers at once; otherwise they are made of what is in memory.
    pub(super) async fn fetch_while_typing(&self, asked: &Invocation, facts: &mut Facts, needs: &[Need]) {
        match self.clock.timeout(WHILE_TYPING, self.fetch(asked, facts, needs)).await {
            Some(Ok(())) => {}
            Some(Err(error)) => tracing::debug!(%error, "suggestions are made without the store"),
            None => tracing::debug!("suggestions are made without the store: it does not answer at once"),
        }
    }

    async fn ask<T>(&self, asking: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        within(&self.clock, asking).await
    }

    async fn read_file(&self, url: &str) -> Result<String, Reason> {
        match self.discord.read_file(url, FILE_BYTES).await {
            Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) => Err(error.reason()),
        }
    }
}

/// Runs a store query for at most as long as an answer may wait for it.
pub(super) async fn within<T>(
    clock: &Clock,
    asking: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let asked = clock.timeout(STORE_ANSWERS, asking).await;
    asked.unwrap_or_else(|| Err(StoreError::Away("the store does not answer in time".to_owned())))
}

/// Restores the subscriptions of a server: a user who asks for its alerts proves that the bot is there, even without a
/// gateway. Returns whether there was something to restore.
async fn is_back_in(store: &dyn Store, guild: GuildId, now: Timestamp) -> Result<bool, StoreError> {
    let stored = store.servers(guild.0.checked_sub(1).map(GuildId), 1).await?;
    let back = stored.first().is_some_and(|stored| stored.guild == guild && stored.left);
    if back {
        restore(store, guild, now).await?;
    }
    Ok(back)
}

/// Restores the soft-deleted subscriptions of a server that the bot is in again.
pub(crate) async fn restore(store: &dyn Store, guild: GuildId, now: Timestamp) -> Result<(), StoreError> {
    let back = store.undelete(guild, now).await?;
    if back > 0 {
        tracing::info!(%guild, back, "invited back; its subscriptions are restored");
    }
    Ok(())
}

/// Exports the records of a server as a JSON file.
fn server_records(guild: GuildId, now: Timestamp, records: Vec<DumpEntry>) -> ServerRecords {
    let mut text = format!("{{\n\"server\": \"{guild}\",\n\"exported_at\": \"{now}\",\n\"records\": [");
    let mut count = 0;
    let all = records.len();
    for record in records.into_iter().take(RECORDS) {
        // cannot fail: records are plain data with text keys.
        let line = serde_json::to_string(&record).unwrap_or_default();
        if text.len() + line.len() > RECORDS_BYTES {
            break;
        }
        text.push_str(if count == 0 { "\n" } else { ",\n" });
        text.push_str(&line);
        count += 1;
    }
    let cut = count < all;
    text.push_str(if cut { "\n],\n\"there_are_more\": true\n}\n" } else { "\n]\n}\n" });
    ServerRecords { text, count, cut }
}

/// Returns a host's request budget in the form that answers show.
fn budget(view: BudgetView) -> BudgetLine {
    let BudgetView { host, per_minute, left, hold } = view;
    BudgetLine { host, per_minute, left, refused: hold.map(|hold| (hold.source, hold.why, hold.until)) }
}
