//! Pending work of channels: announcements, deliveries and their outcomes.
//!
//! A channel's deliveries form one queue, ordered by their ids. Only the oldest can be claimed, which `claims` does.

use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use tokio_postgres::Row as Found;

use super::super::StoreError;
use super::super::deletions::Deletions;
use super::super::expiry::{Expiring, FailedDelivery, MONTH, NotificationLogRow, after};
use super::super::record::{AnnouncementRow, PendingDelivery, Record as _};
use super::edits::subscription;
use super::gc::put_soft_deleted;
use super::row::{ask, find, id, list, micro, put, run};
use super::watcher_state::named;
use crate::alerts::{
    Announcement, AnnouncementId, Claim, Delivery, DeliveryId, DeliveryOutcome, NotificationLogEntry,
    Suspension,
};
use crate::health::OutageId;
use crate::ids::{ChannelId, GuildId};

/// The columns of a delivery `d` that [`open`] reads.
pub(super) const OPEN: &str = "d.guild, d.channel, d.id, d.announcement, d.outage, d.haste, d.due, d.body";

/// Condition: the delivery `d` is the oldest of its channel. It is one index lookup each, however long the queue is.
pub(super) const OLDEST: &str = "d.id = (select min(older.id) from delivery older
    where older.guild = d.guild and older.channel = d.channel)";

/// SQL for when a delivery `d` that became the oldest of its channel is due; `now` is the time. Its stored time
/// includes the pause of when it was created. Only the current pause counts, which may be over. A postponed edit waits
/// for its own time, unless something else waits behind it.
fn due_as_oldest(now: &str) -> String {
    format!(
        "case when d.haste = {edit} and not exists (
            select from delivery behind
            where behind.guild = d.guild and behind.channel = d.channel and behind.id > d.id and behind.haste <> {edit})
        then d.due else least(d.due, coalesce(
            (select s.retry from subscription s where s.guild = d.guild and s.channel = d.channel), {now}::timestamptz))
        end",
        edit = AnnouncementRow::EDIT
    )
}

/// Decodes a delivery from its columns.
pub(super) fn open(row: &Found, head: bool) -> Result<PendingDelivery, StoreError> {
    if let Some(body) = row.try_get::<_, Option<&[u8]>>(7)? {
        let mut open = PendingDelivery { head, ..PendingDelivery::decode(body)? };
        // A delivery that moved up in its queue got its due time and the priority of the one behind it in the columns
        // alone.
        open.priority = u8::try_from(row.try_get::<_, i16>(5)?).unwrap_or(u8::MAX);
        let due: Timestamp = row.try_get(6)?;
        if micro(open.delivery.due) != due {
            open.delivery.due = due;
        }
        return Ok(open);
    }
    let number = |column: usize| row.try_get::<_, i64>(column).map(i64::cast_unsigned);
    let delivery = Delivery {
        id: DeliveryId(number(2)?),
        announcement: AnnouncementId(number(3)?),
        outage: OutageId(row.try_get(4)?),
        guild: GuildId(number(0)?),
        channel: ChannelId(number(1)?),
        attempts: 0,
        first_tried: None,
        due: row.try_get(6)?,
        last_error: String::new(),
        waiting_since: None,
        given_up: None,
    };
    Ok(PendingDelivery {
        delivery,
        priority: u8::try_from(row.try_get::<_, i16>(5)?).unwrap_or(u8::MAX),
        head,
    })
}

pub(super) async fn unexpanded(on: &impl GenericClient, most: i64) -> Result<Vec<Announcement>, StoreError> {
    let found: Vec<AnnouncementRow> = list(on, "where not expanded order by id limit $1", &[&most]).await?;
    Ok(found.into_iter().map(|announced| announced.announcement).collect())
}

pub(super) async fn announcement(
    on: &impl GenericClient,
    which: AnnouncementId,
) -> Result<Option<Announcement>, StoreError> {
    let found: Option<AnnouncementRow> = find(on, "where id = $1", &[&id(which.0)]).await?;
    Ok(found.map(|announced| announced.announcement))
}

