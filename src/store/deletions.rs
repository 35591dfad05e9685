//! What people had deleted, so that no older backup or export brings it back.
//!
//! A mark is a named value: a hash of the guild or the user, and the time. It contains no id. It is stored forever,
//! because an export may be of any age.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::record::{AnnouncementRow, KvEntry};
use crate::ids::{GuildId, UserId};

/// Within this time a deletion is stored after the instant that it names: a call of the store can take seconds.
const STORED_WITHIN: SignedDuration = SignedDuration::from_mins(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DeletionSubject {
    Server(GuildId),
    Person(UserId),
}

impl DeletionSubject {
    /// Returns the name of the mark.
    pub(super) fn mark(self) -> String {
        let (kind, id) = match self {
            Self::Server(guild) => ("server", guild.0),
            Self::Person(person) => ("person", person.0),
        };
        let hash = blake3::derive_key(&format!("healthy-upstream deleted {kind}"), &id.to_be_bytes());
        format!("{}{}", Deletions::MARKS, data_encoding::HEXLOWER.encode(&hash[..16]))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Deleted {
    at: Timestamp,
    /// Files and backups may still contain it.
    remains: bool,
}

/// What was deleted, by the names of the marks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deletions(BTreeMap<String, Deleted>);

impl Deletions {
    /// Prefix of the marks' names.
    pub(super) const MARKS: &str = "deleted/";

    /// Returns the mark of a deletion that happens now.
    pub(super) fn mark(whose: DeletionSubject, at: Timestamp) -> KvEntry {
        Self::stored(whose.mark(), Deleted { at, remains: true })
    }

    fn stored(name: String, deleted: Deleted) -> KvEntry {
        // cannot fail: plain data with text keys.
        KvEntry { name, value: serde_json::to_vec(&deleted).unwrap_or_default() }
    }

    /// Reads marks. An unreadable mark counts for all times: deleting too much is better than too little.
    pub(super) fn read(marks: Vec<KvEntry>) -> Self {
        let always = Deleted { at: Timestamp::MAX, remains: false };
        let read = |stored: KvEntry| (stored.name, serde_json::from_slice(&stored.value).unwrap_or(always));
        Self(marks.into_iter().map(read).collect())
    }

    /// Returns the deletions of which files and backups may still contain something.
    #[must_use]
    pub fn remaining(&self) -> Self {
        let remaining = self.0.iter().filter(|(_, deleted)| deleted.remains);
        Self(remaining.map(|(name, deleted)| (name.clone(), *deleted)).collect())
    }

    /// Whether there are no deletions.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns marks that say that nothing remains, for those stored marks that are unchanged since.
    pub(super) fn settled(&self, stored: Vec<KvEntry>) -> Vec<KvEntry> {
        let stored = Self::read(stored).0.into_iter();
        let same = stored.filter(|(name, deleted)| self.0.get(name) == Some(deleted));
        same.map(|(name, deleted)| Self::stored(name, Deleted { remains: false, ..deleted })).collect()
    }

    /// Whether all deletions happened before a dump of this time was made.
    pub(super) fn is_before(&self, dump: Timestamp) -> bool {
        self.0.values().all(|deleted| !covers(*deleted, dump))
    }

    /// Whether this was deleted after a dump of this time was made.
    pub(super) fn has(&self, whose: DeletionSubject, dump: Timestamp) -> bool {
        self.0.get(&whose.mark()).is_some_and(|deleted| covers(*deleted, dump))
    }

    /// Whether a guild had its data deleted after this was announced to all subscribers.
    pub(super) fn take_out(&self, guild: GuildId, announced: &AnnouncementRow) -> bool {
        !self.is_empty()
            && announced.meant_for().is_none()
            && self.has(DeletionSubject::Server(guild), announced.announcement.event.at)
    }

    /// Whether these deletions contain the same mark or a newer one.
    pub(super) fn knows(&self, mark: &KvEntry) -> bool {
        let Some(known) = self.0.get(&mark.name) else { return false };
        serde_json::from_slice::<Deleted>(&mark.value).is_ok_and(|brought| brought.at <= known.at)
    }

    /// Returns the marks, to be stored elsewhere.
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
