//! Discord: incoming events and outgoing requests.
//!
//! [`Discord`] is everything that the bot requests of Discord. `rest` implements it for real, and the simulator follows
//! Discord's rules in memory. Events arrive as [`Incoming`], whether over the gateway or over HTTP.

pub mod codec;
pub mod command_line;
pub mod gateway;
pub mod http_interactions;
pub mod permissions;
pub mod ratelimit;
pub mod rest;
pub mod simulator;

use std::fmt;

use async_trait::async_trait;

pub use crate::alerts::{DiscordError, PermanentReason};

use crate::chat::{Choice, Message, Modal, Reply};
use crate::commands::{ChannelFacts, Invocation, Invoker, Spec};
use crate::ids::{ChannelId, GuildId, InteractionId, MessageId, UserId};

/// The User-Agent in the form that Discord requires (reference, "User Agent"). The gateway gets it too.
const AGENT: &str =
    concat!("DiscordBot (", env!("CARGO_PKG_REPOSITORY"), ", ", env!("CARGO_PKG_VERSION"), ")");

/// Everything that the bot requests of Discord.
#[async_trait]
pub trait Discord: Send + Sync {
    /// Posts a message. A repeated request with the same nonce within Discord's window of some minutes returns the same message
    /// and posts nothing new.
    async fn post(&self, post: &Post) -> Result<MessageId, DiscordError>;

    /// Replaces one of our messages.
    async fn edit(&self, channel: ChannelId, id: MessageId, message: &Message) -> Result<(), DiscordError>;

    /// Deletes one of our messages.
    async fn delete(&self, channel: ChannelId, id: MessageId) -> Result<(), DiscordError>;

    /// Publishes a message of an announcement channel to its followers.
    async fn publish(&self, channel: ChannelId, id: MessageId) -> Result<(), DiscordError>;

    /// Opens a thread: on a message of a text channel, or as a new forum post with its first message.
    async fn open_thread(
        &self,
        channel: ChannelId,
        name: &str,
        start: ThreadStart,
    ) -> Result<Thread, DiscordError>;

    /// Renames one of our threads.
    async fn rename_thread(&self, thread: ChannelId, name: &str) -> Result<(), DiscordError>;

    /// Finds our first message after another (see [`codec::posted_before`]) that contains `marker`. `Ok(None)` is only returned
    /// if we may read the history; otherwise the result is `Permanent(NoHistory)`.
    async fn find_own(
        &self,
        channel: ChannelId,
        after: MessageId,
        marker: &str,
    ) -> Result<Option<MessageId>, DiscordError>;

    /// Finds our post in a forum that was opened after a message anywhere and whose first message contains `marker`. Where we may
    /// not read, it returns the same error as [`Discord::find_own`].
    async fn find_own_post(
        &self,
        forum: (GuildId, ChannelId),
        after: MessageId,
        marker: &str,
    ) -> Result<Option<Thread>, DiscordError>;

    /// Returns what the bot and the invoker may do in a channel, from the server's roles and the channel's overwrites.
    async fn fetch_channel_facts(
        &self,
        guild: GuildId,
        channel: ChannelId,
        invoker: &Invoker,
    ) -> Result<ChannelFacts, DiscordError>;

    /// Returns what the invoker may do in the server as a whole, from its roles alone.
    async fn fetch_server_facts(&self, guild: GuildId, invoker: &Invoker) -> Result<u64, DiscordError>;

    /// Returns whether the bot is in a server. `false` needs Discord's explicit answer; anything else is an error.
    async fn is_in(&self, guild: GuildId) -> Result<bool, DiscordError>;

    /// Opens the direct conversation with a user.
    async fn open_direct(&self, person: UserId) -> Result<ChannelId, DiscordError>;

    /// Answers an interaction. The first answer must come within 3 seconds. Returns the id of the resulting message, if there is
    /// one and Discord returns it.
    async fn answer(
        &self,
        token: &InteractionToken,
        answer: &InteractionResponse,
    ) -> Result<Option<MessageId>, DiscordError>;

    /// Sends a further answer to an interaction that was answered or deferred, for 15 minutes.
    async fn follow_up(&self, token: &InteractionToken, reply: &Reply) -> Result<MessageId, DiscordError>;

