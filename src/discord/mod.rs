//! Discord: what comes in from it, and what goes out to it.
//!
//! [`Discord`] is everything that the bot asks of Discord; `rest` does it for real, and the simulator keeps Discord's
//! rules in memory. What comes in arrives as [`Incoming`], whether over the gateway or over HTTP.

pub mod codec;
pub mod command_line;
pub mod gateway;
pub mod http_interactions;
pub mod permissions;
pub mod ratelimit;
pub mod rest;
pub mod shared_limits;
pub mod simulator;

use std::fmt;

use async_trait::async_trait;

pub use crate::alerts::{DiscordError, PermanentReason};

use crate::chat::{Choice, Message, Modal, Reply};
use crate::commands::{ChannelFacts, Invocation, Invoker, Spec};
use crate::ids::{ChannelId, GuildId, InteractionId, MessageId, UserId};

/// Who asks: the form that Discord wants of a User-Agent (reference, "User Agent"). The gateway is told it too.
const AGENT: &str =
    concat!("DiscordBot (", env!("CARGO_PKG_REPOSITORY"), ", ", env!("CARGO_PKG_VERSION"), ")");

/// Everything that the bot asks of Discord.
#[async_trait]
pub trait Discord: Send + Sync {
    /// Posts a message. Asked again with the same nonce within Discord's window of some minutes, it gives the same
    /// message and posts nothing new.
    async fn post(&self, post: &Post) -> Result<MessageId, DiscordError>;

    /// Replaces a message of ours.
    async fn edit(&self, channel: ChannelId, id: MessageId, message: &Message) -> Result<(), DiscordError>;

    /// Deletes a message of ours.
    async fn delete(&self, channel: ChannelId, id: MessageId) -> Result<(), DiscordError>;

    /// Publishes a message of an announcement channel to its followers.
    async fn publish(&self, channel: ChannelId, id: MessageId) -> Result<(), DiscordError>;

    /// Opens a thread: on a message of a text channel, or as a new post of a forum, whose first message it carries.
    async fn open_thread(
        &self,
        channel: ChannelId,
        name: &str,
        start: ThreadStart,
    ) -> Result<Thread, DiscordError>;

    /// Renames a thread of ours.
    async fn rename_thread(&self, thread: ChannelId, name: &str) -> Result<(), DiscordError>;

    /// Looks for the first message of our own after another (see [`codec::posted_before`]) that carries `marker`. `Ok(None)` is an answer
    /// only where we may read the history; where we may not, it is `Permanent(NoPermission)`.
    async fn find_own(
        &self,
        channel: ChannelId,
        after: MessageId,
        marker: &str,
    ) -> Result<Option<MessageId>, DiscordError>;

    /// Looks for a post of our own in a forum, opened after a message anywhere, whose first message carries `marker`. As
    /// [`Discord::find_own`] where we may not read.
    async fn find_own_post(
        &self,
        forum: (GuildId, ChannelId),
        after: MessageId,
        marker: &str,
    ) -> Result<Option<Thread>, DiscordError>;

    /// What the bot may do in a channel, and whoever asks: computed from the server's roles and the channel's overwrites.
    async fn fetch_channel_facts(
        &self,
        guild: GuildId,
        channel: ChannelId,
        invoker: &Invoker,
    ) -> Result<ChannelFacts, DiscordError>;

    /// What whoever asks may do in the server as a whole: computed from its roles alone.
    async fn fetch_server_facts(&self, guild: GuildId, invoker: &Invoker) -> Result<u64, DiscordError>;

    /// Whether the bot is in a server. Only Discord's own word that it is not counts; anything else is an error.
    async fn is_in(&self, guild: GuildId) -> Result<bool, DiscordError>;

    /// Opens the direct conversation with a person.
    async fn open_direct(&self, person: UserId) -> Result<ChannelId, DiscordError>;

    /// Answers an interaction. The first answer must come within 3 seconds. Gives the id of the message that now
    /// stands, where the answer is one and Discord tells it.
    async fn answer(
        &self,
        ticket: &InteractionToken,
        answer: &InteractionResponse,
    ) -> Result<Option<MessageId>, DiscordError>;

    /// Answers more to an interaction that was answered or deferred, for 15 minutes.
    async fn follow_up(&self, ticket: &InteractionToken, reply: &Reply) -> Result<MessageId, DiscordError>;

    /// Replaces the first answer, also a deferred one, for 15 minutes.
    /// Gives the id of the message that stands there.
    async fn edit_answer(
        &self,
        ticket: &InteractionToken,
        message: &Message,
    ) -> Result<MessageId, DiscordError>;

