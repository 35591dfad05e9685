//! The live status message of a guild.

use super::super::key::RecordKey;
use super::super::tx::Tx;
use super::super::{EditResult, LiveStatusMessage, StoreError};
use crate::ids::{ChannelId, GuildId, MessageId};

/// Stores a guild's live status message as `change` changes it, if `change` returns one.
pub(in crate::store) async fn edit<T: Tx>(
    tx: &mut T,
    guild: GuildId,
    change: impl FnOnce(Option<LiveStatusMessage>) -> Option<LiveStatusMessage> + Send,
) -> Result<EditResult, StoreError> {
    let key = RecordKey::new().guild(guild);
    let Some(live_message) = change(tx.get_for_update::<LiveStatusMessage>(&key).await?) else {
        return Ok(EditResult::Nothing);
    };
    if live_message.is_done() {
        tx.delete::<LiveStatusMessage>(&key).await?;
    } else {
        tx.put(&live_message).await?;
    }
    Ok(EditResult::Now)
}

/// Stores the id of its message. Returns `false` if the channel has no live status message any more.
pub(in crate::store) async fn save<T: Tx>(
    tx: &mut T,
    guild: GuildId,
    channel: ChannelId,
    message: Option<MessageId>,
) -> Result<bool, StoreError> {
    let stored = tx.get_for_update::<LiveStatusMessage>(&RecordKey::new().guild(guild)).await?;
    let is_there = |live: &LiveStatusMessage| live.channel == channel && !live.ended;
    let Some(mut live_message) = stored.filter(is_there) else { return Ok(false) };
    if live_message.message != message {
        live_message.message = message;
        tx.put(&live_message).await?;
    }
    Ok(true)
}
