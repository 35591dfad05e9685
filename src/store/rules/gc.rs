//! Deletes records: those that expired, those of a guild that is gone, and those that somebody asked to be deleted.

use jiff::Timestamp;

use super::super::deletions::Deletions;
use super::super::expiry::{
    Expires, Expiring, FailedDelivery, NotificationLogRow, ProblemReport, QuestionRow, RecoverySubscriberRow,
    SoftDeleted,
};
use super::super::key::RecordKey;
use super::super::record::{AnnouncementRow, KvEntry, PendingDelivery, PendingErasure, Record, ReportRow};
use super::super::retention::{ANNOUNCEMENT, MONTH, QUESTION, REPORT, WAITING, after};
use super::super::tx::{ALL, CHUNK, Read, Tx};
use super::super::{DumpEntry, LiveStatusMessage, StoreError};
use super::outages::{is_open, outage};
use super::quotas::fits;
use crate::alerts::{Reason, Subscription};
use crate::health::Outage;
use crate::ids::{ChannelId, GuildId};

/// A record that expired: `gc` deletes it, or checks it again later. Returns how many records it deleted.
pub(in crate::store) trait Tidy: Record {
    fn tidy<T: Tx>(
        self,
        tx: &mut T,
        now: Timestamp,
    ) -> impl Future<Output = Result<usize, StoreError>> + Send;
}

impl Tidy for Outage {
    async fn tidy<T: Tx>(self, tx: &mut T, _: Timestamp) -> Result<usize, StoreError> {
        tx.delete::<ReportRow>(&self.key()).await?;
        forget(tx, &self).await
    }
}

impl Tidy for Expiring<NotificationLogRow> {
    async fn tidy<T: Tx>(self, tx: &mut T, now: Timestamp) -> Result<usize, StoreError> {
        let open = is_open(tx, &self.of.outage).await?;
        postpone_or_forget(tx, self, open.then(|| after(now, MONTH))).await
    }
}

impl Tidy for Expiring<RecoverySubscriberRow> {
    async fn tidy<T: Tx>(self, tx: &mut T, now: Timestamp) -> Result<usize, StoreError> {
        let outage = outage(tx, &self.of.outage).await?;
        let until = outage.map(|outage| after(outage.until.unwrap_or(now), WAITING));
        postpone_or_forget(tx, self, until.filter(|until| *until > now)).await
    }
}

impl Tidy for QuestionRow {
    /// A question stored before questions expired gets its expiry now.
    async fn tidy<T: Tx>(mut self, tx: &mut T, now: Timestamp) -> Result<usize, StoreError> {
        if self.expires_at.is_some() {
            return forget(tx, &self).await;
        }
        self.expires_at = Some(after(now, QUESTION));
        tx.put(&self).await?;
        Ok(0)
    }
}

impl Tidy for Expiring<ProblemReport> {
    /// Drops a user who reported, once the outage is over. The number of users stays.
    async fn tidy<T: Tx>(self, tx: &mut T, now: Timestamp) -> Result<usize, StoreError> {
        if let Some(about) = &self.of.outage {
            match outage(tx, about).await? {
                Some(outage) if outage.is_open() => {
                    return postpone_or_forget(tx, self, Some(after(now, REPORT))).await;
                }
                Some(_) => {
                    let none = ReportRow { outage: about.clone(), people: 0 };
                    let mut reported = tx.get_for_update::<ReportRow>(&none.key()).await?.unwrap_or(none);
                    reported.people += 1;
                    tx.put(&reported).await?;
                }
                None => {}
            }
        }
        let gone = forget(tx, &self).await?;
        // Once the outage is over, the users who are still to be dropped need no salt to be distinguished.
        let without = ProblemReport::all_of(None);
        if self.of.outage.is_some() || tx.count::<Expiring<ProblemReport>>(&without, 1).await? == 0 {
            let salt = ProblemReport::salt_of(self.of.outage.as_ref());
            tx.delete::<KvEntry>(&RecordKey::new().text(&salt)).await?;
        }
        Ok(gone)
    }
}

impl Tidy for AnnouncementRow {
    /// Deletes the dedup rows of finished deliveries, and an announcement that has none left.
    async fn tidy<T: Tx>(mut self, tx: &mut T, now: Timestamp) -> Result<usize, StoreError> {
        let mut gone = 0;
        if self.expanded {
            let (deleted, some_left) = tx.delete_finished_marks(self.announcement.id).await?;
            gone = deleted;
            if !some_left {
                return Ok(gone + forget(tx, &self).await?);
            }
        }
        self.expires_at = if gone > 0 { now } else { after(now, ANNOUNCEMENT) };
        tx.put(&self).await?;
        Ok(gone)
    }
}