    /// Deletes the first answer, for 15 minutes; after [`InteractionResponse::Deleted`], the message on which was pressed.
    async fn delete_answer(&self, ticket: &InteractionToken) -> Result<(), DiscordError>;

    /// Reads a text file that was attached, only from Discord's own hosts, up to `most` bytes.
    async fn read_file(&self, url: &str, most: usize) -> Result<Vec<u8>, DiscordError>;

    /// Registers the commands, everywhere or in one server; sends only what changed, and removes what a former version
    /// left behind. Gives the number of changes.
    async fn register(&self, specs: &[Spec], only_in: Option<GuildId>) -> Result<usize, DiscordError>;

    async fn who_am_i(&self) -> Result<Identity, DiscordError>;
}

/// A message to be posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    pub channel: ChannelId,
    pub message: Message,
    /// Makes it be posted once: at most 25 characters, and never the same for two channels.
    pub nonce: String,
    /// The message that it replies to; if that is gone, it is posted all the same.
    pub reply_to: Option<MessageId>,
}

/// How a thread begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ThreadStart {
    On(MessageId),
    ForumPost(Box<Message>),
}

/// A thread that was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thread {
    /// Where to post in it.
    pub channel: ChannelId,
    /// Its first message, for a forum's post.
    pub first: Option<MessageId>,
}

/// Who we are, as Discord says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The application's id, which the invite link needs.
    pub application: u64,
    /// The bot's own user.
    pub user: UserId,
    pub name: String,
}

/// The first answer to an interaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InteractionResponse {
    Reply(Reply),
    Form(Modal),
    /// Suggestions while typing.
    Suggestions(Vec<Choice>),
    /// "Thinking…", for everybody or for the asker alone: the answer follows by [`Discord::edit_answer`].
    Deferred {
        /// For the asker alone.
        private: bool,
    },
    /// Nothing: the press was noted.
    DeferredUpdate,
    /// The same; and the message on which was pressed is about to go, by [`Discord::delete_answer`].
    Deleted,
}

/// What is needed to answer an interaction. Its token is a secret and never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct InteractionToken {
    pub id: InteractionId,
    pub application: u64,
    /// Discord's token for it.
    pub token: String,
}

impl fmt::Debug for InteractionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The servers of one shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShardGuilds {
    /// Which shard of how many.
    pub shard: (u32, u32),
    /// The servers that the bot is in, in their order.
    pub named: Vec<GuildId>,
}

impl ShardGuilds {
    /// Whether a server belongs to the shard (reference, "Sharding").
    pub fn concern(&self, guild: GuildId) -> bool {
        (guild.0 >> 22) % u64::from(self.shard.1.max(1)) == u64::from(self.shard.0)
    }

    /// Whether the bot is in a server of the shard.
    pub fn name(&self, guild: GuildId) -> bool {
        self.named.binary_search(&guild).is_ok()
    }
}

/// How many sessions of the gateway were begun, of how many that may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Identifies {
    /// IDENTIFYs of the last 24 hours.
    pub sent: u32,
    /// So many may be sent in 24 hours, and beyond them a few each hour.
    pub most: u32,
}

/// What comes in from Discord.
#[derive(Clone, Debug)]
pub enum Incoming {
    /// Somebody asks something.
    Interaction(Box<Invocation>, InteractionToken),
    /// An interaction that we could not read: an error in the log, and nothing else stops.
    Unreadable(String),
    /// A channel or thread was deleted.
    ChannelGone(GuildId, ChannelId),
    /// The bot was removed from a server.
    ServerLeft(GuildId),
    /// The bot is in a server (again).
    ServerJoined(GuildId),
    /// A new session of the gateway names the servers of its shard: the bot is in these and in no others of it.
    Servers(ShardGuilds),
    /// The gateway is ready, or resumed.
    Connected,
    /// Other copies of the bot run every shard; this one takes over when one of them dies.
    Standby,
    /// The gateway's connection is lost; it comes back by itself.
    Disconnected,
    /// An attempt of this shard to be connected has ended, whether or not it was ready by then. It is counted.
    Lost(u32),
    /// This shard's connection has stayed up long enough to be trusted, or the shard is no longer ours.
    Steady(u32),
    /// How many IDENTIFYs were sent in the last 24 hours.
    Identified(Identifies),
    /// Discord refuses us for good (a bad token, disallowed intents): the process must end with this text.
    Fatal(String),
}
