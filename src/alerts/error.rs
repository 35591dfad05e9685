//! Why a message could not be sent, split by what the caller does next.
//!
//! Plain data: the retry policy decides from it, `discord` makes it of what came back.

use jiff::SignedDuration;

/// Why Discord did not do what it was asked, split by what the caller does next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DiscordError {
    /// Try again: a limit, an error of Discord's, a lost connection.
    #[error("later: {why}")]
    Transient {
        /// Not before so long; none when Discord did not say.
        after: Option<SignedDuration>,
        /// What went wrong; never a token or a text.
        why: String,
        /// It may have been done all the same (a time-out after sending, a 5xx, a cut connection): ask again with the
        /// same nonce, or look first.
        perhaps_done: bool,
    },
    /// Asking again would change nothing.
    #[error("never: {0}")]
    Permanent(PermanentReason),
}

/// Refusals for good.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PermanentReason {
    /// 10003: the channel is gone.
    #[error("unknown channel (10003)")]
    UnknownChannel,
    /// 10008: the message is gone.
    #[error("unknown message (10008)")]
    UnknownMessage,
    /// 50001, 50013 and their like: the bot may not.
    #[error("{why} ({code})")]
    NoPermission {
        /// Discord's code.
        code: u32,
        /// Discord's words.
        why: String,
    },
    /// 50035: our own bug; the message must be made smaller.
    #[error("invalid form body (50035): {0}")]
    BadBody(String),
    /// 401: the token was revoked; stop sending at once.
    #[error("unauthorized: Discord refuses the token")]
    Unauthorized,
    /// 10062, 40060: the interaction is over, or was answered already.
    #[error("the interaction is over ({0})")]
    InteractionOver(u32),
    /// 50007: this person takes no direct messages.
    #[error("cannot send messages to this user (50007)")]
    NoDirectMessages,
    /// 50083 and the like: the thread is archived or locked.
    #[error("the thread is closed ({0})")]
    ThreadClosed(u32),
    /// Anything else that Discord refuses.
    #[error("refused: {status} ({code}) {why}")]
    Other {
        status: u16,
        /// Discord's code, 0 if none.
        code: u32,
        /// Discord's words.
        why: String,
    },
}
