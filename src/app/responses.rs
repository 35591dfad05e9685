//! Sends answers, and does what follows once Discord accepted them.

use super::interactions::InteractionService;
use crate::chat::replies::notes;
use crate::chat::{Reply, Visibility};
use crate::commands::Invocation;
use crate::discord::{DiscordError, InteractionResponse, InteractionToken, PermanentReason};
use crate::ids::MessageId;

impl InteractionService {
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
                    self.standing().stands(channel, link, name, self.clock.now());
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

    pub(super) fn could_not_answer(&self, command: &str, error: &DiscordError) {
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