async fn forget<T: Tx, R: Record>(tx: &mut T, record: &R) -> Result<usize, StoreError> {
    Ok(usize::from(tx.delete::<R>(&record.key()).await?))
}

async fn postpone_or_forget<T: Tx, E: Expires>(
    tx: &mut T,
    mut record: Expiring<E>,
    until: Option<Timestamp>,
) -> Result<usize, StoreError> {
    let Some(until) = until else { return forget(tx, &record).await };
    record.expires_at = until;
    tx.put(&record).await?;
    Ok(0)
}

/// Soft-deletes the subscriptions of a channel that is gone, or of a guild that the bot left. The caller then fails what
/// is pending for them, with [`why_gone`].
pub(in crate::store) async fn soft_delete<T: Tx>(
    tx: &mut T,
    guild: GuildId,
    channel: Option<ChannelId>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let live = RecordKey::new().guild(guild);
    let stored = tx.get_for_update::<LiveStatusMessage>(&live).await?;
    if stored.is_some_and(|stored| channel.is_none_or(|channel| stored.channel == channel)) {
        tx.delete::<LiveStatusMessage>(&live).await?;
    }
    if let Some(channel) = channel {
        forget_thread(tx, guild, channel).await?;
        return put_soft_deleted(tx, (guild, channel), false, now).await;
    }
    for subscription in tx.of_guild::<Subscription>(guild, ALL).await? {
        put_soft_deleted(tx, (guild, subscription.channel), true, now).await?;
    }
    Ok(())
}

/// Returns why deliveries fail when a channel is gone, or the bot left a guild.
pub(in crate::store) fn why_gone(channel: Option<ChannelId>) -> Reason {
    if channel.is_some() { Reason::ChannelGone } else { Reason::ServerLeft }
}

/// Deletes what was posted in a channel that is gone, as it may be the thread of an outage.
async fn forget_thread<T: Tx>(tx: &mut T, guild: GuildId, thread: ChannelId) -> Result<(), StoreError> {
    let logs = RecordKey::new().guild(guild);
    for mut log in tx.list_for_update::<Expiring<NotificationLogRow>>(&logs, ALL).await? {
        if log.of.log.thread == Some(thread) {
            let key = RecordKey::new().channel(guild, log.of.channel);
            let subscribed = tx.get::<Subscription>(&key).await?;
            log.of.log.forget_thread(subscribed.map(|it| it.channel_kind).unwrap_or_default());
            tx.put(&log).await?;
        }
    }
    Ok(())
}

/// Soft-deletes a subscription if there is one: because the bot left its guild, or because its channel is gone.
pub(super) async fn put_soft_deleted<T: Tx>(
    tx: &mut T,
    (guild, channel): (GuildId, ChannelId),
    left: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    let key = RecordKey::new().channel(guild, channel);
    if let Some(subscription) = tx.get_for_update::<Subscription>(&key).await? {
        let of = SoftDeleted { subscription, left };
        tx.put(&Expiring { of, expires_at: after(now, MONTH) }).await?;
        tx.delete::<Subscription>(&key).await?;
    }
    Ok(())
}

/// Restores the soft-deleted subscriptions of a guild. Returns how many.
pub(in crate::store) async fn restore<T: Tx>(
    tx: &mut T,
    guild: GuildId,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let mut back = 0;
    for soft_deleted in tx.of_guild::<Expiring<SoftDeleted>>(guild, ALL).await? {
        let key = soft_deleted.key();
        if !tx.delete::<Expiring<SoftDeleted>>(&key).await? {
            continue; // another instance restores it
        }
        let SoftDeleted { mut subscription, .. } = soft_deleted.of;
        if soft_deleted.expires_at > now && tx.get_for_update::<Subscription>(&key).await?.is_none() {
            subscription.paused = None; // what Discord refused then says nothing about now
            tx.put(&subscription).await?;
            back += 1;
        }
    }
    Ok(back)
}

