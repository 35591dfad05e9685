//! A simulated Discord as plain data: servers, channels, roles, messages, interactions, and their rules.
//!
//! The simulator and the loopback server of the tests both use it, so that they cannot disagree. Every request is a function
//! of the state and of `now`; a body is the JSON that Discord would get.
//!
//! Sources: Discord's API reference (resources/channel, resources/message, interactions/receiving-and-responding,
//! topics/rate-limits, topics/permissions). Where a number is not documented there, its line names the source.

mod body;
mod faults;
mod interactions;
mod limits;
mod messages;
mod refused;
mod threads;

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::alerts::ChannelKind;
use crate::discord::Identity;
use crate::discord::permissions::{self, Member, Overwrite, OverwriteTarget, Role};
use crate::ids::{ChannelId, GuildId, MessageId, RoleId, UserId};

pub use body::{RequestBodyKind, Violation, flaws};
pub use faults::{Fault, Faults};
pub use interactions::{Callback, InteractionState};
pub use limits::{LimitRoute, Quota, RateLimits};
pub use refused::{ApiError, RateLimitScope};

/// The epoch of Discord's ids (reference, "Snowflakes").
const DISCORD_EPOCH_MS: i64 = 1_420_070_400_000;

#[derive(Clone, Debug)]
pub struct RulesGuild {
    pub name: String,
    pub owner: UserId,
    /// Its roles; the first is `@everyone`.
    pub roles: Vec<Role>,
    /// The roles of its members, including the bot, without `@everyone`.
    pub members: BTreeMap<UserId, Vec<RoleId>>,
    pub locale: String,
    pub timed_out: Vec<UserId>,
}

impl RulesGuild {
    fn member(&self, who: UserId) -> Member {
        Member {
            user: who,
            roles: self.members.get(&who).cloned().unwrap_or_default(),
            owner: self.owner == who,
            timed_out: self.timed_out.contains(&who),
        }
    }
}

/// Discord's channel types (reference, "Channel types").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RulesChannelKind {
    /// 0
    Text,
    /// 1
    Direct,
    /// 2
    Voice,
    /// 4
    Category,
    /// 5
    Announcement,
    /// 10 and 11
    Thread,
    /// 15
    Forum,
}

impl RulesChannelKind {
    /// Returns Discord's number of the type.
    pub fn number(self) -> u8 {
        match self {
            Self::Text => 0,
            Self::Direct => 1,
            Self::Voice => 2,
            Self::Category => 4,
            Self::Announcement => 5,
            Self::Thread => 11,
            Self::Forum => 15,
        }
    }

    /// Returns what the channel is for us, or `None` if it cannot contain messages.
    pub fn venue(self) -> Option<ChannelKind> {
        match self {
            Self::Text | Self::Voice | Self::Direct => Some(ChannelKind::Text),
            Self::Announcement => Some(ChannelKind::Announcement),
            Self::Thread => Some(ChannelKind::Thread),
            Self::Forum => Some(ChannelKind::Forum),
            Self::Category => None,
        }
    }
}

/// A channel, a thread or a direct conversation.
#[derive(Clone, Debug)]
pub struct RulesChannel {
    /// Its server; `None` for a direct conversation.
    pub guild: Option<GuildId>,
    pub name: String,
    pub kind: RulesChannelKind,
    /// For a thread, the channel that it belongs to.
    pub parent: Option<ChannelId>,
    pub overwrites: Vec<Overwrite>,
    pub messages: BTreeMap<MessageId, StoredMessage>,
    /// A thread that only a moderator may reopen.
    pub locked: bool,
    /// A forum in which every post must have a tag.
    pub must_tag: bool,
}

/// A message in a channel.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredMessage {
    pub author: UserId,
    /// Its JSON as it was sent, with edits merged in.
    pub body: Value,
    pub at: Timestamp,
    pub edited: Option<Timestamp>,
    pub published: bool,
    pub reply_to: Option<MessageId>,
    pub thread: Option<ChannelId>,
    /// The user whose interaction it answers.
    pub asked_by: Option<UserId>,
    /// The only user who sees it.
    pub only_for: Option<UserId>,
    /// The roles and users that it pinged when it was posted.
    pub pings: Vec<OverwriteTarget>,
}

impl StoredMessage {
    pub fn text(&self) -> &str {
        self.body["content"].as_str().unwrap_or_default()
    }
}

