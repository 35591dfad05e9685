//! Whether Discord can be reached.
//!
//! While it cannot, one delivery at a time is attempted; as soon as one gets an answer, all waiting ones are sent.

use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::alerts::DiscordError;

/// Delay between two attempts while Discord cannot be reached.
const TRY_EVERY: SignedDuration = SignedDuration::from_secs(2);

/// When the next attempt is due while Discord cannot be reached.
#[derive(Debug, Default)]
pub(super) struct Connection(Mutex<Option<Timestamp>>);

impl Connection {
    /// Returns when the next attempt is due, or `None` while Discord can be reached.
    pub(super) fn next_try(&self) -> Option<Timestamp> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Updates the state of the connection from the result of a request.
    pub(super) fn note<T>(&self, answer: &Result<T, DiscordError>, now: Timestamp) {
        let next = match answer {
            Err(DiscordError::Transient { unreached: true, .. }) => Some(now + TRY_EVERY),
            // Our own rate limit proves nothing about the connection.
            Err(DiscordError::Transient { after: Some(_), .. }) => return,
            _ => None,
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = next;
    }
}
