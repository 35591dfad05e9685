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
use super::strips::Strips;
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
type State = (Vec<(ServiceName, Level)>, Vec<(OutageId, u32)>, Option<(Level, String)>);

fn state(picture: &StatusSnapshot) -> State {
    let services = picture.services.iter().map(|service| (service.name.clone(), service.level));
    let open = picture.open.iter().map(|outage| (outage.id.clone(), outage.revision));
    let page = picture.page.as_ref().map(|page| (page.level, page.headline.clone()));
    (services.collect(), open.collect(), page)
}

/// Where a board stands: what was refused in one channel says nothing of the one that it was moved to.
type Place = (GuildId, ChannelId);

/// What is known of the boards that were drawn.
#[derive(Default)]
struct Drawn {
    state: Option<State>,
    /// When each is to be drawn again, whatever happens.
    due: BTreeMap<Place, Timestamp>,
    /// Which of them are refused, so that a change does not bring them forward.
    refused: BTreeMap<Place, Timestamp>,
    /// Until when no strip is tried, because the channel allows no files.
    bare: BTreeMap<Place, Timestamp>,
}

/// Whether a board bears the strip.
enum Strip {
    /// As far as there is one.
    AsWished,
    /// The channel allows no files: the words stand alone.
    Refused,
}

/// Keeps all boards current, for ever.
pub(super) async fn keep_current(inner: Arc<Inner>, mut pictures: watch::Receiver<Arc<StatusSnapshot>>) {
    let mut drawn = Drawn::default();
    let mut asked = true;
    loop {
        let picture = Arc::clone(&pictures.borrow_and_update());
        let now = inner.clock.now();
        let changed = drawn.state.as_ref() != Some(&state(&picture));
        let due = drawn.due.values().any(|due| *due <= now);
        if changed || asked || due {
            match draw_all(&inner, &picture, &mut drawn, changed).await {
                Ok(()) => drawn.state = Some(state(&picture)),
                Err(error) => {
                    inner.store_failed(&error);
                    inner.clock.sleep(SignedDuration::from_secs(5)).await;
                }
            }
        }
        let next = drawn.due.values().min().copied();
        asked = tokio::select! {
            changed = pictures.changed() => {
                if changed.is_err() {
                    return; // the watcher is gone: nothing will change any more
                }
                false
            }
            () = inner.boards.notified() => true,
            () = inner.clock.sleep_until(next.unwrap_or(Timestamp::MAX)), if next.is_some() => false,
        };
    }
}

async fn draw_all(
    inner: &Arc<Inner>,
    picture: &Arc<StatusSnapshot>,
    drawn: &mut Drawn,
    changed: bool,
) -> Result<(), StoreError> {
    let mut after = None;
    let mut standing = BTreeSet::new();
    let strips = Arc::new(Strips::default());
    loop {
        let page = inner.store.live_messages(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.guild);
        let mut drawing = JoinSet::new();
        for board in page {
            let now = inner.clock.now();
            let place = (board.guild, board.channel);
            standing.insert(place);
            let waits = drawn.refused.get(&place).is_some_and(|until| *until > now);
            let current = drawn.due.get(&place).is_some_and(|due| *due > now);
            let is_drawn = board.message.is_some() && board.former.is_empty();
            if waits || (current && !changed && is_drawn) {
                continue;
            }
            if drawing.len() >= PARALLEL {
                note(drawing.join_next().await, drawn);
            }
            let (inner, picture) = (Arc::clone(inner), Arc::clone(picture));
            let bare = drawn.bare.get(&place).is_some_and(|until| *until > now);
            let strips = (!bare).then(|| Arc::clone(&strips));
            drawing.spawn(async move {
                let result = tend(&inner, &board, &picture, strips.as_deref()).await;
                (place, inner.clock.now(), result)
            });
        }
        while let Some(done) = drawing.join_next().await {
            note(Some(done), drawn);
        }
    }
    drawn.due.retain(|place, _| standing.contains(place));
    drawn.refused.retain(|place, _| standing.contains(place));
    drawn.bare.retain(|place, _| standing.contains(place));
    Ok(())
}

type One = (Place, Timestamp, Result<Strip, DiscordError>);

fn note(done: Option<Result<One, tokio::task::JoinError>>, drawn: &mut Drawn) {
    let Some(Ok((place, at, result))) = done else { return };
    let (guild, _) = place;
    drawn.refused.remove(&place);
    let next = match result {
        Ok(Strip::AsWished) => EVERY,
        Ok(Strip::Refused) => {
            drawn.bare.insert(place, at + REFUSED);
            EVERY
        }
        Err(DiscordError::Transient { after, why, .. }) => {
            tracing::info!(%guild, why, "the board is drawn later");
            after.unwrap_or(SignedDuration::from_mins(1))
        }
        Err(DiscordError::Permanent(refusal)) => {
            tracing::warn!(%guild, %refusal, "the board cannot be drawn");
            drawn.refused.insert(place, at + REFUSED);
            REFUSED
        }
    };
    drawn.due.insert(place, at + next);
}

/// Takes down what former boards left, and draws the one that stands.
async fn tend(
    inner: &Inner,
    board: &LiveStatusMessage,
    picture: &StatusSnapshot,
    strips: Option<&Strips>,
) -> Result<Strip, DiscordError> {
    let taken_down = take_down(inner, board).await;
    if board.ended {
        return taken_down.map(|()| Strip::AsWished);
    }
    if let Err(error) = taken_down {
        tracing::info!(guild = %board.guild, %error, "the message of a former board is deleted later");
    }
    draw(inner, board, picture, strips).await
}

