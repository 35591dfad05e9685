//! Why something failed or waits, as a type: stored under its name, said in the reader's language by `chat`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Why a request, a delivery or a whole channel fails or waits. Its `Display` is for the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Discord rate limited the request.
    #[error("rate limited (429)")]
    RateLimited,
    /// Sending it now would break Discord's limits, which we count ourselves.
    #[error("Discord's rate limit is used up")]
    OwnLimit,
    #[error("too many invalid requests: we stop before Discord bans us")]
    TooManyInvalid,
    /// Discord, or a gateway in front of it, answered with this status.
    #[error("Discord answered {0}")]
    Answered(u16),
    /// Something in front of Discord refused the request, with this status.
    #[error("{0} from something in front of Discord")]
    InFront(u16),
    #[error("no answer from Discord in time")]
    NoAnswer,
    #[error("too little of the lease was left to send")]
    LeaseTooShort,
    #[error("no connection to Discord")]
    NoConnection,
    #[error("the connection to Discord was cut")]
    ConnectionCut,
    /// What was wrong with the answer, for the log.
    #[error("Discord's answer could not be read{}", detail(.0))]
    Unreadable(String),
    #[error("stopping")]
    Stopping,
    #[error("the request could not be made")]
    RequestNotMade,
    #[error("its thread was renamed twice within ten minutes")]
    RenamedTooOften,
    #[error("10 messages were published here within an hour")]
    PublishedTooOften,
    #[error("it ended more than a day ago and could not be told before")]
    TooLate,
    #[error("the channel is gone")]
    ChannelGone,
    #[error("the bot was removed from the server")]
    ServerLeft,
    /// Discord refused it, or we did so ourselves.
    #[error(transparent)]
    Refused(PermanentReason),
    /// A record of an earlier version: its words, in English.
    #[serde(untagged)]
    #[error("{0}")]
    Other(String),
}

fn detail(what: &str) -> String {
    if what.is_empty() { String::new() } else { format!(": {what}") }
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

/// Stores no reason as an empty text, as earlier versions did.
pub(super) mod or_empty {
    use super::{Deserialize as _, Deserializer, Reason, Serialize as _, Serializer};

    #[expect(clippy::ref_option, reason = "serde gives a reference")]
    pub(crate) fn serialize<S: Serializer>(reason: &Option<Reason>, to: S) -> Result<S::Ok, S::Error> {
        match reason {
            Some(reason) => reason.serialize(to),
            None => to.serialize_str(""),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Reason>, D::Error> {
        let reason = Reason::deserialize(from)?;
        Ok(Some(reason).filter(|reason| *reason != Reason::Other(String::new())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_stored_by_name_and_old_texts_are_kept() {
        let no_access = PermanentReason::NoPermission { code: 50001, why: "Missing Access".to_owned() };
        for (reason, stored) in [
            (Reason::RateLimited, r#""rate_limited""#),
            (Reason::Answered(502), r#"{"answered":502}"#),
            (Reason::Refused(PermanentReason::UnknownChannel), r#"{"refused":"unknown_channel"}"#),
            (
                Reason::Refused(no_access),
                r#"{"refused":{"no_permission":{"code":50001,"why":"Missing Access"}}}"#,
            ),
            (Reason::Other("Missing Access (50001)".to_owned()), r#""Missing Access (50001)""#),
        ] {
            assert_eq!(serde_json::to_string(&reason).unwrap(), stored);
            assert_eq!(serde_json::from_str::<Reason>(stored).unwrap(), reason);
        }
    }
}
