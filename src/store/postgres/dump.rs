//! Dumps all records of the database, loads them, and counts them.

use deadpool_postgres::{GenericClient, Transaction};
use futures_util::future::try_join_all;
use futures_util::{TryStreamExt as _, pin_mut};

use super::super::expiry::{
    Expiring, FailedDelivery, NotificationLogRow, ProblemReport, QuestionRow, RecoverySubscriberRow,
    SoftDeleted,
};
use super::super::record::{
    AnnouncementRow, Counter, DeliveryDedup, InteractionRow, KvEntry, PendingErasure, ReportRow,
    WatcherStateRow,
};
use super::super::{Deletions, DumpEntry, LiveStatusMessage, StoreError, Take, Votes};
use super::outbox::open;
use super::row::{Row, ask, entry, id, list, put};
use super::watcher_state::named;
use crate::alerts::{AnnouncementId, DeliveryId, Subscription};
use crate::health::{Outage, UptimeBucket};
use crate::ids::{ChannelId, GuildId};

/// Passes every record to `take`, in the order that all stores share.
pub(super) async fn dump(on: &Transaction<'_>, mut take: Take) -> Result<u64, StoreError> {
    let mut records = 0;
    let mut give = |entry: &DumpEntry| {
        records += 1;
        take(entry)
    };
    for row in ask(on, "select name, value from counter where value > 0 order by name", &[]).await? {
        let (name, value) = (row.try_get(0)?, row.try_get::<_, i64>(1)?.cast_unsigned());
        give(&entry(&Counter { name, value })?)?;
    }
    bodies::<WatcherStateRow>(on, "where body is not null", &mut give).await?;
    bodies::<Outage>(on, "order by id", &mut give).await?;
    bodies::<AnnouncementRow>(on, "order by id", &mut give).await?;
    pending(on, &mut give).await?;
    deliveries(on, &mut give).await?;
    bodies::<Expiring<FailedDelivery>>(on, "order by guild, channel, id", &mut give).await?;
    bodies::<Expiring<NotificationLogRow>>(on, "order by guild, channel, outage", &mut give).await?;
    bodies::<Subscription>(on, "order by guild, channel", &mut give).await?;
    bodies::<Expiring<SoftDeleted>>(on, "order by guild, channel", &mut give).await?;
    bodies::<Expiring<RecoverySubscriberRow>>(on, "order by outage, channel, person", &mut give).await?;
    bodies::<Expiring<ProblemReport>>(on, "order by outage, person", &mut give).await?;
    bodies::<ReportRow>(on, "order by outage", &mut give).await?;
    bodies::<LiveStatusMessage>(on, "order by guild", &mut give).await?;
    bodies::<Votes>(on, "order by entry", &mut give).await?;
    bodies::<QuestionRow>(on, "order by hash", &mut give).await?;
    // Ids with all 64 bits set are negative here, and sort above all others in every store.
    bodies::<Expiring<InteractionRow>>(on, "order by id < 0, id", &mut give).await?;
    bodies::<KvEntry>(on, "order by name", &mut give).await?;
    bodies::<Expiring<UptimeBucket>>(on, "order by service, span, begins", &mut give).await?;
    bodies::<PendingErasure>(on, "order by guild", &mut give).await?;
    Ok(records)
}

type Give<'a> = &'a mut (dyn FnMut(&DumpEntry) -> Result<(), StoreError> + Send);

/// Streams the records of one table: a million are never in memory at once.
async fn bodies<R: Row>(on: &Transaction<'_>, rest: &str, give: Give<'_>) -> Result<(), StoreError> {
    let none: [&str; 0] = [];
    let rows = on.query_raw(&format!("select body from {} {rest}", R::TABLE), none).await?;
    pin_mut!(rows);
    while let Some(row) = rows.try_next().await? {
        give(&DumpEntry::read(R::TREE, row.try_get(0)?)?)?;
    }
    Ok(())
}

async fn pending(on: &Transaction<'_>, give: Give<'_>) -> Result<(), StoreError> {
    let none: [&str; 0] = [];
    let sql = "select announcement, guild, channel, delivery from owed order by announcement, channel";
    let rows = on.query_raw(sql, none).await?;
    pin_mut!(rows);
    while let Some(row) = rows.try_next().await? {
        let number = |column: usize| row.try_get::<_, i64>(column).map(i64::cast_unsigned);
        let (announcement, guild) = (AnnouncementId(number(0)?), GuildId(number(1)?));
        let (channel, delivery) = (ChannelId(number(2)?), DeliveryId(number(3)?));
        give(&entry(&DeliveryDedup { announcement, guild, channel, delivery })?)?;
    }
    Ok(())
}

