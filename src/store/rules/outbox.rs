//! Pending work of channels: their queues of deliveries, and the outcomes of claims.
//!
//! A channel's deliveries form one queue, in the order of their ids. Only the oldest, its head, can be claimed.

use jiff::Timestamp;

use super::super::StoreError;
use super::super::expiry::{Expiring, FailedDelivery, NotificationLogRow, RecoverySubscriberRow};
use super::super::key::{RecordKey, micro};
use super::super::record::{AnnouncementRow, Counter, DeliveryDedup, PendingDelivery, Record as _};
use super::super::retention::{MONTH, after};
use super::super::tx::{CHUNK, Read, Tx};
use super::gc::put_soft_deleted;
use crate::alerts::{
    Announcement, AnnouncementId, Audience, Delivery, DeliveryId, DeliveryOutcome, NotificationLogEntry,
    Reason, Subscription, Suspension,
};
use crate::ids::{ChannelId, GuildId};

/// Deliveries that are finished in one write: one touches about eight records.
pub(in crate::store) const TOGETHER: usize = CHUNK / 8;

pub(in crate::store) async fn announcement<T: Read>(
    tx: &mut T,
    id: AnnouncementId,
) -> Result<Option<Announcement>, StoreError> {
    let announced = tx.get::<AnnouncementRow>(&AnnouncementRow::key_of(id)).await?;
    Ok(announced.map(|announced| announced.announcement))
}

/// Stores the outcome of a delivery whose claim the caller holds.
pub(in crate::store) async fn settle<T: Tx>(
    tx: &mut T,
    mut open: PendingDelivery,
    outcome: &DeliveryOutcome,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (guild, channel) = (open.delivery.guild, open.delivery.channel);
    let key = RecordKey::new().channel(guild, channel);
    let announced = announced(tx, &open.delivery).await?;
    let announced = announced.as_ref();
    match outcome {
        DeliveryOutcome::Delivered { log } => {
            record_log(tx, &open.delivery, announced, log, now).await?;
            catch_up(tx, &open.delivery, announced).await?;
            close(tx, &open, announced, now).await
        }
        DeliveryOutcome::Retry { due, why, uncounted, log } => {
            if let Some(log) = log {
                record_log(tx, &open.delivery, announced, log, now).await?;
            }
            if *uncounted {
                open.delivery.attempts = open.delivery.attempts.saturating_sub(1);
                if open.delivery.attempts == 0 {
                    open.delivery.first_tried = None; // nothing was sent, so Discord's window for the nonce has not begun
                }
            }
            open.delivery.due = *due;
            open.delivery.last_error = Some(why.clone());
            tx.put(&open).await?;
            tx.unclaim(&open).await
        }
        DeliveryOutcome::Noted { log } => record_log(tx, &open.delivery, announced, log, now).await,
        DeliveryOutcome::EditLater { due, why, log } => {
            record_log(tx, &open.delivery, announced, log, now).await?;
            catch_up(tx, &open.delivery, announced).await?;
            open.priority = AnnouncementRow::EDIT;
            open.delivery.due = *due;
            open.delivery.waiting_since = None;
            open.delivery.last_error = Some(why.clone());
            move_to_tail(tx, open, now).await
        }
        DeliveryOutcome::Suspended { paused } => {
            if let Some(mut subscription) = tx.get_for_update::<Subscription>(&key).await? {
                subscription.paused = Some(paused.clone());
                tx.put(&subscription).await?;
            }
            open.delivery.due = paused.retry;
            open.delivery.waiting_since = None;
            open.delivery.last_error = Some(paused.why.clone());
            tx.put(&open).await?;
            tx.unclaim(&open).await
        }
        DeliveryOutcome::ChannelGone { why } => {
            put_soft_deleted(tx, (guild, channel), false, now).await?;
            give_up_some(tx, &key, why, now).await.map(drop)
        }
        DeliveryOutcome::Failed { why } => {
            give_up(tx, &open, why, now).await?;
            close(tx, &open, announced, now).await
        }
    }
}

/// Returns what a delivery announces, unless it is deleted already.
async fn announced<T: Read>(tx: &mut T, delivery: &Delivery) -> Result<Option<AnnouncementRow>, StoreError> {
    tx.get(&AnnouncementRow::key_of(delivery.announcement)).await
}

/// Returns the log of a channel as it is stored.
pub(in crate::store) fn log_row(
    delivery: &Delivery,
    log: &NotificationLogEntry,
    now: Timestamp,
) -> Expiring<NotificationLogRow> {
    let (guild, channel, outage) = (delivery.guild, delivery.channel, delivery.outage.clone());
    let of = NotificationLogRow { guild, channel, outage, log: log.clone() };
    Expiring { of, expires_at: after(now, MONTH) }
}

