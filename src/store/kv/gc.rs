//! Finds what expired, and deletes all data of a guild, in steps that a crash may interrupt.

use jiff::Timestamp;

use super::super::expiry::{
    Expiring, FailedDelivery, NotificationLogRow, ProblemReport, QuestionRow, RecoverySubscriberRow,
    SoftDeleted,
};
use super::super::key::RecordKey;
use super::super::record::{AnnouncementRow, DeliveryDedup, InteractionRow, Record};
use super::super::rules::gc::{self, Tidy};
use super::super::rules::outbox;
use super::super::table::Table;
use super::super::tx::{ALL, CHUNK};
use super::super::{GuildSummary, LiveStatusMessage, StoreError};
use super::Inner;
use super::engine::KvEngine;
use super::transaction::{KvTx, run};
use crate::alerts::Subscription;
use crate::health::{Outage, UptimeBucket};
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
                for (index_row, table) in page {
                    if gone >= CHUNK || index_row >= RecordKey::new().at(now).byte(u8::MAX) {
                        return Ok(gone);
                    }
                    // The key is the instant (8 bytes), the table's number (1), and the record's own key.
                    let key = RecordKey(index_row.0.get(9..).unwrap_or_default().to_vec());
                    tx.forget_index_row(Table::Expiry, index_row);
                    gone += tidy_one(tx, table.first().copied().and_then(Table::of), &key, now)?;
                }
                if !full {
                    break;
                }
            }
            Ok(gone)
        })
    }

    pub(super) fn soft_delete(
        &self,
        guild: GuildId,
        channel: Option<ChannelId>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.change_inner(|tx, _| run(gc::soft_delete(tx, guild, channel, now)))?;
        let all = RecordKey::new().guild(guild);
        let queues = channel.map_or(all, |channel| RecordKey::new().channel(guild, channel));
        let why = gc::why_gone(channel);
        while self.change_inner(|tx, _| run(outbox::give_up_some(tx, &queues, &why, now)))? {}
        Ok(())
    }

    pub(super) fn servers(
        &self,
        after: Option<GuildId>,
        most: usize,
    ) -> Result<Vec<GuildSummary>, StoreError> {
        let (tx, all) = (self.read(), RecordKey::new());
        // Starts after everything of the previous guild.
        let end_of = |guild| RecordKey::new().channel(guild, ChannelId(u64::MAX));
        let mut from = after.map(end_of);
        let mut servers = Vec::new();
        while servers.len() < most {
            let after = from.as_ref();
            let subscribed = tx.records::<Subscription>(&all, after, 1)?.pop().map(|it| it.guild);
            let live = tx.records::<LiveStatusMessage>(&all, after, 1)?.pop().map(|it| it.guild);
            let soft_deleted = tx.records::<Expiring<SoftDeleted>>(&all, after, 1)?.pop();
            let soft_deleted = soft_deleted.map(|it| it.of.subscription.guild);
            let Some(guild) = [subscribed, live, soft_deleted].into_iter().flatten().min() else { break };
            let subscribed = subscribed == Some(guild) || live == Some(guild);
            let theirs = tx.records::<Expiring<SoftDeleted>>(&RecordKey::new().guild(guild), None, ALL)?;
            let left = theirs.iter().any(|it| it.of.left);
            if subscribed || left {
                servers.push(GuildSummary { guild, subscribed, left });
            }
            from = Some(end_of(guild));
        }
        Ok(servers)
    }

    /// Finishes deletions that were interrupted.
    pub(super) fn erase_all(&self) -> Result<(), StoreError> {
        run(gc::erasing(&mut self.read()))?.into_iter().try_for_each(|guild| self.erase(guild))
    }

    /// Deletes everything else about a guild whose subscriptions are deleted.
    pub(super) fn erase(&self, guild: GuildId) -> Result<(), StoreError> {
        while self.change_inner(|tx, _| run(gc::erase_some(tx, guild)))? {}
        self.erase_marks(guild)?;
        self.change_inner(|tx, _| run(gc::end_erasure(tx, guild)))
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

/// Processes one expired record. Returns how many records it deleted.
fn tidy_one<S: KvEngine>(
    tx: &mut KvTx<'_, S>,
    table: Option<Table>,
    key: &RecordKey,
    now: Timestamp,
) -> Result<usize, StoreError> {
    match table {
        Some(Table::Interaction) => tx.forget::<Expiring<InteractionRow>>(key).map(usize::from),
        Some(Table::SoftDeleted) => tx.forget::<Expiring<SoftDeleted>>(key).map(usize::from),
        Some(Table::GivenUp) => tx.forget::<Expiring<FailedDelivery>>(key).map(usize::from),
        Some(Table::UptimeBucket) => tx.forget::<Expiring<UptimeBucket>>(key).map(usize::from),
        Some(Table::Outage) => tidy::<Outage, S>(tx, key, now),
        Some(Table::Log) => tidy::<Expiring<NotificationLogRow>, S>(tx, key, now),
        Some(Table::Waiting) => tidy::<Expiring<RecoverySubscriberRow>, S>(tx, key, now),
        Some(Table::Report) => tidy::<Expiring<ProblemReport>, S>(tx, key, now),
        Some(Table::Question) => tidy::<QuestionRow, S>(tx, key, now),
        Some(Table::Announcement) => tidy::<AnnouncementRow, S>(tx, key, now),
        _ => Ok(0),
    }
}

fn tidy<R: Tidy, S: KvEngine>(
    tx: &mut KvTx<'_, S>,
    key: &RecordKey,
    now: Timestamp,
) -> Result<usize, StoreError> {
    match tx.find::<R>(key)? {
        Some(record) => run(record.tidy(tx, now)),
        None => Ok(0),
    }
}
