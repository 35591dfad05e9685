//! How Spotify is, as it was put into words lately: in an outage a thousand people ask at once, and are answered alike.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use crate::chat::Message;
use crate::chat::replies::status::StatusReply;
use crate::health::{ServiceName, StatusSnapshot};
use crate::i18n::Language;

/// Answers that are kept: a second's, of all services and of some, in a few languages. They take a kilobyte each.
const KEPT: usize = 12;

/// What an answer depends on. Nothing in it is told more finely than by the second.
#[derive(Debug)]
struct Key {
    /// Kept, so that no other picture can come to lie where it lies.
    picture: Arc<StatusSnapshot>,
    second: i64,
    language: Language,
    service: Option<ServiceName>,
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.picture, &other.picture)
            && self.second == other.second
            && self.language == other.language
            && self.service == other.service
    }
}

/// The answers, newest last.
#[derive(Debug, Default)]
pub struct Said(Mutex<VecDeque<(Key, Message)>>);

impl Said {
    /// The answer to whoever asks how this picture is: of one service, or of all.
    pub fn answer(
        &self,
        picture: &Arc<StatusSnapshot>,
        seen: StatusReply<'_>,
        service: Option<&ServiceName>,
    ) -> Message {
        let key = Key {
            picture: Arc::clone(picture),
            second: seen.now.as_second(),
            language: seen.language,
            service: service.cloned(),
        };
        let kept = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, said)) = kept().iter().find(|(of, _)| *of == key) {
            return said.clone();
        }
        let said = seen.answer(service);
        let mut kept = kept();
        if kept.len() >= KEPT {
            kept.pop_front();
        }
        kept.push_back((key, said.clone()));
        said
    }
}
