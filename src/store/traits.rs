//! What a store does, in six traits: whoever uses a store asks for the parts that it needs.
//!
//! Every method that changes something is durable when it returns. Reads that can return much are paged.
//!
//! `now` is the caller's clock: it decides what is due, and it is the time that is stored. Whether the lease of a role
//! or of a claim has expired is decided by one clock for all users of the store. If machines share the store, that is
//! the store's own clock.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use super::{
    Committed, Deletions, DumpEntry, EditResult, FencingToken, GuildSummary, Lease, LiveStatusMessage,
    StoreError, Take, UnansweredQuestion, Usage, Votes, WatcherState, WatcherStep,
};
use crate::alerts::{
    Announcement, AnnouncementId, Claim, Delivery, DeliveryOutcome, RecoverySubscriber, Remains,
    Subscription, SubscriptionEdit, Suspension,
};
use crate::health::{BucketSize, Outage, OutageId, ProbeCounts, ServiceName, UptimeBucket};
use crate::ids::{ChannelId, GuildId, InteractionId, MessageId, UserId};

/// A whole store.
pub trait Store: Leases + Outages + Subscriptions + Outbox + Stats + Meta {}

impl<S: Leases + Outages + Subscriptions + Outbox + Stats + Meta> Store for S {}

/// Which instance has which role, and what all instances share.
#[async_trait]
pub trait Leases: Send + Sync {
    /// Acquires or renews the lease of a role. Returns `None` while another holder has it. `holder` is random for each
    /// process. The epoch grows each time the lease changes hands or is acquired again after it expired.
    async fn acquire_lease(
        &self,
        role: &str,
        holder: &str,
        lease: SignedDuration,
        now: Timestamp,
    ) -> Result<Option<FencingToken>, StoreError>;

    /// Releases a lease before it expires, so that no instance has to wait for it. Does nothing if another holder has
    /// it by now.
    async fn release_lease(&self, fence: &FencingToken) -> Result<(), StoreError>;

    /// Returns the current leases of the roles whose names begin with `prefix`, ordered by role.
    async fn leases(&self, prefix: &str, now: Timestamp) -> Result<Vec<Lease>, StoreError>;

    /// Reserves `slots` of a rate that all instances share, one each `every`. Returns how long to wait until the first
    /// of them.
    async fn reserve(
        &self,
        budget: &str,
        slots: u32,
        every: SignedDuration,
        now: Timestamp,
    ) -> Result<SignedDuration, StoreError>;

    /// Returns the time by the store's own clock, or `None` if it has no clock.
    async fn server_time(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(None)
    }

    /// Whether other instances of the bot may use this store. If so, changes by others are polled for now and then.
    fn is_shared(&self) -> bool {
        true
    }

    /// Waits until another instance stored something that may concern this one. Notifications can be lost, so callers
    /// also poll now and then. Never returns if there is no other instance.
    async fn wait_for_change(&self);
}

/// What the watcher found. Only the holder of its lease may commit.
#[async_trait]
pub trait Outages: Send + Sync {
    /// Loads the small hot state, once at start.
    async fn load_state(&self) -> Result<WatcherState, StoreError>;

    /// Stores one step of the watcher, all or nothing: the detector's state, the changed outages, and an announcement
    /// for each event. The cost does not depend on the number of channels. Changes nothing once another instance took
    /// over the lease: an instance that was paused or cut off cannot notice this on its own.
    async fn commit(&self, step: &WatcherStep, fence: &FencingToken) -> Result<Committed, StoreError>;

    async fn outage(&self, id: &OutageId) -> Result<Option<Outage>, StoreError>;

    /// Returns outages that began at or after `since`, newest first, at most `most`.
    async fn outages(&self, since: Timestamp, most: usize) -> Result<Vec<Outage>, StoreError>;
}

/// What people requested: channels, live status messages, and who waits for an end.
#[async_trait]
pub trait Subscriptions: Send + Sync {
    /// Applies an edit that a user requested, once per interaction: the second time it returns `EditResult::Before`. A
    /// channel that was not subscribed before also gets a delivery for each open outage.
    async fn change(
        &self,
        change: &SubscriptionEdit,
        asked: InteractionId,
        now: Timestamp,
    ) -> Result<EditResult, StoreError>;

