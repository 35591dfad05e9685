//! Computes what somebody may do in a channel, as Discord does from roles and overwrites.
//!
//! Source of the bits and of the order in which they apply: Discord's reference, "Permissions" (topics/permissions).

use crate::ids::{GuildId, RoleId, UserId};

/// Everything, whatever the overwrites say.
pub const ADMINISTRATOR: u64 = 1 << 3;
/// Edit and delete channels.
pub const MANAGE_CHANNELS: u64 = 1 << 4;
/// See the channel; without it, no other permission applies there.
pub const VIEW_CHANNEL: u64 = 1 << 10;
/// Write messages and forum posts.
pub const SEND_MESSAGES: u64 = 1 << 11;
/// Delete and publish messages of others.
pub const MANAGE_MESSAGES: u64 = 1 << 13;
/// Have links shown with a preview.
pub const EMBED_LINKS: u64 = 1 << 14;
/// Attach files, charts for example.
pub const ATTACH_FILES: u64 = 1 << 15;
/// Read earlier messages.
pub const READ_MESSAGE_HISTORY: u64 = 1 << 16;
/// Mention roles that are not mentionable by everybody.
pub const MENTION_EVERYONE: u64 = 1 << 17;
/// Join a voice or stage channel; without it, no other permission applies there.
pub const CONNECT: u64 = 1 << 20;
pub const MANAGE_THREADS: u64 = 1 << 34;
pub const CREATE_PUBLIC_THREADS: u64 = 1 << 35;
pub const SEND_MESSAGES_IN_THREADS: u64 = 1 << 38;

/// Permissions that need the permission to write in the channel (reference, "Implicit permissions").
const WITH_SENDING: u64 = MENTION_EVERYONE | EMBED_LINKS | ATTACH_FILES;
/// Permissions that a timed-out member retains (reference, "Permissions for timed out members").
const WHILE_TIMED_OUT: u64 = VIEW_CHANNEL | READ_MESSAGE_HISTORY;

/// A role of a member that could not be read. It may be a role that denies, so the member may do nothing.
pub const UNREAD_ROLE: RoleId = RoleId(0);

/// All text permissions of a server that the bot can use.
pub const ALL_TEXT: u64 = VIEW_CHANNEL
    | SEND_MESSAGES
    | EMBED_LINKS
    | ATTACH_FILES
    | READ_MESSAGE_HISTORY
    | MENTION_EVERYONE
    | CREATE_PUBLIC_THREADS
    | SEND_MESSAGES_IN_THREADS;

/// A role of a server. The role with the server's own id is `@everyone`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    pub id: RoleId,
    /// Its name, without `@`.
    pub name: String,
    /// What it allows in the whole server.
    pub permissions: u64,
    pub mentionable: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverwriteTarget {
    Role(RoleId),
    Member(UserId),
}

/// An exception in one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overwrite {
    pub whose: OverwriteTarget,
    pub deny: u64,
    /// It takes precedence over `deny` of the same overwrite.
    pub allow: u64,
}

/// The member whose permissions are computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub user: UserId,
    /// Their roles, without `@everyone`.
    pub roles: Vec<RoleId>,
    pub owner: bool,
    pub timed_out: bool,
}

/// Which implicit permissions apply to a channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PermissionScope {
    /// A text or announcement channel, or a forum.
    #[default]
    Text,
    /// A voice or stage channel.
    Voice,
    /// A thread that is visible to everybody who sees its parent.
    Thread,
    /// A thread that is visible only to members who joined it or manage threads.
    PrivateThread,
}

/// The part of a channel that permissions depend on.
#[derive(Clone, Copy, Debug, Default)]
pub struct ChannelPermissions<'a> {
    /// Which implicit permissions apply to it.
    pub kind: PermissionScope,
    /// Its overwrites; for a thread, its parent's.
    pub overwrites: &'a [Overwrite],
    /// What overwrites deny whose target could not be read.
    pub denied: u64,
    /// Whether the member has joined this private thread.
    pub joined: bool,
}

/// Returns what a member may do in the whole server.
pub fn in_server(guild: GuildId, roles: &[Role], member: &Member) -> u64 {
    if member.owner {
        return u64::MAX;
    }
    if member.roles.contains(&UNREAD_ROLE) {
        return 0;
    }
    let theirs = |role: &&Role| role.id.0 == guild.0 || member.roles.contains(&role.id);
    let base = roles.iter().filter(theirs).fold(0, |bits, role| bits | role.permissions);
    if base & ADMINISTRATOR != 0 { u64::MAX } else { base }
}

