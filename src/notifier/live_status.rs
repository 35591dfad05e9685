//! Live status messages: one message of a channel is kept current, when something changes and every ten minutes.
//!
//! An update may be skipped but never stays duplicated: the next round draws the newest snapshot. The footer of the message
//! says that an old message means that the bot is down.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Inner;
use super::live_charts::LiveCharts;
use crate::alerts::nonce::{NoncePurpose, nonce, number};
use crate::alerts::{AnnouncementId, SubscriptionEdit};
use crate::chat::Message;
use crate::chat::announce::{self, RenderContext};
use crate::discord::{DiscordError, PermanentReason, Post, codec};
use crate::health::{Level, OutageId, ServiceName, StatusSnapshot};
use crate::i18n::Language;
use crate::ids::{ChannelId, GuildId, InteractionId, MessageId};
use crate::store::{LiveStatusMessage, StoreError};

/// A live status message is drawn again after this long even if nothing changed: its ages grow (experience.md: every 10 minutes).
const EVERY: SignedDuration = SignedDuration::from_mins(10);
/// Delay before the next attempt where we may not post or edit.
const REFUSED: SignedDuration = SignedDuration::from_hours(1);
/// How far back a message that was posted but not recorded is searched for.
const LOST_WITHIN: SignedDuration = SignedDuration::from_hours(24);
/// Live status messages that are read at a time.
const PAGE: usize = 100;
/// Live status messages that are drawn in parallel: alerts have more, so these never crowd them out.
const PARALLEL: usize = 8;

/// What people would call a change: levels, open outages and the page's headline, without the ages.
type StateKey = (Vec<(ServiceName, Level)>, Vec<(OutageId, u32)>, Option<(Level, String)>);

fn state(snapshot: &StatusSnapshot) -> StateKey {
    let services = snapshot.services.iter().map(|service| (service.name.clone(), service.level));
    let open = snapshot.open.iter().map(|outage| (outage.id.clone(), outage.revision));
    let page = snapshot.page.as_ref().map(|page| (page.level, page.headline.clone()));
    (services.collect(), open.collect(), page)
}

/// The channel of a live status message: a refusal in one channel does not apply to the one it was moved to.
type ChannelState = (GuildId, ChannelId);

/// State of the messages that were drawn.
#[derive(Default)]
struct Drawn {
    state: Option<StateKey>,
    /// When each is to be drawn again at the latest.
    due: BTreeMap<ChannelState, Timestamp>,
    /// Which of them were refused, so that a change does not bring them forward.
    refused: BTreeMap<ChannelState, Timestamp>,
    /// Until when no strip is attached, because the channel allows no files.
    bare: BTreeMap<ChannelState, Timestamp>,
}

/// Whether a live status message has the strip chart.
enum ChartSlot {
    /// It has the chart, if there is one.
    AsWished,
    /// The channel allows no files: only the text is shown.
    Refused,
}

/// Updates all live status messages, forever.
pub(super) async fn keep_current(inner: Arc<Inner>, mut images: watch::Receiver<Arc<StatusSnapshot>>) {
    let mut drawn = Drawn::default();
    let mut asked = true;
    loop {
        let snapshot = Arc::clone(&images.borrow_and_update());
        let now = inner.clock.now();
        let changed = drawn.state.as_ref() != Some(&state(&snapshot));
        let due = drawn.due.values().any(|due| *due <= now);
        if changed || asked || due {
            match draw_all(&inner, &snapshot, &mut drawn, changed).await {
                Ok(()) => drawn.state = Some(state(&snapshot)),
                Err(error) => {
                    inner.store_failed(&error);
                    inner.clock.sleep(SignedDuration::from_secs(5)).await;
                }
            }
        }
        let next = drawn.due.values().min().copied();
        asked = tokio::select! {
            changed = images.changed() => {
                if changed.is_err() {
                    return; // the watcher is gone: nothing will change any longer
                }
                false
            }
            () = inner.live_messages.notified() => true,
            () = inner.clock.sleep_until(next.unwrap_or(Timestamp::MAX)), if next.is_some() => false,
        };
    }
}

