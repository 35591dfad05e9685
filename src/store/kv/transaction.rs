//! A set of changes that is written all or nothing. Later reads through it see its own changes.

use std::collections::BTreeMap;

use futures_util::FutureExt as _;

use super::super::StoreError;
use super::super::key::RecordKey;
use super::super::record::{AnnouncementRow, Counter, DeliveryDedup, PendingDelivery, Record};
use super::super::table::Table;
use super::super::tx::{ALL, CHUNK, Lock, Read, Tx};
use super::engine::{KvEngine, Pair, WriteRow};
use crate::alerts::{AnnouncementId, DeliveryId};
use crate::health::Outage;
use crate::ids::GuildId;

/// Runs a rule. On ordered keys nothing waits, so it is done at once.
pub(super) fn run<T>(rule: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    let waited = || Err(StoreError::Damaged("a rule of the store waited for something".to_owned()));
    rule.now_or_never().unwrap_or_else(waited)
}

pub(super) struct KvTx<'a, S> {
    engine: &'a S,
    changed: BTreeMap<(Table, RecordKey), Option<Vec<u8>>>,
    unclaimed: Vec<DeliveryId>,
}

impl<'a, S: KvEngine> KvTx<'a, S> {
    pub(super) fn new(engine: &'a S) -> Self {
        Self { engine, changed: BTreeMap::new(), unclaimed: Vec::new() }
    }

    /// Forgets all changes.
    pub(super) fn discard(&mut self) {
        *self = Self::new(self.engine);
    }

    /// Returns the changes to write, and the deliveries whose claims end with them.
    pub(super) fn rows(self) -> (Vec<WriteRow>, Vec<DeliveryId>) {
        let mut unclaimed = self.unclaimed;
        let rows = self.changed.into_iter().map(|((table, key), value)| (table, key, value));
        let rows: Vec<WriteRow> = rows.collect();
        let deleted = rows.iter().filter(|(table, _, value)| *table == Table::Delivery && value.is_none());
        unclaimed.extend(deleted.filter_map(|(_, key, _)| PendingDelivery::id_in(key)));
        (rows, unclaimed)
    }

    /// Returns the record at a key.
    pub(super) fn find<R: Record>(&self, key: &RecordKey) -> Result<Option<R>, StoreError> {
        let value = match self.changed.get(&(R::TABLE, key.clone())) {
            Some(value) => value.clone(),
            None => self.engine.read(R::TABLE, key)?,
        };
        value.map(|value| R::decode(&value)).transpose()
    }

    /// Stores a record and its index rows, and replaces the one at its key.
    pub(super) fn set<R: Record>(&mut self, record: &R) -> Result<(), StoreError> {
        let key = record.key();
        self.forget_index_rows::<R>(&key)?;
        for (table, index_row, value) in record.index_rows() {
            self.changed.insert((table, index_row), Some(value));
        }
        self.changed.insert((R::TABLE, key), Some(record.encode()?));
        Ok(())
    }

    /// Deletes the record at a key. Returns whether there was one.
    pub(super) fn forget<R: Record>(&mut self, key: &RecordKey) -> Result<bool, StoreError> {
        let was = self.forget_index_rows::<R>(key)?;
        if was {
            self.changed.insert((R::TABLE, key.clone()), None);
        }
        Ok(was)
    }

    fn forget_index_rows<R: Record>(&mut self, key: &RecordKey) -> Result<bool, StoreError> {
        let Some(old) = self.find::<R>(key)? else { return Ok(false) };
        for (table, index_row, _) in old.index_rows() {
            self.changed.insert((table, index_row), None);
        }
        Ok(true)
    }

    /// Deletes one index row.
    pub(super) fn forget_index_row(&mut self, table: Table, key: RecordKey) {
        self.changed.insert((table, key), None);
    }

    /// Returns records whose key begins with `prefix`, in order, starting after `after`, at most `most`.
    pub(super) fn records<R: Record>(
        &self,
        prefix: &RecordKey,
        after: Option<&RecordKey>,
        most: usize,
    ) -> Result<Vec<R>, StoreError> {
        let from = after.map_or_else(|| prefix.clone(), |after| after.clone().next());
        self.scan(R::TABLE, prefix, &from, most)?.iter().map(|(_, value)| R::decode(value)).collect()
    }

    /// Returns rows whose key begins with `prefix`, starting at `from`, in order, at most `most`.
    pub(super) fn scan(
        &self,
        table: Table,
        prefix: &RecordKey,
        from: &RecordKey,
        most: usize,
    ) -> Result<Vec<Pair>, StoreError> {
        let from = from.max(prefix).clone();
        let ours: Vec<_> = self
            .changed
            .range((table, from.clone())..)
            .take_while(|((of, key), _)| *of == table && key.0.starts_with(&prefix.0))
            .collect();
        let mut rows: BTreeMap<RecordKey, Vec<u8>> =
            self.engine.scan(table, prefix, &from, most.saturating_add(ours.len()))?.into_iter().collect();
        for ((_, key), value) in ours {
            match value {
                Some(value) => rows.insert(key.clone(), value.clone()),
                None => rows.remove(key),
            };
        }
        Ok(rows.into_iter().take(most).collect())
    }

