//! The verbs of the domain, written once for every backend that is an ordered engine.
//!
//! `leases` says who leads, `watcher_state` keeps what the watcher found, `edits` what people asked for, `outbox` what
//! channels are owed, each in its `queue`, `gc` forgets what had its time; `store_impl` hands the trait's verbs to them.
//! Each verb that changes something runs alone, on a [`Tx`] that is written whole or not at all.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::Semaphore;

use self::leases::{ChangeHints, LeaseTable};
use super::deletions::Deletions;
use super::engine::{KvEngine, Table};
use super::expiry::{Expiring, RecoverySubscriberRow};
use super::key::RecordKey;
use super::quotas::has_room_for_ours;
use super::record::{Counter, KvEntry, PendingErasure, Record};
use super::transaction::Tx;
use super::{DumpEntry, StoreError, StoreOptions, Take};
use crate::alerts::{Audience, DeliveryId};
use crate::health::OutageEvent;
use crate::ids::GuildId;

mod edits;
mod gc;
mod leases;
mod outbox;
mod queue;
mod store_impl;
mod watcher_state;

/// Records that one write touches at most, where there can be many: sled loses nothing at a power cut while a
/// transaction stays far below one of its segments (measured: 500 small records are safe, 3,000 are not).
const CHUNK: usize = 250;

/// Verbs that change something, and verbs that check something up, which may be at work at once where they may wait for a
/// disk, each on a thread of its own: one writes at a time, and those behind it wait for the same sync. A disk that hangs
/// takes no more threads than these from names that are to be looked up, and the memory that 64 threads once took is not
/// given back.
const AT_WORK: usize = 4;

/// A store on a engine.
pub(super) struct KvStore<S> {
    inner: Arc<Inner<S>>,
    changing: Arc<Semaphore>,
    schedule: Arc<Semaphore>,
}

/// What the verbs work on.
struct Inner<S> {
    engine: S,
    subscriptions_per_guild: usize,
    instances: SharedHandles,
    copy: u64,
}

/// What the copies have in common that work on the same engine: one of them writes at a time, and each knows what the
/// others hold. Most shelves have one copy, in one process.
#[derive(Clone, Default)]
pub(super) struct SharedHandles {
    /// Held by the one verb that changes something.
    leases: Arc<Mutex<Leases>>,
    hints: ChangeHints,
    /// There may be more of them than this one.
    shared: bool,
}

impl SharedHandles {
    /// The same, for one of several.
    pub(super) fn shared(self) -> Self {
        Self { shared: true, ..self }
    }
}

/// What is held for a while. It ends with the process: whoever opens the store next may claim everything that is
/// unfinished.
#[derive(Default)]
struct Leases {
    taken: HashMap<DeliveryId, TimedLease>,
    last_token: u64,
    leading: LeaseTable,
    unsure: Vec<InDoubtCommit>,
}

/// A commit that failed: it is on the disk or not.
struct InDoubtCommit {
    /// Stands there if it is.
    state: Vec<u8>,
    events: Vec<(OutageEvent, Audience)>,
}

struct TimedLease {
    token: u64,
    until: Timestamp,
}

impl<S: KvEngine> KvStore<S> {
    /// Opens the books: counts the opening, and ends a deletion that a crash interrupted.
    pub(super) fn open(
        engine: S,
        options: &StoreOptions,
        instances: SharedHandles,
    ) -> Result<Self, StoreError> {
        let mut inner =
            Inner { engine, subscriptions_per_guild: options.subscriptions_per_guild, instances, copy: 0 };
        inner.copy = inner.change_inner(|tx, leases| {
            let opened = count_up(tx, Counter::OPENED)?;
            // Numbers of this opening are above those of every earlier one.
            leases.last_token = opened << 32;
            leases.leading.begin(opened << 32);
            Ok(opened)
        })?;
        let erasing = Tx::new(&inner.engine).list::<PendingErasure>(&RecordKey::new(), usize::MAX)?;
        for PendingErasure { guild } in erasing {
            inner.erase(guild)?;
        }
        let places = || Arc::new(Semaphore::new(AT_WORK));
        Ok(Self { inner: Arc::new(inner), changing: places(), schedule: places() })
    }

    /// Runs a verb that changes something.
    async fn run<T: Send + 'static>(
        &self,
        verb: impl FnOnce(&Inner<S>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.run_in(&self.changing, verb).await
    }

    /// Runs a verb that changes nothing: it stands behind none that does.
    async fn read<T: Send + 'static>(
        &self,
        verb: impl FnOnce(&Inner<S>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.run_in(&self.schedule, verb).await
    }

