//! Keeping what must not be forgotten.
//!
//! The verbs are the domain's, few, and asked in pages where there can be many. A backend is one file, one match arm in
//! [`open()`] and one row in the contract test's list.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::alerts::{
    Announcement, AnnouncementId, Audience, Claim, Delivery, DeliveryOutcome, RecoverySubscriber, Remains,
    Subscription, SubscriptionEdit,
};
use crate::health::{BucketSize, Outage, OutageEvent, OutageId, ProbeCounts, ServiceName, UptimeBucket};
use crate::ids::{ChannelId, GuildId, InteractionId, MessageId, UserId};

mod deletions;
pub mod dump;
mod engine;
mod entry;
mod expiry;
mod key;
mod kv;
mod live_message;
mod memory;
mod open;
mod postgres;
mod quotas;
mod record;
mod sled;
mod transaction;

pub use deletions::Deletions;
pub use entry::DumpEntry;
pub use live_message::LiveStatusMessage;
pub use memory::MemoryStore;
pub use open::{FreeSpace, StoreError, StoreOptions, check, open};
pub use sled::{Repaired, repair, set_aside};

/// Why a channel that just subscribed is told of an outage, for people who read logs.
const JOINED: &str = "subscribed while it goes on";

/// Deliveries of each haste among which the one is looked for that waits longest: who asks that asks often, and where nothing
/// gets through they all wait.
const WAITING_EXAMINED: usize = 100;

/// Keeps what must not be forgotten. Every verb that changes something is durable when it returns.
///
/// `now` is the caller's clock: it says what is due, and is what is written down. Whether the lease of a lead or of a
/// claim is over is told by one clock for all who share the store: where machines share it, the store's own.
#[async_trait]
pub trait Store: Send + Sync {
    /// The small hot state, read once at start.
    async fn load_state(&self) -> Result<WatcherState, StoreError>;

    /// Takes the lead in a role, or keeps it, until the lease ends; none while another holds it. `holder` is random for
    /// each process. The epoch grows whenever the lead changes hands or is taken again after it ran out.
    async fn acquire_lease(
        &self,
        role: &str,
        holder: &str,
        lease: SignedDuration,
        now: Timestamp,
    ) -> Result<Option<FencingToken>, StoreError>;

    /// Gives a lead back before its lease ends, so that nobody need wait for it. Does nothing if it is another's by now.
    async fn release_lease(&self, fence: &FencingToken) -> Result<(), StoreError>;

    /// Who leads now in the roles whose names begin with `prefix`, in the order of roles.
    async fn leases(&self, prefix: &str, now: Timestamp) -> Result<Vec<Lease>, StoreError>;

    /// Keeps one step of the watcher, all or nothing: the tracker, the outages that changed, and an announcement for
    /// each event. Costs the same for ten channels and for a million. Changes nothing once the lead was taken over: a
    /// copy that was paused, or cut off, cannot know that by itself.
    async fn commit(&self, step: &WatcherStep, fence: &FencingToken) -> Result<Committed, StoreError>;

    /// Takes `slots` of a rate that all copies share, one each `interval`; gives how long until the first of them.
    async fn reserve(
        &self,
        budget: &str,
        slots: u32,
        every: SignedDuration,
        now: Timestamp,
    ) -> Result<SignedDuration, StoreError>;

    /// What time it is by its own clock; none where it has none.
    async fn server_time(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(None)
    }

    /// Whether other instances of the bot may work on it: then what another kept is looked for now and then.
    fn is_shared(&self) -> bool {
        true
    }

    /// Waits until another copy kept something that may concern this one. A hint, which can be lost: who waits also asks
    /// now and then. For ever, where there is no other copy.
    async fn wait_for_change(&self);

    async fn outage(&self, id: &OutageId) -> Result<Option<Outage>, StoreError>;

    /// Outages that began at or after `since`, newest first, at most `most`.
    async fn outages(&self, since: Timestamp, most: usize) -> Result<Vec<Outage>, StoreError>;

    /// Carries out what a person asked for, once for each interaction: the second time `EditResult::Before`. A channel that
    /// was not subscribed before is, with that, owed how the outages stand that go on.
    async fn change(
        &self,
        change: &SubscriptionEdit,
        asked: InteractionId,
        now: Timestamp,
    ) -> Result<EditResult, StoreError>;

    /// One channel's subscription.
    async fn subscription(
        &self,
        guild: GuildId,
        channel: ChannelId,
    ) -> Result<Option<Subscription>, StoreError>;

    /// Subscriptions in the order of (server, channel), after `after`, at most `most`; of one server or of all.
    async fn subscriptions(
        &self,
        of: Option<GuildId>,
        after: Option<(GuildId, ChannelId)>,
        most: usize,
    ) -> Result<Vec<Subscription>, StoreError>;

