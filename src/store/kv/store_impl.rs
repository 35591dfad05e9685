//! The trait's methods, each delegated to `Inner`.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use super::super::engine::KvEngine;
use super::super::key::RecordKey;
use super::super::{
    Committed, Deletions, DumpEntry, EditResult, FencingToken, GuildSummary, Lease, LiveStatusMessage, Store,
    StoreError, Take, UnansweredQuestion, Usage, Votes, WatcherState, WatcherStep,
};
use super::{Inner, KvStore};
use crate::alerts::{
    Announcement, AnnouncementId, Claim, Delivery, DeliveryOutcome, RecoverySubscriber, Remains,
    Subscription, SubscriptionEdit, Suspension,
};
use crate::health::{BucketSize, Outage, OutageId, ProbeCounts, ServiceName, UptimeBucket};
use crate::ids::{ChannelId, GuildId, InteractionId, MessageId, UserId};

#[async_trait]
impl<S: KvEngine> Store for KvStore<S> {
    async fn load_state(&self) -> Result<WatcherState, StoreError> {
        self.read(Inner::load_state).await
    }

    async fn acquire_lease(
        &self,
        role: &str,
        holder: &str,
        lease: SignedDuration,
        now: Timestamp,
    ) -> Result<Option<FencingToken>, StoreError> {
        Ok(self.inner.lead(role, holder, lease, now))
    }

    async fn release_lease(&self, fence: &FencingToken) -> Result<(), StoreError> {
        self.inner.leases().leading.release_lease(fence);
        self.inner.hint();
        Ok(())
    }

    async fn leases(&self, prefix: &str, now: Timestamp) -> Result<Vec<Lease>, StoreError> {
        Ok(self.inner.leases().leading.leads(prefix, now))
    }

    async fn commit(&self, step: &WatcherStep, fence: &FencingToken) -> Result<Committed, StoreError> {
        let (step, fence) = (step.clone(), fence.clone());
        self.run(move |inner| inner.commit(&step, &fence)).await
    }

    async fn reserve(
        &self,
        budget: &str,
        slots: u32,
        every: SignedDuration,
        now: Timestamp,
    ) -> Result<SignedDuration, StoreError> {
        Ok(self.inner.leases().leading.reserve(budget, slots, every, now))
    }

    fn is_shared(&self) -> bool {
        self.inner.instances.shared
    }

    async fn wait_for_change(&self) {
        self.inner.instances.hints.by_another(self.inner.copy).await;
    }

    async fn outage(&self, id: &OutageId) -> Result<Option<Outage>, StoreError> {
        let key = RecordKey::new().text(id.as_str());
        self.read(move |inner| inner.read().find(&key)).await
    }

    async fn outages(&self, since: Timestamp, most: usize) -> Result<Vec<Outage>, StoreError> {
        self.read(move |inner| inner.outages(since, most)).await
    }

    async fn change(
        &self,
        change: &SubscriptionEdit,
        asked: InteractionId,
        now: Timestamp,
    ) -> Result<EditResult, StoreError> {
        let change = change.clone();
        self.run(move |inner| inner.change(&change, asked, now)).await
    }

    async fn subscription(
        &self,
        guild: GuildId,
        channel: ChannelId,
    ) -> Result<Option<Subscription>, StoreError> {
        self.read(move |inner| inner.read().find(&RecordKey::new().place(guild, channel))).await
    }

    async fn subscriptions(
        &self,
        of: Option<GuildId>,
        after: Option<(GuildId, ChannelId)>,
        most: usize,
    ) -> Result<Vec<Subscription>, StoreError> {
        let prefix = of.map_or_else(RecordKey::new, |guild| RecordKey::new().guild(guild));
        let after = after.map(|(guild, channel)| RecordKey::new().place(guild, channel));
        self.read(move |inner| inner.page(&prefix, after, most)).await
    }

    async fn unexpanded(&self, most: usize) -> Result<Vec<Announcement>, StoreError> {
        self.read(move |inner| inner.unexpanded(most)).await
    }

    async fn announcement(&self, id: AnnouncementId) -> Result<Option<Announcement>, StoreError> {
        self.read(move |inner| inner.announcement(id)).await
    }

    async fn enqueue(
        &self,
        announcement: AnnouncementId,
        to: &[(GuildId, ChannelId)],
        considered: Option<(GuildId, ChannelId)>,
        done: bool,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let to = to.to_vec();
        self.run(move |inner| inner.enqueue(announcement, &to, considered, done, now)).await
    }

    async fn claim(
        &self,
        most: usize,
        lease: SignedDuration,
        now: Timestamp,
    ) -> Result<Vec<Claim>, StoreError> {
        self.run(move |inner| inner.claim(most, lease, now)).await
    }

    async fn complete(
        &self,
        claim: &Claim,
        outcome: &DeliveryOutcome,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let settled = [(claim.clone(), outcome.clone())];
        let stored = self.run(move |inner| inner.settle_all(&settled, now)).await?;
        Ok(stored.first().copied().unwrap_or(false))
    }

    async fn complete_all(
        &self,
        settled: &[(Claim, DeliveryOutcome)],
        now: Timestamp,
    ) -> Result<Vec<bool>, StoreError> {
        let settled = settled.to_vec();
        self.run(move |inner| inner.settle_all(&settled, now)).await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.read(Inner::next_due).await
    }

    async fn longest_waiting(&self) -> Result<Option<Delivery>, StoreError> {
        self.run(Inner::longest_waiting).await
    }

