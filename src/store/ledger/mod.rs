//! The verbs of the domain, written once for every backend that is an ordered shelf.
//!
//! `leading` says who leads, `watching` keeps what the watcher found, `asking` what people asked for, `telling` what
//! channels are owed, each in its `queue`, `tidying` forgets what had its time; `face` hands the trait's verbs to them.
//! Each verb that changes something runs alone, on a [`Draft`] that is written whole or not at all.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::Semaphore;

use self::leading::{Hints, Leading};
use super::bounds::has_room_for_ours;
use super::deletions::Deletions;
use super::draft::Draft;
use super::fading::{Fading, WaitingFor};
use super::key::Key;
use super::record::{Counter, Erasing, Form, Kept};
use super::shelf::{Shelf, Tree};
use super::{Entry, Options, StoreError, Take};
use crate::alerts::{Audience, DeliveryId};
use crate::health::OutageEvent;
use crate::ids::GuildId;

mod asking;
mod face;
mod leading;
mod queue;
mod telling;
mod tidying;
mod watching;

/// Records that one write touches at most, where there can be many: sled loses nothing at a power cut while a
/// transaction stays far below one of its segments (measured: 500 small records are safe, 3,000 are not).
const CHUNK: usize = 250;

/// Verbs that change something, and verbs that look something up, which may be at work at once where they may wait for a
/// disk, each on a thread of its own: one writes at a time, and those behind it wait for the same sync. A disk that hangs
/// takes no more threads than these from names that are to be looked up, and the memory that 64 threads once took is not
/// given back.
const AT_WORK: usize = 4;

/// A store on a shelf.
pub(super) struct Ledger<S> {
    books: Arc<Books<S>>,
    changing: Arc<Semaphore>,
    looking: Arc<Semaphore>,
}

/// What the verbs work on.
struct Books<S> {
    shelf: S,
    subscriptions_per_server: usize,
    copies: Copies,
    copy: u64,
}

/// What the copies have in common that work on the same shelf: one of them writes at a time, and each knows what the
/// others hold. Most shelves have one copy, in one process.
#[derive(Clone, Default)]
pub(super) struct Copies {
    /// Held by the one verb that changes something.
    leases: Arc<Mutex<Leases>>,
    hints: Hints,
    /// There may be more of them than this one.
    shared: bool,
}

impl Copies {
    /// The same, for one of several.
    pub(super) fn shared(self) -> Self {
        Self { shared: true, ..self }
    }
}

/// What is held for a while. It ends with the process: whoever opens the store next may claim everything that is
/// unfinished.
#[derive(Default)]
struct Leases {
    taken: HashMap<DeliveryId, Lease>,
    last_token: u64,
    leading: Leading,
    unsure: Vec<Unsure>,
}

/// A commit that failed: it is on the disk or not.
struct Unsure {
    /// Stands there if it is.
    tracker: Vec<u8>,
    events: Vec<(OutageEvent, Audience)>,
}

struct Lease {
    token: u64,
    until: Timestamp,
}

impl<S: Shelf> Ledger<S> {
    /// Opens the books: counts the opening, and ends a deletion that a crash interrupted.
    pub(super) fn open(shelf: S, options: &Options, copies: Copies) -> Result<Self, StoreError> {
        let mut books =
            Books { shelf, subscriptions_per_server: options.subscriptions_per_server, copies, copy: 0 };
        books.copy = books.change_books(|draft, leases| {
            let opened = count_up(draft, Counter::OPENED)?;
            // Numbers of this opening are above those of every earlier one.
            leases.last_token = opened << 32;
            leases.leading.begin(opened << 32);
            Ok(opened)
        })?;
        let erasing = Draft::new(&books.shelf).list::<Erasing>(&Key::new(), usize::MAX)?;
        for Erasing { guild } in erasing {
            books.erase(guild)?;
        }
        let places = || Arc::new(Semaphore::new(AT_WORK));
        Ok(Self { books: Arc::new(books), changing: places(), looking: places() })
    }

    /// Runs a verb that changes something.
    async fn run<T: Send + 'static>(
        &self,
        verb: impl FnOnce(&Books<S>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.run_in(&self.changing, verb).await
    }