    /// Increments a counter and returns its new value.
    pub(super) fn count_up(&mut self, name: &str) -> Result<u64, StoreError> {
        let stored = self.find::<Counter>(&RecordKey::new().text(name))?;
        let value = stored.map_or(0, |counter| counter.value) + 1;
        self.set(&Counter { name: name.to_owned(), value })?;
        Ok(value)
    }

    fn theirs<R: Record>(&self, guild: GuildId, most: usize) -> Result<Vec<R>, StoreError> {
        let prefix = R::of_guild(guild);
        if prefix != RecordKey::new() {
            return self.records(&prefix, None, most);
        }
        let mut theirs = self.records::<R>(&prefix, None, ALL)?;
        theirs.retain(|record| record.guild() == Some(guild));
        theirs.truncate(most);
        Ok(theirs)
    }

    fn forget_finished_marks(&mut self, announcement: AnnouncementId) -> Result<(usize, bool), StoreError> {
        let all = AnnouncementRow::key_of(announcement);
        let (mut gone, mut from) = (0, all.clone());
        while gone < CHUNK {
            let page = self.scan(Table::Pending, &all, &from, CHUNK)?;
            let Some((last, _)) = page.last() else { break };
            from = last.clone().next();
            for (_, value) in &page {
                let mark = DeliveryDedup::decode(value)?;
                let delivery = PendingDelivery::key_of(mark.guild, mark.channel, mark.delivery);
                if self.find::<PendingDelivery>(&delivery)?.is_none() {
                    gone += usize::from(self.forget::<DeliveryDedup>(&mark.key())?);
                }
            }
        }
        Ok((gone, !self.scan(Table::Pending, &all, &all, 1)?.is_empty()))
    }
}

impl<S: KvEngine> Read for KvTx<'_, S> {
    async fn get<R: Record>(&mut self, key: &RecordKey) -> Result<Option<R>, StoreError> {
        self.find(key)
    }

    async fn page<R: Record>(
        &mut self,
        prefix: &RecordKey,
        after: Option<&RecordKey>,
        most: usize,
    ) -> Result<Vec<R>, StoreError> {
        self.records(prefix, after, most)
    }

    async fn count<R: Record>(&mut self, prefix: &RecordKey, most: usize) -> Result<usize, StoreError> {
        Ok(self.scan(R::TABLE, prefix, prefix, most)?.len())
    }

    async fn of_guild<R: Record>(&mut self, guild: GuildId, most: usize) -> Result<Vec<R>, StoreError> {
        self.theirs(guild, most)
    }

    async fn open_outages(&mut self) -> Result<Vec<Outage>, StoreError> {
        let mut open = Vec::new();
        for (key, _) in self.scan(Table::OpenOutage, &RecordKey::new(), &RecordKey::new(), ALL)? {
            open.extend(self.find::<Outage>(&key)?);
        }
        Ok(open)
    }
}

impl<S: KvEngine> Tx for KvTx<'_, S> {
    async fn get_for_update<R: Record>(&mut self, key: &RecordKey) -> Result<Option<R>, StoreError> {
        self.find(key)
    }

    async fn list_for_update<R: Record>(
        &mut self,
        prefix: &RecordKey,
        most: usize,
    ) -> Result<Vec<R>, StoreError> {
        self.records(prefix, None, most)
    }

    async fn put<R: Record>(&mut self, record: &R) -> Result<(), StoreError> {
        self.set(record)
    }

    async fn put_new<R: Record>(&mut self, record: &R) -> Result<bool, StoreError> {
        let new = self.find::<R>(&record.key())?.is_none();
        if new {
            self.set(record)?;
        }
        Ok(new)
    }

    async fn delete<R: Record>(&mut self, key: &RecordKey) -> Result<bool, StoreError> {
        self.forget::<R>(key)
    }

    async fn delete_of_guild<R: Record>(&mut self, guild: GuildId, most: usize) -> Result<usize, StoreError> {
        let theirs = self.theirs::<R>(guild, most)?;
        for record in &theirs {
            self.forget::<R>(&record.key())?;
        }
        Ok(theirs.len())
    }

    async fn delete_finished_marks(
        &mut self,
        announcement: AnnouncementId,
    ) -> Result<(usize, bool), StoreError> {
        self.forget_finished_marks(announcement)
    }

    async fn next_id(&mut self, counter: &str) -> Result<u64, StoreError> {
        self.count_up(counter)
    }

    async fn raise_counter(&mut self, counter: &str, value: u64) -> Result<(), StoreError> {
        let stored = self.find::<Counter>(&RecordKey::new().text(counter))?;
        let value = stored.map_or(value, |stored| stored.value.max(value));
        self.set(&Counter { name: counter.to_owned(), value })
    }

    async fn unclaim(&mut self, delivery: &PendingDelivery) -> Result<(), StoreError> {
        self.unclaimed.push(delivery.delivery.id);
        Ok(())
    }

    async fn lock(&mut self, _: Lock) -> Result<(), StoreError> {
        Ok(()) // there is one writer at a time
    }
}
