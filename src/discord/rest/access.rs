//! Who we are, what we may do in a channel, and what we wrote there.
//!
//! Never: nothing is remembered of a channel: roles and overwrites change while we are not looking.

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serenity::all as discord;

use super::{Ask, Rest, later};
use crate::alerts::{ChannelId, GuildId, MessageId, RoleId, UserId};
use crate::commands::{Asker, ChannelFacts};
use crate::discord::gateway::Advice;
use crate::discord::permissions::{self, Member, Overwrite, READ_MESSAGE_HISTORY, Role, Whose};
use crate::discord::{Identity, PostError, Refusal, Thread, wire};

/// Discord gives at most so many messages at once (reference, "Get channel messages").
const PAGE: usize = 100;
/// A message of ours stands within so many pages of the time it was sent, or somebody floods the channel.
const MOST_PAGES: usize = 10;
/// Posts of ours in one forum since one instant: more than one for each outage means something else is wrong.
const MOST_POSTS: usize = 10;

#[derive(Deserialize)]
struct Application {
    id: String,
    name: String,
    bot: Option<Bot>,
}

#[derive(Deserialize)]
struct Bot {
    id: String,
    username: String,
}

/// A channel, as far as we need it.
#[derive(Deserialize)]
struct Channel {
    #[serde(rename = "type")]
    kind: discord::ChannelType,
    guild_id: Option<String>,
    parent_id: Option<String>,
    #[serde(default)]
    permission_overwrites: Vec<discord::PermissionOverwrite>,
    #[serde(default)]
    flags: u64,
}

/// Every post of a forum must bear a tag (reference, "Channel flags").
const REQUIRE_TAG: u64 = 1 << 4;

#[derive(Deserialize)]
struct Threads {
    threads: Vec<ListedThread>,
}

#[derive(Deserialize)]
struct ListedThread {
    id: String,
    parent_id: Option<String>,
    owner_id: Option<String>,
}

#[derive(Deserialize)]
struct Guild {
    owner_id: String,
    roles: Vec<GuildRole>,
}

#[derive(Deserialize)]
struct GuildRole {
    id: String,
    name: String,
    permissions: discord::Permissions,
    #[serde(default)]
    mentionable: bool,
}

#[derive(Deserialize)]
struct Gateway {
    url: String,
    shards: u32,
    session_start_limit: StartLimit,
}

#[derive(Deserialize)]
struct StartLimit {
    total: u32,
    remaining: u32,
    reset_after: i64,
    max_concurrency: u16,
}

#[derive(Deserialize)]
struct OwnMember {
    roles: Vec<String>,
}

/// What decides who may what in a channel.
struct Rights {
    owner: UserId,
    roles: Vec<Role>,
    overwrites: Vec<Overwrite>,
}

impl Rights {
    fn of(&self, guild: GuildId, member: &Member) -> u64 {
        permissions::in_channel(guild, &self.roles, member, &self.overwrites)
    }
}

impl Rest {
    /// Who we are; asked once.
    pub(super) async fn identity(&self) -> Result<&Identity, PostError> {
        self.me
            .get_or_try_init(|| async {
                let app: Application =
                    self.read("/applications/@me".into(), "GET /applications/@me", 0).await?;
                let application = number(&app.id)?;
                let user = app.bot.as_ref().map_or(Ok(application), |bot| number(&bot.id))?;
                let name = app.bot.map_or(app.name, |bot| bot.username);
                Ok(Identity { application, user: UserId(user), name })
            })
            .await
    }

    /// How Discord advises to connect to its gateway.
    pub async fn gateway_advice(&self) -> Result<Advice, PostError> {
        let said: Gateway = self.read("/gateway/bot".into(), "GET /gateway/bot", 0).await?;
        let limit = said.session_start_limit;
        Ok(Advice {
            url: said.url,
            shards: said.shards.max(1),
            total: limit.total,
            remaining: limit.remaining,
            reset_after: SignedDuration::from_millis(limit.reset_after.max(0)),
            max_concurrency: limit.max_concurrency.max(1),
        })
    }

