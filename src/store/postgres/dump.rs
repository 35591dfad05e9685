//! Dumps all records of the database, loads them, and counts them.

use deadpool_postgres::{GenericClient, Transaction};
use futures_util::future::try_join_all;
use futures_util::{TryStreamExt as _, pin_mut};

use super::super::expiry::{
    Expiring, FailedDelivery, NotificationLogRow, ProblemReport, QuestionRow, RecoverySubscriberRow,
    SoftDeleted,
};
use super::super::record::{
    AnnouncementRow, Counter, DeliveryDedup, InteractionRow, KvEntry, PendingDelivery, PendingErasure,
    Record, ReportRow, WatcherStateRow,
};
use super::super::{DumpEntry, LiveStatusMessage, StoreError, Take, Votes};
use super::tx::{PgTx, id, ordered_by, restore, selected};
use crate::alerts::Subscription;
use crate::health::{Outage, UptimeBucket};
use crate::ids::GuildId;

/// Passes every record to `take`, in the order that all stores share.
pub(super) async fn dump(on: &Transaction<'_>, mut take: Take) -> Result<u64, StoreError> {
    let mut records = 0;
    let mut give = |entry: &DumpEntry| {
        records += 1;
        take(entry)
    };
    stream::<Counter>(on, "where value > 0", &mut give).await?;
    stream::<WatcherStateRow>(on, "", &mut give).await?;
    stream::<Outage>(on, "", &mut give).await?;
    stream::<AnnouncementRow>(on, "", &mut give).await?;
    stream::<DeliveryDedup>(on, "", &mut give).await?;
    let mut before = None;
    stream_each::<PendingDelivery>(on, "", &mut |mut open| {
        let owner = (open.delivery.guild, open.delivery.channel);
        open.head = before.replace(owner) != Some(owner);
        give(&DumpEntry::of(&open)?)
    })
    .await?;
    stream::<Expiring<FailedDelivery>>(on, "", &mut give).await?;
    stream::<Expiring<NotificationLogRow>>(on, "", &mut give).await?;
    stream::<Subscription>(on, "", &mut give).await?;
    stream::<Expiring<SoftDeleted>>(on, "", &mut give).await?;
    stream::<Expiring<RecoverySubscriberRow>>(on, "", &mut give).await?;
    stream::<Expiring<ProblemReport>>(on, "", &mut give).await?;
    stream::<ReportRow>(on, "", &mut give).await?;
    stream::<LiveStatusMessage>(on, "", &mut give).await?;
    stream::<Votes>(on, "", &mut give).await?;
    stream::<QuestionRow>(on, "", &mut give).await?;
    stream::<Expiring<InteractionRow>>(on, "", &mut give).await?;
    stream::<KvEntry>(on, "", &mut give).await?;
    stream::<Expiring<UptimeBucket>>(on, "", &mut give).await?;
    stream::<PendingErasure>(on, "", &mut give).await?;
    Ok(records)
}

type Give<'a, T> = &'a mut (dyn FnMut(T) -> Result<(), StoreError> + Send);

async fn stream<R: Record>(
    on: &Transaction<'_>,
    filter: &str,
    give: &mut (dyn FnMut(&DumpEntry) -> Result<(), StoreError> + Send),
) -> Result<(), StoreError> {
    stream_each::<R>(on, filter, &mut |record| give(&DumpEntry::of(&record)?)).await
}

/// Streams the records of one table: a million are never in memory at once.
async fn stream_each<R: Record>(
    on: &Transaction<'_>,
    filter: &str,
    give: Give<'_, R>,
) -> Result<(), StoreError> {
    let none: [&str; 0] = [];
    let (columns, table, order) = (selected::<R>(), R::TABLE.sql(), ordered_by::<R>());
    let sql = format!("select {columns} from {table} {filter} order by {order}");
    let rows = on.query_raw(&sql, none).await?;
    pin_mut!(rows);
    while let Some(row) = rows.try_next().await? {
        if let Some(record) = restore::<R>(&row)? {
            give(record)?;
        }
    }
    Ok(())
}

/// Stores records and replaces those with the same keys. The statements are pipelined.
pub(super) async fn load(on: &Transaction<'_>, entries: &[DumpEntry]) -> Result<(), StoreError> {
    let stored = entries.iter().map(|entry| async move { entry.store(&mut PgTx(on)).await });
    try_join_all(stored).await.map(drop)
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
    let each = counted.iter().map(|(name, from)| format!("(select count(*) from {from}) as {name}"));
    let row = on.query_one(&format!("select {}", each.collect::<Vec<_>>().join(", ")), &[]).await?;
    counted.iter().map(|(name, _)| Ok((*name, row.try_get::<_, i64>(*name)?.cast_unsigned()))).collect()
}

pub(super) async fn used(on: &impl GenericClient) -> Result<u64, StoreError> {
    let row = on.query_one("select pg_database_size(current_database()) as used", &[]).await?;
    Ok(row.try_get::<_, i64>("used")?.cast_unsigned())
}
