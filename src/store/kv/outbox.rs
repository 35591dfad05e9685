//! Pending work of channels: announcements, deliveries, claims and outcomes.
//!
//! A channel's deliveries form one queue. Only its head is indexed by when it is due. So a claim costs the same,
//! however long the queues are, and their order is preserved.

use jiff::{SignedDuration, Timestamp};

use super::super::deletions::Deletions;
use super::super::engine::{KvEngine, Table};
use super::super::expiry::{Expiring, FailedDelivery, MONTH, NotificationLogRow, after};
use super::super::key::RecordKey;
use super::super::record::{AnnouncementRow, Counter, DeliveryDedup, PendingDelivery, Record as _};
use super::super::transaction::Tx;
use super::super::{StoreError, WAITING_EXAMINED};
use super::queue::{close, give_up, give_up_channel, move_to_tail, reschedule};
use super::{CHUNK, Inner, Leases, TimedLease, count_up};
use crate::alerts::{
    Announcement, AnnouncementId, Audience, Claim, Delivery, DeliveryId, DeliveryOutcome,
    NotificationLogEntry, Subscription, Suspension,
};
use crate::ids::{ChannelId, GuildId};

/// Outcomes in one write: one touches about eight records.
const SETTLED_TOGETHER: usize = CHUNK / 8;

impl<S: KvEngine> Inner<S> {
    pub(super) fn unexpanded(&self, most: usize) -> Result<Vec<Announcement>, StoreError> {
        let probe = self.read();
        let mut found = Vec::new();
        for (key, _) in probe.scan(Table::Unexpanded, &RecordKey::new(), &RecordKey::new(), most)? {
            found.extend(probe.find::<AnnouncementRow>(&key)?.map(|announced| announced.announcement));
        }
        Ok(found)
    }

    pub(super) fn announcement(&self, id: AnnouncementId) -> Result<Option<Announcement>, StoreError> {
        let announced = self.read().find::<AnnouncementRow>(&AnnouncementRow::key_of(id))?;
        Ok(announced.map(|announced| announced.announcement))
    }

