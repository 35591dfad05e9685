//! Sends answers, and does what follows once Discord accepted them: recent public answers are remembered per channel, so
//! that the same answer is not posted again and again.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use crate::chat::replies::notes;
use crate::chat::{Reply, Visibility};
use crate::clock::Clock;
use crate::commands::{Invocation, StandingAnswer};
use crate::discord::{Discord, DiscordError, InteractionResponse, InteractionToken, PermanentReason};
use crate::ids::{ChannelId, MessageId};

/// An older answer has scrolled out of view.
const STANDS_FOR: SignedDuration = SignedDuration::from_mins(10);
/// Answers that are remembered per channel.
const PER_CHANNEL: usize = 8;
/// Channels that are remembered: bounds the memory however many servers there are.
const CHANNELS: usize = 4_096;

/// Sends answers.
pub(super) struct Responses {
    clock: Clock,
    discord: Arc<dyn Discord>,
    fatal: watch::Sender<Option<String>>,
    recent: Mutex<RecentAnswers>,
}

impl Responses {
    pub(super) fn new(clock: Clock, discord: Arc<dyn Discord>, fatal: watch::Sender<Option<String>>) -> Self {
        Self { clock, discord, fatal, recent: Mutex::default() }
    }

    /// Returns the recent public answers of a channel, newest first.
    pub(super) fn recent_in(&self, channel: ChannelId) -> Vec<StandingAnswer> {
        self.recent().of(channel, self.clock.now())
    }

    /// Forgets an answer that is about to be deleted.
    pub(super) fn forget(&self, channel: ChannelId, message: MessageId) {
        self.recent().forget(channel, message);
    }

    fn recent(&self) -> MutexGuard<'_, RecentAnswers> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends the first response to an interaction. Returns whether Discord accepted it.
    pub(super) async fn defer(
        &self,
        asked: &Invocation,
        token: &InteractionToken,
        later: &InteractionResponse,
    ) -> bool {
        let deferred = self.discord.answer(token, later).await;
        if let Err(error) = &deferred {
            self.could_not_answer(&asked.command, error);
        }
        deferred.is_ok()
    }

    pub(super) async fn send(
        &self,
        asked: &Invocation,
        token: &InteractionToken,
        answer: InteractionResponse,
    ) {
        match self.discord.answer(token, &answer).await {
            Ok(message) => self.stands(asked, token, &answer, message).await,
            Err(error) => self.could_not_answer(&asked.command, &error),
        }
    }

    /// Sends the answer to an interaction whose first response was `first`.
    pub(super) async fn send_later(
        &self,
        asked: &Invocation,
        token: &InteractionToken,
        first: &InteractionResponse,
        answer: InteractionResponse,
    ) {
        let sent = match &answer {
            // The pressed message is public and stays as it is; the private answer is a message of its own.
            InteractionResponse::Reply(reply)
                if *first == InteractionResponse::DeferredUpdate
                    && reply.visibility != Visibility::InPlace =>
            {
                self.discord.follow_up(token, reply).await.map(Some)
            }
            InteractionResponse::Reply(reply) => {
                let edited = self.discord.edit_answer(token, &reply.message).await;
                // An answer that began as private is not linked for other users.
                edited.map(|message| {
                    Some(message).filter(|_| *first != InteractionResponse::Deferred { private: true })
                })
            }
            _ => Ok(None),
        };
        match sent {
            Ok(message) => self.stands(asked, token, &answer, message).await,
            Err(error) => self.could_not_answer(&asked.command, &error),
        }
    }

    /// Handles an answer that Discord accepted as `message`.
    async fn stands(
        &self,
        asked: &Invocation,
        token: &InteractionToken,
        answer: &InteractionResponse,
        message: Option<MessageId>,
    ) {
        match (answer, message) {
            (InteractionResponse::Deleted, _) => self.take_away(asked, token).await,
            (
                InteractionResponse::Reply(Reply {
                    visibility: Visibility::Public,
                    stands_as: Some(name),
                    ..
                }),
                Some(message),
            ) => {
                if let (Some(channel), Some(link)) = (asked.context.channel(), asked.context.link(message)) {
                    self.recent().stands(channel, link, name, self.clock.now());
                }
            }
            _ => {}
        }
    }

    /// Deletes the message whose button was pressed, with the interaction's token. That also works if the bot is no member or
    /// cannot see the channel.
    async fn take_away(&self, asked: &Invocation, token: &InteractionToken) {
        let Err(error) = self.discord.delete_answer(token).await else { return };
        if error == DiscordError::Permanent(PermanentReason::UnknownMessage) {
            return; // somebody else was quicker
        }
        tracing::info!(%error, "an answer could not be deleted");
        let said = Reply::private(notes::not_deleted(asked.language));
        if let Err(error) = self.discord.follow_up(token, &said).await {
            self.could_not_answer(&asked.command, &error);
        }
    }

    fn could_not_answer(&self, command: &str, error: &DiscordError) {
        match error {
            // The change itself stays saved; only its answer came too late.
            DiscordError::Permanent(PermanentReason::InteractionOver(code)) => {
                tracing::warn!(
                    command,
                    code,
                    "Discord no longer accepts this answer: it is too late, or another instance gave it"
                );
            }
            DiscordError::Permanent(PermanentReason::Unauthorized) => {
                self.fatal.send_replace(Some("Discord refuses the token".to_owned()));
            }
            error => tracing::error!(command, %error, "an answer could not be sent"),
        }
    }
}

/// The recent public answers of each channel, newest first.
#[derive(Default)]
struct RecentAnswers(HashMap<ChannelId, VecDeque<StandingAnswer>>);

impl RecentAnswers {
    fn of(&self, channel: ChannelId, now: Timestamp) -> Vec<StandingAnswer> {
        let stands = |s: &&StandingAnswer| now.duration_since(s.at) < STANDS_FOR;
        self.0.get(&channel).into_iter().flatten().filter(stands).cloned().collect()
    }

    fn stands(&mut self, channel: ChannelId, link: String, name: &str, at: Timestamp) {
        if self.0.len() >= CHANNELS && !self.0.contains_key(&channel) {
            self.0.retain(|_, answers| answers.front().is_some_and(|s| at.duration_since(s.at) < STANDS_FOR));
            if self.0.len() >= CHANNELS {
                return;
            }
        }
        let answers = self.0.entry(channel).or_default();
        answers.push_front(StandingAnswer { name: name.to_owned(), link, at });
        answers.truncate(PER_CHANNEL);
    }

    /// Removes a message that was deleted.
    fn forget(&mut self, channel: ChannelId, message: MessageId) {
        let end = format!("/{message}");
        if let Some(answers) = self.0.get_mut(&channel) {
            answers.retain(|s| !s.link.ends_with(&end));
        }
    }
}