    /// Runs a verb, on a thread of its own where it may wait for a disk.
    async fn run_in<T: Send + 'static>(
        &self,
        places: &Arc<Semaphore>,
        verb: impl FnOnce(&Inner<S>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        if !S::WAITS {
            return verb(&self.inner);
        }
        let stopped =
            |why: &dyn fmt::Display| StoreError::Away(format!("the store stopped in the middle: {why}"));
        // Held by the verb itself: it goes on also when nobody waits for it any more.
        let place = Arc::clone(places).acquire_owned().await.map_err(|closed| stopped(&closed))?;
        let inner = Arc::clone(&self.inner);
        let done = tokio::task::spawn_blocking(move || {
            let _place = place;
            verb(&inner)
        });
        done.await.unwrap_or_else(|error| Err(stopped(&error)))
    }
}

impl<S> Inner<S> {
    fn leases(&self) -> MutexGuard<'_, Leases> {
        // A verb that panicked wrote nothing; the claims it took end by themselves.
        self.instances.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: KvEngine> Inner<S> {
    /// Carries out changes as one write, durable on return.
    fn change_inner<T>(
        &self,
        change: impl FnOnce(&mut Tx<'_, S>, &mut Leases) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let (done, write) = {
            let mut leases = self.leases();
            self.engine.repair()?;
            has_room_for_ours(self.engine.free()?)?;
            let mut tx = Tx::new(&self.engine);
            let done = change(&mut tx, &mut leases)?;
            let rows = tx.rows();
            if rows.is_empty() {
                return Ok(done);
            }
            (done, self.engine.write(rows)?)
        };
        // Outside the lock: those who write meanwhile are made durable together.
        self.engine.sync(write)?;
        Ok(done)
    }

    /// Lets the other copies know that there is something new.
    fn hint(&self) {
        self.instances.hints.give(self.copy);
    }

    /// What is kept, to be read.
    fn read(&self) -> Tx<'_, S> {
        Tx::new(&self.engine)
    }

    /// Records after a key, in order.
    fn page<F: Record>(
        &self,
        prefix: &RecordKey,
        after: Option<RecordKey>,
        most: usize,
    ) -> Result<Vec<F>, StoreError> {
        let from = after.map_or_else(|| prefix.clone(), RecordKey::next);
        self.read().scan(F::TREE, prefix, &from, most)?.iter().map(|(_, value)| F::decode(value)).collect()
    }

    fn dump(&self, mut take: Take) -> Result<u64, StoreError> {
        let _nobody_writes = self.leases();
        let mut records = 0;
        for tree in Table::ALL.into_iter().filter(|tree| tree.holds_records()) {
            let mut from = RecordKey::new();
            loop {
                let page = self.engine.scan(tree, &RecordKey::new(), &from, CHUNK)?;
                for (_, value) in &page {
                    take(&DumpEntry::read(tree, value)?)?;
                    records += 1;
                }
                match page.into_iter().last() {
                    Some((last, _)) => from = last.next(),
                    None => break,
                }
            }
        }
        Ok(records)
    }

    fn deletions(&self) -> Result<Vec<KvEntry>, StoreError> {
        self.read().list(&RecordKey::new().bytes(Deletions::MARKS.as_bytes()), usize::MAX)
    }

    fn settle_deletions(&self, deletions: &Deletions) -> Result<(), StoreError> {
        self.change_inner(|tx, _| {
            let stored = tx.list(&RecordKey::new().bytes(Deletions::MARKS.as_bytes()), usize::MAX)?;
            deletions.settled(stored).iter().try_for_each(|mark| tx.put(mark))
        })
    }

    fn note_deletions(&self, deletions: &Deletions) -> Result<(), StoreError> {
        for marks in deletions.marks().chunks(CHUNK) {
            self.change_inner(|tx, _| marks.iter().try_for_each(|mark| tx.put(mark)))?;
        }
        Ok(())
    }

    /// The records of one server: those that its moderators read with `/alerts export-data`.
    fn records_of(&self, guild: GuildId, most: usize) -> Result<Vec<DumpEntry>, StoreError> {
        const OF_SERVERS: [Table; 6] = [
            Table::Subscription,
            Table::SoftDeleted,
            Table::Delivery,
            Table::GivenUp,
            Table::Log,
            Table::LiveMessage,
        ];
        let all = RecordKey::new().guild(guild);
        let mut records = Vec::new();
        for tree in OF_SERVERS {
            for (_, value) in self.read().scan(tree, &all, &all, most - records.len())? {
                records.push(DumpEntry::read(tree, &value)?);
            }
        }
        for waiting in self.read().list::<Expiring<RecoverySubscriberRow>>(&RecordKey::new(), usize::MAX)? {
            if waiting.of.who.guild == Some(guild) && records.len() < most {
                records.push(DumpEntry::read(Table::Waiting, &waiting.encode()?)?);
            }
        }
        Ok(records)
    }

