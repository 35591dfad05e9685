//! How an errand posts a message, once.
//!
//! Never: nothing is posted that the plan did not ask for.

use super::errand::{Errand, Halt, gave_up};
use super::looking::room;
use super::stats::Count;
use super::wording;
use crate::alerts::nonce::{Purpose, nonce};
use crate::alerts::plan::{Remark, Saying};
use crate::alerts::retry::Verdict;
use crate::alerts::{ChannelId, MessageId, Venue};
use crate::chat::Message;
use crate::discord::{Post, PostError, ThreadStart};
use crate::health::Outage;

/// Where a message goes.
pub(super) enum Place {
    /// Into a channel or thread, perhaps as a reply.
    In { channel: ChannelId, reply_to: Option<MessageId> },
    /// Into a forum, as a post of its own.
    Forum,
}

impl Place {
    /// Whether it is a thread that was opened for the outage, rather than the subscribed channel itself.
    pub(super) fn is_thread_of(&self, subscribed: ChannelId) -> bool {
        matches!(self, Self::In { channel, .. } if *channel != subscribed)
    }
}

impl Errand<'_> {
    /// Posts a message, once.
    pub(super) async fn post(&mut self, remark: &Remark, view: &Outage, anew: bool) -> Result<(), Halt> {
        let people = if remark.what == Saying::End || remark.what == Saying::CameAndWent {
            self.people()
        } else {
            Vec::new()
        };
        let voice = self.voice(view, &people);
        let (mut message, marker) = (voice.say(remark), voice.marker(remark.what));
        let mut word = match remark.what {
            _ if anew => "anew".to_owned(),
            // A try that died may have told of an older state; what came since is another message, not the same one again.
            Saying::Worse | Saying::Change(_) => format!("{}/{}", remark.what.word(), view.revision),
            what => what.word().to_owned(),
        };
        let mut shortened = false;
        loop {
            let place = self.place(remark.what);
            let first = matches!(remark.what, Saying::Start | Saying::Ongoing) && word == "start";
            let purpose = if first && !self.preview() {
                Purpose::Start
            } else {
                Purpose::Part(&word, self.delivery.announcement)
            };
            let nonce = nonce(&self.delivery.outage, purpose, self.delivery.channel);
            if let Some((found, thread)) = self.find_lost(&place, room(remark.what), &marker).await? {
                self.note(remark, found, thread);
                self.note_mentioned(&message);
                break;
            }
            let in_thread = self.told.thread.is_some();
            match self.send(&place, &message, nonce, view).await {
                Ok((id, thread)) => {
                    self.note(remark, id, thread);
                    self.note_mentioned(&message);
                    break;
                }
                Err(error) => match self.judge(&error, shortened, in_thread) {
                    Verdict::Settle(outcome) => return Err(Halt::With(outcome)),
                    Verdict::Stop(why) => return Err(Halt::Stop(why)),
                    Verdict::Shorten => {
                        self.note_malformed(&error);
                        message = wording::shorten(&message);
                        shortened = true;
                    }
                    // Posted, and deleted by somebody within Discord's window: the same nonce finds nothing new.
                    Verdict::PostAnew if word != "anew" => "anew".clone_into(&mut word),
                    Verdict::PostAnew => return Err(Halt::With(gave_up(&error))),
                    Verdict::LeaveThread => self.told.thread = None,
                },
            }
        }
        if remark.thread {
            self.open_thread(view).await;
        }
        if remark.publish {
            self.publish(remark.what).await;
        }
        Ok(())
    }

    /// Where a message goes: the start to the channel itself, the rest to the outage's thread or as a reply.
    pub(super) fn place(&self, what: Saying) -> Place {
        let begins =
            matches!(what, Saying::Start | Saying::Ongoing | Saying::WorkStart | Saying::CameAndWent);
        let forum = self.subscription.venue == Venue::Forum;
        match self.told.thread {
            Some(thread) if !begins => {
                // In a forum the post itself stands in the thread; elsewhere it stands outside.
                Place::In { channel: thread, reply_to: self.told.start.filter(|_| forum) }
            }
            _ if forum => Place::Forum,
            _ => {
                let reply_to = self.told.flapping.or(self.told.start).filter(|_| !begins);
                Place::In { channel: self.delivery.channel, reply_to }
            }
        }
    }

    pub(super) async fn send(
        &mut self,
        place: &Place,
        message: &Message,
        nonce: String,
        view: &Outage,
    ) -> Result<(MessageId, Option<ChannelId>), PostError> {
        let discord = &self.inner.discord;
        match *place {
            Place::In { channel, reply_to } => {
                let post = Post { channel, message: message.clone(), nonce, reply_to };
                let id = self.within_lease(discord.post(&post)).await?;
                Ok((id, None))
            }
            Place::Forum => {
                let name = self.voice(view, &[]).thread_name();
                let start = ThreadStart::ForumPost(Box::new(message.clone()));
                let opened = discord.open_thread(self.delivery.channel, &name, start);
                let thread = self.within_lease(opened).await?;
                // A forum's first message has the id of its thread.
                Ok((thread.first.unwrap_or(MessageId(thread.channel.0)), Some(thread.channel)))
            }
        }
    }

    /// Notes what a message told the channel.
    fn note(&mut self, remark: &Remark, id: MessageId, thread: Option<ChannelId>) {
        if !self.sent {
            self.inner.stats.lag(self.now().duration_since(self.announcement.event.at));
        }
        self.note_sent();
        if self.preview() {
            return;
        }
        self.told.thread = thread.or(self.told.thread);
        let late = self.voice(&self.newest, &[]).late(remark).map(Box::new);
        match remark.what {
            Saying::Start | Saying::Ongoing | Saying::WorkStart => {
                (self.told.start, self.told.start_late) = (Some(id), late);
                self.told.end = None;
            }
            // What it was before, it is over no more: its end is still to be told.
            Saying::Flapping => (self.told.flapping, self.told.end) = (Some(id), None),
            Saying::Again => self.told.end = None,
            Saying::End | Saying::WorkEnd => (self.told.end, self.told.end_late) = (Some(id), late),
            Saying::CameAndWent => {
                (self.told.start, self.told.end) = (Some(id), Some(id));
                self.told.start_late = late;
            }
            Saying::Reminder(turn) => self.told.reminders = turn,
            Saying::Worse | Saying::Change(_) => {}
        }
    }

    /// Notes that something was sent, and whether it may stand there twice.
    pub(super) fn note_sent(&mut self) {
        if std::mem::take(&mut self.blind) {
            self.inner.stats.count(Count::DoubledPerhaps);
            tracing::warn!(channel = %self.delivery.channel, "an alert was perhaps sent twice: we could not look");
        }
        self.sent = true;
    }

    /// A thread that cannot be opened costs nobody an alert: the rest is told in the channel.
    pub(super) async fn open_thread(&mut self, view: &Outage) {
        let Some(start) = self.told.start.or(self.told.flapping) else { return };
        let name = self.voice(view, &[]).thread_name();
        let opened = self.inner.discord.open_thread(self.delivery.channel, &name, ThreadStart::On(start));
        match self.within_lease(opened).await {
            Ok(thread) => self.told.thread = Some(thread.channel),
            Err(error) => {
                tracing::warn!(channel = %self.delivery.channel, %error, "no thread could be opened");
            }
        }
    }

    /// Published to followers, within Discord's limit; an alert that is not published is still told here.
    pub(super) async fn publish(&mut self, what: Saying) {
        let message =
            if what == Saying::End { self.told.end } else { self.told.start.or(self.told.flapping) };
        let Some(message) = message else { return };
        let channel = self.delivery.channel;
        let refused = if self.inner.may_publish(self.delivery).await {
            self.within_lease(self.inner.discord.publish(channel, message)).await.err()
        } else {
            let why = "10 messages were published here within an hour".to_owned();
            Some(PostError::Later { after: None, why, perhaps_done: false })
        };
        if let Some(error) = refused {
            self.inner.stats.count(Count::Unpublished);
            tracing::warn!(%channel, %error, "told, but not published");
        }
    }
}