    pub(super) async fn read<T: DeserializeOwned>(
        &self,
        path: String,
        name: &'static str,
        major: u64,
    ) -> Result<T, PostError> {
        let body = self.ask(Ask::new(Method::GET, path, name, major)).await?;
        wire::read(&body).map_err(|why| {
            tracing::warn!(route = name, why, "Discord's answer could not be read");
            later("Discord's answer could not be read", false)
        })
    }

    async fn channel(&self, id: ChannelId) -> Result<Channel, PostError> {
        self.read(format!("/channels/{id}"), "GET /channels/{}", id.0).await
    }

    /// What the bot and whoever asks may do in a channel.
    pub(super) async fn channel_facts(
        &self,
        guild: GuildId,
        id: ChannelId,
        asker: &Asker,
    ) -> Result<ChannelFacts, PostError> {
        let channel = self.channel(id).await?;
        let venue = wire::venue(channel.kind);
        // A channel of another server is none of this one's.
        if channel.guild_id.as_deref() != Some(guild.to_string().as_str()) {
            return Err(PostError::Never(Refusal::UnknownChannel));
        }
        let must_tag = channel.flags & REQUIRE_TAG != 0;
        let rights = self.rights(guild, channel).await?;
        let theirs = Member { owner: rights.owner == asker.id, ..member(asker) };
        Ok(ChannelFacts {
            venue,
            may: rights.of(guild, &self.own_member(guild, rights.owner).await?),
            theirs: rights.of(guild, &theirs),
            must_tag,
        })
    }

    /// What whoever asks may do in a server, whatever its channels say.
    pub(super) async fn rights_in_server(&self, guild: GuildId, asker: &Asker) -> Result<u64, PostError> {
        let (owner, roles) = self.server(guild).await?;
        Ok(permissions::in_server(guild, &roles, &Member { owner: owner == asker.id, ..member(asker) }))
    }

    /// The owner of a server, and its roles.
    async fn server(&self, guild: GuildId) -> Result<(UserId, Vec<Role>), PostError> {
        let server: Guild = self.read(format!("/guilds/{guild}"), "GET /guilds/{}", guild.0).await?;
        let roles = server.roles.into_iter().map(role).collect::<Result<_, _>>()?;
        Ok((UserId(number(&server.owner_id)?), roles))
    }

    async fn own_member(&self, guild: GuildId, owner: UserId) -> Result<Member, PostError> {
        let me = self.identity().await?.user;
        let path = format!("/guilds/{guild}/members/{me}");
        let own: OwnMember = self.read(path, "GET /guilds/{}/members/{}", guild.0).await?;
        let roles = own.roles.iter().map(|id| number(id).map(RoleId)).collect::<Result<_, _>>()?;
        Ok(Member { user: me, roles, owner: owner == me })
    }

    /// Who may what in a channel.
    async fn rights(&self, guild: GuildId, channel: Channel) -> Result<Rights, PostError> {
        let (owner, roles) = self.server(guild).await?;
        let overwrites = match channel.parent_id.filter(|_| is_thread(channel.kind)) {
            Some(parent) => self.channel(ChannelId(number(&parent)?)).await?.permission_overwrites,
            None => channel.permission_overwrites,
        };
        Ok(Rights { owner, roles, overwrites: overwrites.iter().filter_map(overwrite).collect() })
    }

