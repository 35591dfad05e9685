//! Deletes records: those that expired, those of a guild that is gone, and those that somebody asked to be deleted.

use jiff::Timestamp;

use super::super::engine::{KvEngine, Table};
use super::super::expiry::{
    ANNOUNCEMENT, Expires, Expiring, FailedDelivery, MONTH, NotificationLogRow, ProblemReport, QUESTION,
    QuestionRow, REPORT, RecoverySubscriberRow, SoftDeleted, WAITING, after,
};
use super::super::key::RecordKey;
use super::super::record::{
    AnnouncementRow, DeliveryDedup, InteractionRow, KvEntry, PendingDelivery, PendingErasure, Record,
    ReportRow,
};
use super::super::transaction::Tx;
use super::super::{GuildSummary, LiveStatusMessage, StoreError};
use super::queue::give_up_channel;
use super::{CHUNK, Inner};
use crate::alerts::Subscription;
use crate::health::{Outage, OutageId, UptimeBucket};
use crate::ids::{ChannelId, GuildId};

/// Pages of records that one call of `gc` examines at most.
const MOST_PAGES: usize = 4;

impl<S: KvEngine> Inner<S> {
    pub(super) fn tidy(&self, now: Timestamp) -> Result<usize, StoreError> {
        self.change_inner(|tx, _| {
            let mut gone = 0;
            // Postponed records are not deleted, so a full page of them must not end the work of this call.
            for _ in 0..MOST_PAGES {
                let page = tx.scan(Table::Expiry, &RecordKey::new(), &RecordKey::new(), CHUNK)?;
                let full = page.len() == CHUNK;
                for (index_row, tree) in page {
                    if gone >= CHUNK || index_row >= RecordKey::new().at(now).byte(u8::MAX) {
                        return Ok(gone);
                    }
                    // The key is the instant (8 bytes), the table's number (1), and the record's own key.
                    let key = RecordKey(index_row.0.get(9..).unwrap_or_default().to_vec());
                    tx.forget_index_row(Table::Expiry, index_row);
                    gone += tidy_one(tx, tree.first().copied().and_then(Table::of), &key, now)?;
                }
                if !full {
                    break;
                }
            }
            Ok(gone)
        })
    }

    pub(super) fn set_soft_deleted(
        &self,
        guild: GuildId,
        channel: Option<ChannelId>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let why =
            if channel.is_some() { "the channel is gone" } else { "the bot was removed from the server" };
        self.change_inner(|tx, _| {
            let live_message = RecordKey::new().guild(guild);
            let stored = tx.find::<LiveStatusMessage>(&live_message)?;
            if stored.is_some_and(|stored| channel.is_none_or(|channel| stored.channel == channel)) {
                tx.forget::<LiveStatusMessage>(&live_message)?;
            }
            let channels = if let Some(channel) = channel {
                forget_thread(tx, guild, channel)?;
                vec![channel]
            } else {
                let all = tx.list::<Subscription>(&RecordKey::new().guild(guild), usize::MAX)?;
                all.into_iter().map(|subscription| subscription.channel).collect()
            };
            let left = channel.is_none();
            for channel in channels {
                put_soft_deleted(tx, (guild, channel), left, now)?;
            }
            Ok(())
        })?;
        loop {
            let prefix = channel
                .map_or(RecordKey::new().guild(guild), |channel| RecordKey::new().place(guild, channel));
            let more = self.change_inner(|tx, leases| {
                let Some(open) = tx.list::<PendingDelivery>(&prefix, 1)?.pop() else { return Ok(false) };
                give_up_channel(tx, leases, guild, open.delivery.channel, why, now)?;
                Ok(true)
            })?;
            if !more {
                return Ok(());
            }
        }
    }