    async fn subscription(
        &self,
        guild: GuildId,
        channel: ChannelId,
    ) -> Result<Option<Subscription>, StoreError>;

    /// Returns subscriptions ordered by (guild, channel), after `after`, at most `most`, of one guild or of all.
    async fn subscriptions(
        &self,
        of: Option<GuildId>,
        after: Option<(GuildId, ChannelId)>,
        most: usize,
    ) -> Result<Vec<Subscription>, StoreError>;

    /// Pauses or resumes a subscription. Its waiting deliveries are due again when it resumes.
    async fn pause(
        &self,
        guild: GuildId,
        channel: ChannelId,
        paused: Option<Suspension>,
    ) -> Result<(), StoreError>;

    /// Soft-deletes subscriptions for 30 days, because a channel is gone or, if `channel` is `None`, because the bot
    /// was removed from the guild.
    async fn soft_delete(
        &self,
        guild: GuildId,
        channel: Option<ChannelId>,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Returns the guilds that have stored data, in order, after `after`, at most `most`.
    async fn servers(&self, after: Option<GuildId>, most: usize) -> Result<Vec<GuildSummary>, StoreError>;

    /// Restores what was soft-deleted within 30 days, because the bot is in the guild again. Returns the number of
    /// restored subscriptions.
    async fn undelete(&self, guild: GuildId, now: Timestamp) -> Result<usize, StoreError>;

    /// Returns the users who wait for an outage to end, ordered by (channel, user), after `after`, at most `most`, in
    /// one channel or in all. They are stored until `gc` removes the outage.
    async fn waiting(
        &self,
        outage: &OutageId,
        of: Option<ChannelId>,
        after: Option<(ChannelId, UserId)>,
        most: usize,
    ) -> Result<Vec<RecoverySubscriber>, StoreError>;

    /// Removes these users from those who wait in a channel, because they were mentioned. If the outage reopens they
    /// may ask again.
    async fn stop_waiting(
        &self,
        outage: &OutageId,
        channel: ChannelId,
        people: &[UserId],
    ) -> Result<(), StoreError>;

    /// Returns the live status messages ordered by guild, after `after`, at most `most`. Includes those that ended but
    /// whose message is still to be deleted.
    async fn live_messages(
        &self,
        after: Option<GuildId>,
        most: usize,
    ) -> Result<Vec<LiveStatusMessage>, StoreError>;

    /// Stores the id of the live status message, so that it is found again after a restart. Returns `false` if the
    /// channel has no live status message any more.
    async fn save_live_message(
        &self,
        guild: GuildId,
        channel: ChannelId,
        message: Option<MessageId>,
    ) -> Result<bool, StoreError>;
}

/// What is pending for channels: announcements, deliveries, claims and their outcomes.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Returns announcements whose fan-out is not finished, oldest first, at most `most`.
    async fn unexpanded(&self, most: usize) -> Result<Vec<Announcement>, StoreError>;

    /// Returns one announcement while a delivery of it is pending.
    async fn announcement(&self, id: AnnouncementId) -> Result<Option<Announcement>, StoreError>;

