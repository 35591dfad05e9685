//! Finding a message of our own again.
//!
//! Never: another's message is taken for ours; the caller compares the author.

use jiff::Timestamp;
use serde_json::Value;

use crate::alerts::MessageId;

/// When Discord's ids begin (reference, "Snowflakes").
const DISCORD_EPOCH_MS: i64 = 1_420_070_400_000;

/// The smallest id of a message that was posted at `at` or later, less one: what `after=` wants.
pub fn posted_before(at: Timestamp) -> MessageId {
    let since = u64::try_from(at.as_millisecond() - DISCORD_EPOCH_MS).unwrap_or(0);
    MessageId((since << 22).saturating_sub(1))
}

/// Whether a message, as Discord gives it, carries a marker: in its text, or in a button's or menu's custom id.
pub fn carries(message: &Value, marker: &str) -> bool {
    let in_text = message["content"].as_str().is_some_and(|text| text.contains(marker));
    in_text || has_custom_id(&message["components"], marker)
}

fn has_custom_id(components: &Value, marker: &str) -> bool {
    components.as_array().into_iter().flatten().any(|component| {
        component["custom_id"].as_str().is_some_and(|id| id.contains(marker))
            || has_custom_id(&component["components"], marker)
    })
}
