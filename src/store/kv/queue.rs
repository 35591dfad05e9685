//! One channel's queue: its pending deliveries, oldest first, and when its head is due.

use jiff::Timestamp;

use super::super::StoreError;
use super::super::engine::{KvEngine, Table};
use super::super::expiry::{Expiring, FailedDelivery, MONTH, RecoverySubscriberRow, after};
use super::super::key::RecordKey;
use super::super::record::{AnnouncementRow, Counter, DeliveryDedup, PendingDelivery, Record as _};
use super::super::transaction::Tx;
use super::{CHUNK, Leases, count_up};
use crate::alerts::{Delivery, DeliveryId, Subscription, Suspension};
use crate::ids::{ChannelId, GuildId};

/// Deliveries that are dropped in one write: one touches about eight records.
const DROPPED_TOGETHER: usize = CHUNK / 8;

/// Postpones the head of a channel's queue to the end of a pause, or makes it due again when the pause is over.
pub(super) fn reschedule<S: KvEngine>(
    tx: &mut Tx<'_, S>,
    guild: GuildId,
    channel: ChannelId,
    was: Option<&Suspension>,
    paused: Option<&Suspension>,
) -> Result<(), StoreError> {
    let Some(mut head) = tx.list::<PendingDelivery>(&RecordKey::new().place(guild, channel), 1)?.pop() else {
        return Ok(());
    };
    head.delivery.due = match (was, paused) {
        (_, Some(paused)) => head.delivery.due.max(paused.retry),
        (Some(was), None) if head.delivery.due == was.retry => was.since,
        _ => return Ok(()),
    };
    tx.put(&head)
}

/// Makes a channel's pending deliveries due now: somebody fixed it and should not have to wait for the next attempt.
pub(super) fn raise_priority<S: KvEngine>(
    tx: &mut Tx<'_, S>,
    guild: GuildId,
    channel: ChannelId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let place = RecordKey::new().place(guild, channel);
    if let Some(mut subscription) = tx.find::<Subscription>(&place)?
        && let Some(paused) = &mut subscription.paused
    {
        paused.retry = paused.retry.min(now);
        tx.put(&subscription)?;
    }
    if let Some(mut head) = tx.list::<PendingDelivery>(&place, 1)?.pop() {
        head.delivery.due = head.delivery.due.min(now);
        tx.put(&head)?;
    }
    Ok(())
}

/// Deletes the pending deliveries of a channel that unsubscribed. Those that a user there waits for stay, and are due.
pub(super) fn drop_queue<S: KvEngine>(
    tx: &mut Tx<'_, S>,
    leases: &mut Leases,
    guild: GuildId,
    channel: ChannelId,
    now: Timestamp,
) -> Result<(), StoreError> {
    // The rest of a longer queue finds no subscription and ends at its next attempt.
    for open in tx.list::<PendingDelivery>(&RecordKey::new().place(guild, channel), DROPPED_TOGETHER)? {
        let here = RecoverySubscriberRow::all_of(&open.delivery.outage).number(channel.0);
        if tx.scan(Table::Waiting, &here, &here, 1)?.is_empty() {
            leases.taken.remove(&open.delivery.id);
            close(tx, &open, now)?;
        }
    }
    raise_priority(tx, guild, channel, now)
}

/// Finishes a delivery: the next of its channel becomes the head, and records that nobody needs any more are deleted.
pub(super) fn close<S: KvEngine>(
    tx: &mut Tx<'_, S>,
    open: &PendingDelivery,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.forget::<PendingDelivery>(&open.key())?;
    promote(tx, (open.delivery.guild, open.delivery.channel), now)?;
    let id = open.delivery.announcement;
    let Some(announced) = tx.find::<AnnouncementRow>(&AnnouncementRow::key_of(id))? else { return Ok(()) };
    if announced.expanded {
        // The dedup row stays until the fan-out is finished: a repeated step then creates no second delivery.
        tx.forget::<DeliveryDedup>(&DeliveryDedup::key_of(id, open.delivery.channel))?;
        let all = AnnouncementRow::key_of(id);
        if tx.scan(Table::Pending, &all, &all, 1)?.is_empty() {
            tx.forget::<AnnouncementRow>(&all)?;
        }
    }
    Ok(())
}

/// Puts an edit behind all other deliveries of its channel, if there are any, under an id of its own: the queue is in the
/// order of ids.
pub(super) fn move_to_tail<S: KvEngine>(
    tx: &mut Tx<'_, S>,
    mut open: PendingDelivery,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (guild, channel) = (open.delivery.guild, open.delivery.channel);
    if tx.list::<PendingDelivery>(&RecordKey::new().place(guild, channel), 2)?.len() < 2 {
        return tx.put(&open);
    }
    tx.forget::<PendingDelivery>(&open.key())?;
    open.head = false;
    open.delivery.id = DeliveryId(count_up(tx, Counter::DELIVERY)?);
    open.delivery.first_tried = None; // nothing was sent under this id
    let key = DeliveryDedup::key_of(open.delivery.announcement, channel);
    if let Some(dedup) = tx.find::<DeliveryDedup>(&key)? {
        tx.put(&DeliveryDedup { delivery: open.delivery.id, ..dedup })?;
    }
    tx.put(&open)?;
    promote(tx, (guild, channel), now)
}

/// Makes the oldest delivery of a channel its head, so that it can be claimed.
fn promote<S: KvEngine>(
    tx: &mut Tx<'_, S>,
    (guild, channel): (GuildId, ChannelId),
    now: Timestamp,
) -> Result<(), StoreError> {
    let place = RecordKey::new().place(guild, channel);
    let oldest = tx.list::<PendingDelivery>(&place, 1)?.pop();
    let Some(mut next) = oldest.filter(|oldest| !oldest.head) else { return Ok(()) };
    next.head = true;
    let is_edit = |open: &PendingDelivery| open.priority == AnnouncementRow::EDIT;
    // A postponed edit waits for its own time, unless something else waits behind it.
    if !is_edit(&next) || !tx.list::<PendingDelivery>(&place, CHUNK)?.iter().all(is_edit) {
        // Its stored time includes the pause of when it was created. Only the current pause counts, which may be over.
        let paused = tx.find::<Subscription>(&place)?.and_then(|subscription| subscription.paused);
        next.delivery.due = next.delivery.due.min(paused.map_or(now, |paused| paused.retry));
    }
    tx.put(&next)
}

pub(super) fn give_up<S: KvEngine>(
    tx: &mut Tx<'_, S>,
    open: &PendingDelivery,
    why: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let delivery = Delivery { given_up: Some(now), last_error: why.to_owned(), ..open.delivery.clone() };
    tx.put(&Expiring { of: FailedDelivery(delivery), expires_at: after(now, MONTH) })
}

/// Fails the pending deliveries of a channel.
pub(super) fn give_up_channel<S: KvEngine>(
    tx: &mut Tx<'_, S>,
    leases: &mut Leases,
    guild: GuildId,
    channel: ChannelId,
    why: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    for open in tx.list::<PendingDelivery>(&RecordKey::new().place(guild, channel), CHUNK)? {
        leases.taken.remove(&open.delivery.id);
        give_up(tx, &open, why, now)?;
        close(tx, &open, now)?;
    }
    Ok(())
}
