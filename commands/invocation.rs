//! What was asked, by whom, where, and the facts that an answer may need.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::AnswerCache;
use crate::alerts::{ChannelKind, DiscordError, Remains, Subscription};
use crate::chat::replies::about::{BudgetLine, Sessions};
use crate::faq::Faq;
use crate::faq::fuel::Fuel;
use crate::health::{Outage, OutageId, ServiceCatalog, ServiceName, StatusSnapshot, UptimeBucket};
use crate::i18n::Language;
use crate::ids::{ChannelId, GuildId, InteractionId, MessageId, RoleId, UserId};

/// What was asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Invocation {
    /// Which one: what makes a change happen once.
    pub id: InteractionId,
    /// The command's name: `status`, `alerts`, `Explain this error`.
    pub command: String,
    /// How it was asked.
    pub input: Input,
    pub invoker: Invoker,
    pub place: Context,
    /// The asker's language.
    pub language: Language,
    /// What the bot may do in the channels that were named, as Discord's permission bits, where Discord says so.
    pub app_permissions: BTreeMap<ChannelId, u64>,
}

/// How it was asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Typed as a slash command.
    Command {
        /// The subcommand, where the command has some: `subscribe`.
        subcommand: Option<String>,
        /// The options that were given, by name.
        options: Vec<(String, OptionValue)>,
    },
    /// Being typed: suggestions are wanted for one option.
    Autocomplete {
        /// The subcommand, where the command has some.
        subcommand: Option<String>,
        option: String,
        /// What stands in it so far.
        text: String,
    },
    /// A button was pressed or a menu chosen from.
    Component {
        /// The action behind the command's name: `refresh` of `status:refresh`, `more:spotify-nhu` of
        /// `faq:more:spotify-nhu`.
        action: String,
        /// What was chosen from a menu; empty for a button.
        values: Vec<String>,
        /// The chosen roles that anybody may mention.
        mentionable: Vec<RoleId>,
        /// The message on which it stands.
        message: Option<MessageId>,
        /// Whether that message is ours; nothing is done for another's.
        ours: bool,
        /// Who asked for the message on which it stands, where Discord says so.
        asked_by: Option<UserId>,
    },
    /// A form was sent.
    ModalSubmit {
        /// The action behind the command's name.
        action: String,
        /// The texts by field.
        fields: BTreeMap<String, String>,
    },
    /// Somebody's message was right-clicked.
    MessageCommand {
        message: MessageId,
        text: String,
        author: UserId,
        /// Its other texts, in the order in which people see them.
        more: Vec<(Part, String)>,
        /// A text file attached to it.
        file: Option<Attachment>,
    },
}

/// Where in a message a text was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Text,
    Forwarded,
    Embed,
    /// In a text display, among its components.
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
    /// A channel, with what kind it is; none for one that cannot hold messages.
    Channel(ChannelId, Option<ChannelKind>),
    /// A role, and whether everybody may mention it.
    Role {
        id: RoleId,
        /// Whether the role is set to be mentionable by anybody.
        mentionable: bool,
    },
    Person(UserId),
    File(Attachment),
}

/// An attached file, not yet fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Where Discord keeps it.
    pub url: String,
    pub name: String,
    /// Its size in bytes, as Discord says.
    pub size: u64,
    /// Its type, as Discord says.
    pub kind: Option<String>,
}

/// Who asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoker {
    /// Their id; kept only where they ask to be told.
    pub id: UserId,
    /// Their roles, where they asked in a server.
    pub roles: Vec<RoleId>,
    /// Whether they administer that server: then no channel's exceptions count for them.
    pub administers: bool,
    /// Whether they may manage channels where they asked.
    pub manages_channels: bool,
    /// Whether they may manage (delete) others' messages where they asked.
    pub manages_messages: bool,
    /// Whether they may mention any role.
    pub mentions_everyone: bool,
}

/// Where it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Context {
    Server {
        guild: GuildId,
        channel: ChannelId,
        /// The channel that it belongs to, where it is a thread.
        parent: Option<ChannelId>,
        /// What the bot itself may do in that channel, as Discord's permission bits.
        may: u64,
        /// Whether the bot is a member of that server (not so for a user install elsewhere).
        member: bool,
        /// The server's language; none where Discord names none.
        language: Option<Language>,
    },
    /// In a direct conversation with the bot.
    Direct(ChannelId),
    /// In a conversation of others, by user install.
    Elsewhere(ChannelId),
    Terminal,
}

impl Context {
    /// The server, where it is one that the bot is a member of.
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

    /// The address of a message here, whether the bot is a member or not.
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