/// Stores a channel's notification log entry. A preview is not logged.
async fn record_log<T: Tx>(
    tx: &mut T,
    delivery: &Delivery,
    announced: Option<&AnnouncementRow>,
    log: &NotificationLogEntry,
    now: Timestamp,
) -> Result<(), StoreError> {
    if announced.is_some_and(AnnouncementRow::is_preview) {
        return Ok(());
    }
    let row = log_row(delivery, log, now);
    if *log == NotificationLogEntry::default() {
        // What was in doubt before was not sent.
        return tx.delete::<Expiring<NotificationLogRow>>(&row.key()).await.map(drop);
    }
    tx.put(&row).await
}

/// Deletes failed deliveries that a channel has caught up with.
async fn catch_up<T: Tx>(
    tx: &mut T,
    delivery: &Delivery,
    announced: Option<&AnnouncementRow>,
) -> Result<(), StoreError> {
    if announced.is_some_and(|it| matches!(it.announcement.audience, Audience::CatchUp(..))) {
        forget_failed(tx, delivery).await?;
    }
    Ok(())
}

/// Deletes the failed deliveries of an outage in the channel of a delivery.
pub(in crate::store) async fn forget_failed<T: Tx>(
    tx: &mut T,
    delivery: &Delivery,
) -> Result<(), StoreError> {
    let key = RecordKey::new().channel(delivery.guild, delivery.channel);
    for missed in tx.page::<Expiring<FailedDelivery>>(&key, None, CHUNK).await? {
        if missed.of.0.outage == delivery.outage {
            tx.delete::<Expiring<FailedDelivery>>(&missed.key()).await?;
        }
    }
    Ok(())
}

/// Pauses or resumes a subscription.
pub(in crate::store) async fn pause<T: Tx>(
    tx: &mut T,
    guild: GuildId,
    channel: ChannelId,
    paused: Option<&Suspension>,
) -> Result<(), StoreError> {
    let key = RecordKey::new().channel(guild, channel);
    let Some(mut subscription) = tx.get_for_update::<Subscription>(&key).await? else { return Ok(()) };
    let was = std::mem::replace(&mut subscription.paused, paused.cloned());
    tx.put(&subscription).await?;
    reschedule(tx, guild, channel, was.as_ref(), paused).await
}

/// Postpones the head of a channel's queue to the end of a pause, or makes it due again when the pause is over.
pub(super) async fn reschedule<T: Tx>(
    tx: &mut T,
    guild: GuildId,
    channel: ChannelId,
    was: Option<&Suspension>,
    paused: Option<&Suspension>,
) -> Result<(), StoreError> {
    let Some(mut head) = head(tx, &RecordKey::new().channel(guild, channel)).await? else { return Ok(()) };
    head.delivery.due = match (was, paused) {
        (_, Some(paused)) => head.delivery.due.max(paused.retry),
        (Some(was), None) if micro(head.delivery.due) == micro(was.retry) => was.since,
        _ => return Ok(()),
    };
    tx.put(&head).await
}

/// Makes a channel's pending deliveries due now: somebody fixed it and should not have to wait for the next attempt.
pub(super) async fn raise_priority<T: Tx>(
    tx: &mut T,
    guild: GuildId,
    channel: ChannelId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let key = RecordKey::new().channel(guild, channel);
    if let Some(mut subscription) = tx.get_for_update::<Subscription>(&key).await?
        && let Some(paused) = &mut subscription.paused
    {
        paused.retry = paused.retry.min(now);
        tx.put(&subscription).await?;
    }
    if let Some(mut head) = head(tx, &key).await? {
        head.delivery.due = head.delivery.due.min(now);
        tx.put(&head).await?;
    }
    Ok(())
}

/// Deletes the pending deliveries of a channel that unsubscribed. Those that a user there waits for stay, and are due.
pub(super) async fn drop_queue<T: Tx>(
    tx: &mut T,
    guild: GuildId,
    channel: ChannelId,
    now: Timestamp,
) -> Result<(), StoreError> {
    // The rest of a longer queue finds no subscription and ends at its next attempt.
    let queue = RecordKey::new().channel(guild, channel);
    for open in tx.list_for_update::<PendingDelivery>(&queue, TOGETHER).await? {
        let here = RecoverySubscriberRow::all_of(&open.delivery.outage).number(channel.0);
        if tx.count::<Expiring<RecoverySubscriberRow>>(&here, 1).await? == 0 {
            let announced = announced(tx, &open.delivery).await?;
            close(tx, &open, announced.as_ref(), now).await?;
        }
    }
    raise_priority(tx, guild, channel, now).await
}

async fn head<T: Tx>(tx: &mut T, queue: &RecordKey) -> Result<Option<PendingDelivery>, StoreError> {
    Ok(tx.list_for_update::<PendingDelivery>(queue, 1).await?.pop())
}

