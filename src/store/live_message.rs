//! The one message of a server that is kept current, and what is left of those before it.

use serde::{Deserialize, Serialize};

use crate::ids::{ChannelId, GuildId, MessageId};

/// A message that is kept current.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveStatusMessage {
    /// The server; it has at most one board.
    pub guild: GuildId,
    pub channel: ChannelId,
    /// The message; none before it was first posted.
    pub message: Option<MessageId>,
    /// The language of its server's posts, as a tag; none in records from before it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Messages of boards that were moved or ended. Each is to be taken down: it would say forever that the bot is down.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former: Vec<(ChannelId, MessageId)>,
    /// It is over: only its former messages are left to be taken down.
    #[serde(default, skip_serializing_if = "is_false")]
    pub ended: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl LiveStatusMessage {
    /// The board as somebody wishes it, in place of what was kept; none where that is so already.
    pub(super) fn wished(
        stored: Option<Self>,
        guild: GuildId,
        channel: ChannelId,
        language: &str,
    ) -> Option<Self> {
        let language = Some(language.to_owned());
        match stored {
            Some(stored) if stored.channel == channel && !stored.ended => {
                (stored.language != language).then_some(Self { language, ..stored })
            }
            stored => {
                let former = stored.map(Self::left).unwrap_or_default();
                Some(Self { guild, channel, message: None, language, former, ended: false })
            }
        }
    }

    /// What is left of it when it ends.
    pub(super) fn over(self) -> Self {
        Self { ended: true, message: None, former: self.clone().left(), ..self }
    }

    /// The same without a message that was taken down.
    pub(super) fn without(mut self, channel: ChannelId, message: MessageId) -> Self {
        self.former.retain(|former| *former != (channel, message));
        self
    }

    /// Whether nothing more is to be done about it.
    pub(super) fn is_done(&self) -> bool {
        self.ended && self.former.is_empty()
    }

    fn left(mut self) -> Vec<(ChannelId, MessageId)> {
        self.former.extend(self.message.map(|message| (self.channel, message)));
        self.former
    }
}