pub(super) async fn enqueue(
    on: &Transaction<'_>,
    announcement: AnnouncementId,
    to: &[(GuildId, ChannelId)],
    considered: Option<(GuildId, ChannelId)>,
    done: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    // Locked to the end: another fan-out of the same announcement comes later and sees which channels have it already.
    let found: Option<AnnouncementRow> = find(on, "where id = $1 for update", &[&id(announcement.0)]).await?;
    let Some(mut announced) = found else { return Ok(()) };
    // A guild may have had its data deleted since its subscriptions were read.
    let deletions = Deletions::read(named(on, Deletions::MARKS).await?);
    let is_there = |guild: &GuildId| !announced.is_deleted(&deletions, *guild);
    let to: Vec<_> = to.iter().filter(|(guild, _)| is_there(guild)).collect();
    let considered = considered.filter(|(guild, _)| is_there(guild));
    if !to.is_empty() {
        let guilds: Vec<i64> = to.iter().map(|(guild, _)| id(guild.0)).collect();
        let channels: Vec<i64> = to.iter().map(|(_, channel)| id(channel.0)).collect();
        let outage = announced.announcement.event.outage.id.as_str();
        // Ids are counted in one row, so that a queue's order is the order in which its deliveries were created.
        let sql = "with wanted as (
                select distinct on (channel) guild, channel, place
                from unnest($2::bigint[], $3::bigint[]) with ordinality as t (guild, channel, place)
                order by channel, place
            ), fresh as materialized (
                select guild, channel, row_number() over (order by place) as place from wanted
                where (select o.guild from owed o where o.announcement = $1::bigint and o.channel = wanted.channel) is null
            ), counted as (
                update counter set value = value + (select count(*) from fresh) where name = 'delivery'
                returning value - (select count(*) from fresh) as before
            ), numbered as materialized (
                select guild, channel, before + place as id from fresh cross join counted
            ), marked as (
                insert into owed (announcement, channel, guild, delivery) select $1, channel, guild, id from numbered
            )
            insert into delivery (guild, channel, id, announcement, outage, haste, due)
            select n.guild, n.channel, n.id, $1, $4::text, $5::smallint, greatest($6::timestamptz,
                (select s.retry from subscription s where s.guild = n.guild and s.channel = n.channel))
            from numbered n";
        let priority = i16::from(announced.priority);
        run(on, sql, &[&id(announcement.0), &guilds, &channels, &outage, &priority, &micro(now)]).await?;
    }
    // If two instances fan out at once, the slower one must not set the other back.
    let before = announced.announcement.considered;
    announced.announcement.considered = considered.max(before);
    announced.expanded |= done;
    put(on, &announced).await
}

