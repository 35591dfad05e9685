//! How an errand mentions those who asked to be told that an outage is over, each once.
//!
//! The end mentions as many as fit; the others, and those in places where no end is told, have messages of their own.
//!
//! Never: nobody is mentioned who did not ask, and none of them is named in what is kept.

use super::errand::{Errand, Halt, gave_up};
use super::looking::ROOM;
use super::posting::Place;
use crate::alerts::nonce::{Purpose, nonce};
use crate::alerts::retry::Verdict;
use crate::alerts::{Mentioned, Outcome, UserId};
use crate::chat::Message;
use crate::discord::Post;
use crate::health::Outage;

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

    /// Notes whom a message mentioned.
    pub(super) fn note_mentioned(&mut self, message: &Message) {
        let named = u32::try_from(message.mentions.people.len()).unwrap_or(u32::MAX);
        if named > 0 && !self.preview() {
            let people = self.mentioned().saturating_add(named);
            self.told.mentioned = Some(Mentioned { by: self.announcement.id, people });
        }
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
            self.post_back(&message, &marker, before).await?;
        }
    }

    /// Posts one message that mentions people, once.
    async fn post_back(&mut self, message: &Message, marker: &str, before: u32) -> Result<(), Halt> {
        let channel = self.told.thread.unwrap_or(self.delivery.channel);
        let mut asked_at = self.waiting.iter().skip(usize::try_from(before).unwrap_or(usize::MAX));
        let reply_to = asked_at.find_map(|waiting| waiting.message);
        let place = Place::In { channel, reply_to };
        let word = format!("back{}", before.saturating_add(1));
        let purpose = Purpose::Part(&word, self.delivery.announcement);
        let nonce = nonce(&self.delivery.outage, purpose, self.delivery.channel);
        if self.find_lost(&place, ROOM, marker).await?.is_none() {
            let post = Post { channel, message: message.clone(), nonce, reply_to };
            if let Err(error) = self.within_lease(self.inner.discord.post(&post)).await {
                return Err(match self.judge(&error, true, place.is_thread_of(self.delivery.channel)) {
                    Verdict::Stop(why) => Halt::Stop(why),
                    Verdict::Settle(outcome) => Halt::With(outcome),
                    Verdict::LeaveThread => {
                        self.told.thread = None;
                        let (due, why) = (self.now(), error.to_string());
                        Halt::With(Outcome::Later { due, why, uncounted: false, told: None })
                    }
                    Verdict::PostAnew | Verdict::Shorten => Halt::With(gave_up(&error)),
                });
            }
        }
        self.note_sent();
        self.note_mentioned(message);
        Ok(())
    }
}
