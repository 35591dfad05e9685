//! How a delivery task edits its posts and its thread's title, and what it does if somebody deleted them.
//!
//! An edit that cannot be made now is postponed: the pending posts are sent, and the edit is retried later, unless a newer
//! delivery of the channel makes it first.

use jiff::{SignedDuration, Timestamp};

use super::delivery_task::{Abort, DeliveryTask};
use super::render;
use crate::alerts::plan::{MessageKind, MessagePlan};
use crate::alerts::retry::RetryDecision;
use crate::alerts::{ChannelKind, DeliveryOutcome, Title};
use crate::chat::Message;
use crate::discord::DiscordError;
use crate::health::Outage;
use crate::ids::MessageId;

/// Discord allows a channel to be renamed only this often within [`RENAMED_WITHIN`].
const RENAMES: usize = 2;
const RENAMED_WITHIN: SignedDuration = SignedDuration::from_mins(10);

impl DeliveryTask<'_> {
    pub(super) async fn edit_start(&mut self, view: &Outage) -> Result<(), Abort> {
        let Some(start) = self.log.start.or(self.log.flapping) else { return Ok(()) };
        let message = self.renderer(view, &[]).current_start();
        if self.edit(start, message).await? || !view.is_open() {
            return Ok(());
        }
        // Somebody deleted it: people in the channel must still be able to read the current status.
        let quiet = MessagePlan { quiet: true, ..MessagePlan::plain(MessageKind::Ongoing) };
        self.post(&quiet, view, true).await
    }

    pub(super) async fn edit_flapping(&mut self, view: &Outage) -> Result<(), Abort> {
        let Some(flapping) = self.log.flapping else { return Ok(()) };
        let message = self.renderer(view, &[]).current_flapping();
        if self.edit(flapping, message).await? || !view.is_open() {
            return Ok(());
        }
        let quiet = MessagePlan { quiet: true, ..MessagePlan::plain(MessageKind::Flapping) };
        self.post(&quiet, view, true).await
    }

    /// Edits the recovery post. If somebody deleted it, it was read and is not posted again.
    pub(super) async fn edit_end(&mut self, view: &Outage) -> Result<(), Abort> {
        let Some(end) = self.log.end else { return Ok(()) };
        let message = self.renderer(view, &[]).current_end();
        self.edit(end, message).await.map(drop)
    }

    /// Edits one of our messages in place. Returns `false` if it or its thread is gone.
    async fn edit(&mut self, id: MessageId, mut message: Message) -> Result<bool, Abort> {
        let channel = self.log.stands_in(id, self.delivery.channel, self.subscription.channel_kind);
        let mut shortened = false;
        loop {
            let edited = self.inner.discord.edit(channel, id, &message);
            let Err(error) = self.within_lease(edited).await else {
                self.sent = true;
                return Ok(true);
            };
            match self.decide(&error, shortened, channel != self.delivery.channel) {
                RetryDecision::Settle(DeliveryOutcome::Retry { due, why, .. }) => {
                    put_off(&mut self.edit_later, due, why);
                    return Ok(true);
                }
                RetryDecision::Settle(DeliveryOutcome::Failed { why }) => {
                    tracing::warn!(channel = %self.delivery.channel, why, "a post could not be edited");
                    return Ok(true);
                }
                RetryDecision::Settle(outcome) => return Err(Abort::With(outcome)),
                RetryDecision::Stop(why) => return Err(Abort::Stop(why)),
                RetryDecision::Shorten => {
                    self.note_malformed(&error);
                    message = render::shorten(&message);
                    shortened = true;
                }
                RetryDecision::PostAnew => return Ok(false),
                RetryDecision::LeaveThread => {
                    self.log.thread = None;
                    return Ok(false);
                }
            }
        }
    }

    /// Sets the title of the outage's thread to whether it is over. A title that cannot be changed affects nothing else.
    pub(super) async fn retitle(&mut self, view: &Outage) {
        let Some(thread) = self.log.thread.filter(|_| self.subscription.channel_kind != ChannelKind::Thread)
        else {
            return;
        };
        let came_and_went = self.log.start.is_some() && self.log.start == self.log.end;
        let first = || Title { over: came_and_went, renamed: Vec::new() };
        let mut title = self.log.title.as_deref().cloned().unwrap_or_else(first);
        let (now, over) = (self.now(), !view.is_open());
        if self.preview() || title.over == over {
            return;
        }
        title.renamed.retain(|at| now.duration_since(*at) < RENAMED_WITHIN);
        if let Some(oldest) = title.renamed.first().filter(|_| title.renamed.len() >= RENAMES) {
            let why = "its thread was renamed twice within ten minutes".to_owned();
            put_off(&mut self.title_later, *oldest + RENAMED_WITHIN, why);
            return;
        }
        let name = self.renderer(view, &[]).thread_name();
        let renamed = self.within_lease(self.inner.discord.rename_thread(thread, &name)).await;
        if let Err(error @ DiscordError::Transient { .. }) = &renamed {
            if let RetryDecision::Settle(DeliveryOutcome::Retry { due, why, .. }) =
                self.decide(error, true, true)
            {
                put_off(&mut self.title_later, due, why);
            }
            return;
        }
        match renamed {
            Ok(()) => title.renamed.push(now),
            Err(error) => {
                tracing::debug!(channel = %self.delivery.channel, %error, "a thread's title could not be changed");
            }
        }
        title.over = over;
        self.log.title = Some(Box::new(title));
    }
}

/// Postpones to the latest time at which it becomes possible.
fn put_off(later: &mut Option<(Timestamp, String)>, due: Timestamp, why: String) {
    if later.as_ref().is_none_or(|(before, _)| *before < due) {
        *later = Some((due, why));
    }
}
