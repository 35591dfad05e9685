//! An invocation (what, by which user, in which context), and the facts that an answer may need.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::AnswerCache;
use crate::alerts::{ChannelKind, DiscordError, Reason, Remains, Subscription};
use crate::chat::replies::about::{BudgetLine, Sessions};
use crate::faq::SharedFaq;
use crate::faq::fuel::Fuel;
use crate::health::{Outage, OutageId, ServiceCatalog, ServiceName, StatusSnapshot, UptimeBucket};
use crate::i18n::Language;
use crate::ids::{ChannelId, GuildId, InteractionId, MessageId, RoleId, UserId};

/// One interaction of a user with a command.
#[derive(Clone, Debug, PartialEq)]
pub struct Invocation {
    /// The interaction's id, by which a change is made only once.
    pub id: InteractionId,
    /// The command's name: `status`, `alerts`, `Explain this error`.
    pub command: String,
    pub input: Input,
    pub invoker: Invoker,
    pub context: Context,
    /// The invoker's language.
    pub language: Language,
    /// The bot's permission bits in the channels that were named, if Discord sent them.
    pub app_permissions: BTreeMap<ChannelId, u64>,
}

/// The kind of interaction, with its data.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A slash command.
    Command {
        /// The subcommand, if the command has some: `subscribe`.
        subcommand: Option<String>,
        /// The options that were given, by name.
        options: Vec<(String, OptionValue)>,
    },
    /// Autocompletion: suggestions are wanted for one option.
    Autocomplete {
        /// The subcommand, if the command has some.
        subcommand: Option<String>,
        option: String,
        /// The text in the option so far.
        text: String,
    },
    /// A button was pressed or a menu option chosen.
    Component {
        /// The action after the command's name: `refresh` of `status:refresh`, `more:spotify-nhu` of
        /// `faq:more:spotify-nhu`.
        action: String,
        /// What was chosen from a menu; empty for a button.
        values: Vec<String>,
        /// The chosen roles that anybody may mention.
        mentionable: Vec<RoleId>,
        /// The message that the component belongs to.
        message: Option<MessageId>,
        /// Whether that message is ours; a press on any other message is ignored.
        ours: bool,
        /// Who invoked the command that this message answers, if Discord says so.
        asked_by: Option<UserId>,
    },
    /// A form was sent.
    ModalSubmit {
        /// The action after the command's name.
        action: String,
        /// The texts by field.
        fields: BTreeMap<String, String>,
    },
    /// A message command.
    MessageCommand {
        message: MessageId,
        text: String,
        author: UserId,
        /// Its other texts, in the order in which people see them.
        more: Vec<(Part, String)>,
        /// The text files attached to it and to the messages that it forwards, in their order.
        files: Vec<Attachment>,
    },
}

/// The part of a message that a text was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Text,
    Forwarded,
    Embed,
    /// In a text display among its components.
    Display,
    /// In an attached text file.
    File,
}

impl Part {
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "diagnose-part-text",
            Self::Forwarded => "diagnose-part-forwarded",
            Self::Embed => "diagnose-part-embed",
            Self::Display => "diagnose-part-display",
            Self::File => "diagnose-part-file",
        }
    }
}

/// An option's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptionValue {
    Text(String),
    Number(i64),
    /// Yes or no.
    Flag(bool),
    /// A channel with its kind, or `None` for one that cannot hold messages.
    Channel(ChannelId, Option<ChannelKind>),
    /// A role.
    Role {
        id: RoleId,
        /// Whether the role is set to be mentionable by anybody.
        mentionable: bool,
    },
    Person(UserId),
    File(Attachment),
}

/// An attached file that is not fetched yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Its URL at Discord.
    pub url: String,
    pub name: String,
    /// Its size in bytes, according to Discord.
    pub size: u64,
    /// Its media type, according to Discord.
    pub kind: Option<String>,
}

/// The user who sent the interaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoker {
    /// Their id; stored only if they ask for a notification.
    pub id: UserId,
    /// Their roles, if they asked in a server.
    pub roles: Vec<RoleId>,
    /// Whether they administer that server: then channel overwrites do not apply to them.
    pub administers: bool,
    /// Whether they may manage the channel of the invocation.
    pub manages_channels: bool,
    /// Whether they may manage (delete) others' messages in the channel of the invocation.
    pub manages_messages: bool,
    /// Whether they may mention any role.
    pub mentions_everyone: bool,
}