    pub(super) fn restore(&self, guild: GuildId, now: Timestamp) -> Result<usize, StoreError> {
        self.change_inner(|tx, _| {
            let mut back = 0;
            for soft_deleted in
                tx.list::<Expiring<SoftDeleted>>(&RecordKey::new().guild(guild), usize::MAX)?
            {
                let key = soft_deleted.key();
                tx.forget::<Expiring<SoftDeleted>>(&key)?;
                let SoftDeleted { mut subscription, .. } = soft_deleted.of;
                if soft_deleted.expires_at > now && tx.find::<Subscription>(&key)?.is_none() {
                    subscription.paused = None; // what Discord refused then says nothing about now
                    tx.put(&subscription)?;
                    back += 1;
                }
            }
            Ok(back)
        })
    }

    pub(super) fn servers(
        &self,
        after: Option<GuildId>,
        most: usize,
    ) -> Result<Vec<GuildSummary>, StoreError> {
        // Starts after everything of the previous guild.
        let mut from = after.map(|guild| RecordKey::new().place(guild, ChannelId(u64::MAX)));
        let mut servers = Vec::new();
        while servers.len() < most {
            let subscription = self.page::<Subscription>(&RecordKey::new(), from.clone(), 1)?.pop();
            let live_message = self.page::<LiveStatusMessage>(&RecordKey::new(), from.clone(), 1)?.pop();
            let soft_deleted = self.page::<Expiring<SoftDeleted>>(&RecordKey::new(), from.clone(), 1)?.pop();
            let (subscribed, has_live) = (subscription.map(|it| it.guild), live_message.map(|it| it.guild));
            let soft_deleted = soft_deleted.map(|it| it.of.subscription.guild);
            let Some(guild) = [subscribed, has_live, soft_deleted].into_iter().flatten().min() else { break };
            let subscribed = subscribed == Some(guild) || has_live == Some(guild);
            let soft_deleted =
                self.page::<Expiring<SoftDeleted>>(&RecordKey::new().guild(guild), None, usize::MAX)?;
            let left = soft_deleted.iter().any(|it| it.of.left);
            if subscribed || left {
                servers.push(GuildSummary { guild, subscribed, left });
            }
            from = Some(RecordKey::new().place(guild, ChannelId(u64::MAX)));
        }
        Ok(servers)
    }

    /// Deletes everything else about a guild whose subscriptions are deleted, in steps that a crash may interrupt. The
    /// [`PendingErasure`] goes last.
    pub(super) fn erase(&self, guild: GuildId) -> Result<(), StoreError> {
        while self.change_inner(|tx, leases| {
            let all = RecordKey::new().guild(guild);
            let mut gone = forget_all::<Expiring<SoftDeleted>, S>(tx, &all)?;
            gone += forget_all::<Expiring<FailedDelivery>, S>(tx, &all)?;
            gone += forget_all::<Expiring<NotificationLogRow>, S>(tx, &all)?;
            for open in tx.list::<PendingDelivery>(&all, CHUNK)? {
                leases.taken.remove(&open.delivery.id);
                tx.forget::<PendingDelivery>(&open.key())?;
                gone += 1;
            }
            for mut announced in tx.list::<AnnouncementRow>(&RecordKey::new(), usize::MAX)? {
                if announced.meant_for() == Some(guild) {
                    gone += usize::from(tx.forget::<AnnouncementRow>(&announced.key())?);
                } else if announced.forget_considered(|considered| considered == guild) {
                    tx.put(&announced)?;
                }
            }
            for waiting in tx.list::<Expiring<RecoverySubscriberRow>>(&RecordKey::new(), usize::MAX)? {
                if waiting.of.who.guild == Some(guild) {
                    gone += usize::from(tx.forget::<Expiring<RecoverySubscriberRow>>(&waiting.key())?);
                }
            }
            Ok(gone > 0)
        })? {}
        self.erase_marks(guild)?;
        self.change_inner(|tx, _| tx.forget::<PendingErasure>(&RecordKey::new().guild(guild)).map(drop))
    }

