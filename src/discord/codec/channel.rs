//! Reads channels, servers, members and threads of REST and the gateway, with the fields that we use.
//!
//! An unreadable element of a list does not affect the others. What a permission depends on fails closed: an unreadable role
//! grants nothing, and an unreadable overwrite denies.

use jiff::{SignedDuration, Timestamp};

use super::incoming::role_ids;
use super::json::{Node, Unread, need};
use crate::alerts::ChannelKind;
use crate::discord::Identity;
use crate::discord::permissions::{Overwrite, OverwriteTarget, PermissionScope, Role};
use crate::ids::{ChannelId, GuildId, RoleId, UserId};

/// No list is cut here: a denial at its end would be lost. A response has at most 4 MiB.
const ALL: usize = usize::MAX;

/// Every post of a forum must have a tag (reference, "Channel flags").
const REQUIRE_TAG: u64 = 1 << 4;

/// Discord's channel types (reference, "Channel types").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelType {
    /// 0
    Text,
    /// 1 and 3
    Direct,
    /// 2
    Voice,
    /// 5
    Announcement,
    /// 10 and 11
    PublicThread,
    /// 12
    PrivateThread,
    /// 13
    Stage,
    /// 15, and 16 (a media channel), which behaves like a forum
    Forum,
    /// Any other: a category, a directory, or one that is newer than this program.
    Other,
}

impl ChannelType {
    /// Reads Discord's number of a type.
    pub fn read(kind: Node<'_>) -> Self {
        match kind.number() {
            Some(0) => Self::Text,
            Some(1 | 3) => Self::Direct,
            Some(2) => Self::Voice,
            Some(5) => Self::Announcement,
            Some(10 | 11) => Self::PublicThread,
            Some(12) => Self::PrivateThread,
            Some(13) => Self::Stage,
            Some(15 | 16) => Self::Forum,
            _ => Self::Other,
        }
    }

    /// Returns what the channel is for us, or `None` if it cannot contain messages.
    pub fn venue(self) -> Option<ChannelKind> {
        match self {
            Self::Text | Self::Voice | Self::Stage | Self::Direct => Some(ChannelKind::Text),
            Self::Announcement => Some(ChannelKind::Announcement),
            Self::PublicThread | Self::PrivateThread => Some(ChannelKind::Thread),
            Self::Forum => Some(ChannelKind::Forum),
            Self::Other => None,
        }
    }

    /// Returns whether it belongs to another channel, whose overwrites apply to it.
    pub fn is_thread(self) -> bool {
        matches!(self, Self::PublicThread | Self::PrivateThread)
    }

    /// Returns which implicit permissions apply to it.
    pub fn kind(self) -> PermissionScope {
        match self {
            Self::Voice | Self::Stage => PermissionScope::Voice,
            Self::PublicThread => PermissionScope::Thread,
            Self::PrivateThread => PermissionScope::PrivateThread,
            _ => PermissionScope::Text,
        }
    }
}

#[derive(Clone, Debug)]
pub struct ApiChannel {
    pub kind: ChannelType,
    pub guild: Option<GuildId>,
    pub parent: Option<ChannelId>,
    pub overwrites: Vec<Overwrite>,
    /// What overwrites deny whose target cannot be read: it applies to everybody.
    pub denied: u64,
    /// Every post of this forum must have a tag.
    pub must_tag: bool,
    /// The bot has joined this thread.
    pub joined: bool,
}

impl ApiChannel {
    /// Reads a channel. Every field is optional: what is missing grants nothing.
    pub fn read(channel: Node<'_>) -> Self {
        let [kind, guild, parent, overwrites, flags, member] =
            channel.pick(["type", "guild_id", "parent_id", "permission_overwrites", "flags", "member"]);
        let mut read = Self {
            kind: ChannelType::read(kind),
            guild: guild.id().map(GuildId),
            parent: parent.id().map(ChannelId),
            overwrites: Vec::new(),
            denied: 0,
            must_tag: flags.bits().unwrap_or(0) & REQUIRE_TAG != 0,
            joined: member.is_there(),
        };
        match overwrites.try_list(ALL) {
            Some(list) => list.into_iter().for_each(|overwrite| read.add(overwrite)),
            None if overwrites.is_there() => read.denied = u64::MAX,
            None => {}
        }
        read
    }