async fn draw_all(
    inner: &Arc<Inner>,
    snapshot: &Arc<StatusSnapshot>,
    drawn: &mut Drawn,
    changed: bool,
) -> Result<(), StoreError> {
    let mut after = None;
    let mut recent_answers = BTreeSet::new();
    let charts = Arc::new(LiveCharts::default());
    loop {
        let page = inner.store.live_messages(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.guild);
        let mut drawing = JoinSet::new();
        for live_message in page {
            let now = inner.clock.now();
            let target = (live_message.guild, live_message.channel);
            recent_answers.insert(target);
            let waits = drawn.refused.get(&target).is_some_and(|until| *until > now);
            let current = drawn.due.get(&target).is_some_and(|due| *due > now);
            let is_drawn = live_message.message.is_some() && live_message.former.is_empty();
            if waits || (current && !changed && is_drawn) {
                continue;
            }
            if drawing.len() >= PARALLEL {
                note(drawing.join_next().await, drawn);
            }
            let (inner, snapshot) = (Arc::clone(inner), Arc::clone(snapshot));
            let bare = drawn.bare.get(&target).is_some_and(|until| *until > now);
            let charts = (!bare).then(|| Arc::clone(&charts));
            drawing.spawn(async move {
                let result = tend(&inner, &live_message, &snapshot, charts.as_deref()).await;
                (target, inner.clock.now(), result)
            });
        }
        while let Some(done) = drawing.join_next().await {
            note(Some(done), drawn);
        }
    }
    drawn.due.retain(|target, _| recent_answers.contains(target));
    drawn.refused.retain(|target, _| recent_answers.contains(target));
    drawn.bare.retain(|target, _| recent_answers.contains(target));
    Ok(())
}

type BoardUpdate = (ChannelState, Timestamp, Result<ChartSlot, DiscordError>);

fn note(done: Option<Result<BoardUpdate, tokio::task::JoinError>>, drawn: &mut Drawn) {
    let Some(Ok((target, at, result))) = done else { return };
    let (guild, _) = target;
    drawn.refused.remove(&target);
    let next = match result {
        Ok(ChartSlot::AsWished) => EVERY,
        Ok(ChartSlot::Refused) => {
            drawn.bare.insert(target, at + REFUSED);
            EVERY
        }
        Err(DiscordError::Transient { after, why, .. }) => {
            tracing::info!(%guild, %why, "live status message is drawn later");
            after.unwrap_or(SignedDuration::from_mins(1))
        }
        Err(DiscordError::Permanent(refusal)) => {
            tracing::warn!(%guild, %refusal, "live status message cannot be drawn");
            drawn.refused.insert(target, at + REFUSED);
            REFUSED
        }
    };
    drawn.due.insert(target, at + next);
}

/// Deletes the former messages of a server, and draws the current one.
async fn tend(
    inner: &Inner,
    live_message: &LiveStatusMessage,
    snapshot: &StatusSnapshot,
    charts: Option<&LiveCharts>,
) -> Result<ChartSlot, DiscordError> {
    let taken_down = take_down(inner, live_message).await;
    if live_message.ended {
        return taken_down.map(|()| ChartSlot::AsWished);
    }
    if let Err(error) = taken_down {
        tracing::info!(guild = %live_message.guild, %error, "a former live status message is deleted later");
    }
    draw(inner, live_message, snapshot, charts).await
}

/// Deletes former live status messages. What Discord does not delete now is retried in the next round.
async fn take_down(inner: &Inner, live_message: &LiveStatusMessage) -> Result<(), DiscordError> {
    let mut refused = Ok(());
    for (channel, message) in live_message.former.iter().copied() {
        match inner.discord.delete(channel, message).await {
            Ok(())
            | Err(DiscordError::Permanent(
                PermanentReason::UnknownMessage | PermanentReason::UnknownChannel,
            )) => {
                ask(inner, &SubscriptionEdit::TakenDown(live_message.guild, channel, message), message.0)
                    .await;
            }
            Err(error) => refused = Err(error),
        }
    }
    refused
}

/// Edits a live status message in place, posts a new one if it is gone, and ends it if its channel is gone. Returns whether
/// it has the strip, which a channel may not allow.
async fn draw(
    inner: &Inner,
    live_message: &LiveStatusMessage,
    snapshot: &StatusSnapshot,
    charts: Option<&LiveCharts>,
) -> Result<ChartSlot, DiscordError> {
    let language = language(inner, live_message).await;
    let mut message = words(inner, snapshot, language);
    if let Some(charts) = charts {
        message.images.extend(charts.of(inner, language).await);
    }
    let pictured = !message.images.is_empty();
    let mut drawn = show(inner, live_message, message.clone()).await.map(|()| ChartSlot::AsWished);
    if pictured && matches!(drawn, Err(DiscordError::Permanent(PermanentReason::NoPermission { .. }))) {
        // The permission to attach files may be all that is missing.
        message.images.clear();
        drawn = show(inner, live_message, message).await.map(|()| ChartSlot::Refused);
    }
    if matches!(drawn, Err(DiscordError::Permanent(PermanentReason::UnknownChannel))) {
        // Ends only this one: it may have been moved while it was drawn.
        ask(
            inner,
            &SubscriptionEdit::EndLiveStatus(live_message.guild, Some(live_message.channel)),
            live_message.channel.0,
        )
        .await;
    }
    drawn
}

