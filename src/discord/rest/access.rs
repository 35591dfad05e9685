//! Reads who we are, what we may do in a channel, and what we wrote there.

use reqwest::Method;
use serde::de::DeserializeOwned;

use super::{ApiRequest, Rest, later};
use crate::alerts::Reason;
use crate::commands::{ChannelFacts, Invoker};
use crate::discord::codec::{ApiChannel, ApiGuild, ApiThread, ChannelType, Node, OwnMember, Unread};
use crate::discord::gateway::GatewayBotInfo;
use crate::discord::permissions::{self, Member, Overwrite, READ_MESSAGE_HISTORY, Role};
use crate::discord::{DiscordError, Identity, PermanentReason, Thread, codec};
use crate::ids::{ChannelId, GuildId, MessageId, UserId};

/// The most messages that Discord returns at once (reference, "Get channel messages").
const PAGE: usize = 100;
/// Our message is within this many pages of the time it was sent, unless somebody floods the channel.
const MOST_PAGES: usize = 10;
/// The most of our posts in one forum that are searched: more than one for each outage means something else is wrong.
const MOST_POSTS: usize = 10;

/// What determines the permissions in a channel.
struct Rights {
    owner: Option<UserId>,
    roles: Vec<Role>,
    kind: ChannelType,
    overwrites: Vec<Overwrite>,
    denied: u64,
    joined: bool,
}

impl Rights {
    /// Returns the rules of the channel for a member. `joined` matters in a private thread.
    fn rules(&self, joined: bool) -> permissions::ChannelPermissions<'_> {
        permissions::ChannelPermissions {
            kind: self.kind.kind(),
            overwrites: &self.overwrites,
            denied: self.denied,
            joined,
        }
    }

    /// Returns what the bot was granted.
    fn granted(&self, guild: GuildId, own: &Member) -> u64 {
        permissions::granted_in_channel(guild, &self.roles, own, &self.rules(self.joined))
    }

    /// Returns what somebody else may do. Whether they have joined a private thread is not known.
    fn of(&self, guild: GuildId, member: &Member) -> u64 {
        permissions::in_channel(guild, &self.roles, member, &self.rules(false))
    }
}

impl Rest {
    /// Returns who we are; requested once.
    pub(super) async fn identity(&self) -> Result<&Identity, DiscordError> {
        let ask = || self.probe("/applications/@me".into(), "GET /applications/@me", 0, codec::read_identity);
        self.me.get_or_try_init(ask).await
    }

    /// Returns Discord's advice for connecting to its gateway.
    pub async fn gateway_bot_info(&self) -> Result<GatewayBotInfo, DiscordError> {
        self.probe("/gateway/bot".into(), "GET /gateway/bot", 0, codec::read_gateway).await
    }

    pub(super) async fn read<T: DeserializeOwned>(
        &self,
        path: String,
        name: &'static str,
        major: u64,
    ) -> Result<T, DiscordError> {
        let body = self.ask(ApiRequest::new(Method::GET, path, name, major)).await?;
        codec::read(&body).map_err(|why| {
            tracing::warn!(route = name, why, "Discord's answer could not be read");
            later(Reason::Unreadable(String::new()), false)
        })
    }