    fn load(&self, entries: &[DumpEntry]) -> Result<(), StoreError> {
        for entries in entries.chunks(CHUNK) {
            self.change_inner(|tx, _| entries.iter().try_for_each(|entry| entry.keep(tx)))?;
        }
        Ok(())
    }

    fn counts(&self, of: Option<GuildId>) -> Result<Vec<(&'static str, u64)>, StoreError> {
        const OF_SERVERS: [(&str, Table); 6] = [
            ("subscriptions", Table::Subscription),
            ("set_aside", Table::SoftDeleted),
            ("deliveries", Table::Delivery),
            ("given_up", Table::GivenUp),
            ("told", Table::Log),
            ("boards", Table::LiveMessage),
        ];
        const OF_ALL: [(&str, Table); 10] = [
            ("announcements", Table::Announcement),
            ("outages", Table::Outage),
            ("open_outages", Table::OpenOutage),
            ("waiting", Table::Waiting),
            ("reports", Table::Report),
            ("tallies", Table::UptimeBucket),
            ("interactions", Table::Interaction),
            ("votes", Table::Votes),
            ("questions", Table::Question),
            ("kept", Table::Stored),
        ];
        match of {
            None => Ok(OF_SERVERS
                .into_iter()
                .chain(OF_ALL)
                .map(|(name, tree)| (name, self.engine.count(tree)))
                .collect()),
            Some(guild) => OF_SERVERS
                .into_iter()
                .map(|(name, tree)| {
                    let all = RecordKey::new().guild(guild);
                    Ok((name, self.engine.scan(tree, &all, &all, usize::MAX)?.len() as u64))
                })
                .collect(),
        }
    }
}

/// Counts up, and gives the new count.
fn count_up<S: KvEngine>(tx: &mut Tx<'_, S>, name: &str) -> Result<u64, StoreError> {
    let value = tx.find::<Counter>(&RecordKey::new().text(name))?.map_or(0, |counter| counter.value) + 1;
    tx.put(&Counter { name: name.to_owned(), value })?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use std::sync::Condvar;

    use futures_util::future::join_all;

    use super::super::Store as _;
    use super::super::engine::{Pair, WriteRow};
    use super::*;

    /// An empty disk: each look at it takes until four are looking, and it is counted how many ever did at once.
    #[derive(Clone, Default)]
    struct Disk(Arc<(Mutex<Lookers>, Condvar)>);

    #[derive(Default)]
    struct Lookers {
        now: usize,
        most: usize,
    }

    impl KvEngine for Disk {
        const WAITS: bool = true;

        fn read(&self, _: Table, _: &RecordKey) -> Result<Option<Vec<u8>>, StoreError> {
            let (lookers, changed) = &*self.0;
            let mut here = lookers.lock().unwrap();
            here.now += 1;
            here.most = here.most.max(here.now);
            changed.notify_all();
            here = changed.wait_while(here, |here| here.most < AT_WORK).unwrap();
            drop(here);
            std::thread::yield_now(); // whoever else may look does so now
            lookers.lock().unwrap().now -= 1;
            Ok(None)
        }

        fn scan(&self, _: Table, _: &RecordKey, _: &RecordKey, _: usize) -> Result<Vec<Pair>, StoreError> {
            Ok(Vec::new())
        }

        fn write(&self, _: Vec<WriteRow>) -> Result<u64, StoreError> {
            Ok(1)
        }

        fn sync(&self, _: u64) -> Result<(), StoreError> {
            Ok(())
        }

        fn count(&self, _: Table) -> u64 {
            0
        }

        fn used(&self) -> Result<Option<u64>, StoreError> {
            Ok(None)
        }

        fn free(&self) -> Result<Option<u64>, StoreError> {
            Ok(None)
        }
    }

    #[tokio::test]
    async fn hundred_concurrent_reads_use_few_threads() {
        let disk = Disk::default();
        let inner = Inner {
            engine: disk.clone(),
            subscriptions_per_guild: 1,
            instances: SharedHandles::default(),
            copy: 0,
        };
        let places = || Arc::new(Semaphore::new(AT_WORK));
        let kv = KvStore { inner: Arc::new(inner), changing: places(), schedule: places() };
        let asked = join_all((0..100).map(|_| kv.get_meta("salt"))).await;
        assert!(asked.iter().all(|found| *found == Ok(None)), "{asked:?}");
        assert_eq!(disk.0.0.lock().unwrap().most, AT_WORK);
    }
}