/// Discord's interaction context: where the command was invoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Context {
    Server {
        guild: GuildId,
        channel: ChannelId,
        /// The parent channel, if it is a thread.
        parent: Option<ChannelId>,
        /// The bot's permission bits in that channel.
        may: u64,
        /// Whether the bot is a member of that server (not so for a user install elsewhere).
        member: bool,
        /// The server's language, or `None` if Discord sends none.
        language: Option<Language>,
    },
    /// In a direct message to the bot.
    Direct(ChannelId),
    /// In a direct message between other users, by user install.
    Elsewhere(ChannelId),
    Terminal,
}

impl Context {
    /// The server, if the bot is a member of it.
    pub fn guild(&self) -> Option<GuildId> {
        match self {
            Self::Server { guild, member: true, .. } => Some(*guild),
            _ => None,
        }
    }

    pub fn channel(&self) -> Option<ChannelId> {
        match self {
            Self::Server { channel, .. } | Self::Direct(channel) | Self::Elsewhere(channel) => Some(*channel),
            Self::Terminal => None,
        }
    }

    /// The URL of a message in this context, whether or not the bot is a member.
    pub fn link(&self, message: MessageId) -> Option<String> {
        match self {
            Self::Server { guild, channel, .. } => {
                Some(format!("https://discord.com/channels/{guild}/{channel}/{message}"))
            }
            Self::Direct(channel) | Self::Elsewhere(channel) => {
                Some(format!("https://discord.com/channels/@me/{channel}/{message}"))
            }
            Self::Terminal => None,
        }
    }

    /// The channels whose subscription may have caused the posts in this channel: this one and, for a thread, its parent
    /// channel.
    pub fn channel_and_parent(&self) -> impl Iterator<Item = (GuildId, ChannelId)> + use<> {
        let parent = match self {
            Self::Server { parent, .. } => *parent,
            _ => None,
        };
        let guild = self.guild();
        self.channel().into_iter().chain(parent).filter_map(move |channel| Some((guild?, channel)))
    }
}

/// A fact that an answer needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// This server's subscriptions.
    Subscriptions(GuildId),
    /// One channel's subscription.
    Subscription(GuildId, ChannelId),
    /// The permissions of the bot and the invoker in a channel other than that of the invocation.
    Channel(GuildId, ChannelId),
    /// The bot's permissions in each subscribed channel of this server; after [`Need::Subscriptions`].
    SubscribedChannels(GuildId),
    /// The invoker's permissions in the server as a whole, without channel overwrites.
    Server(GuildId),
    Outage(OutageId),
    /// Outages that started within the given number of days, newest first.
    Outages {
        /// How many days back.
        days: u16,
    },
    /// The counts of our checks in the last days: in buckets of five minutes for a single day, else of days.
    UptimeBuckets {
        /// How many days back, including today.
        days: u16,
    },
    /// The bot's direct message channel with a user.
    Direct(UserId),
    /// The text of an attached file, up to 1 MiB.
    File(Attachment),
    /// What could not be posted in this server recently, and why.
    Undelivered(GuildId),
    /// Request budgets, rate limits, and the sessions that were started with Discord.
    Budgets,
    /// How many records are stored about this server, by kind.
    Counts(GuildId),
    /// The records stored about this server, as a file.
    Records(GuildId),
}

