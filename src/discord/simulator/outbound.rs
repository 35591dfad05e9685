//! Implements [`Discord`] for the simulator.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{Inner, Simulator, TranscriptChange, TranscriptEntry};
use crate::alerts::Reason;
use crate::chat::{Message, Reply, Visibility};
use crate::commands::{ChannelFacts, Invoker, Spec};
use crate::discord::simulator::rules::{ApiError, Fault, LimitRoute};
use crate::discord::{
    Discord, DiscordError, Identity, InteractionResponse, InteractionToken, Post, Thread, ThreadStart, codec,
};
use crate::ids::{ChannelId, GuildId, MessageId, UserId};

/// The timeout of the real client.
const TIME_OUT: SignedDuration = SignedDuration::from_secs(10);

impl Simulator {
    /// Makes one request: waits for the limits, applies a fault if there is one, and carries it out.
    async fn request<T>(
        &self,
        route: LimitRoute,
        channel: Option<ChannelId>,
        act: impl FnOnce(&mut Inner, Timestamp) -> Result<T, ApiError> + Send,
    ) -> Result<T, DiscordError> {
        let major = channel.map_or(0, |c| c.0);
        while let Some(wait) = self.wait(route, major) {
            self.clock.sleep(wait).await;
        }
        let (fault, done) = self.carry_out(route, channel, major, act);
        match fault {
            None => done.unwrap_or_else(|| Err(later(Reason::NoAnswer, false))),
            Some(Fault::Limited(seconds, scope)) => Err(refusal(&ApiError::limited(seconds, scope))),
            Some(Fault::Broken(status) | Fault::BrokenAfterDoing(status)) => {
                Err(codec::post_error(status, None, b""))
            }
            Some(Fault::Refused(status, code)) => {
                Err(refusal(&ApiError::plain(status, code, "refused on demand")))
            }
            Some(Fault::Unreachable) => {
                let why = Reason::NoConnection;
                Err(DiscordError::Transient { after: None, why, perhaps_done: false, unreached: true })
            }
            Some(Fault::CutAfterDoing) => Err(later(Reason::ConnectionCut, true)),
            Some(Fault::Silent | Fault::SilentAfterDoing) => {
                self.clock.sleep(TIME_OUT).await;
                Err(later(Reason::NoAnswer, true))
            }
            Some(Fault::Slow(by)) => {
                self.clock.sleep(by.min(TIME_OUT)).await;
                let in_time = by < TIME_OUT;
                done.filter(|_| in_time).unwrap_or_else(|| Err(later(Reason::NoAnswer, true)))
            }
        }
    }

    fn wait(&self, route: LimitRoute, major: u64) -> Option<SignedDuration> {
        self.lock().model.limits.wait(route, major, self.clock.now())
    }

    fn carry_out<T>(
        &self,
        route: LimitRoute,
        channel: Option<ChannelId>,
        major: u64,
        act: impl FnOnce(&mut Inner, Timestamp) -> Result<T, ApiError>,
    ) -> (Option<Fault>, Option<Result<T, DiscordError>>) {
        let now = self.clock.now();
        let mut inner = self.lock();
        inner.requests += 1;
        if inner.revoked {
            return (None, Some(Err(refusal(&ApiError::UNAUTHORIZED))));
        }
        let fault = inner.model.faults.next(channel, now);
        if fault.is_some_and(|f| !f.does_it()) {
            return (fault, None);
        }
        let done = match inner.model.limits.admit(route, major, now) {
            Ok(_) => act(&mut inner, now),
            Err(limited) => Err(limited),
        };
        let done = done.map_err(|refused| {
            inner.model.limits.note(&refused, now);
            refusal(&refused)
        });
        (fault, Some(done))
    }
}

fn refusal(refused: &ApiError) -> DiscordError {
    codec::post_error(refused.status, None, refused.body().to_string().as_bytes())
}

/// Finds a marker with the same code as in the messages of the real Discord.
fn carries(body: &Value, marker: &str) -> bool {
    let body = body.to_string();
    codec::Node::parse(&body).is_some_and(|message| codec::carries(message, marker))
}

fn later(why: Reason, perhaps_done: bool) -> DiscordError {
    DiscordError::Transient { after: None, why, perhaps_done, unreached: false }
}

