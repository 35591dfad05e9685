//! Claims deliveries for a notifier: those that are due, the oldest of their channel, and unclaimed.
//!
//! Notifiers of all instances skip what another has claimed. The first claim that meets a delivery queued behind
//! another of its channel marks it. Later claims skip it until the one before is gone or [`BEHIND`] has passed. So a
//! claim costs the same with a hundred deliveries as with a million that are claimed, due later or queued.

use deadpool_postgres::{GenericClient, Transaction};
use jiff::{SignedDuration, Timestamp};

use super::super::expiry::{Expiring, NotificationLogRow};
use super::super::key::micro;
use super::super::record::{PendingDelivery, Record as _};
use super::super::{StoreError, WAITING_EXAMINED};
use super::outbox::OLDEST;
use super::tx::{ask, id, restore, run, selected};
use crate::alerts::{Claim, Delivery, Subscription};

/// Deliveries that one claim takes at most.
const MOST_CLAIMED: usize = 250;

/// Deliveries that a claim examines per pass if all before them were queued behind others. After the last pass it
/// returns what it found, and the next claim continues.
const EXAMINED_PER_PASS: [usize; 2] = [1_000, 4_000];

/// Seconds for which a delivery queued behind another is skipped, unless the one before is gone earlier.
const BEHIND: f64 = 300.0;

/// Deliveries by guild, channel and id.
type Places = (Vec<i64>, Vec<i64>, Vec<i64>);

#[derive(Default)]
struct Found {
    claims: Vec<Claim>,
    bodies: Vec<Vec<u8>>,
    /// Due, but queued behind another.
    behind: Places,
    /// Its lease or mark expired, but it is due later.
    later: Places,
}

pub(super) async fn claim(
    on: &Transaction<'_>,
    most: usize,
    lease: SignedDuration,
    now: Timestamp,
) -> Result<Vec<Claim>, StoreError> {
    let most = most.min(MOST_CLAIMED);
    let mut claims = Vec::new();
    for page in std::iter::once(most).chain(EXAMINED_PER_PASS) {
        let mut found = read(on, page, most - claims.len(), now).await?;
        take(on, &mut found, lease).await?;
        claims.append(&mut found.claims);
        let passed = found.behind.2.len() + found.later.2.len();
        pass_edits(on, &found.behind, now).await?;
        mark(on, &found.behind).await?;
        let sql = "update delivery d set lease_until = null, behind_until = null
            from unnest($1::bigint[], $2::bigint[], $3::bigint[]) as n (guild, channel, id)
            where d.guild = n.guild and d.channel = n.channel and d.id = n.id";
        if !found.later.2.is_empty() {
            run(on, sql, &[&found.later.0, &found.later.1, &found.later.2]).await?;
        }
        if passed == 0 || claims.len() == most {
            break;
        }
    }
    Ok(claims)
}

/// Reads up to a page of deliveries of each kind that are free and not locked by another claim. Returns at most `most`
/// to claim.
async fn read(on: &Transaction<'_>, page: usize, most: usize, now: Timestamp) -> Result<Found, StoreError> {
    // A delivery can be free in three ways. Each has its own index, and each row is locked before it is read. The first
    // two are sorted by the end of a lease or a mark, so more of them are read than taken: the most urgent may be the
    // last.
    let sql = format!(
        "with lapsed as materialized (
            select d.*, false as ranked from delivery d where d.lease_until <= (select hu_now())
            order by d.lease_until limit $3 for update skip locked
        ), again as materialized (
            select d.*, false as ranked from delivery d where d.behind_until <= (select hu_now())
            order by d.behind_until limit $3 for update skip locked
        ), free as materialized (
            select of.* from unnest(array[0, 1, 2, 3, 4]::smallint[]) as kinds (haste) cross join lateral (
                select d.*, true as ranked from delivery d
                where d.haste = kinds.haste and d.due <= $1 and d.lease_until is null and d.behind_until is null
                order by d.due, d.id limit $2 for update skip locked) as of
        )
        select {}, {OLDEST} as oldest,
            (select s.body from subscription s where s.guild = d.guild and s.channel = d.channel) as subscription,
            (select t.body from told t where t.guild = d.guild and t.channel = d.channel and t.outage = d.outage) as log,
            d.ranked
        from (select * from lapsed union all select * from again union all select * from free) as d
        order by d.haste, d.due, d.id",
        selected::<PendingDelivery>()
    );
    let mut found = Found::default();
    let mut read = [0; 5];
    let more = page.max(MOST_CLAIMED);
    for row in ask(on, &sql, &[&micro(now), &id(page as u64), &id(more as u64)]).await? {
        let Some(mut open) = restore::<PendingDelivery>(&row)? else { continue };
        open.head = true;
        let priority = open.priority;
        let (due, oldest) = (micro(open.delivery.due) <= micro(now), row.try_get::<_, bool>("oldest")?);
        if !due {
            put_down(&mut found.later, &open);
        } else if !oldest {
            put_down(&mut found.behind, &open);
        } else if found.claims.len() < most {
            open.delivery.attempts = open.delivery.attempts.saturating_add(1);
            open.delivery.first_tried.get_or_insert(now);
            open.delivery.waiting_since.get_or_insert(open.delivery.due);
            found.bodies.push(open.encode()?);
            let subscription = row.try_get::<_, Option<&[u8]>>("subscription")?;
            let subscription = subscription.map(Subscription::decode).transpose()?;
            let log = row.try_get::<_, Option<&[u8]>>("log")?;
            let log = log.map(Expiring::<NotificationLogRow>::decode).transpose()?;
            let log = log.map(|there| there.of.log).unwrap_or_default();
            found.claims.push(Claim { delivery: open.delivery, subscription, log, token: 0 });
        }
        // This is the last of its priority that was read. Any that follow it come before less urgent ones.
        let ranked = row.try_get::<_, bool>("ranked")?;
        if let Some(read) = read.get_mut(usize::from(priority)).filter(|_| ranked) {
            *read += 1;
            if *read == page {
                break;
            }
        }
    }
    Ok(found)
}

