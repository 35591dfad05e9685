//! Boards: one message of a channel that is kept current, when something changes and every ten minutes.
//!
//! A board may be skipped, never doubled for long: the next round draws it from the newest picture. Its own foot says
//! that an old board means that the bot is down.

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

/// A board is drawn again after this long although nothing changed: its ages grow (experience.md: every 10 minutes).
const EVERY: SignedDuration = SignedDuration::from_mins(10);
/// Where we may not post or edit, the next try comes after this long.
const REFUSED: SignedDuration = SignedDuration::from_hours(1);
/// A board's message that was posted and not noted is looked for so far back.
const LOST_WITHIN: SignedDuration = SignedDuration::from_hours(24);
/// Boards read at a time.
const PAGE: usize = 100;
/// Boards drawn at a time: alerts have more, so that boards never crowd them out.
const PARALLEL: usize = 8;

/// What people would call a change: levels, open outages and what the page says, without the ages.
type StateKey = (Vec<(ServiceName, Level)>, Vec<(OutageId, u32)>, Option<(Level, String)>);

fn state(snapshot: &StatusSnapshot) -> StateKey {
    let services = snapshot.services.iter().map(|service| (service.name.clone(), service.level));
    let open = snapshot.open.iter().map(|outage| (outage.id.clone(), outage.revision));
    let page = snapshot.page.as_ref().map(|page| (page.level, page.headline.clone()));
    (services.collect(), open.collect(), page)
}

/// Where a board stands: what was refused in one channel says nothing of the one that it was moved to.
type ChannelState = (GuildId, ChannelId);

/// What is known of the boards that were drawn.
#[derive(Default)]
struct Drawn {
    state: Option<StateKey>,
    /// When each is to be drawn again, whatever happens.
    due: BTreeMap<ChannelState, Timestamp>,
    /// Which of them are refused, so that a change does not bring them forward.
    refused: BTreeMap<ChannelState, Timestamp>,
    /// Until when no strip is tried, because the channel allows no files.
    bare: BTreeMap<ChannelState, Timestamp>,
}

/// Whether a board bears the strip.
enum ChartSlot {
    /// As far as there is one.
    AsWished,
    /// The channel allows no files: the words stand alone.
    Refused,
}

/// Keeps all boards current, forever.
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
                    return; // the watcher is gone: nothing will change any more
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
            tracing::info!(%guild, why, "the board is drawn later");
            after.unwrap_or(SignedDuration::from_mins(1))
        }
        Err(DiscordError::Permanent(refusal)) => {
            tracing::warn!(%guild, %refusal, "the board cannot be drawn");
            drawn.refused.insert(target, at + REFUSED);
            REFUSED
        }
    };
    drawn.due.insert(target, at + next);
}

/// Takes down what former boards left, and draws the one that stands.
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
        tracing::info!(guild = %live_message.guild, %error, "the message of a former board is deleted later");
    }
    draw(inner, live_message, snapshot, charts).await
}

/// Deletes the messages of former boards. What Discord does not do now is asked for again in the next round.
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

/// Edits a board in place; posts it anew where it is gone, and forgets it where its channel is.
/// Says whether it bears the strip, which a channel may not allow.
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
        // It may lack no more than the permission to attach files.
        message.images.clear();
        drawn = show(inner, live_message, message).await.map(|()| ChartSlot::Refused);
    }
    if matches!(drawn, Err(DiscordError::Permanent(PermanentReason::UnknownChannel))) {
        // Only this one: it may have been moved while it was drawn.
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

/// A board speaks as the posts of its server do; one from before its language was kept, as the server's subscriptions do.
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
    // One nonce for each ten minutes: a crash before the message was noted posts nothing twice where we may not read the
    // channel back, and a board that somebody deleted can be posted anew.
    let slot = AnnouncementId(u64::try_from(now.as_second() / EVERY.as_secs()).unwrap_or(0));
    let former = live_message.message.map_or("board".to_owned(), |former| format!("board after {former}"));
    let nonce = nonce(&OutageId("board".to_owned()), NoncePurpose::Part(&former, slot), live_message.channel);
    let post = Post { channel: live_message.channel, message, nonce, reply_to: None };
    let id = inner.discord.post(&post).await?;
    save(inner, live_message, id).await;
    Ok(())
}

/// A board's message that was posted and not noted: the process may have died between the two. Where we may not read, the
/// nonce must do.
async fn find_lost(
    inner: &Inner,
    live_message: &LiveStatusMessage,
    now: Timestamp,
) -> Result<Option<MessageId>, DiscordError> {
    // Only a board says this.
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
            // It was moved or ended while it was drawn: what was posted must not stand there forever.
            let _ = inner.discord.delete(live_message.channel, id).await;
        }
        Err(error) => inner.store_failed(&error),
    }
}

/// Asks the store for a change of the notifier's own.
async fn ask(inner: &Inner, change: &SubscriptionEdit, seed: u64) {
    let now = inner.clock.now();
    let asked = InteractionId(number(seed ^ u64::try_from(now.as_second()).unwrap_or(0), 0));
    if let Err(error) = inner.store.change(change, asked, now).await {
        inner.store_failed(&error);
    }
}
