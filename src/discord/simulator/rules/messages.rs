//! Messages: posted, edited, deleted, published, read.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::body::{RequestBodyKind, flaws};
use super::{ApiError, DiscordRules, RulesChannelKind, StoredMessage};
use crate::discord::permissions as may;
use crate::discord::permissions::OverwriteTarget;
use crate::ids::{ChannelId, MessageId, RoleId, UserId};

/// How long the same nonce returns the same message. Discord says "the past few minutes"; five is more than the bot relies
/// on.
pub(super) const NONCE_WINDOW: SignedDuration = SignedDuration::from_mins(5);

impl DiscordRules {
    /// `POST /channels/{channel}/messages`
    pub fn create_message(
        &mut self,
        channel: ChannelId,
        body: &Value,
        now: Timestamp,
    ) -> Result<MessageId, ApiError> {
        self.check_can_post(channel)?;
        let flaws = flaws(RequestBodyKind::Message, body);
        if !flaws.is_empty() {
            return Err(ApiError::bad_body(flaws));
        }
        if body["attachments"].as_array().is_some_and(|a| !a.is_empty()) {
            self.demand(channel, may::ATTACH_FILES)?;
        }
        let nonce = body["nonce"].as_str().filter(|_| body["enforce_nonce"] == true).map(str::to_owned);
        if let Some(nonce) = &nonce
            && let Some((there, id, at)) = self.nonces.get(nonce)
            && now.duration_since(*at) < NONCE_WINDOW
        {
            // Deleted since: Discord answers that the message is unknown, and posts nothing new.
            let stands = self.channels.get(there).is_some_and(|c| c.messages.contains_key(id));
            return if stands { Ok(*id) } else { Err(ApiError::UNKNOWN_MESSAGE) };
        }
        let reply_to = self.referenced(channel, &body["message_reference"])?;
        let id = self.store_message(channel, self.me.user, body, now);
        if let Some(stored) = self.message_mut(channel, id) {
            stored.reply_to = reply_to;
        }
        if let Some(nonce) = nonce {
            self.forget_nonces(now);
            self.nonces.insert(nonce, (channel, id, now));
        }
        Ok(id)
    }

    /// Removes expired nonces once their number has doubled since the last removal.
    fn forget_nonces(&mut self, now: Timestamp) {
        if self.nonces.len() < self.nonces_stored * 2 {
            return;
        }
        self.nonces.retain(|_, (_, _, at)| now.duration_since(*at) < NONCE_WINDOW);
        self.nonces_stored = self.nonces.len().max(1000);
    }

    /// Checks whether the bot may post in the channel.
    fn check_can_post(&self, channel: ChannelId) -> Result<(), ApiError> {
        let found = self.visible(channel)?;
        match found.kind {
            RulesChannelKind::Forum | RulesChannelKind::Category => {
                return Err(ApiError::plain(400, 50008, "Cannot send messages in a non-text channel"));
            }
            RulesChannelKind::Direct => {
                let closed = |id: &UserId| self.closed_to_direct.contains(id) && found.name == id.to_string();
                if self.people.keys().any(closed) {
                    return Err(ApiError::plain(403, 50007, "Cannot send messages to this user"));
                }
            }
            RulesChannelKind::Thread => {
                if found.locked {
                    return Err(ApiError::plain(400, 50083, "Thread is archived"));
                }
                self.demand(channel, may::SEND_MESSAGES_IN_THREADS)?;
            }
            RulesChannelKind::Text | RulesChannelKind::Voice | RulesChannelKind::Announcement => {
                self.demand(channel, may::SEND_MESSAGES)?;
            }
        }
        Ok(())
    }

    /// Returns the message that is replied to, if it exists.
    fn referenced(&self, channel: ChannelId, reference: &Value) -> Result<Option<MessageId>, ApiError> {
        let Some(id) = reference["message_id"].as_str().and_then(|id| id.parse().ok()).map(MessageId) else {
            return Ok(None);
        };
        if self.may(channel) & may::READ_MESSAGE_HISTORY == 0 {
            let why = "Cannot reply without permission to read message history";
            return Err(ApiError::plain(403, 160_002, why));
        }
        let there = self.channels.get(&channel).is_some_and(|c| c.messages.contains_key(&id));
        if there {
            Ok(Some(id))
        } else if reference["fail_if_not_exists"] == false {
            Ok(None)
        } else {
            let path = "message_reference".to_owned();
            Err(ApiError::bad_body(vec![super::Violation { path, code: "REPLIES_UNKNOWN_MESSAGE" }]))
        }
    }

    /// Adds a message to a channel.
    pub(super) fn store_message(
        &mut self,
        channel: ChannelId,
        author: UserId,
        body: &Value,
        now: Timestamp,
    ) -> MessageId {
        let id = MessageId(self.make_id(now));
        let stored = StoredMessage {
            author,
            body: body.clone(),
            at: now,
            edited: None,
            published: false,
            reply_to: None,
            thread: None,
            asked_by: None,
            only_for: None,
            pings: self.pings(channel, body),
        };
        if let Some(channel) = self.channels.get_mut(&channel) {
            channel.messages.insert(id, stored);
        }
        id
    }

