//! Migrations of the tables: each file of `migrations` runs once, in order, and is never undone.

use tokio_postgres::{Client, GenericClient};

use super::super::StoreError;

/// All migrations; a migration's number is its position, from 1.
const STEPS: &[&str] = &[
    include_str!("migrations/0001_first.sql"),
    include_str!("migrations/0002_claims.sql"),
    include_str!("migrations/0003_left.sql"),
];

/// The lock that lets one instance at a time migrate. The number is arbitrary and unlikely to be used by others.
const LOCK: i64 = 0x6865_616c_7468_7921;

/// Creates the schema and migrates its tables to this version.
pub(super) async fn migrate(client: &mut Client, schema: &str) -> Result<(), StoreError> {
    // Most starts find nothing to do and wait for nobody.
    let of = format!("{}.schema_version", quoted(schema));
    if client.query_one("select to_regclass($1) is not null", &[&of]).await?.get(0)
        && version(client).await? == known()
    {
        return Ok(());
    }
    // If two instances start at once, the second waits here and finds nothing left to do. The lock ends with the
    // transaction, which the database ends if the first instance hangs.
    let whole = client.transaction().await?;
    whole.execute("select pg_advisory_xact_lock($1)", &[&LOCK]).await?;
    // `create … if not exists` needs the permission to create even if nothing is created.
    let there = whole.query_opt("select from pg_namespace where nspname = $1", &[&schema]).await?;
    if there.is_none() {
        whole.batch_execute(&format!("create schema {}", quoted(schema))).await?;
    }
    if whole.query_one("select to_regclass($1) is null", &[&of]).await?.get(0) {
        whole.batch_execute("create table schema_version (version integer primary key)").await?;
    }
    let done = version(&whole).await?;
    if done > known() {
        return Err(StoreError::TooNew(format!(
            "the store was written by a newer version of this program (tables of version {done}, this program knows \
             {}): start that version again, or import one of its exports",
            known()
        )));
    }
    for (step, version) in STEPS.iter().zip(1..).skip(usize::try_from(done).unwrap_or(0)) {
        whole.batch_execute(step).await?;
        whole.execute("insert into schema_version values ($1)", &[&version]).await?;
    }
    whole.commit().await?;
    if done < known() {
        tracing::info!(version = known(), schema, "migrated the tables");
    }
    Ok(())
}

/// Returns the last migration that was applied.
async fn version(on: &impl GenericClient) -> Result<i32, StoreError> {
    Ok(on.query_one("select coalesce(max(version), 0) from schema_version", &[]).await?.get(0))
}

fn known() -> i32 {
    i32::try_from(STEPS.len()).unwrap_or(i32::MAX)
}

/// Quotes a name as an SQL identifier.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