/// Returns what a member may do in one channel, including implicit permissions.
pub fn in_channel(guild: GuildId, roles: &[Role], member: &Member, channel: &ChannelPermissions<'_>) -> u64 {
    implied(granted_in_channel(guild, roles, member, channel), channel.kind)
}

/// Returns what a member was granted in one channel, without implicit permissions. Everything that is missing here can be
/// granted.
pub fn granted_in_channel(
    guild: GuildId,
    roles: &[Role],
    member: &Member,
    channel: &ChannelPermissions<'_>,
) -> u64 {
    let base = in_server(guild, roles, member);
    if base == u64::MAX {
        return base;
    }
    let apply = |bits: u64, (deny, allow): (u64, u64)| bits & !deny | allow;
    let sum = |of: &dyn Fn(OverwriteTarget) -> bool| {
        let meant = channel.overwrites.iter().filter(|o| of(o.whose));
        meant.fold((0, 0), |(deny, allow), o| (deny | o.deny, allow | o.allow))
    };
    let everybody = sum(&|whose| whose == OverwriteTarget::Role(RoleId(guild.0)));
    let by_role = sum(
        &|whose| matches!(whose, OverwriteTarget::Role(id) if id.0 != guild.0 && member.roles.contains(&id)),
    );
    let own = sum(&|whose| whose == OverwriteTarget::Member(member.user));
    let mut bits = [everybody, by_role, own].into_iter().fold(base, apply) & !channel.denied;
    // An overwrite restores nothing for a member with an unreadable role.
    if member.roles.contains(&UNREAD_ROLE) {
        bits = 0;
    }
    if member.timed_out {
        bits &= WHILE_TIMED_OUT;
    }
    match channel.kind {
        // The permission to write is not inherited from the channel (reference, "Inherited permissions").
        PermissionScope::Thread => bits & !SEND_MESSAGES,
        PermissionScope::PrivateThread if channel.joined || bits & MANAGE_THREADS != 0 => {
            bits & !SEND_MESSAGES
        }
        PermissionScope::PrivateThread => 0,
        PermissionScope::Text | PermissionScope::Voice => bits,
    }
}