    /// Runs a verb that changes nothing: it stands behind none that does.
    async fn look<T: Send + 'static>(
        &self,
        verb: impl FnOnce(&Books<S>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.run_in(&self.looking, verb).await
    }

    /// Runs a verb, on a thread of its own where it may wait for a disk.
    async fn run_in<T: Send + 'static>(
        &self,
        places: &Arc<Semaphore>,
        verb: impl FnOnce(&Books<S>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        if !S::WAITS {
            return verb(&self.books);
        }
        let stopped =
            |why: &dyn fmt::Display| StoreError::Away(format!("the store stopped in the middle: {why}"));
        // Held by the verb itself: it goes on also when nobody waits for it any more.
        let place = Arc::clone(places).acquire_owned().await.map_err(|closed| stopped(&closed))?;
        let books = Arc::clone(&self.books);
        let done = tokio::task::spawn_blocking(move || {
            let _place = place;
            verb(&books)
        });
        done.await.unwrap_or_else(|error| Err(stopped(&error)))
    }
}

impl<S> Books<S> {
    fn leases(&self) -> MutexGuard<'_, Leases> {
        // A verb that panicked wrote nothing; the claims it took end by themselves.
        self.copies.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Shelf> Books<S> {
    /// Carries out changes as one write, durable on return.
    fn change_books<T>(
        &self,
        change: impl FnOnce(&mut Draft<'_, S>, &mut Leases) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let (done, write) = {
            let mut leases = self.leases();
            self.shelf.mend()?;
            has_room_for_ours(self.shelf.free()?)?;
            let mut draft = Draft::new(&self.shelf);
            let done = change(&mut draft, &mut leases)?;
            let rows = draft.rows();
            if rows.is_empty() {
                return Ok(done);
            }
            (done, self.shelf.write(rows)?)
        };
        // Outside the lock: those who write meanwhile are made durable together.
        self.shelf.sync(write)?;
        Ok(done)
    }

    /// Lets the other copies know that there is something new.
    fn hint(&self) {
        self.copies.hints.give(self.copy);
    }

    /// What is kept, to be read.
    fn look(&self) -> Draft<'_, S> {
        Draft::new(&self.shelf)
    }

    /// Records after a key, in order.
    fn page<F: Form>(&self, prefix: &Key, after: Option<Key>, most: usize) -> Result<Vec<F>, StoreError> {
        let from = after.map_or_else(|| prefix.clone(), Key::next);
        self.look().scan(F::TREE, prefix, &from, most)?.iter().map(|(_, value)| F::decode(value)).collect()
    }

