//! A Discord in memory that keeps Discord's rules: the demo and the tests run on it, and production refuses it.
//!
//! What is posted is rendered to the same JSON that the real one gets and judged by [`simulator_rules`](rules). Time is a
//! [`Clock`]'s. What people would read is kept as a transcript.

mod outbound;
mod people;
mod render;
pub mod rules;
mod transcript;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, oneshot};

use super::permissions::OverwriteTarget;
use super::{Incoming, InteractionResponse};
use crate::chat::{ActionRow, TextFile};
use crate::clock::Clock;
use crate::commands::Spec;
use crate::ids::{ChannelId, GuildId, MessageId, RoleId, UserId};
use rules::{DiscordRules, Fault, RulesChannelKind};

pub use people::Person;

/// A Discord in memory. Cheap to clone; all clones are the same.
#[derive(Clone)]
pub struct Simulator {
    clock: Clock,
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    model: DiscordRules,
    home: GuildId,
    you: UserId,
    specs: Vec<Spec>,
    entries: Vec<TranscriptEntry>,
    /// Rows below messages, as our own types: what can be pressed.
    rows: BTreeMap<MessageId, Vec<ActionRow>>,
    /// The message with rows that each person saw last in a channel.
    seen: HashMap<(ChannelId, Option<UserId>), MessageId>,
    incoming: Option<mpsc::Sender<Incoming>>,
    waiting: HashMap<u64, Waiting>,
    files: BTreeMap<String, Vec<u8>>,
    revoked: bool,
    requests: u64,
}

struct Waiting {
    answered: oneshot::Sender<InteractionResponse>,
    private: bool,
}

/// One line of what people read.
#[derive(Clone, Debug, PartialEq)]
pub struct TranscriptEntry {
    pub at: Timestamp,
    pub channel: ChannelId,
    pub guild: Option<GuildId>,
    /// The message that it is about.
    pub message: MessageId,
    pub what: TranscriptChange,
    /// The text that stands there now.
    pub text: String,
    /// The rows below it.
    pub rows: Vec<ActionRow>,
    /// What its pictures show.
    pub images: Vec<String>,
    /// The text file beside it.
    pub file: Option<TextFile>,
    pub pings: Vec<OverwriteTarget>,
    /// It made no sound.
    pub quiet: bool,
    /// The nonce that it was posted with.
    pub nonce: Option<String>,
}

/// What happened to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TranscriptChange {
    /// It was posted, perhaps as a reply.
    Posted(Option<MessageId>),
    Edited,
    Deleted,
    /// It was published to followers.
    Published,
    /// A thread of this name was opened on it, or with it in a forum.
    Thread(String),
    /// The thread was given this name.
    Renamed(String),
    /// It answers what this person asked, for everybody or for them alone.
    Answered {
        by: UserId,
        private: bool,
    },
    /// Somebody else than the bot said it, or typed it as a command.
    Said(UserId),
}