impl Inner {
    /// Adds a message in its current form to the transcript.
    pub(super) fn note(
        &mut self,
        at: Timestamp,
        channel: ChannelId,
        id: MessageId,
        what: TranscriptChange,
        said: Option<&Message>,
    ) {
        let guild = self.model.channels.get(&channel).and_then(|c| c.guild);
        let stored = self.model.channels.get(&channel).and_then(|c| c.messages.get(&id));
        let posted = matches!(
            what,
            TranscriptChange::Posted(_) | TranscriptChange::Thread(_) | TranscriptChange::Answered { .. }
        );
        let only_for = match what {
            TranscriptChange::Answered { by, private: true } => Some(by),
            _ => stored.and_then(|m| m.only_for),
        };
        if let Some(said) = said {
            self.rows.insert(id, said.rows.clone());
            if !said.rows.is_empty() {
                self.seen.insert((channel, only_for), id);
            }
        }
        let entry = TranscriptEntry {
            at,
            channel,
            guild,
            message: id,
            text: said
                .map(|m| m.text.clone())
                .or_else(|| stored.map(|m| m.text().to_owned()))
                .unwrap_or_default(),
            rows: said.map(|m| m.rows.clone()).unwrap_or_default(),
            images: said.into_iter().flat_map(|m| &m.images).map(|p| p.alt.clone()).collect(),
            file: said.and_then(|m| m.file.clone()),
            pings: stored.filter(|_| posted).map(|m| m.pings.clone()).unwrap_or_default(),
            quiet: posted && said.is_some_and(|m| m.quiet),
            nonce: stored.and_then(|m| m.body["nonce"].as_str()).filter(|_| posted).map(str::to_owned),
            what,
        };
        self.entries.push(entry);
    }

    fn already_posted(&self, id: MessageId) -> bool {
        self.entries.iter().rev().any(|e| e.message == id && matches!(e.what, TranscriptChange::Posted(_)))
    }

    /// Records the outcome of an answer, and passes it to the waiting user.
    fn note_answer(
        &mut self,
        now: Timestamp,
        token: &InteractionToken,
        answer: &InteractionResponse,
        message: Option<MessageId>,
    ) {
        let Some(asked) = self.model.asked(token.id).cloned() else { return };
        match answer {
            InteractionResponse::Reply(reply) => {
                if let Some(id) = message {
                    let what = match reply.visibility {
                        Visibility::InPlace => TranscriptChange::Edited,
                        visibility => TranscriptChange::Answered {
                            by: asked.by,
                            private: visibility == Visibility::Private,
                        },
                    };
                    self.note(now, asked.channel, id, what, Some(&reply.message));
                }
                self.notify(token, answer.clone());
            }
            InteractionResponse::Deferred { private } => {
                if let Some(waiting) = self.waiting.get_mut(&token.id.0) {
                    waiting.private = *private;
                }
            }
            InteractionResponse::Form(_)
            | InteractionResponse::Suggestions(_)
            | InteractionResponse::DeferredUpdate
            | InteractionResponse::Deleted => {
                self.notify(token, answer.clone());
            }
        }
    }

    fn notify(&mut self, token: &InteractionToken, answer: InteractionResponse) {
        if let Some(waiting) = self.waiting.remove(&token.id.0) {
            // The user may be gone.
            let _ = waiting.answered.send(answer);
        }
    }
}

#[async_trait]
impl Discord for Simulator {
    async fn post(&self, post: &Post) -> Result<MessageId, DiscordError> {
        let body = codec::post_body(post);
        self.request(LimitRoute::CreateMessage, Some(post.channel), |inner, now| {
            let id = inner.model.create_message(post.channel, &body, now)?;
            if !inner.already_posted(id) {
                let stored = inner.model.channels.get(&post.channel).and_then(|c| c.messages.get(&id));
                let reply_to = stored.and_then(|m| m.reply_to);
                inner.note(now, post.channel, id, TranscriptChange::Posted(reply_to), Some(&post.message));
            }
            Ok(id)
        })
        .await
    }

    async fn edit(&self, channel: ChannelId, id: MessageId, message: &Message) -> Result<(), DiscordError> {
        let body = codec::edit_body(message);
        self.request(LimitRoute::EditMessage, Some(channel), |inner, now| {
            inner.model.edit_message(channel, id, &body, now)?;
            inner.note(now, channel, id, TranscriptChange::Edited, Some(message));
            Ok(())
        })
        .await
    }

    async fn delete(&self, channel: ChannelId, id: MessageId) -> Result<(), DiscordError> {
        self.request(LimitRoute::DeleteMessage, Some(channel), |inner, now| {
            inner.model.delete_message(channel, id)?;
            inner.note(now, channel, id, TranscriptChange::Deleted, None);
            Ok(())
        })
        .await
    }