/// Deletes everything else about a guild whose subscriptions are deleted, except dedup rows: as much as one write may.
/// Returns whether there may be more. The [`PendingErasure`] goes last, so that a crash only interrupts it.
pub(in crate::store) async fn erase_some<T: Tx>(tx: &mut T, guild: GuildId) -> Result<bool, StoreError> {
    let mut gone = tx.delete_of_guild::<Expiring<SoftDeleted>>(guild, CHUNK).await?;
    gone += tx.delete_of_guild::<PendingDelivery>(guild, CHUNK).await?;
    gone += tx.delete_of_guild::<Expiring<FailedDelivery>>(guild, CHUNK).await?;
    gone += tx.delete_of_guild::<Expiring<NotificationLogRow>>(guild, CHUNK).await?;
    gone += tx.delete_of_guild::<Expiring<RecoverySubscriberRow>>(guild, CHUNK).await?;
    for mut announced in tx.list_for_update::<AnnouncementRow>(&RecordKey::new(), ALL).await? {
        if announced.meant_for() == Some(guild) {
            gone += forget(tx, &announced).await?;
        } else if announced.forget_considered(|considered| considered == guild) {
            tx.put(&announced).await?;
        }
    }
    Ok(gone > 0)
}

/// Returns the guilds whose data is being deleted: by a write that goes on, or by one that a crash or a full disk ended.
pub(in crate::store) async fn erasing<T: Read>(tx: &mut T) -> Result<Vec<GuildId>, StoreError> {
    let erasing = tx.list::<PendingErasure>(&RecordKey::new()).await?;
    Ok(erasing.into_iter().map(|erasing| erasing.guild).collect())
}

/// Ends the deletion of a guild's data.
pub(in crate::store) async fn end_erasure<T: Tx>(tx: &mut T, guild: GuildId) -> Result<(), StoreError> {
    tx.delete::<PendingErasure>(&RecordKey::new().guild(guild)).await.map(drop)
}

pub(in crate::store) async fn deletions<T: Read>(tx: &mut T) -> Result<Deletions, StoreError> {
    Ok(Deletions::read(tx.list(&RecordKey::new().bytes(Deletions::MARKS.as_bytes())).await?))
}

/// Stores that nothing remains of these deletions.
pub(in crate::store) async fn settle_deletions<T: Tx>(
    tx: &mut T,
    deletions: &Deletions,
) -> Result<(), StoreError> {
    let stored = tx.list(&RecordKey::new().bytes(Deletions::MARKS.as_bytes())).await?;
    put_marks(tx, &deletions.settled(stored)).await
}

pub(in crate::store) async fn put_marks<T: Tx>(tx: &mut T, marks: &[KvEntry]) -> Result<(), StoreError> {
    for mark in marks {
        tx.put(mark).await?;
    }
    Ok(())
}

/// Stores a small named value, or deletes it.
pub(in crate::store) async fn put_meta<T: Tx>(
    tx: &mut T,
    name: &str,
    value: Option<Vec<u8>>,
) -> Result<(), StoreError> {
    match value {
        Some(value) => {
            fits(name, &value)?;
            tx.put(&KvEntry { name: name.to_owned(), value }).await
        }
        None => tx.delete::<KvEntry>(&RecordKey::new().text(name)).await.map(drop),
    }
}

pub(in crate::store) async fn get_meta<T: Read>(
    tx: &mut T,
    name: &str,
) -> Result<Option<Vec<u8>>, StoreError> {
    let stored = tx.get::<KvEntry>(&RecordKey::new().text(name)).await?;
    Ok(stored.map(|stored| stored.value))
}

/// Returns the records of one guild: those that its moderators read with `/alerts export-data`.
pub(in crate::store) async fn records_of<T: Read>(
    tx: &mut T,
    guild: GuildId,
    most: usize,
) -> Result<Vec<DumpEntry>, StoreError> {
    let mut records = Vec::new();
    theirs::<T, Subscription>(tx, guild, most, &mut records).await?;
    theirs::<T, Expiring<SoftDeleted>>(tx, guild, most, &mut records).await?;
    let mut before = None;
    for mut open in tx.of_guild::<PendingDelivery>(guild, most - records.len()).await? {
        open.head = before.replace(open.delivery.channel) != Some(open.delivery.channel);
        records.push(DumpEntry::of(&open)?);
    }
    theirs::<T, Expiring<FailedDelivery>>(tx, guild, most, &mut records).await?;
    theirs::<T, Expiring<NotificationLogRow>>(tx, guild, most, &mut records).await?;
    theirs::<T, LiveStatusMessage>(tx, guild, most, &mut records).await?;
    theirs::<T, Expiring<RecoverySubscriberRow>>(tx, guild, most, &mut records).await?;
    Ok(records)
}

async fn theirs<T: Read, R: Record>(
    tx: &mut T,
    guild: GuildId,
    most: usize,
    records: &mut Vec<DumpEntry>,
) -> Result<(), StoreError> {
    for record in tx.of_guild::<R>(guild, most - records.len()).await? {
        records.push(DumpEntry::of(&record)?);
    }
    Ok(())
}
