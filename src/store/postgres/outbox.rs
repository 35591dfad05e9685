//! Fans out, and completes claims: the most common outcomes of many claims in one statement.

use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;

use super::super::StoreError;
use super::super::key::{RecordKey, micro};
use super::super::record::{AnnouncementRow, Record as _};
use super::super::retention::{MONTH, after};
use super::super::rules::gc;
use super::super::rules::outbox::{self, forget_failed, log_row};
use super::super::tx::Tx as _;
use super::tx::{PgTx, ask, id, run};
use crate::alerts::{
    Announcement, AnnouncementId, Claim, DeliveryId, DeliveryOutcome, NotificationLogEntry, Subscription,
};
use crate::ids::{ChannelId, GuildId};

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

pub(super) async fn unexpanded(
    on: &impl GenericClient,
    most: usize,
) -> Result<Vec<Announcement>, StoreError> {
    let rest = "where not expanded order by id limit $1";
    let found = PgTx(on).select::<AnnouncementRow>(rest, &[&id(most as u64)]).await?;
    Ok(found.into_iter().map(|announced| announced.announcement).collect())
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
    let mut tx = PgTx(on);
    let found = tx.get_for_update::<AnnouncementRow>(&AnnouncementRow::key_of(announcement)).await?;
    let Some(mut announced) = found else { return Ok(()) };
    // A guild may have had its data deleted since its subscriptions were read.
    let deletions = gc::deletions(&mut tx).await?;
    let is_there = |guild: &GuildId| !deletions.take_out(*guild, &announced);
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
    tx.put(&announced).await
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
        bodies.push(if nothing { None } else { Some(log_row(it, log, now).encode()?) });
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
        select id, haste = 0 and preview is false as catch_up from it"
    );
    let expires_at = after(now, MONTH);
    let now = micro(now);
    let rows =
        ask(on, &sql, &[&numbers.0, &numbers.1, &numbers.2, &numbers.3, &bodies, &expires_at, &now]).await?;
    let ids = rows.iter().map(|row| Ok(DeliveryId(row.try_get::<_, i64>("id")?.cast_unsigned())));
    let ids = ids.collect::<Result<Vec<_>, StoreError>>()?;
    for (row, id) in rows.iter().zip(&ids) {
        let claim = done.iter().find(|(claim, _)| claim.delivery.id == *id);
        // If this is lost, the channel can catch up once more.
        if let (true, Some((claim, _))) = (row.try_get("catch_up")?, claim) {
            forget_failed(&mut PgTx(on), &claim.delivery).await?;
        }
    }
    Ok(ids)
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
    let bodies = noted.iter().map(|(it, log)| log_row(&it.delivery, log, now).encode());
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
    rows.iter().map(|row| Ok(DeliveryId(row.try_get::<_, i64>("id")?.cast_unsigned()))).collect()
}

/// Completes a claim with any other outcome.
pub(super) async fn settle(
    on: &Transaction<'_>,
    claim: &Claim,
    outcome: &DeliveryOutcome,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let mut tx = PgTx(on);
    let (guild, channel) = (claim.delivery.guild, claim.delivery.channel);
    // Every transaction locks a channel's subscription before its deliveries, which prevents deadlocks.
    tx.get_for_update::<Subscription>(&RecordKey::new().channel(guild, channel)).await?;
    let held = "where guild = $1 and channel = $2 and id = $3 and token = $4 for update";
    let (place, token) = ((id(guild.0), id(channel.0)), claim.token.cast_signed());
    let held = tx.select(held, &[&place.0, &place.1, &id(claim.delivery.id.0), &token]).await?.pop();
    let Some(open) = held else { return Ok(false) };
    outbox::settle(&mut tx, open, outcome, now).await?;
    Ok(true)
}