    fn add(&mut self, overwrite: Node<'_>) {
        let [id, kind, allow, deny] = overwrite.pick(["id", "type", "allow", "deny"]);
        let whose = id.id().and_then(|id| match kind.number() {
            Some(0) => Some(OverwriteTarget::Role(RoleId(id))),
            Some(1) => Some(OverwriteTarget::Member(UserId(id))),
            _ => None,
        });
        match (whose, deny.bits()) {
            (Some(whose), Some(deny)) => {
                self.overwrites.push(Overwrite { whose, deny, allow: allow.bits().unwrap_or(0) });
            }
            (Some(whose), None) => self.overwrites.push(Overwrite { whose, deny: u64::MAX, allow: 0 }),
            (None, deny) => self.denied |= deny.unwrap_or(u64::MAX),
        }
    }
}

/// The part of a server that permissions depend on.
#[derive(Clone, Debug)]
pub struct ApiGuild {
    /// Its owner; `None` if that cannot be read, so that nobody counts as the owner.
    pub owner: Option<UserId>,
    pub roles: Vec<Role>,
}

impl ApiGuild {
    /// Reads a server. A list of roles is required.
    pub fn read(server: Node<'_>) -> Result<Self, Unread> {
        let [owner, roles] = server.pick(["owner_id", "roles"]);
        let roles = need(roles.try_list(ALL), "roles")?;
        Ok(Self { owner: owner.id().map(UserId), roles: roles.into_iter().filter_map(role).collect() })
    }
}

fn role(role: Node<'_>) -> Option<Role> {
    let [id, name, permissions, mentionable] = role.pick(["id", "name", "permissions", "mentionable"]);
    Some(Role {
        id: RoleId(id.id()?),
        name: name.text_or_empty(),
        permissions: permissions.bits().unwrap_or(0),
        mentionable: mentionable.flag() == Some(true),
    })
}

/// The bot as a member of a server.
#[derive(Clone, Debug)]
pub struct OwnMember {
    pub roles: Vec<RoleId>,
    /// Until when it is timed out; far in the future if that cannot be read.
    pub timed_out_until: Option<Timestamp>,
}

