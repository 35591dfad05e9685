//! What somebody may do in a channel: Discord's own computation over roles and overwrites.
//!
//! Source of the bits and of the order in which they are applied: Discord's reference, "Permissions" (topics/permissions).
//!
//! Never: nothing is asked of Discord here; whoever has the roles and overwrites hands them in.

use crate::alerts::{GuildId, RoleId, UserId};

/// Everything, whatever the overwrites say.
pub const ADMINISTRATOR: u64 = 1 << 3;
/// Change, and delete, channels.
pub const MANAGE_CHANNELS: u64 = 1 << 4;
/// See the channel; without it, nothing else counts there.
pub const VIEW_CHANNEL: u64 = 1 << 10;
/// Write messages, and posts of a forum.
pub const SEND_MESSAGES: u64 = 1 << 11;
/// Delete others' messages, and publish others'.
pub const MANAGE_MESSAGES: u64 = 1 << 13;
/// Have links shown with a preview.
pub const EMBED_LINKS: u64 = 1 << 14;
/// Attach pictures.
pub const ATTACH_FILES: u64 = 1 << 15;
/// Read what was written before.
pub const READ_MESSAGE_HISTORY: u64 = 1 << 16;
/// Mention roles that are not mentionable by everybody.
pub const MENTION_EVERYONE: u64 = 1 << 17;
/// Close, open and delete threads.
pub const MANAGE_THREADS: u64 = 1 << 34;
/// Open a thread on a message.
pub const CREATE_PUBLIC_THREADS: u64 = 1 << 35;
/// Write in threads.
pub const SEND_MESSAGES_IN_THREADS: u64 = 1 << 38;

/// All of a server's text permissions that the bot can make use of.
pub const ALL_TEXT: u64 = VIEW_CHANNEL
    | SEND_MESSAGES
    | EMBED_LINKS
    | ATTACH_FILES
    | READ_MESSAGE_HISTORY
    | MENTION_EVERYONE
    | CREATE_PUBLIC_THREADS
    | SEND_MESSAGES_IN_THREADS;

/// A role of a server. The role with the server's own id is everybody's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Which one.
    pub id: RoleId,
    /// Its name, without `@`.
    pub name: String,
    /// What it allows in the whole server.
    pub permissions: u64,
    /// Whether anybody may mention it.
    pub mentionable: bool,
}

/// Whom an overwrite is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Everybody with this role.
    Role(RoleId),
    /// This member.
    Member(UserId),
}

/// An exception in one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overwrite {
    /// For whom.
    pub whose: Whose,
    /// What it takes away.
    pub deny: u64,
    /// What it gives; it wins over what the same overwrite takes away.
    pub allow: u64,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Their user.
    pub user: UserId,
    /// Their roles, without everybody's.
    pub roles: Vec<RoleId>,
    /// They own the server.
    pub owner: bool,
}

/// What a member may do in the whole server.
pub fn in_server(guild: GuildId, roles: &[Role], member: &Member) -> u64 {
    if member.owner {
        return u64::MAX;
    }
    let theirs = |role: &&Role| role.id.0 == guild.0 || member.roles.contains(&role.id);
    let base = roles.iter().filter(theirs).fold(0, |bits, role| bits | role.permissions);
    if base & ADMINISTRATOR != 0 { u64::MAX } else { base }
}

/// What a member may do in one channel. For a thread, the overwrites are its parent's.
pub fn in_channel(guild: GuildId, roles: &[Role], member: &Member, overwrites: &[Overwrite]) -> u64 {
    let base = in_server(guild, roles, member);
    if base == u64::MAX {
        return base;
    }
    let apply = |bits: u64, (deny, allow): (u64, u64)| bits & !deny | allow;
    let sum = |of: &dyn Fn(Whose) -> bool| {
        overwrites
            .iter()
            .filter(|o| of(o.whose))
            .fold((0, 0), |(deny, allow), o| (deny | o.deny, allow | o.allow))
    };
    let everybody = sum(&|whose| whose == Whose::Role(RoleId(guild.0)));
    let by_role =
        sum(&|whose| matches!(whose, Whose::Role(id) if id.0 != guild.0 && member.roles.contains(&id)));
    let own = sum(&|whose| whose == Whose::Member(member.user));
    let bits = [everybody, by_role, own].into_iter().fold(base, apply);
    if bits & VIEW_CHANNEL == 0 { 0 } else { bits }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUILD: GuildId = GuildId(1);
    const BOT: UserId = UserId(9);

    fn role(id: u64, permissions: u64) -> Role {
        Role { id: RoleId(id), name: format!("role-{id}"), permissions, mentionable: false }
    }

    fn bot(roles: &[u64]) -> Member {
        Member { user: BOT, roles: roles.iter().copied().map(RoleId).collect(), owner: false }
    }

    #[test]
    fn a_member_overwrite_wins_over_a_role_and_a_role_over_everybody() {
        let roles = [role(1, VIEW_CHANNEL | SEND_MESSAGES), role(2, 0)];
        let deny_all = Overwrite { whose: Whose::Role(RoleId(1)), deny: SEND_MESSAGES, allow: 0 };
        let allow_role = Overwrite { whose: Whose::Role(RoleId(2)), deny: 0, allow: SEND_MESSAGES };
        let deny_bot = Overwrite { whose: Whose::Member(BOT), deny: SEND_MESSAGES, allow: 0 };
        let may =
            |overwrites: &[Overwrite]| in_channel(GUILD, &roles, &bot(&[2]), overwrites) & SEND_MESSAGES != 0;
        assert!(may(&[]));
        assert!(!may(&[deny_all]));
        assert!(may(&[deny_all, allow_role]));
        assert!(!may(&[deny_all, allow_role, deny_bot]));
    }

    #[test]
    fn a_channel_that_cannot_be_seen_allows_nothing() {
        let hide = Overwrite { whose: Whose::Member(BOT), deny: VIEW_CHANNEL, allow: SEND_MESSAGES };
        assert_eq!(in_channel(GUILD, &[role(1, ALL_TEXT)], &bot(&[]), &[hide]), 0);
    }

    #[test]
    fn an_administrator_and_the_owner_are_above_overwrites() {
        let hide = Overwrite { whose: Whose::Role(RoleId(1)), deny: u64::MAX, allow: 0 };
        let roles = [role(1, 0), role(2, ADMINISTRATOR)];
        assert_eq!(in_channel(GUILD, &roles, &bot(&[2]), &[hide]), u64::MAX);
        let owner = Member { owner: true, ..bot(&[]) };
        assert_eq!(in_channel(GUILD, &roles, &owner, &[hide]), u64::MAX);
    }
}