    /// Deletes the dedup rows of a guild. Each channel of every guild has one per announcement, so they are read while
    /// others may write.
    fn erase_marks(&self, guild: GuildId) -> Result<(), StoreError> {
        let mut from = RecordKey::new();
        loop {
            let page = self.read().scan(Table::Pending, &RecordKey::new(), &from, CHUNK)?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            from = last.clone().next();
            let mut theirs = Vec::new();
            for (key, value) in page {
                if DeliveryDedup::decode(&value)?.guild == guild {
                    theirs.push(key);
                }
            }
            if !theirs.is_empty() {
                self.change_inner(|tx, _| {
                    theirs.iter().try_for_each(|key| tx.forget::<DeliveryDedup>(key).map(drop))
                })?;
            }
        }
    }
}

fn forget_all<F: Record, S: KvEngine>(tx: &mut Tx<'_, S>, prefix: &RecordKey) -> Result<usize, StoreError> {
    let records = tx.list::<F>(prefix, CHUNK)?;
    for record in &records {
        tx.forget::<F>(&record.key())?;
    }
    Ok(records.len())
}

/// Deletes what was posted in a channel that is gone, as it may be the thread of an outage.
fn forget_thread<S: KvEngine>(
    tx: &mut Tx<'_, S>,
    guild: GuildId,
    thread: ChannelId,
) -> Result<(), StoreError> {
    for mut log in tx.list::<Expiring<NotificationLogRow>>(&RecordKey::new().guild(guild), usize::MAX)? {
        if log.of.log.thread == Some(thread) {
            let subscribed = tx.find::<Subscription>(&RecordKey::new().place(guild, log.of.channel))?;
            log.of.log.forget_thread(subscribed.map(|it| it.channel_kind).unwrap_or_default());
            tx.put(&log)?;
        }
    }
    Ok(())
}

/// Soft-deletes a subscription if there is one: because the bot left its guild, or because its channel is gone.
pub(super) fn put_soft_deleted<S: KvEngine>(
    tx: &mut Tx<'_, S>,
    (guild, channel): (GuildId, ChannelId),
    left: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    let key = RecordKey::new().place(guild, channel);
    if let Some(subscription) = tx.find::<Subscription>(&key)? {
        tx.put(&Expiring { of: SoftDeleted { subscription, left }, expires_at: after(now, MONTH) })?;
        tx.forget::<Subscription>(&key)?;
    }
    Ok(())
}

/// Processes one expired record. Returns how many records it deleted.
fn tidy_one<S: KvEngine>(
    tx: &mut Tx<'_, S>,
    tree: Option<Table>,
    key: &RecordKey,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let forgotten = match tree {
        Some(Table::Interaction) => tx.forget::<Expiring<InteractionRow>>(key)?,
        Some(Table::SoftDeleted) => tx.forget::<Expiring<SoftDeleted>>(key)?,
        Some(Table::GivenUp) => tx.forget::<Expiring<FailedDelivery>>(key)?,
        Some(Table::UptimeBucket) => tx.forget::<Expiring<UptimeBucket>>(key)?,
        Some(Table::Outage) => {
            tx.forget::<ReportRow>(key)?;
            tx.forget::<Outage>(key)?
        }
        Some(Table::Log) => match tx.find::<Expiring<NotificationLogRow>>(key)? {
            Some(there) if is_open(tx, &there.of.outage)? => postpone(tx, there, after(now, MONTH))?,
            _ => tx.forget::<Expiring<NotificationLogRow>>(key)?,
        },
        Some(Table::Waiting) => match tx.find::<Expiring<RecoverySubscriberRow>>(key)? {
            Some(waiting) => tidy_waiting(tx, waiting, now)?,
            None => false,
        },
        Some(Table::Report) => match tx.find::<Expiring<ProblemReport>>(key)? {
            Some(report) => tidy_report(tx, report, now)?,
            None => false,
        },
        Some(Table::Question) => match tx.find::<QuestionRow>(key)? {
            Some(asked) => tidy_question(tx, asked, now)?,
            None => false,
        },
        Some(Table::Announcement) => return tidy_announcement(tx, key, now),
        _ => false,
    };
    Ok(usize::from(forgotten))
}