/// Returns what is left after removing permissions that need another, missing one.
fn implied(bits: u64, kind: PermissionScope) -> u64 {
    if bits == u64::MAX {
        return bits;
    }
    if bits & VIEW_CHANNEL == 0 {
        return 0;
    }
    if kind == PermissionScope::Voice && bits & CONNECT == 0 {
        return VIEW_CHANNEL;
    }
    let sending = if matches!(kind, PermissionScope::Thread | PermissionScope::PrivateThread) {
        SEND_MESSAGES_IN_THREADS
    } else {
        SEND_MESSAGES
    };
    if bits & sending == 0 { bits & !WITH_SENDING } else { bits }
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
        let roles = roles.iter().copied().map(RoleId).collect();
        Member { user: BOT, roles, owner: false, timed_out: false }
    }

    fn text(overwrites: &[Overwrite]) -> ChannelPermissions<'_> {
        ChannelPermissions { overwrites, ..ChannelPermissions::default() }
    }

    fn all(id: u64) -> [Role; 1] {
        [role(id, ALL_TEXT | CONNECT | MANAGE_CHANNELS)]
    }

    #[test]
    fn in_a_voice_channel_nothing_counts_without_connect() {
        let deny = [Overwrite { whose: OverwriteTarget::Role(RoleId(1)), deny: CONNECT, allow: 0 }];
        let voice = |overwrites| ChannelPermissions {
            kind: PermissionScope::Voice,
            overwrites,
            ..ChannelPermissions::default()
        };
        let may = |channel: &ChannelPermissions<'_>| in_channel(GUILD, &all(1), &bot(&[]), channel);
        assert_eq!(may(&voice(&deny)), VIEW_CHANNEL);
        assert_eq!(may(&voice(&[])) & (SEND_MESSAGES | MANAGE_CHANNELS), SEND_MESSAGES | MANAGE_CHANNELS);
        assert_eq!(may(&text(&deny)) & SEND_MESSAGES, SEND_MESSAGES, "a text channel has no Connect");
        // Only Connect is reported as missing.
        let granted = granted_in_channel(GUILD, &all(1), &bot(&[]), &voice(&deny));
        assert_eq!(granted & (SEND_MESSAGES | CONNECT), SEND_MESSAGES);
    }

    #[test]
    fn timed_out_members_can_only_read_unless_administrators() {
        let timed_out = Member { timed_out: true, ..bot(&[]) };
        let may = |member: &Member, roles: &[Role]| in_channel(GUILD, roles, member, &text(&[]));
        assert_eq!(may(&timed_out, &all(1)), VIEW_CHANNEL | READ_MESSAGE_HISTORY);
        assert_eq!(may(&timed_out, &[role(1, ADMINISTRATOR)]), u64::MAX);
        assert_eq!(may(&Member { owner: true, ..timed_out }, &all(1)), u64::MAX);
    }

    #[test]
    fn threads_need_their_own_permission_and_private_ones_membership() {
        let in_thread = |roles: &[Role], kind, joined| {
            in_channel(
                GUILD,
                roles,
                &bot(&[]),
                &ChannelPermissions { kind, joined, ..ChannelPermissions::default() },
            )
        };
        let may = in_thread(&all(1), PermissionScope::Thread, false);
        assert_eq!(
            may & (SEND_MESSAGES | SEND_MESSAGES_IN_THREADS | MENTION_EVERYONE),
            SEND_MESSAGES_IN_THREADS | MENTION_EVERYONE
        );
        let mute = [role(1, ALL_TEXT & !SEND_MESSAGES_IN_THREADS)];
        assert_eq!(
            in_thread(&mute, PermissionScope::Thread, false) & MENTION_EVERYONE,
            0,
            "nothing to mention with"
        );
        assert_eq!(in_thread(&all(1), PermissionScope::PrivateThread, false), 0);
        assert_ne!(in_thread(&all(1), PermissionScope::PrivateThread, true) & SEND_MESSAGES_IN_THREADS, 0);
        assert_ne!(
            in_thread(&[role(1, ALL_TEXT | MANAGE_THREADS)], PermissionScope::PrivateThread, false),
            0
        );
    }

    #[test]
    fn what_cannot_be_read_denies() {
        let may = |roles: &[u64], denied| {
            in_channel(
                GUILD,
                &all(1),
                &bot(roles),
                &ChannelPermissions { denied, ..ChannelPermissions::default() },
            )
        };
        assert_eq!(may(&[], SEND_MESSAGES) & SEND_MESSAGES, 0);
        assert_eq!(may(&[], u64::MAX), 0);
        assert_eq!(may(&[UNREAD_ROLE.0], 0), 0);
        let give = [Overwrite { whose: OverwriteTarget::Role(RoleId(1)), deny: 0, allow: ALL_TEXT }];
        assert_eq!(in_channel(GUILD, &all(1), &bot(&[0]), &text(&give)), 0);
    }

    #[test]
    fn member_overwrite_wins_over_role_and_role_over_everyone() {
        let roles = [role(1, VIEW_CHANNEL | SEND_MESSAGES), role(2, 0)];
        let deny_all = Overwrite { whose: OverwriteTarget::Role(RoleId(1)), deny: SEND_MESSAGES, allow: 0 };
        let allow_role = Overwrite { whose: OverwriteTarget::Role(RoleId(2)), deny: 0, allow: SEND_MESSAGES };
        let deny_bot = Overwrite { whose: OverwriteTarget::Member(BOT), deny: SEND_MESSAGES, allow: 0 };
        let may = |overwrites: &[Overwrite]| {
            in_channel(GUILD, &roles, &bot(&[2]), &text(overwrites)) & SEND_MESSAGES != 0
        };
        assert!(may(&[]));
        assert!(!may(&[deny_all]));
        assert!(may(&[deny_all, allow_role]));
        assert!(!may(&[deny_all, allow_role, deny_bot]));
    }

    #[test]
    fn a_channel_that_cannot_be_seen_allows_nothing() {
        let hide =
            Overwrite { whose: OverwriteTarget::Member(BOT), deny: VIEW_CHANNEL, allow: SEND_MESSAGES };
        assert_eq!(in_channel(GUILD, &[role(1, ALL_TEXT)], &bot(&[]), &text(&[hide])), 0);
    }

    #[test]
    fn an_administrator_and_the_owner_are_above_overwrites() {
        let hide = Overwrite { whose: OverwriteTarget::Role(RoleId(1)), deny: u64::MAX, allow: 0 };
        let roles = [role(1, 0), role(2, ADMINISTRATOR)];
        assert_eq!(in_channel(GUILD, &roles, &bot(&[2]), &text(&[hide])), u64::MAX);
        let owner = Member { owner: true, ..bot(&[]) };
        assert_eq!(in_channel(GUILD, &roles, &owner, &text(&[hide])), u64::MAX);
    }
}
