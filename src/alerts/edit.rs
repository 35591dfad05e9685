//! What a person may ask to be changed.
//!
//! A change is kept together with the id of the interaction that asked for it, so that it happens once however often it
//! arrives.

use serde::{Deserialize, Serialize};

use super::Subscription;
use crate::health::{OutageEvent, OutageId};
use crate::ids::{ChannelId, GuildId, MessageId, UserId};

/// What a person asked to be changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionEdit {
    /// Keep this subscription; it replaces the channel's former one.
    Subscribe(Box<Subscription>),
    /// Forget a channel's subscription.
    Unsubscribe(GuildId, ChannelId),
    /// Send previews of these events to a channel; they touch no state.
    Preview(GuildId, ChannelId, Vec<OutageEvent>),
    /// Post to a channel what it missed of this event.
    CatchUp(GuildId, ChannelId, Box<OutageEvent>),
    /// Remind the channels that want it that an outage goes on, for the n-th time. Asked by the notifier, with an
    /// interaction id made from the outage and the count, so that a restart does not ask twice.
    Remind(Box<OutageEvent>, u32),
    /// Keep one message of this channel current, in a language that is named by its tag; the server's former board ends.
    #[serde(rename = "board")]
    LiveMessage(GuildId, ChannelId, String),
    /// End a server's board; where a channel is named, only if it stands there.
    #[serde(rename = "end_board")]
    EndLiveStatus(GuildId, Option<ChannelId>),
    /// A message that a former board left behind is gone. Asked by the notifier.
    TakenDown(GuildId, ChannelId, MessageId),
    /// Forget everything about a server.
    DeleteData(GuildId),
    /// Forget everything about a person: where they wait, and what they reported.
    ForgetPerson(UserId),
    /// Mute the rest of an outage in a channel, its end excepted.
    Acknowledge(GuildId, ChannelId, OutageId),
    /// Tell this person when the outage ends, where they asked; asked again, do not tell them.
    #[serde(rename = "tell_when_back")]
    NotifyOnRecovery {
        outage: OutageId,
        person: UserId,
        /// The server in which they asked, so that it is forgotten with it; none in a direct conversation.
        guild: Option<GuildId>,
        /// Where the end is to be told: a channel, or the direct conversation.
        channel: ChannelId,
        /// The message of which the press came, to reply to.
        message: Option<MessageId>,
        /// They are told in person, because they asked in a direct conversation.
        direct: bool,
        /// The language in which they are told, as a tag: the server's, or in a direct conversation their own.
        language: String,
    },
    /// Count a person's "it fails for me". The store keeps a hash of them under the outage's own salt; both are dropped
    /// after the outage, or after a quarter of an hour.
    Report {
        /// Which outage; none while everything looks well.
        outage: Option<OutageId>,
        person: UserId,
    },
    /// Count whether an entry of the FAQ helped; no person is kept.
    Vote { entry: String, helped: bool },
    /// Count a question that found no answer; its text only where the operator asked for it, redacted.
    Unanswered {
        /// The redacted question, if texts are collected.
        text: Option<String>,
    },
}

impl SubscriptionEdit {
    /// Whether it needs room on a nearly full disk: not what only takes away, nor what the notifier asks for by itself.
    pub fn needs_room(&self) -> bool {
        let takes_away = matches!(
            self,
            Self::Unsubscribe(..) | Self::EndLiveStatus(..) | Self::DeleteData(_) | Self::ForgetPerson(_)
        );
        !takes_away && !matches!(self, Self::Remind(..) | Self::TakenDown(..))
    }
}

/// Where deleted records remain for a while, beneath the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Remains {
    /// Nowhere: the store is memory.
    #[default]
    Nowhere,
    /// In the store's files and in its hourly backups, until they are rewritten.
    Files,
    /// In what a database and its operator keep of it.
    Database,
}