    /// Looks for a message of ours.
    pub(super) async fn search_own(
        &self,
        channel: ChannelId,
        since: Timestamp,
        marker: &str,
    ) -> Result<Option<MessageId>, PostError> {
        let me = self.identity().await?.user.to_string();
        let mut after = wire::snowflake_at(since);
        let mut seen = false;
        for _ in 0..MOST_PAGES {
            let path = format!("/channels/{channel}/messages?after={after}&limit={PAGE}");
            let page: Vec<Value> = self.read(path, "GET /channels/{}/messages", channel.0).await?;
            let ids = || page.iter().filter_map(|m| m["id"].as_str()?.parse::<u64>().ok());
            let ours = page.iter().find(|m| m["author"]["id"] == me.as_str() && wire::carries(m, marker));
            if let Some(id) = ours.and_then(|m| m["id"].as_str()?.parse().ok()) {
                return Ok(Some(MessageId(id)));
            }
            seen |= !page.is_empty();
            let Some(newest) = ids().max().filter(|_| page.len() >= PAGE) else { break };
            after = newest;
        }
        if !seen {
            // Without the right to read the history Discord gives an empty list, which looks like "not sent".
            self.demand_history(channel).await?;
        }
        Ok(None)
    }

    /// Looks for a post of ours in a forum: among its open threads, and among those that were closed meanwhile.
    pub(super) async fn search_own_posts(
        &self,
        (guild, forum): (GuildId, ChannelId),
        since: Timestamp,
        marker: &str,
    ) -> Result<Option<Thread>, PostError> {
        let me = self.identity().await?.user.to_string();
        let after = wire::snowflake_at(since);
        let open = format!("/guilds/{guild}/threads/active");
        let closed = format!("/channels/{forum}/threads/archived/public?limit={PAGE}");
        let lists = [
            (open, "GET /guilds/{}/threads/active", guild.0),
            (closed, "GET /channels/{}/threads/archived/public", forum.0),
        ];
        for (path, name, major) in lists {
            let list: Threads = self.read(path, name, major).await?;
            let own = list.threads.into_iter().filter(|it| {
                it.owner_id.as_deref() == Some(&me) && it.parent_id.as_deref() == Some(&*forum.to_string())
            });
            let ids: Vec<u64> = own.map(|it| number(&it.id)).collect::<Result<_, _>>()?;
            for thread in ids.into_iter().filter(|id| *id >= after).take(MOST_POSTS).map(ChannelId) {
                // A post's first message has the id of its thread.
                if let Some(first) = self.search_own(thread, since, marker).await? {
                    return Ok(Some(Thread { channel: thread, first: Some(first) }));
                }
            }
        }
        Ok(None)
    }

    async fn demand_history(&self, id: ChannelId) -> Result<(), PostError> {
        let channel = self.channel(id).await?;
        let Some(guild) = channel.guild_id.as_deref() else { return Ok(()) };
        let guild = GuildId(number(guild)?);
        let rights = self.rights(guild, channel).await?;
        let may = rights.of(guild, &self.own_member(guild, rights.owner).await?);
        if may & READ_MESSAGE_HISTORY == 0 {
            let why = "may not read the message history".to_owned();
            return Err(PostError::Never(Refusal::NoPermission { code: 50013, why }));
        }
        Ok(())
    }
}

/// Whoever asks; whether they own the server is not known yet.
fn member(asker: &Asker) -> Member {
    Member { user: asker.id, roles: asker.roles.clone(), owner: false }
}

fn is_thread(kind: discord::ChannelType) -> bool {
    use discord::ChannelType as Kind;
    matches!(kind, Kind::NewsThread | Kind::PublicThread | Kind::PrivateThread)
}

fn role(role: GuildRole) -> Result<Role, PostError> {
    let permissions = role.permissions.bits();
    Ok(Role { id: RoleId(number(&role.id)?), name: role.name, permissions, mentionable: role.mentionable })
}

fn overwrite(overwrite: &discord::PermissionOverwrite) -> Option<Overwrite> {
    let whose = match overwrite.kind {
        discord::PermissionOverwriteType::Role(id) => Whose::Role(RoleId(id.get())),
        discord::PermissionOverwriteType::Member(id) => Whose::Member(UserId(id.get())),
        _ => return None,
    };
    Some(Overwrite { whose, deny: overwrite.deny.bits(), allow: overwrite.allow.bits() })
}

fn number(id: &str) -> Result<u64, PostError> {
    id.parse().map_err(|_| later("Discord's answer could not be read", false))
}
