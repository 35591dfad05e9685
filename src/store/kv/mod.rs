//! The store's methods for every backend that is an ordered engine.
//!
//! `methods` maps the traits' methods to the rules that all stores share. Written here is what ordered keys do their own
//! way: `leases` of roles, `commits` of the watcher, the `outbox`'s claims and fan-out, and `gc`. Each method that writes
//! runs alone, on a [`KvTx`] that is written all or nothing.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::Semaphore;

use self::engine::KvEngine;
use self::leases::{ChangeHints, LeaseTable};
use self::transaction::{KvTx, run};
use super::key::RecordKey;
use super::record::Counter;
use super::rules::quotas::has_room_for_ours;
use super::table::Table;
use super::tx::CHUNK;
use super::{DumpEntry, StoreError, StoreOptions, Take};
use crate::alerts::{Audience, DeliveryId};
use crate::health::OutageEvent;
use crate::ids::GuildId;

mod commits;
pub(super) mod engine;
mod gc;
mod leases;
mod methods;
mod outbox;
mod transaction;

/// How many methods that write, and how many that only read, may run at once if they can block on a disk, each on its
/// own thread. One writes at a time, and those behind it share the same sync. If a disk hangs, the limit leaves threads
/// for DNS lookups. It also bounds memory: what 64 threads once took is not given back.
const AT_WORK: usize = 4;

/// A store on an engine.
pub(super) struct KvStore<S> {
    inner: Arc<Inner<S>>,
    changing: Arc<Semaphore>,
    schedule: Arc<Semaphore>,
}

/// What the methods work on.
struct Inner<S> {
    engine: S,
    subscriptions_per_guild: usize,
    instances: SharedHandles,
    copy: u64,
}

/// State that the instances on one engine share: one of them writes at a time, and each knows what the others claimed.
/// Most engines have one instance, in one process.
#[derive(Clone, Default)]
pub(super) struct SharedHandles {
    /// Locked by the one method that writes.
    leases: Arc<Mutex<Leases>>,
    hints: ChangeHints,
    /// There may be other instances.
    shared: bool,
}

impl SharedHandles {
    /// Marks the handle as one of several.
    pub(super) fn shared(self) -> Self {
        Self { shared: true, ..self }
    }
}

/// Claims and leases. They end with the process: the next one that opens the store may claim everything that is
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
    /// Is on the disk if the commit is.
    state: Vec<u8>,
    events: Vec<(OutageEvent, Audience)>,
}

struct TimedLease {
    token: u64,
    until: Timestamp,
}

impl<S: KvEngine> KvStore<S> {
    /// Opens the store: counts the opening, and finishes a deletion that a crash interrupted.
    pub(super) fn open(
        engine: S,
        options: &StoreOptions,
        instances: SharedHandles,
    ) -> Result<Self, StoreError> {
        let mut inner =
            Inner { engine, subscriptions_per_guild: options.subscriptions_per_guild, instances, copy: 0 };
        inner.copy = inner.change_inner(|tx, leases| {
            let opened = tx.count_up(Counter::OPENED)?;
            // Tokens of this opening are above those of every earlier one.
            leases.last_token = opened << 32;
            leases.leading.begin(opened << 32);
            Ok(opened)
        })?;
        inner.erase_all()?;
        let places = || Arc::new(Semaphore::new(AT_WORK));
        Ok(Self { inner: Arc::new(inner), changing: places(), schedule: places() })
    }

    /// Runs a method that writes.
    async fn run<T: Send + 'static>(
        &self,
        verb: impl FnOnce(&Inner<S>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.run_in(&self.changing, verb).await
    }

    /// Runs a method that only reads; it never waits behind one that writes.
    async fn read<T: Send + 'static>(
        &self,
        verb: impl FnOnce(&Inner<S>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.run_in(&self.schedule, verb).await
    }

    /// Runs a method, on its own thread if it may block on a disk.
    async fn run_in<T: Send + 'static>(
        &self,
        places: &Arc<Semaphore>,
        verb: impl FnOnce(&Inner<S>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        if !S::WAITS {
            return verb(&self.inner);
        }
        let stopped = |why: &dyn fmt::Display| StoreError::Away(format!("the store did not finish: {why}"));
        // The method holds the permit itself: it goes on even if its caller stopped waiting.
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
        // A method that panicked wrote nothing; the claims it took expire.
        self.instances.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: KvEngine> Inner<S> {
    /// Runs changes as one write, durable on return.
    fn change_inner<T>(
        &self,
        change: impl FnOnce(&mut KvTx<'_, S>, &mut Leases) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let (done, write, ended) = {
            let mut leases = self.leases();
            self.engine.repair()?;
            has_room_for_ours(self.engine.free()?)?;
            let mut tx = KvTx::new(&self.engine);
            let done = change(&mut tx, &mut leases)?;
            let (rows, unclaimed) = tx.rows();
            if rows.is_empty() {
                return Ok(done);
            }
            let token = |id| Some((id, leases.taken.get(&id)?.token));
            let ended: Vec<_> = unclaimed.into_iter().filter_map(token).collect();
            (done, self.engine.write(rows)?, ended)
        };
        // Outside the lock: concurrent writes are made durable together.
        self.engine.sync(write)?;
        // Only after the write: a claim whose outcome could not be stored is still its holder's, who retries.
        if !ended.is_empty() {
            let taken = &mut self.leases().taken;
            for (id, token) in ended {
                if taken.get(&id).is_some_and(|lease| lease.token == token) {
                    taken.remove(&id);
                }
            }
        }
        Ok(done)
    }

    /// Notifies the other instances of a change.
    fn hint(&self) {
        self.instances.hints.give(self.copy);
    }

    fn read(&self) -> KvTx<'_, S> {
        KvTx::new(&self.engine)
    }

    fn dump(&self, mut take: Take) -> Result<u64, StoreError> {
        let _nobody_writes = self.leases();
        let mut records = 0;
        for table in Table::ALL.into_iter().filter(|table| table.holds_records()) {
            let mut from = RecordKey::new();
            loop {
                let page = self.engine.scan(table, &RecordKey::new(), &from, CHUNK)?;
                for (_, value) in &page {
                    take(&DumpEntry::read(table, value)?)?;
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

    fn load(&self, entries: &[DumpEntry]) -> Result<(), StoreError> {
        for entries in entries.chunks(CHUNK) {
            self.change_inner(|tx, _| entries.iter().try_for_each(|entry| run(entry.store(tx))))?;
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
                .map(|(name, table)| (name, self.engine.count(table)))
                .collect()),
            Some(guild) => OF_SERVERS
                .into_iter()
                .map(|(name, table)| {
                    let all = RecordKey::new().guild(guild);
                    Ok((name, self.engine.scan(table, &all, &all, usize::MAX)?.len() as u64))
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Condvar;

    use futures_util::future::join_all;

    use super::super::Meta as _;
    use super::engine::{Pair, WriteRow};
    use super::*;

    /// An empty disk on which each read waits until four are running; it counts how many ever ran at once.
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
            std::thread::yield_now(); // lets other reads run now if they may
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
