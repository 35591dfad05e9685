//! Finds records that expired, and the guilds that have any.

use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;

use super::super::expiry::{
    Expiring, FailedDelivery, NotificationLogRow, ProblemReport, QuestionRow, RecoverySubscriberRow,
    SoftDeleted,
};
use super::super::record::{AnnouncementRow, InteractionRow, Record};
use super::super::rules::gc::Tidy;
use super::super::tx::CHUNK;
use super::super::{GuildSummary, StoreError};
use super::tx::{PgTx, ask, id, run};
use crate::health::{Outage, UptimeBucket};
use crate::ids::GuildId;

/// Runs one call of `gc`. Returns how many records it deleted.
pub(super) async fn tidy(on: &Transaction<'_>, now: Timestamp) -> Result<usize, StoreError> {
    let mut gone = 0;
    gone += drop_expired::<Expiring<InteractionRow>>(on, now).await?;
    gone += drop_expired::<Expiring<SoftDeleted>>(on, now).await?;
    gone += drop_expired::<Expiring<FailedDelivery>>(on, now).await?;
    gone += drop_expired::<Expiring<UptimeBucket>>(on, now).await?;
    gone += tidy_expired::<Outage>(on, now).await?;
    gone += tidy_expired::<Expiring<NotificationLogRow>>(on, now).await?;
    gone += tidy_expired::<Expiring<RecoverySubscriberRow>>(on, now).await?;
    gone += tidy_expired::<Expiring<ProblemReport>>(on, now).await?;
    gone += tidy_expired::<QuestionRow>(on, now).await?;
    gone += tidy_expired::<AnnouncementRow>(on, now).await?;
    Ok(gone)
}

/// Processes expired records of a kind that no other instance is processing.
async fn tidy_expired<R: Tidy>(on: &Transaction<'_>, now: Timestamp) -> Result<usize, StoreError> {
    let mut tx = PgTx(on);
    let expired = "where fades <= $1 order by fades limit $2 for update skip locked";
    let mut gone = 0;
    for record in tx.select::<R>(expired, &[&now, &id(CHUNK as u64)]).await? {
        gone += record.tidy(&mut tx, now).await?;
    }
    Ok(gone)
}

/// Deletes all expired records of a kind.
async fn drop_expired<R: Record>(on: &Transaction<'_>, now: Timestamp) -> Result<usize, StoreError> {
    let sql = format!(
        "delete from {table} where ctid = any(array(
            select ctid from {table} where fades <= $1 order by fades limit $2 for update skip locked))",
        table = R::TABLE.sql()
    );
    Ok(usize::try_from(run(on, &sql, &[&now, &id(CHUNK as u64)]).await?).unwrap_or(usize::MAX))
}

/// Queries each table by its own key, for only as many rows as are wanted. So a page costs the same, however much is
/// stored.
pub(super) async fn servers(
    on: &impl GenericClient,
    after: Option<GuildId>,
    most: usize,
) -> Result<Vec<GuildSummary>, StoreError> {
    let sql = "select guild, bool_or(subscribed) as subscribed, bool_or(was_left) as was_left from (
            (select distinct guild, true as subscribed, false as was_left from subscription where guild > $1
                order by guild limit $2)
            union all
            (select guild, true, false from board where guild > $1 order by guild limit $2)
            union all
            (select distinct guild, false, true from aside where guild > $1 and was_left order by guild limit $2)
        ) as kept group by guild order by guild limit $2";
    let after = after.map_or(-1, |guild| id(guild.0));
    let rows = ask(on, sql, &[&after, &id(most as u64)]).await?;
    let server = |row: &tokio_postgres::Row| {
        let guild = GuildId(row.try_get::<_, i64>("guild")?.cast_unsigned());
        Ok(GuildSummary { guild, subscribed: row.try_get("subscribed")?, left: row.try_get("was_left")? })
    };
    rows.iter().map(server).collect()
}
