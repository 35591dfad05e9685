//! A Discord in memory that follows Discord's rules. The demo and the tests run on it; production refuses it.
//!
//! A message is rendered to the same JSON that the real Discord gets, and checked by [`simulator_rules`](rules). Time comes from
//! a [`Clock`]. What people would read is recorded as a transcript.

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
    /// The last message with rows that each user saw in a channel.
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

/// One entry of the transcript of what people read.
#[derive(Clone, Debug, PartialEq)]
pub struct TranscriptEntry {
    pub at: Timestamp,
    pub channel: ChannelId,
    pub guild: Option<GuildId>,
    pub message: MessageId,
    pub what: TranscriptChange,
    /// The text of the message now.
    pub text: String,
    pub rows: Vec<ActionRow>,
    /// The alt texts of its charts.
    pub images: Vec<String>,
    pub file: Option<TextFile>,
    pub pings: Vec<OverwriteTarget>,
    pub quiet: bool,
    pub nonce: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TranscriptChange {
    /// It was posted, perhaps as a reply.
    Posted(Option<MessageId>),
    Edited,
    Deleted,
    Published,
    /// A thread of this name was opened on it, or with it in a forum.
    Thread(String),
    Renamed(String),
    /// It answers an interaction of this user, for everybody or only for them.
    Answered {
        by: UserId,
        private: bool,
    },
    /// A user wrote it, or typed it as a command.
    Said(UserId),
}

impl Simulator {
    /// Creates a Discord with one server, "Developers", in which everybody may write and the bot has the permissions it needs.
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

    /// Returns the receiver of events from now on; `most` may be queued.
    pub fn incoming(&self, most: usize) -> mpsc::Receiver<Incoming> {
        let (sender, receiver) = mpsc::channel(most.max(1));
        self.lock().incoming = Some(sender);
        receiver
    }

    /// Sends an event that no user caused.
    pub async fn sends(&self, incoming: Incoming) {
        let sender = self.lock().incoming.clone();
        if let Some(sender) = sender {
            // There is no receiver while the app is stopped: Discord would drop the event too.
            let _ = sender.send(incoming).await;
        }
    }

    /// Returns the home server, which is used wherever no other is named.
    pub fn home(&self) -> GuildId {
        self.lock().home
    }

    /// Returns a text channel of the home server; creates it if there is none of that name.
    pub fn channel(&self, name: &str) -> SimulatedChannel {
        self.channel_of_kind(self.home(), name, RulesChannelKind::Text)
    }

    /// Returns an announcement channel of the home server; creates it if needed.
    pub fn announcement(&self, name: &str) -> SimulatedChannel {
        self.channel_of_kind(self.home(), name, RulesChannelKind::Announcement)
    }

    /// Returns a forum of the home server; creates it if needed.
    pub fn forum(&self, name: &str) -> SimulatedChannel {
        self.channel_of_kind(self.home(), name, RulesChannelKind::Forum)
    }

    /// Returns a channel of any server and type; creates it if there is none of that name.
    pub fn channel_of_kind(&self, guild: GuildId, name: &str, kind: RulesChannelKind) -> SimulatedChannel {
        let now = self.clock.now();
        let mut inner = self.lock();
        let id = inner
            .model
            .channel_named(guild, name)
            .unwrap_or_else(|| inner.model.add_channel(Some(guild), name, kind, now));
        SimulatedChannel { discord: self.clone(), guild, id }
    }

    /// Returns another server with the bot in it; creates it if needed.
    pub fn server(&self, name: &str) -> GuildId {
        let now = self.clock.now();
        let mut inner = self.lock();
        let known = inner.model.guilds.iter().find(|(_, g)| g.name == name).map(|(id, _)| *id);
        known.unwrap_or_else(|| inner.model.add_guild(name, now))
    }

    /// Returns a role of the home server; creates it, mentionable by everybody, if there is none of that name.
    pub fn role(&self, name: &str) -> RoleId {
        self.role_that_is(name, true)
    }

    /// Creates a role of the home server that only users with the permission to mention any role may mention.
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

    /// Adds a file that a user can attach.
    pub fn file(&self, name: &str, content: impl Into<Vec<u8>>) {
        self.lock().files.insert(name.into(), content.into());
    }

