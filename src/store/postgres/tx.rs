//! Records as rows: the columns by which they are found, and the record itself as every store encodes it.

use bytes::BytesMut;
use deadpool_postgres::GenericClient;
use tokio_postgres::Row;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use super::super::StoreError;
use super::super::column::{Column, KeyPart, Kind, Value, key_parts};
use super::super::key::RecordKey;
use super::super::record::{Counter, PendingDelivery, Record};
use super::super::tx::{CHUNK, Lock, Read, Tx};
use crate::alerts::AnnouncementId;
use crate::health::Outage;
use crate::ids::GuildId;

pub(super) type QueryParams<'a> = &'a [&'a (dyn ToSql + Sync)];

/// A connection on which records are read, or a transaction in which they are changed.
pub(super) struct PgTx<'a, C>(pub(super) &'a C);

/// The end of names that begin with an ASCII text.
const BEYOND: char = '\u{7f}';

impl<C: GenericClient> PgTx<'_, C> {
    /// Returns the records that match `rest` of a statement: `where … order by … limit …`.
    pub(super) async fn select<R: Record>(
        &self,
        rest: &str,
        params: QueryParams<'_>,
    ) -> Result<Vec<R>, StoreError> {
        let sql = format!("select {} from {} {rest}", selected::<R>(), R::TABLE.sql());
        let rows = ask(self.0, &sql, params).await?;
        let records = rows.iter().filter_map(|row| restore(row).transpose());
        records.collect()
    }

    /// Returns the records of a key or of the beginning of keys, after `after`.
    async fn matching<R: Record>(
        &self,
        prefix: &RecordKey,
        after: Option<&RecordKey>,
        most: usize,
        lock: &str,
    ) -> Result<Vec<R>, StoreError> {
        let mut found = Condition::of::<R>(prefix);
        if let Some(after) = after {
            found.after::<R>(after);
        }
        let limit = found.bind(Value::number(most as u64));
        let rest = format!("{} order by {} limit {limit} {lock}", found.sql(), ordered_by::<R>());
        self.select(&rest, &found.params()).await
    }

    async fn one<R: Record>(&self, key: &RecordKey, lock: &str) -> Result<Option<R>, StoreError> {
        let found = Condition::of::<R>(key);
        Ok(self.select(&format!("{} {lock}", found.sql()), &found.params()).await?.pop())
    }

    async fn insert<R: Record>(
        &self,
        record: &R,
        on_conflict: impl Fn(&str) -> String,
    ) -> Result<u64, StoreError> {
        let mut columns: Vec<&str> = Vec::new();
        let mut values: Vec<Value> = Vec::new();
        for (column, part) in key_parts(R::KEY, &record.key()) {
            let KeyPart::Is(value) = part else { continue };
            columns.push(column);
            values.push(value);
        }
        let key = columns.join(", ");
        let keys = columns.len();
        for (column, value) in record.columns() {
            columns.push(column);
            values.push(value);
        }
        if R::BODY {
            columns.push("body");
            values.push(Value::Bytes(record.encode()?));
        }
        let places: Vec<String> = (1..=columns.len()).map(|place| format!("${place}")).collect();
        let others: Vec<String> = columns.iter().skip(keys).map(|column| on_conflict(column)).collect();
        let others = others.into_iter().filter(|set| !set.is_empty()).collect::<Vec<_>>().join(", ");
        let update = if others.is_empty() { "nothing".to_owned() } else { format!("update set {others}") };
        let sql = format!(
            "insert into {} ({}) values ({}) on conflict ({key}) do {update}",
            R::TABLE.sql(),
            columns.join(", "),
            places.join(", "),
        );
        run(self.0, &sql, &params(&values)).await
    }
}

impl<C: GenericClient> Read for PgTx<'_, C> {
    async fn get<R: Record>(&mut self, key: &RecordKey) -> Result<Option<R>, StoreError> {
        self.one(key, "").await
    }

    async fn page<R: Record>(
        &mut self,
        prefix: &RecordKey,
        after: Option<&RecordKey>,
        most: usize,
    ) -> Result<Vec<R>, StoreError> {
        self.matching(prefix, after, most, "").await
    }

    async fn count<R: Record>(&mut self, prefix: &RecordKey, most: usize) -> Result<usize, StoreError> {
        let mut found = Condition::of::<R>(prefix);
        let limit = found.bind(Value::number(most as u64));
        let sql = format!(
            "select count(*) as found from (select from {} {} limit {limit}) as matching",
            R::TABLE.sql(),
            found.sql()
        );
        let rows = ask(self.0, &sql, &found.params()).await?;
        let count = rows.first().map(|row| row.try_get::<_, i64>("found")).transpose()?.unwrap_or_default();
        Ok(usize::try_from(count).unwrap_or(usize::MAX))
    }

    async fn of_guild<R: Record>(&mut self, guild: GuildId, most: usize) -> Result<Vec<R>, StoreError> {
        let rest = format!("where guild = $1 order by {} limit $2", ordered_by::<R>());
        self.select(&rest, &[&id(guild.0), &id(most as u64)]).await
    }

    async fn open_outages(&mut self) -> Result<Vec<Outage>, StoreError> {
        self.select("where until is null order by id", &[]).await
    }
}

