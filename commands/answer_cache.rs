//! Recent answers about the status. In an outage a thousand people ask at once, and all get the same answer.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use crate::chat::Message;
use crate::chat::replies::status::StatusReply;
use crate::health::{ServiceName, StatusSnapshot};
use crate::i18n::Language;

/// Cached answers: those of one second, for all services and for some, in a few languages. They take a kilobyte each.
const STORED: usize = 12;

/// What an answer depends on. The second is the finest unit in it.
#[derive(Debug)]
struct AnswerKey {
    /// Stored so that no other snapshot can be allocated at the same address.
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
    /// The answer about this snapshot, for one service or for all.
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
