//! What the bot may do in a channel, by Discord's permission bits.
//!
//! Bits and names: Discord's documentation, "Permissions" (<https://docs.discord.com/developers/topics/permissions>).

use crate::alerts::{ChannelKind, UpdateMode};
use crate::i18n::Language;

/// One permission: its bit, and the key of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permission {
    bit: u64,
    word: &'static str,
}

/// Everything.
const ADMINISTRATOR: u64 = 1 << 3;
/// Manage channels: a moderator needs it in a channel to decide about its alerts.
const MANAGE_CHANNELS: u64 = 1 << 4;
/// See the channel.
pub const VIEW: Permission = Permission { bit: 1 << 10, word: "permission-view-channel" };
/// Send messages; in a forum: make posts.
pub const SEND: Permission = Permission { bit: 1 << 11, word: "permission-send-messages" };
/// Attach images.
pub const ATTACH: Permission = Permission { bit: 1 << 15, word: "permission-attach-files" };
/// Read the message history: without it, the bot cannot find out whether its message arrived.
pub const READ_HISTORY: Permission = Permission { bit: 1 << 16, word: "permission-read-message-history" };
/// Mention roles that are not mentionable by everybody.
pub const MENTION: Permission = Permission { bit: 1 << 17, word: "permission-mention-everyone" };
/// Join a voice or stage channel: without it, nothing can be posted there.
pub const CONNECT: Permission = Permission { bit: 1 << 20, word: "permission-connect" };
pub const OPEN_THREADS: Permission = Permission { bit: 1 << 35, word: "permission-create-public-threads" };
pub const SEND_IN_THREADS: Permission =
    Permission { bit: 1 << 38, word: "permission-send-messages-in-threads" };

/// What an invite link must ask for, so that every mode works: the sum of all of the above.
pub const INVITE: u64 = VIEW.bit
    | SEND.bit
    | ATTACH.bit
    | READ_HISTORY.bit
    | MENTION.bit
    | OPEN_THREADS.bit
    | SEND_IN_THREADS.bit;

/// The permissions that a subscription needs in a channel of this kind.
pub fn needed(channel_kind: ChannelKind, mode: UpdateMode) -> Vec<Permission> {
    let mut needed = vec![VIEW];
    match (channel_kind, mode) {
        (ChannelKind::Thread, _) => needed.push(SEND_IN_THREADS),
        (ChannelKind::Forum, _) => needed.extend([SEND, SEND_IN_THREADS]),
        (_, UpdateMode::Thread) => needed.extend([SEND, OPEN_THREADS, SEND_IN_THREADS]),
        _ => needed.push(SEND),
    }
    needed.push(READ_HISTORY);
    needed
}

/// The permissions of `needed` that are missing in `may`.
pub fn lacking(may: u64, needed: &[Permission]) -> Vec<Permission> {
    let held = |permission: &Permission| may & (ADMINISTRATOR | permission.bit) != 0;
    needed.iter().copied().filter(|permission| !held(permission)).collect()
}

/// The permissions that both contain.
pub fn both(may: u64, other: u64) -> u64 {
    let all = |bits: u64| if bits & ADMINISTRATOR == 0 { bits } else { u64::MAX };
    all(may) & all(other)
}

/// Returns whether `may` contains a permission.
pub fn holds(may: u64, permission: Permission) -> bool {
    lacking(may, &[permission]).is_empty()
}

/// Returns whether these permissions allow deciding about a channel's alerts.
pub fn manages_channels(theirs: u64) -> bool {
    theirs & (ADMINISTRATOR | MANAGE_CHANNELS) != 0
}

/// The permissions' names as Discord shows them, in bold.
pub fn names(permissions: &[Permission], language: Language) -> String {
    let bold = |permission: &Permission| format!("**{}**", language.say(permission.word));
    permissions.iter().map(bold).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_and_an_administrator_lacks_nothing() {
        let needed = needed(ChannelKind::Text, UpdateMode::Thread);
        assert_eq!(lacking(VIEW.bit | SEND.bit | READ_HISTORY.bit, &needed), [OPEN_THREADS, SEND_IN_THREADS]);
        assert!(lacking(ADMINISTRATOR, &needed).is_empty());
    }
}