impl<C: GenericClient> Tx for PgTx<'_, C> {
    async fn get_for_update<R: Record>(&mut self, key: &RecordKey) -> Result<Option<R>, StoreError> {
        self.one(key, "for update").await
    }

    async fn list_for_update<R: Record>(
        &mut self,
        prefix: &RecordKey,
        most: usize,
    ) -> Result<Vec<R>, StoreError> {
        self.matching(prefix, None, most, "for update").await
    }

    async fn put<R: Record>(&mut self, record: &R) -> Result<(), StoreError> {
        self.insert(record, |column| format!("{column} = excluded.{column}")).await.map(drop)
    }

    async fn put_new<R: Record>(&mut self, record: &R) -> Result<bool, StoreError> {
        // A concurrent insertion with the same key is waited for.
        Ok(self.insert(record, |_| String::new()).await? > 0)
    }

    async fn delete<R: Record>(&mut self, key: &RecordKey) -> Result<bool, StoreError> {
        let found = Condition::of::<R>(key);
        let sql = format!("delete from {} {}", R::TABLE.sql(), found.sql());
        Ok(run(self.0, &sql, &found.params()).await? > 0)
    }

    async fn delete_of_guild<R: Record>(&mut self, guild: GuildId, _: usize) -> Result<usize, StoreError> {
        let sql = format!("delete from {} where guild = $1", R::TABLE.sql());
        Ok(usize::try_from(run(self.0, &sql, &[&id(guild.0)]).await?).unwrap_or(usize::MAX))
    }

    async fn delete_finished_marks(
        &mut self,
        announcement: AnnouncementId,
    ) -> Result<(usize, bool), StoreError> {
        let which = id(announcement.0);
        let sql = "delete from owed where (announcement, channel) in (
            select o.announcement, o.channel from owed o where o.announcement = $1 and not exists (
                select from delivery d where d.guild = o.guild and d.channel = o.channel and d.id = o.delivery)
            limit $2)";
        let gone = run(self.0, sql, &[&which, &id(CHUNK as u64)]).await?;
        let left = ask(self.0, "select from owed where announcement = $1 limit 1", &[&which]).await?;
        Ok((usize::try_from(gone).unwrap_or(usize::MAX), !left.is_empty()))
    }

    async fn next_id(&mut self, counter: &str) -> Result<u64, StoreError> {
        let sql = "insert into counter values ($1, 1)
            on conflict (name) do update set value = counter.value + 1 returning value";
        let rows = ask(self.0, sql, &[&counter]).await?;
        let value = rows.first().map(|row| row.try_get::<_, i64>("value")).transpose()?;
        Ok(value.unwrap_or_default().cast_unsigned())
    }

    async fn raise_counter(&mut self, counter: &str, value: u64) -> Result<(), StoreError> {
        let counter = Counter { name: counter.to_owned(), value };
        let larger = |column: &str| format!("{column} = greatest(counter.{column}, excluded.{column})");
        self.insert(&counter, larger).await.map(drop)
    }

    async fn unclaim(&mut self, delivery: &PendingDelivery) -> Result<(), StoreError> {
        let found = Condition::of::<PendingDelivery>(&delivery.key());
        let sql = format!("update delivery set token = null, lease_until = null {}", found.sql());
        run(self.0, &sql, &found.params()).await.map(drop)
    }

    async fn lock(&mut self, what: Lock) -> Result<(), StoreError> {
        let number = match what {
            Lock::Counting => 1,
            Lock::LimitOf(number) => id(number),
        };
        run(self.0, "select pg_advisory_xact_lock($1)", &[&number]).await.map(drop)
    }
}

/// The condition of a statement, with the values of its parameters.
struct Condition {
    all: Vec<String>,
    values: Vec<Value>,
}

