//! How a delivery task posts a message, once.

use super::delivery_task::{Abort, DeliveryTask, gave_up};
use super::render;
use super::stats::NotifierCount;
use crate::alerts::nonce::{NoncePurpose, nonce};
use crate::alerts::plan::{MessageKind, MessagePlan, posted_after};
use crate::alerts::retry::RetryDecision;
use crate::alerts::{ChannelKind, InDoubt};
use crate::chat::Message;
use crate::discord::{DiscordError, Post, ThreadStart};
use crate::health::Outage;
use crate::ids::{ChannelId, MessageId};

/// Where a message goes.
#[derive(Clone, Copy)]
pub(super) enum Target {
    /// Into a channel or thread, perhaps as a reply.
    In { channel: ChannelId, reply_to: Option<MessageId> },
    /// Into a forum, as a new post.
    Forum,
}

impl Target {
    /// Returns whether it is a thread that was opened for the outage, rather than the subscribed channel itself.
    pub(super) fn is_thread_of(&self, subscribed: ChannelId) -> bool {
        matches!(self, Self::In { channel, .. } if *channel != subscribed)
    }

    /// Returns the channel or thread, or `None` for a new forum post.
    pub(super) fn channel(&self) -> Option<ChannelId> {
        match *self {
            Self::In { channel, .. } => Some(channel),
            Self::Forum => None,
        }
    }

    pub(super) fn is_reply(&self) -> bool {
        matches!(self, Self::In { reply_to: Some(_), .. })
    }

    /// Returns the same target without the reply.
    pub(super) fn without_reply(self) -> Self {
        match self {
            Self::In { channel, .. } => Self::In { channel, reply_to: None },
            Self::Forum => Self::Forum,
        }
    }
}