    async fn undelivered(&self, guild: GuildId, most: usize) -> Result<Vec<Delivery>, StoreError> {
        self.read(move |inner| inner.undelivered(guild, most)).await
    }

    async fn waiting(
        &self,
        outage: &OutageId,
        of: Option<ChannelId>,
        after: Option<(ChannelId, UserId)>,
        most: usize,
    ) -> Result<Vec<RecoverySubscriber>, StoreError> {
        let outage = outage.clone();
        self.read(move |inner| inner.waiting(&outage, of, after, most)).await
    }

    async fn stop_waiting(
        &self,
        outage: &OutageId,
        channel: ChannelId,
        people: &[UserId],
    ) -> Result<(), StoreError> {
        let (outage, people) = (outage.clone(), people.to_vec());
        self.run(move |inner| inner.stop_waiting(&outage, channel, &people)).await
    }

    async fn live_messages(
        &self,
        after: Option<GuildId>,
        most: usize,
    ) -> Result<Vec<LiveStatusMessage>, StoreError> {
        let after = after.map(|guild| RecordKey::new().guild(guild));
        self.read(move |inner| inner.page(&RecordKey::new(), after, most)).await
    }

    async fn save_live_message(
        &self,
        guild: GuildId,
        channel: ChannelId,
        message: Option<MessageId>,
    ) -> Result<bool, StoreError> {
        self.run(move |inner| inner.save_live_message(guild, channel, message)).await
    }

    async fn reports(&self, outage: Option<&OutageId>, since: Timestamp) -> Result<u64, StoreError> {
        let outage = outage.cloned();
        self.read(move |inner| inner.reports(outage.as_ref(), since)).await
    }

    async fn votes(&self) -> Result<Vec<Votes>, StoreError> {
        self.read(|inner| inner.page(&RecordKey::new(), None, usize::MAX)).await
    }

    async fn questions(&self, most: usize) -> Result<Vec<UnansweredQuestion>, StoreError> {
        self.read(move |inner| inner.questions(most)).await
    }

    async fn record_probes(
        &self,
        at: Timestamp,
        probes: &[(ServiceName, ProbeCounts)],
    ) -> Result<(), StoreError> {
        let probes = probes.to_vec();
        self.run(move |inner| inner.record_probes(at, &probes)).await
    }

    async fn uptime_buckets(
        &self,
        service: &ServiceName,
        span: BucketSize,
        since: Timestamp,
    ) -> Result<Vec<UptimeBucket>, StoreError> {
        let service = service.clone();
        self.read(move |inner| inner.uptime_buckets(&service, span, since)).await
    }

    async fn pause(
        &self,
        guild: GuildId,
        channel: ChannelId,
        paused: Option<Suspension>,
    ) -> Result<(), StoreError> {
        self.run(move |inner| inner.pause(guild, channel, paused.as_ref())).await
    }

    async fn soft_delete(
        &self,
        guild: GuildId,
        channel: Option<ChannelId>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.run(move |inner| inner.set_soft_deleted(guild, channel, now)).await
    }

    async fn servers(&self, after: Option<GuildId>, most: usize) -> Result<Vec<GuildSummary>, StoreError> {
        self.run(move |inner| inner.servers(after, most)).await
    }

    async fn undelete(&self, guild: GuildId, now: Timestamp) -> Result<usize, StoreError> {
        self.run(move |inner| inner.restore(guild, now)).await
    }

    async fn put_meta(&self, name: &str, value: Option<&[u8]>) -> Result<(), StoreError> {
        let (name, value) = (name.to_owned(), value.map(<[u8]>::to_vec));
        self.run(move |inner| inner.save(&name, value)).await
    }

    async fn get_meta(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let name = name.to_owned();
        self.read(move |inner| inner.stored(&name)).await
    }

    async fn gc(&self, now: Timestamp) -> Result<usize, StoreError> {
        self.run(move |inner| inner.tidy(now)).await
    }

    async fn deletions(&self) -> Result<Deletions, StoreError> {
        self.read(Inner::deletions).await.map(Deletions::read)
    }

    async fn settle_deletions(&self, deletions: &Deletions) -> Result<(), StoreError> {
        let deletions = deletions.clone();
        self.run(move |inner| inner.settle_deletions(&deletions)).await
    }

    async fn note_deletions(&self, deletions: &Deletions) -> Result<(), StoreError> {
        let deletions = deletions.clone();
        self.run(move |inner| inner.note_deletions(&deletions)).await
    }

    fn remains(&self) -> Remains {
        if S::WAITS { Remains::Files } else { Remains::Nowhere }
    }

    async fn rewrite(&self) -> Result<(), StoreError> {
        self.read(|inner| inner.engine.rewrite()).await
    }

    async fn records_of(&self, guild: GuildId, most: usize) -> Result<Vec<DumpEntry>, StoreError> {
        self.read(move |inner| inner.records_of(guild, most)).await
    }

    async fn dump(&self, take: Take) -> Result<u64, StoreError> {
        self.read(move |inner| inner.dump(take)).await
    }

    async fn load(&self, entries: Vec<DumpEntry>) -> Result<(), StoreError> {
        self.run(move |inner| inner.load(&entries)).await
    }

    async fn usage(&self) -> Result<Usage, StoreError> {
        self.read(|inner| Ok(Usage { used: inner.engine.used()?, free: inner.engine.free()? })).await
    }

    async fn counts(&self, of: Option<GuildId>) -> Result<Vec<(&'static str, u64)>, StoreError> {
        self.read(move |inner| inner.counts(of)).await
    }
}