impl Condition {
    /// Matches a key, or all keys that begin so.
    fn of<R: Record>(key: &RecordKey) -> Self {
        let mut found = Self { all: Vec::new(), values: Vec::new() };
        for (column, part) in key_parts(R::KEY, key) {
            let condition = match part {
                KeyPart::Is(value) => format!("{column} = {}", found.bind(value)),
                KeyPart::BeginsWith(text) => {
                    let beyond = found.bind(Value::Text(format!("{text}{BEYOND}")));
                    format!("{column} >= {} and {column} < {beyond}", found.bind(Value::Text(text)))
                }
            };
            found.all.push(condition);
        }
        found
    }

    /// Matches only keys after another.
    fn after<R: Record>(&mut self, key: &RecordKey) {
        let parts = key_parts(R::KEY, key);
        let columns: Vec<&str> = parts.iter().map(|(column, _)| *column).collect();
        let values: Vec<String> = parts
            .into_iter()
            .map(|(_, part)| match part {
                KeyPart::Is(value) => self.bind(value),
                KeyPart::BeginsWith(text) => self.bind(Value::Text(text)),
            })
            .collect();
        self.all.push(format!("({}) > ({})", columns.join(", "), values.join(", ")));
    }

    /// Adds a parameter and returns its name.
    fn bind(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }

    fn sql(&self) -> String {
        if self.all.is_empty() { String::new() } else { format!("where {}", self.all.join(" and ")) }
    }

    fn params(&self) -> Vec<&(dyn ToSql + Sync)> {
        params(&self.values)
    }
}

fn params(values: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    values.iter().map(|value| value as _).collect()
}

/// Returns the order of keys, as every store has it.
pub(super) fn ordered_by<R: Record>() -> String {
    let column = |(name, kind): &Column| match kind {
        // A number with all 64 bits set is negative here, and sorts above all others in every store.
        Kind::Wide => format!("{name} < 0, {name}"),
        _ => (*name).to_owned(),
    };
    R::KEY.iter().map(column).collect::<Vec<_>>().join(", ")
}

/// Returns the columns that [`restore`] reads.
pub(super) fn selected<R: Record>() -> String {
    let body = R::BODY.then_some("body");
    let columns = R::RESTORED.iter().map(|(name, _)| *name);
    columns.chain(body).collect::<Vec<_>>().join(", ")
}

/// Restores a record from a row; `None` if the row has none yet.
pub(super) fn restore<R: Record>(row: &Row) -> Result<Option<R>, StoreError> {
    let body =
        if R::BODY { row.try_get::<_, Option<&[u8]>>("body")?.map(R::decode).transpose()? } else { None };
    let mut columns = Vec::with_capacity(R::RESTORED.len());
    for (name, kind) in R::RESTORED {
        columns.push(match kind {
            Kind::Number | Kind::Wide => Value::Number(row.try_get(*name)?),
            Kind::Small => Value::Small(row.try_get(*name)?),
            Kind::Text => Value::Text(row.try_get(*name)?),
            Kind::Bytes => Value::Bytes(row.try_get(*name)?),
            Kind::Time => Value::Time(row.try_get(*name)?),
            Kind::One => Value::Flag(row.try_get(*name)?),
        });
    }
    Ok(R::restored(body, &columns))
}

impl ToSql for Value {
    fn to_sql(
        &self,
        of: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Flag(flag) => flag.to_sql(of, out),
            Self::Small(number) => number.to_sql(of, out),
            Self::Number(number) => number.to_sql(of, out),
            Self::Time(at) => at.to_sql(of, out),
            Self::Text(text) => text.to_sql(of, out),
            Self::Bytes(bytes) => bytes.to_sql(of, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true // each value checks its own type
    }

    to_sql_checked!();
}

/// Converts the id of a channel, a guild or a user to PostgreSQL's signed integer, in the same order. Discord's ids
/// stay below 2^63.
pub(super) fn id(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Runs a statement. Returns how many rows it affected.
pub(super) async fn run(
    on: &impl GenericClient,
    sql: &str,
    params: QueryParams<'_>,
) -> Result<u64, StoreError> {
    Ok(on.execute(&on.prepare_cached(sql).await?, params).await?)
}

/// Queries rows.
pub(super) async fn ask(
    on: &impl GenericClient,
    sql: &str,
    params: QueryParams<'_>,
) -> Result<Vec<Row>, StoreError> {
    Ok(on.query(&on.prepare_cached(sql).await?, params).await?)
}
