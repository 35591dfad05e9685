//! The verbs of the trait, each handed to the books.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use super::super::key::Key;
use super::super::shelf::Shelf;
use super::super::{
    Board, Changed, Committed, Deletions, Entry, Fence, Lead, Question, Remembered, ServerKept, Space, Step,
    Store, StoreError, Take, Votes,
};
use super::{Books, Ledger};
use crate::alerts::{
    Announcement, AnnouncementId, Claim, Delivery, DeliveryOutcome, RecoverySubscriber, Remains,
    Subscription, SubscriptionEdit, Suspension,
};
use crate::health::{Looks, Outage, OutageId, ServiceName, Span, Tally};
use crate::ids::{ChannelId, GuildId, InteractionId, MessageId, UserId};

#[async_trait]
impl<S: Shelf> Store for Ledger<S> {
    async fn recall(&self) -> Result<Remembered, StoreError> {
        self.look(Books::recall).await
    }

    async fn lead(
        &self,
        role: &str,
        holder: &str,
        lease: SignedDuration,
        now: Timestamp,
    ) -> Result<Option<Fence>, StoreError> {
        Ok(self.books.lead(role, holder, lease, now))
    }

    async fn resign(&self, fence: &Fence) -> Result<(), StoreError> {
        self.books.leases().leading.resign(fence);
        self.books.hint();
        Ok(())
    }

    async fn leads(&self, prefix: &str, now: Timestamp) -> Result<Vec<Lead>, StoreError> {
        Ok(self.books.leases().leading.leads(prefix, now))
    }

    async fn commit(&self, step: &Step, fence: &Fence) -> Result<Committed, StoreError> {
        let (step, fence) = (step.clone(), fence.clone());
        self.run(move |books| books.commit(&step, &fence)).await
    }

    async fn reserve(
        &self,
        budget: &str,
        slots: u32,
        every: SignedDuration,
        now: Timestamp,
    ) -> Result<SignedDuration, StoreError> {
        Ok(self.books.leases().leading.reserve(budget, slots, every, now))
    }

    fn is_shared(&self) -> bool {
        self.books.copies.shared
    }

    async fn changed(&self) {
        self.books.copies.hints.by_another(self.books.copy).await;
    }

    async fn outage(&self, id: &OutageId) -> Result<Option<Outage>, StoreError> {
        let key = Key::new().text(id.as_str());
        self.look(move |books| books.look().find(&key)).await
    }

    async fn outages(&self, since: Timestamp, most: usize) -> Result<Vec<Outage>, StoreError> {
        self.look(move |books| books.outages(since, most)).await
    }

    async fn change(
        &self,
        change: &SubscriptionEdit,
        asked: InteractionId,
        now: Timestamp,
    ) -> Result<Changed, StoreError> {
        let change = change.clone();
        self.run(move |books| books.change(&change, asked, now)).await
    }

    async fn subscription(
        &self,
        guild: GuildId,
        channel: ChannelId,
    ) -> Result<Option<Subscription>, StoreError> {
        self.look(move |books| books.look().find(&Key::new().place(guild, channel))).await
    }

    async fn subscriptions(
        &self,
        of: Option<GuildId>,
        after: Option<(GuildId, ChannelId)>,
        most: usize,
    ) -> Result<Vec<Subscription>, StoreError> {
        let prefix = of.map_or_else(Key::new, |guild| Key::new().guild(guild));
        let after = after.map(|(guild, channel)| Key::new().place(guild, channel));
        self.look(move |books| books.page(&prefix, after, most)).await
    }

    async fn unexpanded(&self, most: usize) -> Result<Vec<Announcement>, StoreError> {
        self.look(move |books| books.unexpanded(most)).await
    }

    async fn announcement(&self, id: AnnouncementId) -> Result<Option<Announcement>, StoreError> {
        self.look(move |books| books.announcement(id)).await
    }

    async fn owe(
        &self,
        announcement: AnnouncementId,
        to: &[(GuildId, ChannelId)],
        considered: Option<(GuildId, ChannelId)>,
        done: bool,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let to = to.to_vec();
        self.run(move |books| books.owe(announcement, &to, considered, done, now)).await
    }

    async fn claim(
        &self,
        most: usize,
        lease: SignedDuration,
        now: Timestamp,
    ) -> Result<Vec<Claim>, StoreError> {
        self.run(move |books| books.claim(most, lease, now)).await
    }

    async fn settle(
        &self,
        claim: &Claim,
        outcome: &DeliveryOutcome,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let settled = [(claim.clone(), outcome.clone())];
        let kept = self.run(move |books| books.settle_all(&settled, now)).await?;
        Ok(kept.first().copied().unwrap_or(false))
    }

    async fn settle_all(
        &self,
        settled: &[(Claim, DeliveryOutcome)],
        now: Timestamp,
    ) -> Result<Vec<bool>, StoreError> {
        let settled = settled.to_vec();
        self.run(move |books| books.settle_all(&settled, now)).await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.look(Books::next_due).await
    }

