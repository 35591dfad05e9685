//! Changes that a user may request.
//!
//! A change is stored together with the id of the interaction that requested it, so that it is applied once however often it
//! arrives.

use serde::{Deserialize, Serialize};

use super::Subscription;
use crate::health::{OutageEvent, OutageId};
use crate::ids::{ChannelId, GuildId, MessageId, UserId};

/// A change that a user requested, or the notifier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionEdit {
    /// Store this subscription; it replaces the channel's former one.
    Subscribe(Box<Subscription>),
    /// Delete a channel's subscription.
    Unsubscribe(GuildId, ChannelId),
    /// Send previews of these events to a channel; they touch no state.
    Preview(GuildId, ChannelId, Vec<OutageEvent>),
    /// Post to a channel what it missed of this event.
    CatchUp(GuildId, ChannelId, Box<OutageEvent>),
    /// Remind the channels that want it that an outage goes on, for the n-th time. Requested by the notifier, with an
    /// interaction id made from the outage and the count, so that a restart does not request it twice.
    Remind(Box<OutageEvent>, u32),
    /// Keep one message of this channel current, in a language given by its tag. It replaces the server's former live message.
    #[serde(rename = "board")]
    LiveMessage(GuildId, ChannelId, String),
    /// End a server's live status message; if a channel is named, only if the message is there.
    #[serde(rename = "end_board")]
    EndLiveStatus(GuildId, Option<ChannelId>),
    /// A message that a former live status left behind is gone. Requested by the notifier.
    TakenDown(GuildId, ChannelId, MessageId),
    /// Delete all data about a server.
    DeleteData(GuildId),
    /// Delete all data about a user: recovery subscriptions and reports.
    ForgetPerson(UserId),
    /// Mute the rest of an outage in a channel, except its end.
    Acknowledge(GuildId, ChannelId, OutageId),
    /// Mention this user when the outage ends, in the channel of the request; a second request cancels the first.
    #[serde(rename = "tell_when_back")]
    NotifyOnRecovery {
        outage: OutageId,
        person: UserId,
        /// The server of the request, so that its deletion deletes this too; `None` in a direct conversation.
        guild: Option<GuildId>,
        /// Where the end is posted: a channel, or the direct conversation.
        channel: ChannelId,
        /// The message with the pressed button, to reply to.
        message: Option<MessageId>,
        /// The end is sent as a direct message, because the request came from a direct conversation.
        direct: bool,
        /// The language of the message, as a tag: the server's, or in a direct conversation the user's.
        language: String,
    },
    /// Count a user's "it fails for me". The store holds a hash of the user under the outage's own salt. Both are deleted
    /// after the outage, or after a quarter of an hour.
    Report {
        /// Which outage; `None` while everything is up.
        outage: Option<OutageId>,
        person: UserId,
    },
    /// Count whether an entry of the FAQ helped. No user is stored.
    Vote { entry: String, helped: bool },
    /// Count a question without an answer. Its text is stored, redacted, only if the operator asked for that.
    Unanswered {
        /// The redacted question, if texts are collected.
        text: Option<String>,
    },
}

impl SubscriptionEdit {
    /// Whether it needs space on a nearly full disk. Deletions do not, nor do the notifier's own requests.
    pub fn needs_room(&self) -> bool {
        let takes_away = matches!(
            self,
            Self::Unsubscribe(..) | Self::EndLiveStatus(..) | Self::DeleteData(_) | Self::ForgetPerson(_)
        );
        !takes_away && !matches!(self, Self::Remind(..) | Self::TakenDown(..))
    }
}

/// Where deleted records remain for a while, below the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Remains {
    /// Nowhere: the store is in memory.
    #[default]
    Nowhere,
    /// In the store's files and in its hourly backups, until they are rewritten.
    Files,
    /// In what a database and its operator store of it.
    Database,
}
