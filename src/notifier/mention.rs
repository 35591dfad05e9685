//! How a delivery task mentions the users who asked to be notified of an outage's recovery, each once.
//!
//! The recovery post mentions as many as fit. The others, and those in channels without recovery posts, get separate messages.

use super::delivery_task::{Abort, DeliveryTask, gave_up};
use super::post::Target;
use crate::alerts::nonce::{NoncePurpose, nonce};
use crate::alerts::retry::RetryDecision;
use crate::alerts::{DeliveryOutcome, InDoubt, MentionProgress, NotificationLogEntry};
use crate::chat::Message;
use crate::health::Outage;
use crate::ids::UserId;

impl DeliveryTask<'_> {
    /// Returns the users who asked to be notified here, in the order in which they are mentioned.
    pub(super) fn people(&self) -> Vec<UserId> {
        self.waiting.iter().map(|waiting| waiting.person).collect()
    }

    /// Returns how many of them this announcement has mentioned so far.
    fn mentioned(&self) -> u32 {
        let ours = self.log.mentioned.filter(|mentioned| mentioned.by == self.announcement.id);
        ours.map_or(0, |mentioned| mentioned.people)
    }

    /// Returns `log` with the users that a message mentions if it arrives.
    pub(super) fn posted_with_people(
        &self,
        log: NotificationLogEntry,
        message: &Message,
    ) -> NotificationLogEntry {
        let named = u32::try_from(message.mentions.people.len()).unwrap_or(u32::MAX);
        let people = self.mentioned().saturating_add(named);
        let mentioned = (named > 0).then_some(MentionProgress { by: self.announcement.id, people });
        NotificationLogEntry { mentioned: mentioned.or(log.mentioned), ..log }
    }

    /// Mentions the users who asked to be notified and are not mentioned yet. One request gives one mention: if the outage
    /// reopens, they may ask again.
    pub(super) async fn notify_people(&mut self, view: &Outage) -> Result<(), Abort> {
        // A channel's own recovery may come before the outage's; they asked about the outage.
        if self.newest.is_open() {
            return Ok(());
        }
        self.mention_all(view).await?;
        let people = self.people();
        if !people.is_empty() {
            self.inner.store.stop_waiting(&self.newest.id, self.delivery.channel, &people).await?;
        }
        Ok(())
    }

    async fn mention_all(&mut self, view: &Outage) -> Result<(), Abort> {
        let people = self.people();
        loop {
            let before = self.mentioned();
            let left = people.get(usize::try_from(before).unwrap_or(usize::MAX)..).unwrap_or_default();
            let (message, marker) = self.renderer(view, &[]).back(left, before);
            if message.mentions.people.is_empty() {
                return Ok(());
            }
            self.post_back(&message, &marker, view).await?;
        }
    }

    /// Returns the nonce of the next message that mentions users.
    pub(super) fn nonce_of_back(&self) -> String {
        let word = format!("back{}", self.mentioned().saturating_add(1));
        let purpose = NoncePurpose::Part(&word, self.delivery.announcement);
        nonce(&self.delivery.outage, purpose, self.delivery.channel)
    }

    /// Posts one message that mentions users, once.
    async fn post_back(&mut self, message: &Message, marker: &str, view: &Outage) -> Result<(), Abort> {
        let channel = self.log.thread.unwrap_or(self.delivery.channel);
        let before = usize::try_from(self.mentioned()).unwrap_or(usize::MAX);
        let reply_to = self.waiting.iter().skip(before).find_map(|waiting| waiting.message);
        let mut target = Target::In { channel, reply_to };
        loop {
            let log = NotificationLogEntry { in_doubt: None, ..self.log.clone() };
            let doubt = InDoubt {
                at: self.now(),
                planned: None,
                revision: self.newest.revision,
                marker: marker.to_owned(),
                nonce: self.nonce_of_back(),
                channel: target.channel(),
                log: self.posted_with_people(log, message),
            };
            let Err(error) = self.send_noted(&target, message, doubt.clone(), view).await? else {
                return Ok(());
            };
            return Err(match self.decide(&error, true, target.is_thread_of(self.delivery.channel)) {
                RetryDecision::Stop(why) => Abort::Stop(why),
                RetryDecision::Settle(outcome) => Abort::With(outcome),
                RetryDecision::LeaveThread => {
                    self.log.thread = None;
                    let (due, why) = (self.now(), error.to_string());
                    Abort::With(DeliveryOutcome::Retry { due, why, uncounted: false, log: None })
                }
                RetryDecision::PostAnew if target.is_reply() => {
                    target = target.without_reply();
                    continue;
                }
                // Posted by an earlier try, and deleted by somebody since: it was read, as an end is that was deleted.
                RetryDecision::PostAnew if self.log.in_doubt.is_some() => {
                    self.log = doubt.log;
                    return Ok(());
                }
                RetryDecision::PostAnew | RetryDecision::Shorten => Abort::With(gave_up(&error)),
            });
        }
    }
}