/// Completes claims with the most common outcome, delivered, in one statement. Returns which were completed.
pub(super) async fn settle_done(
    on: &impl GenericClient,
    done: &[(&Claim, &NotificationLogEntry)],
    now: Timestamp,
) -> Result<Vec<DeliveryId>, StoreError> {
    let mut numbers = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut bodies = Vec::new();
    for (claim, log) in done {
        let it = &claim.delivery;
        numbers.0.push(id(it.guild.0));
        numbers.1.push(id(it.channel.0));
        numbers.2.push(id(it.id.0));
        numbers.3.push(claim.token.cast_signed());
        let nothing = **log == NotificationLogEntry::default();
        bodies.push(if nothing { None } else { Some(there(it, log, now).encode()?) });
    }
    let due = due_as_oldest("$7");
    let sql = format!(
        "with gone as (
            delete from delivery d
            using unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[])
                as done (guild, channel, id, token, body)
            where d.guild = done.guild and d.channel = done.channel and d.id = done.id and d.token = done.token
            returning d.guild, d.channel, d.id, d.announcement, d.outage, d.haste, done.body
        ), it as (
            select gone.*, a.preview, a.expanded from gone left join announcement a on a.id = gone.announcement
        ), noted as (
            insert into told (guild, channel, outage, fades, body)
            select guild, channel, outage, $6::timestamptz, body from it where body is not null and preview is not true
            on conflict (guild, channel, outage) do update set fades = excluded.fades, body = excluded.body
        ), forgotten as (
            -- What was in doubt before was not sent.
            delete from told t using it
            where it.body is null and it.preview is not true
                and t.guild = it.guild and t.channel = it.channel and t.outage = it.outage
        ), unmarked as (
            -- The dedup row stays until the fan-out is finished: a repeated step then creates no second delivery.
            delete from owed using it
            where it.expanded and owed.announcement = it.announcement and owed.channel = it.channel
        ), next as (
            -- Also updates rows that our snapshot sees unmarked: a claim that is marking one now is waited for and then
            -- seen.
            update delivery d set behind_until = null, due = {due} from gone
            where d.guild = gone.guild and d.channel = gone.channel and d.id = (
                select min(later.id) from delivery later
                where later.guild = gone.guild and later.channel = gone.channel and later.id > gone.id)
        )
        select id, guild, channel, outage, haste = 0 and preview is false from it"
    );
    let expires_at = after(now, MONTH);
    let now = micro(now);
    let rows =
        ask(on, &sql, &[&numbers.0, &numbers.1, &numbers.2, &numbers.3, &bodies, &expires_at, &now]).await?;
    for row in rows.iter().filter(|row| row.get(4)) {
        catch_up(on, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?).await?;
    }
    rows.iter().map(|row| Ok(DeliveryId(row.try_get::<_, i64>(0)?.cast_unsigned()))).collect()
}

/// Deletes failed deliveries that a channel has caught up with. If this is lost, the channel can catch up once more.
async fn catch_up(on: &impl GenericClient, guild: i64, channel: i64, outage: &str) -> Result<(), StoreError> {
    let missed: Vec<Expiring<FailedDelivery>> =
        list(on, "where guild = $1 and channel = $2", &[&guild, &channel]).await?;
    for FailedDelivery(it) in missed.into_iter().map(|it| it.of).filter(|it| it.0.outage.as_str() == outage) {
        let sql = "delete from given_up where guild = $1 and channel = $2 and id = $3";
        run(on, sql, &[&guild, &channel, &id(it.id.0)]).await?;
    }
    Ok(())
}

/// Stores the notification log of channels and what is about to be sent, in one statement, for claims that their
/// holders still have. Nobody can take these over meanwhile. Returns their deliveries.
pub(super) async fn note_all(
    on: &impl GenericClient,
    noted: &[(&Claim, &NotificationLogEntry)],
    now: Timestamp,
) -> Result<Vec<DeliveryId>, StoreError> {
    let of = |number: fn(&Claim) -> u64| noted.iter().map(|(it, _)| id(number(it))).collect::<Vec<_>>();
    let places = (of(|it| it.delivery.guild.0), of(|it| it.delivery.channel.0), of(|it| it.delivery.id.0));
    let tokens = of(|it| it.token);
    let bodies = noted.iter().map(|(it, log)| there(&it.delivery, log, now).encode());
    let bodies = bodies.collect::<Result<Vec<_>, StoreError>>()?;
    let sql = "with held as materialized (
            select d.guild, d.channel, d.id, d.outage, n.body from delivery d
            join unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[])
                as n (guild, channel, id, token, body)
            on d.guild = n.guild and d.channel = n.channel and d.id = n.id and d.token = n.token
            for update of d
        ), noted as (
            insert into told (guild, channel, outage, fades, body)
            select guild, channel, outage, $6::timestamptz, body from held
            on conflict (guild, channel, outage) do update set fades = excluded.fades, body = excluded.body
        )
        select id from held";
    let expires_at = after(now, MONTH);
    let rows = ask(on, sql, &[&places.0, &places.1, &places.2, &tokens, &bodies, &expires_at]).await?;
    rows.iter().map(|row| Ok(DeliveryId(row.try_get::<_, i64>(0)?.cast_unsigned()))).collect()
}

