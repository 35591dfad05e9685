//! What people had deleted, so that no older backup or export brings it back.
//!
//! A mark is a named value: a hash of the server or the person, and when. It holds no id. It stays forever, because an
//! export may be of any age.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::record::KvEntry;
use crate::ids::{GuildId, UserId};

/// A deletion is kept at the latest so long after the instant that it names: the store is asked for some seconds.
const STORED_WITHIN: SignedDuration = SignedDuration::from_mins(1);

/// Whose data was deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DeletionSubject {
    Server(GuildId),
    Person(UserId),
}

impl DeletionSubject {
    /// The name of the mark.
    pub(super) fn mark(self) -> String {
        let (kind, id) = match self {
            Self::Server(guild) => ("server", guild.0),
            Self::Person(person) => ("person", person.0),
        };
        let hash = blake3::derive_key(&format!("healthy-upstream deleted {kind}"), &id.to_be_bytes());
        format!("{}{}", Deletions::MARKS, data_encoding::HEXLOWER.encode(&hash[..16]))
    }
}

/// When something was deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Deleted {
    at: Timestamp,
    /// Files and backups may still hold it.
    remains: bool,
}

/// What was deleted, by the names of the marks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deletions(BTreeMap<String, Deleted>);

impl Deletions {
    /// How the names of the marks begin.
    pub(super) const MARKS: &str = "deleted/";

    /// The mark of a deletion that is carried out now.
    pub(super) fn mark(whose: DeletionSubject, at: Timestamp) -> KvEntry {
        Self::stored(whose.mark(), Deleted { at, remains: true })
    }

    fn stored(name: String, deleted: Deleted) -> KvEntry {
        // cannot fail: plain data with text keys.
        KvEntry { name, value: serde_json::to_vec(&deleted).unwrap_or_default() }
    }

    /// Reads marks. One that cannot be read counts as one of every time: rather too much is deleted than too little.
    pub(super) fn read(marks: Vec<KvEntry>) -> Self {
        let always = Deleted { at: Timestamp::MAX, remains: false };
        let read = |stored: KvEntry| (stored.name, serde_json::from_slice(&stored.value).unwrap_or(always));
        Self(marks.into_iter().map(read).collect())
    }

    /// Those of which files and backups may still hold something.
    #[must_use]
    pub fn remaining(&self) -> Self {
        let remaining = self.0.iter().filter(|(_, deleted)| deleted.remains);
        Self(remaining.map(|(name, deleted)| (name.clone(), *deleted)).collect())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The marks that say that nothing remains, where the stored ones are still these.
    pub(super) fn settled(&self, stored: Vec<KvEntry>) -> Vec<KvEntry> {
        let stored = Self::read(stored).0.into_iter();
        let same = stored.filter(|(name, deleted)| self.0.get(name) == Some(deleted));
        same.map(|(name, deleted)| Self::stored(name, Deleted { remains: false, ..deleted })).collect()
    }

    /// Whether everything in a dump of this time was made after every deletion.
    pub(super) fn is_before(&self, dump: Timestamp) -> bool {
        self.0.values().all(|deleted| !covers(*deleted, dump))
    }

    /// Whether this was deleted after a dump of this time was made.
    pub(super) fn has(&self, whose: DeletionSubject, dump: Timestamp) -> bool {
        self.0.get(&whose.mark()).is_some_and(|deleted| covers(*deleted, dump))
    }

    /// Whether a stored mark is older than, or the same as, one that is known here.
    pub(super) fn knows(&self, mark: &KvEntry) -> bool {
        let Some(known) = self.0.get(&mark.name) else { return false };
        serde_json::from_slice::<Deleted>(&mark.value).is_ok_and(|brought| brought.at <= known.at)
    }

    /// The marks themselves, to be stored elsewhere.
    pub(super) fn marks(&self) -> Vec<KvEntry> {
        self.0.iter().map(|(name, deleted)| Self::stored(name.clone(), *deleted)).collect()
    }
}

fn covers(deleted: Deleted, dump: Timestamp) -> bool {
    dump <= deleted.at.saturating_add(STORED_WITHIN).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_covers_older_dumps_and_names_nobody() {
        let at: Timestamp = "2025-04-16T09:00:00Z".parse().unwrap();
        let server = DeletionSubject::Server(GuildId(1_234_567_890));
        let mark = Deletions::mark(server, at);
        let text = format!("{} {}", mark.name, String::from_utf8_lossy(&mark.value));
        assert!(!text.contains("1234567890") && !text.contains("499602d2"), "{text}");
        let all = Deletions::read(vec![mark.clone()]);
        assert!(all.has(server, at) && all.has(server, at - SignedDuration::from_hours(99)));
        assert!(!all.has(server, at + SignedDuration::from_mins(2)));
        assert!(!all.has(DeletionSubject::Person(UserId(1_234_567_890)), at));
        assert!(!all.remaining().is_empty());
        let settled = Deletions::read(all.settled(vec![mark.clone()]));
        assert!(settled.remaining().is_empty() && settled.has(server, at));
        let again = Deletions::mark(server, at + SignedDuration::from_mins(5));
        assert_eq!(all.settled(vec![again.clone()]), [], "it was deleted again meanwhile");
        assert!(all.knows(&mark) && !all.knows(&again));
    }
}