    /// Announcements that are not yet expanded to their end, oldest first, at most `most`.
    async fn unexpanded(&self, most: usize) -> Result<Vec<Announcement>, StoreError>;

    /// One announcement, while a delivery of it is open.
    async fn announcement(&self, id: AnnouncementId) -> Result<Option<Announcement>, StoreError>;

    /// Owes an announcement to these channels and notes how far its audience was considered, in one step; `done` when
    /// nobody is left to consider. A channel that already has this announcement is not owed it twice.
    async fn enqueue(
        &self,
        announcement: AnnouncementId,
        to: &[(GuildId, ChannelId)],
        considered: Option<(GuildId, ChannelId)>,
        done: bool,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Takes deliveries that are due, at most `most`, at most one for each channel and only the oldest of a channel's;
    /// counts the try durably before it returns. A claim whose lease ended can be taken again.
    async fn claim(
        &self,
        most: usize,
        lease: SignedDuration,
        now: Timestamp,
    ) -> Result<Vec<Claim>, StoreError>;

    /// Stores what became of a claim; `false` if it is no longer ours.
    async fn complete(
        &self,
        claim: &Claim,
        outcome: &DeliveryOutcome,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Stores what became of several claims, all or nothing, and says of each whether it was still ours. A backend that
    /// can write them together is faster than one by one.
    async fn complete_all(
        &self,
        settled: &[(Claim, DeliveryOutcome)],
        now: Timestamp,
    ) -> Result<Vec<bool>, StoreError> {
        let mut stored = Vec::with_capacity(settled.len());
        for (claim, outcome) in settled {
            stored.push(self.complete(claim, outcome, now).await?);
        }
        Ok(stored)
    }

    /// When the next delivery is due; none when nothing is owed.
    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError>;

    /// The delivery that waits longest, among those that are due first; not those of a channel that is paused.
    async fn longest_waiting(&self) -> Result<Option<Delivery>, StoreError>;

    /// What is still owed, or was given up within 30 days, in one server: for `doctor`, `/alerts list` and the operator.
    async fn undelivered(&self, guild: GuildId, most: usize) -> Result<Vec<Delivery>, StoreError>;

    /// Who asked to be told when an outage is over, in the order of (channel, person), after `after`, at most `most`; in
    /// one channel or in all. Kept until the outage is tidied away.
    async fn waiting(
        &self,
        outage: &OutageId,
        of: Option<ChannelId>,
        after: Option<(ChannelId, UserId)>,
        most: usize,
    ) -> Result<Vec<RecoverySubscriber>, StoreError>;

    /// The channels that keep a board, in the order of servers, after `after`, at most `most`; and those that kept one
    /// whose message is still to be taken down.
    async fn live_messages(
        &self,
        after: Option<GuildId>,
        most: usize,
    ) -> Result<Vec<LiveStatusMessage>, StoreError>;

    /// Notes which message a board is, so that it is found again after a restart; `false` if there is no board there
    /// any more.
    async fn save_live_message(
        &self,
        guild: GuildId,
        channel: ChannelId,
        message: Option<MessageId>,
    ) -> Result<bool, StoreError>;

    /// How many people said "it fails for me" at or after `since`: about one outage, or at all. Once an outage is over
    /// its people are dropped and only their number stays, which is then counted whatever `since` is.
    async fn reports(&self, outage: Option<&OutageId>, since: Timestamp) -> Result<u64, StoreError>;

    /// How often each entry of the FAQ helped, in the order of entries.
    async fn votes(&self) -> Result<Vec<Votes>, StoreError>;

    /// The questions that found no answer, most asked first, at most `most`. The one without text counts those whose
    /// text was not collected.
    async fn questions(&self, most: usize) -> Result<Vec<UnansweredQuestion>, StoreError>;

    /// Counts looks at services in the slot and in the day that hold `at`.
    async fn record_probes(
        &self,
        at: Timestamp,
        probes: &[(ServiceName, ProbeCounts)],
    ) -> Result<(), StoreError>;

    /// The tallies of one service that began at or after `since`, oldest first: at most 577 slots or 401 days.
    async fn uptime_buckets(
        &self,
        service: &ServiceName,
        span: BucketSize,
        since: Timestamp,
    ) -> Result<Vec<UptimeBucket>, StoreError>;

    /// Pauses or heals a subscription; what waited with it is due again when it heals.
    async fn pause(
        &self,
        guild: GuildId,
        channel: ChannelId,
        paused: Option<crate::alerts::Suspension>,
    ) -> Result<(), StoreError>;

    /// A channel is gone, or the bot was removed from a server (`channel` is none): subscriptions are kept aside for 30
    /// days.
    async fn soft_delete(
        &self,
        guild: GuildId,
        channel: Option<ChannelId>,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// The servers of which something is kept, in their order, after `after`, at most `most`.
    async fn servers(&self, after: Option<GuildId>, most: usize) -> Result<Vec<GuildSummary>, StoreError>;

    /// The bot is in a server again: what was set aside within 30 days is back. Gives how many subscriptions are.
    async fn undelete(&self, guild: GuildId, now: Timestamp) -> Result<usize, StoreError>;

    /// Keeps a small named value of the machinery (bans, gateway sessions, a count of IDENTIFYs); `None` forgets it.
    /// At most 64 KiB.
    async fn put_meta(&self, name: &str, value: Option<&[u8]>) -> Result<(), StoreError>;

    /// A small named value.
    async fn get_meta(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Forgets what has had its time: delivered announcements, interaction ids, records set aside, counted people,
    /// questions that nobody asked for 90 days.
    /// Gives how many records went. Bounded; call again while it gives more than 0.
    async fn gc(&self, now: Timestamp) -> Result<usize, StoreError>;

    /// What was deleted since the store was made: servers and people, by hashes.
    async fn deletions(&self) -> Result<Deletions, StoreError>;

    /// Notes that nothing of these deletions remains beneath the store or in its backups.
    async fn settle_deletions(&self, deletions: &Deletions) -> Result<(), StoreError>;

    /// Takes over deletions that a former store knew.
    async fn note_deletions(&self, deletions: &Deletions) -> Result<(), StoreError>;

    /// Where deleted records remain for a while.
    fn remains(&self) -> Remains;

    /// Rewrites the files beneath the store, so that they hold no record that was forgotten before. The store goes on
    /// meanwhile. Does nothing where there are no files, or where a database has them.
    async fn rewrite(&self) -> Result<(), StoreError>;

    /// The records of one server, at most `most`, as a dump has them.
    async fn records_of(&self, guild: GuildId, most: usize) -> Result<Vec<DumpEntry>, StoreError>;

    /// Gives every record to `take`, all as of one instant, and how many there were. Changes wait meanwhile.
    async fn dump(&self, take: Take) -> Result<u64, StoreError>;

    /// Keeps records of a dump, in place of those with the same keys.
    async fn load(&self, entries: Vec<DumpEntry>) -> Result<(), StoreError>;

    /// How much of its disk the store takes and has left, for the operator.
    async fn usage(&self) -> Result<Usage, StoreError>;

    /// How many records of each kind there are, for `/metrics`, `/about` and the operator.
    async fn counts(&self, of: Option<GuildId>) -> Result<Vec<(&'static str, u64)>, StoreError>;
}

/// Takes the records of a dump, one by one; its error ends the dump.
pub type Take = Box<dyn FnMut(&DumpEntry) -> Result<(), StoreError> + Send>;

/// The small hot state.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WatcherState {
    /// The watcher's tracker, as it gave it; none in a new store.
    pub state: Option<Vec<u8>>,
    pub open: Vec<Outage>,
}

/// The lead in a role, as its holder has it: proof, with each write, that nobody took it over meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FencingToken {
    pub role: String,
    pub holder: String,
    /// Which lead it is: later ones of this role have larger numbers.
    pub epoch: u64,
}

/// Who leads in a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    pub role: String,
    pub holder: String,
    /// Until when, unless it is kept longer.
    pub until: Timestamp,
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Committed {
    Stored,
    /// Another leads: nothing was changed.
    Fenced,
}

/// One step of the watcher.
#[derive(Clone, Debug, PartialEq)]
pub struct WatcherStep {
    /// The tracker after it, serialised by `health`.
    pub state: Vec<u8>,
    /// The outages that changed.
    pub outages: Vec<Outage>,
    /// What is to be announced, and to whom.
    pub events: Vec<(OutageEvent, Audience)>,
}

/// A server of which something is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuildSummary {
    pub guild: GuildId,
    /// It has subscriptions, or a board.
    pub hears: bool,
    /// Some of its subscriptions are set aside because the bot was removed.
    pub left: bool,
}

/// How often one entry of the FAQ helped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Votes {
    pub entry: String,
    /// How often it helped.
    pub helped: u64,
    /// How often it did not.
    pub did_not: u64,
}

/// A question that found no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnansweredQuestion {
    /// Its redacted text; none for all those whose text was not collected.
    pub text: Option<String>,
    /// How often it was asked.
    pub asked: u64,
}

/// How much room a store has. Below 200 MB free, what people ask for is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Bytes that it takes on its disk; none if it takes none.
    pub used: Option<u64>,
    /// Bytes that are free there; none if nobody can know.
    pub free: Option<u64>,
}

/// Whether a change was carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EditResult {
    Now,
    /// It had been before, for this very interaction.
    Before,
    /// There was nothing to change (a channel without subscription, a person already counted).
    Nothing,
    /// It was taken back: somebody who would have been told asked again.
    TakenBack,
    /// Refused: the server's limit of subscriptions is reached, or 100 people wait for this outage in this channel.
    Full,
}
