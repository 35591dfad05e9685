//! One channel's queue: what is owed there, oldest first, and when its head is due.

use jiff::Timestamp;

use super::super::StoreError;
use super::super::engine::{KvEngine, Table};
use super::super::expiry::{Expiring, FailedDelivery, MONTH, RecoverySubscriberRow, after};
use super::super::key::RecordKey;
use super::super::record::{AnnouncementRow, DeliveryDedup, PendingDelivery, Record as _};
use super::super::transaction::Tx;
use super::{CHUNK, Leases};
use crate::alerts::{Delivery, Subscription, Suspension};
use crate::ids::{ChannelId, GuildId};

/// Deliveries that are dropped in one write: one touches about eight records.
const DROPPED_TOGETHER: usize = CHUNK / 8;

/// Lets what waits in a channel wait with its pause, or be due again when the pause is over.
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

/// Lets what waits in a channel be tried now: somebody mended it, and does not want to wait for the next try.
pub(super) fn hasten<S: KvEngine>(
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

/// Forgets what a channel is owed that wants to hear nothing more; what somebody there waits for stays, and is due.
pub(super) fn drop_queue<S: KvEngine>(
    tx: &mut Tx<'_, S>,
    leases: &mut Leases,
    guild: GuildId,
    channel: ChannelId,
    now: Timestamp,
) -> Result<(), StoreError> {
    // What is left of a longer queue finds no subscription, and ends as soon as it is tried.
    for open in tx.list::<PendingDelivery>(&RecordKey::new().place(guild, channel), DROPPED_TOGETHER)? {
        let here = RecoverySubscriberRow::all_of(&open.delivery.outage).number(channel.0);
        if tx.scan(Table::Waiting, &here, &here, 1)?.is_empty() {
            leases.taken.remove(&open.delivery.id);
            close(tx, &open, now)?;
        }
    }
    hasten(tx, guild, channel, now)
}

/// Ends a delivery: the next of its channel becomes the head, and what nobody needs any more goes.
pub(super) fn close<S: KvEngine>(
    tx: &mut Tx<'_, S>,
    open: &PendingDelivery,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.forget::<PendingDelivery>(&open.key())?;
    let place = RecordKey::new().place(open.delivery.guild, open.delivery.channel);
    if let Some(mut next) = tx.list::<PendingDelivery>(&place, 1)?.pop()
        && !next.head
    {
        next.head = true;
        // It was owed to wait with the pause of that time. What counts is the pause of now, which may be over, or mended.
        let paused = tx.find::<Subscription>(&place)?.and_then(|subscription| subscription.paused);
        next.delivery.due = next.delivery.due.min(paused.map_or(now, |paused| paused.retry));
        tx.put(&next)?;
    }
    let id = open.delivery.announcement;
    let Some(announced) = tx.find::<AnnouncementRow>(&AnnouncementRow::key_of(id))? else { return Ok(()) };
    if announced.expanded {
        // Until then the mark stays, so that a step of the expansion which is done again owes nothing twice.
        tx.forget::<DeliveryDedup>(&DeliveryDedup::key_of(id, open.delivery.channel))?;
        let all = AnnouncementRow::key_of(id);
        if tx.scan(Table::Pending, &all, &all, 1)?.is_empty() {
            tx.forget::<AnnouncementRow>(&all)?;
        }
    }
    Ok(())
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

/// Gives up what a channel is still owed.
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