    /// Adds a message of a user.
    pub fn say(&mut self, channel: ChannelId, author: UserId, text: &str, now: Timestamp) -> MessageId {
        self.store_message(channel, author, &serde_json::json!({ "content": text }), now)
    }

    /// Returns whom a message really pings: named in the text, allowed, and mentionable by the bot.
    fn pings(&self, channel: ChannelId, body: &Value) -> Vec<OverwriteTarget> {
        let text = body["content"].as_str().unwrap_or_default();
        let allowed = &body["allowed_mentions"];
        let ids = |key: &str| -> Vec<u64> {
            let list = allowed[key].as_array().into_iter().flatten();
            list.filter_map(|id| id.as_str()?.parse().ok()).collect()
        };
        let guild = self.channels.get(&channel).and_then(|c| c.guild).and_then(|g| self.guilds.get(&g));
        let any = self.may(channel) & may::MENTION_EVERYONE != 0;
        let mentionable = |id: u64| {
            any || guild.is_some_and(|g| g.roles.iter().any(|r| r.id == RoleId(id) && r.mentionable))
        };
        let roles =
            ids("roles").into_iter().filter(|id| text.contains(&format!("<@&{id}>")) && mentionable(*id));
        let people = ids("users").into_iter().filter(|id| text.contains(&format!("<@{id}>")));
        roles
            .map(|id| OverwriteTarget::Role(RoleId(id)))
            .chain(people.map(|id| OverwriteTarget::Member(UserId(id))))
            .collect()
    }

    pub(super) fn message_mut(&mut self, channel: ChannelId, id: MessageId) -> Option<&mut StoredMessage> {
        self.channels.get_mut(&channel)?.messages.get_mut(&id)
    }

    /// `PATCH /channels/{channel}/messages/{message}`
    pub fn edit_message(
        &mut self,
        channel: ChannelId,
        id: MessageId,
        body: &Value,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        let found = self.visible(channel)?;
        let old =
            found.messages.get(&id).filter(|m| m.only_for.is_none()).ok_or(ApiError::UNKNOWN_MESSAGE)?;
        if old.author != self.me.user {
            return Err(ApiError::plain(403, 50005, "Cannot edit a message authored by another user"));
        }
        if found.locked {
            return Err(ApiError::plain(400, 50083, "Thread is archived"));
        }
        let flaws = flaws(RequestBodyKind::Edit, body);
        if !flaws.is_empty() {
            return Err(ApiError::bad_body(flaws));
        }
        self.replace(channel, id, body, now);
        Ok(())
    }

    /// Merges an edit into a message.
    pub(super) fn replace(&mut self, channel: ChannelId, id: MessageId, body: &Value, now: Timestamp) {
        let Some(stored) = self.message_mut(channel, id) else { return };
        for (key, value) in body.as_object().into_iter().flatten() {
            stored.body[key] = value.clone();
        }
        stored.edited = Some(now);
    }

    pub fn delete_message(&mut self, channel: ChannelId, id: MessageId) -> Result<(), ApiError> {
        let found = self.visible(channel)?;
        let old =
            found.messages.get(&id).filter(|m| m.only_for.is_none()).ok_or(ApiError::UNKNOWN_MESSAGE)?;
        if old.author != self.me.user {
            self.demand(channel, may::MANAGE_MESSAGES)?;
        }
        if let Some(channel) = self.channels.get_mut(&channel) {
            channel.messages.remove(&id);
        }
        Ok(())
    }

    /// `POST /channels/{channel}/messages/{message}/crosspost`
    pub fn crosspost(&mut self, channel: ChannelId, id: MessageId) -> Result<(), ApiError> {
        let found = self.visible(channel)?;
        if found.kind != RulesChannelKind::Announcement {
            return Err(ApiError::plain(400, 50024, "Cannot execute action on this channel type"));
        }
        let stored = found.messages.get(&id).ok_or(ApiError::UNKNOWN_MESSAGE)?;
        if stored.published {
            return Err(ApiError::plain(400, 40033, "This message has already been crossposted."));
        }
        let bits = if stored.author == self.me.user { may::SEND_MESSAGES } else { may::MANAGE_MESSAGES };
        self.demand(channel, bits)?;
        if let Some(stored) = self.message_mut(channel, id) {
            stored.published = true;
        }
        Ok(())
    }

    /// `GET /channels/{channel}/messages?after=…`: the oldest of those after it first, at most 100. Without the permission to
    /// read the history the list is empty, as if nothing had been written.
    pub fn messages_after(
        &self,
        channel: ChannelId,
        after: u64,
        most: usize,
    ) -> Result<Vec<(MessageId, &StoredMessage)>, ApiError> {
        let found = self.visible(channel)?;
        if self.may(channel) & may::READ_MESSAGE_HISTORY == 0 {
            return Ok(Vec::new());
        }
        let later = found.messages.range(MessageId(after.saturating_add(1))..);
        Ok(later.filter(|(_, m)| m.only_for.is_none()).take(most.min(100)).map(|(id, m)| (*id, m)).collect())
    }
}
