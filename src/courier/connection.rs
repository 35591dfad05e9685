//! Whether Discord can be reached.
//!
//! While it cannot, one delivery at a time tries; as soon as one gets an answer, all that wait are sent.

use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::alerts::PostError;

/// So long after a try that reached nobody comes the next one.
const TRY_EVERY: SignedDuration = SignedDuration::from_secs(2);

/// Holds when the next try is due, while Discord cannot be reached.
#[derive(Debug, Default)]
pub(super) struct Connection(Mutex<Option<Timestamp>>);

impl Connection {
    /// When the next try is due; none while Discord can be reached.
    pub(super) fn next_try(&self) -> Option<Timestamp> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Learns from what a request came to.
    pub(super) fn note<T>(&self, answer: &Result<T, PostError>, now: Timestamp) {
        let next = match answer {
            Err(PostError::Later { unreached: true, .. }) => Some(now + TRY_EVERY),
            // A limit of our own says nothing about the connection.
            Err(PostError::Later { after: Some(_), .. }) => return,
            _ => None,
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = next;
    }
}
