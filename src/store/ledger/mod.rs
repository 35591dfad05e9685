//! The verbs of the domain, written once for every backend that is an ordered shelf.
//!
//! `leading` says who leads, `watching` keeps what the watcher found, `asking` what people asked for, `telling` what
//! channels are owed, each in its `queue`, `tidying` forgets what had its time; `face` hands the trait's verbs to them.
//! Each verb that changes something runs alone, on a [`Draft`] that is written whole or not at all.
//!
//! Never: no disk and no file; a [`Shelf`] has those.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use self::leading::{Hints, Leading};
use super::bounds::has_room_for_ours;
use super::draft::Draft;
use super::key::Key;
use super::record::{Counter, Erasing, Form};
use super::shelf::{Shelf, Tree};
use super::{Entry, Options, StoreError, Take};
use crate::alerts::{Audience, DeliveryId, GuildId};
use crate::health::OutageEvent;

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

/// A store on a shelf.
pub(super) struct Ledger<S>(Arc<Books<S>>);

/// What the verbs work on.
struct Books<S> {
    shelf: S,
    subscriptions_per_server: usize,
    copies: Copies,
    /// Which of the copies this is.
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
        Ok(Self(Arc::new(books)))
    }

    /// Runs a verb, on a thread of its own where it may wait for a disk.
    async fn run<T: Send + 'static>(
        &self,
        verb: impl FnOnce(&Books<S>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        if !S::WAITS {
            return verb(&self.0);
        }
        let books = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || verb(&books)).await.unwrap_or_else(|error| {
            Err(StoreError::Away(format!("the store stopped in the middle: {error}")))
        })
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
