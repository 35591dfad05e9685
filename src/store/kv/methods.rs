//! The traits' methods: each runs a rule, or what ordered keys do their own way.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use super::super::expiry::{Expiring, ProblemReport};
use super::super::key::RecordKey;
use super::super::retention::after;
use super::super::rules::{gc, live_status, outages, outbox, quotas::has_room, reports, subscriptions};
use super::super::tx::{ALL, CHUNK};
use super::super::{
    Committed, Deletions, DumpEntry, EditResult, FencingToken, GuildSummary, Lease, Leases,
    LiveStatusMessage, Meta, Outages, Outbox, Stats, StoreError, Subscriptions, Take, UnansweredQuestion,
    Usage, Votes, WatcherState, WatcherStep,
};
use super::engine::KvEngine;
use super::transaction::run;
use super::{Inner, KvStore};
use crate::alerts::{
    Announcement, AnnouncementId, Claim, Delivery, DeliveryOutcome, RecoverySubscriber, Remains,
    Subscription, SubscriptionEdit, Suspension,
};
use crate::health::{BucketSize, Outage, OutageId, ProbeCounts, ServiceName, UptimeBucket};
use crate::ids::{ChannelId, GuildId, InteractionId, MessageId, UserId};

#[async_trait]
impl<S: KvEngine> Leases for KvStore<S> {
    async fn acquire_lease(
        &self,
        role: &str,
        holder: &str,
        lease: SignedDuration,
        now: Timestamp,
    ) -> Result<Option<FencingToken>, StoreError> {
        let lead = self.inner.leases().leading.lead(role, holder, after(now, lease), now);
        let Some((fence, new)) = lead else { return Ok(None) };
        if new {
            self.inner.hint();
        }
        Ok(Some(fence))
    }

    async fn release_lease(&self, fence: &FencingToken) -> Result<(), StoreError> {
        self.inner.leases().leading.release_lease(fence);
        self.inner.hint();
        Ok(())
    }

    async fn leases(&self, prefix: &str, now: Timestamp) -> Result<Vec<Lease>, StoreError> {
        Ok(self.inner.leases().leading.leads(prefix, now))
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
}

#[async_trait]
impl<S: KvEngine> Outages for KvStore<S> {
    async fn load_state(&self) -> Result<WatcherState, StoreError> {
        self.read(|inner| run(outages::load_state(&mut inner.read()))).await
    }

    async fn commit(&self, step: &WatcherStep, fence: &FencingToken) -> Result<Committed, StoreError> {
        let (step, fence) = (step.clone(), fence.clone());
        self.run(move |inner| inner.commit(&step, &fence)).await
    }

    async fn outage(&self, id: &OutageId) -> Result<Option<Outage>, StoreError> {
        let id = id.clone();
        self.read(move |inner| run(outages::outage(&mut inner.read(), &id))).await
    }

    async fn outages(&self, since: Timestamp, most: usize) -> Result<Vec<Outage>, StoreError> {
        self.read(move |inner| inner.outages(since, most)).await
    }
}

#[async_trait]
impl<S: KvEngine> Subscriptions for KvStore<S> {
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
        self.read(move |inner| inner.read().find(&RecordKey::new().channel(guild, channel))).await
    }

    async fn subscriptions(
        &self,
        of: Option<GuildId>,
        after: Option<(GuildId, ChannelId)>,
        most: usize,
    ) -> Result<Vec<Subscription>, StoreError> {
        self.read(move |inner| run(subscriptions::page(&mut inner.read(), of, after, most))).await
    }

    async fn pause(
        &self,
        guild: GuildId,
        channel: ChannelId,
        paused: Option<Suspension>,
    ) -> Result<(), StoreError> {
        self.run(move |inner| {
            inner.change_inner(|tx, _| run(outbox::pause(tx, guild, channel, paused.as_ref())))
        })
        .await
    }

    async fn soft_delete(
        &self,
        guild: GuildId,
        channel: Option<ChannelId>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.run(move |inner| inner.soft_delete(guild, channel, now)).await
    }

    async fn servers(&self, after: Option<GuildId>, most: usize) -> Result<Vec<GuildSummary>, StoreError> {
        self.run(move |inner| inner.servers(after, most)).await
    }

    async fn undelete(&self, guild: GuildId, now: Timestamp) -> Result<usize, StoreError> {
        self.run(move |inner| inner.change_inner(|tx, _| run(gc::restore(tx, guild, now)))).await
    }

    async fn waiting(
        &self,
        outage: &OutageId,
        of: Option<ChannelId>,
        after: Option<(ChannelId, UserId)>,
        most: usize,
    ) -> Result<Vec<RecoverySubscriber>, StoreError> {
        let outage = outage.clone();
        self.read(move |inner| run(reports::waiting(&mut inner.read(), &outage, of, after, most))).await
    }

    async fn stop_waiting(
        &self,
        outage: &OutageId,
        channel: ChannelId,
        people: &[UserId],
    ) -> Result<(), StoreError> {
        let (outage, people) = (outage.clone(), people.to_vec());
        self.run(move |inner| {
            inner.change_inner(|tx, _| run(reports::stop_waiting(tx, &outage, channel, &people)))
        })
        .await
    }

    async fn live_messages(
        &self,
        after: Option<GuildId>,
        most: usize,
    ) -> Result<Vec<LiveStatusMessage>, StoreError> {
        let after = after.map(|guild| RecordKey::new().guild(guild));
        self.read(move |inner| inner.read().records(&RecordKey::new(), after.as_ref(), most)).await
    }

