//! Remembers recent public answers per channel, so that the same answer is not posted again and again.

use std::collections::{HashMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

use crate::commands::StandingAnswer;
use crate::ids::{ChannelId, MessageId};

/// An older answer has scrolled out of view.
const STANDS_FOR: SignedDuration = SignedDuration::from_mins(10);
/// Answers that are remembered per channel.
const PER_CHANNEL: usize = 8;
/// Channels that are remembered: bounds the memory however many servers there are.
const CHANNELS: usize = 4_096;

#[derive(Default)]
pub(super) struct RecentAnswers(HashMap<ChannelId, VecDeque<StandingAnswer>>);

impl RecentAnswers {
    /// Returns the recent answers of a channel, newest first.
    pub(super) fn standing(&self, channel: ChannelId, now: Timestamp) -> Vec<StandingAnswer> {
        let stands = |s: &&StandingAnswer| now.duration_since(s.at) < STANDS_FOR;
        self.0.get(&channel).into_iter().flatten().filter(stands).cloned().collect()
    }

    pub(super) fn stands(&mut self, channel: ChannelId, link: String, name: &str, at: Timestamp) {
        if self.0.len() >= CHANNELS && !self.0.contains_key(&channel) {
            self.0.retain(|_, answers| answers.front().is_some_and(|s| at.duration_since(s.at) < STANDS_FOR));
            if self.0.len() >= CHANNELS {
                return;
            }
        }
        let answers = self.0.entry(channel).or_default();
        answers.push_front(StandingAnswer { name: name.to_owned(), link, at });
        answers.truncate(PER_CHANNEL);
    }

    /// Removes a message that was deleted.
    pub(super) fn forget(&mut self, channel: ChannelId, message: MessageId) {
        let end = format!("/{message}");
        if let Some(answers) = self.0.get_mut(&channel) {
            answers.retain(|s| !s.link.ends_with(&end));
        }
    }
}
