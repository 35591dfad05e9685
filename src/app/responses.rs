//! Sends what was answered, and does what follows from its standing there.

use super::interactions::InteractionService;
use crate::chat::replies::notes;
use crate::chat::{Reply, Visibility};
use crate::commands::Invocation;
use crate::discord::{DiscordError, InteractionResponse, InteractionToken, PermanentReason};
use crate::ids::MessageId;

impl InteractionService {
    /// Sends the first answer.
    pub(super) async fn send(
        &self,
        asked: &Invocation,
        ticket: &InteractionToken,
        answer: InteractionResponse,
    ) {
        match self.discord.answer(ticket, &answer).await {
            Ok(message) => self.stands(asked, ticket, &answer, message).await,
            Err(error) => self.could_not_answer(&asked.command, &error),
        }
    }

    /// Sends the answer to what was met with `first` before.
    pub(super) async fn send_later(
        &self,
        asked: &Invocation,
        ticket: &InteractionToken,
        first: &InteractionResponse,
        answer: InteractionResponse,
    ) {
        let sent = match &answer {
            // What others read stays as it is, where only the asker is to read of it.
            InteractionResponse::Reply(reply)
                if *first == InteractionResponse::DeferredUpdate && reply.place != Visibility::InPlace =>
            {
                self.discord.follow_up(ticket, reply).await.map(Some)
            }
            InteractionResponse::Reply(reply) => {
                let edited = self.discord.edit_answer(ticket, &reply.message).await;
                // What was begun for one person alone is for nobody else to be pointed to.
                edited.map(|message| {
                    Some(message).filter(|_| *first != InteractionResponse::Deferred { private: true })
                })
            }
            _ => Ok(None),
        };
        match sent {
            Ok(message) => self.stands(asked, ticket, &answer, message).await,
            Err(error) => self.could_not_answer(&asked.command, &error),
        }
    }

    /// An answer was taken by Discord, which says as which message.
    async fn stands(
        &self,
        asked: &Invocation,
        ticket: &InteractionToken,
        answer: &InteractionResponse,
        message: Option<MessageId>,
    ) {
        match (answer, message) {
            (InteractionResponse::Deleted, _) => self.take_away(asked, ticket).await,
            (
                InteractionResponse::Reply(Reply {
                    place: Visibility::Public, stands_as: Some(name), ..
                }),
                Some(message),
            ) => {
                if let (Some(channel), Some(link)) = (asked.place.channel(), asked.place.link(message)) {
                    self.standing().stands(channel, link, name, self.clock.now());
                }
            }
            _ => {}
        }
    }

    /// Deletes the message whose button was pressed. By the press itself: it works also where the bot is no member, or cannot
    /// see the channel.
    async fn take_away(&self, asked: &Invocation, ticket: &InteractionToken) {
        let Err(error) = self.discord.delete_answer(ticket).await else { return };
        if error == DiscordError::Permanent(PermanentReason::UnknownMessage) {
            return; // somebody else was quicker
        }
        tracing::info!(%error, "an answer could not be deleted");
        let said = Reply::private(notes::not_deleted(asked.language));
        if let Err(error) = self.discord.follow_up(ticket, &said).await {
            self.could_not_answer(&asked.command, &error);
        }
    }

    pub(super) fn could_not_answer(&self, command: &str, error: &DiscordError) {
        match error {
            // What was asked for stays kept; only its answer came too late.
            DiscordError::Permanent(PermanentReason::InteractionOver(code)) => {
                tracing::warn!(
                    command,
                    code,
                    "Discord takes this answer no more: it is too late, or another copy gave it"
                );
            }
            DiscordError::Permanent(PermanentReason::Unauthorized) => {
                self.fatal.send_replace(Some("Discord refuses the token".to_owned()));
            }
            error => tracing::error!(command, %error, "an answer could not be sent"),
        }
    }
}