/// Completes a claim with any other outcome.
pub(super) async fn settle(
    on: &Transaction<'_>,
    claim: &Claim,
    outcome: &DeliveryOutcome,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let (guild, channel) = (claim.delivery.guild, claim.delivery.channel);
    // Every transaction locks a channel's subscription before its deliveries, which prevents deadlocks.
    let stored = subscription(on, guild, channel).await?;
    let place = (id(guild.0), id(channel.0), id(claim.delivery.id.0));
    let sql = format!(
        "select {OPEN} from delivery d where guild = $1 and channel = $2 and id = $3 and token = $4 for update"
    );
    let rows = ask(on, &sql, &[&place.0, &place.1, &place.2, &claim.token.cast_signed()]).await?;
    let Some(row) = rows.first() else { return Ok(false) };
    let mut open = open(row, true)?;
    match outcome {
        DeliveryOutcome::Delivered { log } => {
            return Ok(!settle_done(on, &[(claim, log)], now).await?.is_empty());
        }
        DeliveryOutcome::Retry { due, why, uncounted, log } => {
            if let Some(log) = log {
                record_log(on, &open.delivery, log, now).await?;
            }
            if *uncounted {
                open.delivery.attempts = open.delivery.attempts.saturating_sub(1);
                if open.delivery.attempts == 0 {
                    open.delivery.first_tried = None; // nothing was sent, so Discord's window for the nonce has not begun
                }
            }
            open.delivery.due = *due;
            open.delivery.last_error.clone_from(why);
            put_back(on, &open).await?;
        }
        DeliveryOutcome::Noted { log } => record_log(on, &open.delivery, log, now).await?,
        DeliveryOutcome::EditLater { due, why, log } => {
            record_log(on, &open.delivery, log, now).await?;
            if open.priority == 0 {
                catch_up(on, place.0, place.1, open.delivery.outage.as_str()).await?;
            }
            open.priority = AnnouncementRow::EDIT;
            open.delivery.due = *due;
            open.delivery.waiting_since = None;
            open.delivery.last_error.clone_from(why);
            move_to_tail(on, open, now).await?;
        }
        DeliveryOutcome::Suspended { paused } => {
            if let Some(mut subscription) = stored {
                subscription.paused = Some(paused.clone());
                put(on, &subscription).await?;
            }
            open.delivery.due = paused.retry;
            open.delivery.waiting_since = None;
            open.delivery.last_error.clone_from(&paused.why);
            put_back(on, &open).await?;
        }
        DeliveryOutcome::ChannelGone { why } => {
            put_soft_deleted(on, guild, Some(channel), now).await?;
            give_up(on, guild, Some(channel), None, why, now).await?;
        }
        DeliveryOutcome::Failed { why } => {
            give_up(on, guild, Some(channel), Some(open.delivery.id), why, now).await?;
        }
    }
    Ok(true)
}

/// Puts an edit behind all other deliveries of its channel, if there are any, under an id of its own: the queue is in the
/// order of ids. Its claim is free.
async fn move_to_tail(
    on: &Transaction<'_>,
    mut open: PendingDelivery,
    now: Timestamp,
) -> Result<(), StoreError> {
    let it = &open.delivery;
    let (guild, channel, before) = (id(it.guild.0), id(it.channel.0), id(it.id.0));
    let sql = "select from delivery where guild = $1 and channel = $2 and id > $3 limit 1";
    if ask(on, sql, &[&guild, &channel, &before]).await?.is_empty() {
        return put_back(on, &open).await;
    }
    let sql = "update counter set value = value + 1 where name = 'delivery' returning value";
    let rows = ask(on, sql, &[]).await?;
    let Some(row) = rows.first() else { return put_back(on, &open).await };
    open.delivery.id = DeliveryId(row.try_get::<_, i64>(0)?.cast_unsigned());
    open.delivery.first_tried = None; // nothing was sent under this id
    let sql = "delete from delivery where guild = $1 and channel = $2 and id = $3";
    run(on, sql, &[&guild, &channel, &before]).await?;
    put(on, &open).await?;
    let sql = "update owed set delivery = $3 where announcement = $1 and channel = $2";
    run(on, sql, &[&id(open.delivery.announcement.0), &channel, &id(open.delivery.id.0)]).await?;
    move_up(on, open.delivery.guild, Some(channel), now).await
}

