//! How an errand mentions those who asked to be told that an outage is over, each once.
//!
//! The end mentions as many as fit; the others, and those in places where no end is told, have messages of their own.

use super::errand::{Errand, Halt, gave_up};
use super::posting::Place;
use crate::alerts::nonce::{NoncePurpose, nonce};
use crate::alerts::retry::RetryDecision;
use crate::alerts::{DeliveryOutcome, InDoubt, MentionProgress, NotificationLogEntry};
use crate::chat::Message;
use crate::health::Outage;
use crate::ids::UserId;

impl Errand<'_> {
    /// Those who asked to be told here, in the order in which they are mentioned.
    pub(super) fn people(&self) -> Vec<UserId> {
        self.waiting.iter().map(|waiting| waiting.person).collect()
    }

    /// How many of them this announcement has mentioned by now.
    fn mentioned(&self) -> u32 {
        let ours = self.told.mentioned.filter(|mentioned| mentioned.by == self.announcement.id);
        ours.map_or(0, |mentioned| mentioned.people)
    }

    /// What the channel has been told, and whom a message mentions, if it arrives.
    pub(super) fn told_with_people(
        &self,
        told: NotificationLogEntry,
        message: &Message,
    ) -> NotificationLogEntry {
        let named = u32::try_from(message.mentions.people.len()).unwrap_or(u32::MAX);
        let people = self.mentioned().saturating_add(named);
        let mentioned = (named > 0).then_some(MentionProgress { by: self.announcement.id, people });
        NotificationLogEntry { mentioned: mentioned.or(told.mentioned), ..told }
    }

    /// Mentions those who asked to be told and whom nothing mentioned yet.
    pub(super) async fn tell_people(&mut self, view: &Outage) -> Result<(), Halt> {
        // A channel's own end may come before the outage's; they asked about the outage.
        if self.newest.is_open() {
            return Ok(());
        }
        let people = self.people();
        loop {
            let before = self.mentioned();
            let left = people.get(usize::try_from(before).unwrap_or(usize::MAX)..).unwrap_or_default();
            let (message, marker) = self.voice(view, &[]).back(left, before);
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
    async fn post_back(&mut self, message: &Message, marker: &str, view: &Outage) -> Result<(), Halt> {
        let channel = self.told.thread.unwrap_or(self.delivery.channel);
        let before = usize::try_from(self.mentioned()).unwrap_or(usize::MAX);
        let reply_to = self.waiting.iter().skip(before).find_map(|waiting| waiting.message);
        let mut place = Place::In { channel, reply_to };
        loop {
            let told = NotificationLogEntry { in_doubt: None, ..self.told.clone() };
            let doubt = InDoubt {
                at: self.now(),
                planned: None,
                revision: self.newest.revision,
                marker: marker.to_owned(),
                nonce: self.nonce_of_back(),
                channel: place.channel(),
                log: self.told_with_people(told, message),
            };
            let Err(error) = self.send_noted(&place, message, doubt, view).await? else { return Ok(()) };
            return Err(match self.judge(&error, true, place.is_thread_of(self.delivery.channel)) {
                RetryDecision::Stop(why) => Halt::Stop(why),
                RetryDecision::Settle(outcome) => Halt::With(outcome),
                RetryDecision::LeaveThread => {
                    self.told.thread = None;
                    let (due, why) = (self.now(), error.to_string());
                    Halt::With(DeliveryOutcome::Retry { due, why, uncounted: false, log: None })
                }
                RetryDecision::PostAnew if place.is_reply() => {
                    place = place.without_reply();
                    continue;
                }
                RetryDecision::PostAnew | RetryDecision::Shorten => Halt::With(gave_up(&error)),
            });
        }
    }
}