fn put_down(places: &mut Places, open: &PendingDelivery) {
    places.0.push(id(open.delivery.guild.0));
    places.1.push(id(open.delivery.channel.0));
    places.2.push(id(open.delivery.id.0));
}

/// Stores the claims and gives each its token.
async fn take(on: &Transaction<'_>, found: &mut Found, lease: SignedDuration) -> Result<(), StoreError> {
    if found.claims.is_empty() {
        return Ok(());
    }
    let of = |number: fn(&Claim) -> u64| found.claims.iter().map(|it| id(number(it))).collect::<Vec<_>>();
    let places = (of(|it| it.delivery.guild.0), of(|it| it.delivery.channel.0), of(|it| it.delivery.id.0));
    let sql = "update delivery d set body = n.body, token = nextval('claim_token'), behind_until = null,
            lease_until = (select hu_now()) + make_interval(secs => $5)
        from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bytea[]) as n (guild, channel, id, body)
        where d.guild = n.guild and d.channel = n.channel and d.id = n.id returning d.id, d.token";
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
        [&places.0, &places.1, &places.2, &found.bodies, &lease.as_secs_f64()];
    for row in ask(on, sql, &values).await? {
        let (number, token) = (row.try_get::<_, i64>("id")?, row.try_get::<_, i64>("token")?);
        if let Some(claim) = found.claims.iter_mut().find(|claim| id(claim.delivery.id.0) == number) {
            claim.token = token.cast_unsigned();
        }
    }
    Ok(())
}

/// Makes deliveries due that are edits alone, if another delivery is queued behind them. The edit then ends or is sent,
/// so that the other does not wait for it.
async fn pass_edits(on: &Transaction<'_>, behind: &Places, now: Timestamp) -> Result<(), StoreError> {
    if behind.2.is_empty() {
        return Ok(());
    }
    let sql = "with edits as materialized (
            select head.guild, head.channel, head.id
            from unnest($1::bigint[], $2::bigint[]) as n (guild, channel)
            cross join lateral (
                select e.guild, e.channel, e.id, e.haste, e.lease_until from delivery e
                where e.guild = n.guild and e.channel = n.channel order by e.id limit 1) as head
            where head.haste = 4 and head.lease_until is null
        )
        update delivery d set due = least(d.due, $3::timestamptz), haste = 3 from edits
        where d.guild = edits.guild and d.channel = edits.channel and d.id = edits.id and d.lease_until is null";
    run(on, sql, &[&behind.0, &behind.1, &micro(now)]).await.map(drop)
}

/// Marks deliveries that are queued behind others. The one before is locked meanwhile, so whoever completes it comes
/// later and removes the mark. One that is being completed right now causes no mark.
async fn mark(on: &Transaction<'_>, behind: &Places) -> Result<(), StoreError> {
    if behind.2.is_empty() {
        return Ok(());
    }
    // Each row is found with its own index lookup: joining two long lists would compare each with all.
    let sql = "update delivery d set behind_until = (select hu_now()) + make_interval(secs => $4), lease_until = null
        from unnest($1::bigint[], $2::bigint[], $3::bigint[]) as n (guild, channel, id)
        cross join lateral (
            select head.id from delivery head where head.guild = n.guild and head.channel = n.channel
            order by head.id limit 1 for key share skip locked) as before
        where d.guild = n.guild and d.channel = n.channel and d.id = n.id and before.id < n.id";
    run(on, sql, &[&behind.0, &behind.1, &behind.2, &BEHIND]).await.map(drop)
}

/// Returns when the next free delivery is due or the next lease ends.
pub(super) async fn next_due(on: &impl GenericClient) -> Result<Option<Timestamp>, StoreError> {
    let sql = format!(
        "select least(
            (select min(next.due) from unnest(array[0, 1, 2, 3, 4]::smallint[]) as kinds (haste) cross join lateral (
                select d.due from delivery d
                where d.haste = kinds.haste and d.lease_until is null and d.behind_until is null and {OLDEST}
                order by d.due, d.id limit 1) as next),
            (select min(lease_until) from delivery where lease_until is not null)) as next_due"
    );
    Ok(ask(on, &sql, &[]).await?.first().map(|row| row.try_get("next_due")).transpose()?.flatten())
}

/// Returns the delivery that waits longest, among those that are free or claimed.
pub(super) async fn longest_waiting(on: &impl GenericClient) -> Result<Option<Delivery>, StoreError> {
    let sql = format!(
        "with free as materialized (
            select of.* from unnest(array[0, 1, 2, 3]::smallint[]) as kinds (haste) cross join lateral (
                select d.* from delivery d
                where d.haste = kinds.haste and d.lease_until is null and d.behind_until is null
                order by d.due, d.id limit $1) as of
        ), taken as materialized (
            select d.* from delivery d where d.lease_until is not null and d.haste < 4 order by d.lease_until limit $1
        )
        select {} from (select * from free union all select * from taken) as d
        where {OLDEST} and not exists (
            select from subscription s where s.guild = d.guild and s.channel = d.channel and s.retry is not null)",
        selected::<PendingDelivery>()
    );
    let rows = ask(on, &sql, &[&id(WAITING_EXAMINED as u64)]).await?;
    let mut waiting = Vec::with_capacity(rows.len());
    for row in &rows {
        waiting.extend(restore::<PendingDelivery>(row)?.map(|open| open.delivery));
    }
    Ok(waiting.into_iter().min_by_key(Delivery::waits_since))
}