/// Finishes a delivery: the next of its channel becomes the head, and records that nobody needs any more are deleted.
async fn close<T: Tx>(
    tx: &mut T,
    open: &PendingDelivery,
    announced: Option<&AnnouncementRow>,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.delete::<PendingDelivery>(&open.key()).await?;
    promote(tx, (open.delivery.guild, open.delivery.channel), now).await?;
    let id = open.delivery.announcement;
    let Some(announced) = announced else { return Ok(()) };
    if announced.expanded {
        // The dedup row stays until the fan-out is finished: a repeated step then creates no second delivery.
        tx.delete::<DeliveryDedup>(&DeliveryDedup::key_of(id, open.delivery.channel)).await?;
        let all = AnnouncementRow::key_of(id);
        if tx.count::<DeliveryDedup>(&all, 1).await? == 0 {
            tx.delete::<AnnouncementRow>(&all).await?;
        }
    }
    Ok(())
}

/// Puts an edit behind all other deliveries of its channel, if there are any, under an id of its own: the queue is in the
/// order of ids. Its claim ends.
async fn move_to_tail<T: Tx>(
    tx: &mut T,
    mut open: PendingDelivery,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (guild, channel) = (open.delivery.guild, open.delivery.channel);
    if tx.count::<PendingDelivery>(&RecordKey::new().channel(guild, channel), 2).await? < 2 {
        tx.put(&open).await?;
        return tx.unclaim(&open).await;
    }
    tx.delete::<PendingDelivery>(&open.key()).await?;
    open.head = false;
    open.delivery.id = DeliveryId(tx.next_id(Counter::DELIVERY).await?);
    open.delivery.first_tried = None; // nothing was sent under this id
    let key = DeliveryDedup::key_of(open.delivery.announcement, channel);
    if let Some(dedup) = tx.get_for_update::<DeliveryDedup>(&key).await? {
        tx.put(&DeliveryDedup { delivery: open.delivery.id, ..dedup }).await?;
    }
    tx.put(&open).await?;
    promote(tx, (guild, channel), now).await
}

/// Makes the oldest delivery of a channel its head, so that it can be claimed.
async fn promote<T: Tx>(
    tx: &mut T,
    (guild, channel): (GuildId, ChannelId),
    now: Timestamp,
) -> Result<(), StoreError> {
    let key = RecordKey::new().channel(guild, channel);
    let Some(mut next) = head(tx, &key).await?.filter(|oldest| !oldest.head) else { return Ok(()) };
    next.head = true;
    let is_edit = |open: &PendingDelivery| open.priority == AnnouncementRow::EDIT;
    // A postponed edit waits for its own time, unless something else waits behind it.
    if !is_edit(&next) || !tx.page::<PendingDelivery>(&key, None, CHUNK).await?.iter().all(is_edit) {
        // Its stored time includes the pause of when it was created. Only the current pause counts, which may be over.
        let paused = tx.get::<Subscription>(&key).await?.and_then(|subscription| subscription.paused);
        next.delivery.due = next.delivery.due.min(paused.map_or(now, |paused| paused.retry));
    }
    tx.put(&next).await
}

async fn give_up<T: Tx>(
    tx: &mut T,
    open: &PendingDelivery,
    why: &Reason,
    now: Timestamp,
) -> Result<(), StoreError> {
    let delivery = Delivery { given_up: Some(now), last_error: Some(why.clone()), ..open.delivery.clone() };
    tx.put(&Expiring { of: FailedDelivery(delivery), expires_at: after(now, MONTH) }).await
}

/// Fails pending deliveries of a channel or of a guild, as many as one write may. Returns whether there may be more.
pub(in crate::store) async fn give_up_some<T: Tx>(
    tx: &mut T,
    prefix: &RecordKey,
    why: &Reason,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let some = tx.list_for_update::<PendingDelivery>(prefix, TOGETHER).await?;
    for open in &some {
        give_up(tx, open, why, now).await?;
        let announced = announced(tx, &open.delivery).await?;
        close(tx, open, announced.as_ref(), now).await?;
    }
    Ok(some.len() == TOGETHER)
}

/// Returns the deliveries of a guild that are pending or failed.
pub(in crate::store) async fn undelivered<T: Read>(
    tx: &mut T,
    guild: GuildId,
    most: usize,
) -> Result<Vec<Delivery>, StoreError> {
    let pending = tx.of_guild::<PendingDelivery>(guild, most).await?;
    let mut found: Vec<_> = pending.into_iter().map(|open| open.delivery).collect();
    let failed = tx.of_guild::<Expiring<FailedDelivery>>(guild, most - found.len()).await?;
    found.extend(failed.into_iter().map(|failed| failed.of.0));
    Ok(found)
}