/// The state of a simulated Discord.
#[derive(Debug)]
pub struct DiscordRules {
    pub me: Identity,
    pub guilds: BTreeMap<GuildId, RulesGuild>,
    pub channels: BTreeMap<ChannelId, RulesChannel>,
    pub people: BTreeMap<UserId, String>,
    /// Users who accept no direct messages.
    pub closed_to_direct: Vec<UserId>,
    /// Registered commands: global (`None`) or of a server.
    pub commands: BTreeMap<Option<GuildId>, Vec<Value>>,
    pub faults: Faults,
    pub limits: RateLimits,
    /// How long the first answer to an interaction may take: 3 s, unless the clock runs faster than the world.
    pub timeouts: SignedDuration,
    asked: HashMap<u64, InteractionState>,
    nonces: HashMap<String, (ChannelId, MessageId, Timestamp)>,
    nonces_stored: usize,
    last_id: u64,
}

impl Default for DiscordRules {
    fn default() -> Self {
        Self::new()
    }
}

impl DiscordRules {
    /// Creates an empty Discord with a bot in it.
    pub fn new() -> Self {
        let me = Identity { application: 1000, user: UserId(1000), name: "Healthy Upstream".into() };
        Self {
            people: BTreeMap::from([(me.user, me.name.clone())]),
            me,
            guilds: BTreeMap::new(),
            channels: BTreeMap::new(),
            closed_to_direct: Vec::new(),
            commands: BTreeMap::new(),
            faults: Faults::default(),
            limits: RateLimits::default(),
            timeouts: interactions::FIRST_ANSWER_WITHIN,
            asked: HashMap::new(),
            nonces: HashMap::new(),
            nonces_stored: 0,
            last_id: 5000,
        }
    }

    /// Returns a new id, in the order of time as Discord's.
    pub fn make_id(&mut self, now: Timestamp) -> u64 {
        let since = u64::try_from(now.as_millisecond() - DISCORD_EPOCH_MS).unwrap_or(0);
        self.last_id = (since << 22).max(self.last_id + 1);
        self.last_id
    }

    /// Adds a server whose `@everyone` has the usual text permissions and whose owner is not the bot.
    pub fn add_guild(&mut self, name: &str, now: Timestamp) -> GuildId {
        let id = GuildId(self.make_id(now));
        let owner = UserId(self.make_id(now));
        self.people.insert(owner, "owner".into());
        let everybody = Role {
            id: RoleId(id.0),
            name: "everyone".into(),
            permissions: permissions::ALL_TEXT & !permissions::MENTION_EVERYONE,
            mentionable: false,
        };
        let own = RoleId(self.make_id(now));
        let bot = Role {
            id: own,
            name: self.me.name.clone(),
            permissions: permissions::ALL_TEXT,
            mentionable: false,
        };
        let guild = RulesGuild {
            name: name.into(),
            owner,
            roles: vec![everybody, bot],
            members: BTreeMap::from([(self.me.user, vec![own])]),
            locale: "en-US".into(),
            timed_out: Vec::new(),
        };
        self.guilds.insert(id, guild);
        id
    }

    /// Adds a channel to a server, or a direct conversation if `guild` is `None`.
    pub fn add_channel(
        &mut self,
        guild: Option<GuildId>,
        name: &str,
        kind: RulesChannelKind,
        now: Timestamp,
    ) -> ChannelId {
        let id = ChannelId(self.make_id(now));
        let channel = RulesChannel {
            guild,
            name: name.trim_start_matches('#').into(),
            kind,
            parent: None,
            overwrites: Vec::new(),
            messages: BTreeMap::new(),
            locked: false,
            must_tag: false,
        };
        self.channels.insert(id, channel);
        id
    }

    pub fn add_role(&mut self, guild: GuildId, name: &str, mentionable: bool, now: Timestamp) -> RoleId {
        let id = RoleId(self.make_id(now));
        let name = name.trim_start_matches('@').to_owned();
        if let Some(guild) = self.guilds.get_mut(&guild) {
            guild.roles.push(Role { id, name, permissions: 0, mentionable });
        }
        id
    }

    pub fn add_person(&mut self, name: &str, now: Timestamp) -> UserId {
        let id = UserId(self.make_id(now));
        self.people.insert(id, name.into());
        id
    }

    /// Sets the bot's permissions in one channel.
    pub fn set_own_overwrite(&mut self, channel: ChannelId, deny: u64, allow: u64) {
        self.set_overwrite(channel, self.me.user, deny, allow);
    }

