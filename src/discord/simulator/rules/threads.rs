//! Threads, forum posts, and direct conversations.

use jiff::Timestamp;
use serde_json::Value;

use super::body::{RequestBodyKind, flaws};
use super::{ApiError, DiscordRules, RulesChannelKind};
use crate::discord::permissions as may;
use crate::ids::{ChannelId, MessageId, UserId};

impl DiscordRules {
    /// `POST /channels/{channel}/messages/{message}/threads`
    pub fn open_thread(
        &mut self,
        channel: ChannelId,
        on: MessageId,
        body: &Value,
        now: Timestamp,
    ) -> Result<ChannelId, ApiError> {
        let found = self.visible(channel)?;
        if !matches!(found.kind, RulesChannelKind::Text | RulesChannelKind::Announcement) {
            return Err(ApiError::plain(400, 50024, "Cannot execute action on this channel type"));
        }
        let guild = found.guild;
        let started = found.messages.get(&on).ok_or(ApiError::UNKNOWN_MESSAGE)?.thread.is_some();
        self.demand(channel, may::CREATE_PUBLIC_THREADS | may::READ_MESSAGE_HISTORY)?;
        if started {
            return Err(ApiError::plain(400, 160_004, "A thread has already been created for this message"));
        }
        let name = thread_name(body)?;
        let thread = self.add_channel(guild, &name, RulesChannelKind::Thread, now);
        // A thread that begins on a message has the message's own id.
        if let Some(mut made) = self.channels.remove(&thread) {
            made.parent = Some(channel);
            self.channels.insert(ChannelId(on.0), made);
        }
        if let Some(message) = self.message_mut(channel, on) {
            message.thread = Some(ChannelId(on.0));
        }
        Ok(ChannelId(on.0))
    }

    /// `PATCH /channels/{thread}` with a name: the owner of a thread may rename it.
    pub fn rename_thread(&mut self, thread: ChannelId, body: &Value) -> Result<(), ApiError> {
        let found = self.visible(thread)?;
        if found.kind != RulesChannelKind::Thread {
            self.demand(thread, may::MANAGE_CHANNELS)?;
        } else if found.locked {
            return Err(ApiError::plain(400, 50083, "Thread is archived"));
        }
        let name = thread_name(body)?;
        if let Some(thread) = self.channels.get_mut(&thread) {
            thread.name = name;
        }
        Ok(())
    }

    /// `POST /channels/{forum}/threads`: returns the thread; its first message has the thread's own id.
    pub fn open_forum_post(
        &mut self,
        forum: ChannelId,
        body: &Value,
        now: Timestamp,
    ) -> Result<ChannelId, ApiError> {
        let found = self.visible(forum)?;
        if found.kind != RulesChannelKind::Forum {
            return Err(ApiError::plain(400, 50024, "Cannot execute action on this channel type"));
        }
        let (guild, must_tag) = (found.guild, found.must_tag);
        self.demand(forum, may::SEND_MESSAGES)?;
        if must_tag && body["applied_tags"].as_array().is_none_or(Vec::is_empty) {
            return Err(ApiError::plain(
                400,
                40067,
                "A tag is required to create a forum post in this channel",
            ));
        }
        let name = thread_name(body)?;
        let flaws = flaws(RequestBodyKind::Message, &body["message"]);
        if !flaws.is_empty() {
            return Err(ApiError::bad_body(flaws));
        }
        let thread = self.add_channel(guild, &name, RulesChannelKind::Thread, now);
        if let Some(made) = self.channels.get_mut(&thread) {
            made.parent = Some(forum);
        }
        let first = self.store_message(thread, self.me.user, &body["message"], now);
        if let Some(made) = self.channels.get_mut(&thread)
            && let Some(message) = made.messages.remove(&first)
        {
            made.messages.insert(MessageId(thread.0), message);
        }
        Ok(thread)
    }

    /// Returns the bot's posts in a forum with an id of at least `since`, newest first: from
    /// `GET /guilds/{guild}/threads/active` and `GET /channels/{forum}/threads/archived/public`.
    pub fn own_posts(&self, forum: ChannelId, since: u64) -> Result<Vec<ChannelId>, ApiError> {
        self.visible(forum)?;
        let since = self.channels.range(ChannelId(since)..).rev();
        let own = since.filter(|(_, channel)| {
            let first = channel.messages.first_key_value();
            channel.parent == Some(forum) && first.is_some_and(|(_, message)| message.author == self.me.user)
        });
        Ok(own.map(|(id, _)| *id).collect())
    }

    /// `POST /users/@me/channels`
    pub fn open_direct(&mut self, person: UserId, now: Timestamp) -> Result<ChannelId, ApiError> {
        if !self.people.contains_key(&person) {
            return Err(ApiError::plain(404, 10013, "Unknown User"));
        }
        let name = person.to_string();
        let known = self.channels.iter().find(|(_, c)| c.kind == RulesChannelKind::Direct && c.name == name);
        let known = known.map(|(id, _)| *id);
        Ok(known.unwrap_or_else(|| self.add_channel(None, &name, RulesChannelKind::Direct, now)))
    }
}

fn thread_name(body: &Value) -> Result<String, ApiError> {
    let flaws = flaws(RequestBodyKind::Thread, body);
    if flaws.is_empty() {
        Ok(body["name"].as_str().unwrap_or_default().to_owned())
    } else {
        Err(ApiError::bad_body(flaws))
    }
}
