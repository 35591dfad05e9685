//! Where records lie: ordered trees with one atomic write. What the built-in backends have in common, so that the
//! verbs of the domain are written once for them ([`kv`](super::kv)).

use super::StoreError;
use super::key::RecordKey;

/// The trees, one for each kind of record; the number is stored and never changes its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub(super) enum Table {
    // kinds of record
    Counter = 0,
    State = 1,
    Outage = 2,
    Announcement = 3,
    Pending = 4,
    Delivery = 5,
    GivenUp = 6,
    Log = 7,
    Subscription = 8,
    SoftDeleted = 9,
    Waiting = 10,
    Report = 11,
    Reported = 12,
    LiveMessage = 13,
    Votes = 14,
    Question = 15,
    Interaction = 16,
    Stored = 17,
    UptimeBucket = 18,
    Erasing = 19,
    // ways to find them, made anew from the records by an import
    OpenOutage = 32,
    OutageByTime = 33,
    Unexpanded = 34,
    Due = 35,
    Expiry = 36,
}

impl Table {
    pub(super) const ALL: [Self; 25] = [
        Self::Counter,
        Self::State,
        Self::Outage,
        Self::Announcement,
        Self::Pending,
        Self::Delivery,
        Self::GivenUp,
        Self::Log,
        Self::Subscription,
        Self::SoftDeleted,
        Self::Waiting,
        Self::Report,
        Self::Reported,
        Self::LiveMessage,
        Self::Votes,
        Self::Question,
        Self::Interaction,
        Self::Stored,
        Self::UptimeBucket,
        Self::Erasing,
        Self::OpenOutage,
        Self::OutageByTime,
        Self::Unexpanded,
        Self::Due,
        Self::Expiry,
    ];

    /// The name under which sled stores it. It never changes, whatever the variant is called.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Counter => "Counter",
            Self::State => "Tracker",
            Self::Outage => "Outage",
            Self::Announcement => "Announcement",
            Self::Pending => "Owed",
            Self::Delivery => "Delivery",
            Self::GivenUp => "GivenUp",
            Self::Log => "Told",
            Self::Subscription => "Subscription",
            Self::SoftDeleted => "Aside",
            Self::Waiting => "Waiting",
            Self::Report => "Report",
            Self::Reported => "Reported",
            Self::LiveMessage => "Board",
            Self::Votes => "Votes",
            Self::Question => "Question",
            Self::Interaction => "Interaction",
            Self::Stored => "Kept",
            Self::UptimeBucket => "Tally",
            Self::Erasing => "Erasing",
            Self::OpenOutage => "OpenOutage",
            Self::OutageByTime => "OutageByTime",
            Self::Unexpanded => "Unexpanded",
            Self::Due => "Due",
            Self::Expiry => "Fade",
        }
    }

    /// Whether it holds records, rather than ways to find them.
    pub(super) fn holds_records(self) -> bool {
        (self as u8) < Self::OpenOutage as u8
    }

    /// Where it stands in [`Table::ALL`].
    pub(super) fn index(self) -> usize {
        let number = self as usize;
        if self.holds_records() { number } else { number - 12 } // the numbers leave 20..32 free
    }

    /// The tree of a stored number.
    pub(super) fn of(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|tree| *tree as u8 == number)
    }
}

/// One row of a batch: a value to keep, or none to forget.
pub(super) type WriteRow = (Table, RecordKey, Option<Vec<u8>>);

/// A key with its value.
pub(super) type Pair = (RecordKey, Vec<u8>);

/// Ordered trees with one atomic write. Only one writer at a time; readers at any time.
pub(super) trait KvEngine: Send + Sync + 'static {
    /// Whether its calls may wait for a disk, so that they belong on a thread of their own.
    const WAITS: bool;

    /// A value.
    fn read(&self, tree: Table, key: &RecordKey) -> Result<Option<Vec<u8>>, StoreError>;

    /// Values whose key begins with `prefix`, in order, from `from` on, at most `most`.
    fn scan(
        &self,
        tree: Table,
        prefix: &RecordKey,
        from: &RecordKey,
        most: usize,
    ) -> Result<Vec<Pair>, StoreError>;

    /// Makes it fit to be written again after a write failed in the hands of its engine; what is read before may then be
    /// gone. Nothing to do for most, most of the time.
    fn repair(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Keeps all rows or none; gives the number of this write. Seen by readers at once, durable after [`KvEngine::sync`].
    fn write(&self, rows: Vec<WriteRow>) -> Result<u64, StoreError>;

    /// Makes a write durable, and those before it.
    fn sync(&self, write: u64) -> Result<(), StoreError>;

    /// Rewrites its files, so that they hold nothing that was forgotten before. Readers and the writer go on meanwhile.
    fn rewrite(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// How many values a tree has.
    fn count(&self, tree: Table) -> u64;

    /// How many bytes it takes on a disk; none if it takes none.
    fn used(&self) -> Result<Option<u64>, StoreError>;

    /// How many bytes are free for more; none if that is not limited.
    fn free(&self) -> Result<Option<u64>, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_finds_its_index() {
        for (place, tree) in Table::ALL.into_iter().enumerate() {
            assert_eq!(tree.index(), place, "{tree:?}");
            assert_eq!(Table::of(tree as u8), Some(tree));
        }
    }

    #[test]
    fn stored_tree_names_and_numbers_never_change() {
        let stored: Vec<String> =
            Table::ALL.into_iter().map(|tree| format!("{} {}", tree as u8, tree.name())).collect();
        expect_test::expect![[r#"
            0 Counter
            1 Tracker
            2 Outage
            3 Announcement
            4 Owed
            5 Delivery
            6 GivenUp
            7 Told
            8 Subscription
            9 Aside
            10 Waiting
            11 Report
            12 Reported
            13 Board
            14 Votes
            15 Question
            16 Interaction
            17 Kept
            18 Tally
            19 Erasing
            32 OpenOutage
            33 OutageByTime
            34 Unexpanded
            35 Due
            36 Fade"#]]
        .assert_eq(&stored.join("\n"));
    }
}