/// Whether a stored outage is still open.
pub(super) fn is_open<S: KvEngine>(tx: &Tx<'_, S>, outage: &OutageId) -> Result<bool, StoreError> {
    Ok(tx.find::<Outage>(&RecordKey::new().text(outage.as_str()))?.is_some_and(|outage| outage.is_open()))
}

fn postpone<T: Expires, S: KvEngine>(
    tx: &mut Tx<'_, S>,
    mut record: Expiring<T>,
    to: Timestamp,
) -> Result<bool, StoreError> {
    record.expires_at = to;
    tx.put(&record)?;
    Ok(false)
}

fn tidy_waiting<S: KvEngine>(
    tx: &mut Tx<'_, S>,
    waiting: Expiring<RecoverySubscriberRow>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let outage = tx.find::<Outage>(&RecordKey::new().text(waiting.of.outage.as_str()))?;
    let until = match outage.map(|outage| outage.until) {
        None => now,
        Some(None) => after(now, WAITING),
        Some(Some(ended)) => after(ended, WAITING),
    };
    if until > now {
        return postpone(tx, waiting, until);
    }
    tx.forget::<Expiring<RecoverySubscriberRow>>(&waiting.key())
}

/// A question stored before questions expired gets its expiry now.
fn tidy_question<S: KvEngine>(
    tx: &mut Tx<'_, S>,
    mut asked: QuestionRow,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if asked.expires_at.is_some() {
        return tx.forget::<QuestionRow>(&asked.key());
    }
    asked.expires_at = Some(after(now, QUESTION));
    tx.put(&asked)?;
    Ok(false)
}

/// Drops a user who reported, once the outage is over. The number of users stays.
fn tidy_report<S: KvEngine>(
    tx: &mut Tx<'_, S>,
    report: Expiring<ProblemReport>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if let Some(outage) = &report.of.outage {
        if is_open(tx, outage)? {
            return postpone(tx, report, after(now, REPORT));
        }
        if tx.find::<Outage>(&RecordKey::new().text(outage.as_str()))?.is_some() {
            let none = ReportRow { outage: outage.clone(), people: 0 };
            let mut reported = tx.find::<ReportRow>(&none.key())?.unwrap_or(none);
            reported.people += 1;
            tx.put(&reported)?;
        }
    }
    let gone = tx.forget::<Expiring<ProblemReport>>(&report.key())?;
    // Once the outage is over, the users who are still to be dropped need no salt to be distinguished.
    let all = ProblemReport::all_of(None);
    if report.of.outage.is_some() || tx.scan(Table::Report, &all, &all, 1)?.is_empty() {
        tx.forget::<KvEntry>(&RecordKey::new().text(&ProblemReport::salt_of(report.of.outage.as_ref())))?;
    }
    Ok(gone)
}

/// Deletes the dedup rows of finished deliveries, and an announcement that has none left.
fn tidy_announcement<S: KvEngine>(
    tx: &mut Tx<'_, S>,
    key: &RecordKey,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let Some(mut announced) = tx.find::<AnnouncementRow>(key)? else { return Ok(0) };
    let mut gone = 0;
    let mut from = key.clone();
    let mut still_pending = !announced.expanded;
    while announced.expanded && gone < CHUNK {
        let page = tx.scan(Table::Pending, key, &from, CHUNK)?;
        let Some((last, _)) = page.last() else { break };
        from = last.clone().next();
        for (_, value) in &page {
            let pending = DeliveryDedup::decode(value)?;
            if tx
                .find::<PendingDelivery>(&PendingDelivery::key_of(
                    pending.guild,
                    pending.channel,
                    pending.delivery,
                ))?
                .is_some()
            {
                still_pending = true;
            } else {
                gone += usize::from(tx.forget::<DeliveryDedup>(&pending.key())?);
            }
        }
    }
    let marks_left = !tx.scan(Table::Pending, key, key, 1)?.is_empty();
    if still_pending || marks_left {
        announced.expires_at = if gone >= CHUNK { now } else { after(now, ANNOUNCEMENT) };
        tx.put(&announced)?;
        return Ok(gone);
    }
    tx.forget::<AnnouncementRow>(key)?;
    Ok(gone + 1)
}
