//! Interactions: the first answer within 3 seconds, further ones for 15 minutes.
//!
//! Source: Discord's reference, "Receiving and responding".

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::body::{RequestBodyKind, flaws};
use super::{ApiError, DiscordRules};
use crate::ids::{ChannelId, InteractionId, MessageId, UserId};

/// How long the first answer may take.
pub(super) const FIRST_ANSWER_WITHIN: SignedDuration = SignedDuration::from_secs(3);
const TOKEN_LASTS: SignedDuration = SignedDuration::from_mins(15);

/// The state of an interaction.
#[derive(Clone, Debug)]
pub struct InteractionState {
    pub token: String,
    pub channel: ChannelId,
    pub by: UserId,
    /// The message whose button was pressed.
    pub on: Option<MessageId>,
    pub at: Timestamp,
    /// Discord's number of the type of the first answer.
    pub answered: Option<u64>,
    /// The message that answers it.
    pub message: Option<MessageId>,
}

/// The effect of a first answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Callback {
    /// Discord's number of its type.
    pub kind: u64,
    /// The message that it created or changed.
    pub message: Option<MessageId>,
}

impl DiscordRules {
    /// Creates an interaction. Returns its id and its token.
    pub fn ask(
        &mut self,
        channel: ChannelId,
        by: UserId,
        on: Option<MessageId>,
        now: Timestamp,
    ) -> (InteractionId, String) {
        let id = self.make_id(now);
        let token = format!("interaction-token-{id}");
        self.asked.retain(|_, asked| now.duration_since(asked.at) < TOKEN_LASTS);
        let asked = InteractionState {
            token: token.clone(),
            channel,
            by,
            on,
            at: now,
            answered: None,
            message: None,
        };
        self.asked.insert(id, asked);
        (InteractionId(id), token)
    }

    /// Returns the state of an interaction.
    pub fn asked(&self, id: InteractionId) -> Option<&InteractionState> {
        self.asked.get(&id.0)
    }

    /// `POST /interactions/{id}/{token}/callback`
    pub fn call_back(
        &mut self,
        id: InteractionId,
        token: &str,
        body: &Value,
        now: Timestamp,
    ) -> Result<Callback, ApiError> {
        let asked =
            self.asked.get(&id.0).filter(|a| a.token == token).ok_or(ApiError::UNKNOWN_INTERACTION)?.clone();
        if asked.answered.is_some() {
            return Err(ApiError::ALREADY_ANSWERED);
        }
        if now.duration_since(asked.at) > self.timeouts {
            return Err(ApiError::UNKNOWN_INTERACTION);
        }
        let data = &body["data"];
        let kind = body["type"].as_u64().unwrap_or(0);
        let wrong = match kind {
            4 => flaws(RequestBodyKind::Message, data),
            // There is a message to change only if one was pressed on (reference, "Interaction callback type").
            7 if asked.on.is_some() => flaws(RequestBodyKind::Edit, data),
            8 => flaws(RequestBodyKind::Suggestions, data),
            9 => flaws(RequestBodyKind::Form, data),
            5 => Vec::new(),
            6 if asked.on.is_some() => Vec::new(),
            _ => vec![super::Violation { path: "type".into(), code: "BASE_TYPE_CHOICES" }],
        };
        if !wrong.is_empty() {
            return Err(ApiError::bad_body(wrong.into_iter().map(|f| prefixed(f, kind)).collect()));
        }
        let message = match kind {
            4 | 5 => Some(self.answer_message(&asked, data, now)),
            7 => {
                if let Some(on) = asked.on {
                    self.replace(asked.channel, on, data, now);
                }
                asked.on
            }
            6 => asked.on,
            _ => None,
        };
        if let Some(asked) = self.asked.get_mut(&id.0) {
            asked.answered = Some(kind);
            asked.message = message;
        }
        Ok(Callback { kind, message })
    }

    fn answer_message(&mut self, asked: &InteractionState, data: &Value, now: Timestamp) -> MessageId {
        let private = data["flags"].as_u64().is_some_and(|flags| flags & EPHEMERAL != 0);
        let id = self.store_message(asked.channel, self.me.user, data, now);
        if let Some(message) = self.message_mut(asked.channel, id) {
            message.asked_by = Some(asked.by);
            message.only_for = private.then_some(asked.by);
        }
        id
    }

    fn of_token(&self, token: &str, now: Timestamp) -> Result<InteractionState, ApiError> {
        let found = self.asked.values().find(|a| a.token == token);
        let asked = found.ok_or(ApiError::plain(404, 10015, "Unknown Webhook"))?;
        if now.duration_since(asked.at) >= TOKEN_LASTS {
            return Err(ApiError::TOKEN_OVER);
        }
        asked.answered.ok_or(ApiError::plain(404, 10015, "Unknown Webhook"))?;
        Ok(asked.clone())
    }

    /// `POST /webhooks/{application}/{token}`
    pub fn follow_up(
        &mut self,
        token: &str,
        body: &Value,
        now: Timestamp,
    ) -> Result<(ChannelId, MessageId), ApiError> {
        let asked = self.of_token(token, now)?;
        let wrong = flaws(RequestBodyKind::Message, body);
        if !wrong.is_empty() {
            return Err(ApiError::bad_body(wrong));
        }
        // The first follow-up of a deferred answer replaces it, whatever its own flags say.
        if asked.answered == Some(5)
            && let Some(message) = asked.message
            && self
                .channels
                .get(&asked.channel)
                .is_some_and(|c| c.messages.get(&message).is_some_and(|m| m.text().is_empty()))
        {
            self.replace(asked.channel, message, body, now);
            return Ok((asked.channel, message));
        }
        let message = self.answer_message(&asked, body, now);
        Ok((asked.channel, message))
    }

    /// `PATCH /webhooks/{application}/{token}/messages/@original`
    pub fn edit_original(
        &mut self,
        token: &str,
        body: &Value,
        now: Timestamp,
    ) -> Result<(ChannelId, MessageId), ApiError> {
        let asked = self.of_token(token, now)?;
        let wrong = flaws(RequestBodyKind::Edit, body);
        if !wrong.is_empty() {
            return Err(ApiError::bad_body(wrong));
        }
        let message = asked.message.ok_or(ApiError::UNKNOWN_MESSAGE)?;
        self.replace(asked.channel, message, body, now);
        Ok((asked.channel, message))
    }

    /// `DELETE /webhooks/{application}/{token}/messages/@original`: the token suffices, whatever permissions the bot has there.
    pub fn delete_original(
        &mut self,
        token: &str,
        now: Timestamp,
    ) -> Result<(ChannelId, MessageId), ApiError> {
        let asked = self.of_token(token, now)?;
        let id = asked.message.ok_or(ApiError::UNKNOWN_MESSAGE)?;
        let messages = self.channels.get_mut(&asked.channel).map(|channel| &mut channel.messages);
        messages.and_then(|messages| messages.remove(&id)).ok_or(ApiError::UNKNOWN_MESSAGE)?;
        Ok((asked.channel, id))
    }
}

const EPHEMERAL: u64 = 1 << 6;

fn prefixed(flaw: super::Violation, kind: u64) -> super::Violation {
    let path = if matches!(kind, 4 | 7 | 8 | 9) { format!("data.{}", flaw.path) } else { flaw.path };
    super::Violation { path, ..flaw }
}
