//! Events of the notifier that the operator must know.

use std::fmt;

use crate::chat::limits::shorten;
use crate::ids::{ChannelId, GuildId};

/// A reason of this length leaves room in a message of 2,000 characters; the log has all of it.
const MOST_REASON: usize = 1_500;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OperatorEvent {
    /// A delivery was given up.
    GivenUp { guild: GuildId, channel: ChannelId, why: String },
    /// Discord refuses us in a channel: its subscription is suspended, and is resumed once posting works again.
    Paused {
        guild: GuildId,
        channel: ChannelId,
        /// What Discord said.
        why: String,
    },
    /// A paused subscription works again.
    Healed { guild: GuildId, channel: ChannelId },
    /// A channel is gone; its subscription can be restored for 30 days.
    Gone { guild: GuildId, channel: ChannelId },
    /// Discord rejected one of our messages as malformed, which is a bug. It was sent shorter.
    Malformed {
        channel: ChannelId,
        /// What Discord said.
        why: String,
    },
    /// Discord refuses the token: nothing is sent any longer.
    Unauthorized {
        /// What Discord said.
        why: String,
    },
    /// The store cannot be written or read: alerts wait in it.
    Store { why: String },
    /// Discord refuses to register our commands. The registered commands and alerts go on.
    Registration {
        /// What Discord said.
        why: String,
    },
}

impl OperatorEvent {
    /// Writes the event to the log, with ids as fields. A channel that Discord shows by name is an id here.
    pub(crate) fn log(&self) {
        match self {
            Self::GivenUp { guild, channel, why } => tracing::warn!(%guild, %channel, why, "alert given up"),
            Self::Paused { guild, channel, why } => {
                tracing::warn!(%guild, %channel, why, "alerts paused; they are tried again");
            }
            Self::Healed { guild, channel } => tracing::warn!(%guild, %channel, "alerts resumed"),
            Self::Gone { guild, channel } => {
                tracing::warn!(%guild, %channel, "channel gone; its subscription can be restored for 30 days");
            }
            Self::Malformed { channel, why } => {
                tracing::warn!(%channel, why, "message refused as malformed; it was sent shorter");
            }
            Self::Unauthorized { why } => tracing::warn!(why, "token refused; nothing is sent any more"),
            Self::Store { why } => tracing::warn!(why, "alerts wait in the store"),
            Self::Registration { why } => {
                tracing::warn!(
                    why,
                    "commands refused; registered ones go on, and registering is retried each day"
                );
            }
        }
    }
}

impl fmt::Display for OperatorEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GivenUp { channel, why, .. } => write!(f, "An alert to <#{channel}> was given up: {why}."),
            Self::Paused { channel, why, .. } => {
                write!(f, "Alerts to <#{channel}> are paused: {why}. They are retried automatically.")
            }
            Self::Healed { channel, .. } => write!(f, "Alerts to <#{channel}> have resumed."),
            Self::Gone { channel, .. } => {
                write!(f, "The channel {channel} is gone; its subscription can be restored for 30 days.")
            }
            Self::Malformed { channel, why } => {
                write!(
                    f,
                    "Discord rejected our message to <#{channel}> as malformed ({why}); it was sent shorter."
                )
            }
            Self::Unauthorized { why } => write!(f, "Nothing is sent any more: {why}."),
            Self::Store { why } => write!(f, "Alerts wait in the store: {why}."),
            Self::Registration { why } => write!(
                f,
                "Discord refuses to register my commands: {}. Alerts and the registered commands go on. I retry each day.",
                shorten(why, MOST_REASON)
            ),
        }
    }
}