impl Simulator {
    /// A Discord with one server, "Developers", in which everybody may write and the bot has what it asks for.
    pub fn new(clock: Clock) -> Self {
        let now = clock.now();
        let mut model = DiscordRules::new();
        let home = model.add_guild("Developers", now);
        let you = model.add_person("you", now);
        let inner = Inner {
            model,
            home,
            you,
            specs: crate::commands::ALL.iter().map(|c| c.spec()).collect(),
            entries: Vec::new(),
            rows: BTreeMap::new(),
            seen: HashMap::new(),
            incoming: None,
            waiting: HashMap::new(),
            files: BTreeMap::new(),
            revoked: false,
            requests: 0,
        };
        Self { clock, inner: Arc::new(Mutex::new(inner)) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What comes in from this Discord, from now on; `most` may wait to be taken.
    pub fn incoming(&self, most: usize) -> mpsc::Receiver<Incoming> {
        let (sender, receiver) = mpsc::channel(most.max(1));
        self.lock().incoming = Some(sender);
        receiver
    }

    /// Lets something come in that no person asked.
    pub async fn sends(&self, incoming: Incoming) {
        let sender = self.lock().incoming.clone();
        if let Some(sender) = sender {
            // Nobody listens while the app is stopped: Discord would drop it too.
            let _ = sender.send(incoming).await;
        }
    }

    /// The server in which everything happens that names no other.
    pub fn home(&self) -> GuildId {
        self.lock().home
    }

    /// A text channel of the home server; made if there is none of that name.
    pub fn channel(&self, name: &str) -> SimulatedChannel {
        self.channel_of_kind(self.home(), name, RulesChannelKind::Text)
    }

    /// An announcement channel of the home server.
    pub fn announcement(&self, name: &str) -> SimulatedChannel {
        self.channel_of_kind(self.home(), name, RulesChannelKind::Announcement)
    }

    /// A forum of the home server.
    pub fn forum(&self, name: &str) -> SimulatedChannel {
        self.channel_of_kind(self.home(), name, RulesChannelKind::Forum)
    }

    /// A channel of any server and kind; made if there is none of that name.
    pub fn channel_of_kind(&self, guild: GuildId, name: &str, kind: RulesChannelKind) -> SimulatedChannel {
        let now = self.clock.now();
        let mut inner = self.lock();
        let id = inner
            .model
            .channel_named(guild, name)
            .unwrap_or_else(|| inner.model.add_channel(Some(guild), name, kind, now));
        SimulatedChannel { discord: self.clone(), guild, id }
    }

    /// Another server with the bot in it.
    pub fn server(&self, name: &str) -> GuildId {
        let now = self.clock.now();
        let mut inner = self.lock();
        let known = inner.model.guilds.iter().find(|(_, g)| g.name == name).map(|(id, _)| *id);
        known.unwrap_or_else(|| inner.model.add_guild(name, now))
    }

    /// A role of the home server; made, and mentionable by everybody, if there is none of that name.
    pub fn role(&self, name: &str) -> RoleId {
        self.role_that_is(name, true)
    }

    /// A role of the home server that only those may mention who may mention any.
    pub fn unmentionable_role(&self, name: &str) -> RoleId {
        self.role_that_is(name, false)
    }

    fn role_that_is(&self, name: &str, mentionable: bool) -> RoleId {
        let now = self.clock.now();
        let mut inner = self.lock();
        let home = inner.home;
        let known = inner.model.role_named(home, name).map(|r| r.id);
        known.unwrap_or_else(|| inner.model.add_role(home, name, mentionable, now))
    }

    /// A file that somebody could attach.
    pub fn file(&self, name: &str, content: impl Into<Vec<u8>>) {
        self.lock().files.insert(name.into(), content.into());
    }

    /// The bot is removed from a server.
    pub async fn kicks_the_bot(&self, guild: GuildId) {
        self.lock().model.leave(guild);
        self.sends(Incoming::ServerLeft(guild)).await;
    }

    /// The token is not accepted any more.
    pub fn revokes_the_token(&self) {
        self.lock().revoked = true;
    }

    /// Turns Discord's limits off, for benches.
    pub fn has_no_limits(&self) {
        self.lock().model.limits.global = 0;
    }

    /// The next request to any channel meets this fault, after those that were named before.
    pub fn fails(&self, fault: Fault, times: usize) {
        self.lock().model.faults.queue(None, fault, times);
    }

    /// All of Discord answers 503 from one instant until another.
    pub fn is_down(&self, from: Timestamp, until: Timestamp) {
        self.lock().model.faults.down(from, until);
    }

    /// Nothing goes wrong any more.
    pub fn is_well(&self) {
        self.lock().model.faults.clear();
    }

    /// How many requests the bot made.
    pub fn requests(&self) -> u64 {
        self.lock().requests
    }

    /// How many requests met a limit, or were invalid, lately.
    pub fn invalid_requests(&self) -> usize {
        let now = self.clock.now();
        self.lock().model.limits.invalid(now)
    }

    /// Everything that happened, in order.
    pub fn entries(&self) -> Vec<TranscriptEntry> {
        self.lock().entries.clone()
    }

    /// Inspects the small Discord itself.
    pub fn probe<T>(&self, probe: impl FnOnce(&DiscordRules) -> T) -> T {
        probe(&self.lock().model)
    }

    /// Changes the small Discord itself, as its people might.
    pub fn arrange<T>(&self, change: impl FnOnce(&mut DiscordRules) -> T) -> T {
        change(&mut self.lock().model)
    }
}

/// One channel of a simulator.
#[derive(Clone)]
pub struct SimulatedChannel {
    discord: Simulator,
    pub guild: GuildId,
    pub id: ChannelId,
}

impl SimulatedChannel {
    /// Takes permissions from the bot here, as bits of [`permissions`](super::permissions).
    pub fn takes_away(&self, bits: u64) -> &Self {
        self.discord.lock().model.set_own_overwrite(self.id, bits, 0);
        self
    }

    /// Gives permissions to the bot here.
    pub fn gives(&self, bits: u64) -> &Self {
        self.discord.lock().model.set_own_overwrite(self.id, 0, bits);
        self
    }

    /// The next requests to this channel meet a fault.
    pub fn fails(&self, fault: Fault, times: usize) -> &Self {
        self.discord.lock().model.faults.queue(Some(self.id), fault, times);
        self
    }

    /// The next request to this channel is answered 429 with this wait.
    pub fn limits(&self, wait: SignedDuration) -> &Self {
        self.fails(Fault::Limited(wait.as_secs_f64(), rules::RateLimitScope::User), 1)
    }

    /// It is deleted; the gateway says so.
    pub async fn is_deleted(&self) {
        self.discord.lock().model.delete_channel(self.id);
        self.discord.sends(Incoming::ChannelGone(self.guild, self.id)).await;
    }

    /// It is deleted while the gateway is away: only a request finds out.
    pub fn vanishes(&self) {
        self.discord.lock().model.delete_channel(self.id);
    }

    /// Somebody deletes a message in it.
    pub fn loses(&self, message: MessageId) {
        let mut inner = self.discord.lock();
        if let Some(channel) = inner.model.channels.get_mut(&self.id) {
            channel.messages.remove(&message);
        }
    }

    /// What stands in it now, oldest first, for everybody to read.
    pub fn texts(&self) -> Vec<String> {
        let inner = self.discord.lock();
        let messages = inner.model.channels.get(&self.id).map(|c| &c.messages);
        let public = messages.into_iter().flatten().filter(|(_, m)| m.only_for.is_none());
        public.map(|(_, m)| m.text().to_owned()).collect()
    }

    /// The bot's last message in it.
    pub fn last_message(&self) -> Option<MessageId> {
        let inner = self.discord.lock();
        let me = inner.model.me.user;
        let messages = &inner.model.channels.get(&self.id)?.messages;
        messages.iter().rev().find(|(_, m)| m.author == me && m.only_for.is_none()).map(|(id, _)| *id)
    }
}