/// Stores a delivery and frees its claim.
async fn put_back(on: &Transaction<'_>, open: &PendingDelivery) -> Result<(), StoreError> {
    put(on, open).await?;
    let it = &open.delivery;
    let sql =
        "update delivery set token = null, lease_until = null where guild = $1 and channel = $2 and id = $3";
    run(on, sql, &[&id(it.guild.0), &id(it.channel.0), &id(it.id.0)]).await.map(drop)
}

fn there(delivery: &Delivery, log: &NotificationLogEntry, now: Timestamp) -> Expiring<NotificationLogRow> {
    let (guild, channel, outage) = (delivery.guild, delivery.channel, delivery.outage.clone());
    Expiring {
        of: NotificationLogRow { guild, channel, outage, log: log.clone() },
        expires_at: after(now, MONTH),
    }
}

/// Stores a channel's notification log entry. A preview is not logged.
async fn record_log(
    on: &Transaction<'_>,
    delivery: &Delivery,
    log: &NotificationLogEntry,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "select from announcement where id = $1 and preview";
    let preview = !ask(on, sql, &[&id(delivery.announcement.0)]).await?.is_empty();
    if preview {
        return Ok(());
    }
    if *log == NotificationLogEntry::default() {
        // What was in doubt before was not sent.
        let sql = "delete from told where guild = $1 and channel = $2 and outage = $3";
        let place = (id(delivery.guild.0), id(delivery.channel.0), delivery.outage.as_str());
        return run(on, sql, &[&place.0, &place.1, &place.2]).await.map(drop);
    }
    put(on, &there(delivery, log, now)).await
}

/// Fails the pending deliveries of a guild, of a channel, or a single one.
pub(super) async fn give_up(
    on: &Transaction<'_>,
    guild: GuildId,
    channel: Option<ChannelId>,
    which: Option<DeliveryId>,
    why: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = format!(
        "delete from delivery d where guild = $1 and ($2::bigint is null or channel = $2) and ($3::bigint is null or id = $3)
        returning {OPEN}"
    );
    let (channel, which) = (channel.map(|it| id(it.0)), which.map(|it| id(it.0)));
    for row in ask(on, &sql, &[&id(guild.0), &channel, &which]).await? {
        let open = open(&row, true)?;
        let unmark =
            "delete from owed using announcement a where owed.announcement = $1 and owed.channel = $2
            and a.id = $1 and a.expanded";
        run(on, unmark, &[&id(open.delivery.announcement.0), &id(open.delivery.channel.0)]).await?;
        let delivery = Delivery { given_up: Some(now), last_error: why.to_owned(), ..open.delivery };
        put(on, &Expiring { of: FailedDelivery(delivery), expires_at: after(now, MONTH) }).await?;
    }
    if which.is_none() {
        return Ok(()); // nothing is left that was queued behind it
    }
    move_up(on, guild, channel, now).await
}

/// Makes the delivery claimable that is now the oldest of a channel.
async fn move_up(
    on: &Transaction<'_>,
    guild: GuildId,
    channel: Option<i64>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let due = due_as_oldest("$3");
    let sql = format!(
        "update delivery d set behind_until = null, due = {due} where guild = $1 and channel = $2 and {OLDEST}"
    );
    run(on, &sql, &[&id(guild.0), &channel, &micro(now)]).await.map(drop)
}