    /// Creates deliveries of an announcement for these channels and stores how far its audience was considered, in one
    /// step. `done` is set when nobody is left to consider. A channel that already has a delivery of this announcement
    /// does not get a second one.
    async fn enqueue(
        &self,
        announcement: AnnouncementId,
        to: &[(GuildId, ChannelId)],
        considered: Option<(GuildId, ChannelId)>,
        done: bool,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Claims deliveries that are due, at most `most`, at most one per channel and only the oldest of a channel. Stores
    /// the attempt durably before it returns. A claim whose lease expired can be taken again.
    async fn claim(
        &self,
        most: usize,
        lease: SignedDuration,
        now: Timestamp,
    ) -> Result<Vec<Claim>, StoreError>;

    /// Stores the outcome of a claim. Returns `false` if the caller no longer holds the claim.
    async fn complete(
        &self,
        claim: &Claim,
        outcome: &DeliveryOutcome,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Stores the outcomes of several claims, all or nothing. Returns for each claim whether the caller still held it.
    /// A backend that can write them together is faster than one by one.
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

    /// Returns when the next delivery is due, or `None` if nothing is pending.
    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError>;

    /// Returns the delivery that waits longest, among those that are due first. Channels that are paused do not count.
    async fn longest_waiting(&self) -> Result<Option<Delivery>, StoreError>;

    /// Returns the deliveries of one guild that are pending or that failed within 30 days: for `doctor`, `/alerts list`
    /// and the operator.
    async fn undelivered(&self, guild: GuildId, most: usize) -> Result<Vec<Delivery>, StoreError>;
}

/// What is counted: reports, votes, questions, checks, records and disk space.
#[async_trait]
pub trait Stats: Send + Sync {
    /// Returns how many users said "it fails for me" at or after `since`: about one outage, or in total if `outage` is
    /// `None`. Once an outage is over its users are dropped and only their number is stored; that number is counted for
    /// any `since`.
    async fn reports(&self, outage: Option<&OutageId>, since: Timestamp) -> Result<u64, StoreError>;

    /// Returns how often each entry of the FAQ helped, ordered by entry.
    async fn votes(&self) -> Result<Vec<Votes>, StoreError>;

    /// Returns the questions without an answer, most asked first, at most `most`. The one without text counts those
    /// whose text was not collected.
    async fn questions(&self, most: usize) -> Result<Vec<UnansweredQuestion>, StoreError>;

    /// Counts probes of services in the slot and in the day that contain `at`.
    async fn record_probes(
        &self,
        at: Timestamp,
        probes: &[(ServiceName, ProbeCounts)],
    ) -> Result<(), StoreError>;

    /// Returns the uptime buckets of one service that began at or after `since`, oldest first: at most 577 slots or 401
    /// days.
    async fn uptime_buckets(
        &self,
        service: &ServiceName,
        span: BucketSize,
        since: Timestamp,
    ) -> Result<Vec<UptimeBucket>, StoreError>;

    /// Returns the number of records of each kind, for `/metrics`, `/about` and the operator.
    async fn counts(&self, of: Option<GuildId>) -> Result<Vec<(&'static str, u64)>, StoreError>;

    /// Returns how much disk space the store uses and has left, for the operator.
    async fn usage(&self) -> Result<Usage, StoreError>;
}

/// Small named values of the machinery, and the care of the store itself: expiry, deletions, dumps.
#[async_trait]
pub trait Meta: Send + Sync {
    /// Stores a small named value of the machinery (rate-limit holds, gateway sessions, a count of IDENTIFYs), at most
    /// 64 KiB. `None` deletes it.
    async fn put_meta(&self, name: &str, value: Option<&[u8]>) -> Result<(), StoreError>;

    /// Returns a small named value.
    async fn get_meta(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Deletes expired records: delivered announcements, interaction ids, soft-deleted records, counted users,
    /// questions that nobody asked for 90 days. Returns how many records it deleted. Each call is bounded; call again
    /// while it returns more than 0.
    async fn gc(&self, now: Timestamp) -> Result<usize, StoreError>;

    /// Returns what was deleted since the store was created: guilds and users, as hashes.
    async fn deletions(&self) -> Result<Deletions, StoreError>;

    /// Stores that nothing of these deletions remains in the store's files or in its backups.
    async fn settle_deletions(&self, deletions: &Deletions) -> Result<(), StoreError>;

    /// Adds deletions that a former store knew.
    async fn note_deletions(&self, deletions: &Deletions) -> Result<(), StoreError>;

    /// Returns where deleted records remain for a while.
    fn remains(&self) -> Remains;

    /// Rewrites the store's files, so that they contain no record that was deleted before. The store stays usable
    /// meanwhile. Does nothing if there are no files or if a database owns them.
    async fn rewrite(&self) -> Result<(), StoreError>;

    /// Returns the records of one guild, at most `most`, in the form of a dump.
    async fn records_of(&self, guild: GuildId, most: usize) -> Result<Vec<DumpEntry>, StoreError>;

    /// Passes every record to `take`, all as of one instant. Returns how many there were. Changes wait meanwhile.
    async fn dump(&self, take: Take) -> Result<u64, StoreError>;

    /// Stores records of a dump and replaces those with the same keys.
    async fn load(&self, entries: Vec<DumpEntry>) -> Result<(), StoreError>;
}