/// Deletes the messages of former boards. What Discord does not do now is asked for again in the next round.
async fn take_down(inner: &Inner, board: &LiveStatusMessage) -> Result<(), DiscordError> {
    let mut refused = Ok(());
    for (channel, message) in board.former.iter().copied() {
        match inner.discord.delete(channel, message).await {
            Ok(())
            | Err(DiscordError::Permanent(
                PermanentReason::UnknownMessage | PermanentReason::UnknownChannel,
            )) => {
                ask(inner, &SubscriptionEdit::TakenDown(board.guild, channel, message), message.0).await;
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
    board: &LiveStatusMessage,
    picture: &StatusSnapshot,
    strips: Option<&Strips>,
) -> Result<Strip, DiscordError> {
    let language = language(inner, board).await;
    let mut message = words(inner, picture, language);
    if let Some(strips) = strips {
        message.images.extend(strips.of(inner, language).await);
    }
    let pictured = !message.images.is_empty();
    let mut drawn = show(inner, board, message.clone()).await.map(|()| Strip::AsWished);
    if pictured && matches!(drawn, Err(DiscordError::Permanent(PermanentReason::NoPermission { .. }))) {
        // It may lack no more than the permission to attach files.
        message.images.clear();
        drawn = show(inner, board, message).await.map(|()| Strip::Refused);
    }
    if matches!(drawn, Err(DiscordError::Permanent(PermanentReason::UnknownChannel))) {
        // Only this one: it may have been moved while it was drawn.
        ask(inner, &SubscriptionEdit::EndLiveStatus(board.guild, Some(board.channel)), board.channel.0).await;
    }
    drawn
}

async fn show(inner: &Inner, board: &LiveStatusMessage, message: Message) -> Result<(), DiscordError> {
    match board.message {
        Some(id) => match inner.discord.edit(board.channel, id, &message).await {
            Err(DiscordError::Permanent(PermanentReason::UnknownMessage)) => {
                post(inner, board, message).await
            }
            edited => edited,
        },
        None => post(inner, board, message).await,
    }
}

/// A board speaks as the posts of its server do; one from before its language was kept, as the server's subscriptions do.
async fn language(inner: &Inner, board: &LiveStatusMessage) -> Language {
    if let Some(tag) = &board.language {
        return Language::nearest(tag);
    }
    let neighbours = inner.store.subscriptions(Some(board.guild), None, 1).await.unwrap_or_default();
    neighbours.first().map_or(inner.options.language, |neighbour| Language::nearest(&neighbour.language))
}

fn words(inner: &Inner, picture: &StatusSnapshot, language: Language) -> Message {
    announce::live_message(picture, &RenderContext::new(&inner.profile, language, inner.clock.now()))
}

async fn post(inner: &Inner, board: &LiveStatusMessage, message: Message) -> Result<(), DiscordError> {
    let now = inner.clock.now();
    if let Some(lost) = find_lost(inner, board, now).await? {
        inner.discord.edit(board.channel, lost, &message).await?;
        keep(inner, board, lost).await;
        return Ok(());
    }
    // One nonce for each ten minutes: a crash before the message was noted posts nothing twice where we may not read the
    // channel back, and a board that somebody deleted can be posted anew.
    let slot = AnnouncementId(u64::try_from(now.as_second() / EVERY.as_secs()).unwrap_or(0));
    let former = board.message.map_or("board".to_owned(), |former| format!("board after {former}"));
    let nonce = nonce(&OutageId("board".to_owned()), NoncePurpose::Part(&former, slot), board.channel);
    let post = Post { channel: board.channel, message, nonce, reply_to: None };
    let id = inner.discord.post(&post).await?;
    keep(inner, board, id).await;
    Ok(())
}

/// A board's message that was posted and not noted: the process may have died between the two. Where we may not read, the
/// nonce must do.
async fn find_lost(
    inner: &Inner,
    board: &LiveStatusMessage,
    now: Timestamp,
) -> Result<Option<MessageId>, DiscordError> {
    // Only a board says this.
    let foot =
        announce::live_message_foot(&RenderContext::new(&inner.profile, language(inner, board).await, now));
    match inner.discord.find_own(board.channel, codec::posted_before(now - LOST_WITHIN), &foot).await {
        Err(error @ DiscordError::Transient { .. }) => Err(error),
        found => Ok(found.unwrap_or_default()),
    }
}

async fn keep(inner: &Inner, board: &LiveStatusMessage, id: MessageId) {
    match inner.store.save_live_message(board.guild, board.channel, Some(id)).await {
        Ok(true) => {}
        Ok(false) => {
            // It was moved or ended while it was drawn: what was posted must not stand there for ever.
            let _ = inner.discord.delete(board.channel, id).await;
        }
        Err(error) => inner.store_failed(&error),
    }
}

/// Asks the store for a change of the courier's own.
async fn ask(inner: &Inner, change: &SubscriptionEdit, seed: u64) {
    let now = inner.clock.now();
    let asked = InteractionId(number(seed ^ u64::try_from(now.as_second()).unwrap_or(0), 0));
    if let Err(error) = inner.store.change(change, asked, now).await {
        inner.store_failed(&error);
    }
}