async fn show(inner: &Inner, live_message: &LiveStatusMessage, message: Message) -> Result<(), DiscordError> {
    match live_message.message {
        Some(id) => match inner.discord.edit(live_message.channel, id, &message).await {
            Err(DiscordError::Permanent(PermanentReason::UnknownMessage)) => {
                post(inner, live_message, message).await
            }
            edited => edited,
        },
        None => post(inner, live_message, message).await,
    }
}

/// Returns the language of the server's posts. A message from before its language was stored uses that of the subscriptions.
async fn language(inner: &Inner, live_message: &LiveStatusMessage) -> Language {
    if let Some(tag) = &live_message.language {
        return Language::nearest(tag);
    }
    let neighbours = inner.store.subscriptions(Some(live_message.guild), None, 1).await.unwrap_or_default();
    neighbours.first().map_or(inner.options.language, |neighbour| Language::nearest(&neighbour.language))
}

fn words(inner: &Inner, snapshot: &StatusSnapshot, language: Language) -> Message {
    announce::live_message(snapshot, &RenderContext::new(&inner.catalog, language, inner.clock.now()))
}

async fn post(inner: &Inner, live_message: &LiveStatusMessage, message: Message) -> Result<(), DiscordError> {
    let now = inner.clock.now();
    if let Some(lost) = find_lost(inner, live_message, now).await? {
        inner.discord.edit(live_message.channel, lost, &message).await?;
        save(inner, live_message, lost).await;
        return Ok(());
    }
    // One nonce for each ten minutes: if the process dies before the message is recorded, the same nonce prevents a duplicate
    // even where we may not read the channel. A message that somebody deleted can still be posted anew.
    let slot = AnnouncementId(u64::try_from(now.as_second() / EVERY.as_secs()).unwrap_or(0));
    let former = live_message.message.map_or("board".to_owned(), |former| format!("board after {former}"));
    let nonce = nonce(&OutageId("board".to_owned()), NoncePurpose::Part(&former, slot), live_message.channel);
    let post = Post { channel: live_message.channel, message, nonce, reply_to: None };
    let id = inner.discord.post(&post).await?;
    save(inner, live_message, id).await;
    Ok(())
}

/// Finds a live status message that was posted but not recorded, because the process may have died in between. Where we may
/// not read, only the nonce prevents a duplicate.
async fn find_lost(
    inner: &Inner,
    live_message: &LiveStatusMessage,
    now: Timestamp,
) -> Result<Option<MessageId>, DiscordError> {
    // Only a live status message has this footer.
    let foot = announce::live_message_foot(&RenderContext::new(
        &inner.catalog,
        language(inner, live_message).await,
        now,
    ));
    match inner.discord.find_own(live_message.channel, codec::posted_before(now - LOST_WITHIN), &foot).await {
        Err(error @ DiscordError::Transient { .. }) => Err(error),
        found => Ok(found.unwrap_or_default()),
    }
}

async fn save(inner: &Inner, live_message: &LiveStatusMessage, id: MessageId) {
    match inner.store.save_live_message(live_message.guild, live_message.channel, Some(id)).await {
        Ok(true) => {}
        Ok(false) => {
            // It was moved or ended while it was drawn: the message that was just posted must not stay.
            let _ = inner.discord.delete(live_message.channel, id).await;
        }
        Err(error) => inner.store_failed(&error),
    }
}

/// Requests a change from the store on the notifier's own behalf.
async fn ask(inner: &Inner, change: &SubscriptionEdit, seed: u64) {
    let now = inner.clock.now();
    let asked = InteractionId(number(seed ^ u64::try_from(now.as_second()).unwrap_or(0), 0));
    if let Err(error) = inner.store.change(change, asked, now).await {
        inner.store_failed(&error);
    }
}
