//! Records as rows: the columns that are queried, and the record itself as every store encodes it.

use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use tokio_postgres::types::ToSql;

use super::super::record::Record;
use super::super::{DumpEntry, StoreError};

/// The value of a column.
pub(super) type ColumnValue = Box<dyn ToSql + Sync + Send>;

pub(super) type QueryParams<'a> = &'a [&'a (dyn ToSql + Sync)];

/// A kind of record that has a table.
pub(in crate::store) trait Row: Record + Sync {
    const TABLE: &'static str;
    /// The columns of its key.
    const KEY: &'static [&'static str];
    /// The other columns that are queried.
    const ASKED: &'static [&'static str] = &[];
    /// Whether `body` stores the record; if not, the columns store all of it.
    const BODY: bool = true;

    /// Returns the values of the key's columns, then of the others.
    fn values(&self) -> Vec<ColumnValue>;

    /// Returns the new value of a column when the record replaces another.
    fn replaced(column: &str) -> String {
        format!("{column} = excluded.{column}")
    }
}

/// Converts the id of a channel, a guild or a user to PostgreSQL's signed integer, in the same order. Discord's ids
/// stay below 2^63.
pub(super) fn id(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Rounds to microseconds, as PostgreSQL stores an instant.
pub(super) fn micro(at: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at)
}

/// Stores a record and replaces the one with its key.
pub(in crate::store) async fn put<R: Row>(on: &impl GenericClient, record: &R) -> Result<(), StoreError> {
    let body = R::BODY.then_some("body");
    let columns: Vec<&str> = R::KEY.iter().chain(R::ASKED).copied().chain(body).collect();
    let replaced: Vec<String> = columns.iter().skip(R::KEY.len()).map(|column| R::replaced(column)).collect();
    let replaced = if replaced.is_empty() {
        "nothing".to_owned()
    } else {
        format!("update set {}", replaced.join(", "))
    };
    let places: Vec<String> = (1..=columns.len()).map(|place| format!("${place}")).collect();
    let sql = format!(
        "insert into {} ({}) values ({}) on conflict ({}) do {replaced}",
        R::TABLE,
        columns.join(", "),
        places.join(", "),
        R::KEY.join(", "),
    );
    let mut values = record.values();
    if R::BODY {
        values.push(Box::new(record.encode()?));
    }
    let values: Vec<&(dyn ToSql + Sync)> =
        values.iter().map(|value| &**value as &(dyn ToSql + Sync)).collect();
    on.execute(&on.prepare_cached(&sql).await?, &values).await?;
    Ok(())
}

/// Returns the records that match `rest` of a statement: `where … order by … limit …`.
pub(super) async fn list<R: Row>(
    on: &impl GenericClient,
    rest: &str,
    asked: QueryParams<'_>,
) -> Result<Vec<R>, StoreError> {
    let statement = on.prepare_cached(&format!("select body from {} {rest}", R::TABLE)).await?;
    on.query(&statement, asked).await?.iter().map(|row| R::decode(row.try_get(0)?)).collect()
}

/// Returns the one record that matches `rest` of a statement.
pub(super) async fn find<R: Row>(
    on: &impl GenericClient,
    rest: &str,
    asked: QueryParams<'_>,
) -> Result<Option<R>, StoreError> {
    Ok(list(on, rest, asked).await?.pop())
}

/// Runs a statement. Returns how many rows it affected.
pub(super) async fn run(
    on: &impl GenericClient,
    sql: &str,
    asked: QueryParams<'_>,
) -> Result<u64, StoreError> {
    Ok(on.execute(&on.prepare_cached(sql).await?, asked).await?)
}

/// Queries rows.
pub(super) async fn ask(
    on: &impl GenericClient,
    sql: &str,
    asked: QueryParams<'_>,
) -> Result<Vec<tokio_postgres::Row>, StoreError> {
    Ok(on.query(&on.prepare_cached(sql).await?, asked).await?)
}

/// Encodes a record in the form of a dump.
pub(super) fn entry<R: Row>(record: &R) -> Result<DumpEntry, StoreError> {
    DumpEntry::read(R::TREE, &record.encode()?)
}