    async fn longest_waiting(&self) -> Result<Option<Delivery>, StoreError> {
        self.run(Books::longest_waiting).await
    }

    async fn undelivered(&self, guild: GuildId, most: usize) -> Result<Vec<Delivery>, StoreError> {
        self.look(move |books| books.undelivered(guild, most)).await
    }

    async fn waiting(
        &self,
        outage: &OutageId,
        of: Option<ChannelId>,
        after: Option<(ChannelId, UserId)>,
        most: usize,
    ) -> Result<Vec<RecoverySubscriber>, StoreError> {
        let outage = outage.clone();
        self.look(move |books| books.waiting(&outage, of, after, most)).await
    }

    async fn boards(&self, after: Option<GuildId>, most: usize) -> Result<Vec<Board>, StoreError> {
        let after = after.map(|guild| Key::new().guild(guild));
        self.look(move |books| books.page(&Key::new(), after, most)).await
    }

    async fn note_board(
        &self,
        guild: GuildId,
        channel: ChannelId,
        message: Option<MessageId>,
    ) -> Result<bool, StoreError> {
        self.run(move |books| books.note_board(guild, channel, message)).await
    }

    async fn reports(&self, outage: Option<&OutageId>, since: Timestamp) -> Result<u64, StoreError> {
        let outage = outage.cloned();
        self.look(move |books| books.reports(outage.as_ref(), since)).await
    }

    async fn votes(&self) -> Result<Vec<Votes>, StoreError> {
        self.look(|books| books.page(&Key::new(), None, usize::MAX)).await
    }

    async fn questions(&self, most: usize) -> Result<Vec<Question>, StoreError> {
        self.look(move |books| books.questions(most)).await
    }

    async fn note_looks(&self, at: Timestamp, looks: &[(ServiceName, Looks)]) -> Result<(), StoreError> {
        let looks = looks.to_vec();
        self.run(move |books| books.note_looks(at, &looks)).await
    }

    async fn tallies(
        &self,
        service: &ServiceName,
        span: Span,
        since: Timestamp,
    ) -> Result<Vec<Tally>, StoreError> {
        let service = service.clone();
        self.look(move |books| books.tallies(&service, span, since)).await
    }

    async fn pause(
        &self,
        guild: GuildId,
        channel: ChannelId,
        paused: Option<Suspension>,
    ) -> Result<(), StoreError> {
        self.run(move |books| books.pause(guild, channel, paused.as_ref())).await
    }

    async fn set_aside(
        &self,
        guild: GuildId,
        channel: Option<ChannelId>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.run(move |books| books.set_aside(guild, channel, now)).await
    }

    async fn servers(&self, after: Option<GuildId>, most: usize) -> Result<Vec<ServerKept>, StoreError> {
        self.run(move |books| books.servers(after, most)).await
    }

    async fn restore(&self, guild: GuildId, now: Timestamp) -> Result<usize, StoreError> {
        self.run(move |books| books.restore(guild, now)).await
    }

    async fn keep(&self, name: &str, value: Option<&[u8]>) -> Result<(), StoreError> {
        let (name, value) = (name.to_owned(), value.map(<[u8]>::to_vec));
        self.run(move |books| books.keep(&name, value)).await
    }

    async fn kept(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let name = name.to_owned();
        self.look(move |books| books.kept(&name)).await
    }

    async fn tidy(&self, now: Timestamp) -> Result<usize, StoreError> {
        self.run(move |books| books.tidy(now)).await
    }

    async fn deletions(&self) -> Result<Deletions, StoreError> {
        self.look(Books::deletions).await.map(Deletions::read)
    }

    async fn settle_deletions(&self, deletions: &Deletions) -> Result<(), StoreError> {
        let deletions = deletions.clone();
        self.run(move |books| books.settle_deletions(&deletions)).await
    }

    async fn note_deletions(&self, deletions: &Deletions) -> Result<(), StoreError> {
        let deletions = deletions.clone();
        self.run(move |books| books.note_deletions(&deletions)).await
    }

    fn remains(&self) -> Remains {
        if S::WAITS { Remains::Files } else { Remains::Nowhere }
    }

    async fn rewrite(&self) -> Result<(), StoreError> {
        self.look(|books| books.shelf.rewrite()).await
    }

    async fn records_of(&self, guild: GuildId, most: usize) -> Result<Vec<Entry>, StoreError> {
        self.look(move |books| books.records_of(guild, most)).await
    }

    async fn dump(&self, take: Take) -> Result<u64, StoreError> {
        self.look(move |books| books.dump(take)).await
    }

    async fn load(&self, entries: Vec<Entry>) -> Result<(), StoreError> {
        self.run(move |books| books.load(&entries)).await
    }

    async fn space(&self) -> Result<Space, StoreError> {
        self.look(|books| Ok(Space { used: books.shelf.used()?, free: books.shelf.free()? })).await
    }

    async fn counts(&self, of: Option<GuildId>) -> Result<Vec<(&'static str, u64)>, StoreError> {
        self.look(move |books| books.counts(of)).await
    }
}