    /// The channels whose subscription may have brought here what stands here: this one, and for a thread the one that
    /// it belongs to.
    pub fn heard_by(&self) -> impl Iterator<Item = (GuildId, ChannelId)> + use<> {
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
    /// What the bot and the asker may do in a channel other than the one it was asked in.
    Channel(GuildId, ChannelId),
    /// What the bot may do in each channel of this server that is subscribed; after [`Need::Subscriptions`].
    SubscribedChannels(GuildId),
    /// What the asker may do in the server as a whole, whatever single channels say.
    Server(GuildId),
    Outage(OutageId),
    /// Outages that began within so many days, newest first.
    Outages {
        /// How many days back.
        days: u16,
    },
    /// How our checks went in the last days: by slots of five minutes for a single day, else by days.
    UptimeBuckets {
        /// How many days back, today among them.
        days: u16,
    },
    /// The bot's direct conversation with somebody.
    Direct(UserId),
    /// The text of an attached file, up to 1 MiB.
    File(Attachment),
    /// What could not be told in this server lately, and why.
    Undelivered(GuildId),
    /// Budgets and bans, and the sessions that were begun with Discord.
    Budgets,
    /// What is kept about this server, counted.
    Counts(GuildId),
    /// What is kept about this server, as a file.
    Records(GuildId),
}

/// What is known to an answer.
#[derive(Clone, Debug)]
pub struct Facts {
    /// What time it is.
    pub now: Timestamp,
    /// The watcher's last picture.
    pub snapshot: Arc<StatusSnapshot>,
    pub catalog: Arc<ServiceCatalog>,
    pub faq: Arc<Faq>,
    pub subscriptions: Vec<Subscription>,
    /// The channel that was asked for, where needed; the reason why it could not be checked.
    pub channel: Option<Result<ChannelFacts, String>>,
    /// The subscribed channels as Discord shows them, where needed; the reason why one could not be checked.
    pub channels: Vec<(ChannelId, Result<ChannelFacts, DiscordError>)>,
    /// What the asker may do in the whole server, where needed, as Discord's permission bits; the reason why that is not known.
    pub server: Option<Result<u64, String>>,
    /// The direct conversation that was asked for, where needed; the reason why there is none.
    pub direct: Option<Result<ChannelId, String>>,
    /// The outage that was asked for; none if there is none of that name.
    pub outage: Option<Outage>,
    /// Answers that stand in this channel already, newest first: a wall of repeats is not built.
    pub recent_answers: Vec<StandingAnswer>,
    /// The outages of the days asked for, newest first.
    pub outages: Vec<Outage>,
    /// How our checks went in the days asked for, by service; oldest first.
    pub uptime_buckets: Vec<(ServiceName, Vec<UptimeBucket>)>,
    /// The text of the attached file; the reason why it could not be read.
    pub file: Option<Result<String, String>>,
    /// What could not be told lately.
    pub undelivered: Vec<UndeliveredAlert>,
    /// Budgets and bans of the hosts that are checked.
    pub budgets: Vec<BudgetLine>,
    /// Sessions begun with Discord, where needed; none where interactions come over HTTP.
    pub sessions: Option<Sessions>,
    /// How many records of this server are kept, by kind.
    pub counts: Vec<(String, u64)>,
    /// The records of this server, where needed.
    pub records: Option<ServerRecords>,
    /// Where deleted records remain for a while.
    pub remains: Remains,
    /// Whether the operator wants to read questions that found no answer; redacted even then.
    pub collects_questions: bool,
    /// How many subscriptions a server may have.
    pub subscriptions_allowed: usize,
    /// How many people report failures now, the asker among them; none before they are counted.
    pub reports: Option<u32>,
    /// The language of posts where a server has none.
    pub language: Language,
    /// This program's version.
    pub version: &'static str,
    /// How things are, as it was said lately.
    pub said: Arc<AnswerCache>,
    /// The work that may be spent on reading what was pasted.
    pub fuel: Fuel,
}

impl Facts {
    /// What is always at hand; nothing was fetched yet, nobody is counted, and the limits are the defaults.
    pub fn at_hand(
        now: Timestamp,
        snapshot: Arc<StatusSnapshot>,
        catalog: Arc<ServiceCatalog>,
        faq: Arc<Faq>,
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
            file: None,
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

/// What is stored about one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerRecords {
    pub text: String,
    /// How many records that are.
    pub count: usize,
    /// There are more, which had no room.
    pub cut: bool,
}

/// An alert that could not be told, so far or for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UndeliveredAlert {
    pub channel: ChannelId,
    pub outage: OutageId,
    /// Why not, in Discord's words.
    pub why: String,
    /// It is not tried any more.
    pub given_up: bool,
}

/// A public answer that stands in the channel already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandingAnswer {
    /// Its name, as [`Reply::stands_as`](crate::chat::Reply::stands_as) gave it.
    pub name: String,
    /// Its address: `https://discord.com/channels/…`.
    pub link: String,
    /// When it was said.
    pub at: Timestamp,
}

/// What is known of a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelFacts {
    /// What kind it is; none if it cannot hold messages.
    pub channel_kind: Option<ChannelKind>,
    /// What the bot was granted there, as Discord's permission bits.
    pub may: u64,
    /// What the asker may do there, likewise.
    pub theirs: u64,
    /// It is a forum in which every post must bear a tag: ours bear none.
    pub must_tag: bool,
    /// It is a voice or stage channel, in which nothing can be done without joining it.
    pub voice: bool,
}
