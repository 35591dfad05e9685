//! How a delivery task finds out whether a message of unsure outcome was sent, before anything is planned.
//!
//! Each message is stored as in doubt before it is sent, together with the log entry that applies if it arrives. An attempt
//! that finds one sends nothing until it knows. Discord returns the former message for the same nonce, or the message is
//! found by its marker. Where we may not read, it is sent again under its nonce. If Discord no longer knows that, a
//! duplicate is better than a lost alert.

use jiff::SignedDuration;

use super::delivery_task::{Abort, DeliveryTask};
use super::post::Target;
use crate::alerts::plan::Action;
use crate::alerts::retry::RetryDecision;
use crate::alerts::scope::scope_to_subscription;
use crate::alerts::{Delivery, DeliveryOutcome, InDoubt};
use crate::discord::{DiscordError, PermanentReason, Post, Thread, codec};
use crate::ids::{ChannelId, MessageId};

/// Within this time Discord is assumed to know a nonce; its documentation says "the past few minutes".
const NONCE_WINDOW: SignedDuration = SignedDuration::from_mins(2);
/// Margin for our clock being ahead of Discord's, which stamps the messages.
const ROOM: SignedDuration = SignedDuration::from_mins(10);

/// The result of searching for a message.
enum RecoveredPost {
    /// It is posted: its id, and its thread if it is a forum post.
    There(MessageId, Option<ChannelId>),
    /// It was not sent, or is gone.
    Nowhere,
    /// We may not read the channel.
    Hidden,
}

impl DeliveryTask<'_> {
    /// Finds out whether the message in doubt was sent, and updates the log.
    pub(super) async fn recover(&mut self) -> Result<(), Abort> {
        let Some(doubt) = self.log.in_doubt.clone().filter(|_| !self.preview()) else { return Ok(()) };
        // `abs` because the clock may have been set back since: then the real age is unknown.
        let young = self.now().duration_since(doubt.at).abs() <= NONCE_WINDOW;
        if young && self.would_send_again(&doubt) {
            return Ok(());
        }
        match self.find(&doubt).await? {
            RecoveredPost::There(id, thread) => self.take_in(&doubt, id, thread).await,
            RecoveredPost::Nowhere => self.log.in_doubt = None,
            RecoveredPost::Hidden if young && doubt.channel.is_some() && doubt.planned.is_some() => {
                self.send_again(&doubt).await?;
            }
            RecoveredPost::Hidden => {
                // What is sent next may be a duplicate.
                self.blind = true;
                self.log.in_doubt = None;
                if !self.plans(&doubt) {
                    self.log = doubt.assumed(std::mem::take(&mut self.log));
                }
            }
        }
        tracing::debug!(channel = %self.delivery.channel, marker = doubt.marker, told = ?self.log, "recovered");
        Ok(())
    }

    /// Returns whether this attempt sends exactly the same message: then its nonce prevents a duplicate.
    fn would_send_again(&self, doubt: &InDoubt) -> bool {
        if doubt.channel.is_none() || doubt.revision != self.newest.revision {
            return false; // a forum post takes no nonce; and another revision has another text
        }
        match doubt.planned {
            Some(_) if self.for_people_only => false,
            Some(planned) => {
                self.plans(doubt) && self.nonce_of(&planned, doubt.revision, false) == doubt.nonce
            }
            None => self.for_people_only && self.nonce_of_back() == doubt.nonce,
        }
    }

    /// Returns whether a message of the same kind is to be sent, if that one was not.
    fn plans(&self, doubt: &InDoubt) -> bool {
        let same = |act: &Action| match (act, doubt.planned) {
            (Action::Post(planned), Some(remark)) => planned.what.word() == remark.what.word(),
            _ => false,
        };
        self.plan().acts.iter().any(same)
    }

    /// Searches for the message among our messages after the last one that we know of.
    async fn find(&self, doubt: &InDoubt) -> Result<RecoveredPost, Abort> {
        let since = codec::posted_before(doubt.at.min(self.now()) - ROOM);
        let after = self.log.newest_known().map_or(since, |known| known.max(since));
        let Delivery { guild, channel: forum, .. } = *self.delivery;
        let discord = &self.inner.discord;
        let found = if let Some(channel) = doubt.channel {
            let found = self.within_lease(discord.find_own(channel, after, &doubt.marker)).await;
            found.map(|found| found.map(|message| (message, None)))
        } else {
            let found = self.within_lease(discord.find_own_post((guild, forum), after, &doubt.marker)).await;
            let first = |it: Thread| it.first.unwrap_or(MessageId(it.channel.0));
            found.map(|found| found.map(|thread| (first(thread), Some(thread.channel))))
        };
        let in_thread = doubt.channel.is_some_and(|channel| channel != self.delivery.channel);
        match found {
            Ok(Some((id, thread))) => Ok(RecoveredPost::There(id, thread)),
            Ok(None) => Ok(RecoveredPost::Nowhere),
            Err(DiscordError::Permanent(PermanentReason::NoPermission { .. })) => Ok(RecoveredPost::Hidden),
            Err(error) => match self.decide(&error, true, in_thread) {
                RetryDecision::Stop(why) => Err(Abort::Stop(why)),
                RetryDecision::Settle(outcome) => Err(Abort::With(outcome)),
                RetryDecision::PostAnew | RetryDecision::Shorten | RetryDecision::LeaveThread => {
                    Ok(RecoveredPost::Nowhere)
                }
            },
        }
    }

    /// Records that the message was posted, and does what follows it.
    async fn take_in(&mut self, doubt: &InDoubt, id: MessageId, thread: Option<ChannelId>) {
        self.log = doubt.arrived(id, thread);
        self.note_sent();
        if let Some(planned) = doubt.planned {
            let view = self.plan().view;
            self.follow_up(&planned, &view).await;
        }
    }

    /// Sends the message in doubt once more under its nonce: if it was posted, Discord returns it and posts nothing.
    async fn send_again(&mut self, doubt: &InDoubt) -> Result<(), Abort> {
        let (Some(channel), Some(planned)) = (doubt.channel, doubt.planned) else { return Ok(()) };
        let then = &self.announcement.event.outage;
        let services = &self.subscription.services;
        let view = scope_to_subscription(then, services, &self.inner.options.plan.whole)
            .unwrap_or_else(|| then.clone());
        let message = self.renderer(&view, &self.people()).say(&planned);
        let target = Target::In { channel, reply_to: None };
        let post = Post { channel, message, nonce: doubt.nonce.clone(), reply_to: None };
        match self.within_lease(self.inner.discord.post(&post)).await {
            Ok(id) => self.take_in(doubt, id, None).await,
            Err(error) => match self.decide(&error, true, target.is_thread_of(self.delivery.channel)) {
                RetryDecision::Stop(why) => return Err(Abort::Stop(why)),
                RetryDecision::Settle(
                    outcome @ (DeliveryOutcome::Retry { .. }
                    | DeliveryOutcome::Suspended { .. }
                    | DeliveryOutcome::ChannelGone { .. }),
                ) => {
                    return Err(Abort::With(outcome));
                }
                // It was sent and is gone, or can never be sent.
                _ => self.log.in_doubt = None,
            },
        }
        Ok(())
    }
}
