//! How Spotify is, as it was put into words lately: in an outage a thousand people ask at once, and are answered alike.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use crate::chat::Message;
use crate::chat::replies::status::StatusReply;
use crate::health::{ServiceName, StatusSnapshot};
use crate::i18n::Language;

/// Answers that are kept: a second's, of all services and of some, in a few languages. They take a kilobyte each.
const STORED: usize = 12;

/// What an answer depends on. Nothing in it is told more finely than by the second.
#[derive(Debug)]
struct AnswerKey {
    /// Kept, so that no other picture can come to lie where it lies.
    snapshot: Arc<StatusSnapshot>,
    second: i64,
    language: Language,
    service: Option<ServiceName>,
}

impl PartialEq for AnswerKey {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.snapshot, &other.snapshot)
            && self.second == other.second
            && self.language == other.language
            && self.service == other.service
    }
}

/// The answers, newest last.
#[derive(Debug, Default)]
pub struct AnswerCache(Mutex<VecDeque<(AnswerKey, Message)>>);

impl AnswerCache {
    /// The answer to whoever asks how this picture is: of one service, or of all.
    pub fn answer(
        &self,
        snapshot: &Arc<StatusSnapshot>,
        seen: StatusReply<'_>,
        service: Option<&ServiceName>,
    ) -> Message {
        let key = AnswerKey {
            snapshot: Arc::clone(snapshot),
            second: seen.now.as_second(),
            language: seen.language,
            service: service.cloned(),
        };
        let stored = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, said)) = stored().iter().find(|(of, _)| *of == key) {
            return said.clone();
        }
        let said = seen.answer(service);
        let mut stored = stored();
        if stored.len() >= STORED {
            stored.pop_front();
        }
        stored.push_back((key, said.clone()));
        said
    }
}
