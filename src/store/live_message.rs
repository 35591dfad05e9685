//! The live status message of a guild, and the messages left over from former ones.

use serde::{Deserialize, Serialize};

use crate::ids::{ChannelId, GuildId, MessageId};

/// A live status message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveStatusMessage {
    /// The guild, which has at most one live status message.
    pub guild: GuildId,
    pub channel: ChannelId,
    /// The message; `None` until it is first posted.
    pub message: Option<MessageId>,
    /// The language tag of the guild's posts; `None` in records of versions that did not store it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Messages of live status messages that were moved or ended. Each is to be deleted: an outdated one would show
    /// forever that the bot is down.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former: Vec<(ChannelId, MessageId)>,
    /// It ended: only its former messages are left to be deleted.
    #[serde(default, skip_serializing_if = "is_false")]
    pub ended: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl LiveStatusMessage {
    /// Applies the requested settings. Returns `None` if nothing changes.
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

    /// Ends it; its message is to be deleted.
    pub(super) fn over(self) -> Self {
        Self { ended: true, message: None, former: self.clone().left(), ..self }
    }

    /// Removes a former message that was deleted.
    pub(super) fn without(mut self, channel: ChannelId, message: MessageId) -> Self {
        self.former.retain(|former| *former != (channel, message));
        self
    }

    /// Whether nothing is left to do.
    pub(super) fn is_done(&self) -> bool {
        self.ended && self.former.is_empty()
    }

    fn left(mut self) -> Vec<(ChannelId, MessageId)> {
        self.former.extend(self.message.map(|message| (self.channel, message)));
        self.former
    }
}
