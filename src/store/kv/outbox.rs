//! Fans out, claims what is due, and stores outcomes.
//!
//! Only the head of a channel's queue is indexed by when it is due. So a claim costs the same, however long the queues
//! are, and their order is preserved.

use jiff::{SignedDuration, Timestamp};

use super::super::StoreError;
use super::super::WAITING_EXAMINED;
use super::super::expiry::{Expiring, NotificationLogRow};
use super::super::key::RecordKey;
use super::super::record::{AnnouncementRow, Counter, DeliveryDedup, PendingDelivery};
use super::super::retention::after;
use super::super::rules::{gc, outbox};
use super::super::table::Table;
use super::super::tx::CHUNK;
use super::engine::KvEngine;
use super::transaction::{KvTx, run};
use super::{Inner, Leases, TimedLease};
use crate::alerts::{
    Announcement, AnnouncementId, Claim, Delivery, DeliveryId, DeliveryOutcome, Subscription,
};
use crate::ids::{ChannelId, GuildId};

impl<S: KvEngine> Inner<S> {
    pub(super) fn unexpanded(&self, most: usize) -> Result<Vec<Announcement>, StoreError> {
        let tx = self.read();
        let mut found = Vec::new();
        for (key, _) in tx.scan(Table::Unexpanded, &RecordKey::new(), &RecordKey::new(), most)? {
            found.extend(tx.find::<AnnouncementRow>(&key)?.map(|announced| announced.announcement));
        }
        Ok(found)
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
                let deletions = run(gc::deletions(tx))?;
                let is_there = |guild| !deletions.take_out(guild, &announced);
                for &(guild, channel) in to.iter().filter(|(guild, _)| is_there(*guild)) {
                    enqueue_one(tx, &announced, guild, channel, now)?;
                }
                if last {
                    let considered = considered.filter(|(guild, _)| is_there(*guild));
                    announced.announcement.considered = considered.or(announced.announcement.considered);
                    announced.expanded |= done;
                    tx.set(&announced)?;
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
                    tx.set(&open)?;
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
        for together in settled.chunks(outbox::TOGETHER) {
            stored.extend(self.change_inner(|tx, leases| {
                let together = together.iter();
                let outcomes = together.map(|(claim, outcome)| settle(tx, leases, claim, outcome, now));
                outcomes.collect::<Result<Vec<_>, _>>()
            })?);
        }
        Ok(stored)
    }

    pub(super) fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let leases = self.leases();
        let tx = self.read();
        let mut next = leases.taken.values().map(|lease| lease.until).min();
        for priority in AnnouncementRow::PRIORITIES {
            let of_priority = RecordKey::new().byte(priority);
            for (_, key) in tx.scan(Table::Due, &of_priority, &of_priority, leases.taken.len() + 1)? {
                let Some(open) = tx.find::<PendingDelivery>(&RecordKey(key))? else { continue };
                if !leases.taken.contains_key(&open.delivery.id) {
                    next = Some(next.map_or(open.delivery.due, |next| next.min(open.delivery.due)));
                    break;
                }
            }
        }
        Ok(next)
    }

    pub(super) fn longest_waiting(&self) -> Result<Option<Delivery>, StoreError> {
        let tx = self.read();
        let mut longest: Option<Delivery> = None;
        // An edit that cannot be made delays nobody.
        for priority in AnnouncementRow::PRIORITIES.filter(|priority| *priority != AnnouncementRow::EDIT) {
            let of_priority = RecordKey::new().byte(priority);
            for (_, key) in tx.scan(Table::Due, &of_priority, &of_priority, WAITING_EXAMINED)? {
                let Some(PendingDelivery { delivery, .. }) = tx.find(&RecordKey(key))? else { continue };
                let place = RecordKey::new().channel(delivery.guild, delivery.channel);
                if tx.find::<Subscription>(&place)?.is_some_and(|it| it.paused.is_some()) {
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
}

fn enqueue_one<S: KvEngine>(
    tx: &mut KvTx<'_, S>,
    announced: &AnnouncementRow,
    guild: GuildId,
    channel: ChannelId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let announcement = &announced.announcement;
    if tx.find::<DeliveryDedup>(&DeliveryDedup::key_of(announcement.id, channel))?.is_some() {
        return Ok(());
    }
    let id = DeliveryId(tx.count_up(Counter::DELIVERY)?);
    tx.set(&DeliveryDedup { announcement: announcement.id, guild, channel, delivery: id })?;
    let place = RecordKey::new().channel(guild, channel);
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
        last_error: None,
        waiting_since: None,
        given_up: None,
    };
    let before = tx.records::<PendingDelivery>(&place, None, 1)?.pop();
    let head = before.is_none();
    if let Some(mut edit) = before.filter(|before| before.priority == AnnouncementRow::EDIT) {
        // The edit is tried once more now. If it fails again, it goes behind this delivery.
        (edit.priority, edit.delivery.due) = (announced.priority, edit.delivery.due.min(delivery.due));
        tx.set(&edit)?;
    }
    tx.set(&PendingDelivery { delivery, priority: announced.priority, head })
}

fn take<S: KvEngine>(
    tx: &KvTx<'_, S>,
    leases: &mut Leases,
    delivery: Delivery,
    until: Timestamp,
) -> Result<Claim, StoreError> {
    let (guild, channel) = (delivery.guild, delivery.channel);
    let subscription = tx.find::<Subscription>(&RecordKey::new().channel(guild, channel))?;
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
    tx: &mut KvTx<'_, S>,
    leases: &Leases,
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
    run(outbox::settle(tx, open, outcome, now))?;
    Ok(true)
}