    async fn save_live_message(
        &self,
        guild: GuildId,
        channel: ChannelId,
        message: Option<MessageId>,
    ) -> Result<bool, StoreError> {
        self.run(move |inner| inner.change_inner(|tx, _| run(live_status::save(tx, guild, channel, message))))
            .await
    }
}

#[async_trait]
impl<S: KvEngine> Outbox for KvStore<S> {
    async fn unexpanded(&self, most: usize) -> Result<Vec<Announcement>, StoreError> {
        self.read(move |inner| inner.unexpanded(most)).await
    }

    async fn announcement(&self, id: AnnouncementId) -> Result<Option<Announcement>, StoreError> {
        self.read(move |inner| run(outbox::announcement(&mut inner.read(), id))).await
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
        self.read(move |inner| run(outbox::undelivered(&mut inner.read(), guild, most))).await
    }
}

#[async_trait]
impl<S: KvEngine> Stats for KvStore<S> {
    async fn reports(&self, outage: Option<&OutageId>, since: Timestamp) -> Result<u64, StoreError> {
        let outage = outage.cloned();
        self.read(move |inner| inner.reports(outage.as_ref(), since)).await
    }

    async fn votes(&self) -> Result<Vec<Votes>, StoreError> {
        self.read(|inner| inner.read().records(&RecordKey::new(), None, ALL)).await
    }

    async fn questions(&self, most: usize) -> Result<Vec<UnansweredQuestion>, StoreError> {
        self.read(move |inner| run(reports::questions(&mut inner.read(), most))).await
    }

    async fn record_probes(
        &self,
        at: Timestamp,
        probes: &[(ServiceName, ProbeCounts)],
    ) -> Result<(), StoreError> {
        let probes = probes.to_vec();
        self.run(move |inner| inner.change_inner(|tx, _| run(outages::record_probes(tx, at, &probes)))).await
    }

    async fn uptime_buckets(
        &self,
        service: &ServiceName,
        span: BucketSize,
        since: Timestamp,
    ) -> Result<Vec<UptimeBucket>, StoreError> {
        let service = service.clone();
        self.read(move |inner| run(outages::uptime_buckets(&mut inner.read(), &service, span, since))).await
    }

    async fn counts(&self, of: Option<GuildId>) -> Result<Vec<(&'static str, u64)>, StoreError> {
        self.read(move |inner| inner.counts(of)).await
    }

    async fn usage(&self) -> Result<Usage, StoreError> {
        self.read(|inner| Ok(Usage { used: inner.engine.used()?, free: inner.engine.free()? })).await
    }
}

#[async_trait]
impl<S: KvEngine> Meta for KvStore<S> {
    async fn put_meta(&self, name: &str, value: Option<&[u8]>) -> Result<(), StoreError> {
        let (name, value) = (name.to_owned(), value.map(<[u8]>::to_vec));
        self.run(move |inner| inner.change_inner(|tx, _| run(gc::put_meta(tx, &name, value)))).await
    }

    async fn get_meta(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let name = name.to_owned();
        self.read(move |inner| run(gc::get_meta(&mut inner.read(), &name))).await
    }

    async fn gc(&self, now: Timestamp) -> Result<usize, StoreError> {
        self.run(move |inner| {
            inner.erase_all()?;
            inner.tidy(now)
        })
        .await
    }

    async fn deletions(&self) -> Result<Deletions, StoreError> {
        self.read(|inner| run(gc::deletions(&mut inner.read()))).await
    }

    async fn settle_deletions(&self, deletions: &Deletions) -> Result<(), StoreError> {
        let deletions = deletions.clone();
        self.run(move |inner| inner.change_inner(|tx, _| run(gc::settle_deletions(tx, &deletions)))).await
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
        self.read(move |inner| run(gc::records_of(&mut inner.read(), guild, most))).await
    }

    async fn dump(&self, take: Take) -> Result<u64, StoreError> {
        self.read(move |inner| inner.dump(take)).await
    }

    async fn load(&self, entries: Vec<DumpEntry>) -> Result<(), StoreError> {
        self.run(move |inner| inner.load(&entries)).await
    }
}

impl<S: KvEngine> Inner<S> {
    fn change(
        &self,
        change: &SubscriptionEdit,
        asked: InteractionId,
        now: Timestamp,
    ) -> Result<EditResult, StoreError> {
        has_room(change, self.engine.free()?)?;
        let changed = self.change_inner(|tx, _| {
            let changed = run(subscriptions::change(tx, change, asked, self.subscriptions_per_guild, now))?;
            if !changed.has_effect() {
                tx.discard();
            }
            Ok(changed)
        })?;
        if matches!(change, SubscriptionEdit::DeleteData(_)) {
            self.erase_all()?;
        }
        if changed == EditResult::Now {
            self.hint();
        }
        Ok(changed)
    }

    fn reports(&self, outage: Option<&OutageId>, since: Timestamp) -> Result<u64, StoreError> {
        let mut tx = self.read();
        let prefix = outage.map_or_else(RecordKey::new, |outage| ProblemReport::all_of(Some(outage)));
        let people = tx.records::<Expiring<ProblemReport>>(&prefix, None, ALL)?;
        let people = people.iter().filter(|report| report.of.at >= since).count() as u64;
        Ok(people + run(reports::dropped(&mut tx, outage))?)
    }

    fn note_deletions(&self, deletions: &Deletions) -> Result<(), StoreError> {
        for marks in deletions.marks().chunks(CHUNK) {
            self.change_inner(|tx, _| run(gc::put_marks(tx, marks)))?;
        }
        Ok(())
    }
}