    async fn publish(&self, channel: ChannelId, id: MessageId) -> Result<(), DiscordError> {
        // The real one answers 429 with up to an hour to wait, and no caller would wait that long.
        if let Some(wait) = self.wait(LimitRoute::Crosspost, channel.0) {
            return Err(refusal(&ApiError::limited(
                wait.as_secs_f64(),
                crate::discord::simulator::rules::RateLimitScope::Shared,
            )));
        }
        self.request(LimitRoute::Crosspost, Some(channel), |inner, now| {
            inner.model.crosspost(channel, id)?;
            inner.note(now, channel, id, TranscriptChange::Published, None);
            Ok(())
        })
        .await
    }

    async fn open_thread(
        &self,
        channel: ChannelId,
        name: &str,
        start: ThreadStart,
    ) -> Result<Thread, DiscordError> {
        self.request(LimitRoute::OpenThread, Some(channel), |inner, now| match start {
            ThreadStart::On(message) => {
                let thread = inner.model.open_thread(channel, message, &codec::thread_body(name), now)?;
                inner.note(now, channel, message, TranscriptChange::Thread(name.to_owned()), None);
                Ok(Thread { channel: thread, first: None })
            }
            ThreadStart::ForumPost(first) => {
                let thread =
                    inner.model.open_forum_post(channel, &codec::forum_post_body(name, &first), now)?;
                let id = MessageId(thread.0);
                inner.note(now, thread, id, TranscriptChange::Thread(name.to_owned()), Some(&first));
                Ok(Thread { channel: thread, first: Some(id) })
            }
        })
        .await
    }

    async fn rename_thread(&self, thread: ChannelId, name: &str) -> Result<(), DiscordError> {
        // The real one answers 429 with minutes to wait.
        if let Some(wait) = self.wait(LimitRoute::Rename, thread.0) {
            return Err(refusal(&ApiError::limited(
                wait.as_secs_f64(),
                crate::discord::simulator::rules::RateLimitScope::User,
            )));
        }
        self.request(LimitRoute::Rename, Some(thread), |inner, now| {
            inner.model.rename_thread(thread, &codec::thread_body(name))?;
            inner.note(now, thread, MessageId(0), TranscriptChange::Renamed(name.to_owned()), None);
            Ok(())
        })
        .await
    }

    async fn find_own(
        &self,
        channel: ChannelId,
        after: MessageId,
        marker: &str,
    ) -> Result<Option<MessageId>, DiscordError> {
        if self.lock().model.may(channel) & crate::discord::permissions::READ_MESSAGE_HISTORY == 0 {
            return Err(refusal(&ApiError::MISSING_PERMISSIONS));
        }
        self.request(LimitRoute::ReadMessages, Some(channel), |inner, _| {
            let me = inner.model.me.user;
            let all = inner.model.messages_after(channel, after.0, 100)?;
            let ours = all.iter().find(|(_, m)| m.author == me && carries(&m.body, marker));
            Ok(ours.map(|(id, _)| *id))
        })
        .await
    }

    async fn find_own_post(
        &self,
        forum: (GuildId, ChannelId),
        after: MessageId,
        marker: &str,
    ) -> Result<Option<Thread>, DiscordError> {
        let (_, channel) = forum;
        if self.lock().model.may(channel) & crate::discord::permissions::READ_MESSAGE_HISTORY == 0 {
            return Err(refusal(&ApiError::MISSING_PERMISSIONS));
        }
        self.request(LimitRoute::Other, Some(channel), |inner, _| {
            let posts = inner.model.own_posts(channel, after.0.saturating_add(1))?;
            let ours = posts.into_iter().find_map(|thread| {
                let (first, message) = inner.model.channels.get(&thread)?.messages.first_key_value()?;
                carries(&message.body, marker).then_some(Thread { channel: thread, first: Some(*first) })
            });
            Ok(ours)
        })
        .await
    }

    async fn fetch_channel_facts(
        &self,
        guild: GuildId,
        channel: ChannelId,
        invoker: &Invoker,
    ) -> Result<ChannelFacts, DiscordError> {
        self.request(LimitRoute::Other, Some(channel), |inner, _| {
            let found = inner.model.channels.get(&channel).ok_or(ApiError::UNKNOWN_CHANNEL)?;
            if found.guild != Some(guild) {
                return Err(ApiError::UNKNOWN_CHANNEL);
            }
            let (may, theirs) = (inner.model.granted(channel), inner.model.member_may(channel, invoker.id));
            let voice = found.kind == crate::discord::simulator::rules::RulesChannelKind::Voice;
            Ok(ChannelFacts {
                channel_kind: found.kind.venue(),
                may,
                theirs,
                must_tag: found.must_tag,
                voice,
            })
        })
        .await
    }

