//! What channels are owed: announcements, deliveries, claims and outcomes.
//!
//! A channel's deliveries stand in one queue; only its head is found when due, so that claiming costs the same however
//! long the queues are, and their order is kept.

use jiff::{SignedDuration, Timestamp};

use super::super::deletions::Deletions;
use super::super::draft::Draft;
use super::super::fading::{Fading, GivenUp, MONTH, ToldThere, after};
use super::super::key::Key;
use super::super::record::{Announced, Counter, Form as _, Open, Owed};
use super::super::shelf::{Shelf, Tree};
use super::super::{StoreError, WAITING_LOOKED_AT};
use super::queue::{close, give_up, give_up_channel, reschedule};
use super::{Books, CHUNK, Lease, Leases, count_up};
use crate::alerts::{
    Announcement, AnnouncementId, Audience, Claim, Delivery, DeliveryId, DeliveryOutcome,
    NotificationLogEntry, Subscription, Suspension,
};
use crate::ids::{ChannelId, GuildId};

/// Outcomes in one write: one touches about eight records.
const SETTLED_TOGETHER: usize = CHUNK / 8;

impl<S: Shelf> Books<S> {
    pub(super) fn unexpanded(&self, most: usize) -> Result<Vec<Announcement>, StoreError> {
        let look = self.look();
        let mut found = Vec::new();
        for (key, _) in look.scan(Tree::Unexpanded, &Key::new(), &Key::new(), most)? {
            found.extend(look.find::<Announced>(&key)?.map(|announced| announced.announcement));
        }
        Ok(found)
    }

    pub(super) fn announcement(&self, id: AnnouncementId) -> Result<Option<Announcement>, StoreError> {
        let announced = self.look().find::<Announced>(&Announced::key_of(id))?;
        Ok(announced.map(|announced| announced.announcement))
    }