async fn deliveries(on: &Transaction<'_>, give: Give<'_>) -> Result<(), StoreError> {
    let none: [&str; 0] = [];
    let sql = "select guild, channel, id, announcement, outage, haste, due, body from delivery order by guild, channel, id";
    let rows = on.query_raw(sql, none).await?;
    pin_mut!(rows);
    let mut before = None;
    while let Some(row) = rows.try_next().await? {
        let place = Some((row.try_get::<_, i64>(0)?, row.try_get::<_, i64>(1)?));
        give(&entry(&open(&row, place != before)?)?)?;
        before = place;
    }
    Ok(())
}

/// Returns the records of one guild, in the order that all stores share.
pub(super) async fn records_of(
    on: &impl GenericClient,
    guild: GuildId,
    most: usize,
) -> Result<Vec<DumpEntry>, StoreError> {
    let mut records = Vec::new();
    theirs::<Subscription>(on, guild, most, &mut records).await?;
    theirs::<Expiring<SoftDeleted>>(on, guild, most, &mut records).await?;
    let sql =
        "select guild, channel, id, announcement, outage, haste, due, body from delivery where guild = $1
        order by guild, channel, id limit $2";
    let limit = |records: &Vec<DumpEntry>| id(most.saturating_sub(records.len()) as u64);
    let mut before = None;
    for row in ask(on, sql, &[&id(guild.0), &limit(&records)]).await? {
        let place = Some(row.try_get::<_, i64>(1)?);
        records.push(entry(&open(&row, place != before)?)?);
        before = place;
    }
    theirs::<Expiring<FailedDelivery>>(on, guild, most, &mut records).await?;
    theirs::<Expiring<NotificationLogRow>>(on, guild, most, &mut records).await?;
    theirs::<LiveStatusMessage>(on, guild, most, &mut records).await?;
    theirs::<Expiring<RecoverySubscriberRow>>(on, guild, most, &mut records).await?;
    Ok(records)
}

/// Adds the records of one guild from one table.
async fn theirs<R: Row>(
    on: &impl GenericClient,
    guild: GuildId,
    most: usize,
    records: &mut Vec<DumpEntry>,
) -> Result<(), StoreError> {
    let sql = format!("where guild = $1 order by {} limit $2", R::KEY.join(", "));
    let limit = id(most.saturating_sub(records.len()) as u64);
    for record in list::<R>(on, &sql, &[&id(guild.0), &limit]).await? {
        records.push(entry(&record)?);
    }
    Ok(())
}

pub(super) async fn settle_deletions(on: &Transaction<'_>, deletions: &Deletions) -> Result<(), StoreError> {
    let stored = named(on, Deletions::MARKS).await?;
    for mark in deletions.settled(stored) {
        put(on, &mark).await?;
    }
    Ok(())
}

pub(super) async fn note_deletions(on: &Transaction<'_>, deletions: &Deletions) -> Result<(), StoreError> {
    for mark in deletions.marks() {
        put(on, &mark).await?;
    }
    Ok(())
}

/// Stores records and replaces those with the same keys. The statements are pipelined.
pub(super) async fn load(on: &Transaction<'_>, entries: &[DumpEntry]) -> Result<(), StoreError> {
    try_join_all(entries.iter().map(|entry| entry.keep_in(on))).await.map(drop)
}

/// What is counted per guild, and in which table.
const OF_SERVERS: [(&str, &str); 6] = [
    ("subscriptions", "subscription"),
    ("set_aside", "aside"),
    ("deliveries", "delivery"),
    ("given_up", "given_up"),
    ("told", "told"),
    ("boards", "board"),
];
const OF_ALL: [(&str, &str); 10] = [
    ("announcements", "announcement"),
    ("outages", "outage"),
    ("open_outages", "outage where until is null"),
    ("waiting", "waiting"),
    ("reports", "report"),
    ("tallies", "tally"),
    ("interactions", "interaction"),
    ("votes", "votes"),
    ("questions", "question"),
    ("kept", "kept"),
];

pub(super) async fn counts(
    on: &impl GenericClient,
    of: Option<GuildId>,
) -> Result<Vec<(&'static str, u64)>, StoreError> {
    let theirs = of.map(|guild| format!(" where guild = {}", id(guild.0))).unwrap_or_default();
    let of_servers = OF_SERVERS.map(|(name, table)| (name, format!("{table}{theirs}")));
    let of_all = OF_ALL.map(|(name, table)| (name, table.to_owned()));
    let counted: Vec<_> = of_servers.into_iter().chain(of_all.into_iter().filter(|_| of.is_none())).collect();
    let each = counted.iter().map(|(_, from)| format!("(select count(*) from {from})"));
    let row = on.query_one(&format!("select {}", each.collect::<Vec<_>>().join(", ")), &[]).await?;
    let counts = counted.iter().enumerate();
    counts.map(|(at, (name, _))| Ok((*name, row.try_get::<_, i64>(at)?.cast_unsigned()))).collect()
}

pub(super) async fn used(on: &impl GenericClient) -> Result<u64, StoreError> {
    let row = on.query_one("select pg_database_size(current_database())", &[]).await?;
    Ok(row.try_get::<_, i64>(0)?.cast_unsigned())
}