    /// Removes the bot from a server.
    pub async fn kicks_the_bot(&self, guild: GuildId) {
        self.lock().model.leave(guild);
        self.sends(Incoming::ServerLeft(guild)).await;
    }

    /// Revokes the bot's token.
    pub fn revokes_the_token(&self) {
        self.lock().revoked = true;
    }

    /// Turns Discord's limits off, for benches.
    pub fn has_no_limits(&self) {
        self.lock().model.limits.global = 0;
    }

    /// Makes the next requests to any channel meet this fault, after those that were queued before.
    pub fn fails(&self, fault: Fault, times: usize) {
        self.lock().model.faults.queue(None, fault, times);
    }

    /// Makes all of Discord answer 503 from one time until another.
    pub fn is_down(&self, from: Timestamp, until: Timestamp) {
        self.lock().model.faults.down(from, until);
    }

    /// Makes Discord unreachable from one time until another.
    pub fn is_away(&self, from: Timestamp, until: Timestamp) {
        self.lock().model.faults.away(from, until);
    }

    /// Removes all faults.
    pub fn is_well(&self) {
        self.lock().model.faults.clear();
    }

    /// Returns how many requests the bot made.
    pub fn requests(&self) -> u64 {
        self.lock().requests
    }

    /// Returns how many recent requests were invalid or met a limit.
    pub fn invalid_requests(&self) -> usize {
        let now = self.clock.now();
        self.lock().model.limits.invalid(now)
    }

    /// Returns everything that happened, in order.
    pub fn entries(&self) -> Vec<TranscriptEntry> {
        self.lock().entries.clone()
    }

    /// Reads the state of the simulated Discord.
    pub fn probe<T>(&self, probe: impl FnOnce(&DiscordRules) -> T) -> T {
        probe(&self.lock().model)
    }

    /// Changes the state of the simulated Discord, as its users might.
    pub fn arrange<T>(&self, change: impl FnOnce(&mut DiscordRules) -> T) -> T {
        change(&mut self.lock().model)
    }
}

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

    pub fn gives(&self, bits: u64) -> &Self {
        self.discord.lock().model.set_own_overwrite(self.id, 0, bits);
        self
    }

    /// Makes the next requests to this channel meet a fault.
    pub fn fails(&self, fault: Fault, times: usize) -> &Self {
        self.discord.lock().model.faults.queue(Some(self.id), fault, times);
        self
    }

    /// Makes the next request to this channel get a 429 with this wait.
    pub fn limits(&self, wait: SignedDuration) -> &Self {
        self.fails(Fault::Limited(wait.as_secs_f64(), rules::RateLimitScope::User), 1)
    }

    /// Deletes the channel; the gateway reports it.
    pub async fn is_deleted(&self) {
        self.discord.lock().model.delete_channel(self.id);
        self.discord.sends(Incoming::ChannelGone(self.guild, self.id)).await;
    }

    /// Deletes the channel while the gateway is away: only a request finds out.
    pub fn vanishes(&self) {
        self.discord.lock().model.delete_channel(self.id);
    }

    /// Deletes a message in the channel, as a user would.
    pub fn loses(&self, message: MessageId) {
        let mut inner = self.discord.lock();
        if let Some(channel) = inner.model.channels.get_mut(&self.id) {
            channel.messages.remove(&message);
        }
    }

    /// Returns the texts that everybody can read in it now, oldest first.
    pub fn texts(&self) -> Vec<String> {
        let inner = self.discord.lock();
        let messages = inner.model.channels.get(&self.id).map(|c| &c.messages);
        let public = messages.into_iter().flatten().filter(|(_, m)| m.only_for.is_none());
        public.map(|(_, m)| m.text().to_owned()).collect()
    }

    /// Returns the bot's last message in it.
    pub fn last_message(&self) -> Option<MessageId> {
        let inner = self.discord.lock();
        let me = inner.model.me.user;
        let messages = &inner.model.channels.get(&self.id)?.messages;
        messages.iter().rev().find(|(_, m)| m.author == me && m.only_for.is_none()).map(|(id, _)| *id)
    }
}
