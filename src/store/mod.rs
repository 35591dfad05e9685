//! Durable storage of everything that must survive a restart.
//!
//! What a store does is in [`traits`](Store). What every store does with its records is written once, in `rules`, over the
//! trait `Tx` of `tx`. Two implement it: `kv`, for engines of ordered keys (`memory` and `sled`, one file each), and
//! `postgres`. A new engine of ordered keys is one file, one match arm in [`open()`] and one row in the contract test's
//! list. A new rule touches no engine.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::alerts::Audience;
use crate::health::{Outage, OutageEvent};
use crate::ids::GuildId;

mod column;
mod deletions;
pub mod dump;
mod dump_file;
mod entry;
mod error;
mod expiry;
mod key;
mod kv;
mod live_message;
mod memory;
mod open;
mod options;
mod postgres;
mod record;
mod retention;
mod rules;
mod sled;
mod table;
mod traits;
mod tx;

pub use deletions::Deletions;
pub use entry::DumpEntry;
pub use error::StoreError;
pub use live_message::LiveStatusMessage;
pub use memory::MemoryStore;
pub use open::{check, open};
pub use options::{FreeSpace, StoreOptions};
pub use sled::{Repaired, repair, set_aside};
pub use traits::{Leases, Meta, Outages, Outbox, Stats, Store, Subscriptions};

/// How many deliveries of each priority are examined to find the one that waits longest. The query runs often, and
/// while nothing gets through every delivery waits.
const WAITING_EXAMINED: usize = 100;

/// Receives the records of a dump, one by one. An error ends the dump.
pub type Take = Box<dyn FnMut(&DumpEntry) -> Result<(), StoreError> + Send>;

/// The small hot state.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WatcherState {
    /// The serialised state of the detector; `None` in a new store.
    pub state: Option<Vec<u8>>,
    pub open: Vec<Outage>,
}

/// Proves, with each write, that nobody took over the lease of a role meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FencingToken {
    pub role: String,
    pub holder: String,
    /// Grows with each new lease of the role.
    pub epoch: u64,
}

/// Who holds the lease of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    pub role: String,
    pub holder: String,
    /// When the lease expires unless it is renewed.
    pub until: Timestamp,
}

/// The result of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Committed {
    Stored,
    /// Another instance holds the lease; nothing was changed.
    Fenced,
}

#[derive(Clone, Debug, PartialEq)]
pub struct WatcherStep {
    /// The detector's state after the step, serialised by `health`.
    pub state: Vec<u8>,
    pub outages: Vec<Outage>,
    /// The events to announce, with their audience.
    pub events: Vec<(OutageEvent, Audience)>,
}

/// A guild that has stored data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuildSummary {
    pub guild: GuildId,
    /// It has subscriptions or a live status message.
    pub subscribed: bool,
    /// Some of its subscriptions are soft-deleted because the bot was removed.
    pub left: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Votes {
    pub entry: String,
    pub helped: u64,
    pub did_not: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnansweredQuestion {
    /// The redacted text; `None` for the one that counts all questions whose text was not collected.
    pub text: Option<String>,
    pub asked: u64,
}

/// Disk space of a store. Below 200 MB free, changes that users request are refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Bytes that it uses on its disk; `None` if it uses none.
    pub used: Option<u64>,
    /// Bytes that are free on that disk; `None` if this is unknown.
    pub free: Option<u64>,
}

/// Whether an edit was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EditResult {
    Now,
    /// It was applied before, for this same interaction.
    Before,
    /// There was nothing to change (a channel without subscription, a user who is counted already).
    Nothing,
    /// It was undone: a user who already waited for the end asked again.
    TakenBack,
    /// Refused: the guild's limit of subscriptions is reached, or 100 users wait for this outage in this channel.
    Full,
}

impl EditResult {
    /// Whether something was stored.
    fn has_effect(self) -> bool {
        matches!(self, Self::Now | Self::TakenBack)
    }
}