    /// Requests a resource and reads the fields of it that we use.
    async fn probe<T>(
        &self,
        path: String,
        name: &'static str,
        major: u64,
        read: fn(Node<'_>) -> Result<T, Unread>,
    ) -> Result<T, DiscordError> {
        let body = self.ask(ApiRequest::new(Method::GET, path, name, major)).await?;
        let unread = |what: &str| {
            tracing::warn!(request = name, what, "an answer of Discord could not be read");
            later(Reason::Unreadable(what.to_owned()), false)
        };
        let body = Node::parse_bytes(&body).ok_or_else(|| unread("it is not JSON"))?;
        read(body).map_err(|why| unread(&why.to_string()))
    }

    async fn channel(&self, id: ChannelId) -> Result<ApiChannel, DiscordError> {
        let read = |channel: Node<'_>| Ok(ApiChannel::read(channel));
        self.probe(format!("/channels/{id}"), "GET /channels/{}", id.0, read).await
    }

    /// Returns an error if a channel does not exist or cannot be seen.
    pub(super) async fn stands(&self, id: ChannelId) -> Result<(), DiscordError> {
        self.channel(id).await.map(drop)
    }

    /// Returns what the bot and the invoker may do in a channel.
    pub(super) async fn channel_facts(
        &self,
        guild: GuildId,
        id: ChannelId,
        invoker: &Invoker,
    ) -> Result<ChannelFacts, DiscordError> {
        let channel = self.channel(id).await?;
        // A channel of another server must not be read as one of this server.
        if channel.guild != Some(guild) {
            return Err(DiscordError::Permanent(PermanentReason::UnknownChannel));
        }
        let (kind, must_tag) = (channel.kind, channel.must_tag);
        let rights = self.rights(guild, channel).await?;
        let theirs = Member { owner: rights.owner == Some(invoker.id), ..member(invoker) };
        let own = self.own_member(guild, rights.owner).await?;
        Ok(ChannelFacts {
            channel_kind: kind.venue(),
            may: rights.granted(guild, &own),
            theirs: rights.of(guild, &theirs),
            must_tag,
            voice: kind.kind() == permissions::PermissionScope::Voice,
        })
    }

    /// Returns what the invoker may do in a server, whatever its channels say.
    pub(super) async fn rights_in_server(
        &self,
        guild: GuildId,
        invoker: &Invoker,
    ) -> Result<u64, DiscordError> {
        let ApiGuild { owner, roles } = self.server(guild).await?;
        let theirs = Member { owner: owner == Some(invoker.id), ..member(invoker) };
        Ok(permissions::in_server(guild, &roles, &theirs))
    }

    async fn server(&self, guild: GuildId) -> Result<ApiGuild, DiscordError> {
        self.probe(format!("/guilds/{guild}"), "GET /guilds/{}", guild.0, ApiGuild::read).await
    }

    async fn own_member(&self, guild: GuildId, owner: Option<UserId>) -> Result<Member, DiscordError> {
        let me = self.identity().await?.user;
        let path = format!("/guilds/{guild}/members/{me}");
        let read = |member: Node<'_>| Ok(OwnMember::read(member));
        let own = self.probe(path, "GET /guilds/{}/members/{}", guild.0, read).await?;
        let timed_out = own.timed_out_until.is_some_and(|until| until > self.clock.now());
        Ok(Member { user: me, roles: own.roles, owner: owner == Some(me), timed_out })
    }

    async fn rights(&self, guild: GuildId, channel: ApiChannel) -> Result<Rights, DiscordError> {
        let ApiGuild { owner, roles } = self.server(guild).await?;
        let ApiChannel { kind, joined, .. } = channel;
        let rules = if kind.is_thread() {
            match channel.parent {
                Some(parent) => self.channel(parent).await?,
                // The parent's overwrites are unknown.
                None => ApiChannel { denied: u64::MAX, ..channel },
            }
        } else {
            channel
        };
        Ok(Rights { owner, roles, kind, overwrites: rules.overwrites, denied: rules.denied, joined })
    }

    /// Finds our first message after another.
    pub(super) async fn search_own(
        &self,
        channel: ChannelId,
        after: MessageId,
        marker: &str,
    ) -> Result<Option<MessageId>, DiscordError> {
        let me = self.identity().await?.user;
        let mut after = after.0;
        let mut seen = false;
        for _ in 0..MOST_PAGES {
            let path = format!("/channels/{channel}/messages?after={after}&limit={PAGE}");
            let page =
                self.ask(ApiRequest::new(Method::GET, path, "GET /channels/{}/messages", channel.0)).await?;
            let unread = |what: &str| later(Reason::Unreadable(what.to_owned()), false);
            let page = Node::parse_bytes(&page).and_then(|page| page.try_list(usize::MAX));
            let page = page.ok_or_else(|| unread("no list of messages"))?;
            let is_ours = |it: &&Node<'_>| codec::is_by(**it, me) && codec::carries(**it, marker);
            // Discord lists the newest first.
            if let Some(ours) = page.iter().filter(is_ours).min_by_key(|it| it.get("id").id()) {
                // A message with an unreadable id was sent: to report it as not sent would create a duplicate.
                let id = ours.get("id").id().ok_or_else(|| unread("`id` of a message of ours"))?;
                return Ok(Some(MessageId(id)));
            }
            seen |= !page.is_empty();
            let newest = page.iter().filter_map(|it| it.get("id").id()).max();
            let Some(newest) = newest.filter(|_| page.len() >= PAGE) else { break };
            after = newest;
        }
        if !seen {
            // Without permission to read the history, Discord returns an empty list, which would look like "not sent".
            self.demand_history(channel).await?;
        }
        Ok(None)
    }

    /// Finds our post in a forum: among its open threads, and among those that were archived meanwhile.
    pub(super) async fn search_own_posts(
        &self,
        (guild, forum): (GuildId, ChannelId),
        after: MessageId,
        marker: &str,
    ) -> Result<Option<Thread>, DiscordError> {
        let me = self.identity().await?.user;
        let open = format!("/guilds/{guild}/threads/active");
        let closed = format!("/channels/{forum}/threads/archived/public?limit={PAGE}");
        let lists = [
            (open, "GET /guilds/{}/threads/active", guild.0),
            (closed, "GET /channels/{}/threads/archived/public", forum.0),
        ];
        for (path, name, major) in lists {
            let list = self.probe(path, name, major, codec::read_threads).await?;
            let is_own = |it: &ApiThread| it.owner == Some(me) && it.parent == Some(forum);
            let own = list.into_iter().filter(|it| is_own(it) && it.id.0 > after.0);
            for thread in own.take(MOST_POSTS).map(|it| it.id) {
                // A post's first message has the id of its thread.
                if let Some(first) = self.search_own(thread, after, marker).await? {
                    return Ok(Some(Thread { channel: thread, first: Some(first) }));
                }
            }
        }
        Ok(None)
    }

    async fn demand_history(&self, id: ChannelId) -> Result<(), DiscordError> {
        let channel = self.channel(id).await?;
        let Some(guild) = channel.guild else { return Ok(()) };
        let rights = self.rights(guild, channel).await?;
        let own = self.own_member(guild, rights.owner).await?;
        let may = permissions::in_channel(guild, &rights.roles, &own, &rights.rules(rights.joined));
        if may & READ_MESSAGE_HISTORY == 0 {
            return Err(DiscordError::Permanent(PermanentReason::NoHistory));
        }
        Ok(())
    }
}

/// The invoker as a member. Whether they own the server is not known yet. A timed-out user cannot send interactions.
fn member(invoker: &Invoker) -> Member {
    Member { user: invoker.id, roles: invoker.roles.clone(), owner: false, timed_out: false }
}