    /// Sets a user's permissions in one channel.
    pub fn set_overwrite(&mut self, channel: ChannelId, who: UserId, deny: u64, allow: u64) {
        let whose = OverwriteTarget::Member(who);
        let Some(channel) = self.channels.get_mut(&channel) else { return };
        let at = channel.overwrites.iter().position(|o| o.whose == whose).unwrap_or_else(|| {
            channel.overwrites.push(Overwrite { whose, deny: 0, allow: 0 });
            channel.overwrites.len() - 1
        });
        let own = &mut channel.overwrites[at];
        own.deny = own.deny & !allow | deny;
        own.allow = own.allow & !deny | allow;
    }

    /// Deletes a channel and its threads.
    pub fn delete_channel(&mut self, channel: ChannelId) {
        self.channels.retain(|id, c| *id != channel && c.parent != Some(channel));
    }

    /// Removes the bot from a server.
    pub fn leave(&mut self, guild: GuildId) {
        self.guilds.remove(&guild);
    }

    /// Returns what the bot may do in a channel: everything in a direct conversation, nothing where it is no member.
    pub fn may(&self, channel: ChannelId) -> u64 {
        self.member_may(channel, self.me.user)
    }

    /// Returns what a user may do in a channel, likewise.
    pub fn member_may(&self, channel: ChannelId, who: UserId) -> u64 {
        let Some(found) = self.channels.get(&channel) else { return 0 };
        let Some(guild_id) = found.guild else { return u64::MAX };
        let Some(guild) = self.guilds.get(&guild_id) else { return 0 };
        permissions::in_channel(guild_id, &guild.roles, &guild.member(who), &self.rules(found))
    }

    /// Returns what the bot was granted in a channel, without implicit permissions.
    pub fn granted(&self, channel: ChannelId) -> u64 {
        let Some(found) = self.channels.get(&channel) else { return 0 };
        let Some(guild_id) = found.guild else { return u64::MAX };
        let Some(guild) = self.guilds.get(&guild_id) else { return 0 };
        permissions::granted_in_channel(
            guild_id,
            &guild.roles,
            &guild.member(self.me.user),
            &self.rules(found),
        )
    }

    fn rules<'a>(&'a self, channel: &'a RulesChannel) -> permissions::ChannelPermissions<'a> {
        let parent = channel.parent.and_then(|parent| self.channels.get(&parent));
        let kind = match channel.kind {
            RulesChannelKind::Voice => permissions::PermissionScope::Voice,
            RulesChannelKind::Thread => permissions::PermissionScope::Thread,
            _ => permissions::PermissionScope::Text,
        };
        permissions::ChannelPermissions {
            kind,
            overwrites: &parent.unwrap_or(channel).overwrites,
            ..permissions::ChannelPermissions::default()
        }
    }

    /// Returns what a user may do in a server as a whole, or `None` if the bot is no member.
    pub fn member_may_in(&self, guild: GuildId, who: UserId) -> Option<u64> {
        let found = self.guilds.get(&guild)?;
        Some(permissions::in_server(guild, &found.roles, &found.member(who)))
    }

    /// Returns the channel, if the bot can see it.
    fn visible(&self, channel: ChannelId) -> Result<&RulesChannel, ApiError> {
        let found = self.channels.get(&channel).ok_or(ApiError::UNKNOWN_CHANNEL)?;
        if self.may(channel) & permissions::VIEW_CHANNEL == 0 {
            return Err(ApiError::MISSING_ACCESS);
        }
        Ok(found)
    }

    /// Refuses unless the bot has all of `bits` in the channel.
    fn demand(&self, channel: ChannelId, bits: u64) -> Result<(), ApiError> {
        if self.may(channel) & bits == bits { Ok(()) } else { Err(ApiError::MISSING_PERMISSIONS) }
    }

    /// Returns the channel of that name in a server.
    pub fn channel_named(&self, guild: GuildId, name: &str) -> Option<ChannelId> {
        let name = name.trim_start_matches('#');
        let mut all = self.channels.iter();
        all.find(|(_, c)| c.guild == Some(guild) && c.name == name).map(|(id, _)| *id)
    }

    /// Returns the role of that name in a server.
    pub fn role_named(&self, guild: GuildId, name: &str) -> Option<&Role> {
        let name = name.trim_start_matches('@');
        self.guilds.get(&guild)?.roles.iter().find(|r| r.name == name)
    }
}