    /// Replaces the first answer, even a deferred one, for 15 minutes. Returns the id of the message.
    async fn edit_answer(
        &self,
        token: &InteractionToken,
        message: &Message,
    ) -> Result<MessageId, DiscordError>;

    /// Deletes the first answer, for 15 minutes; after [`InteractionResponse::Deleted`], the message whose button was pressed.
    async fn delete_answer(&self, token: &InteractionToken) -> Result<(), DiscordError>;

    /// Reads an attached text file of at most `most` bytes, only from Discord's own hosts.
    async fn read_file(&self, url: &str, most: usize) -> Result<Vec<u8>, DiscordError>;

    /// Registers the commands globally or in one server. Sends only what changed, and removes what an earlier version left
    /// behind. Returns the number of changes.
    async fn register(&self, specs: &[Spec], only_in: Option<GuildId>) -> Result<usize, DiscordError>;

    async fn who_am_i(&self) -> Result<Identity, DiscordError>;
}

/// A message to be posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    pub channel: ChannelId,
    pub message: Message,
    /// Prevents duplicates: at most 25 characters, and never the same for two channels.
    pub nonce: String,
    /// The message that it replies to; if that is gone, it is posted anyway.
    pub reply_to: Option<MessageId>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ThreadStart {
    On(MessageId),
    ForumPost(Box<Message>),
}

/// A thread that was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thread {
    /// The channel in which to post.
    pub channel: ChannelId,
    /// Its first message, for a forum post.
    pub first: Option<MessageId>,
}

/// The bot's identity, as Discord returns it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The application's id, which the invite link needs.
    pub application: u64,
    pub user: UserId,
    pub name: String,
}

/// The first answer to an interaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InteractionResponse {
    Reply(Reply),
    Form(Modal),
    Suggestions(Vec<Choice>),
    /// "Thinking…": the answer follows by [`Discord::edit_answer`].
    Deferred {
        /// Shown to the invoker only.
        private: bool,
    },
    /// Acknowledges a press without a message.
    DeferredUpdate,
    /// The same; the message whose button was pressed will be deleted by [`Discord::delete_answer`].
    Deleted,
}

/// What is needed to answer an interaction. Its token is a secret and never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct InteractionToken {
    pub id: InteractionId,
    pub application: u64,
    pub token: String,
}

impl fmt::Debug for InteractionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InteractionToken").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The servers of one shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShardGuilds {
    /// The shard and the number of shards.
    pub shard: (u32, u32),
    /// The servers that the bot is in, sorted.
    pub named: Vec<GuildId>,
}

impl ShardGuilds {
    /// Returns whether a server belongs to the shard (reference, "Sharding").
    pub fn concern(&self, guild: GuildId) -> bool {
        (guild.0 >> 22) % u64::from(self.shard.1.max(1)) == u64::from(self.shard.0)
    }

    /// Returns whether the bot is in a server of the shard.
    pub fn name(&self, guild: GuildId) -> bool {
        self.named.binary_search(&guild).is_ok()
    }
}

/// The number of gateway sessions that were begun, and its limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Identifies {
    /// IDENTIFYs of the last 24 hours.
    pub sent: u32,
    /// The limit in 24 hours; beyond it, each hour allows a few.
    pub most: u32,
}

/// An event from Discord.
#[derive(Clone, Debug)]
pub enum Incoming {
    /// A command, a press or a form.
    Interaction(Box<Invocation>, InteractionToken),
    /// An interaction that we could not read: it is logged as an error and affects nothing else.
    Unreadable(String),
    ChannelGone(GuildId, ChannelId),
    ServerLeft(GuildId),
    /// The bot is in a server (again).
    ServerJoined(GuildId),
    /// A new gateway session names the servers of its shard: the bot is in these and in no others of it.
    Servers(ShardGuilds),
    /// The gateway session is ready or resumed.
    Connected,
    /// Other instances of the bot run every shard; this one takes over when one of them dies.
    Standby,
    /// The gateway connection is lost; it reconnects automatically.
    Disconnected,
    /// A connection attempt of this shard has ended, whether or not it was ready by then. It is counted.
    Lost(u32),
    /// This shard's connection has stayed up long enough to be trusted, or the shard is no longer ours.
    Steady(u32),
    /// How many IDENTIFYs were sent in the last 24 hours.
    Identified(Identifies),
    /// Discord refuses us for good (a bad token, disallowed intents): the process must end with this text.
    Fatal(String),
}