impl DeliveryTask<'_> {
    /// Posts a message, once.
    pub(super) async fn post(
        &mut self,
        planned: &MessagePlan,
        view: &Outage,
        anew: bool,
    ) -> Result<(), Abort> {
        let people = if planned.what == MessageKind::End || planned.what == MessageKind::CameAndWent {
            self.people()
        } else {
            Vec::new()
        };
        let renderer = self.renderer(view, &people);
        let (mut message, marker) = (renderer.say(planned), renderer.marker(planned.what));
        let (mut anew, mut shortened, mut alone) = (anew, false, false);
        loop {
            let target = self.target(planned.what);
            let target = if alone { target.without_reply() } else { target };
            let late = self.renderer(view, &[]).late(planned);
            let doubt = InDoubt {
                at: self.now(),
                planned: Some(*planned),
                revision: self.newest.revision,
                marker: marker.clone(),
                nonce: self.nonce_of(planned, view.revision, anew),
                channel: target.channel(),
                log: self.posted_with_people(posted_after(&self.case(), planned, view, late), &message),
            };
            let in_thread = self.log.thread.is_some();
            let first = !self.sent;
            match self.send_noted(&target, &message, doubt, view).await? {
                Ok(()) if first => {
                    self.inner.stats.lag(self.now().duration_since(self.announcement.event.at));
                    break;
                }
                Ok(()) => break,
                Err(error) => match self.decide(&error, shortened, in_thread) {
                    RetryDecision::Settle(outcome) => return Err(Abort::With(outcome)),
                    RetryDecision::Stop(why) => return Err(Abort::Stop(why)),
                    RetryDecision::Shorten => {
                        self.note_malformed(&error);
                        message = render::shorten(&message);
                        shortened = true;
                    }
                    // The message that it replies to is gone, and Discord does not post it without that one.
                    RetryDecision::PostAnew if target.is_reply() => alone = true,
                    // Posted, and deleted by somebody within Discord's window: the same nonce creates no new message.
                    RetryDecision::PostAnew if !anew => anew = true,
                    RetryDecision::PostAnew => return Err(Abort::With(gave_up(&error))),
                    RetryDecision::LeaveThread => self.log.thread = None,
                },
            }
        }
        self.follow_up(planned, view).await;
        Ok(())
    }

    pub(super) fn nonce_of(&self, planned: &MessagePlan, revision: u32, anew: bool) -> String {
        let begins = matches!(planned.what, MessageKind::Start | MessageKind::Ongoing);
        let word = if anew { "anew" } else { planned.what.word() };
        let word = format!("{word}/{revision}");
        let purpose = if begins && !anew && !self.preview() {
            NoncePurpose::Start
        } else {
            NoncePurpose::Part(&word, self.delivery.announcement)
        };
        nonce(&self.delivery.outage, purpose, self.delivery.channel)
    }

    /// Returns where a message goes: the start to the channel itself, the rest to the outage's thread or as a reply.
    pub(super) fn target(&self, what: MessageKind) -> Target {
        let begins = matches!(
            what,
            MessageKind::Start | MessageKind::Ongoing | MessageKind::WorkStart | MessageKind::CameAndWent
        );
        let forum = self.subscription.channel_kind == ChannelKind::Forum;
        match self.log.thread {
            Some(thread) if !begins => {
                // In a forum the start is in the thread itself; elsewhere it is outside.
                Target::In { channel: thread, reply_to: self.log.start.filter(|_| forum) }
            }
            _ if forum => Target::Forum,
            _ => {
                let reply_to = self.log.flapping.or(self.log.start).filter(|_| !begins);
                Target::In { channel: self.delivery.channel, reply_to }
            }
        }
    }

    /// Stores a message as in doubt, then sends it. Once it is known to be posted, the log says so.
    pub(super) async fn send_noted(
        &mut self,
        target: &Target,
        message: &Message,
        mut doubt: InDoubt,
        view: &Outage,
    ) -> Result<Result<(), DiscordError>, Abort> {
        if self.preview() {
            let sent = self.send(target, message, doubt.nonce, view).await;
            return Ok(sent.map(|_| self.note_sent()));
        }
        let before = self.log.in_doubt.as_ref().filter(|before| before.nonce == doubt.nonce);
        let was_in_doubt = before.is_some();
        if let Some(before) = before {
            doubt.at = before.at; // Discord's window for the nonce began with the first attempt
        }
        self.log.in_doubt = Some(Box::new(doubt.clone()));
        self.record_log().await?;
        match self.send(target, message, doubt.nonce.clone(), view).await {
            Ok((id, thread)) => {
                self.log = doubt.arrived(id, thread);
                self.note_sent();
                Ok(Ok(()))
            }
            Err(error) => {
                // That this try did nothing says nothing about one before it.
                let perhaps = matches!(error, DiscordError::Transient { perhaps_done: true, .. });
                if !perhaps && !was_in_doubt {
                    self.log.in_doubt = None;
                }
                Ok(Err(error))
            }
        }
    }

    async fn send(
        &mut self,
        target: &Target,
        message: &Message,
        nonce: String,
        view: &Outage,
    ) -> Result<(MessageId, Option<ChannelId>), DiscordError> {
        let discord = &self.inner.discord;
        match *target {
            Target::In { channel, reply_to } => {
                let post = Post { channel, message: message.clone(), nonce, reply_to };
                let id = self.within_lease(discord.post(&post)).await?;
                Ok((id, None))
            }
            Target::Forum => {
                let name = self.renderer(view, &[]).thread_name();
                let start = ThreadStart::ForumPost(Box::new(message.clone()));
                let opened = discord.open_thread(self.delivery.channel, &name, start);
                let thread = self.within_lease(opened).await?;
                // A forum's first message has the id of its thread.
                Ok((thread.first.unwrap_or(MessageId(thread.channel.0)), Some(thread.channel)))
            }
        }
    }

    /// Notes that something was sent, and whether it may be a duplicate.
    pub(super) fn note_sent(&mut self) {
        if std::mem::take(&mut self.blind) {
            self.inner.stats.count(NotifierCount::DoubledPerhaps);
            tracing::warn!(channel = %self.delivery.channel, "an alert may be duplicated: the channel could not be searched");
        }
        self.sent = true;
    }

    /// Opens the thread of a message and publishes it, as planned. Repeating it does nothing new.
    pub(super) async fn follow_up(&mut self, planned: &MessagePlan, view: &Outage) {
        if planned.thread && self.log.thread.is_none() {
            self.open_thread(view).await;
        }
        if planned.publish {
            self.publish(planned.what).await;
        }
    }

    /// Opens the outage's thread. If that fails, no alert is lost: the rest is posted in the channel.
    async fn open_thread(&mut self, view: &Outage) {
        let Some(start) = self.log.start.or(self.log.flapping) else { return };
        let name = self.renderer(view, &[]).thread_name();
        let opened = self.inner.discord.open_thread(self.delivery.channel, &name, ThreadStart::On(start));
        match self.within_lease(opened).await {
            Ok(thread) => self.log.thread = Some(thread.channel),
            Err(error) => {
                tracing::warn!(channel = %self.delivery.channel, %error, "a thread could not be opened");
            }
        }
    }

    /// Publishes a message to followers, within Discord's limit. A message that cannot be published is still posted here.
    async fn publish(&mut self, what: MessageKind) {
        let message =
            if what == MessageKind::End { self.log.end } else { self.log.start.or(self.log.flapping) };
        let Some(message) = message else { return };
        let channel = self.delivery.channel;
        let refused = if self.inner.may_publish(self.delivery).await {
            self.within_lease(self.inner.discord.publish(channel, message)).await.err()
        } else {
            let why = "10 messages were published here within an hour".to_owned();
            Some(DiscordError::Transient { after: None, why, perhaps_done: false, unreached: false })
        };
        if let Some(error) = refused {
            self.inner.stats.count(NotifierCount::Unpublished);
            tracing::warn!(%channel, %error, "posted, but not published");
        }
    }
}
