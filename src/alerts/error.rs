//! Why a request to Discord failed, split by what the caller does next.
//!
//! Plain data: the retry policy decides from it, and `discord` builds it from the response.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::Reason;

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

/// Permanent rejections.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum PermanentReason {
    /// 10003: the channel is gone.
    #[error("unknown channel (10003)")]
    UnknownChannel,
    /// 10008: the message is gone.
    #[error("unknown message (10008)")]
    UnknownMessage,
    /// 50001, 50013 and similar: the bot lacks a permission.
    #[error("{why} ({code})")]
    NoPermission {
        /// Discord's code.
        code: u32,
        /// Discord's words.
        why: String,
    },
    /// We looked before we asked: the bot may not read the history there.
    #[error("may not read the message history (50013)")]
    NoHistory,
    /// A file is larger than what we read; it was not fetched.
    #[error("the file is larger than we read")]
    FileTooLarge,
    /// A file is somewhere else than on Discord's own hosts; it was not fetched.
    #[error("files are read from Discord's own hosts only")]
    NotOnDiscord,
    /// 50035: our own bug; the message must be made smaller.
    #[error("invalid form body (50035): {0}")]
    BadBody(String),
    /// 401: the token was revoked; stop sending immediately.
    #[error("unauthorized: Discord refuses the token")]
    Unauthorized,
    /// 10062, 40060: the interaction is over, or was answered already.
    #[error("the interaction is over ({0})")]
    InteractionOver(u32),
    /// 50007: this user accepts no direct messages.
    #[error("cannot send messages to this user (50007)")]
    NoDirectMessages,
    /// 50083 and the like: the thread is archived or locked.
    #[error("the thread is closed ({0})")]
    ThreadClosed(u32),
    /// Anything else that Discord rejects.
    #[error("refused: {status} ({code}) {why}")]
    Other {
        status: u16,
        /// Discord's code, 0 if none.
        code: u32,
        /// Discord's words.
        why: String,
    },
}
