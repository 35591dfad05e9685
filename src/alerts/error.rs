//! Why a request to Discord failed, split by what the caller does next.
//!
//! Plain data: the retry policy decides from it, and `discord` builds it from the response.

use jiff::SignedDuration;

use super::{PermanentReason, Reason};

/// Why Discord did not do what was requested, split by what the caller does next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DiscordError {
    /// Try again: a rate limit, an error of Discord's, a lost connection.
    #[error("later: {why}")]
    Transient {
        /// The shortest wait; `None` if Discord gave none.
        after: Option<SignedDuration>,
        /// What went wrong; never a token or a text.
        why: Reason,
        /// The request may have succeeded (a time-out after sending, a 5xx, a cut connection): repeat it with the same nonce,
        /// or search for its result first.
        perhaps_done: bool,
        /// There was no connection: the request never arrived, and another one would not either.
        unreached: bool,
    },
    /// Another attempt would change nothing.
    #[error("never: {0}")]
    Permanent(PermanentReason),
}

impl DiscordError {
    /// Returns why it failed, for people.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Transient { why, .. } => why.clone(),
            Self::Permanent(refusal) => Reason::Refused(refusal.clone()),
        }
    }
}