    pub(super) fn owe(
        &self,
        announcement: AnnouncementId,
        to: &[(GuildId, ChannelId)],
        considered: Option<(GuildId, ChannelId)>,
        done: bool,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let steps = to.len().div_ceil(CHUNK).max(1);
        for step in 0..steps {
            // How far the audience was considered is noted with the last step: until then this is asked again, and
            // whoever is owed already is not owed twice.
            let to = to.chunks(CHUNK).nth(step).unwrap_or_default();
            let last = step + 1 == steps;
            self.change_books(|draft, _| {
                let Some(mut announced) = draft.find::<Announced>(&Announced::key_of(announcement))? else {
                    return Ok(());
                };
                // A server may have had its data deleted since its subscriptions were read.
                let marks = draft.list(&Key::new().bytes(Deletions::MARKS.as_bytes()), usize::MAX)?;
                let deletions = Deletions::read(marks);
                let is_there = |guild| !announced.is_deleted(&deletions, guild);
                for &(guild, channel) in to.iter().filter(|(guild, _)| is_there(*guild)) {
                    owe_one(draft, &announced, guild, channel, now)?;
                }
                if last {
                    let considered = considered.filter(|(guild, _)| is_there(*guild));
                    announced.announcement.considered = considered.or(announced.announcement.considered);
                    announced.expanded |= done;
                    draft.put(&announced)?;
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
        let claimed = self.change_books(|draft, leases| {
            let mut claims = Vec::new();
            for haste in Announced::HASTES {
                // What is claimed already lies among what is due, so look past it.
                let page = (most - claims.len()) + leases.taken.len();
                let of_haste = Key::new().byte(haste);
                for (_, key) in draft.scan(Tree::Due, &of_haste, &of_haste, page)? {
                    if claims.len() == most {
                        break;
                    }
                    let Some(mut open) = draft.find::<Open>(&Key(key))? else { continue };
                    if open.delivery.due > now {
                        break;
                    }
                    // A lease that is over stays its holder's until somebody else claims: what was sent, was sent.
                    if leases.taken.get(&open.delivery.id).is_some_and(|lease| lease.until > now) {
                        continue;
                    }
                    open.delivery.attempts = open.delivery.attempts.saturating_add(1);
                    open.delivery.first_tried.get_or_insert(now);
                    open.delivery.waiting_since.get_or_insert(open.delivery.due);
                    draft.put(&open)?;
                    taken.push(open.delivery.id);
                    claims.push(take(draft, leases, open.delivery, after(now, lease))?);
                }
            }
            Ok(claims)
        });
        if claimed.is_err() {
            // Nobody heard of these claims: they are free as soon as the store works again.
            self.leases().taken.retain(|id, _| !taken.contains(id));
        }
        claimed
    }

    pub(super) fn settle_all(
        &self,
        settled: &[(Claim, DeliveryOutcome)],
        now: Timestamp,
    ) -> Result<Vec<bool>, StoreError> {
        let mut kept = Vec::with_capacity(settled.len());
        for together in settled.chunks(SETTLED_TOGETHER) {
            kept.extend(self.change_books(|draft, leases| {
                together
                    .iter()
                    .map(|(claim, outcome)| settle(draft, leases, claim, outcome, now))
                    .collect::<Result<Vec<_>, _>>()
            })?);
            // Only now: a claim whose outcome could not be written is still its holder's, who asks again.
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
        Ok(kept)
    }

    pub(super) fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let leases = self.leases();
        let look = self.look();
        let mut next = leases.taken.values().map(|lease| lease.until).min();
        for haste in Announced::HASTES {
            let of_haste = Key::new().byte(haste);
            for (_, key) in look.scan(Tree::Due, &of_haste, &of_haste, leases.taken.len() + 1)? {
                let Some(open) = look.find::<Open>(&Key(key))? else { continue };
                if !leases.taken.contains_key(&open.delivery.id) {
                    next = Some(next.map_or(open.delivery.due, |next| next.min(open.delivery.due)));
                    break;
                }
            }
        }
        Ok(next)
    }

    pub(super) fn longest_waiting(&self) -> Result<Option<Delivery>, StoreError> {
        let look = self.look();
        let mut longest: Option<Delivery> = None;
        // An edit that cannot be made keeps nobody waiting.
        for haste in Announced::HASTES.filter(|haste| *haste != Announced::EDIT) {
            let of_haste = Key::new().byte(haste);
            for (_, key) in look.scan(Tree::Due, &of_haste, &of_haste, WAITING_LOOKED_AT)? {
                let Some(Open { delivery, .. }) = look.find(&Key(key))? else { continue };
                let place = Key::new().place(delivery.guild, delivery.channel);
                if look.find::<Subscription>(&place)?.is_some_and(|it| it.paused.is_some()) {
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
        let look = self.look();
        let all = Key::new().guild(guild);
        let mut found: Vec<_> =
            look.list::<Open>(&all, most)?.into_iter().map(|open| open.delivery).collect();
        let left = most - found.len();
        found.extend(look.list::<Fading<GivenUp>>(&all, left)?.into_iter().map(|given_up| given_up.of.0));
        Ok(found)
    }

    pub(super) fn pause(
        &self,
        guild: GuildId,
        channel: ChannelId,
        paused: Option<&Suspension>,
    ) -> Result<(), StoreError> {
        self.change_books(|draft, _| {
            let Some(mut subscription) = draft.find::<Subscription>(&Key::new().place(guild, channel))?
            else {
                return Ok(());
            };
            let was = std::mem::replace(&mut subscription.paused, paused.cloned());
            draft.put(&subscription)?;
            reschedule(draft, guild, channel, was.as_ref(), paused)
        })
    }
}

fn owe_one<S: Shelf>(
    draft: &mut Draft<'_, S>,
    announced: &Announced,
    guild: GuildId,
    channel: ChannelId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let announcement = &announced.announcement;
    if draft.find::<Owed>(&Owed::key_of(announcement.id, channel))?.is_some() {
        return Ok(());
    }
    let id = DeliveryId(count_up(draft, Counter::DELIVERY)?);
    draft.put(&Owed { announcement: announcement.id, guild, channel, delivery: id })?;
    let place = Key::new().place(guild, channel);
    let paused = draft.find::<Subscription>(&place)?.and_then(|subscription| subscription.paused);
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
    let before = draft.list::<Open>(&place, 1)?.pop();
    let head = before.is_none();
    if let Some(mut edit) = before.filter(|before| before.haste == Announced::EDIT) {
        // It ends now, or does with its edit what this delivery is for.
        (edit.haste, edit.delivery.due) = (announced.haste, edit.delivery.due.min(delivery.due));
        draft.put(&edit)?;
    }
    draft.put(&Open { delivery, haste: announced.haste, head })
}

fn take<S: Shelf>(
    draft: &Draft<'_, S>,
    leases: &mut Leases,
    delivery: Delivery,
    until: Timestamp,
) -> Result<Claim, StoreError> {
    let (guild, channel) = (delivery.guild, delivery.channel);
    let subscription = draft.find::<Subscription>(&Key::new().place(guild, channel))?;
    let told = draft.find::<Fading<ToldThere>>(&ToldThere::key_of(guild, channel, &delivery.outage))?;
    leases.last_token += 1;
    let token = leases.last_token;
    leases.taken.insert(delivery.id, Lease { token, until });
    Ok(Claim { delivery, subscription, log: told.map(|there| there.of.told).unwrap_or_default(), token })
}

fn settle<S: Shelf>(
    draft: &mut Draft<'_, S>,
    leases: &mut Leases,
    claim: &Claim,
    outcome: &DeliveryOutcome,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let id = claim.delivery.id;
    if leases.taken.get(&id).is_none_or(|lease| lease.token != claim.token) {
        return Ok(false);
    }
    let key = Open::key_of(claim.delivery.guild, claim.delivery.channel, id);
    let Some(open) = draft.find::<Open>(&key)? else { return Ok(false) };
    settle_open(draft, leases, open, outcome, now)?;
    Ok(true)
}

fn settle_open<S: Shelf>(
    draft: &mut Draft<'_, S>,
    leases: &mut Leases,
    mut open: Open,
    outcome: &DeliveryOutcome,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (guild, channel) = (open.delivery.guild, open.delivery.channel);
    match outcome {
        DeliveryOutcome::Delivered { told } => {
            note_told(draft, &open.delivery, told, now)?;
            catch_up(draft, &open.delivery)?;
            close(draft, &open, now)
        }
        DeliveryOutcome::Retry { due, why, uncounted, told } => {
            if let Some(told) = told {
                note_told(draft, &open.delivery, told, now)?;
            }
            if *uncounted {
                open.delivery.attempts = open.delivery.attempts.saturating_sub(1);
                if open.delivery.attempts == 0 {
                    open.delivery.first_tried = None; // nothing was sent yet: Discord's window for the nonce is not open
                }
            }
            open.delivery.due = *due;
            open.delivery.last_error.clone_from(why);
            draft.put(&open)
        }
        DeliveryOutcome::Noted { told } => note_told(draft, &open.delivery, told, now),
        DeliveryOutcome::EditLater { due, why, told } => {
            note_told(draft, &open.delivery, told, now)?;
            catch_up(draft, &open.delivery)?;
            let place = Key::new().place(guild, channel);
            if draft.list::<Open>(&place, 2)?.len() > 1 {
                return close(draft, &open, now);
            }
            open.haste = Announced::EDIT;
            open.delivery.due = *due;
            open.delivery.waiting_since = None;
            open.delivery.last_error.clone_from(why);
            draft.put(&open)
        }
        DeliveryOutcome::Suspended { paused } => {
            if let Some(mut subscription) = draft.find::<Subscription>(&Key::new().place(guild, channel))? {
                subscription.paused = Some(paused.clone());
                draft.put(&subscription)?;
            }
            open.delivery.due = paused.retry;
            open.delivery.waiting_since = None;
            open.delivery.last_error.clone_from(&paused.why);
            draft.put(&open)
        }
        DeliveryOutcome::ChannelGone { why } => {
            super::tidying::put_aside(draft, (guild, channel), false, now)?;
            give_up_channel(draft, leases, guild, channel, why, now)
        }
        DeliveryOutcome::Failed { why } => {
            give_up(draft, &open, why, now)?;
            close(draft, &open, now)
        }
    }
}

/// Keeps what a channel was told. A preview tells nothing that counts.
fn note_told<S: Shelf>(
    draft: &mut Draft<'_, S>,
    delivery: &Delivery,
    told: &NotificationLogEntry,
    now: Timestamp,
) -> Result<(), StoreError> {
    let announced = draft.find::<Announced>(&Announced::key_of(delivery.announcement))?;
    let preview = announced.is_some_and(|it| matches!(it.announcement.audience, Audience::Preview(..)));
    if preview {
        return Ok(());
    }
    let (guild, channel, outage) = (delivery.guild, delivery.channel, delivery.outage.clone());
    if *told == NotificationLogEntry::default() {
        // What was in doubt before was not sent.
        return draft.forget::<Fading<ToldThere>>(&ToldThere::key_of(guild, channel, &outage)).map(drop);
    }
    let of = ToldThere { guild, channel, outage, told: told.clone() };
    draft.put(&Fading { of, fades: after(now, MONTH) })
}

/// What a channel caught up with was missed no longer.
fn catch_up<S: Shelf>(draft: &mut Draft<'_, S>, delivery: &Delivery) -> Result<(), StoreError> {
    let announced = draft.find::<Announced>(&Announced::key_of(delivery.announcement))?;
    if announced.is_some_and(|it| matches!(it.announcement.audience, Audience::CatchUp(..))) {
        let place = Key::new().place(delivery.guild, delivery.channel);
        for missed in draft.list::<Fading<GivenUp>>(&place, CHUNK)? {
            if missed.of.0.outage == delivery.outage {
                draft.forget::<Fading<GivenUp>>(&missed.key())?;
            }
        }
    }
    Ok(())
}