    async fn fetch_server_facts(&self, guild: GuildId, invoker: &Invoker) -> Result<u64, DiscordError> {
        self.request(LimitRoute::Other, None, |inner, _| {
            inner.model.member_may_in(guild, invoker.id).ok_or(ApiError::MISSING_ACCESS)
        })
        .await
    }

    async fn is_in(&self, guild: GuildId) -> Result<bool, DiscordError> {
        self.request(LimitRoute::Other, None, |inner, _| Ok(inner.model.guilds.contains_key(&guild))).await
    }

    async fn open_direct(&self, person: UserId) -> Result<ChannelId, DiscordError> {
        self.request(LimitRoute::Other, None, |inner, now| inner.model.open_direct(person, now)).await
    }

    async fn answer(
        &self,
        token: &InteractionToken,
        answer: &InteractionResponse,
    ) -> Result<Option<MessageId>, DiscordError> {
        let body = codec::answer_body(answer);
        self.request(LimitRoute::Interaction, None, |inner, now| {
            let done = inner.model.call_back(token.id, &token.token, &body, now)?;
            inner.note_answer(now, token, answer, done.message);
            Ok(done.message)
        })
        .await
    }

    async fn follow_up(&self, token: &InteractionToken, reply: &Reply) -> Result<MessageId, DiscordError> {
        let body = codec::follow_up_body(reply);
        self.request(LimitRoute::Interaction, None, |inner, now| {
            let (channel, id) = inner.model.follow_up(&token.token, &body, now)?;
            let by = inner.model.asked(token.id).map_or(UserId(0), |a| a.by);
            let what = TranscriptChange::Answered { by, private: reply.visibility == Visibility::Private };
            inner.note(now, channel, id, what, Some(&reply.message));
            Ok(id)
        })
        .await
    }

    async fn edit_answer(
        &self,
        token: &InteractionToken,
        message: &Message,
    ) -> Result<MessageId, DiscordError> {
        let body: Value = codec::edit_answer_body(message);
        self.request(LimitRoute::Interaction, None, |inner, now| {
            let (channel, id) = inner.model.edit_original(&token.token, &body, now)?;
            let by = inner.model.asked(token.id).map_or(UserId(0), |a| a.by);
            let deferred = inner.waiting.get(&token.id.0).map(|w| w.private);
            let what = deferred
                .map_or(TranscriptChange::Edited, |private| TranscriptChange::Answered { by, private });
            inner.note(now, channel, id, what, Some(message));
            let reply = if deferred == Some(true) { Reply::private } else { Reply::public };
            inner.notify(token, InteractionResponse::Reply(reply(message.clone())));
            Ok(id)
        })
        .await
    }

    async fn delete_answer(&self, token: &InteractionToken) -> Result<(), DiscordError> {
        self.request(LimitRoute::Interaction, None, |inner, now| {
            let (channel, id) = inner.model.delete_original(&token.token, now)?;
            inner.note(now, channel, id, TranscriptChange::Deleted, None);
            Ok(())
        })
        .await
    }

    async fn read_file(&self, url: &str, most: usize) -> Result<Vec<u8>, DiscordError> {
        let name = url.rsplit('/').next().unwrap_or_default().to_owned();
        let found = self.lock().files.get(&name).cloned();
        let found = found.ok_or_else(|| refusal(&ApiError::plain(404, 0, "404: Not Found")))?;
        if found.len() > most {
            return Err(refusal(&ApiError::plain(413, 0, "larger than allowed")));
        }
        Ok(found)
    }

    async fn register(&self, specs: &[Spec], only_in: Option<GuildId>) -> Result<usize, DiscordError> {
        let bodies = codec::command_bodies(specs);
        self.request(LimitRoute::Commands, None, |inner, _| {
            let old = inner.model.commands.entry(only_in).or_default();
            let known = |body: &Value| old.iter().any(|o| o == body);
            let new = bodies.iter().filter(|b| !known(b)).count();
            let key = |v: &Value| (v["type"].clone(), v["name"].clone());
            let gone = old.iter().filter(|o| !bodies.iter().any(|b| key(b) == key(o))).count();
            old.clone_from(&bodies);
            inner.specs = specs.to_vec();
            Ok(new + gone)
        })
        .await
    }

    async fn who_am_i(&self) -> Result<Identity, DiscordError> {
        self.request(LimitRoute::Other, None, |inner, _| Ok(inner.model.me.clone())).await
    }
}