    fn dump(&self, mut take: Take) -> Result<u64, StoreError> {
        let _nobody_writes = self.leases();
        let mut records = 0;
        for tree in Tree::ALL.into_iter().filter(|tree| tree.holds_records()) {
            let mut from = Key::new();
            loop {
                let page = self.shelf.scan(tree, &Key::new(), &from, CHUNK)?;
                for (_, value) in &page {
                    take(&Entry::read(tree, value)?)?;
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

    fn deletions(&self) -> Result<Vec<Kept>, StoreError> {
        self.look().list(&Key::new().bytes(Deletions::MARKS.as_bytes()), usize::MAX)
    }

    fn settle_deletions(&self, deletions: &Deletions) -> Result<(), StoreError> {
        self.change_books(|draft, _| {
            let stored = draft.list(&Key::new().bytes(Deletions::MARKS.as_bytes()), usize::MAX)?;
            deletions.settled(stored).iter().try_for_each(|mark| draft.put(mark))
        })
    }

    fn note_deletions(&self, deletions: &Deletions) -> Result<(), StoreError> {
        for marks in deletions.marks().chunks(CHUNK) {
            self.change_books(|draft, _| marks.iter().try_for_each(|mark| draft.put(mark)))?;
        }
        Ok(())
    }

    /// The records of one server: those that its moderators read with `/alerts export-data`.
    fn records_of(&self, guild: GuildId, most: usize) -> Result<Vec<Entry>, StoreError> {
        const OF_SERVERS: [Tree; 6] =
            [Tree::Subscription, Tree::Aside, Tree::Delivery, Tree::GivenUp, Tree::Told, Tree::Board];
        let all = Key::new().guild(guild);
        let mut records = Vec::new();
        for tree in OF_SERVERS {
            for (_, value) in self.look().scan(tree, &all, &all, most - records.len())? {
                records.push(Entry::read(tree, &value)?);
            }
        }
        for waiting in self.look().list::<Fading<WaitingFor>>(&Key::new(), usize::MAX)? {
            if waiting.of.who.guild == Some(guild) && records.len() < most {
                records.push(Entry::read(Tree::Waiting, &waiting.encode()?)?);
            }
        }
        Ok(records)
    }

    fn load(&self, entries: &[Entry]) -> Result<(), StoreError> {
        for entries in entries.chunks(CHUNK) {
            self.change_books(|draft, _| entries.iter().try_for_each(|entry| entry.keep(draft)))?;
        }
        Ok(())
    }

    fn counts(&self, of: Option<GuildId>) -> Result<Vec<(&'static str, u64)>, StoreError> {
        const OF_SERVERS: [(&str, Tree); 6] = [
            ("subscriptions", Tree::Subscription),
            ("set_aside", Tree::Aside),
            ("deliveries", Tree::Delivery),
            ("given_up", Tree::GivenUp),
            ("told", Tree::Told),
            ("boards", Tree::Board),
        ];
        const OF_ALL: [(&str, Tree); 10] = [
            ("announcements", Tree::Announcement),
            ("outages", Tree::Outage),
            ("open_outages", Tree::OpenOutage),
            ("waiting", Tree::Waiting),
            ("reports", Tree::Report),
            ("tallies", Tree::Tally),
            ("interactions", Tree::Interaction),
            ("votes", Tree::Votes),
            ("questions", Tree::Question),
            ("kept", Tree::Kept),
        ];
        match of {
            None => Ok(OF_SERVERS
                .into_iter()
                .chain(OF_ALL)
                .map(|(name, tree)| (name, self.shelf.count(tree)))
                .collect()),
            Some(guild) => OF_SERVERS
                .into_iter()
                .map(|(name, tree)| {
                    let all = Key::new().guild(guild);
                    Ok((name, self.shelf.scan(tree, &all, &all, usize::MAX)?.len() as u64))
                })
                .collect(),
        }
    }
}

/// Counts up, and gives the new count.
fn count_up<S: Shelf>(draft: &mut Draft<'_, S>, name: &str) -> Result<u64, StoreError> {
    let value = draft.find::<Counter>(&Key::new().text(name))?.map_or(0, |counter| counter.value) + 1;
    draft.put(&Counter { name: name.to_owned(), value })?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use std::sync::Condvar;

    use futures_util::future::join_all;

    use super::super::Store as _;
    use super::super::shelf::{Pair, Row};
    use super::*;

    /// An empty disk: each look at it takes until four are looking, and it is counted how many ever did at once.
    #[derive(Clone, Default)]
    struct Disk(Arc<(Mutex<Lookers>, Condvar)>);

    #[derive(Default)]
    struct Lookers {
        now: usize,
        most: usize,
    }

    impl Shelf for Disk {
        const WAITS: bool = true;

        fn read(&self, _: Tree, _: &Key) -> Result<Option<Vec<u8>>, StoreError> {
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

        fn scan(&self, _: Tree, _: &Key, _: &Key, _: usize) -> Result<Vec<Pair>, StoreError> {
            Ok(Vec::new())
        }

        fn write(&self, _: Vec<Row>) -> Result<u64, StoreError> {
            Ok(1)
        }

        fn sync(&self, _: u64) -> Result<(), StoreError> {
            Ok(())
        }

        fn count(&self, _: Tree) -> u64 {
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
    async fn a_hundred_who_ask_at_once_take_a_few_threads_and_all_have_their_answer() {
        let disk = Disk::default();
        let books =
            Books { shelf: disk.clone(), subscriptions_per_server: 1, copies: Copies::default(), copy: 0 };
        let places = || Arc::new(Semaphore::new(AT_WORK));
        let ledger = Ledger { books: Arc::new(books), changing: places(), looking: places() };
        let asked = join_all((0..100).map(|_| ledger.kept("salt"))).await;
        assert!(asked.iter().all(|found| *found == Ok(None)), "{asked:?}");
        assert_eq!(disk.0.0.lock().unwrap().most, AT_WORK);
    }
}