/// The facts that an answer is made from.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The current time.
    pub now: Timestamp,
    /// The watcher's newest snapshot.
    pub snapshot: Arc<StatusSnapshot>,
    pub catalog: Arc<ServiceCatalog>,
    pub faq: SharedFaq,
    pub subscriptions: Vec<Subscription>,
    /// The requested channel, if needed, or the reason why it could not be checked.
    pub channel: Option<Result<ChannelFacts, Reason>>,
    /// The subscribed channels according to Discord, if needed, or the reason why one could not be checked.
    pub channels: Vec<(ChannelId, Result<ChannelFacts, DiscordError>)>,
    /// The invoker's permission bits in the whole server, if needed, or the reason why they are unknown.
    pub server: Option<Result<u64, Reason>>,
    /// The requested direct message channel, if needed, or the reason why there is none.
    pub direct: Option<Result<ChannelId, Reason>>,
    /// The requested outage, or `None` if there is none with that id.
    pub outage: Option<Outage>,
    /// Recent answers in this channel, newest first: they are linked to instead of being repeated.
    pub recent_answers: Vec<StandingAnswer>,
    /// The outages of the requested days, newest first.
    pub outages: Vec<Outage>,
    /// The counts of our checks in the requested days, by service; oldest first.
    pub uptime_buckets: Vec<(ServiceName, Vec<UptimeBucket>)>,
    /// The texts of the attached files, in the order of the needs, or the reason why one could not be read.
    pub files: Vec<Result<String, Reason>>,
    /// What could not be posted recently.
    pub undelivered: Vec<UndeliveredAlert>,
    /// Request budgets and rate limits of the hosts that are checked.
    pub budgets: Vec<BudgetLine>,
    /// Sessions started with Discord, if needed. `None` if interactions come over HTTP.
    pub sessions: Option<Sessions>,
    /// How many records of this server are stored, by kind.
    pub counts: Vec<(String, u64)>,
    /// The records of this server, if needed.
    pub records: Option<ServerRecords>,
    /// Where deleted records remain for a while.
    pub remains: Remains,
    /// Whether the operator wants to read questions that found no answer; redacted even then.
    pub collects_questions: bool,
    /// How many subscriptions a server may have.
    pub subscriptions_allowed: usize,
    /// How many people report failures now, including the invoker, or `None` before they are counted.
    pub reports: Option<u32>,
    /// The language of posts in servers without a language.
    pub language: Language,
    pub version: &'static str,
    /// Recently rendered status answers.
    pub said: Arc<AnswerCache>,
    /// The work allowed for reading a paste.
    pub fuel: Fuel,
}

impl Facts {
    /// The facts that need no fetching: nothing is fetched yet, no reports are counted, and the limits are the defaults.
    pub fn in_memory(
        now: Timestamp,
        snapshot: Arc<StatusSnapshot>,
        catalog: Arc<ServiceCatalog>,
        faq: SharedFaq,
    ) -> Self {
        Self {
            now,
            snapshot,
            catalog,
            faq,
            subscriptions: Vec::new(),
            channel: None,
            channels: Vec::new(),
            server: None,
            direct: None,
            outage: None,
            recent_answers: Vec::new(),
            outages: Vec::new(),
            uptime_buckets: Vec::new(),
            files: Vec::new(),
            undelivered: Vec::new(),
            budgets: Vec::new(),
            sessions: None,
            counts: Vec::new(),
            records: None,
            remains: Remains::default(),
            collects_questions: false,
            subscriptions_allowed: 100, // recording.md, [limits]
            reports: None,
            language: Language::ENGLISH,
            version: env!("CARGO_PKG_VERSION"),
            said: Arc::default(),
            fuel: Fuel::default(),
        }
    }
}

/// The records stored about one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerRecords {
    pub text: String,
    /// The number of records.
    pub count: usize,
    /// More records exist; they did not fit.
    pub cut: bool,
}

/// An alert that could not be posted, so far or for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UndeliveredAlert {
    pub channel: ChannelId,
    pub outage: OutageId,
    pub why: Reason,
    /// It is not retried any more.
    pub given_up: bool,
}

/// A public answer that the channel already has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandingAnswer {
    /// Its name, as [`Reply::stands_as`](crate::chat::Reply::stands_as) gave it.
    pub name: String,
    /// Its address: `https://discord.com/channels/…`.
    pub link: String,
    /// When it was posted.
    pub at: Timestamp,
}

/// A channel's kind and permissions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelFacts {
    /// The channel's kind, or `None` if it cannot hold messages.
    pub channel_kind: Option<ChannelKind>,
    /// The bot's permission bits there.
    pub may: u64,
    /// The invoker's permission bits there.
    pub theirs: u64,
    /// It is a forum that requires a tag on each post; our posts have none.
    pub must_tag: bool,
    /// It is a voice or stage channel, which needs the permission to join it for everything.
    pub voice: bool,
}