pub(super) async fn undelivered(
    on: &impl GenericClient,
    guild: GuildId,
    most: i64,
) -> Result<Vec<Delivery>, StoreError> {
    let sql = format!("select {OPEN} from delivery d where guild = $1 order by channel, id limit $2");
    let rows = ask(on, &sql, &[&id(guild.0), &most]).await?;
    let pending = rows.iter().map(|row| Ok(open(row, true)?.delivery));
    let mut found = pending.collect::<Result<Vec<_>, StoreError>>()?;
    let left = most.saturating_sub(id(found.len() as u64));
    let given_up: Vec<Expiring<FailedDelivery>> =
        list(on, "where guild = $1 order by channel, id limit $2", &[&id(guild.0), &left]).await?;
    found.extend(given_up.into_iter().map(|it| it.of.0));
    Ok(found)
}

pub(super) async fn pause(
    on: &Transaction<'_>,
    guild: GuildId,
    channel: ChannelId,
    paused: Option<&Suspension>,
) -> Result<(), StoreError> {
    let Some(mut subscription) = subscription(on, guild, channel).await? else { return Ok(()) };
    let was = std::mem::replace(&mut subscription.paused, paused.cloned());
    put(on, &subscription).await?;
    reschedule(on, guild, channel, was.as_ref(), paused).await
}

/// Postpones the head of a channel's queue to the end of a pause, or makes it due again when the pause is over.
pub(super) async fn reschedule(
    on: &Transaction<'_>,
    guild: GuildId,
    channel: ChannelId,
    was: Option<&Suspension>,
    paused: Option<&Suspension>,
) -> Result<(), StoreError> {
    let Some(mut head) = head(on, guild, channel).await? else { return Ok(()) };
    head.delivery.due = match (was, paused) {
        (_, Some(paused)) => head.delivery.due.max(paused.retry),
        (Some(was), None) if micro(head.delivery.due) == micro(was.retry) => was.since,
        _ => return Ok(()),
    };
    put(on, &head).await
}

/// Makes a channel's pending deliveries due now: somebody fixed it and should not have to wait for the next attempt.
pub(super) async fn raise_priority(
    on: &Transaction<'_>,
    guild: GuildId,
    channel: ChannelId,
    now: Timestamp,
) -> Result<(), StoreError> {
    if let Some(mut subscription) = subscription(on, guild, channel).await?
        && let Some(paused) = &mut subscription.paused
    {
        paused.retry = paused.retry.min(now);
        put(on, &subscription).await?;
    }
    let Some(mut head) = head(on, guild, channel).await? else { return Ok(()) };
    head.delivery.due = head.delivery.due.min(now);
    put(on, &head).await
}

/// Deletes the pending deliveries of a channel that unsubscribed. Those that a user there waits for stay, and are due.
pub(super) async fn drop_queue(
    on: &Transaction<'_>,
    guild: GuildId,
    channel: ChannelId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "with gone as (
            delete from delivery d where guild = $1 and channel = $2 and not exists (
                select from waiting w where w.outage = d.outage and w.channel = d.channel)
            returning d.announcement, d.channel
        )
        delete from owed using gone, announcement a
        where owed.announcement = gone.announcement and owed.channel = gone.channel
            and a.id = gone.announcement and a.expanded";
    run(on, sql, &[&id(guild.0), &id(channel.0)]).await?;
    move_up(on, guild, Some(id(channel.0)), now).await
}

/// Returns the oldest delivery of a channel and locks it until the transaction ends.
async fn head(
    on: &Transaction<'_>,
    guild: GuildId,
    channel: ChannelId,
) -> Result<Option<PendingDelivery>, StoreError> {
    let sql = format!(
        "select {OPEN} from delivery d where guild = $1 and channel = $2 order by id limit 1 for update"
    );
    let rows = ask(on, &sql, &[&id(guild.0), &id(channel.0)]).await?;
    rows.first().map(|row| open(row, true)).transpose()
}