    pub(super) fn enqueue(
        &self,
        announcement: AnnouncementId,
        to: &[(GuildId, ChannelId)],
        considered: Option<(GuildId, ChannelId)>,
        done: bool,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let steps = to.len().div_ceil(CHUNK).max(1);
        for step in 0..steps {
            // The last step stores how far the audience was considered. Until then the call is repeated, and a channel
            // that has a delivery already gets no second one.
            let to = to.chunks(CHUNK).nth(step).unwrap_or_default();
            let last = step + 1 == steps;
            self.change_inner(|tx, _| {
                let Some(mut announced) =
                    tx.find::<AnnouncementRow>(&AnnouncementRow::key_of(announcement))?
                else {
                    return Ok(());
                };
                // A guild may have had its data deleted since its subscriptions were read.
                let marks = tx.list(&RecordKey::new().bytes(Deletions::MARKS.as_bytes()), usize::MAX)?;
                let deletions = Deletions::read(marks);
                let is_there = |guild| !announced.is_deleted(&deletions, guild);
                for &(guild, channel) in to.iter().filter(|(guild, _)| is_there(*guild)) {
                    enqueue_one(tx, &announced, guild, channel, now)?;
                }
                if last {
                    let considered = considered.filter(|(guild, _)| is_there(*guild));
                    announced.announcement.considered = considered.or(announced.announcement.considered);
                    announced.expanded |= done;
                    tx.put(&announced)?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    pub(super) fn claim(
        &self,
        most: usize,
        lease: SignedDuration,
        now: Timestamp,
    ) -> Result<Vec<Claim>, StoreError> {
        let most = most.min(CHUNK);
        let mut taken = Vec::new();
        let claimed = self.change_inner(|tx, leases| {
            let mut claims = Vec::new();
            for priority in AnnouncementRow::PRIORITIES {
                // Claimed deliveries are still in the index of what is due, so the page must reach past them.
                let page = (most - claims.len()) + leases.taken.len();
                let of_priority = RecordKey::new().byte(priority);
                for (_, key) in tx.scan(Table::Due, &of_priority, &of_priority, page)? {
                    if claims.len() == most {
                        break;
                    }
                    let Some(mut open) = tx.find::<PendingDelivery>(&RecordKey(key))? else { continue };
                    if open.delivery.due > now {
                        break;
                    }
                    // An expired lease stays its holder's until another notifier claims: what was sent, was sent.
                    if leases.taken.get(&open.delivery.id).is_some_and(|lease| lease.until > now) {
                        continue;
                    }
                    open.delivery.attempts = open.delivery.attempts.saturating_add(1);
                    open.delivery.first_tried.get_or_insert(now);
                    open.delivery.waiting_since.get_or_insert(open.delivery.due);
                    tx.put(&open)?;
                    taken.push(open.delivery.id);
                    claims.push(take(tx, leases, open.delivery, after(now, lease))?);
                }
            }
            Ok(claims)
        });
        if claimed.is_err() {
            // Nobody got these claims: they are free as soon as the store works again.
            self.leases().taken.retain(|id, _| !taken.contains(id));
        }
        claimed
    }

    pub(super) fn settle_all(
        &self,
        settled: &[(Claim, DeliveryOutcome)],
        now: Timestamp,
    ) -> Result<Vec<bool>, StoreError> {
        let mut stored = Vec::with_capacity(settled.len());
        for together in settled.chunks(SETTLED_TOGETHER) {
            stored.extend(self.change_inner(|tx, leases| {
                together
                    .iter()
                    .map(|(claim, outcome)| settle(tx, leases, claim, outcome, now))
                    .collect::<Result<Vec<_>, _>>()
            })?);
            // Only after the write: a claim whose outcome could not be stored is still its holder's, who retries.
            let mut leases = self.leases();
            for (claim, outcome) in together {
                let over = !matches!(outcome, DeliveryOutcome::Noted { .. });
                if over
                    && leases.taken.get(&claim.delivery.id).is_some_and(|lease| lease.token == claim.token)
                {
                    leases.taken.remove(&claim.delivery.id);
                }
            }
        }
        Ok(stored)
    }

    pub(super) fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let leases = self.leases();
        let probe = self.read();
        let mut next = leases.taken.values().map(|lease| lease.until).min();
        for priority in AnnouncementRow::PRIORITIES {
            let of_priority = RecordKey::new().byte(priority);
            for (_, key) in probe.scan(Table::Due, &of_priority, &of_priority, leases.taken.len() + 1)? {
                let Some(open) = probe.find::<PendingDelivery>(&RecordKey(key))? else { continue };
                if !leases.taken.contains_key(&open.delivery.id) {
                    next = Some(next.map_or(open.delivery.due, |next| next.min(open.delivery.due)));
                    break;
                }
            }
        }
        Ok(next)
    }

    pub(super) fn longest_waiting(&self) -> Result<Option<Delivery>, StoreError> {
        let probe = self.read();
        let mut longest: Option<Delivery> = None;
        // An edit that cannot be made delays nobody.
        for priority in AnnouncementRow::PRIORITIES.filter(|priority| *priority != AnnouncementRow::EDIT) {
            let of_priority = RecordKey::new().byte(priority);
            for (_, key) in probe.scan(Table::Due, &of_priority, &of_priority, WAITING_EXAMINED)? {
                let Some(PendingDelivery { delivery, .. }) = probe.find(&RecordKey(key))? else { continue };
                let place = RecordKey::new().place(delivery.guild, delivery.channel);
                if probe.find::<Subscription>(&place)?.is_some_and(|it| it.paused.is_some()) {
                    continue;
                }
                let before = longest.as_ref().map_or(Timestamp::MAX, Delivery::waits_since);
                if delivery.waits_since() < before {
                    longest = Some(delivery);
                }
            }
        }
        Ok(longest)
    }

    pub(super) fn undelivered(&self, guild: GuildId, most: usize) -> Result<Vec<Delivery>, StoreError> {
        let probe = self.read();
        let all = RecordKey::new().guild(guild);
        let mut found: Vec<_> =
            probe.list::<PendingDelivery>(&all, most)?.into_iter().map(|open| open.delivery).collect();
        let left = most - found.len();
        found.extend(
            probe.list::<Expiring<FailedDelivery>>(&all, left)?.into_iter().map(|given_up| given_up.of.0),
        );
        Ok(found)
    }

    pub(super) fn pause(
        &self,
        guild: GuildId,
        channel: ChannelId,
        paused: Option<&Suspension>,
    ) -> Result<(), StoreError> {
        self.change_inner(|tx, _| {
            let Some(mut subscription) = tx.find::<Subscription>(&RecordKey::new().place(guild, channel))?
            else {
                return Ok(());
            };
            let was = std::mem::replace(&mut subscription.paused, paused.cloned());
            tx.put(&subscription)?;
            reschedule(tx, guild, channel, was.as_ref(), paused)
        })
    }
}

fn enqueue_one<S: KvEngine>(
    tx: &mut Tx<'_, S>,
    announced: &AnnouncementRow,
    guild: GuildId,
    channel: ChannelId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let announcement = &announced.announcement;
    if tx.find::<DeliveryDedup>(&DeliveryDedup::key_of(announcement.id, channel))?.is_some() {
        return Ok(());
    }
    let id = DeliveryId(count_up(tx, Counter::DELIVERY)?);
    tx.put(&DeliveryDedup { announcement: announcement.id, guild, channel, delivery: id })?;
    let place = RecordKey::new().place(guild, channel);
    let paused = tx.find::<Subscription>(&place)?.and_then(|subscription| subscription.paused);
    let delivery = Delivery {
        id,
        announcement: announcement.id,
        outage: announcement.event.outage.id.clone(),
        guild,
        channel,
        attempts: 0,
        first_tried: None,
        due: paused.map_or(now, |paused| paused.retry.max(now)),
        last_error: String::new(),
        waiting_since: None,
        given_up: None,
    };
    let before = tx.list::<PendingDelivery>(&place, 1)?.pop();
    let head = before.is_none();
    if let Some(mut edit) = before.filter(|before| before.priority == AnnouncementRow::EDIT) {
        // The edit is tried once more now. If it fails again, it goes behind this delivery.
        (edit.priority, edit.delivery.due) = (announced.priority, edit.delivery.due.min(delivery.due));
        tx.put(&edit)?;
    }
    tx.put(&PendingDelivery { delivery, priority: announced.priority, head })
}

fn take<S: KvEngine>(
    tx: &Tx<'_, S>,
    leases: &mut Leases,
    delivery: Delivery,
    until: Timestamp,
) -> Result<Claim, StoreError> {
    let (guild, channel) = (delivery.guild, delivery.channel);
    let subscription = tx.find::<Subscription>(&RecordKey::new().place(guild, channel))?;
    let log = tx.find::<Expiring<NotificationLogRow>>(&NotificationLogRow::key_of(
        guild,
        channel,
        &delivery.outage,
    ))?;
    leases.last_token += 1;
    let token = leases.last_token;
    leases.taken.insert(delivery.id, TimedLease { token, until });
    Ok(Claim { delivery, subscription, log: log.map(|there| there.of.log).unwrap_or_default(), token })
}

fn settle<S: KvEngine>(
    tx: &mut Tx<'_, S>,
    leases: &mut Leases,
    claim: &Claim,
    outcome: &DeliveryOutcome,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let id = claim.delivery.id;
    if leases.taken.get(&id).is_none_or(|lease| lease.token != claim.token) {
        return Ok(false);
    }
    let key = PendingDelivery::key_of(claim.delivery.guild, claim.delivery.channel, id);
    let Some(open) = tx.find::<PendingDelivery>(&key)? else { return Ok(false) };
    settle_open(tx, leases, open, outcome, now)?;
    Ok(true)
}

fn settle_open<S: KvEngine>(
    tx: &mut Tx<'_, S>,
    leases: &mut Leases,
    mut open: PendingDelivery,
    outcome: &DeliveryOutcome,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (guild, channel) = (open.delivery.guild, open.delivery.channel);
    match outcome {
        DeliveryOutcome::Delivered { log } => {
            record_log(tx, &open.delivery, log, now)?;
            catch_up(tx, &open.delivery)?;
            close(tx, &open, now)
        }
        DeliveryOutcome::Retry { due, why, uncounted, log } => {
            if let Some(log) = log {
                record_log(tx, &open.delivery, log, now)?;
            }
            if *uncounted {
                open.delivery.attempts = open.delivery.attempts.saturating_sub(1);
                if open.delivery.attempts == 0 {
                    open.delivery.first_tried = None; // nothing was sent, so Discord's window for the nonce has not begun
                }
            }
            open.delivery.due = *due;
            open.delivery.last_error.clone_from(why);
            tx.put(&open)
        }
        DeliveryOutcome::Noted { log } => record_log(tx, &open.delivery, log, now),
        DeliveryOutcome::EditLater { due, why, log } => {
            record_log(tx, &open.delivery, log, now)?;
            catch_up(tx, &open.delivery)?;
            open.priority = AnnouncementRow::EDIT;
            open.delivery.due = *due;
            open.delivery.waiting_since = None;
            open.delivery.last_error.clone_from(why);
            move_to_tail(tx, open, now)
        }
        DeliveryOutcome::Suspended { paused } => {
            if let Some(mut subscription) =
                tx.find::<Subscription>(&RecordKey::new().place(guild, channel))?
            {
                subscription.paused = Some(paused.clone());
                tx.put(&subscription)?;
            }
            open.delivery.due = paused.retry;
            open.delivery.waiting_since = None;
            open.delivery.last_error.clone_from(&paused.why);
            tx.put(&open)
        }
        DeliveryOutcome::ChannelGone { why } => {
            super::gc::put_soft_deleted(tx, (guild, channel), false, now)?;
            give_up_channel(tx, leases, guild, channel, why, now)
        }
        DeliveryOutcome::Failed { why } => {
            give_up(tx, &open, why, now)?;
            close(tx, &open, now)
        }
    }
}

/// Stores a channel's notification log entry. A preview is not logged.
fn record_log<S: KvEngine>(
    tx: &mut Tx<'_, S>,
    delivery: &Delivery,
    log: &NotificationLogEntry,
    now: Timestamp,
) -> Result<(), StoreError> {
    let announced = tx.find::<AnnouncementRow>(&AnnouncementRow::key_of(delivery.announcement))?;
    let preview = announced.is_some_and(|it| matches!(it.announcement.audience, Audience::Preview(..)));
    if preview {
        return Ok(());
    }
    let (guild, channel, outage) = (delivery.guild, delivery.channel, delivery.outage.clone());
    if *log == NotificationLogEntry::default() {
        // What was in doubt before was not sent.
        return tx
            .forget::<Expiring<NotificationLogRow>>(&NotificationLogRow::key_of(guild, channel, &outage))
            .map(drop);
    }
    let of = NotificationLogRow { guild, channel, outage, log: log.clone() };
    tx.put(&Expiring { of, expires_at: after(now, MONTH) })
}

/// Deletes failed deliveries that a channel has caught up with.
fn catch_up<S: KvEngine>(tx: &mut Tx<'_, S>, delivery: &Delivery) -> Result<(), StoreError> {
    let announced = tx.find::<AnnouncementRow>(&AnnouncementRow::key_of(delivery.announcement))?;
    if announced.is_some_and(|it| matches!(it.announcement.audience, Audience::CatchUp(..))) {
        let place = RecordKey::new().place(delivery.guild, delivery.channel);
        for missed in tx.list::<Expiring<FailedDelivery>>(&place, CHUNK)? {
            if missed.of.0.outage == delivery.outage {
                tx.forget::<Expiring<FailedDelivery>>(&missed.key())?;
            }
        }
    }
    Ok(())
}
