//! Finds our own messages again.

use jiff::Timestamp;

use super::json::Node;
use crate::ids::{MessageId, UserId};

/// The epoch of Discord's ids (reference, "Snowflakes").
const DISCORD_EPOCH_MS: i64 = 1_420_070_400_000;

/// Returns the smallest id of a message that was posted at `at` or later, minus one, as `after=` needs it.
pub fn posted_before(at: Timestamp) -> MessageId {
    let since = u64::try_from(at.as_millisecond() - DISCORD_EPOCH_MS).unwrap_or(0);
    MessageId((since << 22).saturating_sub(1))
}

/// The deepest nesting of components: rows in containers, with room for what Discord may add.
const MOST_NESTING: usize = 8;

/// Returns whether `who` wrote a message.
pub fn is_by(message: Node<'_>, who: UserId) -> bool {
    message.get("author").get("id").id() == Some(who.0)
}

/// Returns whether a message contains a marker: in its text, or in a button's or menu's custom id.
pub fn carries(message: Node<'_>, marker: &str) -> bool {
    let [content, components] = message.pick(["content", "components"]);
    content.text_or_empty().contains(marker) || has_custom_id(components, marker, MOST_NESTING)
}

fn has_custom_id(components: Node<'_>, marker: &str, nesting: usize) -> bool {
    let Some(nesting) = nesting.checked_sub(1) else { return false };
    components.list(usize::MAX).into_iter().any(|component| {
        let [id, inner] = component.pick(["custom_id", "components"]);
        id.text_or_empty().contains(marker) || has_custom_id(inner, marker, nesting)
    })
}
