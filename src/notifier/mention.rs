//! How an delivery task mentions those who asked to be told that an outage is over, each once.
//!
//! The end mentions as many as fit; the others, and those in places where no end is told, have messages of their own.

use super::delivery_task::{Abort, DeliveryTask, gave_up};
use super::post::Target;
use crate::alerts::nonce::{NoncePurpose, nonce};
use crate::alerts::retry::RetryDecision;
use crate::alerts::{DeliveryOutcome, InDoubt, MentionProgress, NotificationLogEntry};
use crate::chat::Message;
use crate::health::Outage;
use crate::ids::UserId;

impl DeliveryTask<'_> {
    /// Those who asked to be told here, in the order in which they are mentioned.
    pub(super) fn people(&self) -> Vec<UserId> {
        self.waiting.iter().map(|waiting| waiting.person).collect()
    }

    /// How many of them this announcement has mentioned by now.
    fn mentioned(&self) -> u32 {
        let ours = self.log.mentioned.filter(|mentioned| mentioned.by == self.announcement.id);
        ours.map_or(0, |mentioned| mentioned.people)
    }

    /// What the channel has been told, and whom a message mentions, if it arrives.
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

    /// Mentions those who asked to be told and whom nothing mentioned yet.
    pub(super) async fn notify_people(&mut self, view: &Outage) -> Result<(), Abort> {
        // A channel's own end may come before the outage's; they asked about the outage.
        if self.newest.is_open() {
            return Ok(());
        }
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

    /// The nonce of the next message that mentions people.
    pub(super) fn nonce_of_back(&self) -> String {
        let word = format!("back{}", self.mentioned().saturating_add(1));
        let purpose = NoncePurpose::Part(&word, self.delivery.announcement);
        nonce(&self.delivery.outage, purpose, self.delivery.channel)
    }

    /// Posts one message that mentions people, once.
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
            let Err(error) = self.send_noted(&target, message, doubt, view).await? else { return Ok(()) };
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
                RetryDecision::PostAnew | RetryDecision::Shorten => Abort::With(gave_up(&error)),
            });
        }
    }
}