impl OwnMember {
    pub fn read(member: Node<'_>) -> Self {
        let [roles, until] = member.pick(["roles", "communication_disabled_until"]);
        let until = until.is_there().then(|| until.instant().unwrap_or(Timestamp::MAX));
        Self { roles: role_ids(roles), timed_out_until: until }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct ApiThread {
    pub id: ChannelId,
    pub parent: Option<ChannelId>,
    pub owner: Option<UserId>,
}

pub fn read_threads(body: Node<'_>) -> Result<Vec<ApiThread>, Unread> {
    let threads = need(body.get("threads").try_list(ALL), "threads")?;
    let read = threads.into_iter().filter_map(|thread| {
        let [id, parent, owner] = thread.pick(["id", "parent_id", "owner_id"]);
        Some(ApiThread {
            id: ChannelId(id.id()?),
            parent: parent.id().map(ChannelId),
            owner: owner.id().map(UserId),
        })
    });
    Ok(read.collect())
}

pub fn read_identity(application: Node<'_>) -> Result<Identity, Unread> {
    let [id, name, bot] = application.pick(["id", "name", "bot"]);
    let [user, username] = bot.pick(["id", "username"]);
    let id = need(id.id(), "id")?;
    let name = username.text().or_else(|| name.text()).unwrap_or_default();
    Ok(Identity { application: id, user: UserId(user.id().unwrap_or(id)), name })
}

/// Discord's advice for connecting to its gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayBotInfo {
    pub url: String,
    pub shards: u32,
    /// IDENTIFYs that are allowed in a day.
    pub total: u32,
    pub remaining: u32,
    /// Time until all of them are available again.
    pub reset_after: SignedDuration,
    /// How many shards may identify within the same five seconds.
    pub max_concurrency: u16,
}

/// Reads Discord's advice. A missing number defaults to the one that Discord documents for a small bot; our own limit of
/// IDENTIFYs is far below it.
pub fn read_gateway(body: Node<'_>) -> Result<GatewayBotInfo, Unread> {
    let [url, shards, limit] = body.pick(["url", "shards", "session_start_limit"]);
    let [total, remaining, reset_after, at_once] =
        limit.pick(["total", "remaining", "reset_after", "max_concurrency"]);
    let number = |node: Node<'_>| node.number().and_then(|number| u32::try_from(number).ok());
    let total = number(total).unwrap_or(1_000);
    let at_once = at_once.number().and_then(|number| u16::try_from(number).ok());
    Ok(GatewayBotInfo {
        url: need(url.text(), "url")?,
        shards: number(shards).unwrap_or(1).max(1),
        total,
        remaining: number(remaining).unwrap_or(total),
        // At most a day, so that no wait is absurd.
        reset_after: SignedDuration::from_millis(reset_after.number().unwrap_or(0).clamp(0, 86_400_000)),
        max_concurrency: at_once.unwrap_or(1).max(1),
    })
}

/// Returns the servers that READY names, sorted, or `None` if it has no list. An unreadable one is left out: it is requested
/// from Discord before its absence has any effect.
pub fn read_ready(ready: Node<'_>) -> Option<Vec<GuildId>> {
    let servers = ready.get("guilds").try_list(ALL)?;
    let mut named: Vec<GuildId> =
        servers.into_iter().filter_map(|it| it.get("id").id().map(GuildId)).collect();
    named.sort_unstable();
    Some(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channel(overwrites: &str) -> ApiChannel {
        let json = format!(r#"{{"type":0,"guild_id":1,"permission_overwrites":{overwrites}}}"#);
        ApiChannel::read(Node::parse(&json).expect("JSON"))
    }

    #[test]
    fn an_overwrite_that_cannot_be_read_denies_and_never_grants() {
        let fine = r#"{"id":"5","type":0,"allow":"1024","deny":"2048"}"#;
        let read = channel(&format!("[{fine}]"));
        let known = Overwrite { whose: OverwriteTarget::Role(RoleId(5)), deny: 2048, allow: 1024 };
        assert_eq!((read.overwrites, read.denied), (vec![known], 0));
        for (bad, denied) in [
            (r#"{"id":"x","type":0,"allow":"8","deny":"2048"}"#, 2048),
            (r#"{"id":"6","type":7,"allow":"8","deny":"16"}"#, 16),
            (r#"{"id":"6","type":7,"allow":"8"}"#, u64::MAX),
            ("null", u64::MAX),
            ("7", u64::MAX),
        ] {
            let read = channel(&format!("[{bad},{fine}]"));
            assert_eq!((read.overwrites, read.denied), (vec![known], denied), "{bad}");
        }
        let read = channel(r#"[{"id":"6","type":1,"allow":"8","deny":{}}]"#);
        assert_eq!(
            read.overwrites,
            [Overwrite { whose: OverwriteTarget::Member(UserId(6)), deny: u64::MAX, allow: 0 }]
        );
        assert_eq!(channel("{}").denied, u64::MAX, "no list");
        assert_eq!(channel("null").denied, 0, "threads have none");
    }

    #[test]
    fn unreadable_role_grants_nothing_and_spares_the_others() {
        let json = r#"{"owner_id":false,"roles":[null,{"id":"2","permissions":"junk"},{"id":3,"permissions":8,"name":7}]}"#;
        let server = ApiGuild::read(Node::parse(json).expect("JSON")).expect("a server");
        assert_eq!(server.owner, None);
        let roles: Vec<_> = server.roles.iter().map(|role| (role.id.0, role.permissions)).collect();
        assert_eq!(roles, [(2, 0), (3, 8)]);
        let without = ApiGuild::read(Node::parse("{\"owner_id\":\"1\"}").expect("JSON"));
        assert_eq!(without.expect_err("no roles").to_string(), "`roles` could not be read");
    }

    #[test]
    fn unknown_kinds_of_channels_hold_no_messages() {
        for (kind, channel_kind) in
            [("0", Some(ChannelKind::Text)), ("\"2\"", Some(ChannelKind::Text)), ("99", None), ("null", None)]
        {
            assert_eq!(ChannelType::read(Node::parse(kind).expect("JSON")).venue(), channel_kind, "{kind}");
        }
    }

    #[test]
    fn a_gateway_without_its_limits_is_still_one() {
        let read = |json: &str| read_gateway(Node::parse(json).expect("JSON"));
        let info = read(r#"{"url":"wss://x","shards":"no","session_start_limit":7}"#).expect("read");
        assert_eq!((info.shards, info.total, info.remaining, info.max_concurrency), (1, 1_000, 1_000, 1));
        assert!(read(r#"{"shards":1}"#).is_err());
    }
}
