//! Leases of roles and shared rates, by the database's clock.

use deadpool_postgres::GenericClient;
use jiff::{SignedDuration, Timestamp};
use tokio_postgres::error::SqlState;

use super::super::{FencingToken, Lease, StoreError};
use super::tx::{ask, id, run};

pub(super) async fn lead(
    on: &impl GenericClient,
    role: &str,
    holder: &str,
    lease: SignedDuration,
) -> Result<Option<FencingToken>, StoreError> {
    let sql = "insert into lease as held (role, holder, epoch, until)
        values ($1, $2, 1, hu_now() + make_interval(secs => $3))
        on conflict (role) do update set until = excluded.until, holder = excluded.holder,
            epoch = held.epoch + case when held.holder = excluded.holder and held.until > hu_now() then 0 else 1 end
        where held.holder = excluded.holder or held.until <= hu_now()
        returning epoch";
    let rows = ask(on, sql, &[&role, &holder, &lease.as_secs_f64()]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let epoch = row.try_get::<_, i64>("epoch")?.cast_unsigned();
    Ok(Some(FencingToken { role: role.to_owned(), holder: holder.to_owned(), epoch }))
}

/// Releases a lease. Returns whether the caller still held it.
pub(super) async fn release_lease(on: &impl GenericClient, fence: &FencingToken) -> Result<bool, StoreError> {
    let sql =
        "update lease set holder = '', until = '-infinity' where role = $1 and holder = $2 and epoch = $3";
    Ok(run(on, sql, &[&fence.role, &fence.holder, &id(fence.epoch)]).await? > 0)
}

/// Whether nobody took over the lease since. It locks nothing: an instance that is paused during a commit blocks nobody
/// who wants the lease.
pub(super) async fn holds(on: &impl GenericClient, fence: &FencingToken) -> Result<bool, StoreError> {
    let sql = "select from lease where role = $1 and holder = $2 and epoch = $3";
    Ok(!ask(on, sql, &[&fence.role, &fence.holder, &id(fence.epoch)]).await?.is_empty())
}

/// Commits the transaction if nobody took over the lease since. Otherwise it commits nothing and returns `false`.
///
/// The lease is locked, checked and released in one message, which the database completes whether this process still
/// lives or not. A division by zero ends it if another holds the lease.
pub(super) async fn commit_if_held(
    on: &impl GenericClient,
    fence: &FencingToken,
) -> Result<bool, StoreError> {
    let (role, holder, epoch) = (literal(&fence.role), literal(&fence.holder), id(fence.epoch));
    let sql = format!(
        "select 1 / count(*) from (
            select from lease where role = {role} and holder = {holder} and epoch = {epoch} for share) as held; COMMIT"
    );
    match on.batch_execute(&sql).await {
        Ok(()) => Ok(true),
        Err(error) if error.code() == Some(&SqlState::DIVISION_BY_ZERO) => {
            on.batch_execute("rollback").await?;
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}

/// Quotes a text as an SQL literal.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

pub(super) async fn leads(on: &impl GenericClient, prefix: &str) -> Result<Vec<Lease>, StoreError> {
    let sql = "select role, holder, until from lease where starts_with(role, $1) and until > hu_now() order by role";
    ask(on, sql, &[&prefix])
        .await?
        .iter()
        .map(|row| {
            Ok(Lease {
                role: row.try_get("role")?,
                holder: row.try_get("holder")?,
                until: row.try_get::<_, Timestamp>("until")?,
            })
        })
        .collect()
}

pub(super) async fn reserve(
    on: &impl GenericClient,
    budget: &str,
    slots: u32,
    every: SignedDuration,
) -> Result<SignedDuration, StoreError> {
    let taken = every.as_secs_f64() * f64::from(slots);
    let sql = "with clock as (select hu_now() as now)
        insert into budget as kept (name, free) select $1::text, now + make_interval(secs => $2) from clock
        on conflict (name) do update set free = greatest(kept.free, (select now from clock)) + make_interval(secs => $2)
        returning (extract(epoch from free - make_interval(secs => $2) - (select now from clock)) * 1000000)::bigint as wait";
    let rows = ask(on, sql, &[&budget, &taken]).await?;
    let wait = rows.first().map(|row| row.try_get::<_, i64>("wait")).transpose()?.unwrap_or_default();
    Ok(SignedDuration::from_micros(wait.max(0)))
}

/// Returns the time by the database's clock.
pub(super) async fn its_time(on: &impl GenericClient) -> Result<Timestamp, StoreError> {
    let rows = ask(on, "select hu_now() as now", &[]).await?;
    let time = rows.first().map(|row| row.try_get("now")).transpose()?;
    time.ok_or_else(|| StoreError::Away("the database returned no time".to_owned()))
}
